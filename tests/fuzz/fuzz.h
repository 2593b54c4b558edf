/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz.h: what the fuzz targets share.
 */
#ifndef XDPS_FUZZ_H
#define XDPS_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../common/error.h"

/* Those of a program's name. */
#define PROG_CHARS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is refused leaves a sentence that can be printed and is whole. */
static inline void check_sentence(enum xdps_status status, const struct xdps_error *err)
{
	size_t len = strnlen(err->text, sizeof(err->text));

	assert(err->status == status);
	assert(len > 0 && len < sizeof(err->text) - 1);
	for (size_t i = 0; i < len; i++)
		assert(err->text[i] >= ' ' && err->text[i] <= '~');
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * fuzz_options.c: any bytes as a device name.
 *
 * What is accepted is within the ranges promised; what is refused leaves a
 * printable sentence and nothing else.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../engine/xdpsample.h"
#include "fuzz.h"

static void check_accepted(const struct xdps_options *opt, const char *name)
{
	size_t len = strnlen(opt->request.ifname, sizeof(opt->request.ifname));

	assert(len > 0 && len < sizeof(opt->request.ifname));
	assert(!memcmp(opt->request.ifname, name, len));
	assert(name[len] == '\0' || name[len] == ':');
	assert(!strpbrk(opt->request.ifname, "/: \t\n\v\f\r"));
	assert(opt->request.rate >= 1);
	assert(opt->request.mode <= XDPS_MODE_GENERIC);
	assert(opt->hold_us <= XDPS_HOLD_MAX_US);
	assert(opt->hold_given || opt->hold_us == XDPS_HOLD_DEFAULT_US);
	assert(opt->request.point <= XDPS_POINT_EXIT);
	assert(opt->request.actions < 1u << XDPS_N_ACTIONS);
	assert(!opt->request.actions || opt->request.point == XDPS_POINT_EXIT);
	assert(memchr(opt->request.prog, '\0', sizeof(opt->request.prog)));
	assert(opt->request.prog[strspn(opt->request.prog, PROG_CHARS)] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xdps_options opt, before;
	struct xdps_error err;
	char *name = malloc(size + 1);

	assert(name);
	memcpy(name, data, size);
	name[size] = '\0';

	memset(&opt, 0, sizeof(opt));
	memset(&err, 0, sizeof(err));
	xdps_options_init(&opt);
	memcpy(&before, &opt, sizeof(opt));
	if (xdps_options_parse(&opt, name, &err)) {
		check_sentence(XDPS_BAD_OPTION, &err);
		assert(!memcmp(&opt, &before, sizeof(opt)));
	} else {
		check_accepted(&opt, name);
	}
	free(name);
	return 0;
}

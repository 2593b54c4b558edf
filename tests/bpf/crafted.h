/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crafted.h: Ethernet packets of all kinds, made by hand.
 */
#ifndef CRAFTED_H
#define CRAFTED_H

#include <stdint.h>

#define CRAFTED_BYTES_MAX 2048

/* Calls `add` for each; `data` is good during the call. */
typedef void crafted_add(void *to, const char *name, const char *expression,
			 const unsigned char *data, uint32_t len);
void crafted_packets(crafted_add *add, void *to);

#endif

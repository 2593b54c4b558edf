/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * captured.h: Ethernet packets as the kernel makes them, captured.
 *
 * Crafted packets are what we think of; these have what nobody thought of:
 * options, checksums, segments and errors of real conversations.
 */
#ifndef CAPTURED_H
#define CAPTURED_H

#include <stdint.h>

#include "packets.h"

#define CAPTURED_MAX 128

struct captured_frame {
	char name[32];			/* what it was captured from */
	uint32_t len;
	unsigned char data[PACKET_BYTES_MAX];
};

struct captured {
	char why_not[256];		/* what kept them from being made, or "" */
	unsigned int n;
	struct captured_frame frames[CAPTURED_MAX];
};

/*
 * Makes traffic and captures it, in another process and its own network
 * namespace: the caller stays where it is.
 */
struct captured *captured_make(void);
void captured_free(struct captured *captured);

#endif

/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * copy.h: what copy.c and its BPF programs agree on.
 */
#define PACKET_BYTES_MAX 1536
#define RECORD_BYTES 32			/* between two packets in a map ring */
#define RING_BYTES (4 << 20)
#define N_COPIES 256			/* of a run, which fit into either ring */

struct copy_memory {
	char packet[PACKET_BYTES_MAX];
	char ring[RING_BYTES];
};

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traced.h: what a packet tells the XDP program that is traced, in its first bytes.
 */
#ifndef XDPS_TRACED_H
#define XDPS_TRACED_H

#include <linux/types.h>

#define TRACED_FILL 0xaa		/* what it writes where it makes room */
#define TRACED_ROOM_BYTES 16

struct traced_order {
	__u32 verdict;			/* to return; not only what is an action */
	__u8 change;			/* what the next bytes are to be xor'ed with */
	__u8 grow_head;			/* by TRACED_ROOM_BYTES */
	__u8 cut_head_bytes;
	__u8 grow_tail;			/* by TRACED_ROOM_BYTES */
	__u16 cut_tail_bytes;
	__u16 reserved;
};

/* It could not do as it was told. */
#define TRACED_FAILED 4711

_Static_assert(sizeof(struct traced_order) == 12, "fits into any packet");

#endif

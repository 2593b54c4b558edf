/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * blocks.h: copies the first bytes of a packet that a program has direct access to.
 */
#ifndef XDPS_BPF_BLOCKS_H
#define XDPS_BPF_BLOCKS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define BLOCK_BYTES 32
#define N_BLOCKS 16

/* Copies eight bytes at a time: blocks are too short for anything cleverer to pay. */
static __always_inline void copy_block(void *to, const void *from)
{
	for (__u32 i = 0; i < BLOCK_BYTES; i += sizeof(__u64))
		*(__u64 *)(to + i) = *(const __u64 *)(from + i);
}

/*
 * Calling a kernel function costs more than copying a few blocks.  The last block ends
 * where the packet does, and overlaps the block before it.  Returns false if the packet
 * is shorter or longer than that, or in fragments.
 */
static __always_inline int copy_blocks(const void *data, const void *end, void *to, __u64 bytes)
{
	__u64 last_at = bytes - BLOCK_BYTES;
	const void *last;

	if (bytes < BLOCK_BYTES || bytes > N_BLOCKS * BLOCK_BYTES)
		return 0;
#pragma unroll
	for (__u32 i = 0; i < N_BLOCKS; i++) {
		if (bytes < (i + 1) * BLOCK_BYTES)
			break;
		if (data + (i + 1) * BLOCK_BYTES > end)
			return 0;
		copy_block(to + i * BLOCK_BYTES, data + i * BLOCK_BYTES);
	}
	if (bytes % BLOCK_BYTES == 0)
		return 1;
	/* The mask changes nothing; it is for verifiers that have lost the bounds. */
	asm volatile("" : "+r"(last_at));
	last_at &= N_BLOCKS * BLOCK_BYTES - 1;
	last = data + last_at;
	asm volatile("" : "+r"(last));	/* checked and used in one register */
	if (last + BLOCK_BYTES > end)
		return 0;
	copy_block(to + last_at, last);
	return 1;
}

#endif

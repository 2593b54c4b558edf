/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * xdp_packet.h: puts a packet that an XDP program has into the map ring of this CPU.
 */
#ifndef XDPS_BPF_XDP_PACKET_H
#define XDPS_BPF_XDP_PACKET_H

#include "map_ring.h"
#include "tagged_packet.h"

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
static __always_inline int copy_blocks(struct xdp_md *ctx, void *to, __u64 bytes)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
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

/*
 * Copies the packet's first bytes, from all of its fragments; before 5.18 it had none.
 * Returns 0, or the kernel's error.
 */
static __always_inline int copy_packet(struct xdp_md *ctx, void *to, __u64 bytes)
{
	if (copy_blocks(ctx, to, bytes))
		return 0;
	if (!is_plausible(&bytes))
		return -1;
	if (config.frags)
		return bpf_xdp_load_bytes(ctx, 0, to, bytes);
	return bpf_probe_read_kernel(to, bytes, (void *)(long)ctx->data);
}

static __always_inline int write(struct xdp_md *ctx, __u32 tag, struct xdps_cpu *c,
				 const struct xdps_record *rec)
{
	__u64 caplen = rec->caplen, bytes;
	void *room;
	int rc;

	/*
	 * Never true.  The verifier has to see this check on the register that is used
	 * below; the asm statement keeps the compiler from removing it.
	 */
	asm volatile("" : "+r"(caplen));
	if (!caplen || caplen > XDPS_CAPLEN_MAX)
		return 0;
	bytes = record_bytes(caplen);
	room = find_room(c, bytes);
	if (!room)
		return 0;
	__builtin_memcpy(room, rec, sizeof(*rec));
	if (tag)
		rc = copy_tagged(ctx, tag, room + sizeof(*rec), caplen, XDPS_CAPLEN_MAX);
	else
		rc = copy_packet(ctx, room + sizeof(*rec), caplen);
	if (rc)
		return 0;
	publish(c, bytes);
	return 1;
}

/*
 * Returns false if there is no room.  A program that interrupts another one in here gets
 * no room either; this can happen where interrupts are threads (PREEMPT_RT).
 */
static __always_inline int put(struct xdp_md *ctx, __u32 tag, struct xdps_cpu *c,
			       const struct xdps_record *rec)
{
	int is_written;

	if (c->writing)
		return 0;
	c->writing = 1;
	is_written = write(ctx, tag, c, rec);
	c->writing = 0;
	return is_written;
}

#endif

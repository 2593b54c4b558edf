/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * map_ring.h: writes a packet to the map ring of this CPU, and rings the doorbell.
 *
 * One CPU writes a ring and one reader reads it, so there is nothing to lock, and the
 * packet's bytes go straight to where the reader finds them.  The reader can write to
 * this memory.  A wrong value in it can only make that reader lose its own packets.
 */
#ifndef XDPS_BPF_MAP_RING_H
#define XDPS_BPF_MAP_RING_H

#include "sample.h"

#define ALIGN_BYTES 8
#define BLOCK_BYTES 32
#define N_BLOCKS 16

/* One value for each CPU that was online; the loader sets their number and their size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, char[XDPS_RING_MARGIN_BYTES]);
} map_rings SEC(".maps");

/*
 * A map for each ring that was added later, at the ring's index.  All of them, and the
 * one that stands for them when the program is loaded, have values of the same size.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
		__uint(map_flags, BPF_F_MMAPABLE);
		__uint(max_entries, 1);
		__type(key, __u32);
		__type(value, char[XDPS_RING_MARGIN_BYTES]);
	});
} more SEC(".maps");

/*
 * The doorbell wakes a reader that sleeps in poll().  What is put into it does not matter,
 * and is discarded at once.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} doorbell SEC(".maps");

/* If there is no room in the doorbell, it has been rung often enough. */
static __always_inline void ring_doorbell(struct xdps_cpu *c)
{
	__u64 *nothing = bpf_ringbuf_reserve(&doorbell, sizeof(*nothing), 0);

	if (!nothing)
		return;
	c->wake_at = XDPS_NEVER;
	bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

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
	/* Never true.  Before 6.8, only this check shows the verifier that bytes is not 0. */
	bytes--;
	asm volatile("" : "+r"(bytes));
	if (bytes >= XDPS_CAPLEN_MAX)
		return -1;
	bytes++;
	if (config.frags)
		return bpf_xdp_load_bytes(ctx, 0, to, bytes);
	return bpf_probe_read_kernel(to, bytes, (void *)(long)ctx->data);
}

/* The memory of this CPU's ring, or NULL. */
static __always_inline char *find_ring(const struct xdps_cpu *c)
{
	__u32 index = c->ring, first = 0;
	char *ring = bpf_map_lookup_elem(&map_rings, &index);
	void *map;

	if (ring || !config.more_rings)
		return ring;
	map = bpf_map_lookup_elem(&more, &index);
	return map ? bpf_map_lookup_elem(map, &first) : NULL;
}

/* The place for the next record, or NULL if there is no room for it, or no ring. */
static __always_inline void *find_room(struct xdps_cpu *c, __u64 bytes)
{
	char *ring = find_ring(c);

	if (!ring || c->head + bytes - c->tail > config.ring_bytes)
		return NULL;
	return ring + (c->head & (config.ring_bytes - 1));
}

/*
 * The atomic add serves as a full memory barrier: the record is visible before the new
 * head, and wake_at is read after it.  The reader does it the other way round
 * (xdps_ring_arm() in engine/ring.c), so that one of the two sees the other.
 */
static __always_inline void publish(struct xdps_cpu *c, __u64 bytes)
{
	__sync_fetch_and_add(&c->head, bytes);
	if (c->head >= c->wake_at)
		ring_doorbell(c);
}

static __always_inline int write(struct xdp_md *ctx, struct xdps_cpu *c,
				 const struct xdps_record *rec)
{
	__u64 caplen = rec->caplen, bytes;
	void *room;

	/*
	 * Never true.  The verifier has to see this check on the register that is used
	 * below; the asm statement keeps the compiler from removing it.
	 */
	asm volatile("" : "+r"(caplen));
	if (!caplen || caplen > XDPS_CAPLEN_MAX)
		return 0;
	bytes = (sizeof(*rec) + caplen + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1ULL);
	room = find_room(c, bytes);
	if (!room)
		return 0;
	__builtin_memcpy(room, rec, sizeof(*rec));
	if (copy_packet(ctx, room + sizeof(*rec), caplen))
		return 0;
	publish(c, bytes);
	return 1;
}

/*
 * Returns false if there is no room.  A program that interrupts another one in here gets
 * no room either; this can happen where interrupts are threads (PREEMPT_RT).
 */
static __always_inline int put(struct xdp_md *ctx, struct xdps_cpu *c,
			       const struct xdps_record *rec)
{
	int is_written;

	if (c->writing)
		return 0;
	c->writing = 1;
	is_written = write(ctx, c, rec);
	c->writing = 0;
	return is_written;
}

#endif

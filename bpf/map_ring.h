/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * map_ring.h: the map ring of this CPU: room for a record, and the doorbell.
 *
 * One CPU writes a ring and one reader reads it, so there is nothing to lock, and the
 * packet's bytes go straight to where the reader finds them.  The reader can write to
 * this memory.  A wrong value in it can only make that reader lose its own packets.
 */
#ifndef XDPS_BPF_MAP_RING_H
#define XDPS_BPF_MAP_RING_H

#include "sample.h"

#define ALIGN_BYTES 8

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

/* What a record takes in the ring. */
static __always_inline __u64 record_bytes(__u64 caplen)
{
	return (sizeof(struct xdps_record) + caplen + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1ULL);
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

/*
 * Begins to write a record, and returns where the `*caplen` bytes of the packet belong.
 * NULL: there is no room.  A program that interrupts another one before that has called
 * end_record() gets no room either; this can happen where interrupts are threads
 * (PREEMPT_RT).
 */
static __always_inline void *begin_record(struct xdps_cpu *c, const struct xdps_record *rec,
					  __u64 *caplen)
{
	__u64 bytes = rec->caplen;
	void *room = NULL;

	if (c->writing)
		return NULL;
	c->writing = 1;
	/*
	 * Always true.  The verifier has to see this check on the register that is used
	 * below; the asm statement keeps the compiler from removing it.
	 */
	asm volatile("" : "+r"(bytes));
	if (bytes && bytes <= XDPS_CAPLEN_MAX)
		room = find_room(c, record_bytes(bytes));
	if (!room) {
		c->writing = 0;
		return NULL;
	}
	*caplen = bytes;
	__builtin_memcpy(room, rec, sizeof(*rec));
	return room + sizeof(*rec);
}

/* If the packet could not be copied, the room is left as it was. */
static __always_inline void end_record(struct xdps_cpu *c, __u64 caplen, int is_copied)
{
	if (is_copied)
		publish(c, record_bytes(caplen));
	c->writing = 0;
}

#endif

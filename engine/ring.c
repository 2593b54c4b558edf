// SPDX-License-Identifier: BSD-3-Clause
/*
 * ring.c: one ring in plain memory, from its reader's side.
 *
 * What the kernel writes for one bpf_perf_event_output() call:
 *
 *	struct perf_event_header	type, misc, size of all this
 *	u32				size of what follows, rounded up
 *	struct xdps_record		at 4 mod 8: never accessed in place
 *	caplen bytes of the packet
 */
#include "ring.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>

#include "../bpf/record.h"

#include "clock.h"

#define RAW_SIZE_AT sizeof(struct perf_event_header)
#define RECORD_AT (RAW_SIZE_AT + sizeof(uint32_t))
#define PACKET_AT (RECORD_AT + sizeof(struct xdps_record))
#define ALIGN_BYTES 8

_Static_assert(XDPS_SNAPLEN_MAX == XDPS_CAPLEN_MAX,
	       "the engine promises what the program can do");
_Static_assert(XDPS_ACTION_UNDECIDED == XDPS_ACTION_NONE,
	       "not decided is not decided");
_Static_assert(XDPS_OFFSET_ERROR_NS == XDPS_TAI_OFFSET_ERROR_NS,
	       "the clock forgives what the program allows itself");
_Static_assert(XDPS_SCRATCH_BYTES > UINT16_MAX,
	       "perf_event_header.size has 16 bits");

int xdps_ring_init(struct xdps_ring *ring, void *map, size_t map_bytes,
		   size_t page_bytes)
{
	struct perf_event_mmap_page *page = map;
	size_t data_bytes;

	if (page_bytes < sizeof(*page) || map_bytes <= page_bytes)
		return -EINVAL;
	data_bytes = map_bytes - page_bytes;
	if (data_bytes < ALIGN_BYTES || data_bytes & (data_bytes - 1))
		return -EINVAL;
	/* 0 before Linux 4.1, which did not say. */
	if (page->data_size && (page->data_offset != page_bytes ||
				page->data_size != data_bytes))
		return -EINVAL;

	*ring = (struct xdps_ring){
		.page = page,
		.data = (unsigned char *)map + page_bytes,
		.data_bytes = data_bytes,
		.head = page->data_tail,
		.tail = page->data_tail,
	};
	return 0;
}

void xdps_ring_move(struct xdps_ring *ring, void *map, size_t page_bytes)
{
	ring->page = map;
	ring->data = (unsigned char *)map + page_bytes;
}

/* The one check that every offset goes through. */
static bool inside(uint64_t limit, uint64_t offset, uint64_t bytes)
{
	return offset <= limit && bytes <= limit - offset;
}

/* Where in the data the byte is that lies `offset` behind the tail. */
static uint64_t position(const struct xdps_ring *ring, uint64_t offset)
{
	return (ring->tail + offset) & (ring->data_bytes - 1);
}

static bool wraps(const struct xdps_ring *ring, uint64_t offset, uint64_t bytes)
{
	return !inside(ring->data_bytes, position(ring, offset), bytes);
}

/* Copies out of the ring; at most data_bytes. */
static void copy(const struct xdps_ring *ring, uint64_t offset, void *to,
		 uint64_t bytes)
{
	uint64_t from = position(ring, offset);
	uint64_t first_bytes = ring->data_bytes - from;

	if (first_bytes > bytes)
		first_bytes = bytes;
	memcpy(to, ring->data + from, first_bytes);
	memcpy((char *)to + first_bytes, ring->data, bytes - first_bytes);
}

/*
 * Pairs with the write barrier before data_head is written, in
 * perf_output_put_handle() in kernel/events/ring_buffer.c: having seen the
 * head, we see the records before it.
 */
static uint64_t read_head(const struct xdps_ring *ring)
{
	return __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

/*
 * Pairs with the control dependency on data_tail in __perf_output_begin(), as
 * the comment in perf_output_put_handle() draws it: the kernel overwrites
 * nothing that we have not finished reading.
 */
static void move_tail(struct xdps_ring *ring, uint64_t bytes)
{
	ring->tail += bytes;
	ring->record_bytes = 0;
	__atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
}

/* Without a length there is no next record either: gives up what is known. */
static void drop_all(struct xdps_ring *ring)
{
	ring->broken++;
	move_tail(ring, ring->head - ring->tail);
}

static bool read_header(const struct xdps_ring *ring,
			struct perf_event_header *header)
{
	uint64_t known_bytes = ring->head - ring->tail;

	if (known_bytes > ring->data_bytes ||
	    !inside(known_bytes, 0, sizeof(*header)))
		return false;
	copy(ring, 0, header, sizeof(*header));
	return header->size >= sizeof(*header) &&
	       header->size % ALIGN_BYTES == 0 &&
	       inside(known_bytes, 0, header->size);
}

/* The record of a sample of `bytes`, if no length in it lies. */
static bool read_record(const struct xdps_ring *ring, uint64_t bytes,
			struct xdps_record *rec)
{
	uint32_t raw_bytes;

	if (!inside(bytes, RAW_SIZE_AT, sizeof(raw_bytes)))
		return false;
	copy(ring, RAW_SIZE_AT, &raw_bytes, sizeof(raw_bytes));
	if (!inside(bytes, RECORD_AT, raw_bytes) ||
	    !inside(raw_bytes, 0, sizeof(*rec)))
		return false;
	copy(ring, RECORD_AT, rec, sizeof(*rec));
	return inside(raw_bytes, sizeof(*rec), rec->caplen) &&
	       rec->caplen <= rec->len;
}

bool xdps_ring_peek(struct xdps_ring *ring, uint64_t *mono_ns)
{
	struct perf_event_header header;
	struct xdps_record rec;

	for (;;) {
		if (ring->tail == ring->head)
			ring->head = read_head(ring);
		if (ring->tail == ring->head)
			return false;
		if (!read_header(ring, &header)) {
			drop_all(ring);
			continue;
		}
		if (header.type == PERF_RECORD_SAMPLE) {
			if (read_record(ring, header.size, &rec))
				break;
			ring->broken++;
		}
		move_tail(ring, header.size);
	}

	ring->record_bytes = header.size;
	*mono_ns = rec.mono_ns;
	return true;
}

void xdps_ring_packet(const struct xdps_ring *ring, void *scratch,
		      struct xdps_packet *pkt, int64_t *tai_offset_ns)
{
	struct xdps_record rec;

	copy(ring, RECORD_AT, &rec, sizeof(rec));
	/* Others may have this memory mapped: what held for peek() may not now. */
	if (!inside(ring->record_bytes, PACKET_AT, rec.caplen))
		rec.caplen = 0;

	*pkt = (struct xdps_packet){
		.mono_ns = rec.mono_ns,
		.len = rec.len,
		.caplen = rec.caplen,
		.queue = rec.queue,
		.action = rec.action,
		.filter = rec.filter,
		.data = ring->data + position(ring, PACKET_AT),
	};
	if (wraps(ring, PACKET_AT, rec.caplen)) {
		copy(ring, PACKET_AT, scratch, rec.caplen);
		pkt->data = scratch;
	}
	*tai_offset_ns = rec.tai_offset_ns;
}

void xdps_ring_advance(struct xdps_ring *ring)
{
	move_tail(ring, ring->record_bytes);
}

uint64_t xdps_ring_pending_bytes(const struct xdps_ring *ring)
{
	return read_head(ring) - ring->tail;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * fuzz_ring.c: any bytes as what a kernel wrote to a ring.
 *
 * The input: how large the ring is (a power of two from 8 bytes on), where
 * head and tail begin (16 bits), how many eighths of the rest are published
 * first; and the rest.  What is read stays within the ring and the scratch
 * memory, and all is read.
 */
#include <assert.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "../../engine/ring.h"

#define PAGE_BYTES 4096u
#define INTRO_BYTES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char sink;

static void write_ring(unsigned char *ring, uint64_t ring_bytes, uint64_t at,
		       const uint8_t *bytes, size_t n)
{
	while (n--)
		ring[at++ & (ring_bytes - 1)] = *bytes++;
}

static void check_packet(const struct xdps_ring *ring,
			 const unsigned char *scratch,
			 const struct xdps_packet *pkt)
{
	const unsigned char *end = pkt->data + pkt->caplen;
	const unsigned char *p;

	assert(pkt->caplen <= pkt->len);
	if (pkt->data == scratch)
		assert(pkt->caplen <= XDPS_SCRATCH_BYTES);
	else
		assert(pkt->data >= ring->data &&
		       end <= ring->data + ring->data_bytes);
	for (p = pkt->data; p < end; p++)
		sink = *p;
}

/* Everything up to the head, which does not move meanwhile. */
static void walk(struct xdps_ring *ring, unsigned char *scratch)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	uint64_t mono_ns, tail;

	while (xdps_ring_peek(ring, &mono_ns)) {
		tail = ring->tail;
		xdps_ring_packet(ring, scratch, &pkt, &tai_offset_ns);
		assert(pkt.mono_ns == mono_ns);
		check_packet(ring, scratch, &pkt);
		xdps_ring_advance(ring);
		assert(ring->tail - tail >= 44 + pkt.caplen);
	}
	assert(xdps_ring_pending_bytes(ring) == 0);
	assert(ring->page->data_tail == ring->page->data_head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct perf_event_mmap_page *page;
	unsigned char *map, *scratch;
	struct xdps_ring ring;
	uint64_t ring_bytes, start;
	size_t first;

	if (size < INTRO_BYTES)
		return 0;
	ring_bytes = 8ull << data[0] % 12;
	start = data[1] << 8 | data[2];
	first = (size - INTRO_BYTES) * (data[3] % 9) / 8;
	data += INTRO_BYTES;
	size -= INTRO_BYTES;

	map = calloc(1, PAGE_BYTES + ring_bytes);
	scratch = malloc(XDPS_SCRATCH_BYTES);
	assert(map && scratch);
	page = (struct perf_event_mmap_page *)map;
	page->data_head = page->data_tail = start;
	assert(!xdps_ring_init(&ring, map, PAGE_BYTES + ring_bytes, PAGE_BYTES));

	write_ring(map + PAGE_BYTES, ring_bytes, start, data, first);
	page->data_head = start + first;
	walk(&ring, scratch);
	write_ring(map + PAGE_BYTES, ring_bytes, start + first, data + first,
		   size - first);
	page->data_head = start + size;
	walk(&ring, scratch);

	assert(ring.broken <= size / 8 + 2);
	free(scratch);
	free(map);
	return 0;
}

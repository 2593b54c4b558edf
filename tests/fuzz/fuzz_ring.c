// SPDX-License-Identifier: BSD-3-Clause
/*
 * fuzz_ring.c: any bytes as what a kernel wrote to a ring.
 *
 * The input: how large the ring is (a power of two from 8 bytes on) and, in the
 * highest bit, of which kind, where head and tail begin (16 bits), how many eighths
 * of the rest are published first; and the rest.  What is read stays within the
 * ring, its margin and the scratch memory, and all is read.
 */
#include <assert.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/record.h"
#include "../../engine/ring.h"
#include "fuzz.h"

#define PAGE_BYTES 4096u
#define INTRO_BYTES 4

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
	unsigned char *end = pkt->data + pkt->caplen;
	unsigned char *p;

	assert(pkt->caplen <= pkt->len);
	if (pkt->data == scratch)
		assert(pkt->caplen <= XDPS_SCRATCH_BYTES);
	else
		assert(pkt->data >= ring->data &&
		       end <= ring->data + ring->data_bytes +
			      (ring->kind == XDPS_RING_MAP ? XDPS_RING_MARGIN_BYTES : 0));
	for (p = pkt->data; p < end; p++)
		*p = (unsigned char)~*p;	/* as the caller may */
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
		assert(ring->tail - tail >= sizeof(struct xdps_record) + pkt.caplen);
	}
	assert(xdps_ring_pending_bytes(ring) == 0);
	assert(*ring->tail_at == *ring->head_at);
}

/* What a kernel shares with its reader, of either kind of ring. */
struct shared {
	struct perf_event_mmap_page *page;
	struct xdps_cpu *cpu;
	unsigned char *data;
};

static void set_head(struct shared *s, uint64_t head)
{
	if (s->page)
		s->page->data_head = head;
	else
		s->cpu->head = head;
}

static void open_perf(struct shared *s, struct xdps_ring *ring, uint64_t ring_bytes,
		      uint64_t start)
{
	s->page = calloc(1, PAGE_BYTES + ring_bytes);
	assert(s->page);
	s->data = (unsigned char *)s->page + PAGE_BYTES;
	s->page->data_head = s->page->data_tail = start;
	assert(!xdps_ring_init_perf(ring, s->page, PAGE_BYTES + ring_bytes, PAGE_BYTES));
}

static void open_map(struct shared *s, struct xdps_ring *ring, uint64_t ring_bytes,
		     uint64_t start)
{
	s->cpu = aligned_alloc(_Alignof(struct xdps_cpu), sizeof(*s->cpu));
	s->data = calloc(1, ring_bytes + XDPS_RING_MARGIN_BYTES);
	assert(s->cpu && s->data);
	*s->cpu = (struct xdps_cpu){ .head = start, .tail = start };
	assert(!xdps_ring_init_map(ring, s->data, ring_bytes, 0, s->cpu, 1));
}

static void close_all(struct shared *s)
{
	free(s->page ? (void *)s->page : s->data);
	free(s->cpu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shared shared = { 0 };
	unsigned char *scratch;
	struct xdps_ring ring;
	uint64_t ring_bytes, start;
	bool is_map;
	size_t first;

	if (size < INTRO_BYTES)
		return 0;
	is_map = data[0] & 0x80;
	ring_bytes = 8ull << (data[0] & 0x7f) % 12;
	start = data[1] << 8 | data[2];
	first = (size - INTRO_BYTES) * (data[3] % 9) / 8;
	data += INTRO_BYTES;
	size -= INTRO_BYTES;

	scratch = malloc(XDPS_SCRATCH_BYTES);
	assert(scratch);
	if (is_map)
		open_map(&shared, &ring, ring_bytes, start);
	else
		open_perf(&shared, &ring, ring_bytes, start);

	write_ring(shared.data, ring_bytes, start, data, first);
	set_head(&shared, start + first);
	walk(&ring, scratch);
	write_ring(shared.data, ring_bytes, start + first, data + first, size - first);
	set_head(&shared, start + size);
	walk(&ring, scratch);

	assert(ring.broken <= size / 8 + 2);
	free(scratch);
	close_all(&shared);
	return 0;
}

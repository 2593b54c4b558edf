// SPDX-License-Identifier: BSD-3-Clause
/*
 * fake_ring.c: a ring of either kind in malloc()ed memory, from its producer's side.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_ring.h"

#define HEADER_BYTES sizeof(struct perf_event_header)

static const unsigned char filler[65536];

static bool is_perf(const struct fake_ring *f)
{
	return f->kind == XDPS_RING_PERF;
}

static void init_perf(struct fake_ring *f, uint64_t start)
{
	f->page = (struct perf_event_mmap_page *)f->map;
	f->page->data_offset = FAKE_PAGE_BYTES;
	f->page->data_size = f->data_bytes;
	f->page->data_head = start;
	f->page->data_tail = start;
	f->data = f->map + FAKE_PAGE_BYTES;
}

static void init_map(struct fake_ring *f, uint64_t start)
{
	if (posix_memalign((void **)&f->cpu, _Alignof(struct xdps_cpu), sizeof(*f->cpu)))
		abort();
	*f->cpu = (struct xdps_cpu){ .head = start, .tail = start, .wake_at = XDPS_NEVER };
	f->data = f->map;
}

void fake_ring_init(struct fake_ring *f, enum xdps_ring_kind kind, uint64_t data_bytes,
		    uint64_t start)
{
	*f = (struct fake_ring){ .kind = kind, .data_bytes = data_bytes, .head = start };
	f->map_bytes = data_bytes + (is_perf(f) ? FAKE_PAGE_BYTES : XDPS_RING_MARGIN_BYTES);
	f->map = calloc(1, f->map_bytes);
	if (!f->map)
		abort();
	if (is_perf(f))
		init_perf(f, start);
	else
		init_map(f, start);
}

void fake_ring_free(struct fake_ring *f)
{
	free(f->cpu);
	free(f->map);
	f->cpu = NULL;
	f->map = NULL;
}

void fake_ring_open(struct fake_ring *f, struct xdps_ring *ring)
{
	if (is_perf(f) ? xdps_ring_init_perf(ring, f->map, f->map_bytes, FAKE_PAGE_BYTES) :
			 xdps_ring_init_map(ring, f->map, f->data_bytes, 0, f->cpu, 1))
		abort();
}

void fake_ring_write(struct fake_ring *f, const void *bytes, size_t n)
{
	const unsigned char *from = bytes;
	uint64_t at, part;

	for (; n; n -= part) {
		at = f->head & (f->data_bytes - 1);
		part = n < f->data_bytes - at ? n : f->data_bytes - at;
		memcpy(f->data + at, from, part);
		f->head += part;
		from += part;
	}
}

void fake_ring_publish(struct fake_ring *f)
{
	if (is_perf(f))
		__atomic_store_n(&f->page->data_head, f->head, __ATOMIC_RELEASE);
	else
		__atomic_store_n(&f->cpu->head, f->head, __ATOMIC_SEQ_CST);
}

uint64_t fake_ring_tail(const struct fake_ring *f)
{
	return __atomic_load_n(is_perf(f) ? (const uint64_t *)&f->page->data_tail :
					    (const uint64_t *)&f->cpu->tail, __ATOMIC_ACQUIRE);
}

/* All that is in a sample besides the packet. */
static size_t sample_head_bytes(const struct fake_ring *f)
{
	return (is_perf(f) ? HEADER_BYTES + sizeof(uint32_t) : 0) + sizeof(struct xdps_record);
}

size_t fake_ring_sample_bytes(const struct fake_ring *f, uint32_t caplen)
{
	return (sample_head_bytes(f) + caplen + 7) & ~7ul;
}

uint32_t fake_ring_caplen(const struct fake_ring *f, size_t sample_bytes)
{
	return sample_bytes - sample_head_bytes(f);
}

static void write_perf(struct fake_ring *f, const struct xdps_record *rec, const void *packet,
		       size_t bytes)
{
	struct perf_event_header header = {
		.type = PERF_RECORD_SAMPLE,
		.size = bytes,
	};
	uint32_t raw_bytes = bytes - HEADER_BYTES - sizeof(raw_bytes);

	fake_ring_write(f, &header, sizeof(header));
	fake_ring_write(f, &raw_bytes, sizeof(raw_bytes));
	fake_ring_write(f, rec, sizeof(*rec));
	fake_ring_write(f, packet, rec->caplen);
	fake_ring_write(f, filler, raw_bytes - sizeof(*rec) - rec->caplen);
}

/* Into the margin, if need be. */
static void write_map(struct fake_ring *f, const struct xdps_record *rec, const void *packet,
		      size_t bytes)
{
	unsigned char *at = f->data + (f->head & (f->data_bytes - 1));

	memcpy(at, rec, sizeof(*rec));
	memcpy(at + sizeof(*rec), packet, rec->caplen);
	f->head += bytes;
}

bool fake_ring_put(struct fake_ring *f, const struct xdps_record *rec,
		   const void *packet)
{
	size_t bytes = fake_ring_sample_bytes(f, rec->caplen);

	if (f->head - fake_ring_tail(f) + bytes > f->data_bytes)
		return false;
	if (is_perf(f))
		write_perf(f, rec, packet, bytes);
	else
		write_map(f, rec, packet, bytes);
	fake_ring_publish(f);
	return true;
}

void fake_ring_put_lie(struct fake_ring *f, uint16_t header_bytes,
		       uint32_t raw_bytes, const struct xdps_record *rec,
		       size_t bytes)
{
	struct {
		struct perf_event_header header;
		uint32_t raw_bytes;
		unsigned char record[sizeof(*rec)];
	} s = {
		.header = { .type = PERF_RECORD_SAMPLE, .size = header_bytes },
		.raw_bytes = raw_bytes,
	};

	memcpy(s.record, rec, sizeof(s.record));
	if (bytes <= sizeof(s)) {
		fake_ring_write(f, &s, bytes);
	} else {
		fake_ring_write(f, &s, sizeof(s));
		fake_ring_write(f, filler, bytes - sizeof(s));
	}
	fake_ring_publish(f);
}

void fake_ring_put_other(struct fake_ring *f, uint32_t type, uint16_t bytes)
{
	struct perf_event_header header = { .type = type, .size = bytes };

	fake_ring_write(f, &header, sizeof(header));
	fake_ring_write(f, filler, bytes - sizeof(header));
	fake_ring_publish(f);
}

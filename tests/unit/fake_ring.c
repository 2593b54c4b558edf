// SPDX-License-Identifier: BSD-3-Clause
/*
 * fake_ring.c: a perf ring in malloc()ed memory, from its producer's side.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_ring.h"

#define HEADER_BYTES sizeof(struct perf_event_header)

static const unsigned char filler[65536];

void fake_ring_init(struct fake_ring *f, uint64_t data_bytes, uint64_t start)
{
	f->map_bytes = FAKE_PAGE_BYTES + data_bytes;
	f->map = malloc(f->map_bytes);
	if (!f->map)
		abort();
	memset(f->map, 0, f->map_bytes);
	f->page = (struct perf_event_mmap_page *)f->map;
	f->page->data_offset = FAKE_PAGE_BYTES;
	f->page->data_size = data_bytes;
	f->page->data_head = start;
	f->page->data_tail = start;
	f->data = f->map + FAKE_PAGE_BYTES;
	f->data_bytes = data_bytes;
	f->head = start;
}

void fake_ring_free(struct fake_ring *f)
{
	free(f->map);
	f->map = NULL;
}

void fake_ring_open(struct fake_ring *f, struct xdps_ring *ring)
{
	if (xdps_ring_init(ring, f->map, f->map_bytes, FAKE_PAGE_BYTES))
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
	__atomic_store_n(&f->page->data_head, f->head, __ATOMIC_RELEASE);
}

size_t fake_ring_sample_bytes(uint32_t caplen)
{
	size_t bytes = HEADER_BYTES + sizeof(uint32_t) +
		       sizeof(struct xdps_record) + caplen;

	return (bytes + 7) & ~7ul;
}

bool fake_ring_put(struct fake_ring *f, const struct xdps_record *rec,
		   const void *packet)
{
	uint64_t tail = __atomic_load_n(&f->page->data_tail, __ATOMIC_ACQUIRE);
	size_t bytes = fake_ring_sample_bytes(rec->caplen);
	struct perf_event_header header = {
		.type = PERF_RECORD_SAMPLE,
		.size = bytes,
	};
	uint32_t raw_bytes = bytes - HEADER_BYTES - sizeof(raw_bytes);

	if (f->head - tail + bytes > f->data_bytes)
		return false;
	fake_ring_write(f, &header, sizeof(header));
	fake_ring_write(f, &raw_bytes, sizeof(raw_bytes));
	fake_ring_write(f, rec, sizeof(*rec));
	fake_ring_write(f, packet, rec->caplen);
	fake_ring_write(f, filler, raw_bytes - sizeof(*rec) - rec->caplen);
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

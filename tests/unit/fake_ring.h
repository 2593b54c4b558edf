/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_ring.h: a perf ring in malloc()ed memory, from its producer's side.
 *
 * Writes what the kernel writes, byte for byte, and on request what it never
 * would.  The data ends where the allocation ends, so that a sanitizer sees
 * who reads past it.
 */
#ifndef XDPS_FAKE_RING_H
#define XDPS_FAKE_RING_H

#include <linux/perf_event.h>

#include "../../bpf/record.h"
#include "../../engine/ring.h"

#define FAKE_PAGE_BYTES 4096

struct fake_ring {
	unsigned char *map;
	size_t map_bytes;
	struct perf_event_mmap_page *page;
	unsigned char *data;
	uint64_t data_bytes;
	uint64_t head;		/* written so far, published or not */
};

/* Head and tail begin at `start`. */
void fake_ring_init(struct fake_ring *f, uint64_t data_bytes, uint64_t start);
void fake_ring_free(struct fake_ring *f);

/* The reader's end of it. */
void fake_ring_open(struct fake_ring *f, struct xdps_ring *ring);

/* Bytes at the head, and the head to be seen by the reader. */
void fake_ring_write(struct fake_ring *f, const void *bytes, size_t n);
void fake_ring_publish(struct fake_ring *f);

/* How large a sample is in the ring. */
size_t fake_ring_sample_bytes(uint32_t caplen);

/*
 * One sample, published; false: there is no room.  The kernel leaves 8 bytes
 * free, this does not: a ring full to the last byte is harder to read.
 */
bool fake_ring_put(struct fake_ring *f, const struct xdps_record *rec,
		   const void *packet);

/* A sample with lengths of the caller's choice, `bytes` long in truth. */
void fake_ring_put_lie(struct fake_ring *f, uint16_t header_bytes,
		       uint32_t raw_bytes, const struct xdps_record *rec,
		       size_t bytes);

/* A record of another type, of `bytes` in all. */
void fake_ring_put_other(struct fake_ring *f, uint32_t type, uint16_t bytes);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_ring.h: a ring of either kind in malloc()ed memory, from its producer's side.
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
	enum xdps_ring_kind kind;
	unsigned char *map;
	size_t map_bytes;
	struct perf_event_mmap_page *page;	/* of a perf ring */
	struct xdps_cpu *cpu;			/* of a map ring */
	unsigned char *data;
	uint64_t data_bytes;
	uint64_t head;		/* written so far, published or not */
};

/* Head and tail begin at `start`, a multiple of 8. */
void fake_ring_init(struct fake_ring *f, enum xdps_ring_kind kind, uint64_t data_bytes,
		    uint64_t start);
void fake_ring_free(struct fake_ring *f);

/* The reader's end of it. */
void fake_ring_open(struct fake_ring *f, struct xdps_ring *ring);

/* Bytes at the head, and the head to be seen by the reader. */
void fake_ring_write(struct fake_ring *f, const void *bytes, size_t n);
void fake_ring_publish(struct fake_ring *f);

/* As far as the reader has let go, and its producer knows it. */
uint64_t fake_ring_tail(const struct fake_ring *f);

/* How large a sample is in the ring, and the packet of one that has so many bytes. */
size_t fake_ring_sample_bytes(const struct fake_ring *f, uint32_t caplen);
uint32_t fake_ring_caplen(const struct fake_ring *f, size_t sample_bytes);

/*
 * One sample, published; false: there is no room.  The kernel leaves 8 bytes
 * free, this does not: a ring full to the last byte is harder to read.
 */
bool fake_ring_put(struct fake_ring *f, const struct xdps_record *rec,
		   const void *packet);

/* In a perf ring a sample with lengths of the caller's choice, `bytes` long in truth. */
void fake_ring_put_lie(struct fake_ring *f, uint16_t header_bytes,
		       uint32_t raw_bytes, const struct xdps_record *rec,
		       size_t bytes);

/* There, too, a record of another type, of `bytes` in all. */
void fake_ring_put_other(struct fake_ring *f, uint32_t type, uint16_t bytes);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring.h: one ring in plain memory, as its reader sees it.
 *
 * The kernel writes records at the head, and we take them from the tail.  What is between
 * the two is ours to read.  Nothing here makes a system call, so a ring in malloc()ed
 * memory, with a test's own producer, works as well.
 *
 * There are two kinds, perf rings and map rings.  The reader of packets does not know
 * which kind it has.  Only the code that maps the rings and waits for them does: the
 * kernel wakes the reader of a perf ring by itself, while the reader of a map ring has to
 * ask for it (xdps_ring_arm()).
 *
 * This does not map the memory (memory.c does).  It does not count losses (the BPF
 * program does: PERF_RECORD_LOST comes only with the next record that fits).  It does not
 * trust any length that it finds.
 *
 * Layout and barriers: for a perf ring, see struct perf_event_mmap_page in
 * linux/perf_event.h; for a map ring, see bpf/record.h and bpf/map_ring.h.
 */
#ifndef XDPS_RING_H
#define XDPS_RING_H

#include "xdpsample.h"

#pragma GCC visibility push(hidden)

/* Room for the largest record of a perf ring, whose packets are copied. */
#define XDPS_SCRATCH_BYTES 65536

struct xdps_ring {
	enum xdps_ring_kind kind;
	unsigned char *data;
	uint64_t data_bytes;	/* a power of two */
	const uint64_t *head_at;	/* shared with the kernel, as are the next two */
	uint64_t *tail_at;
	uint64_t *wake_at;	/* of a map ring */
	uint64_t *read_at;	/* not owned: where other readers find our tail, or NULL */
	uint64_t head;		/* in bytes, as last read; always grows */
	uint64_t tail;		/* in bytes, ours; always grows */
	uint64_t freed;		/* the tail as the kernel knows it */
	uint64_t plenty_at;	/* when the head gets here, a wake-up is worthwhile */
	uint64_t record_bytes;	/* of the record at the tail, 0: not known */
	uint64_t broken;	/* malformed records that were skipped */
};

/*
 * Sets up a perf ring in `map_bytes` of memory at `map`: one header page, then the data,
 * whose size is a power of two.  Returns 0, or -EINVAL if the memory does not have that
 * shape.  The ring does not own the memory.
 */
int xdps_ring_init_perf(struct xdps_ring *ring, void *map, size_t map_bytes,
			size_t page_bytes);

/* Continues to read at `tail`, where another process has stopped. */
void xdps_ring_resume(struct xdps_ring *ring, uint64_t tail);

/* The same perf ring is now mapped at `map`. */
void xdps_ring_move(struct xdps_ring *ring, void *map, size_t page_bytes);

/*
 * Sets up the map ring with this index, whose `data_bytes` (a power of two) and their
 * margin are at `data`.  It belongs to the CPU among the `n_cpus` in `cpus` that has this
 * index.  Returns 0, or -EINVAL if none has.  The ring owns neither.
 */
int xdps_ring_init_map(struct xdps_ring *ring, void *data, uint64_t data_bytes,
		       unsigned int index, void *cpus, unsigned int n_cpus);

/* Bytes of memory for `n_rings` rings of `data_bytes`, each with its margin. */
size_t xdps_ring_map_bytes(unsigned int n_rings, uint64_t data_bytes);

/*
 * Returns true if there is a packet, and then its time in nanoseconds of CLOCK_MONOTONIC.
 * Skips records that are not our packets.  Reads the kernel's head only when everything
 * that was known has been taken.
 */
bool xdps_ring_peek(struct xdps_ring *ring, uint64_t *mono_ns);

/*
 * Describes the packet that xdps_ring_peek() saw.  Its data is writable: it lies in the
 * map ring, or was copied from a perf ring to `scratch` (XDPS_SCRATCH_BYTES).  `wall_ns`
 * and `filtered` are left 0; `*tai_offset_ns` is the record's (0: not known).
 */
void xdps_ring_packet(const struct xdps_ring *ring, void *scratch,
		      struct xdps_packet *pkt, int64_t *tai_offset_ns);

/*
 * Releases the packet that xdps_ring_peek() saw.  Each store to the tail costs the kernel
 * a cache miss, so the kernel is told about the free room when that is an eighth of the
 * ring, or when xdps_ring_free() is called.
 */
void xdps_ring_advance(struct xdps_ring *ring);

/*
 * Does the same, and then xdps_ring_packet() for the next packet, if there is one that
 * was stamped at `until_ns` or before.  False: there is none.
 */
bool xdps_ring_next(struct xdps_ring *ring, uint64_t until_ns, void *scratch,
		    struct xdps_packet *pkt, int64_t *tai_offset_ns);

void xdps_ring_free(struct xdps_ring *ring);

/* Bytes between the tail and the kernel's head now. */
uint64_t xdps_ring_pending_bytes(const struct xdps_ring *ring);

/* Is it at least half full? */
bool xdps_ring_is_pressed(const struct xdps_ring *ring);

/* There is plenty when the kernel has written `bytes` more than by now. */
void xdps_ring_expect(struct xdps_ring *ring, uint64_t bytes);
bool xdps_ring_has_plenty(const struct xdps_ring *ring);

/*
 * Asks for the doorbell when the head gets to `position`.  False: the head is already there,
 * and the doorbell may not ring.  A perf ring does not have to be asked, and returns true.
 */
bool xdps_ring_arm(struct xdps_ring *ring, uint64_t position);

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring.h: one ring in plain memory, from its reader's side.
 *
 * The kernel writes records at the head, we take them from the tail; what is
 * between the two is ours to read.  Nothing here makes a system call: a ring
 * in malloc()ed memory, with a producer of a test's own, does as well.
 *
 * There are two kinds, perf rings and map rings, and nothing above this file knows
 * which it has but for one thing: the kernel wakes the reader of a perf ring by
 * itself, and that of a map ring has to ask for it (xdps_ring_arm()).
 *
 * What this does not do: it does not map the memory (memory.c does), does
 * not count losses (the kernel's program does: PERF_RECORD_LOST comes only
 * with the next success), and believes no length that it finds.
 *
 * Layout and barriers: of a perf ring struct perf_event_mmap_page in
 * linux/perf_event.h; of a map ring bpf/record.h and bpf/mapring.h.
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
	uint64_t *read_at;	/* not ours: where other readers find our tail, or NULL */
	uint64_t head;		/* in bytes, as last read; always grows */
	uint64_t tail;		/* in bytes, ours; always grows */
	uint64_t freed;		/* the tail as the kernel knows it */
	uint64_t plenty_at;	/* when the head gets here, a wake-up is worth it */
	uint64_t record_bytes;	/* of the record at the tail, 0: not known */
	uint64_t broken;	/* records that made no sense, skipped */
};

/*
 * A perf ring in `map_bytes` of memory at `map`: one page of header, then the data, a
 * power of two.  0, or -EINVAL if it is not of that shape.  The ring does not
 * own the memory.
 */
int xdps_ring_init_perf(struct xdps_ring *ring, void *map, size_t map_bytes,
			size_t page_bytes);

/* Reads on from `tail`, where another process has stopped. */
void xdps_ring_resume(struct xdps_ring *ring, uint64_t tail);

/* The same perf ring, mapped elsewhere. */
void xdps_ring_move(struct xdps_ring *ring, void *map, size_t page_bytes);

/*
 * The map ring with this index, whose `data_bytes` (a power of two) and their margin are
 * at `data`; it belongs to that CPU of `n_cpus` in `cpus` that says so.  0, or -EINVAL:
 * none does.  The ring owns neither.
 */
int xdps_ring_init_map(struct xdps_ring *ring, void *data, uint64_t data_bytes,
		       unsigned int index, void *cpus, unsigned int n_cpus);

/* Bytes of memory for `n_rings` rings of `data_bytes`, each with its margin. */
size_t xdps_ring_map_bytes(unsigned int n_rings, uint64_t data_bytes);

/*
 * True if there is a packet, and then the CLOCK_MONOTONIC nanoseconds of it.
 * Skips what is no packet of ours.  Looks at the kernel's head only if all
 * that it knew of has been taken.
 */
bool xdps_ring_peek(struct xdps_ring *ring, uint64_t *mono_ns);

/*
 * The packet that xdps_ring_peek() saw.  Its data is writable: it lies in the map ring,
 * or was copied from a perf ring to `scratch` (XDPS_SCRATCH_BYTES).  `wall_ns` and
 * `filtered` are left 0; `*tai_offset_ns` is the record's (0: not known).
 */
void xdps_ring_packet(const struct xdps_ring *ring, void *scratch,
		      struct xdps_packet *pkt, int64_t *tai_offset_ns);

/*
 * Lets the packet go that xdps_ring_peek() saw.  The kernel, whose cache every word
 * from us disturbs, hears of the room when that is an eighth of the ring, or when
 * somebody says xdps_ring_free().
 */
void xdps_ring_advance(struct xdps_ring *ring);

/*
 * The same, and then xdps_ring_packet() for the next one, if there is one and it was
 * stamped at `until_ns` or before; false: not.
 */
bool xdps_ring_next(struct xdps_ring *ring, uint64_t until_ns, void *scratch,
		    struct xdps_packet *pkt, int64_t *tai_offset_ns);

void xdps_ring_free(struct xdps_ring *ring);

/* Bytes between tail and the kernel's head now. */
uint64_t xdps_ring_pending_bytes(const struct xdps_ring *ring);

/* Is it half full, or fuller? */
bool xdps_ring_is_pressed(const struct xdps_ring *ring);

/* From now on `bytes` more than the kernel has written by now are plenty. */
void xdps_ring_expect(struct xdps_ring *ring, uint64_t bytes);
bool xdps_ring_has_plenty(const struct xdps_ring *ring);

/*
 * Asks for the bell when the head gets to `position`.  False: it is there by now, and it
 * may not ring.  A perf ring needs no asking, and says true.
 */
bool xdps_ring_arm(struct xdps_ring *ring, uint64_t position);

#pragma GCC visibility pop

#endif

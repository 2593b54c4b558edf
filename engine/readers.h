/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * readers.h: which process reads, and how far the rings have been read.
 *
 * After fork() a capture belongs to several processes.  They may read it one after the
 * other: each continues where the previous one stopped.  Only one process may read at a
 * time, and only one of its threads.
 *
 * The processes share a page with the position in each ring and a mutex, which the kernel
 * frees if its owner dies.
 */
#ifndef XDPS_READERS_H
#define XDPS_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct xdps_readers_shared;

struct xdps_readers {
	struct xdps_readers_shared *shared;	/* NULL: not mapped */
	size_t shared_bytes;
	bool *is_known;			/* in a page that fork() clears; NULL: not mapped */
	size_t page_bytes;
	uint64_t number;		/* of this process, among those that have read */
	bool is_reading;		/* between begin and end */
};

void xdps_readers_init(struct xdps_readers *r);

/* Returns 0 or -errno; on failure xdps_readers_close() must still be called. */
int xdps_readers_open(struct xdps_readers *r, unsigned int n_rings);

/* Unmaps everything; `*r` is then as after init.  Other processes may read on. */
void xdps_readers_close(struct xdps_readers *r);

/*
 * True in a child, from fork() until it calls xdps_readers_enter().  Costs a load; false
 * if nothing is open.
 */
bool xdps_readers_has_forked(const struct xdps_readers *r);
void xdps_readers_enter(struct xdps_readers *r);

/*
 * Call this before this thread reads.  Returns 0, and `*changed` says whether another
 * process has read since this one did.  Returns -EBUSY if another process or another
 * thread is reading now, or another -errno.  Does nothing if this process is already
 * reading.
 */
int xdps_readers_begin(struct xdps_readers *r, bool *changed);
void xdps_readers_end(struct xdps_readers *r);

/* Where the position in this ring is kept, for read_at of struct xdps_ring. */
uint64_t *xdps_readers_position(const struct xdps_readers *r, unsigned int ring);

/* Where the number of packets released by all processes together is kept. */
uint64_t *xdps_readers_released(const struct xdps_readers *r);

#pragma GCC visibility pop

#endif

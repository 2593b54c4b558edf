/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * readers.h: which process reads, and how far the rings have been read.
 *
 * After fork() a capture belongs to several processes.  They may read it one after the
 * other: each goes on where the one before has stopped.  Only one of them may read at a
 * time, and only one thread of it.
 *
 * All of them have a page in common, with a mutex that the kernel frees when its owner
 * dies, and the position in each ring.
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
	bool *is_known;			/* in a page that fork() makes false; NULL: not mapped */
	size_t page_bytes;
	uint64_t number;		/* of this process, among those that have read */
	bool is_reading;		/* between begin and end */
};

void xdps_readers_init(struct xdps_readers *r);

/* 0 or -errno; on failure xdps_readers_close() is still owed. */
int xdps_readers_open(struct xdps_readers *r, unsigned int n_rings);

/* Unmaps what there is; `*r` is then as after init.  Other processes read on. */
void xdps_readers_close(struct xdps_readers *r);

/*
 * True in a child, from fork() until xdps_readers_enter() is called there.  Costs a load;
 * false if nothing is open.
 */
bool xdps_readers_has_forked(const struct xdps_readers *r);
void xdps_readers_enter(struct xdps_readers *r);

/*
 * This thread is going to read.  0, and `*changed` says whether another process has
 * read since this one has; -EBUSY: another process, or another thread, is reading now;
 * or another -errno.  Does nothing if this process is reading already.
 */
int xdps_readers_begin(struct xdps_readers *r, bool *changed);
void xdps_readers_end(struct xdps_readers *r);

/* Where the position in this ring is kept, for struct xdps_ring's read_at. */
uint64_t *xdps_readers_position(const struct xdps_readers *r, unsigned int ring);

/* How many packets have been let go, by all processes together. */
uint64_t *xdps_readers_released(const struct xdps_readers *r);

#pragma GCC visibility pop

#endif

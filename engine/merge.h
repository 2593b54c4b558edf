/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * merge.h: merges N rings into one stream, oldest packet first.
 *
 * Each ring is in order by itself.  A ring that is empty may still bring an older packet:
 * its CPU may have stamped one and not published it yet.  So the oldest head goes out
 * when every ring has a head, or when it is older than `hold_ns`.  A packet that comes
 * later still goes out at once and is counted as late.
 *
 * Time is an argument (`now_ns`, CLOCK_MONOTONIC), so a test is a table of heads and
 * times.  xdps_merge_look() opens a batch.  Until the next look, no packet that was
 * stamped after it is handed out, so a batch ends under any load.
 *
 * The cost of a packet grows with the logarithm of the number of rings.
 */
#ifndef XDPS_MERGE_H
#define XDPS_MERGE_H

#include "ring.h"

#pragma GCC visibility push(hidden)

struct xdps_merge_head {
	uint64_t mono_ns;	/* of the ring's oldest packet */
	unsigned int ring;	/* index */
};

struct xdps_merge {
	struct xdps_ring *rings;	/* not owned */
	unsigned int n_rings;
	uint64_t hold_ns;		/* of the last look, as is ... */
	uint64_t now_ns;		/* ... this */
	uint64_t last_ns;		/* of the packet handed out last */
	uint64_t late;			/* packets older than one before them */
	struct xdps_ring *run;		/* whose packet was shown and not released, or NULL */
	uint64_t run_until_ns;		/* up to here, that ring has the oldest packets */
	struct xdps_merge_head *heap;	/* rings with a head, oldest first */
	unsigned int n_heap;
	unsigned int *empty;		/* rings without a head */
	unsigned int n_empty;
	unsigned char *scratch;		/* for a packet of a perf ring */
};

/*
 * `rings` stay the caller's, and must outlive this.  Returns 0, or -ENOMEM; then there is
 * nothing to free.
 */
int xdps_merge_init(struct xdps_merge *m, struct xdps_ring *rings,
		    unsigned int n_rings);
void xdps_merge_free(struct xdps_merge *m);

/* Another process has read on: forgets what was seen in the rings. */
void xdps_merge_restart(struct xdps_merge *m);

/*
 * Adds one ring behind the others, all of which may have moved to `rings`.  Returns 0, or
 * -ENOMEM; then no ring was added.
 */
int xdps_merge_add(struct xdps_merge *m, struct xdps_ring *rings);

/* Opens a batch: looks into every ring that was empty. */
void xdps_merge_look(struct xdps_merge *m, uint64_t now_ns, uint64_t hold_ns);

/* True if xdps_merge_next() would show a packet. */
bool xdps_merge_ready(const struct xdps_merge *m);

/* Both are only for xdps_merge_next(). */
bool xdps_merge_next_run(struct xdps_merge *m, struct xdps_packet *pkt,
			 int64_t *tai_offset_ns);

static inline void xdps_merge_note_order(struct xdps_merge *m, uint64_t mono_ns)
{
	if (mono_ns < m->last_ns)
		__atomic_store_n(&m->late, m->late + 1, __ATOMIC_RELAXED);
	else
		m->last_ns = mono_ns;
}

/*
 * Releases the packet that was shown before, and shows the oldest one of the batch, with
 * the clock data of its record (xdps_ring_packet()).  False: the batch has no more.
 */
static inline bool xdps_merge_next(struct xdps_merge *m, struct xdps_packet *pkt,
				   int64_t *tai_offset_ns)
{
	if (!(m->run && xdps_ring_next(m->run, m->run_until_ns, m->scratch, pkt,
				       tai_offset_ns)) &&
	    !xdps_merge_next_run(m, pkt, tai_offset_ns))
		return false;
	xdps_merge_note_order(m, pkt->mono_ns);
	return true;
}

/* Was a packet shown that is not released yet? */
static inline bool xdps_merge_is_shown(const struct xdps_merge *m)
{
	return m->run;
}

/* Releases the packet that was shown. */
void xdps_merge_release(struct xdps_merge *m);

/* Does not release the packet that was shown: it will be shown again. */
void xdps_merge_keep(struct xdps_merge *m);

/* CLOCK_MONOTONIC of the oldest packet in any ring at the last look; UINT64_MAX: none. */
uint64_t xdps_merge_oldest_ns(const struct xdps_merge *m);

/*
 * Everything that was stamped before this time, except late packets, has been shown when
 * the batch has no more.
 */
uint64_t xdps_merge_complete_ns(const struct xdps_merge *m);

/* How many packets were shown after a younger one.  May be asked at any time. */
uint64_t xdps_merge_late(const struct xdps_merge *m);

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_kinds.h: the kinds of rings, behind one set of operations.
 *
 * The code that reads packets (ring.h) does not know which kind it has, and the code that
 * maps the rings and waits for them (memory.h, batch.h, xdpsample.c) asks here.
 */
#ifndef XDPS_RING_KINDS_H
#define XDPS_RING_KINDS_H

#include "client.h"
#include "memory.h"
#include "waiter.h"

#pragma GCC visibility push(hidden)

struct xdps_ring_ops {
	/*
	 * The kernel wakes the reader of a ring that is a quarter full, and does not
	 * report one that is less full: a tick takes care of that.  Without this, the
	 * reader says before each sleep what should wake it (xdps_ring_arm()), so an idle
	 * capture is not woken at all.
	 */
	bool needs_tick;
	bool are_inherited;	/* fork() copies the mappings to the child */
	int counters_prot;	/* how the counters are mapped: PROT_... of mmap(2) */

	/*
	 * Maps all rings of `g`, or the first one that is not mapped yet.  The lists in
	 * `m` have room for them, and the counters are mapped.
	 */
	enum xdps_status (*map)(struct xdps_memory *m, const struct xdps_session *g,
				struct xdps_error *err);
	enum xdps_status (*add)(struct xdps_memory *m, const struct xdps_session *g,
				struct xdps_error *err);

	/* Maps all of them again, in a child; NULL if they are inherited. */
	enum xdps_status (*map_again)(struct xdps_memory *m, const struct xdps_session *g,
				      struct xdps_error *err);

	/*
	 * Has `w` watch what reports the `n` rings from index `first` on.  Returns 0 or
	 * -errno.
	 */
	int (*watch)(struct xdps_memory *m, const struct xdps_session *g, unsigned int first,
		     unsigned int n, struct xdps_waiter *w);
};

extern const struct xdps_ring_ops xdps_perf_rings;	/* perf_rings.c */
extern const struct xdps_ring_ops xdps_map_rings;	/* map_rings.c */

#pragma GCC visibility pop

#endif

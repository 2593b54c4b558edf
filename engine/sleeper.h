/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sleeper.h: what a capture waits on, behind one descriptor.
 *
 * An epoll set of
 *	the rings	the kernel says that a perf ring is a quarter full, or, in
 *			immediate mode, that a packet came
 *	the bell	of map rings: what was asked for has come
 *	the tick	a timer: the kernel says nothing of a ring that has less
 *	a wake-up	from another thread or a signal handler
 *	the leftover	there is something that was not taken yet
 *	the helper	the capture is over
 *
 * so that a program that sleeps in a select() of its own is woken by the same
 * things as one that sleeps here.  A ring is said to be readable once and not
 * again, however much is left in it: hence the leftover.
 */
#ifndef XDPS_SLEEPER_H
#define XDPS_SLEEPER_H

#include "bell.h"
#include "xdpsample.h"

#pragma GCC visibility push(hidden)

struct xdps_sleeper {
	int epoll_fd;
	int wake_fd;		/* eventfd */
	int left_fd;		/* eventfd */
	int tick_fd;		/* timerfd */
	struct xdps_bell *bell;	/* not ours; NULL: of perf rings */
	bool left;		/* left_fd is readable */
	bool once;		/* the tick that comes once was asked for, and not heard yet */

	/* what has happened; taken back by whoever acts on it */
	bool ring;
	bool woken;
	bool helper;
};

void xdps_sleeper_init(struct xdps_sleeper *s);
void xdps_sleeper_free(struct xdps_sleeper *s);

/*
 * 0 or -errno; on failure xdps_sleeper_free() is still owed.  The descriptors stay the
 * caller's, here and below, and the bell, which is answered when it is heard.
 */
int xdps_sleeper_open(struct xdps_sleeper *s, int helper_fd);
int xdps_sleeper_add_rings(struct xdps_sleeper *s, const int *ring_fds, unsigned int n_rings);
int xdps_sleeper_add_bell(struct xdps_sleeper *s, struct xdps_bell *bell);

/* The tick: first in `first_ns` (0: never), then every `period_ns` (0: once). */
void xdps_sleeper_tick(struct xdps_sleeper *s, uint64_t first_ns, uint64_t period_ns);

/*
 * So that the descriptor is not readable for what the caller has found already, without
 * being told: the bell, and a tick that was to come once.  No system call if none was.
 */
void xdps_sleeper_answer(struct xdps_sleeper *s);
void xdps_sleeper_untick(struct xdps_sleeper *s);

/*
 * Until something happens, at most `most_ns` (UINT64_MAX: for ever).  0, or
 * -errno: the descriptors are not ours any more, as in a daemon that closed all.
 */
int xdps_sleeper_sleep(struct xdps_sleeper *s, uint64_t most_ns);

/*
 * Makes the descriptor readable as long as something is left; no system call if
 * nothing changes.
 */
void xdps_sleeper_left(struct xdps_sleeper *s, bool left);

/* Another process has read since: nothing is known to be left any more. */
void xdps_sleeper_restart(struct xdps_sleeper *s);

/* From any thread, any signal handler; errno stays. */
void xdps_sleeper_wake(struct xdps_sleeper *s);

#pragma GCC visibility pop

#endif

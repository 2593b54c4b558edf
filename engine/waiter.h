/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * waiter.h: what a capture waits on, behind one descriptor.
 *
 * The descriptor is an epoll set of
 *	the rings	the kernel says that a perf ring is a quarter full, or, in
 *			immediate mode, that a packet came
 *	the doorbell	of map rings: what was asked for has come
 *	the tick	a timer: the kernel does not report a ring that is less full
 *	a wake-up	from another thread or a signal handler
 *	the leftover	some packets were not taken yet
 *	the helper	it has sent a message, or has ended
 *
 * so an application that sleeps in its own select() is woken by the same events as one
 * that sleeps here.  A ring is reported as readable once and not again, however much is
 * left in it: hence the leftover.
 */
#ifndef XDPS_WAITER_H
#define XDPS_WAITER_H

#include "doorbell.h"
#include "xdpsample.h"

#pragma GCC visibility push(hidden)

struct xdps_waiter {
	int epoll_fd;
	int wake_fd;		/* eventfd */
	int left_fd;		/* eventfd */
	int tick_fd;		/* timerfd */
	struct xdps_doorbell *doorbell;	/* not owned; NULL: with perf rings */
	bool left;		/* left_fd is readable */
	bool once;		/* a tick that comes once was set, and has not come yet */
};

/* What has happened, for the caller to act on. */
struct xdps_events {
	bool ring;		/* a perf ring is a quarter full */
	bool woken;		/* xdps_waiter_wake() was called */
	bool helper;		/* its socket is readable, and stays so until it is read */
};

void xdps_waiter_init(struct xdps_waiter *w);
void xdps_waiter_free(struct xdps_waiter *w);

/*
 * Returns 0 or -errno; on failure xdps_waiter_free() must still be called.  The
 * descriptors stay the caller's, here and below.  So does the doorbell, which is answered
 * when it rings.
 */
int xdps_waiter_open(struct xdps_waiter *w, int helper_fd);
int xdps_waiter_add_rings(struct xdps_waiter *w, const int *ring_fds, unsigned int n_rings);
int xdps_waiter_add_doorbell(struct xdps_waiter *w, struct xdps_doorbell *doorbell);

/* Sets the tick: first in `first_ns` (0: never), then every `period_ns` (0: once). */
void xdps_waiter_tick(struct xdps_waiter *w, uint64_t first_ns, uint64_t period_ns);

/*
 * Keeps the descriptor from being readable for what the caller has already found by
 * itself: a doorbell, and a tick that was to come once.  No system call if there was none.
 */
void xdps_waiter_answer(struct xdps_waiter *w);
void xdps_waiter_untick(struct xdps_waiter *w);

/*
 * Sleeps until something happens, at most `most_ns` (UINT64_MAX: for ever), and sets
 * that in `*events`.  Returns 0, or -errno if the descriptors are not ours any more, as
 * in a daemon that closed all of them.
 */
int xdps_waiter_wait(struct xdps_waiter *w, uint64_t most_ns, struct xdps_events *events);

/* The descriptor. */
int xdps_waiter_fd(const struct xdps_waiter *w);

/*
 * Makes the descriptor readable as long as packets are left.  No system call if nothing
 * changes.
 */
void xdps_waiter_left(struct xdps_waiter *w, bool left);
bool xdps_waiter_is_left(const struct xdps_waiter *w);

/* Another process has read since, so nothing is known to be left. */
void xdps_waiter_restart(struct xdps_waiter *w);

/* Can be called from any thread and any signal handler; preserves errno. */
void xdps_waiter_wake(struct xdps_waiter *w);

#pragma GCC visibility pop

#endif

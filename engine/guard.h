/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard.h: protects a call that talks to the helper and that its thread may leave
 * half-way.
 *
 * A thread leaves a call without returning from it when it is cancelled, or when a signal
 * handler calls longjmp() or pthread_exit() or throws an exception.  What the call had
 * made so far, a helper and a program on an interface, would then stay until the process
 * ends.
 *
 * Between xdps_guard_enter() and xdps_guard_leave(), signals and cancellation wait.  Only
 * xdps_guard_poll() lets them in: there the state of the call is known, and there the
 * call spends its time.  What a thread leaves half-way is closed by its next guarded
 * call, or when it ends.
 */
#ifndef XDPS_GUARD_H
#define XDPS_GUARD_H

#include <poll.h>
#include <signal.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Of a call that lets signals in, it must lie in `what` or live as long. */
struct xdps_guard {
	sigset_t signals;	/* that the thread had blocked before */
	int cancel_state;	/* of the thread, before */
	void (*abandoned)(void *what);
	void *what;
};

/* From here on nothing is let in.  Closes what this thread has left half-way, if anything. */
void xdps_guard_enter(struct xdps_guard *g);

/*
 * If the thread leaves from here on, the same thread calls `abandoned(what)` some time
 * later, outside any signal handler of ours.  `*g` is the guard that was entered, or a
 * copy of it.
 */
void xdps_guard_protect(struct xdps_guard *g, void (*abandoned)(void *what), void *what);

/* There is nothing to close any more. */
void xdps_guard_unprotect(struct xdps_guard *g);

/*
 * Calls poll() on one descriptor, for at most `timeout_ms`, which must be 0 or more.  May
 * not return.  If `g` is NULL nothing is let in; this is for waiting while something is
 * closed.
 */
int xdps_guard_poll(const struct xdps_guard *g, struct pollfd *p, int timeout_ms);

/*
 * Call this when the state of `what` is final.  Signals and a cancellation that have
 * waited are delivered now, so it may not return.  If it does, `abandoned` is not called
 * any more.
 */
void xdps_guard_leave(struct xdps_guard *g);

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard.h: a call that talks to the helper, and that somebody may leave half-way.
 *
 * A thread leaves a call without returning from it when it is cancelled, and when a
 * signal handler calls longjmp() or pthread_exit() or throws an exception.  What the call
 * had made so far, a helper and a program on an interface, would then stay until the
 * process ends.
 *
 * Between xdps_guard_enter() and xdps_guard_leave() signals and cancellation wait.  They
 * are let in only by xdps_guard_poll(), where the state of the call is known, and where
 * it spends its time.  What is left there is closed by the thread's next guarded call, or
 * by its end.
 */
#ifndef XDPS_GUARD_H
#define XDPS_GUARD_H

#include <poll.h>
#include <signal.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* To lie in `what`, or in something that lives as long. */
struct xdps_guard {
	sigset_t signals;	/* that the thread had blocked before */
	int cancel_state;	/* of the thread, before */
	void (*abandoned)(void *what);
	void *what;
};

/*
 * Closes what this thread has left half-way, if anything.  From here on, if the thread
 * leaves, `abandoned(what)` is called some time later, by the same thread and outside of
 * any signal handler of ours; NULL: nothing is to be closed then.
 */
void xdps_guard_enter(struct xdps_guard *g, void (*abandoned)(void *what), void *what);

/*
 * poll() of one descriptor, for at most `timeout_ms`, which is 0 or more.  May not return;
 * NULL: nothing is let in, for what is waited for while something is closed.
 */
int xdps_guard_poll(const struct xdps_guard *g, struct pollfd *p, int timeout_ms);

/*
 * The state of `what` is then final.  Signals and a cancellation that have waited come
 * now, so it may not return; if it does, `abandoned` is not called any more.
 */
void xdps_guard_leave(struct xdps_guard *g);

#pragma GCC visibility pop

#endif

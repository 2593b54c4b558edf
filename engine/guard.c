// SPDX-License-Identifier: BSD-3-Clause
/*
 * guard.c: protects a call that talks to the helper and that its thread may leave
 * half-way.
 *
 * A call that a thread has left is kept in a thread-specific key (pthread_key_create()).
 * The key's destructor runs when the thread ends, in whatever way.
 */
#define _GNU_SOURCE
#include "guard.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;		/* its value: a struct xdps_guard */
static bool has_key;

static void close_abandoned(void *value)
{
	struct xdps_guard *g = value;

	g->abandoned(g->what);
}

static void make_key(void)
{
	has_key = !pthread_key_create(&key, close_abandoned);
}

/* The key's destructor is in this library, which the application may unload. */
__attribute__((destructor)) static void delete_key(void)
{
	if (has_key)
		pthread_key_delete(key);
	has_key = false;
}

/* Leaves fault signals unblocked: a fault in our own code must show where it happens. */
static void block_signals(sigset_t *before)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	sigset_t most;

	sigfillset(&most);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		sigdelset(&most, faults[i]);
	pthread_sigmask(SIG_BLOCK, &most, before);
}

void xdps_guard_enter(struct xdps_guard *g)
{
	struct xdps_guard *left;

	block_signals(&g->signals);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &g->cancel_state);
	g->abandoned = NULL;
	pthread_once(&once, make_key);
	left = has_key ? pthread_getspecific(key) : NULL;
	if (left) {
		pthread_setspecific(key, NULL);
		close_abandoned(left);
	}
}

/* Without a key (a process has 1024), what is left half-way is never closed. */
void xdps_guard_protect(struct xdps_guard *g, void (*abandoned)(void *what), void *what)
{
	if (!has_key || pthread_setspecific(key, g))
		return;
	g->abandoned = abandoned;
	g->what = what;
}

void xdps_guard_unprotect(struct xdps_guard *g)
{
	if (g->abandoned)
		pthread_setspecific(key, NULL);
	g->abandoned = NULL;
}

int xdps_guard_poll(const struct xdps_guard *g, struct pollfd *p, int timeout_ms)
{
	const struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000l,
	};
	int n;

	if (!g)
		return ppoll(p, 1, &timeout, NULL);
	pthread_setcancelstate(g->cancel_state, NULL);
	n = ppoll(p, 1, &timeout, &g->signals);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return n;
}

void xdps_guard_leave(struct xdps_guard *g)
{
	pthread_setcancelstate(g->cancel_state, NULL);
	pthread_sigmask(SIG_SETMASK, &g->signals, NULL);
	if (!g->abandoned)
		return;
	pthread_testcancel();
	xdps_guard_unprotect(g);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * waiter.c: what a capture waits on, behind one descriptor.
 */
#include "waiter.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../common/fd.h"

#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_SEC 1000000000ull

enum source { SOURCE_RING, SOURCE_DOORBELL, SOURCE_TICK, SOURCE_WAKE, SOURCE_LEFT, SOURCE_HELPER };

void xdps_waiter_init(struct xdps_waiter *w)
{
	*w = (struct xdps_waiter){
		.epoll_fd = -1, .wake_fd = -1, .left_fd = -1, .tick_fd = -1,
	};
}

void xdps_waiter_free(struct xdps_waiter *w)
{
	xdps_fd_close(&w->epoll_fd);
	xdps_fd_close(&w->wake_fd);
	xdps_fd_close(&w->left_fd);
	xdps_fd_close(&w->tick_fd);
	xdps_waiter_init(w);
}

static int watch(struct xdps_waiter *w, int fd, enum source source)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = source };

	if (fd < 0 || epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		return -errno;
	return 0;
}

int xdps_waiter_open(struct xdps_waiter *w, int helper_fd)
{
	int rc;

	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd < 0)
		return -errno;

	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = watch(w, w->wake_fd, SOURCE_WAKE);
	if (!rc) {
		w->left_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		rc = watch(w, w->left_fd, SOURCE_LEFT);
	}
	if (!rc) {
		w->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		rc = watch(w, w->tick_fd, SOURCE_TICK);
	}
	if (!rc)
		rc = watch(w, helper_fd, SOURCE_HELPER);
	return rc;
}

int xdps_waiter_add_rings(struct xdps_waiter *w, const int *ring_fds, unsigned int n_rings)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < n_rings; i++)
		rc = watch(w, ring_fds[i], SOURCE_RING);
	return rc;
}

int xdps_waiter_add_doorbell(struct xdps_waiter *w, struct xdps_doorbell *doorbell)
{
	w->doorbell = doorbell;
	return watch(w, doorbell->fd, SOURCE_DOORBELL);
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

void xdps_waiter_tick(struct xdps_waiter *w, uint64_t first_ns, uint64_t period_ns)
{
	struct itimerspec t = { timespec_of(period_ns), timespec_of(first_ns) };

	/* This fails only for times that are out of range. */
	timerfd_settime(w->tick_fd, 0, &t, NULL);
	w->once = first_ns && !period_ns;
}

void xdps_waiter_answer(struct xdps_waiter *w)
{
	if (w->doorbell)
		xdps_doorbell_answer(w->doorbell);
}

void xdps_waiter_untick(struct xdps_waiter *w)
{
	if (w->once)
		xdps_waiter_tick(w, 0, 0);
}

/* It is known why it was readable, and it does not matter how often. */
static void drain(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n;
}

static void note(struct xdps_waiter *w, enum source source, struct xdps_events *events)
{
	switch (source) {
	case SOURCE_RING:
		events->ring = true;
		break;
	case SOURCE_DOORBELL:
		xdps_doorbell_answer(w->doorbell);
		break;
	case SOURCE_TICK:
		drain(w->tick_fd);
		w->once = false;
		break;
	case SOURCE_WAKE:
		drain(w->wake_fd);
		events->woken = true;
		break;
	case SOURCE_LEFT:
		drain(w->left_fd);
		w->left = false;
		break;
	case SOURCE_HELPER:
		events->helper = true;
		break;
	}
}

/* Rounds up: a caller that is woken too early would only wait again. */
static int sleep_ms(uint64_t ns)
{
	uint64_t ms = ns / NSEC_PER_MSEC + !!(ns % NSEC_PER_MSEC);

	if (ns == UINT64_MAX)
		return -1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

int xdps_waiter_wait(struct xdps_waiter *w, uint64_t most_ns, struct xdps_events *events)
{
	struct epoll_event ev[16];
	int n;

	n = epoll_wait(w->epoll_fd, ev, sizeof(ev) / sizeof(*ev), sleep_ms(most_ns));
	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++)
		note(w, ev[i].data.u32, events);
	return 0;
}

int xdps_waiter_fd(const struct xdps_waiter *w)
{
	return w->epoll_fd;
}

void xdps_waiter_left(struct xdps_waiter *w, bool left)
{
	uint64_t one = 1;

	if (left == w->left)
		return;
	if (!left)
		drain(w->left_fd);
	else if (write(w->left_fd, &one, sizeof(one)) < 0)
		return;
	w->left = left;
}

bool xdps_waiter_is_left(const struct xdps_waiter *w)
{
	return w->left;
}

void xdps_waiter_restart(struct xdps_waiter *w)
{
	drain(w->left_fd);
	w->left = false;
}

void xdps_waiter_wake(struct xdps_waiter *w)
{
	uint64_t one = 1;
	int saved = errno;

	/* This fails only after so many calls that the descriptor is readable anyway. */
	if (write(w->wake_fd, &one, sizeof(one)) < 0)
		errno = saved;
}

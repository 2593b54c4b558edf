// SPDX-License-Identifier: BSD-3-Clause
/*
 * sleeper.c: what a capture waits on, behind one descriptor.
 */
#include "sleeper.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_SEC 1000000000ull

enum source { SOURCE_RING, SOURCE_BELL, SOURCE_TICK, SOURCE_WAKE, SOURCE_LEFT, SOURCE_HELPER };

void xdps_sleeper_init(struct xdps_sleeper *s)
{
	*s = (struct xdps_sleeper){
		.epoll_fd = -1, .wake_fd = -1, .left_fd = -1, .tick_fd = -1,
	};
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void xdps_sleeper_free(struct xdps_sleeper *s)
{
	close_fd(s->epoll_fd);
	close_fd(s->wake_fd);
	close_fd(s->left_fd);
	close_fd(s->tick_fd);
	xdps_sleeper_init(s);
}

static int watch(struct xdps_sleeper *s, int fd, enum source source)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = source };

	if (fd < 0 || epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		return -errno;
	return 0;
}

int xdps_sleeper_open(struct xdps_sleeper *s, int helper_fd)
{
	int rc;

	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return -errno;

	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = watch(s, s->wake_fd, SOURCE_WAKE);
	if (!rc) {
		s->left_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		rc = watch(s, s->left_fd, SOURCE_LEFT);
	}
	if (!rc) {
		s->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		rc = watch(s, s->tick_fd, SOURCE_TICK);
	}
	if (!rc)
		rc = watch(s, helper_fd, SOURCE_HELPER);
	return rc;
}

int xdps_sleeper_add_rings(struct xdps_sleeper *s, const int *ring_fds, unsigned int n_rings)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < n_rings; i++)
		rc = watch(s, ring_fds[i], SOURCE_RING);
	return rc;
}

int xdps_sleeper_add_bell(struct xdps_sleeper *s, struct xdps_bell *bell)
{
	s->bell = bell;
	return watch(s, bell->fd, SOURCE_BELL);
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

void xdps_sleeper_tick(struct xdps_sleeper *s, uint64_t first_ns, uint64_t period_ns)
{
	struct itimerspec t = { timespec_of(period_ns), timespec_of(first_ns) };

	/* This fails only for times that are out of range. */
	timerfd_settime(s->tick_fd, 0, &t, NULL);
	s->once = first_ns && !period_ns;
}

void xdps_sleeper_answer(struct xdps_sleeper *s)
{
	if (s->bell)
		xdps_bell_answer(s->bell);
}

void xdps_sleeper_untick(struct xdps_sleeper *s)
{
	if (s->once)
		xdps_sleeper_tick(s, 0, 0);
}

/* It is known why it was readable, and it does not matter how often. */
static void drain(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n;
}

static void note(struct xdps_sleeper *s, enum source source, struct xdps_events *events)
{
	switch (source) {
	case SOURCE_RING:
		events->ring = true;
		break;
	case SOURCE_BELL:
		xdps_bell_answer(s->bell);
		break;
	case SOURCE_TICK:
		drain(s->tick_fd);
		s->once = false;
		break;
	case SOURCE_WAKE:
		drain(s->wake_fd);
		events->woken = true;
		break;
	case SOURCE_LEFT:
		drain(s->left_fd);
		s->left = false;
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

int xdps_sleeper_sleep(struct xdps_sleeper *s, uint64_t most_ns, struct xdps_events *events)
{
	struct epoll_event ev[16];
	int n;

	n = epoll_wait(s->epoll_fd, ev, sizeof(ev) / sizeof(*ev), sleep_ms(most_ns));
	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++)
		note(s, ev[i].data.u32, events);
	return 0;
}

int xdps_sleeper_fd(const struct xdps_sleeper *s)
{
	return s->epoll_fd;
}

void xdps_sleeper_left(struct xdps_sleeper *s, bool left)
{
	uint64_t one = 1;

	if (left == s->left)
		return;
	if (!left)
		drain(s->left_fd);
	else if (write(s->left_fd, &one, sizeof(one)) < 0)
		return;
	s->left = left;
}

bool xdps_sleeper_is_left(const struct xdps_sleeper *s)
{
	return s->left;
}

void xdps_sleeper_restart(struct xdps_sleeper *s)
{
	drain(s->left_fd);
	s->left = false;
}

void xdps_sleeper_wake(struct xdps_sleeper *s)
{
	uint64_t one = 1;
	int saved = errno;

	/* This fails only after so many calls that the descriptor is readable anyway. */
	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		errno = saved;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * admit.c: lets other captures into our hook, if they prove that they may be there.
 */
#define _GNU_SOURCE
#include "admit.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../common/fd.h"

#include "../host/now.h"

#define BACKLOG XDPS_CHAIN_MAX

/* So that who connects in a loop does not keep us busy. */
#define ACCEPTED_MAX 200		/* a second */
#define SECOND_MS 1000

/* What an epoll event is about: a guest, or somebody who is to become one. */
enum { NAME = XDPS_GUESTS_MAX, N_EVENTS };

static void guest_init(struct xdps_guest *g)
{
	*g = (struct xdps_guest){ .sock = -1, .challenge_fd = -1 };
}

void xdps_admit_init(struct xdps_admit *a)
{
	*a = (struct xdps_admit){ .fd = -1, .slot = -1, .name_fd = -1 };
	for (int i = 0; i < XDPS_GUESTS_MAX; i++)
		guest_init(&a->guests[i]);
}

static void wake(int sig)
{
	(void)sig;
}

/*
 * A stranger's socket can have descriptors in its queue, and dropping them can block, as
 * that of a connection that lingers does, until a signal arrives.
 */
static void limit_waits(bool limited)
{
	const struct sigaction on_alarm = { .sa_handler = wake };
	const struct timeval step = { .tv_usec = limited ? 10000 : 0 };
	const struct itimerval timer = { .it_interval = step, .it_value = step };

	if (limited)
		sigaction(SIGALRM, &on_alarm, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static bool watch(const struct xdps_admit *a, int fd, uint32_t what, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = what };

	return !epoll_ctl(a->fd, EPOLL_CTL_ADD, fd, &event);
}

static int free_place(const struct xdps_admit *a)
{
	for (int i = 0; i < XDPS_GUESTS_MAX; i++)
		if (a->guests[i].sock < 0)
			return i;
	return -1;
}

/* With a limit to how many are accepted in a second, and at the same time. */
static void set_listening(struct xdps_admit *a)
{
	const bool listens = a->n_accepted < ACCEPTED_MAX && free_place(a) >= 0;
	struct epoll_event event = { .events = listens ? EPOLLIN : 0, .data.u32 = NAME };

	if (listens == a->listens)
		return;
	a->listens = listens;
	epoll_ctl(a->fd, EPOLL_CTL_MOD, a->name_fd, &event);
}

static bool take_slot(struct xdps_admit *a, const struct xdps_interface *iface)
{
	for (int slot = 0; slot < XDPS_CHAIN_MAX; slot++) {
		a->name_fd = xdps_admission_bind(iface, slot);
		if (a->name_fd < 0)
			continue;
		a->slot = slot;
		return !listen(a->name_fd, BACKLOG);
	}
	return false;
}

static bool open_all(struct xdps_admit *a, const struct xdps_interface *iface)
{
	a->fd = epoll_create1(EPOLL_CLOEXEC);
	a->next_ms = xdps_now_ms() + SECOND_MS;
	return a->fd >= 0 && take_slot(a, iface) && watch(a, a->name_fd, NAME, 0);
}

bool xdps_admit_open(struct xdps_admit *a, const struct xdps_interface *iface)
{
	if (a->slot >= 0)
		return true;
	if (!open_all(a, iface)) {
		xdps_admit_close(a);
		return false;
	}
	set_listening(a);
	return true;
}

/* A socket to which strangers can send. */
static void close_exposed(int *fd)
{
	if (*fd < 0)
		return;
	limit_waits(true);
	xdps_fd_close(fd);
	limit_waits(false);
}

static void dismiss(struct xdps_guest *g)
{
	close_exposed(&g->sock);
	xdps_fd_close(&g->challenge_fd);
}

static bool has_proved(const struct xdps_guest *g)
{
	bool says_so;

	limit_waits(true);
	says_so = xdps_admission_receive(g->sock, XDPS_ADMISSION_PROVED, NULL, 0);
	limit_waits(false);
	return says_so && xdps_admission_is_proved(g->challenge_fd);
}

/* Who has had time enough. */
static void dismiss_late(struct xdps_admit *a)
{
	const int64_t now_ms = xdps_now_ms();

	for (int i = 0; i < XDPS_GUESTS_MAX; i++)
		if (a->guests[i].sock >= 0 && now_ms >= a->guests[i].until_ms)
			dismiss(&a->guests[i]);
}

static bool challenge(struct xdps_guest *g)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	if (getsockopt(g->sock, SOL_SOCKET, SO_PEERCRED, &peer, &bytes))
		return false;
	g->challenge_fd = xdps_admission_challenge(peer.pid);
	g->until_ms = xdps_now_ms() + XDPS_ADMISSION_MS;
	return g->challenge_fd >= 0 &&
	       xdps_admission_send(g->sock, XDPS_ADMISSION_CHALLENGE, &g->challenge_fd, 1);
}

static void accept_guest(struct xdps_admit *a)
{
	int i = free_place(a);
	struct xdps_guest *g = &a->guests[i];

	a->n_accepted++;
	g->sock = accept4(a->name_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (g->sock >= 0 && (!challenge(g) || !watch(a, g->sock, i, EPOLLIN | EPOLLRDHUP)))
		dismiss(g);
}

static void judge(struct xdps_guest *g, const int *grant)
{
	if (has_proved(g))
		xdps_admission_send(g->sock, XDPS_ADMISSION_GRANT, grant, XDPS_N_GRANT);
	dismiss(g);
}

bool xdps_admit_is_due(const struct xdps_admit *a)
{
	return a->fd >= 0 && xdps_now_ms() >= a->next_ms;
}

static void begin_second(struct xdps_admit *a)
{
	a->next_ms = xdps_now_ms() + SECOND_MS;
	a->n_accepted = 0;
}

bool xdps_admit_serve(struct xdps_admit *a, const int *grant)
{
	struct epoll_event events[N_EVENTS];
	int n = epoll_wait(a->fd, events, N_EVENTS, 0);
	const bool is_due = xdps_admit_is_due(a);

	if (is_due)
		begin_second(a);
	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == NAME)
			accept_guest(a);
		else
			judge(&a->guests[events[i].data.u32], grant);
	}
	dismiss_late(a);
	set_listening(a);
	return is_due;
}

void xdps_admit_close(struct xdps_admit *a)
{
	for (int i = 0; i < XDPS_GUESTS_MAX; i++)
		dismiss(&a->guests[i]);
	close_exposed(&a->name_fd);
	xdps_fd_close(&a->fd);
	xdps_admit_init(a);
}

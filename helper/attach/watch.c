// SPDX-License-Identifier: BSD-3-Clause
/*
 * watch.c: what ends a capture, moves it, or keeps it from seeing anything.
 */
#include "watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "../../common/error.h"
#include "../../common/fd.h"

#include "../host/now.h"

#define COUNT_EVERY_MS 1000

/* After the first filter, which an application sets when it has opened the device. */
#define QUIET_MS 100

#define NOTICE_BYTES 32768

/*
 * Only AF_UNSPEC: a bridge sends RTM_DELLINK of its own family about a port that merely
 * leaves it.
 */
static bool says_deleted(const struct nlmsghdr *head, int ifindex)
{
	const struct ifinfomsg *info = NLMSG_DATA(head);

	return head->nlmsg_type == RTM_DELLINK &&
	       head->nlmsg_len >= NLMSG_LENGTH(sizeof(*info)) &&
	       info->ifi_family == AF_UNSPEC && info->ifi_index == ifindex;
}

/*
 * Reads everything that is queued.  If the queue has overflowed, this asks whether the
 * interface still exists.
 */
static bool has_notice_of_end(int netlink_fd, const struct xdps_interface *iface)
{
	_Alignas(struct nlmsghdr) char buf[NOTICE_BYTES];
	ssize_t bytes;

	while ((bytes = recv(netlink_fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		const struct nlmsghdr *head = (const void *)buf;

		for (; NLMSG_OK(head, bytes); head = NLMSG_NEXT(head, bytes))
			if (says_deleted(head, iface->index))
				return true;
	}
	return bytes < 0 && errno == ENOBUFS && !xdps_interface_exists(iface);
}

static enum xdps_status gone(struct xdps_error *err)
{
	return xdps_fail(err, XDPS_GONE, XDPS_GONE_TEXT);
}

void xdps_watch_init(struct xdps_watch *w)
{
	*w = (struct xdps_watch){ .netlink_fd = -1 };
}

enum xdps_status xdps_watch_open(struct xdps_watch *w, struct xdps_error *err)
{
	const struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		xdps_fail_errno(err, -errno, "watching for the removal of interfaces");
		xdps_fd_close(&fd);
		return err->status;
	}
	w->netlink_fd = fd;
	return XDPS_OK;
}

static int min(int a, int b)
{
	return a < b ? a : b;
}

/* This matters only where another program decides what we see. */
static bool is_silent(struct xdps_watch *w, const struct xdps_watched *what)
{
	uint64_t seen, received;

	if (!xdps_hook_is_wanted(what->setting) || !what->hook->target->traced ||
	    what->follow->waits || xdps_now_ms() < w->next_count_ms)
		return false;
	w->next_count_ms = xdps_now_ms() + COUNT_EVERY_MS;
	return xdps_hook_count(what->hook, what->setting, &seen) &&
	       xdps_interface_received(&what->setting->iface, &received) &&
	       xdps_silence_look(&w->silence, seen, received);
}

/*
 * Sleeps, and notes when netlink has just told that the interface has changed: until then
 * all was in place.  A notice that was there before the sleep does not say when it came.
 */
static int sleep_until_event(const struct xdps_watch *w, struct pollfd *p, nfds_t n,
			     const struct xdps_watched *what)
{
	const int64_t begin_ms = xdps_now_ms();
	int ask_ms = min(xdps_follow_ask_ms(what->follow, what->hook, what->setting),
			 xdps_sent_ask_ms(what->sent));
	int n_ready = poll(p, n, w->was_quiet || ask_ms < QUIET_MS ? ask_ms : QUIET_MS);

	if (n_ready > 0 && p[1].revents && xdps_now_ms() > begin_ms)
		xdps_follow_note_change(what->follow);
	return n_ready;
}

enum xdps_status xdps_watch_wait(struct xdps_watch *w, const struct xdps_watched *what,
				 struct xdps_occasion *o, struct xdps_error *err)
{
	const struct xdps_interface *iface = &what->setting->iface;
	struct pollfd p[] = {	/* the fd of some may be -1, which is ignored */
		{ .fd = what->sock, .events = POLLIN },
		{ .fd = w->netlink_fd, .events = POLLIN },
		{ .fd = what->arrivals->uevent_fd, .events = POLLIN },
		{ .fd = what->overhear->fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};
	int n_ready;

	for (;;) {
		p[4].fd = what->overhear->pidfd;
		p[5].fd = what->hook->admit.fd;
		n_ready = sleep_until_event(w, p, sizeof(p) / sizeof(p[0]), what);
		if (n_ready < 0 && errno != EINTR)
			return xdps_fail_errno(err, -errno, "waiting for events");
		if (p[1].revents && has_notice_of_end(w->netlink_fd, iface))
			return gone(err);
		if ((p[3].revents || p[4].revents) && xdps_overhear_next(what->overhear)) {
			o->event = XDPS_EVENT_REFUSED;
			return XDPS_OK;
		}
		if (xdps_follow_is_due(what->follow, what->hook, what->setting)) {
			o->event = XDPS_EVENT_LOST;
			return xdps_interface_exists(iface) ? XDPS_OK : gone(err);
		}
		if (xdps_sent_is_due(what->sent, iface)) {
			o->event = XDPS_EVENT_SENT;
			return XDPS_OK;
		}
		if (p[0].revents) {
			o->event = XDPS_EVENT_ENGINE;
			return XDPS_OK;
		}
		if (xdps_arrivals_next(what->arrivals, &o->cpu)) {
			o->event = XDPS_EVENT_ARRIVAL;
			return XDPS_OK;
		}
		if (is_silent(w, what)) {
			o->event = XDPS_EVENT_SILENCE;
			return XDPS_OK;
		}
		/* last, for strangers come there, too */
		if (p[5].revents || xdps_admit_is_due(&what->hook->admit)) {
			o->event = XDPS_EVENT_SHARE;
			return XDPS_OK;
		}
		if (!n_ready && !w->was_quiet) {
			w->was_quiet = true;
			o->event = XDPS_EVENT_QUIET;
			return XDPS_OK;
		}
	}
}

void xdps_watch_close(struct xdps_watch *w)
{
	xdps_fd_close(&w->netlink_fd);
	xdps_watch_init(w);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * fake_helper.c: a helper that behaves as the name says by which it is run.
 *
 * test_client.c makes a link to this program for each behaviour, because a
 * helper gets no arguments and no environment.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/protocol.h"

extern char **environ;

#define RING_BYTES (64u << 10)

static struct xdps_request_open request;

static struct {
	struct xdps_request_filter request;
	struct xdps_insn insns[XDPS_FILTER_INSNS_MAX + 1];
} filter;

static struct xdps_reply reply_of(uint32_t kind)
{
	return (struct xdps_reply){ .magic = XDPS_MAGIC, .kind = kind };
}

static void send_with_fds(const void *msg, size_t bytes, const int *fds, unsigned int n)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(XDPS_FDS_MAX * sizeof(int))];
	} control = {0};
	struct iovec iov = { (void *)msg, bytes };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (n) {
		hdr.msg_control = &control;
		hdr.msg_controllen = CMSG_SPACE(n * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&hdr);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
	}
	if (sendmsg(0, &hdr, MSG_NOSIGNAL) < 0)
		exit(2);
}

static void send_reply(const struct xdps_reply *reply)
{
	send_with_fds(reply, xdps_reply_bytes(reply->kind), NULL, 0);
}

static void reply_fds(struct xdps_reply reply, unsigned int n)
{
	int fds[XDPS_FDS_MAX] = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		fds[i] = memfd_create("ring", MFD_CLOEXEC);
		if (fds[i] < 0 || ftruncate(fds[i], RING_BYTES * 2))
			exit(2);
	}
	reply.n_fds = n;
	send_with_fds(&reply, xdps_reply_bytes(reply.kind), fds, n);
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
}

static struct xdps_reply ready(void)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_READY);

	reply.ready.ring_kind = XDPS_RING_PERF;
	reply.ready.n_rings = 2;
	reply.ready.ring_bytes = RING_BYTES;
	reply.ready.n_cpus = 4;
	return reply;
}

static void reply_error(uint32_t status, const char *text)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_ERROR);

	reply.error.status = status;
	snprintf(reply.error.text, sizeof(reply.error.text), "%s", text);
	send_reply(&reply);
}

static void reply_notice(const char *text)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_NOTICE);

	snprintf(reply.notice.text, sizeof(reply.notice.text), "%s", text);
	send_reply(&reply);
}

/* What came, for the test to read. */
static void describe_filter(struct xdps_reply_filter *reply, ssize_t bytes)
{
	const struct xdps_insn *last = &filter.insns[filter.request.n_insns ?
						     filter.request.n_insns - 1 : 0];

	reply->place = XDPS_FILTER_USER;
	snprintf(reply->text, sizeof(reply->text),
		 "%zd bytes, magic %#x, kind %u, user space %u, %u instructions, last %#x %u %u %#x",
		 bytes, filter.request.magic, filter.request.kind, filter.request.in_user_space,
		 filter.request.n_insns, last->code, last->jt, last->jf, last->k);
}

static struct xdps_reply reply_to_filter(const char *name)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_FILTER);
	struct xdps_reply_filter *f = &reply.filter;

	f->number = filter.request.number;
	f->place = XDPS_FILTER_KERNEL;
	if (!strcmp(name, "filter-nothing")) {
		f->place = XDPS_FILTER_USER;
	} else if (!strcmp(name, "filter-user")) {
		f->place = XDPS_FILTER_USER;
		snprintf(f->text, sizeof(f->text), "it goes backwards");
	} else if (!strcmp(name, "filter-refused")) {
		f->status = XDPS_BAD_FILTER;
		snprintf(f->text, sizeof(f->text), "it never ends");
	} else if (!strcmp(name, "filter-other-number")) {
		f->number++;
	} else if (!strcmp(name, "filter-no-place")) {
		f->place = XDPS_FILTER_NONE;
	} else if (!strcmp(name, "filter-other-place")) {
		f->place = XDPS_FILTER_USER + 1;
	} else if (!strcmp(name, "filter-other-kind")) {
		reply.kind = XDPS_REPLY_READY;
	} else if (!strcmp(name, "filter-unknown-kind")) {
		reply.kind = 77;
	} else if (!strcmp(name, "filter-odd-refusal")) {
		f->status = XDPS_TIMEOUT;
	} else if (!strcmp(name, "filter-unknown-refusal")) {
		f->status = XDPS_FAILED + 1;
	} else if (!strcmp(name, "filter-no-end")) {
		memset(f->text, 'x', sizeof(f->text));
	}
	return reply;
}

static void answer_filter(const char *name, ssize_t bytes)
{
	struct xdps_reply reply = reply_to_filter(name);
	const size_t reply_bytes = xdps_reply_bytes(XDPS_REPLY_FILTER);

	if (!strcmp(name, "filter-dies"))
		exit(0);
	if (!strcmp(name, "filter-nothing") &&
	    (bytes != sizeof(filter.request) || filter.request.n_insns ||
	     !filter.request.in_user_space))
		exit(3);
	if (!strcmp(name, "filter-silent"))
		return;
	if (!strcmp(name, "filter-gone")) {
		reply_error(XDPS_GONE, "The interface disappeared");
		return;
	}
	if (!strcmp(name, "filter-noted")) {
		reply_notice("first");
		reply_notice("then");
	}
	if (!strcmp(name, "filter-late")) {
		reply.filter.number--;
		send_reply(&reply);
		reply.filter.number++;
	}
	if (!strcmp(name, "filter-described"))
		describe_filter(&reply.filter, bytes);
	if (!strcmp(name, "filter-with-descriptor"))
		reply_fds(reply, 1);
	else if (!strcmp(name, "filter-short"))
		send_with_fds(&reply, reply_bytes - 1, NULL, 0);
	else if (!strcmp(name, "filter-long"))
		send_with_fds(&reply, reply_bytes + 1, NULL, 0);
	else
		send_with_fds(&reply, reply_bytes, NULL, 0);
}

static void answer_direction(const char *name, ssize_t bytes)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_DIRECTION);
	const uint32_t dir = filter.request.number;	/* the third word of either request */

	if (!strcmp(name, "direction-dies") || bytes != sizeof(struct xdps_request_direction))
		exit(0);
	if (!strcmp(name, "direction-refused")) {
		reply.direction.status = XDPS_NO_PERMISSION;
		snprintf(reply.direction.text, sizeof(reply.direction.text), "not %u", dir);
	}
	if (!strcmp(name, "direction-odd-refusal"))
		reply.direction.status = XDPS_TIMEOUT;
	if (!strcmp(name, "direction-other-kind"))
		reply.kind = XDPS_REPLY_FILTER;
	if (!strcmp(name, "direction-no-end"))
		memset(reply.direction.text, 'x', sizeof(reply.direction.text));
	if (!strcmp(name, "direction-with-descriptor"))
		reply_fds(reply, 1);
	else
		send_with_fds(&reply, xdps_reply_bytes(reply.kind), NULL, 0);
}

/* Answers filters and directions. */
static void until_closed(const char *name)
{
	ssize_t bytes;

	while ((bytes = recv(0, &filter, sizeof(filter), 0)) > 0)
		if (filter.request.kind == XDPS_REQUEST_DIRECTION)
			answer_direction(name, bytes);
		else
			answer_filter(name, bytes);
}

/* What a helper could have inherited; of descriptors it rids itself. */
static void report(void)
{
	unsigned int n_env = 0, n_handled = 0;
	char text[512];
	struct sigaction sa;
	sigset_t mask;

	while (environ[n_env])
		n_env++;
	for (int sig = 1; sig < NSIG; sig++)
		if (!sigaction(sig, NULL, &sa) && sa.sa_handler != SIG_DFL)
			n_handled++;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	snprintf(text, sizeof(text),
		 "env %u handlers %u blocked %d leader %d ifname %s rate %u point %u actions %#x prog %s",
		 n_env, n_handled, sigismember(&mask, SIGINT),
		 getsid(0) == getpid(), request.request.ifname, request.request.rate,
		 request.request.point,
		 request.request.actions, request.request.prog);
	reply_error(XDPS_FAILED, text);
}

/* One more, of two that there were. */
static void add_ring(uint32_t n_rings, unsigned int n_fds)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_RINGS);

	reply.rings.n_rings = n_rings;
	reply_fds(reply, n_fds);
}

/* What is said unasked of CPUs that came. */
static void add_rings(const char *name)
{
	if (!strcmp(name, "adds-two") || !strcmp(name, "filter-adds"))
		add_ring(3, 1);
	if (!strcmp(name, "adds-two"))
		add_ring(4, 1);
	if (!strcmp(name, "adds-after-another"))
		add_ring(4, 1);
	if (!strcmp(name, "adds-none"))
		add_ring(3, 0);
	if (!strcmp(name, "adds-two-at-once"))
		add_ring(3, 2);
	if (!strcmp(name, "adds-again"))
		add_ring(2, 1);
	if (!strcmp(name, "adds-too-many"))
		add_ring(5, 1);
}

static void endless_error(void)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_ERROR);

	reply.error.status = XDPS_FAILED;
	memset(reply.error.text, 'x', sizeof(reply.error.text));
	send_reply(&reply);
}

static void endless_notice(void)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_NOTICE);

	memset(reply.notice.text, 'x', sizeof(reply.notice.text));
	send_reply(&reply);
}

/* Right but for what follows it, which fits into no buffer. */
static void too_long(struct xdps_reply *reply)
{
	char msg[sizeof(*reply) + 1] = "";
	int fd = memfd_create("cpus", MFD_CLOEXEC);

	if (fd < 0)
		exit(2);
	reply->n_fds = 1;
	memcpy(msg, reply, sizeof(*reply));
	send_with_fds(msg, sizeof(msg), &fd, 1);
}

static void behave(const char *name)
{
	struct xdps_reply reply = ready();
	struct xdps_reply_ready *r = &reply.ready;

	if (!strcmp(name, "silent"))
		return;
	if (!strcmp(name, "mute")) {
		until_closed(name);
		return;
	}
	if (!strcmp(name, "report")) {
		report();
		return;
	}
	if (!strcmp(name, "busy")) {
		reply_error(XDPS_BUSY, "eth0: taken");
		return;
	}
	if (!strcmp(name, "other-version")) {
		reply.magic++;
		send_reply(&reply);
		return;
	}
	if (!strcmp(name, "short")) {
		send_with_fds(&reply, xdps_reply_bytes(reply.kind) - 1, NULL, 0);
		return;
	}
	if (!strcmp(name, "no-status")) {
		reply_error(XDPS_OK, "fine");
		return;
	}
	if (!strcmp(name, "error-no-end")) {
		endless_error();
		return;
	}
	if (!strcmp(name, "no-rings")) {
		reply_fds(reply, 1);
		return;
	}

	/* the others are right so far */
	reply_fds(reply_of(XDPS_REPLY_RINGS), 1);
	if (!strcmp(name, "dies-halfway"))
		return;
	if (!strcmp(name, "rings-without-rings")) {
		reply_fds(reply_of(XDPS_REPLY_RINGS), 0);
		return;
	}
	reply_fds(reply_of(XDPS_REPLY_RINGS), 1);
	if (!strcmp(name, "odd-size"))
		r->ring_bytes--;
	if (!strcmp(name, "wrong-count"))
		r->n_rings++;
	if (!strcmp(name, "odd-kind"))
		r->ring_kind = XDPS_RING_AUTO;
	if (!strcmp(name, "map-rings") || !strcmp(name, "no-map-rings"))
		r->ring_kind = XDPS_RING_MAP;
	if (!strcmp(name, "map-rings"))
		r->n_rings = r->n_cpus = 100;
	if (!strcmp(name, "too-few-cpus"))
		r->n_cpus = 1;
	if (!strcmp(name, "too-many-cpus"))
		r->n_cpus = XDPS_RINGS_MAX + 1;
	if (!strcmp(name, "no-map-rings"))
		r->n_rings = 0;
	if (!strcmp(name, "long")) {
		too_long(&reply);
		return;
	}
	if (!strcmp(name, "no-end"))
		memset(r->warning, 'x', sizeof(r->warning));
	if (!strcmp(name, "unknown-link"))
		r->link = 77;
	if (!strcmp(name, "warns"))
		snprintf(r->warning, sizeof(r->warning), "not all of it");
	if (!strcmp(name, "injects")) {
		r->has_inject = 1;
		reply_fds(reply, 2);
	} else {
		reply_fds(reply, !strcmp(name, "too-many") ? 3 : 1);
	}
	if (!strcmp(name, "then-gone") || !strcmp(name, "gone-and-dead"))
		reply_error(XDPS_GONE, "The interface disappeared");
	if (!strcmp(name, "then-dies") || !strcmp(name, "gone-and-dead"))
		exit(0);
	if (!strcmp(name, "then-notes"))
		reply_notice("nothing is seen");
	if (!strcmp(name, "then-notes-no-end"))
		endless_notice();
	if (!strcmp(name, "then-babbles"))
		send_with_fds("babble", 6, NULL, 0);
	add_rings(name);
	until_closed(name);
	if (!strcmp(name, "lingers"))
		sleep(3);
}

static void reply_program(uint32_t id, uint32_t mode, const char *program)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_PROGRAM);

	reply.program.id = id;
	reply.program.mode = mode;
	snprintf(reply.program.name, sizeof(reply.program.name), "%s", program);
	send_reply(&reply);
}

static void reply_endless_program(void)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_PROGRAM);

	reply.program.id = 1;
	memset(reply.program.name, 'x', sizeof(reply.program.name));
	send_reply(&reply);
}

static void reply_query(uint32_t status, const char *text)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_QUERY);

	reply.query.status = status;
	snprintf(reply.query.text, sizeof(reply.query.text), "%s", text);
	send_reply(&reply);
}

static void reply_endless_query(void)
{
	struct xdps_reply reply = reply_of(XDPS_REPLY_QUERY);

	reply.query.status = XDPS_FAILED;
	memset(reply.query.text, 'x', sizeof(reply.query.text));
	send_reply(&reply);
}

/* The second interface is the one about which something is wrong. */
static void answer_query(const char *name, const struct xdps_request_query *query,
			 unsigned int nth)
{
	struct xdps_reply ready = reply_of(XDPS_REPLY_READY);

	if (!strcmp(name, "query-silent"))
		return;
	if (nth == 2 && !strcmp(name, "query-denied")) {
		reply_query(XDPS_NO_PERMISSION, "not for you");
		return;
	}
	if (nth == 2 && !strcmp(name, "query-gone")) {
		reply_query(XDPS_NO_DEVICE, "gone");
		return;
	}
	if (nth == 2 && !strcmp(name, "query-dies"))
		exit(0);
	for (uint32_t i = 0; nth == 2 && !strcmp(name, "query-many") && i < 12; i++)
		reply_program(i + 1, XDPS_MODE_NATIVE, "many");
	if (nth == 2 && !strcmp(name, "query-no-id"))
		reply_program(0, XDPS_MODE_NATIVE, "none");
	if (nth == 2 && !strcmp(name, "query-odd-mode"))
		reply_program(1, XDPS_MODE_GENERIC + 1, "odd");
	if (nth == 2 && !strcmp(name, "query-ready"))
		send_reply(&ready);
	if (nth == 2 && !strcmp(name, "query-endless-program"))
		reply_endless_program();
	if (nth == 2 && !strcmp(name, "query-endless-reason"))
		reply_endless_query();
	reply_program(100 + nth, XDPS_MODE_GENERIC, query->ifname);
	reply_program(200 + nth, XDPS_MODE_GENERIC, "component");
	reply_query(XDPS_OK, "");
}

static void answer_queries(const char *name)
{
	struct xdps_request_query query;
	unsigned int nth = 0;

	while (recv(0, &query, sizeof(query), 0) == sizeof(query)) {
		if (query.magic != XDPS_MAGIC || query.kind != XDPS_REQUEST_QUERY)
			exit(3);
		answer_query(name, &query, ++nth);
	}
}

int main(void)
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	const char *name = strrchr(path, '/') + 1;

	/* what the dynamic loader does: speak on stderr and end, the request unread */
	if (!strcmp(name, "loader")) {
		dprintf(2, "xdpsample-helper: error while loading shared libraries: libx.so.1\n");
		return 127;
	}
	if (!strcmp(name, "unread"))
		return 1;
	if (!strncmp(name, "query", 5)) {
		answer_queries(name);
		return 0;
	}
	if (recv(0, &request, sizeof(request), 0) != sizeof(request))
		return 2;
	behave(name);
	return 0;
}

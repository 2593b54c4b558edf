// SPDX-License-Identifier: BSD-3-Clause
/*
 * client.c: sends requests to the helper, receives descriptors, and learns of its end.
 */
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../common/error.h"
#include "../common/fd.h"
#include "../common/protocol.h"

#include "launch.h"

#define ANSWER_MS 10000			/* drivers may reset the card to attach */
#define BYTES_CLEARED_PER_MS 65536	/* ring memory, on a slow machine */
#define GOODBYE_MS 1000
#define QUERY_MS 2000			/* somebody is waiting for a list */

/* Only the last of these errors means that the user may not capture. */
static enum xdps_status explain_start(const char *path, int rc,
				      struct xdps_error *err)
{
	struct stat st;

	if (rc == -ENOENT)
		return xdps_fail(err, XDPS_FAILED,
				 "starting %s: %s; this helper is part of xdpsample: install it, or set XDPSAMPLE_HELPER to its path",
				 path, strerror(-rc));
	if (rc != -EACCES)
		return xdps_fail_errno(err, rc, "starting %s", path);
	if (stat(path, &st))
		return xdps_fail(err, XDPS_FAILED,
				 "starting %s: %s; a directory in its path or a security module (an AppArmor profile for this program?) denies access to it",
				 path, strerror(-rc));
	if (!(st.st_mode & 0111))
		return xdps_fail(err, XDPS_FAILED,
				 "starting %s: %s; it is not executable: run chmod +x on it",
				 path, strerror(-rc));
	if (st.st_mode & 0001 || !geteuid())
		return xdps_fail(err, XDPS_FAILED,
				 "starting %s: %s; its mode allows it, but a noexec mount, a directory in its path or a security module (an AppArmor profile for this program?) does not",
				 path, strerror(-rc));
	return xdps_fail(err, XDPS_NO_PERMISSION,
			 "starting %s: %s; only its owner and members of group %u may capture",
			 path, strerror(-rc), (unsigned int)st.st_gid);
}

static enum xdps_status start_helper(struct xdps_client *c,
				     struct xdps_error *err)
{
	const char *path = secure_getenv("XDPSAMPLE_HELPER");
	const char *debug = secure_getenv("XDPSAMPLE_DEBUG");
	int pair[2], rc;

	if (!path || !*path)
		path = XDPS_HELPER_PATH;
	if (snprintf(c->path, sizeof(c->path), "%s", path) >= (int)sizeof(c->path))
		return xdps_fail(err, XDPS_FAILED,
				 "XDPSAMPLE_HELPER: the path is longer than %zu bytes",
				 sizeof(c->path) - 1);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return xdps_fail_errno(err, -errno, "creating a socket for %s", c->path);

	rc = xdps_launch(c->path, pair[1], debug && !strcmp(debug, "1"), &c->pidfd);
	close(pair[1]);
	if (rc) {
		close(pair[0]);
		return explain_start(c->path, rc, err);
	}
	c->sock = pair[0];
	return XDPS_OK;
}

/*
 * A helper that has already ended may have left a message that says why, so a broken
 * connection is no reason to stop here.
 */
static enum xdps_status request_capture(struct xdps_client *c, const struct xdps_options *opt,
					struct xdps_error *err)
{
	struct xdps_request_open msg = {
		.magic = XDPS_MAGIC,
		.kind = XDPS_REQUEST_OPEN,
		.request = opt->request,
	};

	if (msg.request.snaplen > XDPS_SNAPLEN_MAX)
		msg.request.snaplen = XDPS_SNAPLEN_MAX;
	if (send(c->sock, &msg, sizeof(msg), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		return xdps_fail_errno(err, -errno, "sending a request to %s", c->path);
	return XDPS_OK;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/*
 * 1: readable; 0: not readable by `until_ms`; -1: see errno.  `g` is as for
 * xdps_guard_poll().
 */
static int wait_readable(const struct xdps_guard *g, int sock, int64_t until_ms)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	int64_t left_ms;
	int n;

	do {
		left_ms = until_ms - now_ms();
		n = xdps_guard_poll(g, &p, left_ms > 0 ? (int)left_ms : 0);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* One message from the helper, and the descriptors that came with it. */
struct message {
	union {
		struct xdps_reply reply;
		char text[sizeof(struct xdps_reply)];	/* from the dynamic loader */
	};
	size_t bytes;			/* of the whole message, which can be longer than that */
	int fds[XDPS_FDS_MAX];
	unsigned int n_fds;
};

static void message_close_fds(struct message *m)
{
	while (m->n_fds)
		close(m->fds[--m->n_fds]);
}

/* Returns 0 or a negative errno; a message of 0 bytes means that the helper has ended. */
static int receive(int sock, struct message *m, int flags)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(m->fds))];
	} control;
	struct iovec iov = { &m->reply, sizeof(m->reply) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	ssize_t n;

	/*
	 * ECONNRESET: the helper died with our request unread (unix_release_sock()); its
	 * message comes next.
	 */
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_TRUNC | flags);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	m->n_fds = 0;
	m->bytes = n < 0 ? 0 : n;
	if (n < 0)
		return -errno;

	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS) {
		m->n_fds = (unsigned int)(cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(m->fds, CMSG_DATA(cmsg), m->n_fds * sizeof(int));
	}
	if (msg.msg_flags & MSG_CTRUNC) {
		message_close_fds(m);
		return -EMFILE;
	}
	return 0;
}

static enum xdps_status fail_invalid(const struct xdps_client *c, struct xdps_error *err)
{
	return xdps_fail(err, XDPS_FAILED,
			 "%s: the helper sent an invalid reply; install the helper and the library from the same build",
			 c->path);
}

/* Reports a message outside the protocol: the end, or the dynamic loader's error message. */
static enum xdps_status fail_outside_protocol(const struct xdps_client *c, struct message *m,
					      struct xdps_error *err)
{
	if (!m->bytes)
		return xdps_fail(err, XDPS_FAILED,
				 "%s: the helper exited without an error message", c->path);
	if (m->bytes >= sizeof(m->reply.magic) && m->reply.magic >> 8 == XDPS_MAGIC >> 8)
		return fail_invalid(c, err);
	if (m->bytes > sizeof(m->text))
		m->bytes = sizeof(m->text);
	for (size_t i = 0; i < m->bytes; i++)
		if (m->text[i] == '\n' || !m->text[i])
			m->bytes = i;
	return xdps_fail(err, XDPS_FAILED, "starting %s: %.*s", c->path,
			 (int)m->bytes, m->text);
}

#define ENDS(text) (!(text)[sizeof(text) - 1])

/* Does the text in this reply end within it? */
static bool text_ends(const struct xdps_reply *r)
{
	switch (r->kind) {
	case XDPS_REPLY_READY:
		return ENDS(r->ready.warning);
	case XDPS_REPLY_ERROR:
		return ENDS(r->error.text);
	case XDPS_REPLY_FILTER:
		return ENDS(r->filter.text);
	case XDPS_REPLY_DIRECTION:
		return ENDS(r->direction.text);
	case XDPS_REPLY_PROGRAM:
		return ENDS(r->program.name);
	case XDPS_REPLY_QUERY:
		return ENDS(r->query.text);
	case XDPS_REPLY_NOTICE:
		return ENDS(r->notice.text);
	}
	return true;
}

static bool well_formed(const struct message *m)
{
	return m->bytes >= offsetof(struct xdps_reply, rings) && m->reply.magic == XDPS_MAGIC &&
	       m->bytes == xdps_reply_bytes(m->reply.kind) && m->reply.n_fds == m->n_fds &&
	       text_ends(&m->reply);
}

/* The helper's status and sentence become ours. */
static enum xdps_status take_error(const struct xdps_client *c, uint32_t status,
				   const char *text, struct xdps_error *err)
{
	if (status <= XDPS_WOKEN || status > XDPS_FAILED)
		return fail_invalid(c, err);
	return xdps_fail(err, status, "%s", text);
}

/* Takes over the descriptors on success only. */
static enum xdps_status take_rings(const struct xdps_client *c, struct xdps_session *g,
				   struct message *m, struct xdps_error *err)
{
	int *fds;

	if (!m->n_fds || g->n_ring_fds + m->n_fds > XDPS_RINGS_MAX)
		return fail_invalid(c, err);
	fds = realloc(g->ring_fds, (g->n_ring_fds + m->n_fds) * sizeof(*fds));
	if (!fds)
		return xdps_fail_errno(err, -ENOMEM, "allocating the list of %u rings",
				       g->n_ring_fds + m->n_fds);
	memcpy(fds + g->n_ring_fds, m->fds, m->n_fds * sizeof(*fds));
	g->ring_fds = fds;
	g->n_ring_fds += m->n_fds;
	m->n_fds = 0;
	return XDPS_OK;
}

/* Are there as many rings as announced, of a valid size? */
static bool has_rings(const struct xdps_session *g, const struct xdps_reply_ready *ready)
{
	bool are_perf = ready->ring_kind == XDPS_RING_PERF;

	if (!are_perf && ready->ring_kind != XDPS_RING_MAP)
		return false;
	return ready->n_rings && ready->n_rings <= ready->n_cpus &&
	       ready->n_cpus <= XDPS_RINGS_MAX &&
	       g->n_ring_fds == (are_perf ? ready->n_rings : 2) &&
	       ready->ring_bytes && !(ready->ring_bytes & (ready->ring_bytes - 1)) &&
	       ready->ring_bytes <= (are_perf ? XDPS_RING_BYTES_MAX : XDPS_MAP_RING_BYTES_MAX);
}

static enum xdps_status take_ready(const struct xdps_client *c, struct xdps_session *g,
				   struct message *m, struct xdps_error *err)
{
	const struct xdps_reply_ready *ready = &m->reply.ready;

	if (!has_rings(g, ready) || ready->has_inject > 1 ||
	    m->n_fds != 1 + ready->has_inject || !ready->n_cpus || ready->link > XDPS_LINK_IP ||
	    ready->sent_place > XDPS_SENT_AT_SOCKET)
		return fail_invalid(c, err);
	g->ring_kind = ready->ring_kind;
	g->n_rings = ready->n_rings;
	g->ring_bytes = ready->ring_bytes;
	g->n_cpus = ready->n_cpus;
	g->link = ready->link;
	g->sent_place = ready->sent_place;
	g->cpus_fd = m->fds[0];
	g->inject_fd = ready->has_inject ? m->fds[1] : -1;
	memcpy(g->warning, ready->warning, sizeof(g->warning));
	m->n_fds = 0;
	return XDPS_OK;
}

/* True: the message was a notice, and does not answer the request. */
static bool take_notice(struct xdps_client *c, const struct message *m)
{
	if (m->reply.kind != XDPS_REPLY_NOTICE || m->n_fds)
		return false;
	memcpy(c->notice, m->reply.notice.text, sizeof(c->notice));
	c->has_notice = true;
	return true;
}

/*
 * Handles an unsolicited message: a CPU without a ring has come online.  If this process
 * and its child both listen, one of them may receive a ring that the other does not.  The
 * other one then does without all rings that follow: packets that nobody reads are
 * counted as lost.
 */
static enum xdps_status take_more(const struct xdps_client *c, struct message *m,
				  struct xdps_error *err)
{
	const uint32_t n_rings = m->reply.rings.n_rings;
	struct xdps_session *g = c->session;
	enum xdps_status status;

	if (m->n_fds != 1 || n_rings <= g->n_rings || n_rings > g->n_cpus)
		return fail_invalid(c, err);
	if (n_rings != g->n_rings + 1) {
		message_close_fds(m);
		return XDPS_OK;
	}
	status = take_rings(c, g, m, err);
	if (!status)
		g->n_rings++;
	return status;
}

/* Waits for one message.  The caller must close the descriptors in it in any case. */
static enum xdps_status hear_any(struct xdps_client *c, int64_t until_ms, struct message *m,
				 struct xdps_error *err)
{
	int rc;

	m->n_fds = 0;
	rc = wait_readable(&c->guard, c->sock, until_ms);
	if (!rc)
		return xdps_fail(err, XDPS_FAILED,
				 "%s: the helper did not reply within %d seconds (or longer, for a large buffer)",
				 c->path, ANSWER_MS / 1000);
	rc = rc < 0 ? -errno : receive(c->sock, m, 0);
	if (rc)
		return xdps_fail_errno(err, rc, "receiving a reply from %s", c->path);

	if (m->bytes < sizeof(m->reply.magic) || m->reply.magic != XDPS_MAGIC)
		return fail_outside_protocol(c, m, err);
	if (!well_formed(m))
		return fail_invalid(c, err);
	if (m->reply.kind == XDPS_REPLY_ERROR)
		return take_error(c, m->reply.error.status, m->reply.error.text, err);
	return XDPS_OK;
}

/* Waits for a message that is an answer. */
static enum xdps_status hear(struct xdps_client *c, int64_t until_ms, struct message *m,
			     struct xdps_error *err)
{
	enum xdps_status status;

	do {
		status = hear_any(c, until_ms, m, err);
	} while (!status && take_notice(c, m));
	return status;
}

/* Receives one message and stores its contents in the session. */
static enum xdps_status receive_session(struct xdps_client *c, struct xdps_session *g,
					int64_t until_ms, bool *ready, struct xdps_error *err)
{
	enum xdps_status status;
	struct message m;

	status = hear(c, until_ms, &m, err);
	if (!status && m.reply.kind == XDPS_REPLY_RINGS)
		status = take_rings(c, g, &m, err);
	else if (!status && m.reply.kind == XDPS_REPLY_READY)
		status = take_ready(c, g, &m, err);
	else if (!status)
		status = fail_invalid(c, err);
	*ready = status == XDPS_OK && m.reply.kind == XDPS_REPLY_READY;
	message_close_fds(&m);
	return status;
}

static enum xdps_status hear_all(struct xdps_client *c, uint64_t buffer_bytes,
				 struct xdps_session *g, struct xdps_error *err)
{
	int64_t until_ms = now_ms() + ANSWER_MS +
			   (int64_t)(buffer_bytes / BYTES_CLEARED_PER_MS);
	enum xdps_status status;
	bool ready;

	do {
		status = receive_session(c, g, until_ms, &ready, err);
	} while (!status && !ready);
	return status;
}

void xdps_client_init(struct xdps_client *c)
{
	*c = (struct xdps_client){ .sock = -1, .pidfd = -1 };
}

void xdps_session_init(struct xdps_session *g)
{
	*g = (struct xdps_session){ .cpus_fd = -1, .inject_fd = -1 };
}

void xdps_session_free(struct xdps_session *g)
{
	for (unsigned int i = 0; i < g->n_ring_fds; i++)
		close(g->ring_fds[i]);
	free(g->ring_fds);
	xdps_fd_close(&g->cpus_fd);
	xdps_fd_close(&g->inject_fd);
	xdps_session_init(g);
}

enum xdps_status xdps_client_open(struct xdps_client *c,
				  const struct xdps_options *opt,
				  struct xdps_session *g, struct xdps_error *err)
{
	enum xdps_status status;

	c->session = g;
	status = start_helper(c, err);
	if (!status)
		status = request_capture(c, opt, err);
	if (!status)
		status = hear_all(c, opt->request.buffer_bytes, g, err);
	if (status) {
		xdps_client_close(c);
		xdps_session_free(g);
	}
	return status;
}

enum xdps_status xdps_client_listen(struct xdps_client *c,
				    struct xdps_error *err)
{
	enum xdps_status status;
	struct message m;
	int rc;

	rc = receive(c->sock, &m, MSG_DONTWAIT);
	if (rc == -EAGAIN)
		return XDPS_OK;
	if (rc || !m.bytes)
		return xdps_fail(err, XDPS_FAILED,
				 "%s: the helper exited unexpectedly, so the capture has ended",
				 c->path);
	if (well_formed(&m) && take_notice(c, &m))
		status = XDPS_OK;
	else if (well_formed(&m) && m.reply.kind == XDPS_REPLY_ERROR)
		status = take_error(c, m.reply.error.status, m.reply.error.text, err);
	else if (well_formed(&m) && m.reply.kind == XDPS_REPLY_RINGS)
		status = take_more(c, &m, err);
	else
		status = fail_invalid(c, err);
	message_close_fds(&m);
	return status;
}

static enum xdps_status request_filter(struct xdps_client *c, uint32_t number,
				       const struct xdps_insn *insns, size_t n_insns,
				       struct xdps_error *err)
{
	bool fits = n_insns <= XDPS_FILTER_INSNS_MAX;
	struct xdps_request_filter request = {
		.magic = XDPS_MAGIC,
		.kind = XDPS_REQUEST_FILTER,
		.number = number,
		.in_user_space = !fits,
		.n_insns = fits ? n_insns : 0,
	};
	struct iovec iov[] = {
		{ &request, sizeof(request) },
		{ (void *)insns, request.n_insns * sizeof(*insns) },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	do {
		n = sendmsg(c->sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	/* A helper that has ended has left a message that says why. */
	if (n < 0 && errno != EPIPE && errno != ECONNRESET)
		return xdps_fail_errno(err, -errno, "sending a filter to %s", c->path);
	c->n_unheard++;
	return XDPS_OK;
}

static bool is_answer(const struct message *m)
{
	return m->reply.kind == XDPS_REPLY_FILTER || m->reply.kind == XDPS_REPLY_DIRECTION;
}

/*
 * Answers come in the order of the requests, some of which may have been abandoned.
 * Unsolicited messages may come before them.
 */
static enum xdps_status hear_last(struct xdps_client *c, struct message *m,
				  struct xdps_error *err)
{
	const int64_t until_ms = now_ms() + ANSWER_MS;
	enum xdps_status status;

	for (;;) {
		status = hear(c, until_ms, m, err);
		if (!status && m->reply.kind == XDPS_REPLY_RINGS)
			status = take_more(c, m, err);
		else if (status || !is_answer(m) || !--c->n_unheard)
			return status;
		if (status)
			return status;
		message_close_fds(m);
	}
}

static enum xdps_status hear_filter(struct xdps_client *c, uint32_t number,
				    struct xdps_filtering *f, struct xdps_error *err)
{
	const struct xdps_reply_filter *reply;
	enum xdps_status status;
	struct message m;

	status = hear_last(c, &m, err);
	reply = &m.reply.filter;
	if (!status && (m.reply.kind != XDPS_REPLY_FILTER || m.n_fds || reply->number != number ||
			(reply->place != XDPS_FILTER_KERNEL && reply->place != XDPS_FILTER_USER)))
		status = fail_invalid(c, err);
	message_close_fds(&m);
	if (status)
		return status;
	if (reply->status) {
		status = take_error(c, reply->status, reply->text, err);
		f->refused = status == reply->status;
		return status;
	}
	f->number = number;
	f->place = reply->place;
	memcpy(f->why, reply->text, sizeof(f->why));
	return XDPS_OK;
}

enum xdps_status xdps_client_filter(struct xdps_client *c, uint32_t number,
				    const struct xdps_insn *insns, size_t n_insns,
				    struct xdps_filtering *f, struct xdps_error *err)
{
	enum xdps_status status;

	f->refused = false;
	status = request_filter(c, number, insns, n_insns, err);
	if (!status)
		status = hear_filter(c, number, f, err);
	if (!status && n_insns > XDPS_FILTER_INSNS_MAX)
		snprintf(f->why, sizeof(f->why),
			 "the filter has %zu instructions, but at most %u can run in the kernel",
			 n_insns, XDPS_FILTER_INSNS_MAX);
	return status;
}

static enum xdps_status request_direction(struct xdps_client *c, enum xdps_dir dir,
					  struct xdps_error *err)
{
	struct xdps_request_direction request = {
		.magic = XDPS_MAGIC,
		.kind = XDPS_REQUEST_DIRECTION,
		.dir = dir,
	};

	if (send(c->sock, &request, sizeof(request), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		return xdps_fail_errno(err, -errno, "sending a direction to %s", c->path);
	c->n_unheard++;
	return XDPS_OK;
}

enum xdps_status xdps_client_direction(struct xdps_client *c, enum xdps_dir dir,
				       bool *is_over, struct xdps_error *err)
{
	enum xdps_status status;
	struct message m;

	*is_over = true;
	status = request_direction(c, dir, err);
	if (status)
		return status;
	status = hear_last(c, &m, err);
	if (!status && (m.reply.kind != XDPS_REPLY_DIRECTION || m.n_fds))
		status = fail_invalid(c, err);
	message_close_fds(&m);
	if (status)
		return status;
	*is_over = false;
	if (!m.reply.direction.status)
		return XDPS_OK;
	status = take_error(c, m.reply.direction.status, m.reply.direction.text, err);
	*is_over = status != m.reply.direction.status;
	return status;
}

static enum xdps_status request_query(struct xdps_client *c, const char *ifname,
				      struct xdps_error *err)
{
	struct xdps_request_query request = { .magic = XDPS_MAGIC, .kind = XDPS_REQUEST_QUERY };

	snprintf(request.ifname, sizeof(request.ifname), "%s", ifname);
	if (send(c->sock, &request, sizeof(request), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		return xdps_fail_errno(err, -errno, "sending a request to %s", c->path);
	return XDPS_OK;
}

static bool add_program(struct xdps_listed *l, const struct xdps_reply_program *p)
{
	if (l->n_programs == XDPS_LISTED_PROGRAMS_MAX || !p->id || p->mode > XDPS_MODE_GENERIC)
		return false;
	l->mode = p->mode;
	l->programs[l->n_programs].id = p->id;
	memcpy(l->programs[l->n_programs].name, p->name, sizeof(p->name));
	l->n_programs++;
	return true;
}

/* Receives one message; sets `*all` if it is the last one about this interface. */
static enum xdps_status hear_query(struct xdps_client *c, int64_t until_ms,
				   struct xdps_listed *l, bool *all, struct xdps_error *err)
{
	enum xdps_status status;
	struct message m;

	status = hear(c, until_ms, &m, err);
	*all = !status && m.reply.kind == XDPS_REPLY_QUERY;
	if (*all && m.reply.query.status)
		status = take_error(c, m.reply.query.status, m.reply.query.text, err);
	else if (!status && !*all && (m.reply.kind != XDPS_REPLY_PROGRAM ||
				      !add_program(l, &m.reply.program)))
		status = fail_invalid(c, err);
	message_close_fds(&m);
	return status;
}

/*
 * `*answered`: the helper has answered completely, and can be asked about the next
 * interface.
 */
static enum xdps_status query(struct xdps_client *c, int64_t until_ms,
			      struct xdps_listed *l, bool *answered, struct xdps_error *err)
{
	struct xdps_listed found = *l;
	enum xdps_status status;

	*answered = false;
	found.n_programs = 0;
	status = request_query(c, l->ifname, err);
	while (!status && !*answered)
		status = hear_query(c, until_ms, &found, answered, err);
	if (*answered && status == XDPS_NO_DEVICE)
		return XDPS_OK;		/* the interface is gone by now */
	if (!status)
		*l = found;
	return status;
}

static enum xdps_status query_all(struct xdps_client *c, struct xdps_listed *list,
				  size_t n, struct xdps_error *err)
{
	const int64_t until_ms = now_ms() + QUERY_MS;
	enum xdps_status status = start_helper(c, err);
	bool answered = !status;
	struct xdps_error why;

	for (size_t i = 0; answered && i < n; i++)
		if (list[i].n_programs && query(c, until_ms, &list[i], &answered, &why)) {
			*err = why;
			status = why.status;
		}
	return status;
}

static void close_and_free(void *client)
{
	xdps_client_close(client);
	free(client);
}

/* The client is not on the stack, because the thread may leave this call. */
enum xdps_status xdps_client_query(struct xdps_listed *list, size_t n,
				   struct xdps_error *err)
{
	struct xdps_guard guard;
	enum xdps_status status;
	struct xdps_client *c;

	xdps_guard_enter(&guard);
	c = malloc(sizeof(*c));
	if (c) {
		xdps_client_init(c);
		c->guard = guard;
		xdps_guard_protect(&c->guard, close_and_free, c);
		status = query_all(c, list, n, err);
		xdps_guard_unprotect(&c->guard);
		close_and_free(c);
	} else {
		status = xdps_fail_errno(err, -ENOMEM, "querying %zu interfaces", n);
	}
	xdps_guard_leave(&guard);
	return status;
}

/*
 * When this returns, the process has ended.  A process that does not notice the end of
 * its socket, because it is stopped or is not a helper at all, gets SIGKILL.  If we may
 * not send that, it is left alone.
 *
 * If orphans are reparented to us (process 1 of a container, a subreaper), the helper is
 * our child after all, and nobody else can reap it.
 */
static void end_process(struct xdps_client *c, int64_t until_ms)
{
	if (c->pidfd < 0)
		return;
	if (wait_readable(NULL, c->pidfd, until_ms) <= 0 &&
	    !syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0))
		wait_readable(NULL, c->pidfd, now_ms() + GOODBYE_MS);
	waitid(P_PIDFD, (id_t)c->pidfd, NULL, WEXITED | WNOHANG);
	xdps_fd_close(&c->pidfd);
}

/*
 * Shuts the socket down before closing it, because a forked child may hold the socket
 * too.  The helper closes the link before its end of the socket, so the end of file means
 * that the interface is free again.
 */
void xdps_client_close(struct xdps_client *c)
{
	int64_t until_ms = now_ms() + GOODBYE_MS;
	struct message m;

	if (c->sock < 0)
		return;
	shutdown(c->sock, SHUT_WR);
	while (wait_readable(NULL, c->sock, until_ms) > 0) {
		if (receive(c->sock, &m, MSG_DONTWAIT) || !m.bytes)
			break;
		message_close_fds(&m);
	}
	xdps_fd_close(&c->sock);
	c->n_unheard = 0;
	end_process(c, until_ms);
}

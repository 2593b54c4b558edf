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
#include "../common/protocol.h"

#include "launch.h"

#define ANSWER_MS 10000			/* drivers may reset the card to attach */
#define BYTES_CLEARED_PER_MS 65536	/* ring memory, on a slow machine */
#define GOODBYE_MS 1000
#define LOOK_MS 2000			/* somebody is waiting for a list */

/* Only the last of these errors means that the user may not capture. */
static enum xdps_status explain_start(const char *path, int errnum,
				      struct xdps_error *err)
{
	struct stat st;

	if (errnum == ENOENT)
		return xdps_fail(err, XDPS_FAILED,
				 "starting %s: %s; it comes with xdpsample and does the privileged work",
				 path, strerror(errnum));
	if (errnum != EACCES)
		return xdps_fail_errno(err, errnum, "starting %s", path);
	if (stat(path, &st))
		return xdps_fail(err, XDPS_FAILED,
				 "starting %s: %s; a directory on the way or a security module (AppArmor, for this program?) does not let it be seen",
				 path, strerror(errnum));
	if (!(st.st_mode & 0111))
		return xdps_fail(err, XDPS_FAILED,
				 "starting %s: %s; it is not executable, and chmod +x makes it so",
				 path, strerror(errnum));
	if (st.st_mode & 0001 || !geteuid())
		return xdps_fail(err, XDPS_FAILED,
				 "starting %s: %s; its mode allows it, so a mount (noexec), a directory on the way or a security module (AppArmor, for this program?) does not",
				 path, strerror(errnum));
	return xdps_fail(err, XDPS_NO_PERMISSION,
			 "starting %s: %s; only its owner and members of group %u may capture",
			 path, strerror(errnum), (unsigned int)st.st_gid);
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
				 "XDPSAMPLE_HELPER: a path of more than %zu bytes",
				 sizeof(c->path) - 1);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return xdps_fail_errno(err, errno, "making a socket for %s", c->path);

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
static enum xdps_status ask(struct xdps_client *c, const struct xdps_options *opt,
			    struct xdps_error *err)
{
	struct xdps_ask ask = {
		.magic = XDPS_MAGIC,
		.kind = XDPS_ASK_OPEN,
		.request = opt->request,
	};

	if (ask.request.snaplen > XDPS_SNAPLEN_MAX)
		ask.request.snaplen = XDPS_SNAPLEN_MAX;
	if (send(c->sock, &ask, sizeof(ask), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		return xdps_fail_errno(err, errno, "asking %s", c->path);
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
struct answer {
	union {
		struct xdps_say say;
		char text[sizeof(struct xdps_say)];	/* from the dynamic loader */
	};
	size_t bytes;
	int fds[XDPS_FDS_MAX];
	unsigned int n_fds;
};

static void answer_close_fds(struct answer *a)
{
	while (a->n_fds)
		close(a->fds[--a->n_fds]);
}

/* Returns 0 or an errno; an answer of 0 bytes means that the helper has ended. */
static int receive(int sock, struct answer *a, int flags)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(a->fds))];
	} control;
	struct iovec iov = { &a->say, sizeof(a->say) };
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
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | flags);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	a->n_fds = 0;
	a->bytes = n < 0 ? 0 : n;
	if (n < 0)
		return errno;

	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS) {
		a->n_fds = (unsigned int)(cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(a->fds, CMSG_DATA(cmsg), a->n_fds * sizeof(int));
	}
	if (msg.msg_flags & MSG_CTRUNC) {
		answer_close_fds(a);
		return EMFILE;
	}
	return 0;
}

static enum xdps_status no_sense(const struct xdps_client *c, struct xdps_error *err)
{
	return xdps_fail(err, XDPS_FAILED,
			 "%s: the helper's answer makes no sense here; are helper and library of one version?",
			 c->path);
}

/* Reports a message outside the protocol: the end, or the dynamic loader's error message. */
static enum xdps_status foreign_words(const struct xdps_client *c, struct answer *a,
				      struct xdps_error *err)
{
	if (!a->bytes)
		return xdps_fail(err, XDPS_FAILED,
				 "%s: the helper ended without a word", c->path);
	if (a->bytes >= sizeof(a->say.magic) && a->say.magic >> 8 == XDPS_MAGIC >> 8)
		return no_sense(c, err);
	for (size_t i = 0; i < a->bytes; i++)
		if (a->text[i] == '\n' || !a->text[i])
			a->bytes = i;
	return xdps_fail(err, XDPS_FAILED, "starting %s: %.*s", c->path,
			 (int)a->bytes, a->text);
}

static bool well_formed(const struct answer *a)
{
	return a->bytes == sizeof(a->say) && a->say.magic == XDPS_MAGIC &&
	       a->say.n_fds == a->n_fds &&
	       !a->say.text[sizeof(a->say.text) - 1];
}

static enum xdps_status told_error(const struct xdps_client *c, const struct answer *a,
				   struct xdps_error *err)
{
	if (a->say.status <= XDPS_WOKEN || a->say.status > XDPS_FAILED)
		return no_sense(c, err);
	return xdps_fail(err, a->say.status, "%s", a->say.text);
}

/* Takes over the descriptors on success only. */
static enum xdps_status take_rings(const struct xdps_client *c, struct xdps_grant *g,
				   struct answer *a, struct xdps_error *err)
{
	int *fds;

	if (!a->n_fds || g->n_ring_fds + a->n_fds > XDPS_RINGS_MAX)
		return no_sense(c, err);
	fds = realloc(g->ring_fds, (g->n_ring_fds + a->n_fds) * sizeof(*fds));
	if (!fds)
		return xdps_fail_errno(err, ENOMEM, "making a list of %u rings",
				       g->n_ring_fds + a->n_fds);
	memcpy(fds + g->n_ring_fds, a->fds, a->n_fds * sizeof(*fds));
	g->ring_fds = fds;
	g->n_ring_fds += a->n_fds;
	a->n_fds = 0;
	return XDPS_OK;
}

/* Are there as many rings as announced, of a valid size? */
static bool has_rings(const struct xdps_grant *g, const struct xdps_say *say)
{
	bool are_perf = say->ring_kind == XDPS_RING_PERF;

	if (!are_perf && say->ring_kind != XDPS_RING_BPF)
		return false;
	return say->n_rings && say->n_rings <= say->n_cpus && say->n_cpus <= XDPS_RINGS_MAX &&
	       g->n_ring_fds == (are_perf ? say->n_rings : 2) &&
	       say->ring_bytes && !(say->ring_bytes & (say->ring_bytes - 1)) &&
	       say->ring_bytes <= (are_perf ? XDPS_RING_BYTES_MAX : XDPS_MAP_RING_BYTES_MAX);
}

static enum xdps_status take_ready(const struct xdps_client *c, struct xdps_grant *g,
				   struct answer *a, struct xdps_error *err)
{
	const struct xdps_say *say = &a->say;

	if (!has_rings(g, say) || say->has_inject > 1 ||
	    a->n_fds != 1 + say->has_inject || !say->n_cpus || say->link > XDPS_LINK_IP)
		return no_sense(c, err);
	g->ring_kind = say->ring_kind;
	g->n_rings = say->n_rings;
	g->ring_bytes = say->ring_bytes;
	g->n_cpus = say->n_cpus;
	g->link = say->link;
	g->cpus_fd = a->fds[0];
	g->inject_fd = say->has_inject ? a->fds[1] : -1;
	memcpy(g->warning, say->text, sizeof(g->warning));
	a->n_fds = 0;
	return XDPS_OK;
}

/* True: the message was a notice, and does not answer the request. */
static bool take_notice(struct xdps_client *c, const struct answer *a)
{
	if (a->say.kind != XDPS_SAY_NOTICE || a->n_fds)
		return false;
	memcpy(c->notice, a->say.text, sizeof(c->notice));
	c->has_notice = true;
	return true;
}

/*
 * Handles an unsolicited message: a CPU without a ring has come online.  If this process
 * and its child both listen, one of them may receive a ring that the other does not.  The
 * other one then does without all rings that follow: packets that nobody reads are
 * counted as lost.
 */
static enum xdps_status take_more(const struct xdps_client *c, struct answer *a,
				  struct xdps_error *err)
{
	struct xdps_grant *g = c->grant;
	enum xdps_status status;

	if (a->n_fds != 1 || a->say.n_rings <= g->n_rings || a->say.n_rings > g->n_cpus)
		return no_sense(c, err);
	if (a->say.n_rings != g->n_rings + 1) {
		answer_close_fds(a);
		return XDPS_OK;
	}
	status = take_rings(c, g, a, err);
	if (!status)
		g->n_rings++;
	return status;
}

/* Waits for one message.  The caller must close the descriptors in it in any case. */
static enum xdps_status hear_any(struct xdps_client *c, int64_t until_ms, struct answer *a,
				 struct xdps_error *err)
{
	int rc;

	a->n_fds = 0;
	rc = wait_readable(&c->guard, c->sock, until_ms);
	if (!rc)
		return xdps_fail(err, XDPS_FAILED,
				 "%s: no answer from the helper in time, which is %d seconds and more for a large buffer",
				 c->path, ANSWER_MS / 1000);
	rc = rc < 0 ? errno : receive(c->sock, a, 0);
	if (rc)
		return xdps_fail_errno(err, rc, "receiving the answer of %s", c->path);

	if (a->bytes < sizeof(a->say.magic) || a->say.magic != XDPS_MAGIC)
		return foreign_words(c, a, err);
	if (!well_formed(a))
		return no_sense(c, err);
	if (a->say.kind == XDPS_SAY_ERROR)
		return told_error(c, a, err);
	return XDPS_OK;
}

/* Waits for a message that is an answer. */
static enum xdps_status hear(struct xdps_client *c, int64_t until_ms, struct answer *a,
			     struct xdps_error *err)
{
	enum xdps_status status;

	do {
		status = hear_any(c, until_ms, a, err);
	} while (!status && take_notice(c, a));
	return status;
}

/* Receives one message and stores its contents in the grant. */
static enum xdps_status hear_grant(struct xdps_client *c, struct xdps_grant *g,
				   int64_t until_ms, bool *ready, struct xdps_error *err)
{
	enum xdps_status status;
	struct answer a;

	status = hear(c, until_ms, &a, err);
	if (!status && a.say.kind == XDPS_SAY_RINGS)
		status = take_rings(c, g, &a, err);
	else if (!status && a.say.kind == XDPS_SAY_READY)
		status = take_ready(c, g, &a, err);
	else if (!status)
		status = no_sense(c, err);
	*ready = status == XDPS_OK && a.say.kind == XDPS_SAY_READY;
	answer_close_fds(&a);
	return status;
}

static enum xdps_status hear_all(struct xdps_client *c, uint64_t buffer_bytes,
				 struct xdps_grant *g, struct xdps_error *err)
{
	int64_t until_ms = now_ms() + ANSWER_MS +
			   (int64_t)(buffer_bytes / BYTES_CLEARED_PER_MS);
	enum xdps_status status;
	bool ready;

	do {
		status = hear_grant(c, g, until_ms, &ready, err);
	} while (!status && !ready);
	return status;
}

void xdps_client_init(struct xdps_client *c)
{
	*c = (struct xdps_client){ .sock = -1, .pidfd = -1 };
}

void xdps_grant_init(struct xdps_grant *g)
{
	*g = (struct xdps_grant){ .cpus_fd = -1, .inject_fd = -1 };
}

void xdps_grant_free(struct xdps_grant *g)
{
	for (unsigned int i = 0; i < g->n_ring_fds; i++)
		close(g->ring_fds[i]);
	free(g->ring_fds);
	if (g->cpus_fd >= 0)
		close(g->cpus_fd);
	if (g->inject_fd >= 0)
		close(g->inject_fd);
	xdps_grant_init(g);
}

enum xdps_status xdps_client_open(struct xdps_client *c,
				  const struct xdps_options *opt,
				  struct xdps_grant *g, struct xdps_error *err)
{
	enum xdps_status status;

	c->grant = g;
	status = start_helper(c, err);
	if (!status)
		status = ask(c, opt, err);
	if (!status)
		status = hear_all(c, opt->request.buffer_bytes, g, err);
	if (status) {
		xdps_client_close(c);
		xdps_grant_free(g);
	}
	return status;
}

enum xdps_status xdps_client_listen(struct xdps_client *c,
				    struct xdps_error *err)
{
	enum xdps_status status;
	struct answer a;
	int rc;

	rc = receive(c->sock, &a, MSG_DONTWAIT);
	if (rc == EAGAIN)
		return XDPS_OK;
	if (rc || !a.bytes)
		return xdps_fail(err, XDPS_FAILED,
				 "%s: the helper was ended by somebody, and with it the capture",
				 c->path);
	if (well_formed(&a) && take_notice(c, &a))
		status = XDPS_OK;
	else if (well_formed(&a) && a.say.kind == XDPS_SAY_ERROR)
		status = told_error(c, &a, err);
	else if (well_formed(&a) && a.say.kind == XDPS_SAY_RINGS)
		status = take_more(c, &a, err);
	else
		status = no_sense(c, err);
	answer_close_fds(&a);
	return status;
}

static enum xdps_status ask_filter(struct xdps_client *c, uint32_t number,
				   const struct xdps_insn *insns, size_t n_insns,
				   struct xdps_error *err)
{
	bool fits = n_insns <= XDPS_FILTER_INSNS_MAX;
	struct xdps_ask_filter ask = {
		.magic = XDPS_MAGIC,
		.kind = XDPS_ASK_FILTER,
		.filter = number,
		.in_user_space = !fits,
		.n_insns = fits ? n_insns : 0,
	};
	struct iovec iov[] = {
		{ &ask, sizeof(ask) },
		{ (void *)insns, ask.n_insns * sizeof(*insns) },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	do {
		n = sendmsg(c->sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	/* A helper that has ended has left a message that says why. */
	if (n < 0 && errno != EPIPE && errno != ECONNRESET)
		return xdps_fail_errno(err, errno, "sending a filter to %s", c->path);
	c->n_unheard++;
	return XDPS_OK;
}

/*
 * Answers come in the order of the requests, some of which may have been abandoned.
 * Unsolicited messages may come before them.
 */
static enum xdps_status hear_last_filter(struct xdps_client *c, struct answer *a,
					 struct xdps_error *err)
{
	const int64_t until_ms = now_ms() + ANSWER_MS;
	enum xdps_status status;

	for (;;) {
		status = hear(c, until_ms, a, err);
		if (!status && a->say.kind == XDPS_SAY_RINGS)
			status = take_more(c, a, err);
		else if (status || a->say.kind != XDPS_SAY_FILTER || !--c->n_unheard)
			return status;
		if (status)
			return status;
		answer_close_fds(a);
	}
}

static enum xdps_status hear_filter(struct xdps_client *c, uint32_t number,
				    struct xdps_filtering *f, struct xdps_error *err)
{
	const struct xdps_say *say;
	enum xdps_status status;
	struct answer a;

	status = hear_last_filter(c, &a, err);
	say = &a.say;
	if (!status && (say->kind != XDPS_SAY_FILTER || a.n_fds || say->filter != number ||
			(say->place != XDPS_FILTER_KERNEL && say->place != XDPS_FILTER_USER)))
		status = no_sense(c, err);
	answer_close_fds(&a);
	if (status)
		return status;
	if (say->status) {
		status = told_error(c, &a, err);
		f->refused = status == say->status;
		return status;
	}
	f->number = number;
	f->place = say->place;
	memcpy(f->why, say->text, sizeof(f->why));
	return XDPS_OK;
}

enum xdps_status xdps_client_filter(struct xdps_client *c, uint32_t number,
				    const struct xdps_insn *insns, size_t n_insns,
				    struct xdps_filtering *f, struct xdps_error *err)
{
	enum xdps_status status;

	f->refused = false;
	status = ask_filter(c, number, insns, n_insns, err);
	if (!status)
		status = hear_filter(c, number, f, err);
	if (!status && n_insns > XDPS_FILTER_INSNS_MAX)
		snprintf(f->why, sizeof(f->why),
			 "the filter has %zu instructions, and %u are the most that the kernel gets",
			 n_insns, XDPS_FILTER_INSNS_MAX);
	return status;
}

static enum xdps_status ask_look(struct xdps_client *c, const char *ifname,
				 struct xdps_error *err)
{
	struct xdps_ask_look ask = { .magic = XDPS_MAGIC, .kind = XDPS_ASK_LOOK };

	snprintf(ask.ifname, sizeof(ask.ifname), "%s", ifname);
	if (send(c->sock, &ask, sizeof(ask), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		return xdps_fail_errno(err, errno, "asking %s", c->path);
	return XDPS_OK;
}

static bool add_program(struct xdps_listed *l, const struct xdps_say *say)
{
	if (l->n_programs == XDPS_LISTED_PROGRAMS_MAX || !say->prog_id ||
	    say->prog_mode > XDPS_MODE_GENERIC)
		return false;
	l->mode = say->prog_mode;
	l->programs[l->n_programs].id = say->prog_id;
	snprintf(l->programs[l->n_programs].name, sizeof(l->programs->name), "%.*s",
		 (int)sizeof(l->programs->name) - 1, say->text);
	l->n_programs++;
	return true;
}

/* Receives one message; sets `*all` if it is the last one about this interface. */
static enum xdps_status hear_look(struct xdps_client *c, int64_t until_ms,
				  struct xdps_listed *l, bool *all, struct xdps_error *err)
{
	enum xdps_status status;
	struct answer a;

	status = hear(c, until_ms, &a, err);
	*all = !status && a.say.kind == XDPS_SAY_LOOKED;
	if (*all && a.say.status)
		status = told_error(c, &a, err);
	else if (!status && !*all && (a.say.kind != XDPS_SAY_PROGRAM || !add_program(l, &a.say)))
		status = no_sense(c, err);
	answer_close_fds(&a);
	return status;
}

/*
 * `*answered`: the helper has answered completely, and can be asked about the next
 * interface.
 */
static enum xdps_status look_at(struct xdps_client *c, int64_t until_ms,
				struct xdps_listed *l, bool *answered, struct xdps_error *err)
{
	struct xdps_listed found = *l;
	enum xdps_status status;

	*answered = false;
	found.n_programs = 0;
	status = ask_look(c, l->ifname, err);
	while (!status && !*answered)
		status = hear_look(c, until_ms, &found, answered, err);
	if (*answered && status == XDPS_NO_DEVICE)
		return XDPS_OK;		/* the interface is gone by now */
	if (!status)
		*l = found;
	return status;
}

static enum xdps_status look_at_all(struct xdps_client *c, struct xdps_listed *list,
				    size_t n, struct xdps_error *err)
{
	const int64_t until_ms = now_ms() + LOOK_MS;
	enum xdps_status status = start_helper(c, err);
	bool answered = !status;
	struct xdps_error why;

	for (size_t i = 0; answered && i < n; i++)
		if (list[i].n_programs && look_at(c, until_ms, &list[i], &answered, &why)) {
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
enum xdps_status xdps_client_look(struct xdps_listed *list, size_t n,
				  struct xdps_error *err)
{
	struct xdps_client *c = malloc(sizeof(*c));
	enum xdps_status status;

	if (!c)
		return xdps_fail_errno(err, ENOMEM, "looking at %zu interfaces", n);
	xdps_client_init(c);
	xdps_guard_enter(&c->guard, close_and_free, c);
	status = look_at_all(c, list, n, err);
	xdps_client_close(c);
	xdps_guard_leave(&c->guard);
	free(c);
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
	close(c->pidfd);
	c->pidfd = -1;
}

/*
 * Shuts the socket down before closing it, because a forked child may hold the socket
 * too.  The helper closes the link before its end of the socket, so the end of file means
 * that the interface is free again.
 */
void xdps_client_close(struct xdps_client *c)
{
	int64_t until_ms = now_ms() + GOODBYE_MS;
	struct answer a;

	if (c->sock < 0)
		return;
	shutdown(c->sock, SHUT_WR);
	while (wait_readable(NULL, c->sock, until_ms) > 0) {
		if (receive(c->sock, &a, MSG_DONTWAIT) || !a.bytes)
			break;
		answer_close_fds(&a);
	}
	close(c->sock);
	c->sock = -1;
	c->n_unheard = 0;
	end_process(c, until_ms);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * main.c: serves one capture until the socket closes.
 *
 * The engine starts this program, with the socket on descriptor 0.  All privilege of
 * xdpsample is in this process.  Everything that it does for one request is in serve(),
 * or in answer_queries() if the engine only asks for information.  Anything that ends
 * this process ends the capture: the kernel closes the link.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "../bpf/record.h"
#include "../common/error.h"
#include "../common/protocol.h"

#include "attach/hook.h"
#include "attach/watch.h"
#include "door/query.h"
#include "door/reply.h"
#include "door/request.h"
#include "host/debug.h"
#include "host/interface.h"
#include "host/privilege.h"
#include "host/sockets.h"
#include "host/vlan.h"
#include "rings/arrivals.h"
#include "rings/rings.h"

#define SOCK 0
#define USAGE_RC 64			/* EX_USAGE */
#define PROGRAM_BYTES 80
#define PATIENCE_MS 10000		/* with an engine that does not ask, or read */

/* The last message from the engine; the rest of a longer one is lost. */
struct message {
	_Alignas(uint64_t) char buf[sizeof(struct xdps_request_filter) +
				    XDPS_FILTER_INSNS_MAX * sizeof(struct xdps_insn)];
	size_t bytes;			/* of the whole message */
};

struct capture {
	struct message msg;
	struct xdps_setting setting;
	struct xdps_watch watch;
	struct xdps_hook hook;
	struct xdps_rings rings;
	struct xdps_arrivals arrivals;
	struct xdps_sockets sockets;
	struct xdps_error warning;
	bool said_vlans;		/* that their tags are not visible */
};

static bool is_called_by_engine(void)
{
	socklen_t size = sizeof(int);
	int domain, type;

	return !getsockopt(SOCK, SOL_SOCKET, SO_DOMAIN, &domain, &size) &&
	       !getsockopt(SOCK, SOL_SOCKET, SO_TYPE, &type, &size) &&
	       domain == AF_UNIX && type == SOCK_SEQPACKET;
}

static int talk_to_person(int argc, char **argv)
{
	static const char about[] =
		"xdpsample-helper does the privileged work for programs that capture on\n"
		"\"xdpsample:INTERFACE\".  libpcap starts it; do not start it by hand.\n"
		"See xdpsample-helper(8) and pcap-xdpsample(7).\n";

	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("xdpsample-helper " PACKAGE_VERSION ", made with libpcap " LIBPCAP_VERSION);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(about, stdout);
		return 0;
	}
	fputs("xdpsample-helper: descriptor 0 is not a socket connected to a capturing program\n",
	      stderr);
	fputs(about, stderr);
	return USAGE_RC;
}

/* For kernels before 5.9, which have no close_range(). */
static void close_one_by_one(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
}

/*
 * Until here 1 and 2 were the socket, for the dynamic loader's error messages; except 2,
 * if debugging output is wanted.
 */
static void leave_stdio(void)
{
	bool debug = xdps_debug_is_wanted(SOCK);
	int null_fd = open("/dev/null", O_RDWR);

	if (debug)
		xdps_debug_enable();
	if (null_fd < 0) {		/* a chroot without it */
		close(1);
		if (!debug)
			close(2);
		return;
	}
	dup2(null_fd, 1);
	if (!debug)
		dup2(null_fd, 2);
	if (null_fd > 2)
		close(null_fd);
}

/*
 * We come from another process, with whatever it had open, its limits, its directory and
 * its environment.
 */
static void isolate(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	struct rlimit files;

	if (syscall(SYS_close_range, 3, ~0U, 0))
		close_one_by_one();
	leave_stdio();
	clearenv();
	if (chdir("/"))
		errno = 0;		/* then we only keep a directory busy */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setsockopt(SOCK, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

static void capture_init(struct capture *c)
{
	memset(c, 0, sizeof(*c));
	xdps_watch_init(&c->watch);
	xdps_hook_init(&c->hook);
	xdps_rings_init(&c->rings);
	xdps_arrivals_init(&c->arrivals);
	xdps_sockets_init(&c->sockets);
}

/* False: there is no request, or there will be none any more. */
static bool receive(struct message *msg, struct xdps_error *err)
{
	struct iovec iov = { .iov_base = msg->buf, .iov_len = sizeof(msg->buf) };
	struct msghdr head = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = recvmsg(SOCK, &head, MSG_TRUNC | MSG_DONTWAIT);

	if (n <= 0)
		return false;
	msg->bytes = n;
	if (head.msg_flags & MSG_CTRUNC)
		xdps_fail(err, XDPS_FAILED,
			  "the request to the helper carried file descriptors, and must not");
	return true;
}

/* False: there is no request. */
static bool receive_request(struct capture *c, struct xdps_error *err)
{
	struct pollfd p = { .fd = SOCK, .events = POLLIN };

	return poll(&p, 1, PATIENCE_MS) > 0 && receive(&c->msg, err);
}

/*
 * Most cards remove tags, and most interfaces never receive any.  So this warns only if
 * something on this machine expects tags.
 */
static void warn_of_vlans(struct capture *c)
{
	const struct xdps_interface *iface = &c->setting.iface;

	if (c->warning.text[0] || !xdps_vlan_is_taken_off(iface) || !xdps_vlan_is_used(iface))
		return;
	xdps_vlan_describe(iface, c->warning.text, sizeof(c->warning.text));
	c->said_vlans = true;
}

/* Anything that happens to the interface after this has begun is noticed. */
static enum xdps_status open_capture(struct capture *c, struct xdps_error *err)
{
	struct xdps_setting *s = &c->setting;
	enum xdps_status status;

	status = xdps_interface_find(&s->iface, s->request.ifname, err);
	if (!status)
		status = xdps_cpus_read(&s->cpus, err);
	if (!status)
		status = xdps_watch_open(&c->watch, err);
	if (!status)
		status = xdps_hook_open(&c->hook, s, &c->rings, err);
	if (!status)
		status = xdps_arrivals_open(&c->arrivals, c->hook.object.cpus_fd,
					    s->cpus.n_possible, err);
	if (status)
		return status;
	xdps_sockets_open(&c->sockets, &s->iface, s->request.promisc, &c->warning);
	warn_of_vlans(c);
	return XDPS_OK;
}

/* The capture is as asked for, but where its packets come from may be a surprise. */
static void debug_lowers(const struct capture *c)
{
	const struct xdps_target *t = &c->hook.target;
	char program[PROGRAM_BYTES];

	if (!t->traced || t->mode != XDPS_MODE_NATIVE || strcmp(c->setting.iface.kind, "bond"))
		return;
	xdps_target_describe(t, program, sizeof(program));
	xdps_debug("%s: %s runs on its lower interfaces; packets that arrive there are captured",
		   c->setting.iface.name, program);
}

static enum xdps_status reply_ready(struct capture *c, struct xdps_error *err)
{
	struct xdps_reply reply = {
		.kind = XDPS_REPLY_READY,
		.ready.ring_kind = c->rings.kind,
		.ready.n_rings = c->rings.n,
		.ready.ring_bytes = c->rings.ring_bytes,
		.ready.n_cpus = c->setting.cpus.n_possible,
		.ready.link = c->setting.iface.link,
		.ready.has_inject = c->sockets.inject_fd >= 0,
	};
	const int fds[] = { c->hook.object.cpus_fd, c->sockets.inject_fd };
	enum xdps_status status;

	memcpy(reply.ready.warning, c->warning.text, sizeof(reply.ready.warning));
	status = xdps_reply_rings(SOCK, c->rings.fds, c->rings.n_fds, err);
	if (!status)
		status = xdps_reply_send(SOCK, &reply, fds, 1 + reply.ready.has_inject, err);
	return status;
}

static void debug_filter(const struct capture *c, const struct xdps_filter_spec *spec,
			 enum xdps_filter place, const struct xdps_error *why)
{
	const char *name = c->setting.iface.name;

	if (why->status)
		xdps_debug("%s: filter %u: refused: %s", name, spec->number, why->text);
	else if (place == XDPS_FILTER_KERNEL)
		xdps_debug("%s: filter %u: in the kernel, %u instructions of classic BPF",
			   name, spec->number, spec->n_insns);
	else
		xdps_debug("%s: filter %u: in user space%s%s", name, spec->number,
			   why->text[0] ? ": " : "", why->text);
}

/* libpcap has no place for a warning about a filter; the debugging output and extcap have. */
static enum xdps_status warn_of_filter(struct capture *c, const struct xdps_filter_spec *spec,
				       struct xdps_error *err)
{
	const struct xdps_interface *iface = &c->setting.iface;
	char text[sizeof(err->text)];

	if (c->said_vlans || !xdps_vlan_is_asked(spec->insns, spec->n_insns) ||
	    !xdps_vlan_is_taken_off(iface))
		return XDPS_OK;
	c->said_vlans = true;
	xdps_vlan_describe(iface, text, sizeof(text));
	return xdps_reply_notice(SOCK, text, err);
}

static enum xdps_status reply_filter(const struct xdps_filter_spec *spec,
				     enum xdps_filter place, const struct xdps_error *why,
				     struct xdps_error *err)
{
	struct xdps_reply reply = {
		.kind = XDPS_REPLY_FILTER,
		.filter.number = spec->number,
		.filter.place = place,
		.filter.status = why->status,
	};

	/* not a copy of the whole buffer, which can have anything behind the sentence */
	snprintf(reply.filter.text, sizeof(reply.filter.text), "%s", why->text);
	return xdps_reply_send(SOCK, &reply, NULL, 0, err);
}

static enum xdps_status set_filter(struct capture *c, struct xdps_error *err)
{
	enum xdps_filter place = XDPS_FILTER_KERNEL;
	struct xdps_request_filter request;
	struct xdps_filter_spec spec;
	enum xdps_status status;
	struct xdps_error why;

	status = xdps_request_check_filter(c->msg.buf, c->msg.bytes, &request, &spec.insns, err);
	if (status)
		return status;
	spec.number = request.number;
	spec.in_user_space = request.in_user_space;
	spec.n_insns = request.n_insns;
	xdps_hook_set_filter(&c->hook, &spec, &place, &why);
	debug_filter(c, &spec, place, &why);
	if (!why.status && warn_of_filter(c, &spec, err))
		return err->status;
	return reply_filter(&spec, place, &why, err);
}

static void debug_supply(const struct capture *c, uint32_t cpu, enum xdps_supply supply,
			 uint64_t n_lost, const struct xdps_error *why)
{
	const char *name = c->setting.iface.name;

	if (supply == XDPS_SUPPLY_REFUSED)
		xdps_debug("%s: CPU %u came online but has no ring, so its packets are lost, and counted as such: %s",
			   name, cpu, why->text);
	else
		xdps_debug("%s: CPU %u came online and has %s ring; %" PRIu64 " packets were lost there before that",
			   name, cpu, supply == XDPS_SUPPLY_ADDED ? "a" : "its", n_lost);
}

/* The capture goes on even if one CPU gets no ring. */
static enum xdps_status supply(struct capture *c, uint32_t cpu, struct xdps_error *err)
{
	struct xdps_reply more = { .kind = XDPS_REPLY_RINGS };
	struct xdps_error why = { .status = XDPS_OK };
	enum xdps_supply supply;
	uint64_t n_lost;

	supply = xdps_rings_supply(&c->rings, &c->setting.request, cpu, &c->arrivals.cpus[cpu],
				   &why);
	if (xdps_arrivals_note(&c->arrivals, cpu, supply, &n_lost))
		debug_supply(c, cpu, supply, n_lost, &why);
	if (supply != XDPS_SUPPLY_ADDED)
		return XDPS_OK;
	more.rings.n_rings = c->rings.n;
	return xdps_reply_send(SOCK, &more, &c->rings.fds[c->rings.n_fds - 1], 1, err);
}

static enum xdps_status drop_privilege(const struct capture *c, struct xdps_error *err)
{
	enum xdps_purpose purpose = 0;

	if (xdps_hook_follows(&c->hook))
		purpose |= XDPS_TO_FIND;
	if (c->rings.kind == XDPS_RING_PERF)
		purpose |= XDPS_TO_OPEN_PERF;
	return xdps_privilege_drop(purpose, err);
}

/* What privilege is kept depends on whether the hook would follow again. */
static enum xdps_status follow(struct capture *c, struct xdps_error *err)
{
	char program[PROGRAM_BYTES];
	enum xdps_status status;

	status = xdps_hook_follow(&c->hook, &c->setting, &c->rings, err);
	if (status)
		return status;
	xdps_target_describe(&c->hook.target, program, sizeof(program));
	xdps_debug("%s: the other capture has ended, and this one continues %s%s",
		   c->setting.iface.name, c->hook.target.traced ? "beside " : "on its own",
		   c->hook.target.traced ? program : "");
	return drop_privilege(c, err);
}

static enum xdps_status say_silence(struct capture *c, struct xdps_error *err)
{
	const struct xdps_silence *s = &c->watch.silence;
	char program[PROGRAM_BYTES], text[sizeof(err->text)];

	xdps_target_describe(&c->hook.target, program, sizeof(program));
	snprintf(text, sizeof(text),
		 "%s: %s did not run for %llu packets that arrived; another program decides first, or the packets arrived on a lower interface (a virtual function?)",
		 c->setting.iface.name, program,
		 (unsigned long long)(s->received - s->since_received));
	return xdps_reply_notice(SOCK, text, err);
}

/* Runs until the capture is over.  Returns XDPS_OK if the engine ended it. */
static enum xdps_status attend(struct capture *c, struct xdps_error *err)
{
	enum xdps_status status;
	struct xdps_occasion o;

	do {
		status = xdps_watch_wait(&c->watch, SOCK, &c->hook, &c->setting, &c->arrivals,
					 &o, err);
		if (status)
			return status;
		if (o.event == XDPS_EVENT_DETACHED) {
			status = follow(c, err);
			continue;
		}
		if (o.event == XDPS_EVENT_SILENCE) {
			status = say_silence(c, err);
			continue;
		}
		if (o.event == XDPS_EVENT_ARRIVAL) {
			status = supply(c, o.cpu, err);
			continue;
		}
		if (!receive(&c->msg, err))
			return XDPS_OK;
		status = err->status;
		if (!status)
			status = set_filter(c, err);
	} while (!status);
	return status;
}

static enum xdps_status serve(struct capture *c, struct xdps_error *err)
{
	enum xdps_status status;

	status = xdps_request_check_open(c->msg.buf, c->msg.bytes, &c->setting.request, err);
	if (!status)
		status = open_capture(c, err);
	if (!status)
		status = drop_privilege(c, err);
	if (!status)
		status = reply_ready(c, err);
	if (!status) {
		debug_lowers(c);
		status = attend(c, err);
	}
	return status;
}

/* Runs until the engine has no more questions; attaches nothing. */
static void answer_queries(struct capture *c, struct xdps_error *err)
{
	struct xdps_request_query request;

	do {
		if (!err->status)
			xdps_request_check_query(c->msg.buf, c->msg.bytes, &request, err);
		if (!err->status)
			xdps_query(SOCK, request.ifname, err);
	} while (!err->status && receive_request(c, err));
}

/*
 * Detaches first: when the engine sees the end of the socket, or an error, the program is
 * off the interface.
 */
static void end(struct capture *c, const struct xdps_error *err)
{
	xdps_hook_leave(&c->hook);
	xdps_sockets_close(&c->sockets);
	if (err->status)
		xdps_reply_error(SOCK, err);
	shutdown(SOCK, SHUT_RDWR);
	xdps_arrivals_close(&c->arrivals);
	xdps_rings_close(&c->rings);
	xdps_hook_close(&c->hook);
	xdps_watch_close(&c->watch);
}

int main(int argc, char **argv)
{
	struct xdps_error err = { .status = XDPS_OK };
	static struct capture c;

	if (argc > 1 || !is_called_by_engine())
		return talk_to_person(argc, argv);

	isolate();
	capture_init(&c);
	if (receive_request(&c, &err)) {
		if (xdps_request_is_query(c.msg.buf, c.msg.bytes))
			answer_queries(&c, &err);
		else if (!err.status)
			serve(&c, &err);
		end(&c, &err);
	}
	return err.status ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * helper_lab.c: a helper to try things on, and an interface for it.
 */
#define _GNU_SOURCE
#include "helper_lab.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../common/counters.h"
#include "../../engine/ring.h"

#define DEADLINE_MS 20000		/* longer than the helper's own */
#define PACKET_MS 5000
#define EXEC_FAILED 127

const struct how as_usual;
struct helper helper;

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		print_message("# %s: %s\n", path, strerror(errno));
	close(fd);
}

/* NULL, or why nothing can be tested here. */
static const char *enter(void)
{
	if (!getenv("XDPSAMPLE_HELPER"))
		return "XDPSAMPLE_HELPER is not set";
	if (geteuid())
		return "needs root, for interfaces and for the helper";
	if (unshare(CLONE_NEWNET))
		return "needs CAP_SYS_ADMIN, for a network namespace";
	if (!lab_try_ip("link set lo up"))
		return "needs ip, of iproute2";

	/* or the kernel sends packets of its own */
	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	return NULL;
}

static int run_ip(const char *fmt, va_list args)
{
	char arguments[256], command[300];

	vsnprintf(arguments, sizeof(arguments), fmt, args);
	snprintf(command, sizeof(command), "ip %s >/dev/null 2>&1", arguments);
	return system(command);
}

void lab_ip(const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = run_ip(fmt, args);
	va_end(args);
	if (rc)
		fail_msg("ip %s: %d", fmt, rc);
}

bool lab_try_ip(const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = run_ip(fmt, args);
	va_end(args);
	return !rc;
}

static int subscribe_to_links(void)
{
	const struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	int sock;

	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_true(sock >= 0);
	assert_int_equal(bind(sock, (const void *)&addr, sizeof(addr)), 0);
	return sock;
}

/* The index of the interface that this says can send, or 0. */
static int says_up(const struct nlmsghdr *head)
{
	const struct ifinfomsg *info = NLMSG_DATA(head);
	const struct rtattr *attr = IFLA_RTA(info);
	int bytes = IFLA_PAYLOAD(head);

	if (head->nlmsg_type != RTM_NEWLINK)
		return 0;
	for (; RTA_OK(attr, bytes); attr = RTA_NEXT(attr, bytes))
		if (attr->rta_type == IFLA_OPERSTATE)
			return *(const uint8_t *)RTA_DATA(attr) == IF_OPER_UP ?
				info->ifi_index : 0;
	return 0;
}

void lab_up(const char *ifname, const char *other)
{
	const int wanted[] = { if_nametoindex(ifname), if_nametoindex(other) };
	const int sock = subscribe_to_links();
	struct pollfd p = { .fd = sock, .events = POLLIN };
	_Alignas(struct nlmsghdr) char buf[16384];
	bool up[2] = { false, false };

	lab_ip("link set %s up", ifname);
	while (!up[0] || !up[1]) {
		const struct nlmsghdr *head = (const void *)buf;
		int bytes;

		if (poll(&p, 1, DEADLINE_MS) != 1)
			fail_msg("%s and %s are not up", ifname, other);
		bytes = recv(sock, buf, sizeof(buf), 0);
		for (; NLMSG_OK(head, bytes); head = NLMSG_NEXT(head, bytes))
			for (int i = 0; i < 2; i++)
				up[i] |= says_up(head) == wanted[i];
	}
	close(sock);
}

void lab_cable(void)
{
	lab_ip("link add " NEAR " type veth peer name " FAR);
	lab_ip("link set " NEAR " up");
	lab_up(FAR, NEAR);
}

void lab_no_cable(void)
{
	lab_try_ip("link del " NEAR);
	lab_try_ip("link del " FAR);
}

struct xdps_request_open lab_request(const char *ifname)
{
	struct xdps_request_open msg = {
		.magic = XDPS_MAGIC,
		.kind = XDPS_REQUEST_OPEN,
		.request = { .rate = 1, .snaplen = 256, .immediate = 1 },
	};

	snprintf(msg.request.ifname, sizeof(msg.request.ifname), "%s", ifname);
	return msg;
}

static int set_limit(int which, rlim_t soft)
{
	struct rlimit limit;

	if (getrlimit(which, &limit))
		return -1;
	limit.rlim_cur = soft;
	if (which == RLIMIT_MEMLOCK)
		limit.rlim_max = soft;
	return setrlimit(which, &limit);
}

static int enter_user_namespace(void)
{
	if (unshare(CLONE_NEWUSER))
		return -1;
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", "0 0 1");
	write_file("/proc/self/gid_map", "0 0 1");
	return 0;
}

static int restrict_self(const struct how *how)
{
	if (how->locked_bytes && set_limit(RLIMIT_MEMLOCK, how->locked_bytes))
		return -1;
	if (how->n_files && set_limit(RLIMIT_NOFILE, how->n_files))
		return -1;
	for (int cap = 0; cap < 64; cap++)
		if (how->without >> cap & 1 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -1;
	if (how->in_user_namespace && enter_user_namespace())
		return -1;
	if (how->uid && (setgroups(0, NULL) || setresgid(how->uid, how->uid, how->uid) ||
			 setresuid(how->uid, how->uid, how->uid)))
		return -1;
	if (how->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return 0;
}

static void become_helper(const struct how *how, int sock)
{
	const char *path = how->path ? how->path : getenv("XDPSAMPLE_HELPER");

	if (dup2(sock, 0) || dup2(how->err_fd ? how->err_fd : sock, 2) != 2 ||
	    restrict_self(how))
		_exit(EXEC_FAILED);
	if (how->with_closed_stdio) {
		close(1);
		close(2);
	}
	execl(path, "xdpsample-helper", (char *)NULL);
	_exit(EXEC_FAILED);
}

void helper_start(struct helper *h, const struct how *how)
{
	int pair[2];

	memset(h, 0, sizeof(*h));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	h->sock = pair[0];
	h->pid = fork();
	assert_true(h->pid >= 0);
	if (!h->pid)
		become_helper(how, pair[1]);
	close(pair[1]);
}

/* It may be gone, and have left a message. */
void helper_send(struct helper *h, const void *msg, size_t bytes)
{
	if (send(h->sock, msg, bytes, MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		fail_msg("sending %zu bytes: %s", bytes, strerror(errno));
}

void helper_send_with_fd(struct helper *h, const void *msg, size_t bytes, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(fd))];
	} control = { 0 };
	struct iovec iov = { (void *)msg, bytes };
	struct msghdr head = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	assert_int_equal(sendmsg(h->sock, &head, MSG_NOSIGNAL), bytes);
}

static void keep_fds(struct helper *h, struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	unsigned int n;

	assert_false(msg->msg_flags & MSG_CTRUNC);
	if (!cmsg)
		return;
	assert_int_equal(cmsg->cmsg_level, SOL_SOCKET);
	assert_int_equal(cmsg->cmsg_type, SCM_RIGHTS);
	n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	assert_in_range(h->n_fds + n, 1, ARRAY_SIZE(h->fds));
	memcpy(h->fds + h->n_fds, CMSG_DATA(cmsg), n * sizeof(int));
	h->n_fds += n;
	assert_int_equal(h->reply.n_fds, n);
}

bool helper_hear(struct helper *h)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(XDPS_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { &h->reply, sizeof(h->reply) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct pollfd p = { .fd = h->sock, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, DEADLINE_MS) != 1)
		fail_msg("the helper says nothing for %d ms", DEADLINE_MS);
	/* ECONNRESET: it died with something of ours unread; its words come next */
	do {
		n = recvmsg(h->sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == ECONNRESET);
	assert_true(n >= 0);
	if (!n)
		return false;
	if (n < (ssize_t)offsetof(struct xdps_reply, rings) || h->reply.magic != XDPS_MAGIC ||
	    (size_t)n != xdps_reply_bytes(h->reply.kind))
		fail_msg("%zd bytes that are no message: %.*s", n, (int)n,
			 (const char *)&h->reply);
	keep_fds(h, &msg);
	if (h->reply.kind == XDPS_REPLY_READY)
		h->ready = h->reply.ready;
	if (h->reply.kind == XDPS_REPLY_RINGS)
		h->n_ring_fds = h->n_fds;
	return true;
}

const char *helper_text(const struct helper *h)
{
	switch (h->reply.kind) {
	case XDPS_REPLY_READY:
		return h->reply.ready.warning;
	case XDPS_REPLY_ERROR:
		return h->reply.error.text;
	case XDPS_REPLY_FILTER:
		return h->reply.filter.text;
	case XDPS_REPLY_PROGRAM:
		return h->reply.program.name;
	case XDPS_REPLY_QUERY:
		return h->reply.query.text;
	case XDPS_REPLY_NOTICE:
		return h->reply.notice.text;
	}
	return "";
}

void helper_open(struct helper *h, const struct how *how,
		 const struct xdps_request_open *request)
{
	helper_start(h, how);
	helper_send(h, request, sizeof(*request));
	do {
		if (!helper_hear(h))
			fail_msg("the helper exited without an error message");
	} while (h->reply.kind == XDPS_REPLY_RINGS);
}

void assert_ready(const struct helper *h)
{
	if (h->reply.kind != XDPS_REPLY_READY)
		fail_msg("not ready, but \"%s\"", helper_text(h));
}

void assert_error(const struct helper *h, enum xdps_status status, const char *words)
{
	assert_int_equal(h->reply.kind, XDPS_REPLY_ERROR);
	if (h->reply.error.status != status || !strstr(h->reply.error.text, words))
		fail_msg("\"%s\" (%u) is not (%u) and does not say \"%s\"", h->reply.error.text,
			 h->reply.error.status, status, words);
	assert_int_equal(h->reply.n_fds, 0);
}

int helper_wait(struct helper *h)
{
	int status;

	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	h->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void let_go(struct helper *h)
{
	while (h->n_fds)
		close(h->fds[--h->n_fds]);
	if (h->sock > 0)
		close(h->sock);
	h->sock = 0;
}

int helper_end(struct helper *h)
{
	let_go(h);
	return helper_wait(h);
}

void helper_kill(struct helper *h)
{
	if (h->pid) {
		kill(h->pid, SIGKILL);
		helper_wait(h);
	}
	let_go(h);
}

const char *lab_xdp(const char *ifname, uint32_t *prog_id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, found);
	const unsigned int index = if_nametoindex(ifname);

	assert_int_not_equal(index, 0);
	assert_int_equal(bpf_xdp_query(index, 0, &found), 0);
	if (prog_id)
		*prog_id = found.prog_id;
	switch (found.attach_mode) {
	case XDP_ATTACHED_NONE:
		return "none";
	case XDP_ATTACHED_DRV:
		return "native";
	case XDP_ATTACHED_SKB:
		return "generic";
	default:
		return "several";
	}
}

int lab_packet_socket(const char *ifname)
{
	const struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(FRAME_TYPE),
		.sll_ifindex = if_nametoindex(ifname),
	};
	int sock;

	sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(sock >= 0);
	assert_int_equal(bind(sock, (const void *)&addr, sizeof(addr)), 0);
	return sock;
}

void open_near(const struct how *how)
{
	const struct xdps_request_open request = lab_request(NEAR);

	helper_open(&helper, how, &request);
}

void helper_capture(struct helper *h, const struct how *how,
		    const struct xdps_request_open *request)
{
	helper_open(h, how, request);
	assert_ready(h);
}

void capture_near(const struct how *how)
{
	open_near(how);
	assert_ready(&helper);
}

void helper_filter(struct helper *h, uint32_t number, const struct xdps_insn *insns,
		   uint32_t n_insns)
{
	const size_t bytes = n_insns * sizeof(*insns);
	struct xdps_request_filter *request = malloc(sizeof(*request) + bytes);

	assert_non_null(request);
	*request = (struct xdps_request_filter){
		.magic = XDPS_MAGIC,
		.kind = XDPS_REQUEST_FILTER,
		.number = number,
		.in_user_space = !n_insns,
		.n_insns = n_insns,
	};
	if (n_insns)
		memcpy(request + 1, insns, bytes);
	helper_send(h, request, sizeof(*request) + bytes);
	free(request);
	assert_true(helper_hear(h));
}

void assert_filter(const struct helper *h, uint32_t number, enum xdps_filter place)
{
	const struct xdps_reply_filter *reply = &h->reply.filter;

	if (h->reply.kind != XDPS_REPLY_FILTER || reply->status)
		fail_msg("(kind %u) \"%s\"", h->reply.kind, helper_text(h));
	assert_int_equal(reply->number, number);
	if (reply->place != place)
		fail_msg("in place %u and not %u: \"%s\"", reply->place, place, reply->text);
	assert_int_equal(h->reply.n_fds, 0);
}

uint64_t helper_status_hex(const char *field)
{
	char path[64], line[256], format[64];
	unsigned long long value = ~0ull;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", helper.pid);
	snprintf(format, sizeof(format), "%s: %%llx", field);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, format, &value) == 1)
			break;
	fclose(f);
	return value;
}

/* What the helper gave, mapped, with a reader for each ring. */
struct mapped {
	struct xdps_cpu *cpus;
	struct xdps_ring rings[XDPS_FDS_MAX];
	void *maps[XDPS_FDS_MAX];
	unsigned int n_maps;
	size_t map_bytes;
};

static void *map_shared(int fd, size_t bytes)
{
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(map, MAP_FAILED);
	return map;
}

static size_t cpus_bytes(void)
{
	return xdps_counters_bytes(helper.ready.n_cpus);
}

static void open_rings(struct mapped *m)
{
	const struct xdps_reply_ready *r = &helper.ready;
	const size_t page_bytes = sysconf(_SC_PAGESIZE);
	bool are_perf = r->ring_kind == XDPS_RING_PERF;

	assert_in_range(r->n_rings, 1, ARRAY_SIZE(m->rings));
	m->cpus = map_shared(helper.fds[helper.n_ring_fds], cpus_bytes());
	m->n_maps = are_perf ? r->n_rings : 1;
	m->map_bytes = are_perf ? page_bytes + r->ring_bytes :
				  xdps_ring_map_bytes(r->n_rings, r->ring_bytes);
	for (unsigned int i = 0; i < m->n_maps; i++)
		m->maps[i] = map_shared(helper.fds[i], m->map_bytes);
	for (unsigned int i = 0; i < r->n_rings; i++)
		assert_int_equal(are_perf ?
			xdps_ring_init_perf(&m->rings[i], m->maps[i], m->map_bytes, page_bytes) :
			xdps_ring_init_map(&m->rings[i], (char *)m->maps[0] +
					   xdps_ring_map_bytes(i, r->ring_bytes), r->ring_bytes,
					   i, m->cpus, r->n_cpus), 0);
}

static void close_rings(struct mapped *m)
{
	for (unsigned int i = 0; i < m->n_maps; i++)
		munmap(m->maps[i], m->map_bytes);
	munmap(m->cpus, cpus_bytes());
}

/* The ring with a packet in it, at last. */
static struct xdps_ring *find_packet(struct mapped *m, uint64_t *mono_ns)
{
	for (int ms = 0; ms < PACKET_MS; ms++) {
		for (unsigned int i = 0; i < helper.ready.n_rings; i++)
			if (xdps_ring_peek(&m->rings[i], mono_ns))
				return &m->rings[i];
		usleep(1000);
	}
	fail_msg("no packet in any ring");
	return NULL;
}

uint32_t assert_captured(const unsigned char *data, uint32_t bytes)
{
	static unsigned char scratch[XDPS_SCRATCH_BYTES];
	struct xdps_packet pkt;
	struct xdps_ring *ring;
	int64_t tai_offset_ns;
	struct mapped mapped;
	uint64_t mono_ns;

	open_rings(&mapped);
	ring = find_packet(&mapped, &mono_ns);
	xdps_ring_packet(ring, scratch, &pkt, &tai_offset_ns);
	assert_int_equal(pkt.len, bytes);
	assert_int_equal(pkt.caplen, bytes);
	assert_memory_equal(pkt.data, data, bytes);
	xdps_ring_advance(ring);
	assert_false(xdps_ring_peek(ring, &mono_ns));
	close_rings(&mapped);
	return pkt.filter;
}

struct xdps_stats lab_stats(void)
{
	struct xdps_stats stats = { 0 };
	void *cpus;

	cpus = map_shared(helper.fds[helper.n_ring_fds], cpus_bytes());
	xdps_counters_sum(cpus, helper.ready.n_cpus, &stats);
	munmap(cpus, cpus_bytes());
	return stats;
}

int lab_inject_fd(void)
{
	assert_int_equal(helper.ready.has_inject, 1);
	return helper.fds[helper.n_ring_fds + 1];
}

void make_frame(unsigned char *frame, unsigned char seed)
{
	for (int i = 0; i < FRAME_BYTES; i++)
		frame[i] = i < 12 ? 0x02 : seed + i;
	frame[12] = FRAME_TYPE >> 8;
	frame[13] = FRAME_TYPE & 0xff;
}

/* When the stack has it, the program at the hook has seen it. */
static void send_through(unsigned char *frame, unsigned char seed)
{
	const int near = lab_packet_socket(NEAR), far = lab_packet_socket(FAR);
	struct pollfd p = { .fd = near, .events = POLLIN };
	unsigned char got[FRAME_BYTES + 1];

	make_frame(frame, seed);
	assert_int_equal(send(far, frame, FRAME_BYTES, 0), FRAME_BYTES);
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(recv(near, got, sizeof(got), 0), FRAME_BYTES);
	assert_memory_equal(got, frame, FRAME_BYTES);
	close(near);
	close(far);
}

uint32_t assert_captures(unsigned char seed)
{
	unsigned char frame[FRAME_BYTES];

	send_through(frame, seed);
	return assert_captured(frame, sizeof(frame));
}

void assert_rejects(unsigned char seed)
{
	const struct xdps_stats before = lab_stats();
	unsigned char frame[FRAME_BYTES];
	struct xdps_stats after;

	send_through(frame, seed);
	after = lab_stats();
	assert_int_equal(after.rejected, before.rejected + 1);
	assert_int_equal(after.seen, before.seen + 1);
}

void assert_is(int fd, const char *kind)
{
	char path[64], target[128];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	assert_true(n > 0);
	target[n] = '\0';
	if (!strstr(target, kind))
		fail_msg("%s is no %s", target, kind);
}

static int begin(void **state)
{
	lab_cable();
	return 0;
}

static int end(void **state)
{
	helper_kill(&helper);
	lab_no_cable();
	return 0;
}

int lab_run(const char *name, const struct CMUnitTest *tests, size_t n_tests,
	    CMFixtureFunction setup, CMFixtureFunction teardown)
{
	struct CMUnitTest with_cable[n_tests];
	const char *reason = enter();

	if (reason) {
		printf("1..0 # SKIP %s\n", reason);
		return 0;
	}
	for (size_t i = 0; i < n_tests; i++) {
		with_cable[i] = tests[i];
		with_cable[i].setup_func = begin;
		with_cable[i].teardown_func = end;
	}
	return _cmocka_run_group_tests(name, with_cable, n_tests, setup, teardown);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * join.c: asks the captures on an interface to let this one into their hook.
 *
 * Anybody may listen there, and closing a descriptor that a stranger sent can take as long
 * as the stranger likes.  So a child process asks.  It passes on what is what it should be,
 * and nobody waits for its end.
 */
#define _GNU_SOURCE
#include "join.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../common/fd.h"

#include "../host/now.h"
#include "../target/target.h"

#include "admission.h"

#define CHILD_S 3			/* the child ends by itself after that */

struct host {
	int sock;			/* -1: nothing to be had from this one */
	bool is_asked;
};

struct hosts {
	struct host at[XDPS_CHAIN_MAX];
	unsigned int n;
};

static void connect_all(struct hosts *hosts, const struct xdps_interface *iface)
{
	hosts->n = 0;
	for (int slot = 0; slot < XDPS_CHAIN_MAX; slot++) {
		int sock = xdps_admission_connect(iface, slot);

		if (sock >= 0)
			hosts->at[hosts->n++] = (struct host){ .sock = sock };
	}
}

static void disconnect_all(struct hosts *hosts)
{
	for (unsigned int i = 0; i < hosts->n; i++)
		xdps_fd_close(&hosts->at[i].sock);
}

static bool is_of_attached(int link_fd, const struct xdps_interface *iface)
{
	struct bpf_link_info info = { 0 };
	__u32 bytes = sizeof(info);
	enum xdps_mode mode;
	uint32_t id;

	return !bpf_obj_get_info_by_fd(link_fd, &info, &bytes) &&
	       info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == (__u32)iface->index &&
	       !xdps_target_query(iface, &id, &mode) && id == info.prog_id;
}

static bool is_map(int fd, uint32_t type, uint32_t n)
{
	struct bpf_map_info info = { 0 };
	__u32 bytes = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &bytes) && info.type == type &&
	       info.max_entries == n;
}

static bool is_grant(const int *fds, const struct xdps_interface *iface)
{
	return is_of_attached(fds[XDPS_GRANT_LINK], iface) &&
	       is_map(fds[XDPS_GRANT_SLOTS], BPF_MAP_TYPE_PROG_ARRAY, XDPS_CHAIN_MAX) &&
	       is_map(fds[XDPS_GRANT_MEMBERS], BPF_MAP_TYPE_ARRAY, 1) &&
	       is_map(fds[XDPS_GRANT_TAGS], BPF_MAP_TYPE_PERCPU_ARRAY, 1);
}

/* Returns false if nothing more is to be had from this host.  `fds` are a grant if it is >= 0. */
static bool go_on(struct host *host, pid_t pid, int *fds, const struct xdps_interface *iface)
{
	int map_fd;

	if (host->is_asked)
		return xdps_admission_receive(host->sock, XDPS_ADMISSION_GRANT, fds,
					      XDPS_N_GRANT) && is_grant(fds, iface);
	host->is_asked = true;
	fds[XDPS_GRANT_LINK] = -1;
	return xdps_admission_receive(host->sock, XDPS_ADMISSION_CHALLENGE, &map_fd, 1) &&
	       xdps_admission_prove(map_fd, pid) &&
	       xdps_admission_send(host->sock, XDPS_ADMISSION_PROVED, NULL, 0);
}

/* Talks to all hosts, until one has granted.  What is closed here is only forgotten. */
static bool ask(struct hosts *hosts, pid_t pid, int *fds, const struct xdps_interface *iface)
{
	struct pollfd p[XDPS_CHAIN_MAX];
	unsigned int n_left = hosts->n;

	for (unsigned int i = 0; i < hosts->n; i++)
		p[i] = (struct pollfd){ .fd = hosts->at[i].sock, .events = POLLIN };
	while (n_left && poll(p, hosts->n, XDPS_ADMISSION_MS) > 0) {
		for (unsigned int i = 0; i < hosts->n; i++) {
			if (!p[i].revents || p[i].fd < 0)
				continue;
			if (!go_on(&hosts->at[i], pid, fds, iface)) {
				p[i].fd = -1;
				n_left--;
			} else if (fds[XDPS_GRANT_LINK] >= 0) {
				return true;
			}
		}
	}
	return false;
}

static bool is_needed(int fd, const struct hosts *hosts, int sock)
{
	for (unsigned int i = 0; i < hosts->n; i++)
		if (fd == hosts->at[i].sock)
			return true;
	return fd == sock;
}

/* The engine's socket and everything else that the child could keep open. */
static void close_others(const struct hosts *hosts, int sock)
{
	for (int fd = 0; fd < sock; fd++)
		if (!is_needed(fd, hosts, sock))
			close(fd);
	syscall(SYS_close_range, sock + 1, ~0U, 0);
}

/*
 * Begins when the parent has closed the sockets, and so has nothing to do with what is sent
 * to them.  Closes nothing but the grant: the kernel closes what strangers sent when this
 * process has ended.
 */
static void be_child(struct hosts *hosts, int sock, pid_t pid, const struct xdps_interface *iface)
{
	int fds[XDPS_N_GRANT];

	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, SIG_DFL);
	alarm(CHILD_S);
	close_others(hosts, sock);
	if (recv(sock, &go, sizeof(go), 0) == sizeof(go) && ask(hosts, pid, fds, iface) &&
	    xdps_admission_send(sock, XDPS_ADMISSION_GRANT, fds, XDPS_N_GRANT))
		for (int i = 0; i < XDPS_N_GRANT; i++)
			close(fds[i]);
	_exit(0);
}

/* Returns the socket on which the child reports, or -1. */
static int start_child(struct hosts *hosts, const struct xdps_interface *iface)
{
	const pid_t pid = getpid();
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	signal(SIGCHLD, SIG_IGN);	/* it leaves no zombie */
	child = fork();
	if (!child)
		be_child(hosts, ends[1], pid, iface);
	close(ends[1]);
	disconnect_all(hosts);
	if (child < 0 || send(ends[0], "", 1, MSG_NOSIGNAL) != 1)
		xdps_fd_close(&ends[0]);
	return ends[0];
}

static bool has_tags(int members_fd)
{
	struct xdps_members members = { 0 };
	uint32_t first = 0;

	return !bpf_map_lookup_elem(members_fd, &first, &members) && members.has_tags;
}

bool xdps_join(struct xdps_grant *grant, const struct xdps_interface *iface)
{
	int fds[XDPS_N_GRANT];
	struct pollfd p = { .events = POLLIN };
	const int64_t begin_ms = xdps_now_ms();
	struct hosts hosts;
	bool is_granted;

	connect_all(&hosts, iface);
	if (!hosts.n)
		return false;
	p.fd = start_child(&hosts, iface);
	is_granted = p.fd >= 0 && poll(&p, 1, XDPS_ADMISSION_MS) > 0 &&
		     xdps_admission_receive(p.fd, XDPS_ADMISSION_GRANT, fds, XDPS_N_GRANT);
	xdps_fd_close(&p.fd);
	if (!is_granted)
		return false;
	*grant = (struct xdps_grant){
		.link_fd = fds[XDPS_GRANT_LINK],
		.maps.slots_fd = fds[XDPS_GRANT_SLOTS],
		.maps.members_fd = fds[XDPS_GRANT_MEMBERS],
		.maps.tags_fd = fds[XDPS_GRANT_TAGS],
		.maps.has_tags = has_tags(fds[XDPS_GRANT_MEMBERS]),
		.took_ms = xdps_now_ms() - begin_ms,
	};
	return true;
}

void xdps_grant_close(struct xdps_grant *grant)
{
	xdps_fd_close(&grant->link_fd);
	xdps_fd_close(&grant->maps.slots_fd);
	xdps_fd_close(&grant->maps.members_fd);
	xdps_fd_close(&grant->maps.tags_fd);
}

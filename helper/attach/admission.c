// SPDX-License-Identifier: BSD-3-Clause
/*
 * admission.c: how one capture lets another one into its hook: what both sides need.
 */
#define _GNU_SOURCE
#include "admission.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../common/fd.h"

/* The elements of the map: the host's own program makes it one of XDP programs. */
enum { OF_HOST, OF_GUEST, N_PROGRAMS };

struct message {
	uint32_t step;			/* enum xdps_admission_step */
	uint32_t n_fds;
};

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(XDPS_N_GRANT * sizeof(int))];
};

/* The interface's index is unique within the network namespace, as the name is. */
static socklen_t name(struct sockaddr_un *addr, const struct xdps_interface *iface, int slot)
{
	int len;

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	len = snprintf(addr->sun_path + 1, sizeof(addr->sun_path) - 1, "xdpsample/%d/%d/%d",
		       XDPS_CHAIN_VERSION, iface->index, slot);
	return offsetof(struct sockaddr_un, sun_path) + 1 + len;
}

static int named_socket(int (*name_it)(int, const struct sockaddr *, socklen_t),
			const struct xdps_interface *iface, int slot)
{
	struct sockaddr_un addr;
	socklen_t bytes = name(&addr, iface, slot);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && name_it(fd, (const struct sockaddr *)&addr, bytes)) {
		close(fd);
		return -1;
	}
	return fd;
}

int xdps_admission_bind(const struct xdps_interface *iface, int slot)
{
	return named_socket(bind, iface, slot);
}

int xdps_admission_connect(const struct xdps_interface *iface, int slot)
{
	return named_socket(connect, iface, slot);
}

bool xdps_admission_send(int sock, enum xdps_admission_step step, const int *fds,
			 unsigned int n_fds)
{
	struct message message = { .step = step, .n_fds = n_fds };
	struct iovec iov = { .iov_base = &message, .iov_len = sizeof(message) };
	struct msghdr head = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;

	if (n_fds)
		xdps_fds_put(&head, &control.head, fds, n_fds);
	return sendmsg(sock, &head, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(message);
}

bool xdps_admission_receive(int sock, enum xdps_admission_step step, int *fds,
			    unsigned int n_fds)
{
	const size_t bytes = n_fds * sizeof(*fds);
	struct message message;
	struct iovec iov = { .iov_base = &message, .iov_len = sizeof(message) };
	union control control = { .head.cmsg_len = 0 };
	struct msghdr head = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds) {
		head.msg_control = &control;
		head.msg_controllen = sizeof(control);
	}
	if (recvmsg(sock, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(message) ||
	    message.step != (uint32_t)step || message.n_fds != n_fds)
		return false;
	if (!n_fds)
		return true;
	if (control.head.cmsg_len != CMSG_LEN(bytes) || control.head.cmsg_type != SCM_RIGHTS)
		return false;
	memcpy(fds, CMSG_DATA(&control.head), bytes);
	return true;
}

static void map_name(char buf[BPF_OBJ_NAME_LEN], pid_t pid)
{
	snprintf(buf, BPF_OBJ_NAME_LEN, "xdps_%d", (int)pid);
}

/* Passes every packet: whoever gets hold of it can do no harm with it. */
static int put_program(int map_fd, uint32_t at)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd, rc;

	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xdps_proof", "Dual BSD/GPL", insns,
			   sizeof(insns) / sizeof(insns[0]), NULL);
	if (fd < 0)
		return fd;
	rc = bpf_map_update_elem(map_fd, &at, &fd, BPF_ANY);
	close(fd);
	return rc;
}

int xdps_admission_challenge(pid_t pid)
{
	char text[BPF_OBJ_NAME_LEN];
	int fd, rc;

	map_name(text, pid);
	fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, text, sizeof(uint32_t), sizeof(uint32_t),
			    N_PROGRAMS, NULL);
	if (fd < 0)
		return fd;
	rc = put_program(fd, OF_HOST);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

bool xdps_admission_prove(int map_fd, pid_t pid)
{
	struct bpf_map_info info = { 0 };
	char text[BPF_OBJ_NAME_LEN];
	__u32 bytes = sizeof(info);

	map_name(text, pid);
	return !bpf_obj_get_info_by_fd(map_fd, &info, &bytes) &&
	       info.type == BPF_MAP_TYPE_PROG_ARRAY && !strcmp(info.name, text) &&
	       !put_program(map_fd, OF_GUEST);
}

bool xdps_admission_is_proved(int map_fd)
{
	const uint32_t at = OF_GUEST;
	uint32_t id;

	return !bpf_map_lookup_elem(map_fd, &at, &id);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: blind INTERFACE
 *
 * Puts a program in front of all others at tcx egress (Linux 6.6) that lets packets leave
 * without asking the others, says "attached", and stays until it is ended.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TCX_EGRESS 47			/* enum bpf_attach_type, since 6.6 */
#define BEFORE (1u << 3)		/* BPF_F_BEFORE */

static int attach(int prog_fd, uint32_t ifindex)
{
	struct {
		uint32_t prog_fd, ifindex, attach_type, flags, relative_fd, reserved;
		uint64_t expected_revision;
	} attr = {
		.prog_fd = (uint32_t)prog_fd,
		.ifindex = ifindex,
		.attach_type = TCX_EGRESS,
		.flags = BEFORE,
	};

	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

int main(int argc, char **argv)
{
	const struct bpf_insn insns[] = {	/* return 0: TCX_PASS */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	uint32_t ifindex = argc == 2 ? if_nametoindex(argv[1]) : 0;
	int fd;

	if (!ifindex) {
		fprintf(stderr, "usage: blind INTERFACE\n");
		return 64;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "blind", "BSD", insns, 2, NULL);
	if (fd < 0 || attach(fd, ifindex) < 0) {
		fprintf(stderr, "blind: %s\n", strerror(errno));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}

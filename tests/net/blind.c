// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: blind INTERFACE
 *
 * Puts a program in front of all others at tcx egress (Linux 6.6) that lets packets leave
 * without asking the others, says "attached", and stays until it is ended.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/attach/tcx.h"

int main(int argc, char **argv)
{
	const struct bpf_insn insns[] = {	/* return 0: TCX_PASS */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int ifindex = argc == 2 ? (int)if_nametoindex(argv[1]) : 0;
	int fd;

	if (!ifindex) {
		fprintf(stderr, "usage: blind INTERFACE\n");
		return 64;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "blind", "BSD", insns, 2, NULL);
	if (fd >= 0)
		fd = xdps_tcx_attach(fd, ifindex);
	if (fd < 0) {
		fprintf(stderr, "blind: %s\n", strerror(-fd));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: can_trace PINNED_PROGRAM
 *
 * Whether this kernel lets a program be traced, found out by doing it, and without
 * anything of xdpsample's.  If not, says why and ends with status 77.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CANNOT 77

static int refused(const char *what)
{
	printf("this kernel refuses to trace a program: %s: %s\n", what, strerror(errno));
	return CANNOT;
}

/* The type of its main function, 0 if it has none. */
static uint32_t function_type(int fd)
{
	struct bpf_func_info function = { 0 };
	struct bpf_prog_info info = {
		.nr_func_info = 1,
		.func_info_rec_size = sizeof(function),
		.func_info = (uintptr_t)&function,
	};
	__u32 bytes = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &bytes) ? 0 : function.type_id;
}

static int trace(int target_fd, uint32_t type_id)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_TRACE_FEXIT,
		    .attach_prog_fd = target_fd,
		    .attach_btf_id = type_id);
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "can_trace", "Dual BSD/GPL", insns,
			   sizeof(insns) / sizeof(insns[0]), &opts);
	if (fd < 0)
		return refused("loading what traces it");
	if (bpf_raw_tracepoint_open(NULL, fd) < 0)
		return refused("attaching what traces it");
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t type_id;
	int fd;

	fd = argc == 2 ? bpf_obj_get(argv[1]) : -1;
	if (fd < 0) {
		fprintf(stderr, "usage: can_trace PINNED_PROGRAM\n");
		return 2;
	}
	type_id = function_type(fd);
	if (!type_id) {
		fprintf(stderr, "can_trace: the program has no type\n");
		return 2;
	}
	return trace(fd, type_id);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tracer.h: the smallest program that traces an XDP program; it does nothing.
 */
#ifndef XDPS_TRACER_H
#define XDPS_TRACER_H

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdint.h>

/* The type of the main function of an XDP program; 0: it has none. */
static inline uint32_t main_function(int fd)
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

/* For BPF_TRACE_FENTRY or BPF_TRACE_FEXIT; a descriptor, or -errno. */
static inline int load_tracer(const char *name, enum bpf_attach_type point, int target_fd,
			      uint32_t function)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = point,
		    .attach_prog_fd = target_fd,
		    .attach_btf_id = function);

	return bpf_prog_load(BPF_PROG_TYPE_TRACING, name, "Dual BSD/GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
}

#endif

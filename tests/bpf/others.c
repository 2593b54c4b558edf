// SPDX-License-Identifier: BSD-3-Clause
/*
 * others.c: XDP programs of somebody else, made as a test needs them.
 */
#include "others.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>

#include "../unit/sentence.h"

#define FUNCTIONS_MAX 10
#define LICENSE "Dual BSD/GPL"

/* Of the function that is called first, in any BTF that begin_types() began. */
#define MAIN_TYPE_ID 5

#define PASS() { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS }
#define EXIT() { .code = BPF_JMP | BPF_EXIT }

/* "int name(struct xdp_md *)", for all functions. */
static struct btf *begin_types(void)
{
	struct btf *types = btf__new_empty();
	int number, context, pointer;

	assert_non_null(types);
	number = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
	context = btf__add_struct(types, "xdp_md", 4);
	assert_int_equal(btf__add_field(types, "data", number, 0, 0), 0);
	pointer = btf__add_ptr(types, context);
	assert_int_equal(btf__add_func_proto(types, number), MAIN_TYPE_ID - 1);
	assert_int_equal(btf__add_func_param(types, "ctx", pointer), 0);
	return types;
}

static void add_function(struct btf *types, const char *name)
{
	assert_true(btf__add_func(types, name, BTF_FUNC_GLOBAL, MAIN_TYPE_ID - 1) > 0);
}

/* Frees the types.  A descriptor or -errno. */
static int load(enum bpf_prog_type type, const char *name, const struct bpf_insn *insns,
		size_t n_insns, struct btf *types, struct bpf_prog_load_opts *opts)
{
	int fd;

	assert_int_equal(btf__load_into_kernel(types), 0);
	opts->prog_btf_fd = btf__fd(types);
	opts->func_info_rec_size = sizeof(struct bpf_func_info);
	fd = bpf_prog_load(type, name, LICENSE, insns, n_insns, opts);
	btf__free(types);
	return fd;
}

int other_without_btf(const char *name)
{
	const struct bpf_insn insns[] = { PASS(), EXIT() };
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, name, LICENSE, insns, ARRAY_SIZE(insns), NULL);
	assert_true(fd >= 0);
	return fd;
}

int other(const char *name)
{
	const struct bpf_insn insns[] = { PASS(), EXIT() };
	const struct bpf_func_info function = { 0, MAIN_TYPE_ID };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .func_info = &function, .func_info_cnt = 1);
	struct btf *types = begin_types();
	int fd;

	add_function(types, name);
	fd = load(BPF_PROG_TYPE_XDP, name, insns, ARRAY_SIZE(insns), types, &opts);
	assert_true(fd >= 0);
	return fd;
}

/* As the kernel wants it of a jump: relative to the next instruction. */
static struct bpf_insn call(unsigned int from, unsigned int to)
{
	return (struct bpf_insn){
		.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL,
		.imm = (int)to - (int)from - 1,
	};
}

static struct bpf_insn copy(int from, int to)
{
	return (struct bpf_insn){
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .src_reg = from, .dst_reg = to,
	};
}

int other_dispatcher(unsigned int n_functions)
{
	struct bpf_func_info functions[1 + FUNCTIONS_MAX] = { { 0, MAIN_TYPE_ID } };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .func_info = functions,
		    .func_info_cnt = 1 + n_functions);
	struct bpf_insn insns[3 + 4 * FUNCTIONS_MAX];
	const unsigned int tail = 3 + 2 * n_functions;
	struct btf *types = begin_types();
	unsigned int n = 0;
	char name[16];
	int fd;

	assert_in_range(n_functions, 1, FUNCTIONS_MAX);
	add_function(types, "xdp_dispatcher");
	insns[n++] = copy(BPF_REG_1, BPF_REG_6);
	for (unsigned int i = 0; i < n_functions; i++) {
		insns[n++] = copy(BPF_REG_6, BPF_REG_1);
		insns[n] = call(n, tail + 2 * i);
		n++;
	}
	insns[n++] = (struct bpf_insn)PASS();
	insns[n++] = (struct bpf_insn)EXIT();
	for (unsigned int i = 0; i < n_functions; i++) {
		snprintf(name, sizeof(name), "prog%u", i);
		add_function(types, name);
		functions[1 + i] = (struct bpf_func_info){ n, MAIN_TYPE_ID + 1 + i };
		insns[n++] = (struct bpf_insn)PASS();
		insns[n++] = (struct bpf_insn)EXIT();
	}
	fd = load(BPF_PROG_TYPE_XDP, "xdp_dispatcher", insns, n, types, &opts);
	assert_true(fd >= 0);
	return fd;
}

int other_component(const char *name, int dispatcher_fd, unsigned int nth)
{
	const struct bpf_insn insns[] = { PASS(), EXIT() };
	const struct bpf_func_info function = { 0, MAIN_TYPE_ID };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .func_info = &function, .func_info_cnt = 1,
		    .attach_prog_fd = dispatcher_fd,
		    .attach_btf_id = MAIN_TYPE_ID + 1 + nth);
	struct btf *types = begin_types();

	add_function(types, name);
	return load(BPF_PROG_TYPE_EXT, name, insns, ARRAY_SIZE(insns), types, &opts);
}

int other_put(int component_fd)
{
	int fd = bpf_raw_tracepoint_open(NULL, component_fd);

	assert_true(fd >= 0);
	return fd;
}

unsigned int other_id(int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 bytes = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(prog_fd, &info, &bytes), 0);
	return info.id;
}

bool other_says_where(int link_fd)
{
	struct bpf_link_info info = { 0 };
	__u32 bytes = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(link_fd, &info, &bytes), 0);
	return info.tracing.target_obj_id;
}

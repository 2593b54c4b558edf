// SPDX-License-Identifier: BSD-3-Clause
/*
 * filter_lab.c: a translated filter alone, run by the kernel on packets of ours.
 */
#define _GNU_SOURCE
#include "filter_lab.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../helper/program/verifier.h"
#include "../unit/sentence.h"

#define LOG_BYTES (1u << 20)
#define LONG_BYTES 9000
#define NOT_WRITTEN UINT64_MAX
#define CALLER_INSNS_MAX 32

/* Kernel's macros for instructions of eBPF are not for user space. */
#define INSN(c, dst, src, o, i) \
	((struct bpf_insn){ \
		.code = (c), .dst_reg = (dst), .src_reg = (src), .off = (o), .imm = (i) \
	})
#define MOV64(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV64_K(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define MOV32(dst, src) INSN(BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SUB64(dst, src) INSN(BPF_ALU64 | BPF_SUB | BPF_X, dst, src, 0, 0)
#define LOAD32(dst, src, off) INSN(BPF_LDX | BPF_MEM | BPF_W, dst, src, off, 0)
#define STORE64(dst, off, src) INSN(BPF_STX | BPF_MEM | BPF_DW, dst, src, off, 0)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static unsigned int write_call(struct bpf_insn *insns, int helper)
{
	insns[0] = INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
	return 1;
}

static unsigned int write_map_value(struct bpf_insn *insns, int reg, int map_fd)
{
	insns[0] = INSN(BPF_LD | BPF_DW | BPF_IMM, reg, BPF_PSEUDO_MAP_VALUE, 0, map_fd);
	insns[1] = INSN(0, 0, 0, 0, 0);
	return 2;
}

/*
 * R7 comes as how many bytes can be read, from R1 on, and becomes how many of them are
 * copied.  Without the mask the verifier of 5.10 does not see that they fit.
 */
static unsigned int write_copying(const struct filter_lab *lab, struct bpf_insn *insns)
{
	unsigned int n = 0;

	insns[n++] = MOV64(BPF_REG_3, BPF_REG_1);
	insns[n++] = INSN(BPF_JMP | BPF_JLE | BPF_K, BPF_REG_7, 0, 1, XDPS_COPY_BYTES - 1);
	insns[n++] = MOV64_K(BPF_REG_7, XDPS_COPY_BYTES - 1);
	insns[n++] = INSN(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_7, 0, 0, XDPS_COPY_BYTES - 1);
	n += write_map_value(insns + n, BPF_REG_1, lab->copy_fd);
	insns[n++] = MOV64(BPF_REG_2, BPF_REG_7);
	n += write_call(insns + n, BPF_FUNC_probe_read_kernel);
	n += write_map_value(insns + n, BPF_REG_1, lab->copy_fd);
	insns[n++] = MOV64(BPF_REG_2, BPF_REG_7);
	return n;
}

/* The program around the filter, which comes right behind it. */
static unsigned int write_caller(const struct filter_lab *lab, struct bpf_insn *insns)
{
	unsigned int n = 0, call;

	insns[n++] = MOV64(BPF_REG_6, BPF_REG_1);
	if (lab->has_frags)
		n += write_call(insns + n, BPF_FUNC_xdp_get_buff_len);
	insns[n++] = LOAD32(BPF_REG_1, BPF_REG_6, offsetof(struct xdp_md, data));
	insns[n++] = LOAD32(BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, data_end));
	insns[n++] = MOV64(BPF_REG_7, BPF_REG_2);
	insns[n++] = SUB64(BPF_REG_7, BPF_REG_1);
	insns[n++] = MOV32(BPF_REG_8, lab->has_frags ? BPF_REG_0 : BPF_REG_7);
	if (lab->memory == XDPS_MEMORY_COPY)
		n += write_copying(lab, insns + n);
	insns[n++] = MOV32(BPF_REG_3, BPF_REG_8);
	call = n++;
	n += write_map_value(insns + n, BPF_REG_1, lab->map_fd);
	insns[n++] = STORE64(BPF_REG_1, offsetof(struct verdict, filter), BPF_REG_0);
	insns[n++] = STORE64(BPF_REG_1, offsetof(struct verdict, linear), BPF_REG_7);
	insns[n++] = MOV64_K(BPF_REG_0, XDP_PASS);
	insns[n++] = EXIT;
	insns[call] = INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, n - call - 1);
	return n;
}

static int load(const struct filter_lab *lab, const struct bpf_insn *insns, unsigned int n,
		char *log)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_XDP,
		    .prog_flags = lab->has_frags ? BPF_F_XDP_HAS_FRAGS : 0,
		    .log_buf = log,
		    .log_size = log ? LOG_BYTES : 0,
		    .log_level = log ? 1 : 0);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "filter_lab", "Dual BSD/GPL", insns, n, &opts);
}

static void explain(const struct filter_lab *lab, const struct bpf_insn *insns, unsigned int n,
		    char *why, size_t size)
{
	char *log = calloc(1, LOG_BYTES);
	int fd;

	snprintf(why, size, "%s", strerror(errno));
	assert_non_null(log);
	fd = load(lab, insns, n, log);
	if (fd >= 0)
		close(fd);
	xdps_verifier_last_line(log, why, size);
	free(log);
}

int filter_lab_load(const struct filter_lab *lab, const struct xdps_code *code,
		    char *why, size_t size)
{
	struct bpf_insn *insns = malloc((CALLER_INSNS_MAX + code->n) * sizeof(*insns));
	unsigned int n;
	int fd;

	assert_non_null(insns);
	n = write_caller(lab, insns);
	memcpy(insns + n, code->insns, code->n * sizeof(*insns));
	fd = load(lab, insns, n + code->n, NULL);
	if (fd < 0 && why)
		explain(lab, insns, n + code->n, why, size);
	free(insns);
	return fd;
}

struct verdict filter_lab_run(const struct filter_lab *lab, int prog_fd,
			      const unsigned char *data, uint32_t len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = data, .data_size_in = len, .repeat = 1);

	lab->said->filter = lab->said->linear = NOT_WRITTEN;
	if (bpf_prog_test_run_opts(prog_fd, &opts))
		fail_msg("running the filter on %u bytes: %s", len, strerror(errno));
	assert_int_equal(opts.retval, XDP_PASS);
	assert_true(lab->said->linear != NOT_WRITTEN);
	return *lab->said;
}

/* A filter that says nothing of interest. */
static int load_any(const struct filter_lab *lab, char *why, size_t size)
{
	struct bpf_insn insns[] = { MOV64_K(BPF_REG_0, 0), EXIT };
	const struct xdps_code code = { .insns = insns, .n = ARRAY_SIZE(insns) };

	return filter_lab_load(lab, &code, why, size);
}

uint32_t filter_lab_linear(const struct filter_lab *lab)
{
	static unsigned char zeroes[LONG_BYTES];
	uint32_t linear;
	int fd;

	if (!lab->has_frags)
		return 0;
	fd = load_any(lab, NULL, 0);
	assert_true(fd >= 0);
	linear = filter_lab_run(lab, fd, zeroes, sizeof(zeroes)).linear;
	close(fd);
	return linear;
}

const char *filter_lab_open(struct filter_lab *lab, enum xdps_memory memory)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	static char why[256];
	char line[160] = "";
	int fd;

	*lab = (struct filter_lab){ .memory = memory, .map_fd = -1, .copy_fd = -1 };
	lab->copy_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "copy", sizeof(uint32_t),
				      XDPS_COPY_BYTES, 1, NULL);
	lab->map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "verdict", sizeof(uint32_t),
				     sizeof(struct verdict), 1, &opts);
	if (lab->map_fd < 0 || lab->copy_fd < 0) {
		snprintf(why, sizeof(why), "needs to make BPF maps: %s", strerror(errno));
		return why;
	}
	lab->said = mmap(NULL, sizeof(*lab->said), PROT_READ | PROT_WRITE, MAP_SHARED,
			 lab->map_fd, 0);
	if (lab->said == MAP_FAILED) {
		lab->said = NULL;
		return "needs BPF maps that can be mapped";
	}

	lab->has_frags = true;
	fd = load_any(lab, NULL, 0);
	if (fd < 0) {
		lab->has_frags = false;
		fd = load_any(lab, line, sizeof(line));
	}
	if (fd < 0) {
		snprintf(why, sizeof(why), "needs to load XDP programs: %s", line);
		return why;
	}
	close(fd);
	return NULL;
}

void filter_lab_close(struct filter_lab *lab)
{
	if (lab->said)
		munmap((void *)lab->said, sizeof(*lab->said));
	if (lab->map_fd >= 0)
		close(lab->map_fd);
	if (lab->copy_fd >= 0)
		close(lab->copy_fd);
	*lab = (struct filter_lab){ .map_fd = -1, .copy_fd = -1 };
}

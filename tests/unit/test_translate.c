// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_translate.c: what the translated filter says is what libpcap's machine says.
 *
 * Every program here is taken by the helper's check, translated, looked at and run
 * by ebpf.c, and compared; with all of a packet at hand, and with a part of it; in the
 * packet, and then once more in a copy of its first bytes.
 */
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/classic.h"

#include "ebpf.h"
#include "machine.h"
#include "random_filter.h"
#include "sentence.h"

#define NUMBER 7u		/* of the filter */
#define ALL 0x40000u
#define PROGRAMS 20000
#define PACKETS 16		/* for each of them */
#define PACKET_BYTES 70000
#define COPY_MOST (XDPS_COPY_BYTES - 1)

#define INSN(c, value) { .code = (c), .k = (value) }
#define JUMP(c, value, yes, no) { .code = (c), .jt = (yes), .jf = (no), .k = (value) }
#define CODE(...) ((const struct xdps_insn[]){ __VA_ARGS__ }), \
	ARRAY_SIZE(((const struct xdps_insn[]){ __VA_ARGS__ }))

#define LD_IMM(value) INSN(BPF_LD | BPF_IMM, value)
#define LDX_IMM(value) INSN(BPF_LDX | BPF_IMM, value)
#define RET_K(value) INSN(BPF_RET | BPF_K, value)
#define RET_A INSN(BPF_RET | BPF_A, 0)
#define TAX INSN(BPF_MISC | BPF_TAX, 0)
#define TXA INSN(BPF_MISC | BPF_TXA, 0)

static const uint32_t values[] = {
	0, 1, 2, 3, 5, 30, 31, 32, 33, 63, 64, 0xff, 0x8000, 0xffff, 0x10000, 0x12345678,
	0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
};

static unsigned char packet[PACKET_BYTES];

/* What the filters of this test get. */
static enum xdps_memory memory;

static int use_packet(void **state)
{
	memory = XDPS_MEMORY_PACKET;
	return 0;
}

static int use_copy(void **state)
{
	memory = XDPS_MEMORY_COPY;
	return 0;
}

static int use_kernel(void **state)
{
	memory = XDPS_MEMORY_KERNEL;
	return 0;
}

/* Of so many bytes that could be read, how many the filter is shown. */
static uint32_t shown(uint32_t linear)
{
	return memory == XDPS_MEMORY_COPY && linear > COPY_MOST ? COPY_MOST : linear;
}

/* So many allocations succeed before one fails; -1: none does. */
static int fail_at = -1;

void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool has_memory(void)
{
	if (fail_at < 0)
		return true;
	return fail_at-- > 0;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return has_memory() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
	return has_memory() ? __real_realloc(old, size) : NULL;
}

static int fill_packet(void **state)
{
	uint64_t seed = 1;

	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = random_below(&seed, 256);
	return 0;
}

/* How many instructions keep the arguments where calls leave them alone. */
static unsigned int keeping_insns(void)
{
	return memory == XDPS_MEMORY_KERNEL ? 1 : 0;
}

static enum xdps_status translate(const struct xdps_insn *insns, size_t n,
				  struct xdps_code *code, struct xdps_error *err)
{
	return xdps_translate(insns, n, NUMBER, UINT32_MAX, memory, code, err);
}

/* It is the one that packets are compared by, from then on. */
static void translated(const struct xdps_insn *insns, size_t n, struct xdps_code *code)
{
	struct xdps_error err = { .text = "" };
	struct ebpf_fault fault;

	if (xdps_classic_check(insns, n, &err) || translate(insns, n, code, &err))
		fail_msg("%s", err.text);
	if (!ebpf_check(code, &fault))
		fail_msg("%s", fault.text);
	machine_use(insns, n);
}

/* In memory of its own, so that nothing behind it is read unseen. */
static uint64_t run(const struct xdps_code *code, const unsigned char *bytes, uint32_t linear,
		    uint32_t len)
{
	const uint32_t n_bytes = shown(linear);
	unsigned char *copy = malloc(n_bytes ? n_bytes : 1);
	const struct ebpf_packet pkt = { copy, n_bytes, len };
	struct ebpf_fault fault;
	uint64_t verdict;

	assert_non_null(copy);
	memcpy(copy, bytes, n_bytes);
	if (!ebpf_run(code, memory, &pkt, &verdict, &fault))
		fail_msg("%s", fault.text);
	free(copy);
	return verdict;
}

static uint64_t says(const struct xdps_insn *insns, size_t n, uint32_t linear, uint32_t len)
{
	struct xdps_code code;
	uint64_t verdict;

	translated(insns, n, &code);
	verdict = run(&code, packet, linear, len);
	xdps_code_free(&code);
	return verdict;
}

static bool is_undecided(uint64_t verdict)
{
	return verdict == XDPS_VERDICT(XDPS_FILTER_UNDECIDED, XDPS_CAPLEN_MAX);
}

/* Undecided if and only if libpcap's machine needs a byte that is not shown. */
static uint64_t compare(const struct xdps_code *code, const unsigned char *bytes,
			uint32_t linear, uint32_t len)
{
	const struct judgement pcap = machine_judge(bytes, len, shown(linear));
	uint64_t verdict = run(code, bytes, linear, len);

	assert_int_equal(is_undecided(verdict), !pcap.decided);
	if (!pcap.decided)
		return verdict;
	assert_int_equal((uint32_t)verdict, pcap.bytes);
	if (pcap.bytes)
		assert_int_equal(verdict >> 32, NUMBER);
	return verdict;
}

static void same(const struct xdps_insn *insns, size_t n, uint32_t linear, uint32_t len)
{
	struct xdps_code code;

	translated(insns, n, &code);
	compare(&code, packet, linear, len);
	xdps_code_free(&code);
}

static bool contains(const struct xdps_code *code, uint8_t opcode, int32_t imm)
{
	for (unsigned int i = 0; i < code->n; i++)
		if (code->insns[i].code == opcode && code->insns[i].imm == imm)
			return true;
	return false;
}

#define EBPF(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define SET_R0 EBPF(BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, 0)
#define EXIT EBPF(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define COPY(dst, src) EBPF(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ADD_K(dst, imm) EBPF(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define IF_BEFORE_END(reg, off) EBPF(BPF_JMP | BPF_JLE | BPF_X, reg, 2, off, 0)
#define SET_K(dst, imm) EBPF(BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define LENGTH(dst) EBPF(BPF_ALU | BPF_MOV | BPF_X, dst, 3, 0, 0)
#define ADD(dst, src) EBPF(BPF_ALU64 | BPF_ADD | BPF_X, dst, src, 0, 0)
#define IF_ABOVE(reg, imm, off) EBPF(BPF_JMP | BPF_JGT | BPF_K, reg, 0, off, imm)
#define IF_COPIED(imm, off) EBPF(BPF_JMP | BPF_JGE | BPF_K, 2, 0, off, imm)
#define LOAD(dst, src, off) EBPF(BPF_LDX | BPF_MEM | BPF_B, dst, src, off, 0)

/* A judge that lets everything pass is none. */
static void assert_unsound(const struct bpf_insn *insns, unsigned int n, const char *why)
{
	const struct xdps_code code = { .insns = (struct bpf_insn *)insns, .n = n };
	const struct ebpf_packet pkt = { packet, 60, 60 };
	struct ebpf_fault fault = { .text = "" };
	uint64_t verdict;

	assert_false(ebpf_check(&code, &fault) &&
		     ebpf_run(&code, memory, &pkt, &verdict, &fault));
	assert_string_equal(fault.text, why);
}

#define UNSOUND(why, ...) \
	assert_unsound((const struct bpf_insn[]){ __VA_ARGS__ }, \
		       ARRAY_SIZE(((const struct bpf_insn[]){ __VA_ARGS__ })), why)

static void test_judge(void **state)
{
	UNSOUND("0: R0 is no number", EXIT);
	UNSOUND("0: goes on behind the last", SET_R0);
	UNSOUND("1: no way leads here", EBPF(BPF_JMP | BPF_JA, 0, 0, 1, 0), SET_R0, SET_R0, EXIT);
	UNSOUND("0: jumps by -1", EBPF(BPF_JMP | BPF_JA, 0, 0, -1, 0), EXIT);
	UNSOUND("0: jumps by 1", EBPF(BPF_JMP | BPF_JA, 0, 0, 1, 0), EXIT);
	UNSOUND("1: something jumps into the middle of it", IF_BEFORE_END(1, 1),
		EBPF(BPF_LD | BPF_DW | BPF_IMM, 0, 0, 0, 1), EBPF(0, 0, 0, 0, 1), EXIT);
	UNSOUND("0: no instruction that is known: 0x85", EBPF(BPF_JMP | BPF_CALL, 0, 0, 0, 1), EXIT);
	UNSOUND("0: no instruction that is known: 0x64",
		EBPF(BPF_ALU | BPF_LSH | BPF_K, 0, 0, 0, 32), EXIT);
	UNSOUND("0: R4 is not set", COPY(0, 4), EXIT);
	UNSOUND("0: writes R3", EBPF(BPF_ALU | BPF_MOV | BPF_K, 3, 0, 0, 0), SET_R0, EXIT);
	UNSOUND("0: the word at -4 is not set", EBPF(BPF_LDX | BPF_MEM | BPF_W, 0, 10, -4, 0), EXIT);
	UNSOUND("0: 1 bytes at 0, and 0 were found", LOAD(0, 1, 0), EXIT);
	UNSOUND("3: 1 bytes at 4, and 4 were found", COPY(5, 1), ADD_K(5, 4), IF_BEFORE_END(5, 0),
		LOAD(0, 5, 0), EXIT);
	UNSOUND("3: 1 bytes at -1, and 4 were found", COPY(5, 1), ADD_K(5, 4), IF_BEFORE_END(5, 0),
		LOAD(0, 5, -5), EXIT);
	UNSOUND("1: R5 may be any number", LENGTH(5), ADD(5, 1), SET_R0, EXIT);
	UNSOUND("1: R0 is no number", COPY(0, 1), EXIT);
	UNSOUND("1: R2 is no number", LENGTH(5), IF_BEFORE_END(5, 0), SET_R0, EXIT);
}

/* The length is 60 here, and so many bytes were copied. */
static void test_judge_of_copies(void **state)
{
	UNSOUND("1: R0 is no number", COPY(0, 1), EXIT);
	UNSOUND("0: writes R2", SET_K(2, 9), SET_R0, EXIT);
	UNSOUND("1: R1 is no number", COPY(5, 2), EBPF(BPF_JMP | BPF_JLE | BPF_X, 1, 5, 0, 0),
		SET_R0, EXIT);
	UNSOUND("1: R5 may be any number", LENGTH(5), ADD(5, 1), SET_R0, EXIT);
	/* it is there, but who says so? */
	UNSOUND("3: 1 bytes at 512, behind the copy's room", LENGTH(5), IF_ABOVE(5, 512, 2),
		ADD(5, 1), LOAD(0, 5, 0), SET_R0, EXIT);
	UNSOUND("5: 1 bytes at 65535, behind the copy's room", SET_K(4, 1), LENGTH(5),
		IF_ABOVE(5, 65535, 3), EBPF(BPF_JMP | BPF_JLE | BPF_X, 5, 2, 0, 0), ADD(5, 1),
		LOAD(0, 5, 0), SET_R0, EXIT);
	UNSOUND("3: 1 bytes at -1, before the copy", LENGTH(5), IF_ABOVE(5, 511, 2),
		ADD(5, 1), LOAD(0, 5, -1), SET_R0, EXIT);
	UNSOUND("0: 1 bytes at -1, before the copy", LOAD(0, 1, -1), EXIT);
	UNSOUND("0: 4 bytes at 509, behind the copy's room",
		EBPF(BPF_LDX | BPF_MEM | BPF_W, 0, 1, 509, 0), EXIT);
	/* there is room, but what is in it is of another packet */
	UNSOUND("0: reads behind the bytes that were copied",
		EBPF(BPF_LDX | BPF_MEM | BPF_W, 0, 1, 57, 0), EXIT);
	UNSOUND("1: reads behind the bytes that were copied", IF_COPIED(61, 1), LOAD(0, 1, 60),
		SET_R0, EXIT);
	UNSOUND("3: reads behind the bytes that were copied", LENGTH(5), IF_ABOVE(5, 511, 2),
		ADD(5, 1), LOAD(0, 5, 0), SET_R0, EXIT);
	UNSOUND("2: R5 may be any number", LENGTH(5), ADD_K(5, 9), ADD(5, 1), SET_R0, EXIT);
	UNSOUND("1: R5 may be any number", EBPF(BPF_ALU64 | BPF_MOV | BPF_X, 5, 3, 0, 0), ADD(5, 1),
		SET_R0, EXIT);
}

#define CAST EBPF(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 0)

static void test_judge_of_casts(void **state)
{
	UNSOUND("1: R0 is no number", COPY(0, 4), EXIT);
	UNSOUND("0: R4 points nowhere", LOAD(0, 4, 0), EXIT);
	UNSOUND("0: no instruction that is known: 0x85", EBPF(BPF_JMP | BPF_CALL, 0, 0, 0, 1), EXIT);
	UNSOUND("0: casts no address", CAST, SET_R0, EXIT);
	UNSOUND("0: 2 bytes at 7 of what was cast",
		EBPF(BPF_LDX | BPF_MEM | BPF_H, 0, 1, 7, 0), EXIT);
	UNSOUND("0: 1 bytes at 128 of what was cast", LOAD(0, 1, 128), EXIT);
	UNSOUND("0: 1 bytes at -1 of what was cast", LOAD(0, 1, -1), EXIT);
	UNSOUND("0: reads behind the packet", LOAD(0, 1, 60), EXIT);
	UNSOUND("3: R1 points nowhere", COPY(1, 4), CAST, SET_R0, LOAD(0, 1, 0), EXIT);
	UNSOUND("3: reads behind the packet", COPY(1, 4), ADD_K(1, 60), CAST, LOAD(0, 0, 0), EXIT);
	UNSOUND("0: subtracts from R2", EBPF(BPF_ALU64 | BPF_SUB | BPF_K, 2, 0, 0, 1), SET_R0, EXIT);
	UNSOUND("0: nothing was saved at -72", EBPF(BPF_LDX | BPF_MEM | BPF_DW, 1, 10, -72, 0),
		SET_R0, EXIT);
	UNSOUND("1: no place for a register", EBPF(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0),
		EBPF(BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0), SET_R0, EXIT);
}

static void test_most_is_copied(void **state)
{
	const struct bpf_insn all[] = { LOAD(0, 1, XDPS_COPY_BYTES - 2), EXIT };
	const struct xdps_code code = { .insns = (struct bpf_insn *)all, .n = ARRAY_SIZE(all) };
	struct ebpf_packet pkt = { packet, COPY_MOST, PACKET_BYTES };
	struct ebpf_fault fault;
	uint64_t verdict;

	assert_true(ebpf_run(&code, XDPS_MEMORY_COPY, &pkt, &verdict, &fault));
	assert_int_equal(verdict, packet[COPY_MOST - 1]);
	pkt.linear++;
	assert_false(ebpf_run(&code, XDPS_MEMORY_COPY, &pkt, &verdict, &fault));
	assert_string_equal(fault.text, "0: 512 bytes were copied");
}

static void test_return(void **state)
{
	assert_int_equal(says(CODE(RET_K(ALL)), 9, 9), XDPS_VERDICT(NUMBER, ALL));
	assert_int_equal(says(CODE(RET_K(1)), 9, 9), XDPS_VERDICT(NUMBER, 1));
	assert_int_equal(says(CODE(RET_K(UINT32_MAX)), 9, 9), XDPS_VERDICT(NUMBER, UINT32_MAX));
	assert_int_equal((uint32_t)says(CODE(RET_K(0)), 9, 9), 0);
	assert_int_equal(says(CODE(LD_IMM(ALL), RET_A), 9, 9), XDPS_VERDICT(NUMBER, ALL));
	assert_int_equal(says(CODE(LD_IMM(UINT32_MAX), RET_A), 9, 9),
			 XDPS_VERDICT(NUMBER, UINT32_MAX));
	assert_int_equal((uint32_t)says(CODE(LD_IMM(0), RET_A), 9, 9), 0);
}

/* Those are not called: what they say is all that is asked of them. */
static void test_constant(void **state)
{
	static const struct {
		struct xdps_insn insns[2];
		bool is_constant;
		uint64_t verdict;
	} rows[] = {
		{ { { .code = 0x06, .k = 262144 } }, true, (uint64_t)NUMBER << 32 | 262144 },
		{ { { .code = 0x06, .k = UINT32_MAX } }, true,
		  (uint64_t)NUMBER << 32 | UINT32_MAX },
		{ { { .code = 0x06, .k = 0 } }, true, 0 },
		{ { { .code = 0x06, .k = 5 }, { .code = 0x06, .k = 6 } }, true,
		  (uint64_t)NUMBER << 32 | 5 },
		{ { { .code = 0x80 }, { .code = 0x16 } }, false, 0 },
	};
	struct xdps_error err;
	struct xdps_code code;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = rows[i].insns[1].code ? 2 : 1;

		assert_int_equal(translate(rows[i].insns, n, &code, &err), XDPS_OK);
		assert_int_equal(code.is_constant, rows[i].is_constant);
		assert_true(code.verdict == rows[i].verdict);
		xdps_code_free(&code);
	}
	assert_int_equal(xdps_translate_nothing(&code, &err), XDPS_OK);
	assert_true(code.is_constant && code.verdict == XDPS_CAPLEN_MAX);
	xdps_code_free(&code);
}

static void test_number(void **state)
{
	const struct xdps_insn insns[] = { RET_K(5) };
	struct xdps_code code;
	struct xdps_error err;

	assert_int_equal(xdps_translate(insns, 1, UINT32_MAX, UINT32_MAX, memory, &code, &err),
			 XDPS_OK);
	assert_int_equal(run(&code, packet, 9, 9), XDPS_VERDICT(UINT32_MAX, 5));
	xdps_code_free(&code);
}

/* A, X and each word of M[], and X by way of all that reads it. */
static void test_zeroes(void **state)
{
	assert_int_equal((uint32_t)says(CODE(RET_A), 9, 9), 0);
	assert_int_equal((uint32_t)says(CODE(TXA, RET_A), 9, 9), 0);
	assert_int_equal((uint32_t)says(CODE(LD_IMM(9), TXA, RET_A), 9, 9), 0);
	same(CODE(INSN(BPF_LD | BPF_B | BPF_IND, 3), RET_A), 9, 9);
	same(CODE(INSN(BPF_ALU | BPF_NEG, 0), INSN(BPF_ALU | BPF_ADD | BPF_K, 1), RET_A), 9, 9);
	same(CODE(JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0), RET_K(5), RET_K(6)), 9, 9);
	for (uint32_t word = 0; word < XDPS_CLASSIC_WORDS; word++) {
		uint32_t other = (word + 1) % XDPS_CLASSIC_WORDS;

		assert_int_equal((uint32_t)says(CODE(LD_IMM(9), INSN(BPF_ST, other),
						     INSN(BPF_LD | BPF_MEM, word), RET_A), 9, 9),
				 0);
		assert_int_equal((uint32_t)says(CODE(LDX_IMM(9), INSN(BPF_STX, other),
						     INSN(BPF_LDX | BPF_MEM, word), TXA, RET_A),
						9, 9), 0);
	}
}

/* Written on one of two ways only: then it is a zero on the other. */
static void test_zeroes_on_one_way(void **state)
{
	const struct xdps_insn insns[] = {
		LDX_IMM(1),
		INSN(BPF_LD | BPF_W | BPF_LEN, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 2),
		INSN(BPF_ST, 15),
		INSN(BPF_STX, 3),
		INSN(BPF_LD | BPF_MEM, 15),
		INSN(BPF_LDX | BPF_MEM, 3),
		INSN(BPF_ALU | BPF_ADD | BPF_X, 0),
		RET_A,
	};

	assert_int_equal((uint32_t)says(insns, ARRAY_SIZE(insns), 9, 9), 10);
	assert_int_equal((uint32_t)says(insns, ARRAY_SIZE(insns), 8, 8), 0);
}

static void test_words(void **state)
{
	struct xdps_insn insns[4 * XDPS_CLASSIC_WORDS + 3];
	unsigned int n = 0;

	for (uint32_t word = 0; word < XDPS_CLASSIC_WORDS; word++) {
		insns[n++] = (struct xdps_insn)LD_IMM(1u << word);
		insns[n++] = (struct xdps_insn)LDX_IMM(3 * word);
		insns[n++] = (struct xdps_insn)INSN(word % 2 ? BPF_ST : BPF_STX, word);
	}
	for (uint32_t word = 0; word < XDPS_CLASSIC_WORDS; word++) {
		insns[n] = (struct xdps_insn)INSN(BPF_LD | BPF_MEM, word);
		insns[n + 1] = (struct xdps_insn)RET_A;
		same(insns, n + 2, 9, 9);
		insns[n] = (struct xdps_insn)INSN(BPF_LDX | BPF_MEM, word);
		insns[n + 1] = (struct xdps_insn)TXA;
		insns[n + 2] = (struct xdps_insn)RET_A;
		same(insns, n + 3, 9, 9);
	}
}

/* Of every length up to where it can no longer matter, and of every part. */
static void same_at_all_ends(const struct xdps_insn *insns, size_t n)
{
	struct xdps_code code;

	translated(insns, n, &code);
	for (uint32_t len = 0; len <= 16; len++)
		for (uint32_t linear = 0; linear <= len; linear++)
			compare(&code, packet, linear, len);
	xdps_code_free(&code);
}

static const uint16_t sizes[] = { BPF_W, BPF_H, BPF_B };

static void test_absolute(void **state)
{
	for (uint32_t k = 0; k <= 16; k++) {
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
			same_at_all_ends(CODE(INSN(BPF_LD | sizes[s] | BPF_ABS, k),
					      INSN(BPF_ALU | BPF_OR | BPF_K, 1 << 20), RET_A));
		same_at_all_ends(CODE(INSN(BPF_LDX | BPF_MSH | BPF_B, k), TXA,
				      INSN(BPF_ALU | BPF_OR | BPF_K, 1 << 20), RET_A));
	}
}

static void test_indirect(void **state)
{
	static const uint32_t far[] = { 64990, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };

	for (uint32_t x = 0; x <= 16 + ARRAY_SIZE(far); x++) {
		for (uint32_t k = 0; k <= 16 + ARRAY_SIZE(far); k++) {
			uint32_t x_value = x <= 16 ? x : far[x - 17];
			uint32_t k_value = k <= 16 ? k : far[k - 17];

			for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
				same_at_all_ends(CODE(LDX_IMM(x_value),
						      INSN(BPF_LD | sizes[s] | BPF_IND, k_value),
						      INSN(BPF_ALU | BPF_OR | BPF_K, 1 << 20),
						      RET_A));
		}
	}
}

static void test_msh(void **state)
{
	for (uint32_t k = 0; k < 64; k++)
		assert_int_equal(says(CODE(LD_IMM(0xabcd), INSN(BPF_LDX | BPF_MSH | BPF_B, k),
					   RET_A), 64, 64), XDPS_VERDICT(NUMBER, 0xabcd));
}

/* Twice the same load: what one guard changes is not missed by the next. */
static void test_loads_in_a_row(void **state)
{
	same_at_all_ends(CODE(LDX_IMM(5), INSN(BPF_LD | BPF_H | BPF_IND, 1), TAX,
			      INSN(BPF_ALU | BPF_AND | BPF_K, 7), TAX,
			      INSN(BPF_LD | BPF_W | BPF_IND, 0),
			      INSN(BPF_LD | BPF_W | BPF_ABS, 9),
			      INSN(BPF_LD | BPF_B | BPF_IND, 2), RET_A));
}

static void test_len(void **state)
{
	assert_int_equal(says(CODE(INSN(BPF_LD | BPF_W | BPF_LEN, 0), RET_A), 14, PACKET_BYTES),
			 XDPS_VERDICT(NUMBER, PACKET_BYTES));
	assert_int_equal(says(CODE(INSN(BPF_LDX | BPF_W | BPF_LEN, 0), TXA, RET_A), 0, UINT32_MAX),
			 XDPS_VERDICT(NUMBER, UINT32_MAX));
	same(CODE(INSN(BPF_LD | BPF_W | BPF_LEN, 0), RET_A), PACKET_BYTES, PACKET_BYTES);
}

/* Around the last byte that is ever copied, be all of that there or less. */
static void same_at_ends_of_copy(const struct xdps_insn *insns, size_t n)
{
	static const uint32_t copied[] = { 0, 1, 14, 505, 506, 507, 508, 509, 510, 511 };
	static const uint32_t len[] = { 505, 508, 509, 510, 511, 512, 513, 514, 515, 9000 };
	struct xdps_code code;

	translated(insns, n, &code);
	for (size_t l = 0; l < ARRAY_SIZE(len); l++)
		for (size_t c = 0; c < ARRAY_SIZE(copied); c++)
			if (copied[c] <= len[l])
				compare(&code, packet, copied[c], len[l]);
	xdps_code_free(&code);
}

static void test_end_of_copy(void **state)
{
	/* of which k can be known to lie in the copy, or not to */
	static const uint32_t k[] = { 0, 5, 300, 504, 507, 508, 509, 510, 511, 512, 600 };

	for (uint32_t at = 504; at <= 514; at++) {
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
			same_at_ends_of_copy(CODE(INSN(BPF_LD | sizes[s] | BPF_ABS, at),
						  INSN(BPF_ALU | BPF_OR | BPF_K, 1 << 20), RET_A));
			for (size_t i = 0; i < ARRAY_SIZE(k); i++)
				same_at_ends_of_copy(CODE(LDX_IMM(at - k[i]),
							  INSN(BPF_LD | sizes[s] | BPF_IND, k[i]),
							  INSN(BPF_ALU | BPF_OR | BPF_K, 1 << 20),
							  RET_A));
		}
		same_at_ends_of_copy(CODE(INSN(BPF_LDX | BPF_MSH | BPF_B, at), TXA,
					  INSN(BPF_ALU | BPF_OR | BPF_K, 1 << 20), RET_A));
	}
}

/* The kernel could not copy anything: then what looks at no byte is decided. */
static void test_empty_copy(void **state)
{
	const struct xdps_insn by_len[] = {
		INSN(BPF_LD | BPF_W | BPF_LEN, 0), JUMP(BPF_JMP | BPF_JGT | BPF_K, 60, 0, 1),
		RET_K(ALL), RET_K(0),
	};

	for (uint32_t k = 0; k < 600; k += 7) {
		assert_true(is_undecided(says(CODE(INSN(BPF_LD | BPF_B | BPF_ABS, k), RET_K(ALL)),
					      0, 600)));
		assert_true(is_undecided(says(CODE(LDX_IMM(k), INSN(BPF_LD | BPF_B | BPF_IND, 0),
						   RET_K(ALL)), 0, 600)));
		assert_int_equal((uint32_t)says(CODE(INSN(BPF_LD | BPF_B | BPF_ABS, k), RET_K(ALL)),
						0, k), 0);
	}
	assert_int_equal(says(by_len, 4, 0, 61), XDPS_VERDICT(NUMBER, ALL));
	assert_int_equal((uint32_t)says(by_len, 4, 0, 60), 0);
}

/* What only a load leads to that never finds its byte in a copy is dead code. */
static void test_out_of_reach(void **state)
{
	struct xdps_code code;

	for (uint32_t k = 508; k < 512; k++) {
		bool found = memory != XDPS_MEMORY_COPY || k + 2 <= COPY_MOST;

		translated(CODE(INSN(BPF_LD | BPF_H | BPF_ABS, k), LD_IMM(4711), RET_A), &code);
		assert_int_equal(contains(&code, BPF_ALU | BPF_MOV | BPF_K, 4711), found);
		xdps_code_free(&code);
		translated(CODE(INSN(BPF_LD | BPF_H | BPF_IND, k), LD_IMM(4711), RET_A), &code);
		assert_int_equal(contains(&code, BPF_ALU | BPF_MOV | BPF_K, 4711), found);
		xdps_code_free(&code);
	}
}

/* A byte that is there but elsewhere leaves it open; one that is nowhere does not. */
static void test_fragments(void **state)
{
	const struct xdps_insn absolute[] = { INSN(BPF_LD | BPF_H | BPF_ABS, 20), RET_K(ALL) };
	const struct xdps_insn indirect[] = {
		LDX_IMM(12), INSN(BPF_LD | BPF_H | BPF_IND, 8), RET_K(ALL),
	};

	assert_true(is_undecided(says(absolute, 2, 21, 22)));
	assert_true(is_undecided(says(absolute, 2, 0, 9000)));
	assert_int_equal((uint32_t)says(absolute, 2, 20, 21), 0);
	assert_int_equal(says(absolute, 2, 22, 9000), XDPS_VERDICT(NUMBER, ALL));
	assert_true(is_undecided(says(indirect, 3, 21, 22)));
	assert_true(is_undecided(says(indirect, 3, 0, 9000)));
	assert_int_equal((uint32_t)says(indirect, 3, 20, 21), 0);
	assert_int_equal(says(indirect, 3, 22, 9000), XDPS_VERDICT(NUMBER, ALL));
}

/* Byte 64999 is the last that a filter sees, on every way to it. */
static void test_last_byte(void **state)
{
	static const uint32_t linear[] = { 60, 64999, 65000, PACKET_BYTES };
	static const uint32_t len[] = { 64999, 65000, 65001, PACKET_BYTES };
	uint64_t verdict;

	for (uint32_t k = 64994; k <= 65002; k++) {
		for (size_t i = 0; i < 16; i++) {
			uint32_t some = linear[i % 4], all = len[i / 4];

			if (some > all)
				continue;
			for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
				same(CODE(INSN(BPF_LD | sizes[s] | BPF_ABS, k), RET_K(ALL)),
				     some, all);
				same(CODE(LDX_IMM(3), INSN(BPF_LD | sizes[s] | BPF_IND, k - 3),
					  RET_K(ALL)), some, all);
				same(CODE(LDX_IMM(k), INSN(BPF_LD | sizes[s] | BPF_IND, 0),
					  RET_K(ALL)), some, all);
			}
		}
	}
	verdict = says(CODE(INSN(BPF_LD | BPF_B | BPF_ABS, 64999), RET_K(ALL)), PACKET_BYTES,
		       PACKET_BYTES);
	if (memory == XDPS_MEMORY_COPY)
		assert_true(is_undecided(verdict));
	else
		assert_int_equal(verdict, XDPS_VERDICT(NUMBER, ALL));
	assert_int_equal((uint32_t)says(CODE(INSN(BPF_LD | BPF_B | BPF_ABS, 65000), RET_K(ALL)),
					60, PACKET_BYTES), 0);
}

/* Where Linux has its extensions no packet has a byte, nor has it one at 65000. */
static void test_beyond(void **state)
{
	static const uint32_t far[] = { 65000, 65535, 65536, 0x7fffffff, SKF_AD_OFF,
					SKF_AD_OFF + SKF_AD_VLAN_TAG, SKF_LL_OFF, SKF_NET_OFF,
					0xfffffffc, 0xffffffff };
	struct xdps_code code;

	for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
			same(CODE(INSN(BPF_LD | sizes[s] | BPF_ABS, far[i]), RET_K(ALL)), 60,
			     PACKET_BYTES);
			same(CODE(INSN(BPF_LD | sizes[s] | BPF_IND, far[i]), RET_K(ALL)), 60,
			     PACKET_BYTES);
		}
		same(CODE(INSN(BPF_LDX | BPF_MSH | BPF_B, far[i]), RET_K(ALL)), 60, PACKET_BYTES);
	}
	/* and what only such a load leads to is dead code */
	translated(CODE(INSN(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF), LD_IMM(4711), RET_A), &code);
	assert_false(contains(&code, BPF_ALU | BPF_MOV | BPF_K, 4711));
	xdps_code_free(&code);
}

static const uint16_t ops[] = {
	BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH,
};

/* Is there a result that both machines have to agree on? */
static bool is_defined(uint16_t op, uint32_t k)
{
	if (op == BPF_DIV || op == BPF_MOD)
		return k;
	return (op != BPF_LSH && op != BPF_RSH) || k < 32;
}

/* The result is the verdict; with all bits turned, too, to tell 0 from no match. */
static void same_result(struct xdps_insn operation, uint32_t a, uint32_t x)
{
	same(CODE(LD_IMM(a), LDX_IMM(x), operation, RET_A), 9, 9);
	same(CODE(LD_IMM(a), LDX_IMM(x), operation, INSN(BPF_ALU | BPF_XOR | BPF_K, -1), RET_A),
	     9, 9);
}

static void test_arithmetic(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(values) * ARRAY_SIZE(values); i++) {
		uint32_t a = values[i % ARRAY_SIZE(values)], b = values[i / ARRAY_SIZE(values)];

		for (size_t o = 0; o < ARRAY_SIZE(ops); o++) {
			same_result((struct xdps_insn)INSN(BPF_ALU | ops[o] | BPF_X, 0), a, b);
			if (is_defined(ops[o], b))
				same_result((struct xdps_insn)INSN(BPF_ALU | ops[o] | BPF_K, b),
					    a, 1);
		}
		same_result((struct xdps_insn)INSN(BPF_ALU | BPF_NEG, b), a, 1);
	}
}

static void test_division(void **state)
{
	assert_int_equal((uint32_t)says(CODE(LD_IMM(5), INSN(BPF_ALU | BPF_DIV | BPF_X, 0),
					     RET_K(ALL)), 9, 9), 0);
	assert_int_equal((uint32_t)says(CODE(LD_IMM(5), INSN(BPF_ALU | BPF_MOD | BPF_X, 0),
					     RET_K(ALL)), 9, 9), 0);
	assert_int_equal(says(CODE(LD_IMM(5), LDX_IMM(6), INSN(BPF_ALU | BPF_DIV | BPF_X, 0),
				   RET_K(ALL)), 9, 9), XDPS_VERDICT(NUMBER, ALL));
}

static void test_shifts(void **state)
{
	for (uint32_t x = 0; x < 70; x++) {
		uint32_t left = x < 32 ? 0xffffffffu << x : 0;
		uint32_t right = x < 32 ? 0xffffffffu >> x : 0;

		assert_int_equal((uint32_t)says(CODE(LD_IMM(-1), LDX_IMM(x),
						     INSN(BPF_ALU | BPF_LSH | BPF_X, 0), RET_A),
						9, 9), left);
		assert_int_equal((uint32_t)says(CODE(LD_IMM(-1), LDX_IMM(x),
						     INSN(BPF_ALU | BPF_RSH | BPF_X, 0), RET_A),
						9, 9), right);
	}
}

static void test_undefined_shifts(void **state)
{
	static const uint16_t codes[] = { BPF_ALU | BPF_LSH | BPF_K, BPF_ALU | BPF_RSH | BPF_K };
	struct xdps_code code = { .n = 0 };
	struct xdps_error err;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		assert_int_equal(translate(CODE(LD_IMM(1), INSN(codes[i], 32), RET_A), &code, &err),
				 XDPS_UNSUPPORTED);
		assert_int_equal(err.status, XDPS_UNSUPPORTED);
		assert_string_equal(err.text,
				    "the filter's instruction 1 shifts by 32 bits, and only libpcap's interpreter defines the result");
		assert_null(code.insns);
		same(CODE(LD_IMM(1), INSN(codes[i], 31), RET_A), 9, 9);
		/* nobody comes there */
		same(CODE(LD_IMM(1), RET_A, INSN(codes[i], 32), RET_A), 9, 9);
	}
}

/* The shapes that a branch has: to here and there, to the next, both to one place. */
static void same_branches(uint16_t op, uint32_t k)
{
	for (uint8_t shape = 0; shape < 16; shape++) {
		const struct xdps_insn insns[] = {
			INSN(BPF_LD | BPF_W | BPF_LEN, 0), INSN(BPF_LDX | BPF_W | BPF_LEN, 0),
			/* len is A; A and X change places */
			INSN(BPF_STX, 0), LD_IMM(k), TAX, INSN(BPF_LD | BPF_MEM, 0),
			JUMP(BPF_JMP | op, k, shape % 4, shape / 4),
			RET_K(10), RET_K(11), RET_K(12), RET_K(13),
		};
		struct xdps_code code;

		translated(insns, ARRAY_SIZE(insns), &code);
		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			compare(&code, packet, 0, values[i]);
		xdps_code_free(&code);
	}
}

static void test_branches(void **state)
{
	static const uint16_t branches[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };

	for (size_t b = 0; b < ARRAY_SIZE(branches); b++) {
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			same_branches(branches[b] | BPF_K, values[i]);
			same_branches(branches[b] | BPF_X, values[i]);
		}
	}
}

#define ROW_MOST 256

/* A is `a`; then whether it is one of `n` constants: 2 for yes, 1 for no. */
static unsigned int make_row(struct xdps_insn *insns, uint32_t a, const uint32_t *constants,
			     unsigned int n)
{
	insns[0] = (struct xdps_insn)LD_IMM(a);
	for (unsigned int i = 0; i < n; i++)
		insns[1 + i] = (struct xdps_insn)JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						      constants[i], n - i, 0);
	insns[1 + n] = (struct xdps_insn)RET_K(1);
	insns[2 + n] = (struct xdps_insn)RET_K(2);
	return n + 3;
}

static void same_in_row(const uint32_t *constants, unsigned int n, uint32_t a)
{
	struct xdps_insn insns[ROW_MOST + 3];
	unsigned int n_insns = make_row(insns, a, constants, n);

	same(insns, n_insns, 60, 60);
}

static void test_rows(void **state)
{
	uint32_t constants[ROW_MOST - 1];
	uint64_t seed = 3;

	for (unsigned int n = 1; n < ROW_MOST; n += n < 20 ? 1 : 47) {
		/* among them some twice, and both ends of what there is */
		for (unsigned int i = 0; i < n; i++)
			constants[i] = random_below(&seed, 4 * n) * 0x01010101u;
		constants[n / 2] = UINT32_MAX;
		for (unsigned int i = 0; i < n; i++) {
			same_in_row(constants, n, constants[i]);
			same_in_row(constants, n, constants[i] + 1);
			same_in_row(constants, n, constants[i] - 1);
		}
		same_in_row(constants, n, 0);
	}
}

/* Whoever jumps into a row asks for the rest of it only. */
static void test_middle_of_row(void **state)
{
	const struct xdps_insn insns[] = {
		INSN(BPF_LD | BPF_B | BPF_ABS, 0),
		JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 4, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 8, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 7, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 6, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 5, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 4, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 3, 0),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 8, 2, 1),
		RET_K(1),
		RET_K(2),
		RET_K(3),
	};
	unsigned char first = packet[0];

	for (unsigned int byte = 0; byte < 16; byte++) {
		packet[0] = byte;
		same(insns, ARRAY_SIZE(insns), 60, 60);
	}
	packet[0] = first;
}

static void test_row_is_searched(void **state)
{
	struct xdps_insn insns[ROW_MOST + 3];
	uint32_t constants[200];
	struct xdps_code code;
	unsigned int n;

	for (unsigned int i = 0; i < ARRAY_SIZE(constants); i++)
		constants[i] = 2 * i;
	n = make_row(insns, 0, constants, ARRAY_SIZE(constants));
	translated(insns, n, &code);
	assert_true(contains(&code, BPF_JMP32 | BPF_JGT | BPF_K, constants[99]));
	xdps_code_free(&code);
}

static void test_jumps(void **state)
{
	struct xdps_code code;

	assert_int_equal(says(CODE(INSN(BPF_JMP | BPF_JA, 0), RET_K(5)), 9, 9),
			 XDPS_VERDICT(NUMBER, 5));
	assert_int_equal(says(CODE(INSN(BPF_JMP | BPF_JA, 2), RET_K(5), RET_K(6), RET_K(7)), 9, 9),
			 XDPS_VERDICT(NUMBER, 7));
	/* to the next instruction, in whatever way, is no jump: A = 0, the verdict, the exit */
	translated(CODE(JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0),
			JUMP(BPF_JMP | BPF_JSET | BPF_K, 0, 0, 0),
			INSN(BPF_JMP | BPF_JA, 0), RET_K(5)), &code);
	assert_int_equal(code.n, 4 + keeping_insns());
	xdps_code_free(&code);
	/* one that is needed, because the other way is there, too */
	same(CODE(INSN(BPF_LD | BPF_W | BPF_LEN, 0), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 1),
		  INSN(BPF_JMP | BPF_JA, 1), RET_K(6), RET_K(7)), 9, 9);
}

/* Each 4711 is where nobody comes; the verifier would refuse it. */
static void test_dead_code(void **state)
{
	struct xdps_code code;

	translated(CODE(RET_K(5), LD_IMM(4711), RET_A), &code);
	assert_int_equal(code.n, 3 + keeping_insns());
	xdps_code_free(&code);

	translated(CODE(INSN(BPF_JMP | BPF_JA, 1), LD_IMM(4711), RET_K(0)), &code);
	assert_int_equal(code.n, 2 + keeping_insns());
	xdps_code_free(&code);

	translated(CODE(JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 1), LD_IMM(4711), RET_K(5)), &code);
	assert_false(contains(&code, BPF_ALU | BPF_MOV | BPF_K, 4711));
	xdps_code_free(&code);

	translated(CODE(INSN(BPF_LD | BPF_W | BPF_LEN, 0), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 2, 1),
			LD_IMM(4711), RET_K(5), RET_K(6)), &code);
	assert_false(contains(&code, BPF_ALU | BPF_MOV | BPF_K, 4711));
	assert_int_equal((uint32_t)run(&code, packet, 9, 9), 6);
	assert_int_equal((uint32_t)run(&code, packet, 8, 8), 5);
	xdps_code_free(&code);
}

static void test_loops(void **state)
{
	struct xdps_code code = { .n = 0 };
	struct xdps_error err;

	assert_int_equal(translate(CODE(LD_IMM(1), INSN(BPF_JMP | BPF_JA, -2), RET_A), &code, &err),
			 XDPS_UNSUPPORTED);
	assert_string_equal(err.text,
			    "the filter's instruction 1 jumps back to 0, but the kernel does not accept loops");
	assert_int_equal(translate(CODE(LD_IMM(1), INSN(BPF_JMP | BPF_JA, -1), RET_A), &code, &err),
			 XDPS_UNSUPPORTED);
	assert_string_equal(err.text,
			    "the filter's instruction 1 jumps back to 1, but the kernel does not accept loops");
	assert_null(code.insns);
	/* one that nobody comes to */
	same(CODE(INSN(BPF_JMP | BPF_JA, 1), INSN(BPF_JMP | BPF_JA, -2), RET_K(5)), 9, 9);
}

/* As many indirect loads as a filter can have, and a jump over the first `over`. */
static enum xdps_status translate_longest(unsigned int over, struct xdps_code *code,
					  struct xdps_error *err)
{
	static struct xdps_insn insns[XDPS_FILTER_INSNS_MAX];
	unsigned int n = ARRAY_SIZE(insns);

	for (unsigned int i = 0; i < n; i++)
		insns[i] = (struct xdps_insn)INSN(BPF_LD | BPF_H | BPF_IND, 4);
	/* unless one of these loads, all are the last of one that cannot be jumped to */
	insns[0] = (struct xdps_insn)JUMP(BPF_JMP | BPF_JA, over, 0, 0);
	insns[n - 1] = (struct xdps_insn)RET_A;
	assert_int_equal(xdps_classic_check(insns, n, err), XDPS_OK);
	return translate(insns, n, code, err);
}

/*
 * Each load is so many instructions, and jumps to the end: how many of them are in reach?
 * What nobody reads is not swapped; the last one is read.
 */
static void test_long(void **state)
{
	static const unsigned int load_insns_of[] = {
		[XDPS_MEMORY_PACKET] = 11, [XDPS_MEMORY_COPY] = 10, [XDPS_MEMORY_KERNEL] = 28,
	};
	const unsigned int load_insns = load_insns_of[memory];
	const unsigned int n_loads = XDPS_FILTER_INSNS_MAX - 2;
	const unsigned int in_reach = (INT16_MAX - 4) / load_insns;
	struct xdps_code code = { .n = 0 };
	char text[256];
	struct ebpf_fault fault;
	struct xdps_error err;

	assert_int_equal(translate_longest(0, &code, &err), XDPS_UNSUPPORTED);
	snprintf(text, sizeof(text),
		 "the filter is too long for the kernel: a jump would have to span %u instructions, and the maximum is 32767",
		 n_loads * load_insns + 5 + (memory == XDPS_MEMORY_KERNEL ? 2 : 0));
	assert_string_equal(err.text, text);
	assert_null(code.insns);
	assert_int_equal(translate_longest(n_loads - in_reach - 1, &code, &err), XDPS_UNSUPPORTED);
	assert_int_equal(translate_longest(n_loads - in_reach, &code, &err), XDPS_OK);
	assert_true(ebpf_check(&code, &fault));
	xdps_code_free(&code);
}

static void test_nothing(void **state)
{
	struct xdps_code code;
	struct ebpf_fault fault;
	struct xdps_error err;

	assert_int_equal(xdps_translate_nothing(&code, &err), XDPS_OK);
	assert_true(ebpf_check(&code, &fault));
	assert_true(is_undecided(run(&code, packet, 0, 0)));
	assert_true(is_undecided(run(&code, packet, 60, 9000)));
	xdps_code_free(&code);
}

static void test_freed(void **state)
{
	struct xdps_code code;
	struct xdps_error err;

	assert_int_equal(translate(CODE(RET_K(1)), &code, &err), XDPS_OK);
	xdps_code_free(&code);
	assert_null(code.insns);
	assert_int_equal(code.n, 0);
	xdps_code_free(&code);
}

static void test_no_memory(void **state)
{
	struct xdps_insn insns[110];
	struct xdps_code code = { .n = 0 };
	struct xdps_error err;
	enum xdps_status status;
	int failures;

	for (size_t i = 0; i < ARRAY_SIZE(insns) - 1; i++)
		insns[i] = (struct xdps_insn)INSN(BPF_LD | BPF_W | BPF_IND, i);
	insns[ARRAY_SIZE(insns) - 1] = (struct xdps_insn)RET_A;
	/* the steps, six or seven sizes of the output, and the result */
	for (failures = 0; failures < (memory == XDPS_MEMORY_KERNEL ? 9 : 8); failures++) {
		fail_at = failures;
		status = translate(insns, ARRAY_SIZE(insns), &code, &err);
		assert_int_equal(fail_at, -1);
		assert_int_equal(status, XDPS_FAILED);
		assert_string_equal(err.text, "there is not enough memory to translate the filter");
		assert_null(code.insns);
	}
	fail_at = failures;
	status = translate(insns, ARRAY_SIZE(insns), &code, &err);
	assert_int_equal(fail_at, 0);
	fail_at = -1;
	assert_int_equal(status, XDPS_OK);
	xdps_code_free(&code);

	for (fail_at = failures = 0; failures < 2; fail_at = ++failures) {
		status = xdps_translate_nothing(&code, &err);
		assert_int_equal(status, XDPS_FAILED);
		assert_null(code.insns);
	}
	fail_at = -1;
}

static uint32_t random_len(uint64_t *seed)
{
	switch (random_below(seed, 64)) {
	case 0:
		return 64900 + random_below(seed, 200);
	case 1 ... 4:
		return random_below(seed, 9000);
	case 5 ... 16:
		return random_below(seed, 24);
	case 17 ... 24:
		return COPY_MOST - 16 + random_below(seed, 32);
	}
	return 24 + random_below(seed, 80);
}

static void test_random(void **state)
{
	unsigned int taken = 0, rejected = 0, undecided = 0;
	struct xdps_insn insns[512];
	struct xdps_code code;
	uint64_t seed = 2, verdict;

	for (unsigned int i = 0; i < PROGRAMS; i++) {
		translated(insns, random_filter(&seed, insns, ARRAY_SIZE(insns)), &code);
		for (unsigned int p = 0; p < PACKETS; p++) {
			uint32_t len = random_len(&seed);
			const unsigned char *bytes =
				packet + random_below(&seed, PACKET_BYTES - len);

			verdict = compare(&code, bytes, len, len);
			if (is_undecided(verdict))
				assert_true(memory == XDPS_MEMORY_COPY);
			else if ((uint32_t)verdict)
				taken++;
			else
				rejected++;
			verdict = compare(&code, bytes, random_below(&seed, len + 1), len);
			undecided += is_undecided(verdict);
		}
		xdps_code_free(&code);
	}
	printf("# %u programs, %u packets: %u taken, %u rejected, of a part of each %u undecided\n",
	       PROGRAMS, PROGRAMS * PACKETS, taken, rejected, undecided);
	assert_in_range(taken, PROGRAMS * PACKETS / 5, PROGRAMS * PACKETS);
	assert_in_range(rejected, PROGRAMS * PACKETS / 5, PROGRAMS * PACKETS);
	assert_in_range(undecided, PROGRAMS * PACKETS / 10, PROGRAMS * PACKETS);
}

/* On a packet, on a copy of its first bytes, and on a packet in the kernel's memory. */
#define IN_PACKET(text, function) \
	{ .name = text, .test_func = function, .setup_func = use_packet }
#define IN_COPY(text, function) \
	{ .name = "In a copy: " text, .test_func = function, .setup_func = use_copy }
#define IN_KERNEL(text, function) \
	{ .name = "In the kernel's memory: " text, .test_func = function, \
	  .setup_func = use_kernel }
#define IN_ALL(text, function) \
	IN_PACKET(text, function), IN_COPY(text, function), IN_KERNEL(text, function)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PACKET("What the verifier would refuse is refused by the judge here", test_judge),
		IN_COPY("What the verifier would refuse is refused by the judge here",
			test_judge_of_copies),
		IN_KERNEL("What the verifier would refuse is refused by the judge here",
			  test_judge_of_casts),
		IN_COPY("The judge lets read what was copied, and never more than 511 bytes",
			test_most_is_copied),
		IN_ALL("A return is a number of bytes, a constant or A", test_return),
		IN_ALL("What says the same of every packet is known to", test_constant),
		IN_ALL("A verdict has the filter's number in its upper half", test_number),
		IN_ALL("A, X and the scratch memory are zero at first", test_zeroes),
		IN_ALL("What is written on one way only is zero on the other", test_zeroes_on_one_way),
		IN_ALL("Each word of the scratch memory keeps A, or X", test_words),
		IN_ALL("An absolute load is right at every length and every linear part", test_absolute),
		IN_ALL("An indirect load is right there, and its sum does not wrap", test_indirect),
		IN_ALL("A load of a header's length leaves A alone", test_msh),
		IN_ALL("A load does not depend on the ones before it", test_loads_in_a_row),
		IN_ALL("The length is the whole packet's", test_len),
		IN_COPY("A load is right around the last byte that is copied", test_end_of_copy),
		IN_COPY("Where nothing was copied, only what needs no byte is decided", test_empty_copy),
		IN_ALL("What a load leads to is there if the load can find its byte", test_out_of_reach),
		IN_ALL("A byte that is elsewhere leaves the packet undecided", test_fragments),
		IN_ALL("Byte 64999 is the last that a filter sees", test_last_byte),
		IN_ALL("An offset that no packet has is no match", test_beyond),
		IN_ALL("Arithmetic gives what libpcap's machine gives", test_arithmetic),
		IN_ALL("A division by an X of zero is no match", test_division),
		IN_ALL("A shift by an X above 31 gives zero", test_shifts),
		IN_ALL("A shift by a constant above 31 is left to libpcap", test_undefined_shifts),
		IN_ALL("A branch goes where libpcap's machine goes, in all its shapes", test_branches),
		IN_ALL("A row of comparisons finds each of its constants, and no other", test_rows),
		IN_ALL("A row that is jumped into is no row", test_middle_of_row),
		IN_ALL("A row is searched by halves", test_row_is_searched),
		IN_ALL("A jump goes on where it says", test_jumps),
		IN_ALL("What nobody comes to is left out", test_dead_code),
		IN_ALL("A jump backwards is left to libpcap, unless nobody comes to it", test_loops),
		IN_ALL("A filter too long to jump across is left to libpcap", test_long),
		IN_PACKET("What stands for no filter leaves every packet undecided", test_nothing),
		IN_PACKET("What was freed can be freed again", test_freed),
		IN_ALL("A lack of memory is an error, wherever it comes", test_no_memory),
		IN_ALL("Random filters say of random packets what libpcap's machine says", test_random),
	};

	return cmocka_run_group_tests_name("translate", tests, fill_packet, NULL);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_runnable.c: what libpcap's machine makes of the copy that it is given to run.
 *
 * The machine is that of the libpcap which was built; some count the loops themselves and
 * some do not.  An alarm ends what does not end.
 */
#include <linux/filter.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/classic.h"

#include "machine.h"
#include "random_filter.h"
#include "sentence.h"

#define PROGRAMS 20000
#define PACKETS 8		/* for each of them */
#define PACKET_BYTES 64
#define TAKE 1000
#define ROUNDS 8125u		/* as many as there can be headers in 65000 bytes */
#define PATIENCE_S 20

static struct xdps_insn insns[XDPS_FILTER_INSNS_MAX];
static unsigned char packet[PACKET_BYTES];

static struct xdps_insn *runnable(const struct xdps_insn *from, size_t n_from, size_t *n)
{
	struct xdps_insn *to = NULL;
	struct xdps_error err = { .text = "" };

	assert_int_equal(xdps_runnable_filter(from, n_from, &to, n, &err), XDPS_OK);
	assert_string_equal(err.text, "");
	assert_non_null(to);
	assert_true(bpf_validate(to, *n));
	return to;
}

static void assert_refused(const struct xdps_insn *from, size_t n_from, const char *sentence)
{
	struct xdps_insn *to = NULL;
	struct xdps_error err;
	size_t n;

	assert_int_equal(xdps_runnable_filter(from, n_from, &to, &n, &err), XDPS_BAD_FILTER);
	assert_string_equal(err.text, sentence);
	assert_null(to);
}

/* So that words which nobody sets are not zero by chance. */
static __attribute__((noinline)) void spoil_stack(void)
{
	volatile unsigned char stack[4096];

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0xa5;
}

static uint32_t runs(const struct xdps_insn *from, size_t n_from)
{
	size_t n;
	struct xdps_insn *to = runnable(from, n_from, &n);
	uint32_t says;

	alarm(PATIENCE_S);
	spoil_stack();
	says = bpf_filter(to, packet, sizeof(packet), sizeof(packet));
	alarm(0);
	free(to);
	return says;
}

static void test_same(void **state)
{
	uint64_t seed = 1;
	unsigned int taken = 0;

	for (unsigned int i = 0; i < PROGRAMS; i++) {
		size_t n_from = random_filter(&seed, insns, 64), n;
		struct xdps_insn *to = runnable(insns, n_from, &n);

		for (unsigned int j = 0; j < PACKETS; j++) {
			for (size_t b = 0; b < sizeof(packet); b++)
				packet[b] = random_below(&seed, 256);
			assert_int_equal(machine_says(to, packet, sizeof(packet)),
					 machine_says(insns, packet, sizeof(packet)));
			taken += machine_says(to, packet, sizeof(packet)) > 0;
		}
		free(to);
	}
	assert_in_range(taken, PROGRAMS, PROGRAMS * PACKETS - PROGRAMS);
}

static void test_untouched(void **state)
{
	size_t n_from, n;
	struct xdps_insn *to;
	uint64_t seed = 2;

	do
		n_from = random_filter(&seed, insns, 64);
	while (n_from < 10);
	insns[0] = (struct xdps_insn){ .code = BPF_LD | BPF_IMM, .k = 4 };
	for (size_t i = 1; i + 1 < n_from; i++)
		insns[i] = (struct xdps_insn){ .code = BPF_JMP | BPF_JA };
	insns[n_from - 1] = (struct xdps_insn){ .code = BPF_RET | BPF_A };
	to = runnable(insns, n_from, &n);
	assert_int_equal(n, n_from);
	assert_memory_equal(to, insns, n * sizeof(*to));
	free(to);
}

static void test_zeros(void **state)
{
	for (uint32_t word = 0; word < XDPS_CLASSIC_WORDS; word++) {
		const struct xdps_insn by_a[] = {
			{ .code = BPF_LD | BPF_MEM, .k = word },
			{ .code = BPF_RET | BPF_A },
		};
		const struct xdps_insn by_x[] = {
			{ .code = BPF_LDX | BPF_MEM, .k = word },
			{ .code = BPF_MISC | BPF_TXA },
			{ .code = BPF_RET | BPF_A },
		};

		assert_int_equal(runs(by_a, ARRAY_SIZE(by_a)), 0);
		assert_int_equal(runs(by_x, ARRAY_SIZE(by_x)), 0);
	}
}

/* Goes back `times` times, and then takes the packet: if A and X came through. */
static uint32_t counts(uint32_t times)
{
	const struct xdps_insn loop[] = {
		{ .code = BPF_LDX | BPF_IMM, .k = TAKE },
		{ .code = BPF_LD | BPF_IMM, .k = times + 1 },
		{ .code = BPF_ALU | BPF_SUB | BPF_K, .k = 1 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 1 },
		{ .code = BPF_JMP | BPF_JA, .k = -3 },
		{ .code = BPF_MISC | BPF_TXA },
		{ .code = BPF_RET | BPF_A },
	};

	return runs(loop, ARRAY_SIZE(loop));
}

static void test_ends(void **state)
{
	assert_int_equal(counts(0), TAKE);
	assert_int_equal(counts(1), TAKE);
	assert_int_equal(counts(40), TAKE);
	assert_int_equal(counts(UINT32_MAX - 1), 0);
}

/* libpcap's own count, where there is one, may be a lower one. */
static void test_rounds(void **state)
{
	if (counts(ROUNDS) != TAKE) {
		printf("# SKIP this libpcap's machine lets no loop go round %u times\n", ROUNDS);
		skip();
	}
	assert_int_equal(counts(ROUNDS + 1), 0);
}

static void test_endless(void **state)
{
	const struct xdps_insn in_itself[] = {
		{ .code = BPF_JMP | BPF_JA, .k = -1 },
		{ .code = BPF_RET | BPF_K, .k = TAKE },
	};
	const struct xdps_insn in_each_other[] = {
		{ .code = BPF_JMP | BPF_JA, .k = 2 },
		{ .code = BPF_JMP | BPF_JA, .k = 0 },
		{ .code = BPF_JMP | BPF_JA, .k = -2 },
		{ .code = BPF_JMP | BPF_JA, .k = -3 },
		{ .code = BPF_RET | BPF_K, .k = TAKE },
	};

	assert_int_equal(runs(in_itself, ARRAY_SIZE(in_itself)), 0);
	assert_int_equal(runs(in_each_other, ARRAY_SIZE(in_each_other)), 0);
}

/* Writes and reads words 0 to n - 1, and goes back once. */
static size_t with_words(uint32_t n_words)
{
	size_t n = 0;

	insns[n++] = (struct xdps_insn){ .code = BPF_LD | BPF_IMM, .k = TAKE };
	for (uint32_t word = 0; word < n_words; word++)
		insns[n++] = (struct xdps_insn){ .code = BPF_ST, .k = word };
	insns[n++] = (struct xdps_insn){ .code = BPF_JMP | BPF_JA, .k = 1 };
	insns[n++] = (struct xdps_insn){ .code = BPF_JMP | BPF_JA, .k = 1 };
	insns[n++] = (struct xdps_insn){ .code = BPF_JMP | BPF_JA, .k = -2 };
	for (uint32_t word = 0; word < n_words; word++)
		insns[n++] = (struct xdps_insn){ .code = BPF_LD | BPF_MEM, .k = word };
	insns[n++] = (struct xdps_insn){ .code = BPF_RET | BPF_A };
	return n;
}

static void test_words(void **state)
{
	for (uint32_t n_words = 0; n_words <= XDPS_CLASSIC_WORDS - 2; n_words++)
		assert_int_equal(runs(insns, with_words(n_words)), TAKE);
	for (uint32_t n_words = XDPS_CLASSIC_WORDS - 1; n_words <= XDPS_CLASSIC_WORDS; n_words++)
		assert_refused(insns, with_words(n_words),
			       "the filter jumps backward; limiting its loops takes two of the 16 words of scratch memory, and it leaves fewer than two unused");
}

/* 4096 is what the kernel takes. */
static void test_long(void **state)
{
	const size_t n_from = 50000;
	struct xdps_insn *from = calloc(n_from, sizeof(*from));

	assert_non_null(from);
	for (size_t i = 0; i + 1 < n_from; i++)
		from[i] = (struct xdps_insn){ .code = BPF_ALU | BPF_ADD | BPF_K, .k = 2 };
	from[n_from - 1] = (struct xdps_insn){ .code = BPF_RET | BPF_A };
	assert_int_equal(runs(from, n_from), 2 * (n_from - 1));
	from[n_from - 2] = (struct xdps_insn){
		.code = BPF_JMP | BPF_JA, .k = 1 - (uint32_t)n_from
	};
	assert_int_equal(runs(from, n_from), 0);
	free(from);
}

static void test_invalid(void **state)
{
	struct xdps_insn bad[] = { { .code = BPF_ST, .k = 16 }, { .code = BPF_RET | BPF_A } };

	assert_refused(bad, 0, "the filter has no instructions");
	assert_refused(bad, 2, "the filter's instruction 0 uses word 16 of scratch memory, but there are only 16 words (0 to 15)");
	bad[0] = (struct xdps_insn){ .code = BPF_RET | BPF_X };
	assert_refused(bad, 2, "the filter's instruction 0 has the opcode 0xe, which classic BPF does not define");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("The copy of a filter says the same of every packet", test_same),
		SENTENCE("Without loops and scratch memory it is the same", test_untouched),
		SENTENCE("Its scratch memory begins with zeros", test_zeros),
		SENTENCE("A loop that ends has its result, with A and X as they were", test_ends),
		SENTENCE("A loop may go round 8125 times, and no more", test_rounds),
		SENTENCE("An endless loop ends, and the packet is not taken", test_endless),
		SENTENCE("A loop leaves the filter's own words alone, or is refused", test_words),
		SENTENCE("A filter may be longer than the kernel takes", test_long),
		SENTENCE("What is no filter has no copy", test_invalid),
	};

	return cmocka_run_group_tests_name("runnable", tests, NULL, NULL);
}

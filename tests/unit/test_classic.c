// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_classic.c: what libpcap would run is taken, and nothing else.
 *
 * Its validator and its machine are asked.  For a code that it does not know the
 * machine calls abort(), which is caught here, or since 1.10.7 takes no packet.
 */
#include <linux/filter.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/classic.h"

#include "machine.h"
#include "random_filter.h"
#include "sentence.h"

#define CODES 0x10000
#define MUTANTS 300000

static struct xdps_insn prog[XDPS_FILTER_INSNS_MAX + 1];
static bool known[CODES];
static sigjmp_buf aborted;

static const struct xdps_insn ret = { .code = BPF_RET | BPF_K, .k = 1 };

static void jump_out(int signal)
{
	(void)signal;
	siglongjmp(aborted, 1);
}

/* Its targets and its word of scratch memory are there, and it returns what is not zero. */
static bool machine_knows(uint16_t code)
{
	static const unsigned char packet[16];
	const struct xdps_insn insns[] = {
		{ .code = BPF_LDX | BPF_IMM, .k = 1 },
		{ .code = BPF_LD | BPF_IMM, .k = 1 },
		{ .code = code, .k = 1 },
		ret, ret,
	};

	if (sigsetjmp(aborted, 1))
		return false;
	return bpf_filter(insns, packet, sizeof(packet), sizeof(packet));
}

static int ask_machine(void **state)
{
	struct sigaction catch = { .sa_handler = jump_out }, before;

	sigaction(SIGABRT, &catch, &before);
	for (unsigned int code = 0; code < CODES; code++)
		known[code] = machine_knows(code);
	sigaction(SIGABRT, &before, NULL);
	return 0;
}

/* Says libpcap that it could run it? */
static bool libpcap_takes(const struct xdps_insn *insns, unsigned int n)
{
	if (!bpf_validate(insns, n))
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (!known[insns[i].code])
			return false;
	return true;
}

static void assert_sentence(const struct xdps_error *err)
{
	size_t len = strlen(err->text);

	assert_int_equal(err->status, XDPS_BAD_FILTER);
	assert_memory_equal(err->text, "the filter", 10);
	assert_in_range(len, 20, sizeof(err->text) - 2);
}

static bool is_taken(unsigned int n)
{
	struct xdps_error err = { .text = "" };
	enum xdps_status status = xdps_classic_check(prog, n, &err);

	if (!status) {
		assert_int_equal(err.text[0], '\0');
		return true;
	}
	assert_int_equal(status, XDPS_BAD_FILTER);
	assert_sentence(&err);
	return false;
}

static void assert_refused(unsigned int n, const char *sentence)
{
	struct xdps_error err;

	assert_int_equal(xdps_classic_check(prog, n, &err), XDPS_BAD_FILTER);
	assert_int_equal(err.status, XDPS_BAD_FILTER);
	assert_string_equal(err.text, sentence);
}

static void returns(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		prog[i] = ret;
}

static void test_codes(void **state)
{
	unsigned int n = 0;

	returns(3);
	for (unsigned int code = 0; code < CODES; code++) {
		prog[0] = (struct xdps_insn){ .code = code, .k = 1 };
		assert_int_equal(is_taken(3), libpcap_takes(prog, 3));
		n += is_taken(3);
	}
	/* loads 13, stores 2, arithmetic 21, jumps 9, returns 2, transfers 2 */
	assert_int_equal(n, 49);
	prog[0].code = 0x8c;
	assert_refused(3, "the filter's instruction 0 has the opcode 0x8c, which classic BPF does not define");
}

static void test_number(void **state)
{
	struct xdps_error err;

	returns(XDPS_FILTER_INSNS_MAX + 1);
	assert_refused(0, "the filter has no instructions");
	assert_true(is_taken(1));
	assert_true(is_taken(XDPS_FILTER_INSNS_MAX));
	assert_refused(XDPS_FILTER_INSNS_MAX + 1,
		       "the filter has 4097 instructions; the maximum is 4096");
	assert_int_equal(xdps_classic_check(prog, UINT32_MAX + 2ull, &err), XDPS_BAD_FILTER);
	assert_int_equal(xdps_classic_check(prog, SIZE_MAX, &err), XDPS_BAD_FILTER);
}

static void test_end(void **state)
{
	returns(2);
	prog[1] = (struct xdps_insn){ .code = BPF_LD | BPF_IMM };
	assert_refused(2, "the filter's last instruction (1) does not return");
	assert_false(libpcap_takes(prog, 2));
	prog[1].code = BPF_RET | BPF_A;
	assert_true(is_taken(2));
}

static void test_words(void **state)
{
	static const uint16_t codes[] = { BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM, BPF_ST, BPF_STX };
	static const uint32_t words[] = { 0, 15, 16, 17, 0x7fffffff, 0x80000000, 0xffffffff };

	returns(2);
	for (size_t c = 0; c < ARRAY_SIZE(codes); c++) {
		for (size_t w = 0; w < ARRAY_SIZE(words); w++) {
			prog[0] = (struct xdps_insn){ .code = codes[c], .k = words[w] };
			assert_int_equal(is_taken(2), words[w] < XDPS_CLASSIC_WORDS);
			assert_int_equal(is_taken(2), libpcap_takes(prog, 2));
		}
	}
	prog[0].k = 16;
	assert_refused(2, "the filter's instruction 0 uses word 16 of scratch memory, but there are only 16 words (0 to 15)");
}

static void test_divisor(void **state)
{
	returns(2);
	prog[0] = (struct xdps_insn){ .code = BPF_ALU | BPF_DIV | BPF_K };
	assert_refused(2, "the filter's instruction 0 divides by zero");
	prog[0].code = BPF_ALU | BPF_MOD | BPF_K;
	assert_refused(2, "the filter's instruction 0 divides by zero");
	prog[0].code = BPF_ALU | BPF_DIV | BPF_X;
	assert_true(is_taken(2));
	prog[0].code = BPF_ALU | BPF_MUL | BPF_K;
	assert_true(is_taken(2));
}

static void test_branches(void **state)
{
	const unsigned int n = 300;

	for (unsigned int at = 0; at < n; at++) {
		for (unsigned int far = 0; far <= UINT8_MAX; far++) {
			returns(n);
			prog[at] = (struct xdps_insn){
				.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = far
			};
			assert_int_equal(is_taken(n), at + 1 + far < n);
			assert_int_equal(is_taken(n), libpcap_takes(prog, n));
			prog[at] = (struct xdps_insn){
				.code = BPF_JMP | BPF_JSET | BPF_X, .jf = far
			};
			assert_int_equal(is_taken(n), at + 1 + far < n);
			assert_int_equal(is_taken(n), libpcap_takes(prog, n));
		}
	}
	returns(13);
	prog[7] = (struct xdps_insn){ .code = BPF_JMP | BPF_JGT | BPF_K, .jf = 5 };
	assert_refused(13, "the filter's instruction 7 jumps to 13, beyond the last instruction (12)");
}

/* The sign of the distance is in its 32 bits, and the sum may wrap. */
static void test_jumps(void **state)
{
	const unsigned int n = 13;

	for (unsigned int at = 0; at < n; at++) {
		for (uint32_t i = 0; i < 64; i++) {
			const uint32_t far[] = { i, -i, 0x7fffffff - i, 0x80000000 + i };

			for (size_t f = 0; f < ARRAY_SIZE(far); f++) {
				returns(n);
				prog[at] = (struct xdps_insn){
					.code = BPF_JMP | BPF_JA, .k = far[f]
				};
				assert_int_equal(is_taken(n), libpcap_takes(prog, n));
			}
		}
	}
	returns(n);
	prog[7] = (struct xdps_insn){ .code = BPF_JMP | BPF_JA, .k = 4092 };
	assert_refused(n, "the filter's instruction 7 jumps to 4100, beyond the last instruction (12)");
	prog[7].k = -9;
	assert_refused(n, "the filter's instruction 7 jumps to -1, before the first instruction");
	prog[7].k = INT32_MAX;
	assert_refused(n, "the filter's instruction 7 jumps to 2147483655, beyond the last instruction (12)");
	prog[7].k = -8;
	assert_true(is_taken(n));
}

/* One field of one instruction, to something else. */
static void mutate(uint64_t *seed, unsigned int n)
{
	static const uint32_t edges[] = {
		0, 1, 15, 16, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff
	};
	struct xdps_insn *insn = &prog[random_below(seed, n)];

	switch (random_below(seed, 6)) {
	case 0:
		insn->code = random_below(seed, CODES);
		break;
	case 1:
		insn->code = random_below(seed, 256);
		break;
	case 2:
		insn->jt = random_below(seed, 256);
		break;
	case 3:
		insn->jf = random_below(seed, 256);
		break;
	case 4:
		insn->k = edges[random_below(seed, ARRAY_SIZE(edges))];
		break;
	case 5:
		insn->k = random_below(seed, 2 * n) - n;
		break;
	}
}

static void test_random(void **state)
{
	uint64_t seed = 1;
	unsigned int taken = 0;

	for (unsigned int i = 0; i < MUTANTS; i++) {
		unsigned int n = random_filter(&seed, prog, 64);

		assert_true(is_taken(n));
		assert_true(libpcap_takes(prog, n));
		for (unsigned int left = 1 + random_below(&seed, 3); left; left--)
			mutate(&seed, n);
		assert_int_equal(is_taken(n), libpcap_takes(prog, n));
		taken += is_taken(n);
	}
	printf("# %u programs as they were made, and spoilt: %u of those are valid\n",
	       MUTANTS, taken);
	assert_in_range(taken, MUTANTS / 10, MUTANTS - MUTANTS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Of all 65536 codes those are taken that libpcap's machine knows", test_codes),
		SENTENCE("A filter has 1 to 4096 instructions", test_number),
		SENTENCE("A filter's last instruction returns", test_end),
		SENTENCE("The scratch memory has 16 words, for loads and for stores", test_words),
		SENTENCE("Nothing is divided by a constant zero", test_divisor),
		SENTENCE("Both ways of a branch lead to an instruction", test_branches),
		SENTENCE("A jump leads to an instruction, forward, backward and around", test_jumps),
		SENTENCE("What libpcap says of spoilt random filters is said here", test_random),
	};

	return cmocka_run_group_tests_name("classic", tests, ask_machine, NULL);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * classic.c: checks whether a filter is a valid program.
 */
#include "classic.h"

#include <linux/filter.h>
#include <linux/if_packet.h>

#include "error.h"

struct program {
	const struct xdps_insn *insns;
	uint32_t n;
};

static enum xdps_status check_jump(const struct program *prog, uint32_t at, int64_t target,
				   struct xdps_error *err)
{
	if (target >= prog->n)
		return xdps_fail(err, XDPS_BAD_FILTER,
				 "the filter's instruction %u jumps to %lld, beyond the last instruction (%u)",
				 at, (long long)target, prog->n - 1);
	if (target < 0)
		return xdps_fail(err, XDPS_BAD_FILTER,
				 "the filter's instruction %u jumps to %lld, before the first instruction",
				 at, (long long)target);
	return XDPS_OK;
}

static enum xdps_status check_branches(const struct program *prog, uint32_t at,
				       struct xdps_error *err)
{
	const struct xdps_insn *insn = &prog->insns[at];
	enum xdps_status status = check_jump(prog, at, (int64_t)at + 1 + insn->jt, err);

	if (status)
		return status;
	return check_jump(prog, at, (int64_t)at + 1 + insn->jf, err);
}

static enum xdps_status check_word(const struct program *prog, uint32_t at,
				   struct xdps_error *err)
{
	uint32_t k = prog->insns[at].k;

	if (k < XDPS_CLASSIC_WORDS)
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_FILTER,
			 "the filter's instruction %u uses word %u of scratch memory, but there are only %u words (0 to %u)",
			 at, k, XDPS_CLASSIC_WORDS, XDPS_CLASSIC_WORDS - 1);
}

static enum xdps_status check_divisor(const struct program *prog, uint32_t at,
				      struct xdps_error *err)
{
	if (prog->insns[at].k)
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_FILTER, "the filter's instruction %u divides by zero", at);
}

/* This switch lists every code that libpcap's interpreter knows, once. */
static enum xdps_status check_insn(const struct program *prog, uint32_t at,
				   struct xdps_error *err)
{
	const struct xdps_insn *insn = &prog->insns[at];

	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_B | BPF_MSH:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_IMM:
		return XDPS_OK;

	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return check_word(prog, at, err);

	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_MOD | BPF_X:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
		return XDPS_OK;

	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_MOD | BPF_K:
		return check_divisor(prog, at, err);

	case BPF_JMP | BPF_JA:
		/* the only signed distance, for libpcap's protochain */
		return check_jump(prog, at, (int64_t)at + 1 + (int32_t)insn->k, err);

	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_X:
		return check_branches(prog, at, err);

	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
		return XDPS_OK;
	}
	return xdps_fail(err, XDPS_BAD_FILTER,
			 "the filter's instruction %u has the opcode %#x, which classic BPF does not define",
			 at, insn->code);
}

enum xdps_status xdps_classic_check_long(const struct xdps_insn *insns, size_t n_insns,
					 struct xdps_error *err)
{
	const struct program prog = { insns, n_insns };
	enum xdps_status status;

	if (!n_insns)
		return xdps_fail(err, XDPS_BAD_FILTER, "the filter has no instructions");
	if (n_insns > INT32_MAX / 2)
		return xdps_fail(err, XDPS_BAD_FILTER,
				 "the filter has %zu instructions, more than a jump can span",
				 n_insns);
	for (uint32_t i = 0; i < prog.n; i++) {
		status = check_insn(&prog, i, err);
		if (status)
			return status;
	}
	if (BPF_CLASS(insns[prog.n - 1].code) != BPF_RET)
		return xdps_fail(err, XDPS_BAD_FILTER,
				 "the filter's last instruction (%u) does not return",
				 prog.n - 1);
	return XDPS_OK;
}

enum xdps_status xdps_classic_check(const struct xdps_insn *insns, size_t n_insns,
				    struct xdps_error *err)
{
	if (n_insns > XDPS_FILTER_INSNS_MAX)
		return xdps_fail(err, XDPS_BAD_FILTER,
				 "the filter has %zu instructions; the maximum is %u",
				 n_insns, XDPS_FILTER_INSNS_MAX);
	return xdps_classic_check_long(insns, n_insns, err);
}

#define DIRECTION_OFFSET ((uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))

static bool asks_direction(const struct xdps_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_ABS &&
	       insn->k == DIRECTION_OFFSET;
}

bool xdps_classic_asks_direction(const struct xdps_insn *insns, size_t n_insns)
{
	for (size_t i = 0; i < n_insns; i++)
		if (asks_direction(&insns[i]))
			return true;
	return false;
}

void xdps_classic_answer_direction(struct xdps_insn *insns, size_t n_insns, bool sent)
{
	for (size_t i = 0; i < n_insns; i++)
		if (asks_direction(&insns[i]))
			insns[i] = (struct xdps_insn){
				.code = BPF_LD | BPF_IMM,
				.k = sent ? PACKET_OUTGOING : PACKET_HOST,
			};
}

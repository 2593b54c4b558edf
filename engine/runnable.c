// SPDX-License-Identifier: BSD-3-Clause
/*
 * runnable.c: makes a filter safe for libpcap's interpreter, on any packet.
 *
 * The interpreter looks at each packet that the kernel did not filter.  It is that of the
 * libpcap with which this was built.  Before 1.10.7 it trusts the program.  It does not
 * count loops, so a packet can be made on which "ip protochain 6" never ends
 * (CVE-2026-6554).  And its scratch memory begins with what was on the stack.  So the
 * program itself takes care of both.
 *
 * Two pieces of code are added, one before the first instruction and one behind the last.
 * All distances in between stay the same, except for backward jumps: these go through the
 * piece behind the last instruction, which counts them in a word of the scratch memory.
 */
#include "xdpsample.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "../common/classic.h"
#include "../common/error.h"

/*
 * libpcap's own loops go from one header of a packet to the next, and no header has less
 * than 8 bytes.  A filter that takes more rounds than this is not making its way through
 * a packet.
 */
#define ROUNDS_MAX (XDPS_SNAPLEN_MAX / 8)

#define TURN_INSNS 8		/* for one backward jump */
#define TURNS_MAX 100000	/* keeps all distances within 32 bits */

struct runnable {
	const struct xdps_insn *from;
	uint32_t n_from;
	struct xdps_insn *to;
	uint32_t n_to;

	uint32_t n_before;	/* instructions added before the first one */
	uint32_t n_turns;	/* backward jumps */
	uint32_t read;		/* words of scratch memory, a bit for each */
	uint32_t used;
	uint32_t rounds;	/* the word that counts them */
	uint32_t kept;		/* the word that saves A meanwhile */
};

static bool jumps_back(const struct xdps_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA) && (int32_t)insn->k < 0;
}

static void survey(struct runnable *r)
{
	for (uint32_t i = 0; i < r->n_from; i++) {
		const struct xdps_insn *insn = &r->from[i];

		r->n_turns += jumps_back(insn);
		switch (insn->code) {
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			r->read |= 1u << insn->k;
			r->used |= 1u << insn->k;
			break;
		case BPF_ST:
		case BPF_STX:
			r->used |= 1u << insn->k;
			break;
		}
	}
}

/* Takes the highest word that is not in use; XDPS_CLASSIC_WORDS: there is none. */
static uint32_t take_word(struct runnable *r)
{
	for (uint32_t word = XDPS_CLASSIC_WORDS; word-- > 0;) {
		if (r->used & (1u << word))
			continue;
		r->used |= 1u << word;
		return word;
	}
	return XDPS_CLASSIC_WORDS;
}

static enum xdps_status take_words(struct runnable *r, struct xdps_error *err)
{
	r->rounds = take_word(r);
	r->kept = take_word(r);
	if (r->kept == XDPS_CLASSIC_WORDS)
		return xdps_fail(err, XDPS_BAD_FILTER,
				 "the filter jumps backward; limiting its loops takes two of the %u words of scratch memory, and it leaves fewer than two unused",
				 XDPS_CLASSIC_WORDS);
	r->read |= 1u << r->rounds;
	return XDPS_OK;
}

static enum xdps_status plan(struct runnable *r, struct xdps_error *err)
{
	enum xdps_status status;

	survey(r);
	if (r->n_turns > TURNS_MAX)
		return xdps_fail(err, XDPS_BAD_FILTER,
				 "the filter has %u backward jumps; the maximum is %u",
				 r->n_turns, TURNS_MAX);
	if (r->n_turns) {
		status = take_words(r, err);
		if (status)
			return status;
	}
	r->n_before = (uint32_t)__builtin_popcount(r->read);
	r->n_to = r->n_before + r->n_from + TURN_INSNS * r->n_turns;
	return XDPS_OK;
}

/* A is zero when a program begins. */
static void zero_words(struct runnable *r)
{
	struct xdps_insn *to = r->to;

	for (uint32_t word = 0; word < XDPS_CLASSIC_WORDS; word++)
		if (r->read & (1u << word))
			*to++ = (struct xdps_insn){ .code = BPF_ST, .k = word };
}

/* Leads the backward jump at `at` through the code at `turn`, which preserves even A. */
static void turn_back(struct runnable *r, uint32_t at, uint32_t turn)
{
	const struct xdps_insn insns[TURN_INSNS] = {
		{ .code = BPF_ST, .k = r->kept },
		{ .code = BPF_LD | BPF_MEM, .k = r->rounds },
		{ .code = BPF_ALU | BPF_ADD | BPF_K, .k = 1 },
		{ .code = BPF_ST, .k = r->rounds },
		{ .code = BPF_JMP | BPF_JGT | BPF_K, .jt = 2, .k = ROUNDS_MAX },
		{ .code = BPF_LD | BPF_MEM, .k = r->kept },
		{ .code = BPF_JMP | BPF_JA, .k = at + r->to[at].k - (turn + 6) },
		{ .code = BPF_RET | BPF_K, .k = 0 },
	};

	memcpy(r->to + turn, insns, sizeof(insns));
	r->to[at].k = turn - (at + 1);
}

static void write_program(struct runnable *r)
{
	uint32_t turn = r->n_before + r->n_from;

	zero_words(r);
	memcpy(r->to + r->n_before, r->from, r->n_from * sizeof(*r->from));
	for (uint32_t at = r->n_before; at < r->n_before + r->n_from; at++)
		if (jumps_back(&r->to[at])) {
			turn_back(r, at, turn);
			turn += TURN_INSNS;
		}
}

enum xdps_status xdps_runnable_filter(const struct xdps_insn *insns, size_t n_insns,
				      struct xdps_insn **out, size_t *n_out,
				      struct xdps_error *err)
{
	struct runnable r = { .from = insns, .n_from = n_insns };
	enum xdps_status status = xdps_classic_check_long(insns, n_insns, err);

	if (!status)
		status = plan(&r, err);
	if (status)
		return status;
	r.to = calloc(r.n_to, sizeof(*r.to));
	if (!r.to)
		return xdps_fail_errno(err, -ENOMEM, "copying the filter");
	write_program(&r);
	*out = r.to;
	*n_out = r.n_to;
	return XDPS_OK;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * random_filter.c: filters that nobody would write, and that are valid.
 *
 * Instructions drawn one by one would end at the first load that finds no byte.
 * So most offsets are small, and what goes into X before it is added to one is
 * mostly made small, too.
 */
#include "random_filter.h"

#include <linux/filter.h>

#define FEW_INSNS 48u
#define WORDS 16u

struct program {
	uint64_t *state;
	struct xdps_insn *insns;
	unsigned int n;
	unsigned int total;	/* it will have, with the last return */
	uint32_t words;		/* of M[], which are written: bits */
};

/* The generator "splitmix64". */
uint32_t random_below(uint64_t *state, uint32_t n)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	z ^= z >> 31;
	return (z >> 32) * n >> 32;
}

static uint32_t below(const struct program *p, uint32_t n)
{
	return random_below(p->state, n);
}

static bool one_in(const struct program *p, uint32_t n)
{
	return below(p, n) == 0;
}

/* What does not fit is left out: the last place is for the return. */
static void add_jump(struct program *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	if (p->n < p->total - 1)
		p->insns[p->n++] = (struct xdps_insn){ code, jt, jf, k };
}

static void add(struct program *p, uint16_t code, uint32_t k)
{
	add_jump(p, code, 0, 0, k);
}

/* A constant to compute with, or to compare with. */
static uint32_t constant(const struct program *p)
{
	static const uint32_t usual[] = {
		0, 1, 2, 4, 6, 15, 17, 31, 32, 0x3f, 0x40, 0x45, 0x7f, 0x80, 0xff, 0x100,
		0x800, 0x806, 0x1fff, 0x8000, 0x86dd, 0xffff, 0x10000, 0x7fffffff,
		0x80000000, 0x80000001, 0xfffffff0, 0xfffffffe, 0xffffffff,
	};

	switch (below(p, 4)) {
	case 0:
		return below(p, UINT32_MAX);
	case 1:
		return below(p, 256);
	}
	return usual[below(p, sizeof(usual) / sizeof(usual[0]))];
}

static uint32_t packet_offset(const struct program *p)
{
	static const uint32_t odd[] = {
		1500, 9000, 32764, 32767, 32768, 64995, 64996, 64997, 64998, 64999, 65000,
		65001, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffff000, 0xfffffffc,
		0xffffffff,
	};

	switch (below(p, 64)) {
	case 0:
		return odd[below(p, sizeof(odd) / sizeof(odd[0]))];
	case 1 ... 2:
		return below(p, 1500);
	case 3 ... 8:
		return below(p, 128);
	case 9 ... 24:
		return below(p, 64);
	}
	return below(p, 24);
}

static uint16_t packet_size(const struct program *p)
{
	static const uint16_t sizes[] = { BPF_W, BPF_H, BPF_B };

	return sizes[below(p, 3)];
}

static void add_absolute(struct program *p)
{
	if (one_in(p, 5))
		add(p, BPF_LDX | BPF_B | BPF_MSH, packet_offset(p));
	else
		add(p, BPF_LD | packet_size(p) | BPF_ABS, packet_offset(p));
}

static void add_small_x(struct program *p)
{
	switch (below(p, 4)) {
	case 0:
		add(p, BPF_LDX | BPF_B | BPF_MSH, packet_offset(p));
		break;
	case 1:
		add(p, BPF_LDX | BPF_IMM, packet_offset(p));
		break;
	case 2:
		add(p, BPF_ALU | BPF_AND | BPF_K, below(p, 64));
		add(p, BPF_MISC | BPF_TAX, 0);
		break;
	case 3:
		/* just before the end of the packet, and just behind it */
		add(p, BPF_LD | BPF_W | BPF_LEN, 0);
		add(p, BPF_ALU | BPF_SUB | BPF_K, below(p, 40));
		add(p, BPF_MISC | BPF_TAX, 0);
		break;
	}
}

static void add_indirect(struct program *p)
{
	if (!one_in(p, 8))
		add_small_x(p);
	add(p, BPF_LD | packet_size(p) | BPF_IND, packet_offset(p));
}

static void add_arithmetic(struct program *p)
{
	static const uint16_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND, BPF_OR, BPF_XOR,
		BPF_LSH, BPF_RSH, BPF_NEG,
	};
	uint16_t op = ops[below(p, sizeof(ops) / sizeof(ops[0]))];
	uint32_t k = constant(p);

	if (op == BPF_NEG) {
		add(p, BPF_ALU | BPF_NEG, k);
		return;
	}
	if (one_in(p, 2)) {
		/* the interesting ones are around 32 */
		if ((op == BPF_LSH || op == BPF_RSH) && !one_in(p, 4))
			add(p, BPF_LDX | BPF_IMM, below(p, 40));
		add(p, BPF_ALU | op | BPF_X, k);
		return;
	}
	if (op == BPF_LSH || op == BPF_RSH)
		k %= 32;
	if (!k && (op == BPF_DIV || op == BPF_MOD))
		k = UINT32_MAX;
	add(p, BPF_ALU | op | BPF_K, k);
}

static void add_transfer(struct program *p)
{
	uint32_t word = below(p, WORDS);

	switch (below(p, 10)) {
	case 0:
		add(p, BPF_LD | BPF_IMM, constant(p));
		break;
	case 1:
		add(p, BPF_LDX | BPF_IMM, constant(p));
		break;
	case 2:
		add(p, BPF_LD | BPF_W | BPF_LEN, 0);
		break;
	case 3:
		add(p, BPF_LDX | BPF_W | BPF_LEN, 0);
		break;
	case 4:
		add(p, BPF_MISC | BPF_TAX, 0);
		break;
	case 5:
		add(p, BPF_MISC | BPF_TXA, 0);
		break;
	case 6:
		add(p, BPF_ST, word);
		break;
	case 7:
		add(p, BPF_STX, word);
		break;
	default:
		if (p->words & 1u << word)
			add(p, (one_in(p, 2) ? BPF_LD : BPF_LDX) | BPF_MEM, word);
	}
}

/* How far a jump from here may go: to the last instruction. */
static uint32_t distance(const struct program *p, uint32_t most)
{
	uint32_t left = p->total - 2 - p->n;
	uint32_t usual = one_in(p, 8) ? most : 4;

	if (usual > left)
		usual = left;
	return below(p, usual + 1);
}

static void add_branch(struct program *p)
{
	static const uint16_t ops[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint16_t op = ops[below(p, 4)];

	if (p->n >= p->total - 1)
		return;
	if (one_in(p, 12)) {
		add(p, BPF_JMP | BPF_JA, distance(p, 300));
		return;
	}
	add_jump(p, BPF_JMP | op | (one_in(p, 3) ? BPF_X : BPF_K), distance(p, 255),
		 distance(p, 255), constant(p));
}

static struct xdps_insn result(const struct program *p)
{
	switch (below(p, 8)) {
	case 0:
		return (struct xdps_insn){ .code = BPF_RET | BPF_K };
	case 1 ... 2:
		return (struct xdps_insn){ .code = BPF_RET | BPF_A };
	}
	return (struct xdps_insn){ .code = BPF_RET | BPF_K, .k = 1 + constant(p) };
}

/* What is read of M[] is written here, on every way to where it is read. */
static void add_words(struct program *p)
{
	unsigned int n = one_in(p, 2) ? 0 : one_in(p, 8) ? WORDS : 1 + below(p, 4);

	for (unsigned int i = 0; i < n && p->n + 2 < p->total; i++) {
		uint32_t word = below(p, WORDS);

		if (one_in(p, 4))
			add_absolute(p);
		if (p->n + 2 >= p->total)
			return;
		add(p, one_in(p, 2) ? BPF_ST : BPF_STX, word);
		p->words |= 1u << word;
	}
}

unsigned int random_filter(uint64_t *state, struct xdps_insn *insns, unsigned int max)
{
	struct program p = { .state = state, .insns = insns };
	unsigned int most = max < FEW_INSNS || random_below(state, 64) == 0 ? max : FEW_INSNS;

	p.total = 1 + below(&p, most);
	add_words(&p);
	while (p.n < p.total - 1) {
		switch (below(&p, 32)) {
		case 0 ... 6:
			add_absolute(&p);
			break;
		case 7 ... 9:
			add_indirect(&p);
			break;
		case 10 ... 16:
			add_arithmetic(&p);
			break;
		case 17 ... 22:
			add_transfer(&p);
			break;
		case 23 ... 30:
			add_branch(&p);
			break;
		case 31:
			insns[p.n++] = result(&p);
			break;
		}
	}
	insns[p.n++] = result(&p);
	return p.n;
}

bool has_loop(const struct xdps_insn *insns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (insns[i].code == (BPF_JMP | BPF_JA) && (int32_t)insns[i].k < 0)
			return true;
	return false;
}

const struct xdps_insn impossible_x_filter[IMPOSSIBLE_X_INSNS] = {
	{ .code = BPF_LDX | BPF_MSH | BPF_B, .k = 14 },
	{ .code = BPF_LD | BPF_IMM, .k = 5 },
	{ .code = BPF_ALU | BPF_RSH | BPF_X },
	{ .code = BPF_JMP | BPF_JGE | BPF_X, .jf = 2 },
	{ .code = BPF_LD | BPF_H | BPF_IND, .k = 12 },
	{ .code = BPF_RET | BPF_A },
	{ .code = BPF_RET | BPF_K, .k = 70 },
};

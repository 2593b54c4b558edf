// SPDX-License-Identifier: BSD-3-Clause
/*
 * translate.c: translates a filter from classic BPF to eBPF.
 *
 * This goes over the program twice, in its own order, which is enough because it only
 * jumps forward.  The first pass finds what can be reached (the verifier rejects dead
 * code) and what is read there before it is written.  The second pass writes the code.  A
 * and X are in registers, always as 32 bits with zeros above them; M[] is on the stack.
 *
 * A packet may continue behind R2, in fragments.  So a load has three outcomes: its bytes
 * can be read; the packet has them, but elsewhere (undecided); it does not have them (no
 * match).
 */
#include "translate.h"

#include <endian.h>
#include <linux/filter.h>
#include <stdlib.h>

#include "../../bpf/record.h"
#include "../../common/classic.h"
#include "../../common/error.h"

/*
 * How many comparisons in a row make a binary search pay, and how many there can be at
 * most: a jump of classic BPF goes at most 255 instructions further.
 */
#define ROW_MIN 5
#define ROW_MAX 256

#define COPY_MOST (XDPS_COPY_BYTES - 1)

/*
 * translate.h describes the arguments; all of these except FRAME can be used.  A fourth
 * argument is in X at first.
 */
enum {
	A = BPF_REG_0,
	DATA = BPF_REG_1,
	END = BPF_REG_2,
	LEN = BPF_REG_3,
	X = BPF_REG_4,
	TEMP = BPF_REG_5,
	FRAME = BPF_REG_10,
};

/* What calls destroy.  A comes last, because it is not always to be kept. */
static const uint8_t destroyed[] = { DATA, END, LEN, X, A };

#define N_DESTROYED (sizeof(destroyed) / sizeof(destroyed[0]))

/* Double words on the stack, below M[]: for these, and for an argument. */
#define SAVED(i) (int16_t)(-4 * XDPS_CLASSIC_WORDS - 8 * ((int)(i) + 1))
#define ADDRESS SAVED(N_DESTROYED)

/* A header of IPv4 without options: nearly always what is in X. */
#define USUAL_X 20

/* A set of the places of a classic program: words of M[], A and X. */
#define SET_WORD(k) (1u << (k))
#define SET_A (1u << XDPS_CLASSIC_WORDS)
#define SET_X (SET_A << 1)

/* What is known about a classic instruction. */
struct step {
	bool reached;
	uint32_t written;	/* a set: on every path to here */
	uint32_t proven_bytes;	/* the packet has them, on every path to here */
	unsigned int n_ways;	/* paths that lead to it */
	bool needs_a;		/* some path from here reads A before it writes it */
	uint8_t swapped_bytes;	/* of A, which still is as it was in the packet; or 0 */
	unsigned int start;	/* its first instruction in eBPF */
};

/* A jump's offset is not known before the place of its target. */
struct emitted {
	struct bpf_insn insn;
	unsigned int target;	/* a step; 0, to which nothing jumps: complete */
};

struct translation {
	const struct xdps_insn *in;
	unsigned int n_in;
	uint32_t filter;
	uint32_t snaplen;
	enum xdps_memory memory;

	struct step *steps;	/* n_in, and the two tails */
	unsigned int reject;	/* the step behind the last: no match */
	unsigned int undecided;	/* and the one behind that */
	uint32_t zeroed;	/* a set: read before it is written */

	struct emitted *out;
	unsigned int n_out;
	unsigned int room;
	bool no_memory;
};

static unsigned int load_bytes(const struct xdps_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_W:
		return 4;
	case BPF_H:
		return 2;
	}
	return 1;
}

static bool loads_from_packet(const struct xdps_insn *insn)
{
	if (BPF_CLASS(insn->code) != BPF_LD && BPF_CLASS(insn->code) != BPF_LDX)
		return false;
	switch (BPF_MODE(insn->code)) {
	case BPF_ABS:
	case BPF_IND:
	case BPF_MSH:
		return true;
	}
	return false;
}

/* How many bytes does a packet need for the load, if X is 0? */
static uint64_t bytes_needed(const struct xdps_insn *insn)
{
	return (uint64_t)insn->k + load_bytes(insn);
}

/* Filters see XDPS_CAPLEN_MAX bytes; Linux gives only offsets far above them a meaning. */
static bool is_beyond_any_packet(const struct xdps_insn *insn)
{
	return loads_from_packet(insn) && bytes_needed(insn) > XDPS_CAPLEN_MAX;
}

/* Is it out of reach in the kernel's memory, whatever X is? */
static bool is_out_of_reach(const struct translation *t, const struct xdps_insn *insn)
{
	return is_beyond_any_packet(insn) ||
	       (t->memory == XDPS_MEMORY_COPY && loads_from_packet(insn) &&
		bytes_needed(insn) > COPY_MOST);
}

/* The set that an instruction reads. */
static uint32_t reads(const struct xdps_insn *insn)
{
	uint32_t x = BPF_SRC(insn->code) == BPF_X ? SET_X : 0;

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		if (BPF_MODE(insn->code) == BPF_MEM)
			return SET_WORD(insn->k);
		return BPF_MODE(insn->code) == BPF_IND ? SET_X : 0;
	case BPF_ST:
		return SET_A;
	case BPF_STX:
		return SET_X;
	case BPF_ALU:
		return SET_A | x;
	case BPF_JMP:
		return BPF_OP(insn->code) == BPF_JA ? 0 : SET_A | x;
	case BPF_RET:
		return BPF_RVAL(insn->code) == BPF_A ? SET_A : 0;
	}
	return BPF_MISCOP(insn->code) == BPF_TAX ? SET_A : SET_X;
}

static uint32_t writes(const struct xdps_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_ALU:
		return SET_A;
	case BPF_LDX:
		return SET_X;
	case BPF_ST:
	case BPF_STX:
		return SET_WORD(insn->k);
	case BPF_JMP:
	case BPF_RET:
		return 0;
	}
	return BPF_MISCOP(insn->code) == BPF_TAX ? SET_X : SET_A;
}

/* Can it be read through the pointer that was cast?  It points to words. */
static bool is_in_words(uint64_t at, unsigned int bytes)
{
	return at % 8 + bytes <= 8 && at + bytes <= XDPS_CAST_BYTES;
}

/* A call destroys A, where another value still is when X is loaded. */
static bool saves_a(const struct translation *t, const struct xdps_insn *insn)
{
	return t->memory == XDPS_MEMORY_KERNEL && BPF_CLASS(insn->code) == BPF_LDX &&
	       loads_from_packet(insn) && !is_in_words(insn->k, load_bytes(insn)) &&
	       !is_beyond_any_packet(insn);
}

static void reach(struct translation *t, unsigned int at, uint32_t written, uint32_t proven_bytes)
{
	struct step *step = &t->steps[at];

	step->n_ways++;
	step->written = step->reached ? step->written & written : written;
	if (!step->reached || step->proven_bytes > proven_bytes)
		step->proven_bytes = proven_bytes;
	step->reached = true;
}

static uint32_t proves_bytes(const struct step *step, const struct xdps_insn *insn)
{
	if (!loads_from_packet(insn) || BPF_MODE(insn->code) == BPF_IND ||
	    bytes_needed(insn) < step->proven_bytes)
		return step->proven_bytes;
	return bytes_needed(insn);
}

/* Goes from the instruction `at` to those that may come after it. */
static enum xdps_status follow(struct translation *t, unsigned int at, struct xdps_error *err)
{
	const struct xdps_insn *insn = &t->in[at];
	uint32_t written = t->steps[at].written | writes(insn);
	uint32_t proven_bytes = proves_bytes(&t->steps[at], insn);
	uint16_t op = BPF_CLASS(insn->code) | BPF_OP(insn->code);

	t->zeroed |= (reads(insn) | (saves_a(t, insn) ? SET_A : 0)) & ~t->steps[at].written;

	/* undefined in C, so it depends on how libpcap was compiled */
	if ((op == (BPF_ALU | BPF_LSH) || op == (BPF_ALU | BPF_RSH)) &&
	    BPF_SRC(insn->code) == BPF_K && insn->k > 31)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "the filter's instruction %u shifts by %u bits, and only libpcap's interpreter defines the result",
				 at, insn->k);

	if (BPF_CLASS(insn->code) == BPF_RET || is_out_of_reach(t, insn))
		return XDPS_OK;
	if (BPF_CLASS(insn->code) != BPF_JMP) {
		reach(t, at + 1, written, proven_bytes);
	} else if (op != (BPF_JMP | BPF_JA)) {
		reach(t, at + 1 + insn->jt, written, proven_bytes);
		reach(t, at + 1 + insn->jf, written, proven_bytes);
	} else if ((int32_t)insn->k >= 0) {
		reach(t, at + 1 + insn->k, written, proven_bytes);
	} else {
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "the filter's instruction %u jumps back to %u, but the kernel does not accept loops",
				 at, at + 1 + insn->k);
	}
	return XDPS_OK;
}

/* Jumps only lead forward, so what comes after a step is known before the step. */
static bool find_need_of_a(const struct translation *t, unsigned int at)
{
	const struct xdps_insn *insn = &t->in[at];

	if (!t->steps[at].reached)
		return false;
	if (reads(insn) & SET_A || saves_a(t, insn))
		return true;
	if (writes(insn) & SET_A || BPF_CLASS(insn->code) == BPF_RET || is_out_of_reach(t, insn))
		return false;
	if (insn->code == (BPF_JMP | BPF_JA))
		return t->steps[at + 1 + insn->k].needs_a;
	return t->steps[at + 1].needs_a;
}

/* Is A only compared with constants that are equal or not, however its bytes are ordered? */
static bool is_only_compared(const struct translation *t, unsigned int at)
{
	const struct xdps_insn *insn = &t->in[at];

	if (!t->steps[at].needs_a)
		return true;
	if (t->steps[at].n_ways != 1 || (insn->code != (BPF_JMP | BPF_JEQ | BPF_K) &&
					 insn->code != (BPF_JMP | BPF_JSET | BPF_K)))
		return false;
	return is_only_compared(t, at + 1 + insn->jt) && is_only_compared(t, at + 1 + insn->jf);
}

static void leave_swapped(struct translation *t, unsigned int at, uint8_t bytes)
{
	if (!t->steps[at].needs_a)
		return;
	t->steps[at].swapped_bytes = bytes;
	leave_swapped(t, at + 1 + t->in[at].jt, bytes);
	leave_swapped(t, at + 1 + t->in[at].jf, bytes);
}

/* Swapping a constant here is cheaper than swapping what is loaded of each packet. */
static void find_swapped(struct translation *t)
{
	for (unsigned int i = t->n_in; i-- > 0;)
		t->steps[i].needs_a = find_need_of_a(t, i);
	for (unsigned int i = 0; i < t->n_in; i++) {
		const struct xdps_insn *insn = &t->in[i];

		if (!t->steps[i].reached || BPF_CLASS(insn->code) != BPF_LD ||
		    !loads_from_packet(insn) || load_bytes(insn) == 1 ||
		    is_out_of_reach(t, insn) || !is_only_compared(t, i + 1))
			continue;
		t->steps[i].swapped_bytes = load_bytes(insn);
		leave_swapped(t, i + 1, load_bytes(insn));
	}
}

/* The constant that a comparison with A takes, in the order of bytes that A has. */
static uint32_t compared(const struct translation *t, unsigned int at)
{
	uint32_t k = t->in[at].k;

	switch (t->steps[at].swapped_bytes) {
	case 4:
		return htobe32(k);
	case 2:
		return (k & ~0xffffU) | htobe16((uint16_t)k);
	}
	return k;
}

static void make_room(struct translation *t)
{
	unsigned int room = t->room ? 2 * t->room : 64;
	struct emitted *out;

	if (t->n_out < t->room)
		return;
	out = realloc(t->out, room * sizeof(*out));
	if (!out) {
		t->no_memory = true;
		return;
	}
	t->out = out;
	t->room = room;
}

static void emit(struct translation *t, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
		 uint32_t imm)
{
	/* from then on nothing is written; finish() reports it */
	if (!t->no_memory)
		make_room(t);
	if (t->no_memory)
		return;
	t->out[t->n_out++] = (struct emitted){
		.insn = {
			.code = code,
			.dst_reg = dst,
			.src_reg = src,
			.off = off,
			.imm = (int32_t)imm,
		},
	};
}

static void jump(struct translation *t, uint8_t code, uint8_t dst, uint8_t src, uint32_t imm,
		 unsigned int target)
{
	emit(t, code, dst, src, 0, imm);
	if (t->no_memory)
		return;
	t->out[t->n_out - 1].target = target;
	t->steps[target].reached = true;
}

static void go(struct translation *t, unsigned int target)
{
	jump(t, BPF_JMP | BPF_JA, 0, 0, 0, target);
}

/* Operations on two registers, or on one and a constant; of 32 bits and of 64. */
static void alu32(struct translation *t, uint8_t op, uint8_t dst, uint8_t src)
{
	emit(t, BPF_ALU | op | BPF_X, dst, src, 0, 0);
}

static void alu32_k(struct translation *t, uint8_t op, uint8_t dst, uint32_t imm)
{
	emit(t, BPF_ALU | op | BPF_K, dst, 0, 0, imm);
}

static void alu64(struct translation *t, uint8_t op, uint8_t dst, uint8_t src)
{
	emit(t, BPF_ALU64 | op | BPF_X, dst, src, 0, 0);
}

static void alu64_k(struct translation *t, uint8_t op, uint8_t dst, uint32_t imm)
{
	emit(t, BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

static void load_constant(struct translation *t, uint8_t dst, uint64_t imm)
{
	if (imm <= UINT32_MAX) {
		alu32_k(t, BPF_MOV, dst, imm);
		return;
	}
	emit(t, BPF_LD | BPF_DW | BPF_IMM, dst, 0, 0, (uint32_t)imm);
	emit(t, 0, 0, 0, 0, imm >> 32);
}

static int16_t word_offset(uint32_t k)
{
	return 4 * ((int16_t)k - XDPS_CLASSIC_WORDS);
}

static void save(struct translation *t, uint8_t reg, int16_t to)
{
	emit(t, BPF_STX | BPF_MEM | BPF_DW, FRAME, reg, to, 0);
}

static void restore(struct translation *t, uint8_t reg, int16_t from)
{
	emit(t, BPF_LDX | BPF_MEM | BPF_DW, reg, FRAME, from, 0);
}

static void emit_zeroes(struct translation *t)
{
	if (t->zeroed & SET_A)
		alu32_k(t, BPF_MOV, A, 0);
	if (t->zeroed & SET_X)
		alu32_k(t, BPF_MOV, X, 0);
	for (uint32_t k = 0; k < XDPS_CLASSIC_WORDS; k++) {
		if (t->zeroed & SET_WORD(k))
			emit(t, BPF_ST | BPF_MEM | BPF_W, FRAME, 0, word_offset(k), 0);
	}
}

/*
 * Of the bytes that a packet needs, a constant or the number in TEMP, some cannot be read:
 * it has them elsewhere, or not at all.
 */
static void leave(struct translation *t, uint8_t source, uint32_t needed)
{
	jump(t, BPF_JMP32 | BPF_JGE | source, LEN, source == BPF_X ? TEMP : 0, needed,
	     t->undecided);
	go(t, t->reject);
}

/*
 * The guards: if the bytes that are needed can be read, TEMP becomes the first byte
 * behind them.  Otherwise the packet does not have them, or they are out of reach.
 */
static void guard_absolute(struct translation *t, uint32_t needed)
{
	alu64(t, BPF_MOV, TEMP, DATA);
	alu64_k(t, BPF_ADD, TEMP, needed);
	emit(t, BPF_JMP | BPF_JLE | BPF_X, TEMP, END, 2, 0);
	leave(t, BPF_K, needed);
}

/*
 * What the verifier of 6.1 has learned about X may contradict itself on paths that no
 * packet takes, and then it rejects a sum of X and a pointer.  The result of this code
 * equals X, but the verifier knows only what its single bits can be.
 */
static void copy_x(struct translation *t)
{
	alu32(t, BPF_MOV, TEMP, X);
	alu64_k(t, BPF_XOR, TEMP, 0);
}

/*
 * The same for bytes that are X further on.  The bound comes first: the verifier rejects
 * a sum that might be larger than a packet can be, and with the bound it cannot wrap.  A
 * register that is added to a pointer into a packet is what requires CAP_PERFMON to load.
 * If the sum leads behind the end, it is computed again, as a number.
 */
static void guard_indirect(struct translation *t, uint32_t needed)
{
	copy_x(t);
	jump(t, BPF_JMP | BPF_JGT | BPF_K, TEMP, 0, XDPS_CAPLEN_MAX - needed, t->reject);
	alu64(t, BPF_ADD, TEMP, DATA);
	alu64_k(t, BPF_ADD, TEMP, needed);
	emit(t, BPF_JMP | BPF_JLE | BPF_X, TEMP, END, 4, 0);
	alu32(t, BPF_MOV, TEMP, X);
	alu32_k(t, BPF_ADD, TEMP, needed);
	leave(t, BPF_X, 0);
}

static void guard_absolute_in_copy(struct translation *t, uint32_t needed)
{
	if (needed <= COPY_MOST)
		emit(t, BPF_JMP | BPF_JGE | BPF_K, END, 0, 2, needed);
	leave(t, BPF_K, needed);
}

/* TEMP becomes the number of bytes that a packet needs for the load. */
static void count_needed(struct translation *t, uint32_t needed)
{
	copy_x(t);
	jump(t, BPF_JMP | BPF_JGT | BPF_K, TEMP, 0, XDPS_CAPLEN_MAX - needed, t->reject);
	alu64_k(t, BPF_ADD, TEMP, needed);
}

/* The constant bound is for the verifier, which learns nothing from two registers. */
static void guard_indirect_in_copy(struct translation *t, uint32_t needed)
{
	count_needed(t, needed);
	if (needed <= COPY_MOST) {
		emit(t, BPF_JMP | BPF_JGT | BPF_K, TEMP, 0, 1, COPY_MOST);
		emit(t, BPF_JMP | BPF_JLE | BPF_X, TEMP, END, 2, 0);
	}
	leave(t, BPF_X, 0);
	if (needed <= COPY_MOST)
		alu64(t, BPF_ADD, TEMP, DATA);
}

static void emit_bytes_of_packet(struct translation *t, const struct xdps_insn *insn, uint8_t dst)
{
	bool indirect = BPF_MODE(insn->code) == BPF_IND;
	uint8_t code = BPF_LDX | BPF_MEM | BPF_SIZE(insn->code);

	(indirect ? guard_indirect : guard_absolute)(t, bytes_needed(insn));
	emit(t, code, dst, TEMP, -(int16_t)load_bytes(insn), 0);
}

static void emit_bytes_of_copy(struct translation *t, const struct xdps_insn *insn, uint8_t dst)
{
	bool indirect = BPF_MODE(insn->code) == BPF_IND;
	uint8_t code = BPF_LDX | BPF_MEM | BPF_SIZE(insn->code);

	(indirect ? guard_indirect_in_copy : guard_absolute_in_copy)(t, bytes_needed(insn));
	if (is_out_of_reach(t, insn))
		return;
	if (indirect)
		emit(t, code, dst, TEMP, -(int16_t)load_bytes(insn), 0);
	else
		emit(t, code, dst, DATA, insn->k, 0);
}

/* Saves or restores what a call destroys. */
static void for_destroyed(struct translation *t, bool and_a,
			  void (*move)(struct translation *t, uint8_t reg, int16_t place))
{
	for (size_t i = 0; i < N_DESTROYED - !and_a; i++)
		move(t, destroyed[i], SAVED(i));
}

/*
 * Makes A a pointer that can be read, of the address in DATA.  The caller of the filter
 * writes the numbers of the type and of the function: xdps_code in translate.h.
 */
static void emit_cast(struct translation *t)
{
	emit(t, BPF_ALU | BPF_MOV | BPF_K, END, 0, 0, 0);
	emit(t, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 0);
}

/* Reads the bytes in front of number TEMP of the packet. */
static void emit_far_load(struct translation *t, const struct xdps_insn *insn, uint8_t dst)
{
	for_destroyed(t, dst == X, save);
	restore(t, DATA, ADDRESS);
	alu64(t, BPF_ADD, DATA, TEMP);
	alu64_k(t, BPF_SUB, DATA, load_bytes(insn));
	emit_cast(t);
	emit(t, BPF_LDX | BPF_MEM | BPF_SIZE(insn->code), TEMP, A, 0, 0);
	for_destroyed(t, dst == X, restore);
	alu64(t, BPF_MOV, dst, TEMP);
}

/* Emits a jump of which the target is not known yet; here() makes it the next instruction. */
static unsigned int jump_ahead(struct translation *t, uint8_t code, uint8_t dst, uint32_t imm)
{
	emit(t, code, dst, 0, 0, imm);
	return t->n_out - 1;
}

static void here(struct translation *t, unsigned int from)
{
	if (!t->no_memory)
		t->out[from].insn.off = t->n_out - (from + 1);
}

static void emit_absolute_of_kernel(struct translation *t, const struct xdps_insn *insn,
				    uint8_t dst, uint32_t proven_bytes)
{
	uint32_t needed = bytes_needed(insn);

	if (needed > proven_bytes) {
		emit(t, BPF_JMP | BPF_JGE | BPF_K, END, 0, 2, needed);
		leave(t, BPF_K, needed);
	}
	if (is_in_words(insn->k, load_bytes(insn))) {
		emit(t, BPF_LDX | BPF_MEM | BPF_SIZE(insn->code), dst, DATA, insn->k, 0);
		return;
	}
	alu32_k(t, BPF_MOV, TEMP, needed);
	emit_far_load(t, insn, dst);
}

/* With the usual X, the bytes are at a constant distance, where reading them is cheap. */
static void emit_indirect_of_kernel(struct translation *t, const struct xdps_insn *insn,
				    uint8_t dst, uint32_t proven_bytes)
{
	const struct xdps_insn usual = { .code = insn->code, .k = insn->k + USUAL_X };
	bool has_usual = is_in_words((uint64_t)insn->k + USUAL_X, load_bytes(insn));
	unsigned int other = 0, done = 0;

	if (has_usual) {
		other = jump_ahead(t, BPF_JMP32 | BPF_JNE | BPF_K, X, USUAL_X);
		emit_absolute_of_kernel(t, &usual, dst, proven_bytes);
		done = jump_ahead(t, BPF_JMP | BPF_JA, 0, 0);
		here(t, other);
	}
	count_needed(t, bytes_needed(insn));
	emit(t, BPF_JMP | BPF_JLE | BPF_X, TEMP, END, 2, 0);
	leave(t, BPF_X, 0);
	emit_far_load(t, insn, dst);
	if (has_usual)
		here(t, done);
}

static void emit_bytes(struct translation *t, unsigned int at, uint8_t dst)
{
	const struct xdps_insn *insn = &t->in[at];
	uint32_t proven_bytes = t->steps[at].proven_bytes;
	bool indirect = BPF_MODE(insn->code) == BPF_IND;

	switch (t->memory) {
	case XDPS_MEMORY_PACKET:
		emit_bytes_of_packet(t, insn, dst);
		break;
	case XDPS_MEMORY_COPY:
		emit_bytes_of_copy(t, insn, dst);
		break;
	case XDPS_MEMORY_KERNEL:
		(indirect ? emit_indirect_of_kernel :
			    emit_absolute_of_kernel)(t, insn, dst, proven_bytes);
		break;
	}
}

static void emit_packet_load(struct translation *t, unsigned int at)
{
	const struct xdps_insn *insn = &t->in[at];
	uint8_t dst = BPF_CLASS(insn->code) == BPF_LD ? A : X;
	unsigned int bytes = load_bytes(insn);

	if (is_beyond_any_packet(insn)) {
		go(t, t->reject);
		return;
	}
	emit_bytes(t, at, dst);
	if (is_out_of_reach(t, insn))
		return;
	if (bytes > 1 && !t->steps[at].swapped_bytes)
		emit(t, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, 8 * bytes);
	if (BPF_MODE(insn->code) == BPF_MSH) {
		alu32_k(t, BPF_AND, dst, 0xf);
		alu32_k(t, BPF_LSH, dst, 2);
	}
}

static void emit_load(struct translation *t, unsigned int at)
{
	const struct xdps_insn *insn = &t->in[at];
	uint8_t dst = BPF_CLASS(insn->code) == BPF_LD ? A : X;

	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		alu32_k(t, BPF_MOV, dst, insn->k);
		break;
	case BPF_LEN:
		alu32(t, BPF_MOV, dst, LEN);
		break;
	case BPF_MEM:
		emit(t, BPF_LDX | BPF_MEM | BPF_W, dst, FRAME, word_offset(insn->k), 0);
		break;
	default:
		emit_packet_load(t, at);
	}
}

static void emit_store(struct translation *t, const struct xdps_insn *insn)
{
	uint8_t src = BPF_CLASS(insn->code) == BPF_ST ? A : X;

	emit(t, BPF_STX | BPF_MEM | BPF_W, FRAME, src, word_offset(insn->k), 0);
}

/* Operations have the same codes in both, but they differ at the edges. */
static void emit_alu(struct translation *t, const struct xdps_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);

	if (op == BPF_NEG) {
		emit(t, BPF_ALU | BPF_NEG, A, 0, 0, 0);
		return;
	}
	if (BPF_SRC(insn->code) == BPF_K) {
		alu32_k(t, op, A, insn->k);
		return;
	}

	/* classic BPF: no match; eBPF: 0, or A as it was */
	if (op == BPF_DIV || op == BPF_MOD)
		jump(t, BPF_JMP32 | BPF_JEQ | BPF_K, X, 0, 0, t->reject);
	alu32(t, op, A, X);
	/* classic BPF: 0; eBPF: only the lowest 5 bits of X count */
	if (op == BPF_LSH || op == BPF_RSH) {
		emit(t, BPF_JMP32 | BPF_JLE | BPF_K, X, 0, 1, 31);
		alu32_k(t, BPF_MOV, A, 0);
	}
}

/* Does the code of `target` directly follow that of `at`? */
static bool is_next(const struct translation *t, unsigned int at, unsigned int target)
{
	do
		at++;
	while (at < target && !t->steps[at].reached);
	return at == target;
}

/* The jump that is taken when `op` is not taken; JSET has none. */
static uint8_t opposite(uint8_t op)
{
	switch (op) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JGE:
		return BPF_JLT;
	}
	return 0;
}

static void emit_jump(struct translation *t, unsigned int at)
{
	const struct xdps_insn *insn = &t->in[at];
	uint8_t op = BPF_OP(insn->code), src = BPF_SRC(insn->code);
	uint8_t reg = src == BPF_X ? X : 0;
	uint32_t imm = src == BPF_X ? 0 : compared(t, at);
	unsigned int yes = at + 1 + (op == BPF_JA ? insn->k : insn->jt);
	unsigned int no = at + 1 + (op == BPF_JA ? insn->k : insn->jf);

	if (yes != no && is_next(t, at, yes) && opposite(op)) {
		jump(t, BPF_JMP32 | opposite(op) | src, A, reg, imm, no);
		return;
	}
	if (yes != no)
		jump(t, BPF_JMP32 | op | src, A, reg, imm, yes);
	if (!is_next(t, at, no))
		go(t, no);
}

/*
 * libpcap asks for one address or port after the other: it compares A with a constant,
 * then with the next one, and each comparison leads to the same place if it is equal.
 * Returns how many instructions form such a row.  Nothing jumps into its middle.
 */
static unsigned int length_of_row(const struct translation *t, unsigned int at)
{
	unsigned int n = 0;

	while (at + n < t->n_in && t->in[at + n].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
	       t->in[at + n].jt + n == t->in[at].jt && (!n || t->steps[at + n].n_ways == 1)) {
		n++;
		if (t->in[at + n - 1].jf)
			break;
	}
	return n;
}

static int by_value(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return (a > b) - (a < b);
}

/* Jumps to `yes` if A is one of `n` constants, which are sorted; else to `no`. */
static void emit_search(struct translation *t, const uint32_t *constants, unsigned int n,
			unsigned int yes, unsigned int no)
{
	unsigned int half = n / 2, above;

	if (n < ROW_MIN) {
		for (unsigned int i = 0; i < n; i++)
			jump(t, BPF_JMP32 | BPF_JEQ | BPF_K, A, 0, constants[i], yes);
		go(t, no);
		return;
	}
	above = jump_ahead(t, BPF_JMP32 | BPF_JGT | BPF_K, A, constants[half - 1]);
	emit_search(t, constants, half, yes, no);
	here(t, above);
	emit_search(t, constants + half, n - half, yes, no);
}

static void emit_row(struct translation *t, unsigned int at, unsigned int n)
{
	const struct xdps_insn *last = &t->in[at + n - 1];
	uint32_t constants[ROW_MAX];

	for (unsigned int i = 0; i < n; i++)
		constants[i] = compared(t, at + i);
	qsort(constants, n, sizeof(*constants), by_value);
	t->steps[at].start = t->n_out;
	emit_search(t, constants, n, at + 1 + t->in[at].jt, at + n + last->jf);
}

/* The verdict of a filter that returns k. */
static uint64_t verdict_of(const struct translation *t, uint32_t k)
{
	return k ? XDPS_VERDICT(t->filter, k < t->snaplen ? k : t->snaplen) : 0;
}

/* The same for what is in A. */
static void emit_verdict_of_a(struct translation *t)
{
	unsigned int rejects = jump_ahead(t, BPF_JMP32 | BPF_JEQ | BPF_K, A, 0);

	emit(t, BPF_JMP32 | BPF_JLE | BPF_K, A, 0, 1, t->snaplen);
	emit(t, BPF_ALU | BPF_MOV | BPF_K, A, 0, 0, t->snaplen);
	load_constant(t, TEMP, XDPS_VERDICT(t->filter, 0));
	alu64(t, BPF_OR, A, TEMP);
	here(t, rejects);
}

static void emit_return(struct translation *t, const struct xdps_insn *insn)
{
	if (BPF_RVAL(insn->code) == BPF_A)
		emit_verdict_of_a(t);
	else
		load_constant(t, A, verdict_of(t, insn->k));
	emit(t, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void emit_misc(struct translation *t, const struct xdps_insn *insn)
{
	if (BPF_MISCOP(insn->code) == BPF_TAX)
		alu32(t, BPF_MOV, X, A);
	else
		alu32(t, BPF_MOV, A, X);
}

static void emit_step(struct translation *t, unsigned int at)
{
	const struct xdps_insn *insn = &t->in[at];

	t->steps[at].start = t->n_out;
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		emit_load(t, at);
		break;
	case BPF_ST:
	case BPF_STX:
		emit_store(t, insn);
		break;
	case BPF_ALU:
		emit_alu(t, insn);
		break;
	case BPF_JMP:
		emit_jump(t, at);
		break;
	case BPF_RET:
		emit_return(t, insn);
		break;
	default:
		emit_misc(t, insn);
	}
}

/* Where loads that do not find their bytes end, if there are such loads. */
static void emit_tail(struct translation *t, unsigned int at, uint64_t verdict)
{
	if (!t->steps[at].reached)
		return;
	t->steps[at].start = t->n_out;
	load_constant(t, A, verdict);
	emit(t, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static enum xdps_status no_memory(struct xdps_error *err)
{
	return xdps_fail(err, XDPS_FAILED, "there is not enough memory to translate the filter");
}

/* Sets the offsets of all jumps, and converts the code to the form that the caller wants. */
static enum xdps_status finish(struct translation *t, struct xdps_code *code,
			       struct xdps_error *err)
{
	struct bpf_insn *insns;

	if (t->no_memory)
		return no_memory(err);
	for (unsigned int i = 0; i < t->n_out; i++) {
		unsigned int off;

		if (!t->out[i].target)
			continue;
		off = t->steps[t->out[i].target].start - (i + 1);
		if (off > INT16_MAX)
			return xdps_fail(err, XDPS_UNSUPPORTED,
					 "the filter is too long for the kernel: a jump would have to span %u instructions, and the maximum is %d",
					 off, INT16_MAX);
		t->out[i].insn.off = off;
	}

	insns = calloc(t->n_out, sizeof(*insns));
	if (!insns)
		return no_memory(err);
	for (unsigned int i = 0; i < t->n_out; i++)
		insns[i] = t->out[i].insn;
	*code = (struct xdps_code){ .insns = insns, .n = t->n_out };
	return XDPS_OK;
}

static enum xdps_status translate(struct translation *t, struct xdps_code *code,
				  struct xdps_error *err)
{
	enum xdps_status status;

	reach(t, 0, 0, 0);
	for (unsigned int i = 0; i < t->n_in; i++) {
		status = t->steps[i].reached ? follow(t, i, err) : XDPS_OK;
		if (status)
			return status;
	}

	find_swapped(t);
	if (t->memory == XDPS_MEMORY_KERNEL)
		save(t, X, ADDRESS);
	emit_zeroes(t);
	for (unsigned int i = 0, n; i < t->n_in; i += n) {
		n = length_of_row(t, i);
		if (n < ROW_MIN)
			n = 1;
		if (t->steps[i].reached && n > 1)
			emit_row(t, i, n);
		else if (t->steps[i].reached)
			emit_step(t, i);
	}
	emit_tail(t, t->reject, 0);
	emit_tail(t, t->undecided, XDPS_VERDICT(XDPS_FILTER_UNDECIDED, XDPS_CAPLEN_MAX));
	return finish(t, code, err);
}

enum xdps_status xdps_translate(const struct xdps_insn *insns, size_t n_insns,
				uint32_t filter, uint32_t snaplen, enum xdps_memory memory,
				struct xdps_code *code, struct xdps_error *err)
{
	struct translation t = {
		.in = insns,
		.n_in = n_insns,
		.filter = filter,
		.snaplen = snaplen,
		.memory = memory,
		.reject = n_insns,
		.undecided = n_insns + 1,
	};
	enum xdps_status status;

	t.steps = calloc(n_insns + 2, sizeof(*t.steps));
	if (!t.steps)
		return no_memory(err);
	status = translate(&t, code, err);
	if (!status && insns[0].code == (BPF_RET | BPF_K)) {
		code->is_constant = true;
		code->verdict = verdict_of(&t, insns[0].k);
	}
	free(t.out);
	free(t.steps);
	return status;
}

enum xdps_status xdps_translate_nothing(struct xdps_code *code, struct xdps_error *err)
{
	struct step only = { .reached = true };
	struct translation t = { .steps = &only };
	enum xdps_status status;

	emit_tail(&t, 0, XDPS_VERDICT(XDPS_FILTER_UNDECIDED, XDPS_CAPLEN_MAX));
	status = finish(&t, code, err);
	if (!status) {
		code->is_constant = true;
		code->verdict = XDPS_VERDICT(XDPS_FILTER_UNDECIDED, XDPS_CAPLEN_MAX);
	}
	free(t.out);
	return status;
}

void xdps_code_free(struct xdps_code *code)
{
	free(code->insns);
	*code = (struct xdps_code){ .n = 0 };
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * ebpf.c: runs what the translator emits, and is as strict as the verifier.
 *
 * A register is a number or a pointer, and of a number it is known between what
 * bounds it is, as far as comparisons with constants have told.  A pointer into the
 * packet is a base and a fixed distance; all pointers with the same base learn together
 * how many bytes behind it are there.  A pointer into a copy has to stay within the
 * map's value whatever the number is that was added to it; that what it leads to was
 * copied, for this packet, nobody but us asks.  An address in the kernel can only be cast,
 * and what comes of that can be read where it points to; that it points into the packet,
 * nobody but us asks.
 */
#include "ebpf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/record.h"

#define REGISTERS 11u
#define FRAME 10u
#define STACK_BYTES 512
#define PACKET_MAX 0xffffu	/* MAX_PACKET_OFF of the verifier */

/* The upper half of a u32 argument is nobody's business. */
#define GARBAGE 0xdeadbeef00000000ull

enum kind {
	UNKNOWN,
	NUMBER,
	PACKET,
	PACKET_END,
	COPY,
	ADDRESS,
	CAST,
	STACK,
};

struct reg {
	enum kind kind;
	uint64_t value;		/* the number, or the distance from the first byte */
	uint64_t min;		/* of the number, or of what the base is away from there */
	uint64_t max;
	uint32_t base;
	uint32_t fixed;		/* distance from the base */
	uint32_t proven;	/* bytes behind the base that are there */
};

struct machine {
	const struct xdps_code *code;
	const struct ebpf_packet *pkt;
	enum xdps_memory memory;
	struct reg regs[REGISTERS];
	unsigned char stack[STACK_BYTES];
	bool written[STACK_BYTES];
	struct reg saved[STACK_BYTES / 8];	/* whole registers there */
	uint32_t bases;
	unsigned int pc;
	bool done;
	struct ebpf_fault *fault;
};

static bool wrong(struct ebpf_fault *fault, unsigned int at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool wrong(struct ebpf_fault *fault, unsigned int at, const char *fmt, ...)
{
	char what[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(fault->text, sizeof(fault->text), "%u: %s", at, what);
	return false;
}

/* First the shape of the program, without a packet. */

/* Is there anything in the fields that `insn` has no use for? */
static bool is_only(const struct bpf_insn *insn, bool dst, bool src, bool off, bool imm)
{
	return (dst || !insn->dst_reg) && (src || !insn->src_reg) &&
	       (off || !insn->off) && (imm || !insn->imm);
}

static bool is_known_alu32(const struct bpf_insn *insn)
{
	bool x = BPF_SRC(insn->code) == BPF_X;

	switch (BPF_OP(insn->code)) {
	case BPF_NEG:
		return !x && is_only(insn, true, false, false, false);
	case BPF_END:
		return x && is_only(insn, true, false, false, true) &&
		       (insn->imm == 16 || insn->imm == 32);
	case BPF_DIV:
	case BPF_MOD:
		return is_only(insn, true, x, false, !x) && (x || insn->imm);
	case BPF_LSH:
	case BPF_RSH:
		return is_only(insn, true, x, false, !x) && (x || (uint32_t)insn->imm < 32);
	case BPF_MOV:
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return is_only(insn, true, x, false, !x);
	}
	return false;
}

static bool is_known_jump32(const struct bpf_insn *insn)
{
	bool x = BPF_SRC(insn->code) == BPF_X;

	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
	case BPF_JNE:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JLT:
	case BPF_JLE:
	case BPF_JSET:
		return is_only(insn, true, x, true, !x);
	}
	return false;
}

static bool is_known(const struct bpf_insn *insn)
{
	if (insn->dst_reg >= REGISTERS || insn->src_reg >= REGISTERS)
		return false;
	switch (insn->code) {
	case BPF_LD | BPF_DW | BPF_IMM:
		return is_only(insn, true, false, false, true);
	case BPF_LDX | BPF_MEM | BPF_W:
	case BPF_LDX | BPF_MEM | BPF_H:
	case BPF_LDX | BPF_MEM | BPF_B:
	case BPF_LDX | BPF_MEM | BPF_DW:
	case BPF_STX | BPF_MEM | BPF_W:
	case BPF_STX | BPF_MEM | BPF_DW:
		return is_only(insn, true, true, true, false);
	case BPF_ST | BPF_MEM | BPF_W:
		return is_only(insn, true, false, true, true);
	case BPF_ALU64 | BPF_MOV | BPF_X:
	case BPF_ALU64 | BPF_ADD | BPF_X:
	case BPF_ALU64 | BPF_OR | BPF_X:
		return is_only(insn, true, true, false, false);
	case BPF_ALU64 | BPF_ADD | BPF_K:
	case BPF_ALU64 | BPF_SUB | BPF_K:
	case BPF_ALU64 | BPF_XOR | BPF_K:
		return is_only(insn, true, false, false, true);
	case BPF_JMP | BPF_JLE | BPF_X:
		return is_only(insn, true, true, true, false);
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
		return is_only(insn, true, false, true, true);
	case BPF_JMP | BPF_JA:
		return is_only(insn, false, false, true, false);
	case BPF_JMP | BPF_EXIT:
		return is_only(insn, false, false, false, false);
	case BPF_JMP | BPF_CALL:
		return insn->src_reg == BPF_PSEUDO_KFUNC_CALL &&
		       is_only(insn, false, true, false, false);
	}
	if (BPF_CLASS(insn->code) == BPF_ALU)
		return is_known_alu32(insn);
	return BPF_CLASS(insn->code) == BPF_JMP32 && is_known_jump32(insn);
}

static bool is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_DW | BPF_IMM);
}

static bool is_jump(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);

	return class == BPF_JMP32 || (class == BPF_JMP && BPF_OP(insn->code) != BPF_EXIT &&
				      BPF_OP(insn->code) != BPF_CALL);
}

static bool goes_on(const struct bpf_insn *insn)
{
	return insn->code != (BPF_JMP | BPF_EXIT) && insn->code != (BPF_JMP | BPF_JA);
}

/* reached[]: a way leads there; goes only forward, so one pass finds all. */
static bool check_insn(const struct xdps_code *code, unsigned int *at, bool *reached,
		       struct ebpf_fault *fault)
{
	const struct bpf_insn *insn = &code->insns[*at], *second = insn + 1;
	unsigned int next = *at + 1;

	if (!reached[*at])
		return wrong(fault, *at, "no way leads here");
	if (!is_known(insn))
		return wrong(fault, *at, "no instruction that is known: %#x", insn->code);
	if (is_wide(insn)) {
		if (next >= code->n || second->code || !is_only(second, false, false, false, true))
			return wrong(fault, *at, "without its second half");
		next++;
	}
	if (goes_on(insn)) {
		if (next >= code->n)
			return wrong(fault, *at, "goes on behind the last");
		reached[next] = true;
	}
	if (is_jump(insn)) {
		if (insn->off < 0 || next + insn->off >= code->n)
			return wrong(fault, *at, "jumps by %d", insn->off);
		reached[next + insn->off] = true;
	}
	*at = next;
	return true;
}

bool ebpf_check(const struct xdps_code *code, struct ebpf_fault *fault)
{
	bool *reached = calloc(code->n + 1, sizeof(*reached));
	unsigned int at = 0;
	bool ok = reached && code->n;

	if (ok)
		reached[0] = true;
	else
		wrong(fault, 0, "nothing to check");
	while (ok && at < code->n)
		ok = check_insn(code, &at, reached, fault);
	for (unsigned int i = 0; ok && i + 1 < code->n; i++) {
		if (is_wide(&code->insns[i]) && reached[i + 1])
			ok = wrong(fault, i, "something jumps into the middle of it");
	}
	free(reached);
	return ok;
}

/* Then what it does. */

static struct reg number(uint64_t value, uint64_t max)
{
	return (struct reg){ .kind = NUMBER, .value = value, .max = max };
}

static bool read_number(struct machine *m, uint8_t reg, uint64_t *value)
{
	if (m->regs[reg].kind != NUMBER)
		return wrong(m->fault, m->pc, "R%u is no number", reg);
	*value = m->regs[reg].value;
	return true;
}

/* Arguments stay where they are, unless a call would destroy them. */
static bool may_write(const struct machine *m, uint8_t reg)
{
	if (m->memory == XDPS_MEMORY_KERNEL)
		return reg <= 5;
	return !reg || reg == 4 || reg == 5;
}

static bool write_reg(struct machine *m, uint8_t reg, struct reg value)
{
	if (!may_write(m, reg))
		return wrong(m->fault, m->pc, "writes R%u", reg);
	m->regs[reg] = value;
	return true;
}

static bool compute(uint8_t op, uint32_t a, uint32_t b, uint32_t *result)
{
	switch (op) {
	case BPF_MOV:
		*result = b;
		return true;
	case BPF_ADD:
		*result = a + b;
		return true;
	case BPF_SUB:
		*result = a - b;
		return true;
	case BPF_MUL:
		*result = a * b;
		return true;
	case BPF_DIV:
		*result = b ? a / b : 0;
		return true;
	case BPF_MOD:
		*result = b ? a % b : a;
		return true;
	case BPF_AND:
		*result = a & b;
		return true;
	case BPF_OR:
		*result = a | b;
		return true;
	case BPF_XOR:
		*result = a ^ b;
		return true;
	case BPF_LSH:
		*result = a << (b & 31);
		return true;
	case BPF_RSH:
		*result = a >> (b & 31);
		return true;
	case BPF_NEG:
		*result = -a;
		return true;
	}
	return false;
}

static bool run_alu32(struct machine *m, const struct bpf_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);
	uint64_t a = 0, b = (uint32_t)insn->imm;
	uint32_t result;

	if (op != BPF_MOV && !read_number(m, insn->dst_reg, &a))
		return false;
	if (op == BPF_END) {
		result = insn->imm == 16 ? __builtin_bswap16(a) : __builtin_bswap32(a);
		return write_reg(m, insn->dst_reg, number(result, UINT32_MAX));
	}
	if (BPF_SRC(insn->code) == BPF_X && !read_number(m, insn->src_reg, &b))
		return false;
	if (!compute(op, a, b, &result))
		return wrong(m->fault, m->pc, "cannot compute %#x", op);
	return write_reg(m, insn->dst_reg, number(result, UINT32_MAX));
}

static bool is_pointer(const struct reg *reg)
{
	return reg->kind == PACKET || reg->kind == COPY;
}

/* Addresses are numbers to the verifier, in whatever order. */
static bool add_to_address(struct machine *m, const struct bpf_insn *insn)
{
	struct reg address = m->regs[insn->dst_reg];
	uint64_t offset;

	if (!read_number(m, insn->src_reg, &offset))
		return false;
	address.value += offset;
	return write_reg(m, insn->dst_reg, address);
}

static bool add_to_pointer(struct machine *m, const struct bpf_insn *insn)
{
	struct reg offset = m->regs[insn->dst_reg], ptr = m->regs[insn->src_reg];

	if (offset.kind != NUMBER || !is_pointer(&ptr))
		return wrong(m->fault, m->pc, "no sum of a number and a pointer");
	if (offset.max > PACKET_MAX)
		return wrong(m->fault, m->pc, "R%u may be any number", insn->dst_reg);
	ptr.value += offset.value;
	ptr.min += offset.min;
	ptr.max += offset.max;
	ptr.base = ++m->bases;
	ptr.proven = 0;
	return write_reg(m, insn->dst_reg, ptr);
}

static bool subtract_constant(struct machine *m, const struct bpf_insn *insn)
{
	struct reg address = m->regs[insn->dst_reg];

	if (address.kind != ADDRESS || insn->imm < 0)
		return wrong(m->fault, m->pc, "subtracts from R%u", insn->dst_reg);
	address.value -= insn->imm;
	return write_reg(m, insn->dst_reg, address);
}

/* A number that might wrap is none whose bounds are known. */
static bool add_constant(struct machine *m, const struct bpf_insn *insn)
{
	struct reg sum = m->regs[insn->dst_reg];

	if (insn->imm < 0 || (uint32_t)insn->imm > PACKET_MAX)
		return wrong(m->fault, m->pc, "adds %d", insn->imm);
	if (is_pointer(&sum) || sum.kind == ADDRESS) {
		sum.value += insn->imm;
		sum.fixed += insn->imm;
		return write_reg(m, insn->dst_reg, sum);
	}
	if (sum.kind != NUMBER)
		return wrong(m->fault, m->pc, "R%u is no number and not in the packet",
			     insn->dst_reg);
	sum.value += insn->imm;
	if (sum.max > UINT64_MAX - insn->imm)
		return write_reg(m, insn->dst_reg, number(sum.value, UINT64_MAX));
	sum.min += insn->imm;
	sum.max += insn->imm;
	return write_reg(m, insn->dst_reg, sum);
}

static bool run_alu64(struct machine *m, const struct bpf_insn *insn)
{
	struct reg dst = m->regs[insn->dst_reg], src = m->regs[insn->src_reg];

	switch (insn->code) {
	case BPF_ALU64 | BPF_MOV | BPF_X:
		if (src.kind == UNKNOWN)
			return wrong(m->fault, m->pc, "R%u is not set", insn->src_reg);
		return write_reg(m, insn->dst_reg, src);
	case BPF_ALU64 | BPF_ADD | BPF_X:
		return dst.kind == ADDRESS ? add_to_address(m, insn) : add_to_pointer(m, insn);
	case BPF_ALU64 | BPF_ADD | BPF_K:
		return add_constant(m, insn);
	case BPF_ALU64 | BPF_SUB | BPF_K:
		return subtract_constant(m, insn);
	case BPF_ALU64 | BPF_XOR | BPF_K:
		if (dst.kind != NUMBER || insn->imm)
			return wrong(m->fault, m->pc, "changes R%u", insn->dst_reg);
		return write_reg(m, insn->dst_reg, dst);
	case BPF_ALU64 | BPF_OR | BPF_X:
		if (dst.kind != NUMBER || src.kind != NUMBER)
			return wrong(m->fault, m->pc, "not two numbers");
		return write_reg(m, insn->dst_reg, number(dst.value | src.value, UINT64_MAX));
	}
	return wrong(m->fault, m->pc, "cannot compute %#x", insn->code);
}

static unsigned int size_bytes(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_DW:
		return 8;
	case BPF_W:
		return 4;
	case BPF_H:
		return 2;
	}
	return 1;
}

/* A place for a whole register on the stack, which is one of no words; or NULL. */
static struct reg *find_saved(struct machine *m, uint8_t reg, int off)
{
	if (m->regs[reg].kind == STACK && off >= -STACK_BYTES && off <= -8 && off % 8 == 0 &&
	    !m->written[STACK_BYTES + off] && !m->written[STACK_BYTES + off + 4])
		return &m->saved[(STACK_BYTES + off) / 8];
	wrong(m->fault, m->pc, "no place for a register");
	return NULL;
}

static bool run_restore(struct machine *m, const struct bpf_insn *insn)
{
	const struct reg *saved = find_saved(m, insn->src_reg, insn->off);

	if (!saved)
		return false;
	if (saved->kind == UNKNOWN)
		return wrong(m->fault, m->pc, "nothing was saved at %d", insn->off);
	return write_reg(m, insn->dst_reg, *saved);
}

static bool run_save(struct machine *m, const struct bpf_insn *insn)
{
	struct reg *saved = find_saved(m, insn->dst_reg, insn->off);

	if (!saved)
		return false;
	if (m->regs[insn->src_reg].kind == UNKNOWN)
		return wrong(m->fault, m->pc, "R%u is not set", insn->src_reg);
	*saved = m->regs[insn->src_reg];
	return true;
}

/* A place for a word on the stack. */
static bool find_word(struct machine *m, uint8_t reg, int off, unsigned int *place)
{
	if (m->regs[reg].kind != STACK || off < -STACK_BYTES || off > -4 || off % 4)
		return wrong(m->fault, m->pc, "no word of the stack");
	*place = STACK_BYTES + off;
	return true;
}

static bool run_stack_load(struct machine *m, const struct bpf_insn *insn)
{
	unsigned int place;
	uint32_t value;

	if (size_bytes(insn) != 4 || !find_word(m, insn->src_reg, insn->off, &place))
		return wrong(m->fault, m->pc, "no load of a word of the stack");
	if (!m->written[place])
		return wrong(m->fault, m->pc, "the word at %d is not set", insn->off);
	memcpy(&value, m->stack + place, sizeof(value));
	return write_reg(m, insn->dst_reg, number(value, UINT32_MAX));
}

static bool is_in_packet(struct machine *m, const struct bpf_insn *insn, const struct reg *src)
{
	int64_t from = (int64_t)src->fixed + insn->off;
	unsigned int bytes = size_bytes(insn);

	if (from < 0 || from + bytes > src->proven)
		return wrong(m->fault, m->pc, "%u bytes at %lld, and %u were found", bytes,
			     (long long)from, src->proven);
	return true;
}

/* Of the map's value, at the least and at the most that was added. */
static bool is_in_copy(struct machine *m, const struct bpf_insn *insn, const struct reg *src)
{
	int64_t fixed = (int64_t)src->fixed + insn->off;
	unsigned int bytes = size_bytes(insn);

	if ((int64_t)src->min + fixed < 0)
		return wrong(m->fault, m->pc, "%u bytes at %lld, before the copy", bytes,
			     (long long)(src->min + fixed));
	if ((int64_t)src->max + fixed + bytes > XDPS_COPY_BYTES)
		return wrong(m->fault, m->pc, "%u bytes at %lld, behind the copy's room", bytes,
			     (long long)(src->max + fixed));
	return true;
}

/* A pointer to a type can be read where its members are, and no further than each. */
static bool is_in_type(struct machine *m, const struct bpf_insn *insn, const struct reg *src)
{
	unsigned int bytes = size_bytes(insn);

	(void)src;
	return (insn->off >= 0 && insn->off % 8 + bytes <= 8 &&
		insn->off + bytes <= XDPS_CAST_BYTES) ||
	       wrong(m->fault, m->pc, "%u bytes at %d of what was cast", bytes, insn->off);
}

static bool is_readable(struct machine *m, const struct bpf_insn *insn, const struct reg *src)
{
	switch (src->kind) {
	case PACKET:
		return is_in_packet(m, insn, src);
	case COPY:
		return is_in_copy(m, insn, src);
	case CAST:
		return is_in_type(m, insn, src);
	default:
		return wrong(m->fault, m->pc, "R%u points nowhere", insn->src_reg);
	}
}

static bool run_load(struct machine *m, const struct bpf_insn *insn)
{
	const struct reg *src = &m->regs[insn->src_reg];
	unsigned int bytes = size_bytes(insn);
	uint64_t value = 0;

	if (bytes == 8)
		return run_restore(m, insn);
	if (src->kind == STACK)
		return run_stack_load(m, insn);
	if (!is_readable(m, insn, src))
		return false;
	if (src->value + insn->off + bytes > m->pkt->linear)
		return wrong(m->fault, m->pc, "reads behind the %s",
			     src->kind == COPY ? "bytes that were copied" : "packet");
	memcpy(&value, m->pkt->data + src->value + insn->off, bytes);
	return write_reg(m, insn->dst_reg, number(value, UINT32_MAX));
}

static bool run_store(struct machine *m, const struct bpf_insn *insn)
{
	uint64_t value = (uint32_t)insn->imm;
	unsigned int place;
	uint32_t word;

	if (size_bytes(insn) == 8)
		return run_save(m, insn);
	if (BPF_CLASS(insn->code) == BPF_STX && !read_number(m, insn->src_reg, &value))
		return false;
	if (!find_word(m, insn->dst_reg, insn->off, &place))
		return false;
	word = value;
	memcpy(m->stack + place, &word, sizeof(word));
	m->written[place] = true;
	return true;
}

static bool is_taken(uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	}
	return a & b;
}

/* The one comparison of pointers: is it not behind the packet? */
static bool run_packet_jump(struct machine *m, const struct bpf_insn *insn, bool *taken)
{
	struct reg *ptr = &m->regs[insn->dst_reg];

	if (ptr->kind != PACKET || m->regs[insn->src_reg].kind != PACKET_END)
		return wrong(m->fault, m->pc, "no comparison with the packet's end");
	*taken = ptr->value <= m->pkt->linear;
	if (!*taken || ptr->max + ptr->fixed > PACKET_MAX)
		return true;
	for (unsigned int i = 0; i < REGISTERS; i++) {
		struct reg *reg = &m->regs[i];

		if (reg->kind == PACKET && reg->base == ptr->base && reg->proven < ptr->fixed)
			reg->proven = ptr->fixed;
	}
	return true;
}

/* From a comparison with a constant; two registers tell older kernels nothing. */
static void learn(struct reg *reg, const struct bpf_insn *insn, bool taken)
{
	uint64_t least = insn->imm;

	if (insn->code == (BPF_JMP | BPF_JGT | BPF_K))
		least++;
	else if (insn->code != (BPF_JMP | BPF_JGE | BPF_K))
		return;
	if (taken && reg->min < least)
		reg->min = least;
	if (!taken && reg->max > least - 1)
		reg->max = least - 1;
}

static bool run_number_jump(struct machine *m, const struct bpf_insn *insn, bool *taken)
{
	bool x = BPF_SRC(insn->code) == BPF_X;
	uint64_t a, b = (int64_t)insn->imm;

	if (!read_number(m, insn->dst_reg, &a) || (x && !read_number(m, insn->src_reg, &b)))
		return false;
	if (BPF_CLASS(insn->code) == BPF_JMP32)
		*taken = is_taken(BPF_OP(insn->code), (uint32_t)a, (uint32_t)b);
	else
		*taken = is_taken(BPF_OP(insn->code), a, b);
	learn(&m->regs[insn->dst_reg], insn, *taken);
	return true;
}

static bool run_jump(struct machine *m, const struct bpf_insn *insn)
{
	bool taken = true;

	if (insn->code == (BPF_JMP | BPF_JLE | BPF_X) && m->regs[insn->dst_reg].kind == PACKET) {
		if (!run_packet_jump(m, insn, &taken))
			return false;
	} else if (insn->code != (BPF_JMP | BPF_JA)) {
		if (!run_number_jump(m, insn, &taken))
			return false;
	}
	if (taken)
		m->pc += insn->off;
	return true;
}

/* The one function that may be called: bpf_rdonly_cast().  Its type is in R2. */
static bool run_call(struct machine *m)
{
	struct reg address = m->regs[1];

	if (address.kind != ADDRESS || m->regs[2].kind != NUMBER)
		return wrong(m->fault, m->pc, "casts no address");
	for (unsigned int i = 1; i <= 5; i++)
		m->regs[i].kind = UNKNOWN;
	address.kind = CAST;
	return write_reg(m, BPF_REG_0, address);
}

static bool step(struct machine *m)
{
	const struct bpf_insn *insn = &m->code->insns[m->pc];
	uint64_t wide;

	if (insn->code == (BPF_JMP | BPF_EXIT)) {
		m->done = true;
		return true;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		wide = (uint64_t)(uint32_t)insn[1].imm << 32 | (uint32_t)insn->imm;
		if (!write_reg(m, insn->dst_reg, number(wide, wide)))
			return false;
		m->pc++;
		return true;
	case BPF_LDX:
		return run_load(m, insn);
	case BPF_ST:
	case BPF_STX:
		return run_store(m, insn);
	case BPF_ALU:
		return run_alu32(m, insn);
	case BPF_ALU64:
		return run_alu64(m, insn);
	}
	return insn->code == (BPF_JMP | BPF_CALL) ? run_call(m) : run_jump(m, insn);
}

bool ebpf_run(const struct xdps_code *code, enum xdps_memory memory,
	      const struct ebpf_packet *pkt, uint64_t *verdict, struct ebpf_fault *fault)
{
	struct machine m = {
		.code = code,
		.pkt = pkt,
		.memory = memory,
		.regs = {
			[3] = { .kind = NUMBER, .value = GARBAGE | pkt->len, .max = UINT64_MAX },
			[FRAME] = { .kind = STACK },
		},
		.fault = fault,
	};

	if (memory == XDPS_MEMORY_PACKET) {
		m.regs[1].kind = PACKET;
		m.regs[2].kind = PACKET_END;
	} else if (memory == XDPS_MEMORY_KERNEL) {
		m.regs[1].kind = CAST;
		m.regs[2] = number(pkt->linear, UINT64_MAX);
		m.regs[4].kind = ADDRESS;
	} else if (pkt->linear < XDPS_COPY_BYTES) {
		m.regs[1].kind = COPY;
		m.regs[2] = number(pkt->linear, XDPS_COPY_BYTES - 1);
	} else {
		return wrong(fault, 0, "%u bytes were copied", pkt->linear);
	}
	while (step(&m) && !m.done)
		m.pc++;
	return m.done && read_number(&m, BPF_REG_0, verdict);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * fuzz_translate.c: any bytes as a filter, and as a packet.
 *
 * The input: how many instructions (16 bits), how much of the packet can be read
 * directly (16 bits), whether zeros make it a very long one (4 bits), whether the
 * filter gets a copy of its first bytes (1 bit; 3 are free), then the instructions;
 * the rest is the packet.  What the helper's check takes, libpcap's validator takes;
 * it is translated, or left to user space; and what comes out is sound and says what
 * libpcap's machine says, or leaves undecided what that cannot say either.
 */
#include <assert.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/classic.h"
#include "../unit/ebpf.h"
#include "../unit/machine.h"
#include "fuzz.h"

#define INTRO_BYTES 5u
#define NUMBER 7u
#define LONG_BYTES 65100u

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Of each length its own memory, so that nothing is read behind it unseen. */
static void *copy(const void *bytes, size_t n, size_t room)
{
	unsigned char *p = calloc(1, room ? room : 1);

	assert(p);
	if (n)
		memcpy(p, bytes, n);
	return p;
}

static void expect(bool holds, const struct ebpf_fault *fault)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", fault->text);
	abort();
}

/* Whoever waits for SIGSEGV, to show the input that led to it, goes on waiting. */
static struct judgement judge(const struct xdps_insn *insns, size_t n,
			      const struct ebpf_packet *pkt, uint32_t linear)
{
	struct sigaction before;
	struct judgement pcap;

	assert(!sigaction(SIGSEGV, NULL, &before));
	machine_use(insns, n);
	pcap = machine_judge(pkt->data, pkt->len, linear);
	assert(!sigaction(SIGSEGV, &before, NULL));
	return pcap;
}

static void check_verdict(const struct xdps_code *code, enum xdps_memory memory,
			  const struct ebpf_packet *pkt, uint32_t linear,
			  struct judgement pcap)
{
	unsigned char *bytes = copy(pkt->data, linear, linear);
	struct ebpf_packet part = { bytes, linear, pkt->len };
	struct ebpf_fault fault;
	uint64_t verdict;

	expect(ebpf_run(code, memory, &part, &verdict, &fault), &fault);
	if (!pcap.decided) {
		assert(verdict == XDPS_VERDICT(XDPS_FILTER_UNDECIDED, XDPS_CAPLEN_MAX));
	} else {
		assert((uint32_t)verdict == pcap.bytes);
		assert(!pcap.bytes || verdict >> 32 == NUMBER);
	}
	free(bytes);
}

/* Of so many bytes that can be read; in a copy, of as many of them as it holds. */
static void check_part(const struct xdps_insn *insns, size_t n, const struct xdps_code *code,
		       enum xdps_memory memory, const struct ebpf_packet *pkt, uint32_t linear)
{
	if (memory == XDPS_MEMORY_COPY && linear >= XDPS_COPY_BYTES)
		linear = XDPS_COPY_BYTES - 1;
	check_verdict(code, memory, pkt, linear, judge(insns, n, pkt, linear));
}

static void check(const struct xdps_insn *insns, size_t n, enum xdps_memory memory,
		  const struct ebpf_packet *pkt)
{
	struct xdps_code code = { .n = 0 };
	struct xdps_error err = { .text = "" };
	struct ebpf_fault fault;
	enum xdps_status status;

	status = xdps_classic_check(insns, n, &err);
	if (status) {
		assert(status == XDPS_BAD_FILTER);
		check_sentence(status, &err);
		return;
	}
	assert(bpf_validate(insns, n));
	status = xdps_translate(insns, n, NUMBER, UINT32_MAX, memory, &code, &err);
	if (status) {
		assert(status == XDPS_UNSUPPORTED);
		check_sentence(status, &err);
		return;
	}
	expect(ebpf_check(&code, &fault), &fault);
	check_part(insns, n, &code, memory, pkt, pkt->linear);
	check_part(insns, n, &code, memory, pkt, pkt->len);
	xdps_code_free(&code);
}

/* The next best program that is valid: guessing one takes for ever. */
static void put_right(struct xdps_insn *insns, size_t n)
{
	static const uint16_t codes[] = {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15, 0x16, 0x1c,
		0x1d, 0x20, 0x24, 0x25, 0x28, 0x2c, 0x2d, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40,
		0x44, 0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60, 0x61, 0x64, 0x6c, 0x74,
		0x7c, 0x80, 0x81, 0x84, 0x87, 0x94, 0x9c, 0xa4, 0xac, 0xb1,
	};

	for (size_t i = 0; i + 1 < n; i++) {
		struct xdps_insn *insn = &insns[i];
		size_t left = n - i - 1;

		insn->code = codes[insn->code % ARRAY_SIZE(codes)];
		switch (BPF_CLASS(insn->code)) {
		case BPF_ST:
		case BPF_STX:
			insn->k %= XDPS_CLASSIC_WORDS;
			break;
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(insn->code) == BPF_MEM)
				insn->k %= XDPS_CLASSIC_WORDS;
			break;
		case BPF_ALU:
			if (BPF_OP(insn->code) == BPF_LSH || BPF_OP(insn->code) == BPF_RSH)
				insn->k %= 33;
			insn->k += !insn->k;
			break;
		case BPF_JMP:
			insn->jt %= left;
			insn->jf %= left;
			if (BPF_OP(insn->code) == BPF_JA)
				insn->k %= left;
			break;
		}
	}
	insns[n - 1].code = BPF_RET | (insns[n - 1].code & BPF_A);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum xdps_memory memories[] = {
		XDPS_MEMORY_PACKET, XDPS_MEMORY_COPY, XDPS_MEMORY_PACKET, XDPS_MEMORY_KERNEL,
	};
	enum xdps_memory memory;
	struct ebpf_packet pkt;
	struct xdps_error err;
	struct xdps_insn *insns;
	size_t n, n_bytes;

	if (size < INTRO_BYTES)
		return 0;
	n = (data[0] | data[1] << 8) % (XDPS_FILTER_INSNS_MAX + 2);
	if (n > (size - INTRO_BYTES) / sizeof(*insns))
		n = (size - INTRO_BYTES) / sizeof(*insns);
	n_bytes = n * sizeof(*insns);

	insns = copy(data + INTRO_BYTES, n_bytes, n_bytes);
	pkt.len = size - INTRO_BYTES - n_bytes;
	n_bytes += INTRO_BYTES;
	memory = memories[data[4] >> 4 & 3];
	if (data[4] % 16 == 1 && pkt.len < LONG_BYTES) {
		pkt.data = copy(data + n_bytes, pkt.len, LONG_BYTES);
		pkt.len = LONG_BYTES;
	} else {
		pkt.data = copy(data + n_bytes, pkt.len, pkt.len);
	}
	pkt.linear = (data[2] | data[3] << 8) % (pkt.len + 1);

	check(insns, n, memory, &pkt);
	if (n) {
		put_right(insns, n);
		assert(!xdps_classic_check(insns, n, &err));
		check(insns, n, memory, &pkt);
	}
	free(insns);
	free((void *)pkt.data);
	return 0;
}

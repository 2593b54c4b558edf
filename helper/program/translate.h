/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * translate.h: translates a filter from classic BPF to eBPF.
 *
 * The result is a function for the sampler to call (filter() in bpf/xdpsample.bpf.c):
 *
 *	R1	first byte of the packet, or of a copy of its beginning
 *	R2	behind its last byte that can be read directly, or how many bytes are there
 *	R3	length of the whole packet, fragments included (u32)
 *	R4	with XDPS_MEMORY_KERNEL, the packet's address
 *	R0	the verdict: XDPS_VERDICT of bpf/record.h
 *
 * It calls nothing but bpf_rdonly_cast(), with XDPS_MEMORY_KERNEL.  It returns
 * what libpcap's interpreter (bpf_filter.c) returns for the packet's first
 * XDPS_CAPLEN_MAX bytes and its whole length.  There is one exception: if it loads a byte
 * that the packet has, but not where it can be read, the packet is undecided.  Then user
 * space, which gets all of the packet, has to judge it.
 */
#ifndef XDPS_TRANSLATE_H
#define XDPS_TRANSLATE_H

#include <linux/bpf.h>

#include "../../common/types.h"

/* What R1 and R2 are. */
enum xdps_memory {
	XDPS_MEMORY_PACKET,	/* two pointers into a packet */
	XDPS_MEMORY_COPY,	/* a map's value of XDPS_COPY_BYTES, and a smaller number */
	XDPS_MEMORY_KERNEL,	/* what bpf_rdonly_cast() made of the address, and a number */
};

/*
 * With XDPS_MEMORY_KERNEL, each call is to bpf_rdonly_cast(), and the instruction before
 * it sets R2.  The immediate values of both are still 0: the caller replaces them by the
 * BTF ids of the type that R1 points to, and of the function.  The type consists of
 * XDPS_CAST_BYTES at least, in words of 8 bytes, which can be read in part, too.
 */
#define XDPS_CAST_BYTES 128

struct xdps_code {
	struct bpf_insn *insns;
	unsigned int n;
	bool is_constant;	/* it returns for every packet ... */
	uint64_t verdict;	/* ... this */
};

/*
 * Translates a program that xdps_classic_check() accepts; `filter` is the number in its
 * verdicts, and `snaplen` the most bytes that they ask for, in 1..UINT32_MAX.  Has no side
 * effects.
 *
 * XDPS_OK           `*code` is the caller's, for xdps_code_free()
 * XDPS_UNSUPPORTED  it has to run in user space, and the sentence says why: it
 *                   jumps backwards, would jump further than eBPF can, or shifts
 *                   by a constant above 31, which is undefined in libpcap
 * XDPS_FAILED       out of memory
 */
enum xdps_status xdps_translate(const struct xdps_insn *insns, size_t n_insns,
				uint32_t filter, uint32_t snaplen, enum xdps_memory memory,
				struct xdps_code *code, struct xdps_error *err);

/* Makes a function that leaves every packet undecided: for what cannot be translated. */
enum xdps_status xdps_translate_nothing(struct xdps_code *code, struct xdps_error *err);

void xdps_code_free(struct xdps_code *code);	/* `*code` is then empty */

#endif

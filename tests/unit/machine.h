/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * machine.h: libpcap's own machine for filters, without libpcap's headers, whose
 * struct bpf_insn is not the one of eBPF.
 */
#ifndef XDPS_MACHINE_H
#define XDPS_MACHINE_H

#include "../../bpf/record.h"
#include "../../engine/xdpsample.h"

unsigned int bpf_filter(const struct xdps_insn *insns, const unsigned char *packet,
			unsigned int wirelen, unsigned int buflen);
int bpf_validate(const struct xdps_insn *insns, int n_insns);

/* What a filter means, wherever it runs: as many bytes are wanted, 0 for none. */
static inline uint32_t machine_says(const struct xdps_insn *insns,
				    const unsigned char *packet, uint32_t len)
{
	return bpf_filter(insns, packet, len, len < XDPS_CAPLEN_MAX ? len : XDPS_CAPLEN_MAX);
}

struct judgement {
	bool decided;		/* without a byte that cannot be read */
	uint32_t bytes;		/* then: what bpf_filter() returns, 0: no match */
};

/*
 * The program that machine_judge() runs from here on; at most XDPS_FILTER_INSNS_MAX
 * instructions.  Its scratch memory begins with zeros.  Takes SIGSEGV over.
 */
void machine_use(const struct xdps_insn *insns, size_t n);

/*
 * bpf_filter() on a packet of which only the first `linear` bytes can be read
 * directly; the others are in fragments, or were not copied.
 */
struct judgement machine_judge(const unsigned char *data, uint32_t len, uint32_t linear);

#endif

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

#endif

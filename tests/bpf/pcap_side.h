/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap_side.h: what libpcap makes of an expression.
 *
 * Its struct bpf_insn and that of <linux/bpf.h> do not go together: only
 * pcap_side.c knows the one, and only the rest of the tests the other.
 */
#ifndef PCAP_SIDE_H
#define PCAP_SIDE_H

#include "../../engine/xdpsample.h"

/* A filter program, to be freed by pcap_side_free(). */
struct program {
	struct xdps_insn *insns;
	size_t n;
};

/*
 * For Ethernet, with tcpdump's snapshot length.  NULL, or what libpcap says
 * against it, good until the next call.
 */
const char *pcap_side_compile(const char *expression, bool optimised,
			      struct program *program);
void pcap_side_free(struct program *program);

/* bpf_validate(): true also for codes that bpf_filter() then does not know. */
bool pcap_side_is_valid(const struct xdps_insn *insns, size_t n);

#endif

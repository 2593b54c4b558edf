// SPDX-License-Identifier: BSD-3-Clause
/*
 * pcap_side.c: what libpcap makes of an expression.
 */
#define _GNU_SOURCE
#include "pcap_side.h"

#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPLEN_TCPDUMP 262144
#define NETMASK 0xffffff00u		/* for "ip broadcast" */

_Static_assert(sizeof(struct bpf_insn) == sizeof(struct xdps_insn), "the same thing");

const char *pcap_side_compile(const char *expression, bool optimised,
			      struct program *program)
{
	static char why[PCAP_ERRBUF_SIZE];
	struct bpf_program compiled;
	pcap_t *p = pcap_open_dead(DLT_EN10MB, SNAPLEN_TCPDUMP);
	const char *failed = NULL;

	*program = (struct program){ 0 };
	if (!p)
		return "pcap_open_dead() failed";
	if (pcap_compile(p, &compiled, expression, optimised, NETMASK)) {
		snprintf(why, sizeof(why), "%s", pcap_geterr(p));
		failed = why;
	} else {
		program->n = compiled.bf_len;
		program->insns = malloc(program->n * sizeof(*program->insns));
		if (!program->insns)
			abort();
		memcpy(program->insns, compiled.bf_insns, program->n * sizeof(*program->insns));
		pcap_freecode(&compiled);
	}
	pcap_close(p);
	return failed;
}

void pcap_side_free(struct program *program)
{
	free(program->insns);
	*program = (struct program){ 0 };
}

bool pcap_side_is_valid(const struct xdps_insn *insns, size_t n)
{
	return bpf_validate((const struct bpf_insn *)insns, n);
}

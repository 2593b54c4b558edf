// SPDX-License-Identifier: BSD-3-Clause
/*
 * pcap_side.c: what libpcap makes of an expression, and of a packet.
 *
 * Where bpf_filter() reads is found out by letting it: a packet's fragments are
 * pages that cannot be read, and touching them ends the run.
 */
#define _GNU_SOURCE
#include "pcap_side.h"

#include <pcap.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SNAPLEN_TCPDUMP 262144
#define NETMASK 0xffffff00u		/* for "ip broadcast" */
#define INSNS_MAX 4096
#define PART_BYTES (1u << 18)		/* more than any packet has, linear or not */

_Static_assert(sizeof(struct bpf_insn) == sizeof(struct xdps_insn), "the same thing");

static struct bpf_insn used[BPF_MEMWORDS + INSNS_MAX];

/* PART_BYTES to be read, and as many behind them that are not. */
static unsigned char *readable;
static sigjmp_buf out_of_fragment;
static volatile sig_atomic_t may_fault;

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

static void fault(int sig)
{
	if (may_fault)
		siglongjmp(out_of_fragment, 1);
	signal(sig, SIG_DFL);		/* somebody else's: happens again, and ends us */
}

/*
 * M[] starts as zero for us and for newer libpcaps; bpf_filter() of 1.10.3
 * leaves in it what was on the stack.  All jumps are relative, and A is zero.
 */
void pcap_side_use(const struct xdps_insn *insns, size_t n)
{
	const struct sigaction act = { .sa_handler = fault, .sa_flags = SA_NODEFER };

	/* each time: cmocka has a handler of its own for each test */
	if (n > INSNS_MAX || sigaction(SIGSEGV, &act, NULL))
		abort();
	for (unsigned int i = 0; i < BPF_MEMWORDS; i++)
		used[i] = (struct bpf_insn)BPF_STMT(BPF_ST, i);
	memcpy(used + BPF_MEMWORDS, insns, n * sizeof(*insns));
}

static void lay_out_memory(void)
{
	readable = mmap(NULL, 2 * PART_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (readable == MAP_FAILED || mprotect(readable, PART_BYTES, PROT_READ | PROT_WRITE))
		abort();
}

static struct judgement judge_fragments(const unsigned char *data, uint32_t len,
					uint32_t linear, uint32_t buflen)
{
	static volatile struct judgement found;
	unsigned char *begin;

	if (!readable)
		lay_out_memory();
	if (len > PART_BYTES)
		abort();
	begin = readable + PART_BYTES - linear;
	memcpy(begin, data, linear);
	found.bytes = 0;
	found.decided = false;
	if (!sigsetjmp(out_of_fragment, 0)) {
		may_fault = 1;
		found.bytes = bpf_filter(used, begin, len, buflen);
		found.decided = true;
	}
	may_fault = 0;
	return found;
}

struct judgement pcap_side_judge(const unsigned char *data, uint32_t len, uint32_t linear)
{
	const uint32_t buflen = len < XDPS_SNAPLEN_MAX ? len : XDPS_SNAPLEN_MAX;

	if (linear < buflen)
		return judge_fragments(data, len, linear, buflen);
	return (struct judgement){
		.decided = true,
		.bytes = bpf_filter(used, data, len, buflen),
	};
}

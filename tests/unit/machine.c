// SPDX-License-Identifier: BSD-3-Clause
/*
 * machine.c: what libpcap's machine makes of a packet of which it sees a part.
 *
 * Where bpf_filter() reads is found out by letting it: the rest of a packet are
 * pages that cannot be read, and touching them ends the run.
 */
#define _GNU_SOURCE
#include "machine.h"

#include <linux/filter.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../common/types.h"

#define PART_BYTES (1u << 18)		/* more than a filter reads, of either part */

_Static_assert(XDPS_SNAPLEN_MAX <= PART_BYTES, "what is read of a packet has room");

static struct xdps_insn used[BPF_MEMWORDS + XDPS_FILTER_INSNS_MAX];

/* PART_BYTES to be read, and as many behind them that are not. */
static unsigned char *readable;
static sigjmp_buf out_of_part;
static volatile sig_atomic_t may_fault;

static void fault(int sig)
{
	if (may_fault)
		siglongjmp(out_of_part, 1);
	signal(sig, SIG_DFL);		/* somebody else's: happens again, and ends us */
}

/*
 * M[] starts as zero for us and for newer libpcaps; bpf_filter() of 1.10.3
 * leaves in it what was on the stack.  All jumps are relative, and A is zero.
 */
void machine_use(const struct xdps_insn *insns, size_t n)
{
	const struct sigaction act = { .sa_handler = fault, .sa_flags = SA_NODEFER };

	/* each time: cmocka has a handler of its own for each test */
	if (n > XDPS_FILTER_INSNS_MAX || sigaction(SIGSEGV, &act, NULL))
		abort();
	for (unsigned int i = 0; i < BPF_MEMWORDS; i++)
		used[i] = (struct xdps_insn){ .code = BPF_ST, .k = i };
	memcpy(used + BPF_MEMWORDS, insns, n * sizeof(*insns));
}

static void lay_out_memory(void)
{
	readable = mmap(NULL, 2 * PART_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (readable == MAP_FAILED || mprotect(readable, PART_BYTES, PROT_READ | PROT_WRITE))
		abort();
}

static struct judgement judge_part(const unsigned char *data, uint32_t len,
				   uint32_t linear, uint32_t buflen)
{
	static volatile struct judgement found;
	unsigned char *begin;

	if (!readable)
		lay_out_memory();
	begin = readable + PART_BYTES - linear;
	memcpy(begin, data, linear);
	found.bytes = 0;
	found.decided = false;
	if (!sigsetjmp(out_of_part, 0)) {
		may_fault = 1;
		found.bytes = bpf_filter(used, begin, len, buflen);
		found.decided = true;
	}
	may_fault = 0;
	return found;
}

struct judgement machine_judge(const unsigned char *data, uint32_t len, uint32_t linear)
{
	const uint32_t buflen = len < XDPS_SNAPLEN_MAX ? len : XDPS_SNAPLEN_MAX;

	if (linear < buflen)
		return judge_part(data, len, linear, buflen);
	return (struct judgement){
		.decided = true,
		.bytes = bpf_filter(used, data, len, buflen),
	};
}

// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * xdpsample.bpf.c: filters, chooses, copies to this CPU's ring, counts.
 *
 * This is for an interface without an XDP program; trace.bpf.c is for one that has one.
 * These programs promise the host that every path returns XDP_PASS, no packet is
 * modified, nothing is printed, and nothing is allocated.
 */
#include "sample.h"

#include "xdp_packet.h"

/*
 * The programs that do the work, one for each capture on this interface.  The program that
 * is attached is only an entry that calls the first of them.  So captures come and go while
 * it stays, another sampler with a filter in it can take one's place between two packets,
 * and a tracer of the attached program goes on tracing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, XDPS_CHAIN_MAX);
	__type(key, __u32);
	__type(value, __u32);
} chain SEC(".maps");

/*
 * A byte for each slot of the chain; 0: nobody is there.  The helpers set it
 * (helper/attach/chain.h).  A capture that is alone does not try seven empty slots.
 */
volatile __u64 members;

/*
 * The filter that is loaded first: it accepts everything.  Its instructions are replaced
 * by others before a sampler with another filter is loaded (helper/program/filter.c);
 * helper/program/translate.h has everything that they and the caller agree on.  This is the only
 * subprogram, and stays one (noinline).  It is verified together with its caller, whose
 * packet pointers it gets (hidden).  The compiler knows nothing about what it returns
 * (asm).
 */
__hidden __noinline __u64 filter(const void *data, const void *data_end, __u32 len)
{
	__u64 verdict = XDPS_VERDICT(XDPS_FILTER_FIRST, ~0U);

	asm volatile("" : "+r"(verdict) : "r"(data), "r"(data_end), "r"(len));
	return verdict;
}

static __always_inline __u32 packet_len(struct xdp_md *ctx)
{
	return config.frags ? bpf_xdp_get_buff_len(ctx)
			    : ctx->data_end - ctx->data;
}

/* Is the packet to be taken?  If so, this counts it and completes the record. */
static __always_inline int choose(struct xdp_md *ctx, struct xdps_cpu *c,
				  struct xdps_record *rec)
{
	__u64 verdict;
	int is_called = is_filter_called(&verdict);

	if (is_called) {
		rec->len = packet_len(ctx);
		verdict = filter((void *)(long)ctx->data, (void *)(long)ctx->data_end, rec->len);
	}
	if (!wanted(&c->received, verdict))
		return 0;
	if (!is_called)
		rec->len = packet_len(ctx);
	rec->queue = ctx->rx_queue_index;
	rec->action = XDPS_ACTION_NONE;
	fill(rec, c, verdict);
	c->received.chosen++;
	return 1;
}

static __always_inline void to_perf(struct xdp_md *ctx)
{
	struct xdps_record rec = { 0 };
	struct xdps_cpu *c = this_cpu();
	long rc;

	if (!c || !choose(ctx, c, &rec))
		return;
	rc = bpf_perf_event_output(ctx, &perf_rings, output_flags(&rec), &rec, sizeof(rec));
	if (rc)
		lose(c, &c->received, had_perf_ring(rc));
}

static __always_inline void to_map(struct xdp_md *ctx)
{
	struct xdps_record rec = { 0 };
	struct xdps_cpu *c = this_cpu();

	if (!c || !choose(ctx, c, &rec))
		return;
	if (!put(ctx, c, &rec))
		lose(c, &c->received, c->ring != XDPS_NO_RING);
}

/* Calls the sampler of the next capture, and returns if there is none. */
static __always_inline void call_next(struct xdp_md *ctx)
{
	const __u64 later = config.later_members;

	if (!(members & later))
		return;
#pragma unroll
	for (__u32 i = 1; i < XDPS_CHAIN_MAX; i++)
		if (later >> 8 * i & 1)
			bpf_tail_call_static(ctx, &chain, i);
}

/*
 * "xdp" and not "xdp.frags": with the latter, libbpf insists on the flag, which kernels
 * before 5.18 refuse.  The loader sets the flag where it is known.
 */
SEC("xdp")
int xdps_to_perf(struct xdp_md *ctx)
{
	to_perf(ctx);
	call_next(ctx);
	return XDP_PASS;
}

SEC("xdp")
int xdps_to_map(struct xdp_md *ctx)
{
	to_map(ctx);
	call_next(ctx);
	return XDP_PASS;
}

SEC("xdp")
int xdpsample_entry(struct xdp_md *ctx)
{
#pragma unroll
	for (__u32 i = 0; i < XDPS_CHAIN_MAX; i++)
		bpf_tail_call_static(ctx, &chain, i);
	return XDP_PASS;
}

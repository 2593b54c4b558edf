// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * xdpsample.bpf.c: filter, choose, copy to this CPU's ring, count.
 *
 * For an interface without an XDP program; trace.bpf.c is for one with.
 * What these programs promise to the host: every path returns XDP_PASS, no
 * packet is modified, nothing is printed, nothing is allocated.
 */
#include "sample.h"

/*
 * The filter, as it is loaded first: takes everything.  Its instructions are
 * replaced by others before a sampler with another filter is loaded
 * (helper/filter.c); all that the caller and they agree on is in
 * helper/translate.h.  It is the only subprogram, stays one (noinline), is
 * verified together with its caller, whose packet pointers it gets (hidden),
 * and the compiler sees nothing of what it returns (asm).
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

/*
 * "xdp" and not "xdp.frags": with that, libbpf insists on the flag, which
 * kernels before 5.18 refuse.  The loader sets it where it is known.
 */
SEC("xdp")
int xdps_sampler(struct xdp_md *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct xdps_record rec = {
		.queue = ctx->rx_queue_index,
		.action = XDPS_ACTION_NONE,
	};
	struct xdps_counters *c;
	__u64 verdict, flags;

	c = bpf_map_lookup_elem(&counters, &cpu);
	if (!c)
		return XDP_PASS;
	rec.len = packet_len(ctx);
	verdict = filter((void *)(long)ctx->data, (void *)(long)ctx->data_end, rec.len);
	if (!wanted(c, verdict))
		return XDP_PASS;

	flags = fill(&rec, c, verdict);
	c->chosen++;
	if (bpf_perf_event_output(ctx, &rings, flags, &rec, sizeof(rec)))
		c->lost++;
	return XDP_PASS;
}

SEC("xdp")
int xdps_entry(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &slot, 0);
	return XDP_PASS;
}

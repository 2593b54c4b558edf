// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * xdpsample.bpf.c: filters, chooses, copies to this CPU's ring, counts.
 *
 * This is for an interface without an XDP program; trace.bpf.c is for one that has one.
 * These programs promise the host that every path returns XDP_PASS, no packet is
 * modified, nothing is printed, and nothing is allocated.
 */
#include "sample.h"

#include "chain.h"

#define LOAD_BYTES bpf_xdp_load_bytes
#include "tagged_packet.h"
#include "xdp_packet.h"

/*
 * The filter that is loaded first: it accepts everything.  Its instructions are replaced
 * by others before a sampler with another filter is loaded (helper/program/filter.c);
 * helper/program/translate.h has everything that they and the caller agree on.  It stays a
 * subprogram (noinline), and is verified together with its caller, whose packet pointers it
 * gets (hidden).  The compiler knows nothing about what it returns (asm).
 */
__hidden __noinline __u64 filter(const void *data, const void *data_end, __u32 len)
{
	__u64 verdict = XDPS_VERDICT(XDPS_FILTER_FIRST, ~0U);

	asm volatile("" : "+r"(verdict) : "r"(data), "r"(data_end), "r"(len));
	return verdict;
}

/* The same for a packet whose tag was taken off: it gets a copy and the bytes in it. */
__hidden __noinline __u64 filter_tagged(const void *copy, __u64 bytes, __u32 len)
{
	__u64 verdict = XDPS_VERDICT(XDPS_FILTER_FIRST, ~0U), mark;

	asm volatile("%0 = " TEXT_OF(XDPS_FILTER_TAGGED_MARK) " ll" : "=r"(mark));
	asm volatile("" : "+r"(verdict) : "r"(copy), "r"(bytes), "r"(len), "r"(mark));
	return verdict;
}

static __always_inline __u32 packet_len(struct xdp_md *ctx)
{
	return config.frags ? bpf_xdp_get_buff_len(ctx)
			    : ctx->data_end - ctx->data;
}

/* What the entry has found out about this packet. */
static __always_inline __u32 this_tag(void)
{
	__u32 first = 0, *tag;

	if (!config.tags)
		return 0;
	tag = bpf_map_lookup_elem(&tags, &first);
	return tag ? *tag : 0;
}

static __always_inline __u64 judge(struct xdp_md *ctx, __u32 tag, __u32 len)
{
	__u64 bytes = 0;
	void *copy;

	if (!tag)
		return filter((void *)(long)ctx->data, (void *)(long)ctx->data_end, len);
	copy = copy_for_filter(ctx, tag, len, &bytes);
	return copy ? filter_tagged(copy, bytes, len) :
		      XDPS_VERDICT(XDPS_FILTER_UNDECIDED, XDPS_CAPLEN_MAX);
}

/* Is the packet to be taken?  If so, this counts it and completes the record. */
static __always_inline int choose(struct xdp_md *ctx, __u32 tag, struct xdps_cpu *c,
				  struct xdps_record *rec)
{
	__u64 verdict;
	int is_called = is_filter_called(&verdict);

	if (is_called) {
		rec->len = tagged_len(packet_len(ctx), tag);
		verdict = judge(ctx, tag, rec->len);
	}
	if (!wanted(&c->received, verdict))
		return 0;
	if (!is_called)
		rec->len = tagged_len(packet_len(ctx), tag);
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
	const __u32 tag = this_tag();
	long rc;

	if (!c || !choose(ctx, tag, c, &rec))
		return;
	if (tag)
		rc = output_tagged(ctx, tag, &rec);
	else
		rc = bpf_perf_event_output(ctx, &perf_rings, output_flags(&rec), &rec, sizeof(rec));
	if (rc)
		lose(c, &c->received, had_perf_ring(rc));
}

static __always_inline void to_map(struct xdp_md *ctx)
{
	struct xdps_record rec = { 0 };
	struct xdps_cpu *c = this_cpu();
	const __u32 tag = this_tag();

	if (!c || !choose(ctx, tag, c, &rec))
		return;
	if (!put(ctx, tag, c, &rec))
		lose(c, &c->received, c->ring != XDPS_NO_RING);
}

/* Calls the sampler of the next capture, and returns if there is none. */
static __always_inline void call_next(struct xdp_md *ctx)
{
	const __u64 later = config.later_members;

	if (!(members.slots & later))
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
	return call_first(ctx);
}

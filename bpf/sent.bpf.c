// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * sent.bpf.c: samples what the interface sends, into the rings of what it receives.
 *
 * The same samplers run in two places, of which the helper uses one: tcx egress, where the
 * kernel has it (6.6), and a packet socket that takes nothing.  These programs promise the
 * host that no packet is modified, kept from any other program, or queued to the socket.
 *
 * A packet has the form here that it has on AF_PACKET: it is an skb.  Its VLAN tag is not
 * among its bytes, and has to be put where it will be on the wire.
 */
#include "sample.h"

#include "blocks.h"
#include "map_ring.h"

#define LOAD_BYTES bpf_skb_load_bytes
#include "tagged_packet.h"

/* These are in the kernel's headers since 6.6 (enum tcx_action_base), or in others. */
#define TCX_NEXT (-1)
#define PACKET_OUTGOING 4		/* linux/if_packet.h */

/* As in trace.bpf.c. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} slot SEC(".maps");

/* As in trace.bpf.c: its arguments are a copy and the number of bytes in it. */
__hidden __noinline __u64 filter(const void *copy, __u64 bytes, __u32 len)
{
	__u64 verdict = XDPS_VERDICT(XDPS_FILTER_FIRST, ~0U);

	asm volatile("" : "+r"(verdict) : "r"(copy), "r"(bytes), "r"(len));
	return verdict;
}

static __always_inline __u32 tag_of(struct __sk_buff *skb)
{
	return skb->vlan_present ? make_tag(skb->vlan_proto, skb->vlan_tci) : 0;
}

/* Asks the filter about a copy of the first bytes. */
static __always_inline __u64 judge(struct __sk_buff *skb, __u32 tag, __u32 len)
{
	__u64 bytes = 0;
	void *copy = copy_for_filter(skb, tag, len, &bytes);

	return copy ? filter(copy, bytes, len) :
		      XDPS_VERDICT(XDPS_FILTER_UNDECIDED, XDPS_CAPLEN_MAX);
}

/* Is the packet to be taken?  If so, this counts it and completes the record. */
static __always_inline int choose(struct __sk_buff *skb, __u32 tag, struct xdps_cpu *c,
				  struct xdps_record *rec)
{
	__u64 verdict;

	rec->len = tagged_len(skb->len, tag);
	if (is_filter_called(&verdict))
		verdict = judge(skb, tag, rec->len);
	if (!wanted(&c->sent, verdict))
		return 0;
	rec->queue = skb->queue_mapping;
	rec->action = XDPS_ACTION_NONE;
	rec->direction = XDPS_SENT;
	fill(rec, c, verdict);
	c->sent.chosen++;
	return 1;
}

/* Only programs at tcx have direct access. */
static __always_inline int copy(struct __sk_buff *skb, int is_direct, __u32 tag, void *to,
				__u64 bytes)
{
	if (is_direct && !tag &&
	    copy_blocks((void *)(long)skb->data, (void *)(long)skb->data_end, to, bytes))
		return 0;
	return copy_tagged(skb, tag, to, bytes, XDPS_CAPLEN_MAX);
}

/* As put() in xdp_packet.h. */
static __always_inline int put(struct __sk_buff *skb, int is_direct, __u32 tag,
			       struct xdps_cpu *c, const struct xdps_record *rec)
{
	__u64 caplen;
	void *to = begin_record(c, rec, &caplen);
	int rc;

	if (!to)
		return 0;
	rc = copy(skb, is_direct, tag, to, caplen);
	end_record(c, caplen, !rc);
	return !rc;
}

static __always_inline void to_map(struct __sk_buff *skb, int is_direct)
{
	struct xdps_record rec = { 0 };
	struct xdps_cpu *c = this_cpu();
	const __u32 tag = tag_of(skb);

	if (!c || !choose(skb, tag, c, &rec))
		return;
	if (!put(skb, is_direct, tag, c, &rec))
		lose(c, &c->sent, c->ring != XDPS_NO_RING);
}

static __always_inline void to_perf(struct __sk_buff *skb)
{
	struct xdps_record rec = { 0 };
	struct xdps_cpu *c = this_cpu();
	const __u32 tag = tag_of(skb);
	long rc;

	if (!c || !choose(skb, tag, c, &rec))
		return;
	rc = output_tagged(skb, tag, &rec);
	if (rc)
		lose(c, &c->sent, had_perf_ring(rc));
}

SEC("tc")
int xdps_tcx_to_map(struct __sk_buff *skb)
{
	to_map(skb, 1);
	return TCX_NEXT;
}

SEC("tc")
int xdps_tcx_to_perf(struct __sk_buff *skb)
{
	to_perf(skb);
	return TCX_NEXT;
}

SEC("tc")
int xdpsample_sent(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &slot, XDPS_SLOT_SAMPLER);
	return TCX_NEXT;
}

/* A socket filter returns how many bytes the socket takes. */
SEC("socket")
int xdps_tap_to_map(struct __sk_buff *skb)
{
	to_map(skb, 0);
	return 0;
}

SEC("socket")
int xdps_tap_to_perf(struct __sk_buff *skb)
{
	to_perf(skb);
	return 0;
}

/* The socket is shown what is received, too. */
SEC("socket")
int xdpsample_tap(struct __sk_buff *skb)
{
	if (skb->pkt_type == PACKET_OUTGOING)
		bpf_tail_call(skb, &slot, XDPS_SLOT_SAMPLER);
	return 0;
}

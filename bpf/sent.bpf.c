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

#include <bpf/bpf_endian.h>

#include "map_ring.h"

/* These are in the kernel's headers since 6.6 (enum tcx_action_base), or in others. */
#define TCX_NEXT (-1)
#define PACKET_OUTGOING 4		/* linux/if_packet.h */

#define TAG_AT 12			/* behind the two addresses */
#define TAG_BYTES 4

/*
 * What a CPU writes to before it writes to a perf ring: the kernel's output would leave the
 * tag out.  A value of an array for each CPU may be larger than one of a per-CPU array.
 */
struct scratch {
	struct xdps_record rec;
	char data[XDPS_CAPLEN_MAX];
};

/* As in trace.bpf.c. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} slot SEC(".maps");

/* One for each CPU, if there are perf rings; the loader sets their number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* The first bytes of a packet, for the filter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[XDPS_COPY_BYTES]);
} copies SEC(".maps");

/* As in trace.bpf.c: its arguments are a copy and the number of bytes in it. */
__hidden __noinline __u64 filter(const void *copy, __u64 bytes, __u32 len)
{
	__u64 verdict = XDPS_VERDICT(XDPS_FILTER_FIRST, ~0U);

	asm volatile("" : "+r"(verdict) : "r"(copy), "r"(bytes), "r"(len));
	return verdict;
}

/*
 * Copies 1 to `most` bytes.  The check is never true: it shows the verifier the bounds,
 * and before 6.8 only in this form (is_plausible() in sample.h).
 */
static __always_inline int load(struct __sk_buff *skb, __u32 from, char *to, __u64 bytes,
				__u32 most)
{
	bytes--;
	asm volatile("" : "+r"(bytes));
	if (bytes >= most)
		return -1;
	return bpf_skb_load_bytes(skb, from, to, bytes + 1);
}

/*
 * Copies the first bytes of the packet with its tag, at most `most` of them; `to` has room
 * for so many, and for the addresses and the tag.
 */
static __always_inline int copy_packet(struct __sk_buff *skb, char *to, __u64 bytes, __u32 most)
{
	if (!skb->vlan_present)
		return load(skb, 0, to, bytes, most);
	if (bpf_skb_load_bytes(skb, 0, to, TAG_AT))
		return -1;
	*(__u16 *)(to + TAG_AT) = skb->vlan_proto;
	*(__u16 *)(to + TAG_AT + 2) = bpf_htons(skb->vlan_tci);
	if (bytes <= TAG_AT + TAG_BYTES)
		return 0;
	return load(skb, TAG_AT, to + TAG_AT + TAG_BYTES, bytes - TAG_AT - TAG_BYTES,
		    most - TAG_AT - TAG_BYTES);
}

static __always_inline __u32 packet_len(struct __sk_buff *skb)
{
	return skb->len + (skb->vlan_present ? TAG_BYTES : 0);
}

/* Asks the filter about a copy of the first bytes; without one, user space has to judge. */
static __always_inline __u64 judge(struct __sk_buff *skb, __u32 len)
{
	__u64 bytes = len;
	__u32 zero = 0;
	char *copy = bpf_map_lookup_elem(&copies, &zero);

	if (!copy)
		return XDPS_VERDICT(XDPS_FILTER_UNDECIDED, XDPS_CAPLEN_MAX);
	if (bytes > XDPS_COPY_BYTES - 1)
		bytes = XDPS_COPY_BYTES - 1;
	if (copy_packet(skb, copy, bytes, XDPS_COPY_BYTES - 1))
		bytes = 0;
	/* The mask changes nothing; it is for verifiers that have lost the bound. */
	asm volatile("" : "+r"(bytes));
	return filter(copy, bytes & (XDPS_COPY_BYTES - 1), len);
}

/* Is the packet to be taken?  If so, this counts it and completes the record. */
static __always_inline int choose(struct __sk_buff *skb, struct xdps_cpu *c,
				  struct xdps_record *rec)
{
	__u64 verdict;

	rec->len = packet_len(skb);
	if (is_filter_called(&verdict))
		verdict = judge(skb, rec->len);
	if (!wanted(&c->sent, verdict))
		return 0;
	rec->queue = skb->queue_mapping;
	rec->action = XDPS_ACTION_NONE;
	rec->direction = XDPS_SENT;
	fill(rec, c, verdict);
	c->sent.chosen++;
	return 1;
}

static __always_inline int write(struct __sk_buff *skb, struct xdps_cpu *c,
				 const struct xdps_record *rec)
{
	__u64 caplen = rec->caplen, bytes;
	void *room;

	/* never true: as in xdp_packet.h */
	asm volatile("" : "+r"(caplen));
	if (!caplen || caplen > XDPS_CAPLEN_MAX)
		return 0;
	bytes = record_bytes(caplen);
	room = find_room(c, bytes);
	if (!room)
		return 0;
	__builtin_memcpy(room, rec, sizeof(*rec));
	if (copy_packet(skb, room + sizeof(*rec), caplen, XDPS_CAPLEN_MAX))
		return 0;
	publish(c, bytes);
	return 1;
}

/* As put() in xdp_packet.h. */
static __always_inline int put(struct __sk_buff *skb, struct xdps_cpu *c,
			       const struct xdps_record *rec)
{
	int is_written;

	if (c->writing)
		return 0;
	c->writing = 1;
	is_written = write(skb, c, rec);
	c->writing = 0;
	return is_written;
}

static __always_inline void to_map(struct __sk_buff *skb)
{
	struct xdps_record rec = { 0 };
	struct xdps_cpu *c = this_cpu();

	if (!c || !choose(skb, c, &rec))
		return;
	if (!put(skb, c, &rec))
		lose(c, &c->sent, c->ring != XDPS_NO_RING);
}

/* Returns what the kernel's output returns. */
static __always_inline long output(struct __sk_buff *skb, const struct xdps_record *rec)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	__u64 caplen = rec->caplen;

	asm volatile("" : "+r"(caplen));
	if (!s || !caplen || caplen > XDPS_CAPLEN_MAX)
		return -EINVAL;
	s->rec = *rec;
	if (copy_packet(skb, s->data, caplen, XDPS_CAPLEN_MAX))
		return -EINVAL;
	return bpf_perf_event_output(skb, &perf_rings, BPF_F_CURRENT_CPU, s,
				     sizeof(*rec) + caplen);
}

static __always_inline void to_perf(struct __sk_buff *skb)
{
	struct xdps_record rec = { 0 };
	struct xdps_cpu *c = this_cpu();
	long rc;

	if (!c || !choose(skb, c, &rec))
		return;
	rc = output(skb, &rec);
	if (rc)
		lose(c, &c->sent, had_perf_ring(rc));
}

SEC("tc")
int xdps_tcx_to_map(struct __sk_buff *skb)
{
	to_map(skb);
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
	to_map(skb);
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

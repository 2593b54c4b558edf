/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * tagged_packet.h: copies a packet whose VLAN tag is not among its bytes, with its tag.
 *
 * An skb keeps the tag beside the packet, and a card that takes tags off tells them
 * beside it.  AF_PACKET shows the tag where it is on the wire, and so do we.  Whoever
 * includes this defines LOAD_BYTES, the kernel's function that copies from its packets.
 */
#ifndef XDPS_BPF_TAGGED_PACKET_H
#define XDPS_BPF_TAGGED_PACKET_H

#include "sample.h"
#include "tag.h"

/*
 * What a CPU writes to before it writes to a perf ring: the kernel's output would leave the
 * tag out.  A value of an array for each CPU may be larger than one of a per-CPU array.
 */
struct scratch {
	struct xdps_record rec;
	char data[XDPS_CAPLEN_MAX];
};

/* One for each CPU, if there are perf rings and tags; the loader sets their number. */
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

/*
 * Copies 1 to `most` bytes.  The check is never true: it shows the verifier the bounds,
 * and before 6.8 only in this form (is_plausible() in sample.h).
 */
static __always_inline int load_some(void *ctx, __u32 from, void *to, __u64 bytes, __u32 most)
{
	bytes--;
	asm volatile("" : "+r"(bytes));
	if (bytes >= most)
		return -1;
	return LOAD_BYTES(ctx, from, to, bytes + 1);
}

/*
 * Copies the first bytes of the packet with its tag, at most `most` of them; `to` has room
 * for so many, and for the addresses and the tag.  Returns 0, or the kernel's error.
 */
static __always_inline int copy_tagged(void *ctx, __u32 tag, void *to, __u64 bytes, __u32 most)
{
	if (!tag)
		return load_some(ctx, 0, to, bytes, most);
	if (LOAD_BYTES(ctx, 0, to, TAG_AT))
		return -1;
	*(__u32 *)(to + TAG_AT) = tag;
	if (bytes <= TAG_AT + TAG_BYTES)
		return 0;
	return load_some(ctx, TAG_AT, to + TAG_AT + TAG_BYTES, bytes - TAG_AT - TAG_BYTES,
			 most - TAG_AT - TAG_BYTES);
}

/*
 * A copy of the first bytes for the filter, of which there are `*bytes`; NULL: there is
 * none, and user space has to judge.
 */
static __always_inline void *copy_for_filter(void *ctx, __u32 tag, __u32 len, __u64 *bytes)
{
	__u32 zero = 0;
	char *copy = bpf_map_lookup_elem(&copies, &zero);
	__u64 most = len;

	if (!copy)
		return NULL;
	if (most > XDPS_COPY_BYTES - 1)
		most = XDPS_COPY_BYTES - 1;
	if (copy_tagged(ctx, tag, copy, most, XDPS_COPY_BYTES - 1))
		most = 0;
	/* The mask changes nothing; it is for verifiers that have lost the bound. */
	asm volatile("" : "+r"(most));
	*bytes = most & (XDPS_COPY_BYTES - 1);
	return copy;
}

/* Writes the packet to the perf ring of this CPU.  Returns what the kernel's output returns. */
static __always_inline long output_tagged(void *ctx, __u32 tag, const struct xdps_record *rec)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct scratch *s = bpf_map_lookup_elem(&scratches, &cpu);
	__u64 caplen = rec->caplen;

	asm volatile("" : "+r"(caplen));
	if (!s || !caplen || caplen > XDPS_CAPLEN_MAX)
		return -EINVAL;
	s->rec = *rec;
	if (copy_tagged(ctx, tag, s->data, caplen, XDPS_CAPLEN_MAX))
		return -EINVAL;
	return bpf_perf_event_output(ctx, &perf_rings, BPF_F_CURRENT_CPU, s,
				     sizeof(*rec) + caplen);
}

#endif

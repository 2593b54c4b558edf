// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * tag.bpf.c: the entry for a card that takes VLAN tags off and tells them (Linux 6.8).
 *
 * Only a program that is bound to the device may ask, and no such program may be in a program
 * array.  So the entry asks, and leaves the tag where the samplers find it.
 *
 * As those, it returns XDP_PASS and modifies no packet.
 */
#include "chain.h"
#include "tag.h"

extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __be16 *proto,
					__u16 *tci) __ksym;

SEC("xdp")
int xdpsample_entry(struct xdp_md *ctx)
{
	__u32 first = 0, *tag = bpf_map_lookup_elem(&tags, &first);
	__be16 proto = 0;
	__u16 tci = 0;

	if (tag)
		*tag = bpf_xdp_metadata_rx_vlan_tag(ctx, &proto, &tci) ? 0 :
			       make_tag(proto, tci);
	return call_first(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

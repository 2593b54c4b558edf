/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * tag.h: a VLAN tag that is not among the bytes of its packet.
 *
 * It is kept as its four bytes in the order of the wire; 0: the packet has none.
 */
#ifndef XDPS_BPF_TAG_H
#define XDPS_BPF_TAG_H

#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TAG_AT 12			/* behind the two addresses */
#define TAG_BYTES 4

static __always_inline __u32 make_tag(__be16 proto, __u16 tci)
{
	return proto | (__u32)bpf_htons(tci) << 16;
}

static __always_inline __u32 tagged_len(__u32 len, __u32 tag)
{
	return len + (tag ? TAG_BYTES : 0);
}

#endif

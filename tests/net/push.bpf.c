// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * push.bpf.c: puts a VLAN tag beside a packet, as a VLAN interface does it, where the kernel has
 * no such interfaces.  For tc at the sender's egress; the section says which kind of tag.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define VLAN 5
#define PRIORITY 3
#define TCI (PRIORITY << 13 | VLAN)
#define TC_ACT_OK 0

SEC("tc")
int push_8021q(struct __sk_buff *skb)
{
	bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), TCI);
	return TC_ACT_OK;
}

SEC("classifier")
int push_8021ad(struct __sk_buff *skb)
{
	bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021AD), TCI);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * forward.bpf.c: sends what an interface received, as it is, for the section "sent".
 *
 * The other interface is found by its number, which bench/sent.sh chose.  Routing would
 * change the frames, and their memory is used again as it is.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TO_OUTPUT 1000		/* from the number of the input */

SEC("tc")
int forward(struct __sk_buff *skb)
{
	return bpf_redirect(skb->ifindex + TO_OUTPUT, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

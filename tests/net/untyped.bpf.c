// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * untyped.bpf.c: an XDP program of the tests' own that is compiled without debug
 * information, so that the kernel has no types (BTF) of it.  It has no map, as
 * libbpf does not load one without.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ORDER_AT 42		/* as in verdicts.bpf.c */

SEC("xdp")
int obeys_untyped(struct xdp_md *ctx)
{
	const __u8 *order = (void *)(long)ctx->data + ORDER_AT;

	return (void *)(order + 1) > (void *)(long)ctx->data_end ? XDP_PASS : *order;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

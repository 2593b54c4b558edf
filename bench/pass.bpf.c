// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * pass.bpf.c: the XDP program beside which the section "beside" captures.
 *
 * It does nothing, so that whatever is measured is the capture's.  It has BTF, without
 * which it could not be traced.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

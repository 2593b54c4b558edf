// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * traced.bpf.c: an XDP program that does to a packet, and says of it, what the packet
 * asks for; or lets it pass.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "traced.h"

int obeys = 1;

static __always_inline int change(struct xdp_md *ctx, __u8 with)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const int at = sizeof(struct traced_order);

	if (data + at + 2 > end)
		return -1;
	data[at] ^= with;
	data[at + 1] ^= with;
	return 0;
}

static __always_inline int grow_head(struct xdp_md *ctx)
{
	__u8 *data, *end;

	if (bpf_xdp_adjust_head(ctx, -TRACED_ROOM_BYTES))
		return -1;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + TRACED_ROOM_BYTES > end)
		return -1;
	__builtin_memset(data, TRACED_FILL, TRACED_ROOM_BYTES);
	return 0;
}

SEC("xdp")
int traced_by_the_tests(struct xdp_md *ctx)
{
	const struct traced_order *at = (void *)(long)ctx->data;
	struct traced_order order;

	if (!obeys)
		return XDP_PASS;
	if ((void *)(at + 1) > (void *)(long)ctx->data_end)
		return TRACED_FAILED;
	order = *at;
	if (order.change && change(ctx, order.change))
		return TRACED_FAILED;
	if (order.cut_tail_bytes && bpf_xdp_adjust_tail(ctx, -(int)order.cut_tail_bytes))
		return TRACED_FAILED;
	if (order.grow_tail && bpf_xdp_adjust_tail(ctx, TRACED_ROOM_BYTES))
		return TRACED_FAILED;
	if (order.cut_head_bytes && bpf_xdp_adjust_head(ctx, order.cut_head_bytes))
		return TRACED_FAILED;
	if (order.grow_head && grow_head(ctx))
		return TRACED_FAILED;
	return order.verdict;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

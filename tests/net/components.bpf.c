// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * components.bpf.c: XDP programs to be called by libxdp's dispatcher, one after
 * the other.  By its number, which is the IP identification, each packet gets the
 * same verdict every time.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NUMBER_AT 18

static __always_inline __u32 number(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	__be16 *n = data + NUMBER_AT;

	return (void *)(n + 1) > data_end ? 0 : bpf_ntohs(*n);
}

/* Drops every third packet. */
SEC("xdp")
int first_sieve(struct xdp_md *ctx)
{
	return number(ctx) % 3 == 0 ? XDP_DROP : XDP_PASS;
}

/* Of all it gets, every second. */
SEC("xdp")
int second_sieve(struct xdp_md *ctx)
{
	return number(ctx) % 2 == 0 ? XDP_ABORTED : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

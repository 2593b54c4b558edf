/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * chain.h: the samplers of all captures on an interface, and what they share.
 */
#ifndef XDPS_BPF_CHAIN_H
#define XDPS_BPF_CHAIN_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "record.h"

/*
 * The programs that do the work, one for each capture on this interface.  The program that
 * is attached is only an entry that calls the first of them.  So captures come and go while
 * it stays, another sampler with a filter in it can take one's place between two packets,
 * and a tracer of the attached program goes on tracing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, XDPS_CHAIN_MAX);
	__type(key, __u32);
	__type(value, __u32);
} chain SEC(".maps");

/* The VLAN tag of the packet that this CPU is at, as in tag.h. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} tags SEC(".maps");

volatile struct xdps_members members;

static __always_inline int call_first(struct xdp_md *ctx)
{
#pragma unroll
	for (__u32 i = 0; i < XDPS_CHAIN_MAX; i++)
		bpf_tail_call_static(ctx, &chain, i);
	return XDP_PASS;
}

#endif

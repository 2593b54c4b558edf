// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * inject.bpf.c: each frame to one of two interfaces, in turns, and the time at
 * which every turn began.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "inject.h"

const volatile __u32 ifindex[2];
__u32 n_frames;

/* One for each turn; how many there are, inject.c says. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} starts_ns SEC(".maps");

SEC("xdp")
int take_turns(struct xdp_md *ctx)
{
	__u32 frame = n_frames++, turn = frame / TURN_FRAMES;
	__u64 *start_ns;

	(void)ctx;
	if (frame % TURN_FRAMES == 0) {
		start_ns = bpf_map_lookup_elem(&starts_ns, &turn);
		if (start_ns)
			*start_ns = bpf_ktime_get_ns();
	}
	return bpf_redirect(ifindex[turn % 2], 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

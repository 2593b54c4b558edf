// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * inject.bpf.c: where each frame goes, and when.
 *
 * take_turns sends to two interfaces in turns, and records when each turn began.
 * send_paced sends to one interface, so many frames a second.
 */
#include <linux/bpf.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>

#include "inject.h"

/*
 * A sender that could not send for a moment catches up by this much and no more:
 * afterwards it should send at the rate that was asked for, not in a burst.
 */
#define CATCH_UP_NS 100000

const volatile __u32 ifindex[2];
const volatile __u32 mark_every;	/* one frame in so many has the other port; 0: none */
const volatile __u32 turn_shift;	/* a turn has 2 to the power of this many frames */
const volatile __u32 n_wanted;		/* of send_paced */
const volatile __u64 interval_ns;	/* from one frame to the next; 0: at once */

__u32 n_frames;
__u64 first_ns;
__u64 last_ns;
static __u64 due_ns;

/* One value for each turn; inject.c sets how many there are. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} starts_ns SEC(".maps");

/* The kernel reuses a frame's memory as it is, so the port is always written. */
static void mark(struct xdp_md *ctx, __u32 frame)
{
	struct frame *f = (void *)(long)ctx->data;

	if (!mark_every || (void *)(f + 1) > (void *)(long)ctx->data_end)
		return;
	f->udp.dest = frame % mark_every ? PLAIN_PORT : MARKED_PORT;
}

SEC("xdp")
int take_turns(struct xdp_md *ctx)
{
	__u32 frame = n_frames++, turn = frame >> turn_shift;
	__u32 in_turn = frame - (turn << turn_shift);
	__u64 *start_ns;

	if (in_turn == 0) {
		start_ns = bpf_map_lookup_elem(&starts_ns, &turn);
		if (start_ns)
			*start_ns = bpf_ktime_get_ns();
	}
	mark(ctx, (turn / 2 << turn_shift) + in_turn);
	return bpf_redirect(ifindex[turn % 2], 0);
}

/* A frame that is not due yet is dropped, so the wait is as fine as a frame is long. */
SEC("xdp")
int send_paced(struct xdp_md *ctx)
{
	__u64 now_ns = 0;

	if (n_frames == n_wanted)
		return XDP_DROP;
	if (interval_ns || n_frames == 0 || n_frames == n_wanted - 1)
		now_ns = bpf_ktime_get_ns();
	if (interval_ns) {
		if (now_ns < due_ns)
			return XDP_DROP;
		if (now_ns - due_ns > CATCH_UP_NS)
			due_ns = now_ns - CATCH_UP_NS;
		due_ns += interval_ns;
	}
	if (n_frames == 0) {
		first_ns = now_ns;
		due_ns = now_ns + interval_ns;
	}
	if (n_frames == n_wanted - 1)
		last_ns = now_ns;
	mark(ctx, n_frames++);
	return bpf_redirect(ifindex[0], 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

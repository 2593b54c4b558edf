// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * copy.bpf.c: what the two kinds of rings do with the bytes of a traced packet.
 *
 * Programs that trace are refused on many machines; these copy the same bytes with the same
 * functions of the kernel, and run anywhere.  Each run copies N_COPIES times.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "copy.h"

/* The packet, and a map ring; the next record goes behind the last one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct copy_memory);
} memory SEC(".maps");

/* copy.c sets how many CPUs there are. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} perf_rings SEC(".maps");

const volatile __u32 packet_bytes = PACKET_BYTES_MAX;

/* The verifier does not follow what is in memory. */
volatile __u64 ring_at;
volatile __u64 n_failed;

__u64 took_ns;

static struct copy_memory *find_memory(void)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(&memory, &first);
}

SEC("raw_tp")
int to_map_ring(void *ctx)
{
	struct copy_memory *m = find_memory();
	__u64 bytes = packet_bytes, begin_ns = bpf_ktime_get_ns();

	(void)ctx;
	if (!m || bytes > PACKET_BYTES_MAX)
		return 0;
	for (int i = 0; i < N_COPIES; i++) {
		__u64 at = ring_at;

		if (at > RING_BYTES - PACKET_BYTES_MAX)
			at = 0;
		if (bpf_probe_read_kernel(m->ring + at, bytes, m->packet))
			n_failed++;
		ring_at = at + bytes + RECORD_BYTES;
	}
	took_ns += bpf_ktime_get_ns() - begin_ns;
	return 0;
}

SEC("raw_tp")
int to_perf_ring(void *ctx)
{
	struct copy_memory *m = find_memory();
	__u64 bytes = packet_bytes, begin_ns = bpf_ktime_get_ns();

	if (!m || bytes > PACKET_BYTES_MAX)
		return 0;
	for (int i = 0; i < N_COPIES; i++)
		if (bpf_perf_event_output(ctx, &perf_rings, BPF_F_CURRENT_CPU, m->packet, bytes))
			n_failed++;
	took_ns += bpf_ktime_get_ns() - begin_ns;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

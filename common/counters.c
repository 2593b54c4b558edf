// SPDX-License-Identifier: BSD-3-Clause
/*
 * counters.c: what the BPF program counted, in memory that it shares with us.
 */
#include "counters.h"

#include "../bpf/record.h"

size_t xdps_counters_bytes(unsigned int n_cpus)
{
	return n_cpus * sizeof(struct xdps_cpu);
}

/* Each counter has one writer, its CPU; an aligned u64 is read in one piece. */
static uint64_t count(const __u64 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static void add(struct xdps_counts *sum, const struct xdps_tally *t)
{
	/* In this order: a packet that is lost meanwhile was chosen before. */
	const uint64_t lost = count(&t->lost);
	const uint64_t chosen = count(&t->chosen);

	sum->lost += lost;
	sum->taken += chosen - lost;
	sum->unsampled += count(&t->unsampled);
	sum->rejected += count(&t->rejected);
	sum->seen = sum->rejected + sum->unsampled + sum->taken + sum->lost;
}

void xdps_counters_sum(const void *map, unsigned int n_cpus,
		       struct xdps_stats *stats)
{
	const struct xdps_cpu *c = map;
	struct xdps_counts received = { 0 }, sent = { 0 };

	for (unsigned int i = 0; i < n_cpus; i++) {
		add(&received, &c[i].received);
		add(&sent, &c[i].sent);
	}
	*stats = (struct xdps_stats){
		.seen = received.seen + sent.seen,
		.rejected = received.rejected + sent.rejected,
		.unsampled = received.unsampled + sent.unsampled,
		.taken = received.taken + sent.taken,
		.lost = received.lost + sent.lost,
		.sent = sent,
	};
}

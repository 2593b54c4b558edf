// SPDX-License-Identifier: BSD-3-Clause
/*
 * counters.c: what the kernel's program counted, in memory it shares with us.
 */
#include "counters.h"

#include "../bpf/record.h"

size_t xdps_counters_bytes(unsigned int n_cpus)
{
	return n_cpus * sizeof(struct xdps_cpu);
}

/* Each count has one writer, its CPU; an aligned u64 is read whole. */
static uint64_t count(const __u64 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

void xdps_counters_sum(const void *map, unsigned int n_cpus,
		       struct xdps_stats *stats)
{
	const struct xdps_cpu *c = map;
	struct xdps_stats sum = { 0 };

	for (unsigned int i = 0; i < n_cpus; i++) {
		/* In this order: one that is lost meanwhile was chosen before. */
		uint64_t lost = count(&c[i].lost);
		uint64_t chosen = count(&c[i].chosen);

		sum.lost += lost;
		sum.taken += chosen - lost;
		sum.passed_over += count(&c[i].passed_over);
		sum.rejected += count(&c[i].rejected);
	}
	sum.seen = sum.rejected + sum.passed_over + sum.taken + sum.lost;
	*stats = sum;
}

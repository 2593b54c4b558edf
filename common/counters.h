/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters.h: what the kernel's program counted, in memory it shares with us.
 *
 * Read without a system call and without a lock: from a signal handler, after
 * the program has given up its privileges, after the capture has failed.
 */
#ifndef XDPS_COUNTERS_H
#define XDPS_COUNTERS_H

#include <stddef.h>

#include "types.h"

#pragma GCC visibility push(hidden)

/* Bytes to map for the counters of `n_cpus` possible CPUs. */
size_t xdps_counters_bytes(unsigned int n_cpus);

/*
 * Adds up what is at `map`, of that size; `late` is left 0, the kernel does
 * not know it.
 */
void xdps_counters_sum(const void *map, unsigned int n_cpus,
		       struct xdps_stats *stats);

#pragma GCC visibility pop

#endif

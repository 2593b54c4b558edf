/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters.h: what the BPF program counted, in memory that it shares with us.
 *
 * It is read without a system call and without a lock, so it can be read from a signal
 * handler, after the application has given up its privileges, and after the capture has
 * failed.
 */
#ifndef XDPS_COUNTERS_H
#define XDPS_COUNTERS_H

#include <stddef.h>

#include "types.h"

#pragma GCC visibility push(hidden)

/* Bytes to map for the counters of `n_cpus` possible CPUs. */
size_t xdps_counters_bytes(unsigned int n_cpus);

/*
 * Adds up the counters at `map`, which has that size.  `late` is left 0, because the
 * kernel does not know it.
 */
void xdps_counters_sum(const void *map, unsigned int n_cpus,
		       struct xdps_stats *stats);

#pragma GCC visibility pop

#endif

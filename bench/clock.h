/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock.h: the clock with which the benchmark's programs measure.
 */
#ifndef XDPS_BENCH_CLOCK_H
#define XDPS_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NSEC_PER_SEC 1000000000ull

/* CLOCK_MONOTONIC, in nanoseconds. */
static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

#endif

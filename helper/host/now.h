/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * now.h: the time, for what waits and for what is late.
 */
#ifndef XDPS_NOW_H
#define XDPS_NOW_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC. */
static inline int64_t xdps_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * patience.h: what time it is, and until when a program of the tests waits.
 */
#ifndef XDPS_PATIENCE_H
#define XDPS_PATIENCE_H

#include <stdlib.h>
#include <time.h>

#define PATIENCE_S 10		/* as often as XDPS_PATIENCE says */

static inline double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static inline double deadline_s(void)
{
	const char *factor = getenv("XDPS_PATIENCE");

	return now_s() + PATIENCE_S * (factor ? atoi(factor) : 1);
}

#endif

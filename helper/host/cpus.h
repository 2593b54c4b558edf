/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpus.h: which CPUs there are.
 *
 * Maps are indexed by CPU number, and the numbers may have gaps: what counts is the
 * highest number, not how many CPUs there are.
 */
#ifndef XDPS_CPUS_H
#define XDPS_CPUS_H

#include "../../common/types.h"

struct xdps_cpus {
	unsigned int n_possible;	/* the highest possible number, plus one */
	unsigned int n_online;
	uint16_t online[XDPS_RINGS_MAX];
};

/* Reads them from /sys.  On failure `*cpus` must not be used. */
enum xdps_status xdps_cpus_read(struct xdps_cpus *cpus, struct xdps_error *err);

/*
 * Parses the kernel's notation, "0-3,8,10-11", into `numbers` (`max` of them).  Returns
 * how many there are, or -1 if this is no such list or contains a number of `max` or
 * more.
 */
int xdps_cpus_parse(const char *list, uint16_t *numbers, unsigned int max);

#endif

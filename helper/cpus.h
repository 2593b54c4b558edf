/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cpus.h: which CPUs there are.
 *
 * Maps are indexed by CPU number, and numbers may have holes: what counts is
 * the highest one, not how many there are.
 */
#ifndef XDPS_CPUS_H
#define XDPS_CPUS_H

#include "../common/protocol.h"

struct xdps_cpus {
	unsigned int n_possible;	/* the highest number that can come, plus one */
	unsigned int n_online;
	uint16_t online[XDPS_RINGS_MAX];
};

/* From /sys.  On failure `*cpus` is not to be used. */
enum xdps_status xdps_cpus_read(struct xdps_cpus *cpus, struct xdps_error *err);

/*
 * Reads the kernel's notation, "0-3,8,10-11", into `numbers` (`max` of them);
 * how many there are, or -1 if it is no such list or has a number of `max`
 * or more.
 */
int xdps_cpus_parse(const char *list, uint16_t *numbers, unsigned int max);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * perf.h: perf rings, one for each CPU that is online.
 */
#ifndef XDPS_PERF_H
#define XDPS_PERF_H

#include "rings.h"

/*
 * Opens, maps and enables them, and puts them into a map for the program.  The kernel
 * charges the memory to whoever maps a ring first (perf_mmap()): that has to be us.
 * `*r` has its size; on failure xdps_rings_close() is owed.
 */
enum xdps_status xdps_perf_open(struct xdps_rings *r, const struct xdps_request *request,
				const struct xdps_cpus *cpus, const char *doing,
				struct xdps_error *err);

/* One more, for a CPU that had none when they were opened. */
enum xdps_supply xdps_perf_add(struct xdps_rings *r, const struct xdps_request *request, uint32_t cpu,
			       struct xdps_error *why);

/* The ring with this index is used again, if its CPU is online again. */
enum xdps_supply xdps_perf_renew(struct xdps_rings *r, const struct xdps_request *request,
				 unsigned int ring, struct xdps_error *why);

/* Nothing if they are of another kind. */
void xdps_perf_close(struct xdps_rings *r);

#endif

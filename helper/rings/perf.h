/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * perf.h: perf rings, one for each CPU that is online.
 */
#ifndef XDPS_PERF_H
#define XDPS_PERF_H

#include "rings.h"

/*
 * Opens, maps and enables the rings, and puts them into a map for the program.  The
 * kernel charges the memory to the process that maps a ring first (perf_mmap()), which
 * must be this one.  `*r` has its size already; on failure xdps_rings_close() must still
 * be called.
 */
enum xdps_status xdps_perf_open(struct xdps_rings *r, const struct xdps_request *request,
				const struct xdps_cpus *cpus, const char *doing,
				struct xdps_error *err);

/* Adds a ring, for a CPU that had none when the rings were opened. */
enum xdps_supply xdps_perf_add(struct xdps_rings *r, const struct xdps_request *request,
			       uint32_t cpu, struct xdps_error *why);

/* Uses the ring with this index again, if its CPU is online again. */
enum xdps_supply xdps_perf_renew(struct xdps_rings *r, const struct xdps_request *request,
				 unsigned int ring, struct xdps_error *why);

/* Does nothing if the rings are of another kind. */
void xdps_perf_close(struct xdps_rings *r);

#endif

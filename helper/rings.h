/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rings.h: one perf ring for each CPU that is online.
 */
#ifndef XDPS_RINGS_H
#define XDPS_RINGS_H

#include "cpus.h"
#include "protocol.h"

struct xdps_rings {
	int *fds;		/* n perf events */
	void **maps;		/* n, NULL if not mapped */
	unsigned int n;
	uint32_t ring_bytes;	/* of data, each; a page of header stands before */
};

void xdps_rings_init(struct xdps_rings *r);

/*
 * Opens, maps and enables them, and puts them into the map `map_fd`.  The
 * kernel charges the memory to whoever maps a ring first (perf_mmap()): that
 * has to be us.  XDPS_BAD_OPTION: the buffer is too large.  On failure `*r` is
 * as after init.
 */
enum xdps_status xdps_rings_open(struct xdps_rings *r, const struct xdps_ask *ask,
				 const struct xdps_cpus *cpus, int map_fd,
				 struct xdps_error *err);

void xdps_rings_close(struct xdps_rings *r);

#endif

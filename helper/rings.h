/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rings.h: what packets come through: one ring for each CPU that is online.
 *
 * Perf rings (perf.h), or map rings (bpf/record.h), which cost the packet less, need
 * neither CAP_SYS_ADMIN nor locked memory, and are not for what traces another
 * program: only the kernel's own output to a perf ring gets a packet's fragments there.
 *
 * A CPU that comes later has no ring; what arrives there is counted as lost.
 */
#ifndef XDPS_RINGS_H
#define XDPS_RINGS_H

#include "cpus.h"
#include "protocol.h"

struct xdps_rings {
	enum xdps_ring_kind kind;	/* XDPS_RING_AUTO: there are none */
	unsigned int n;
	uint32_t ring_bytes;	/* of data, each */
	int map_fd;		/* of the map that the program finds them in; -1 */
	int bell_fd;		/* that the program rings; -1: the kernel does, of perf rings */
	int *fds;		/* n_fds for the reader (XDPS_SAY_RINGS) */
	unsigned int n_fds;
	void **maps;		/* n perf rings, mapped; or NULL */
};

void xdps_rings_init(struct xdps_rings *r);

/*
 * Makes them, of the kind that was asked for; `beside` another program there are perf
 * rings only.  XDPS_BAD_OPTION: the buffer is too large, or the kind is not to be had.
 * `doing` begins the sentence if the kernel allows no map.  On failure `*r` is as after
 * init.
 */
enum xdps_status xdps_rings_open(struct xdps_rings *r, const struct xdps_ask *ask,
				 const struct xdps_cpus *cpus, bool beside, const char *doing,
				 struct xdps_error *err);

/*
 * Writes into the map of CPUs, before a program runs, which map ring is whose; the
 * kernel knows that of perf rings by itself.
 */
enum xdps_status xdps_rings_assign(const struct xdps_rings *r, const struct xdps_cpus *cpus,
				   int cpus_fd, struct xdps_error *err);

void xdps_rings_close(struct xdps_rings *r);

#endif

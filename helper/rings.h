/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rings.h: what packets come through: one ring for each CPU that is online.
 *
 * Perf rings (perf.h), or map rings (bpf/record.h), which cost the packet less, need
 * neither CAP_SYS_ADMIN nor locked memory, and are not for what traces another
 * program: only the kernel's own output to a perf ring gets a packet's fragments there.
 *
 * A CPU that comes later gets one when it comes (arrivals.h); what arrives there before is
 * counted as lost.
 */
#ifndef XDPS_RINGS_H
#define XDPS_RINGS_H

#include "../common/protocol.h"

#include "cpus.h"

struct xdps_cpu;

struct xdps_rings {
	enum xdps_ring_kind kind;	/* XDPS_RING_AUTO: there are none */
	unsigned int n;
	unsigned int n_max;	/* as many CPUs can come */
	uint32_t ring_bytes;	/* of data, each */
	uint32_t *cpus;		/* n: whose they are */
	int map_fd;		/* of the map that the program finds them in; -1 */
	int more_fd;		/* and those that are added later, of map rings; -1 */
	int bell_fd;		/* that the program rings; -1: the kernel does, of perf rings */
	int *fds;		/* n_fds for the reader (XDPS_SAY_RINGS) */
	unsigned int n_fds;
	void **maps;		/* n perf rings, mapped; or NULL */
	int *renewed;		/* n events in the place of those that are dead; -1; or NULL */
};

/* What was done about a CPU that may need a ring. */
enum xdps_supply {
	XDPS_SUPPLY_NOTHING,	/* it has one, or is offline */
	XDPS_SUPPLY_RENEWED,	/* packets come into its old ring again */
	XDPS_SUPPLY_ADDED,	/* it has a new one: the last of `fds`, for the reader */
	XDPS_SUPPLY_REFUSED,
};

void xdps_rings_init(struct xdps_rings *r);

/*
 * Makes them, of the kind that was asked for; `beside` another program there are perf
 * rings only.  XDPS_BAD_OPTION: the buffer is too large, or the kind is not to be had.
 * `doing` begins the sentence if the kernel allows no map.  On failure `*r` is as after
 * init.
 */
enum xdps_status xdps_rings_open(struct xdps_rings *r, const struct xdps_request *request,
				 const struct xdps_cpus *cpus, bool beside, const char *doing,
				 struct xdps_error *err);

/*
 * Writes into the map of CPUs, before a program runs, which map ring is whose; the
 * kernel knows that of perf rings by itself.
 */
enum xdps_status xdps_rings_assign(const struct xdps_rings *r, const struct xdps_cpus *cpus,
				   int cpus_fd, struct xdps_error *err);

/*
 * `cpu` has come online, or packets find no ring there.  `*state` is its own, in the map
 * of CPUs.  XDPS_SUPPLY_REFUSED: `*why` has a sentence, and nothing has changed.
 */
enum xdps_supply xdps_rings_supply(struct xdps_rings *r, const struct xdps_request *request,
				   uint32_t cpu, struct xdps_cpu *state,
				   struct xdps_error *why);

void xdps_rings_close(struct xdps_rings *r);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rings.h: the rings through which packets come: one for each CPU that is online.
 *
 * There are perf rings (perf.h) and map rings (bpf/record.h).  Map rings cost less per
 * packet, and need neither CAP_SYS_ADMIN nor locked memory.  They are not always available
 * when another program is traced: see program/fragments.h.
 *
 * A CPU that comes online later gets its ring then (arrivals.h); packets that arrive
 * there before are counted as lost.
 */
#ifndef XDPS_RINGS_H
#define XDPS_RINGS_H

#include "../../common/types.h"

#include "../host/cpus.h"

struct xdps_cpu;

struct xdps_rings {
	enum xdps_ring_kind kind;	/* XDPS_RING_AUTO: there are none */
	unsigned int n;
	unsigned int n_max;	/* possible CPUs */
	uint32_t ring_bytes;	/* data of each ring */
	uint32_t *cpus;		/* n: the CPU of each ring */
	int map_fd;		/* the map in which the program finds them; or -1 */
	int more_fd;		/* the map for map rings that are added later; or -1 */
	int doorbell_fd;		/* that the program rings; -1: perf rings need none */
	int *fds;		/* n_fds, for the reader (XDPS_REPLY_RINGS) */
	unsigned int n_fds;
	void **maps;		/* n perf rings, mapped; or NULL */
	int *renewed;		/* n events that replace dead ones, or -1; or NULL */
};

/* What was done about a CPU that may need a ring. */
enum xdps_supply {
	XDPS_SUPPLY_NOTHING,	/* it has one, or is offline */
	XDPS_SUPPLY_RENEWED,	/* its old ring gets packets again */
	XDPS_SUPPLY_ADDED,	/* it has a new one: the last of `fds`, for the reader */
	XDPS_SUPPLY_REFUSED,
};

void xdps_rings_init(struct xdps_rings *r);

/*
 * Makes the rings, of the kind that was asked for.  `no_map_rings`: why there can be only
 * perf rings, and what would help; NULL: there can be both.  XDPS_BAD_OPTION: the buffer
 * is too large.  XDPS_UNSUPPORTED: map rings were asked for, and there can be none.  `doing` begins
 * the sentence if the kernel allows no map.  On failure `*r` is as after init.
 */
enum xdps_status xdps_rings_open(struct xdps_rings *r, const struct xdps_request *request,
				 const struct xdps_cpus *cpus, const char *no_map_rings,
				 const char *doing, struct xdps_error *err);

/*
 * Writes into the map of CPUs, before a program runs, which map ring belongs to which
 * CPU.  For perf rings the kernel knows that by itself.
 */
enum xdps_status xdps_rings_assign(const struct xdps_rings *r, const struct xdps_cpus *cpus,
				   int cpus_fd, struct xdps_error *err);

/*
 * Call this if `cpu` has come online, or if packets find no ring there.  `*state` is the
 * CPU's element in the map of CPUs.  XDPS_SUPPLY_REFUSED: `*why` has a sentence, and
 * nothing has changed.
 */
enum xdps_supply xdps_rings_supply(struct xdps_rings *r, const struct xdps_request *request,
				   uint32_t cpu, struct xdps_cpu *state,
				   struct xdps_error *why);

void xdps_rings_close(struct xdps_rings *r);

#endif

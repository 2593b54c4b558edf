/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arrivals.h: CPUs that come online while a capture runs.
 *
 * One that was online before has a perf ring that is dead, because the kernel takes the
 * events of a CPU away when it goes offline and does not bring them back.  One that was
 * not has no ring at all.  Until it gets one, what arrives there is lost, and counted.
 *
 * The kernel announces each CPU by a uevent, after suspend as well.  Not every network
 * namespace hears uevents, however, and so the programs count the packets that find no
 * ring (`ringless` in bpf/record.h), and that count is looked at from time to time.
 */
#ifndef XDPS_ARRIVALS_H
#define XDPS_ARRIVALS_H

#include "rings.h"

struct xdps_cpu;
struct xdps_arrival;

struct xdps_arrivals {
	int uevent_fd;			/* readable: xdps_arrivals_next() has news; -1 */
	struct xdps_cpu *cpus;		/* mapped, n_cpus of them; NULL */
	struct xdps_arrival *known;	/* as many */
	unsigned int n_cpus;
};

void xdps_arrivals_init(struct xdps_arrivals *a);

/* `cpus_fd` has `n_cpus` struct xdps_cpu.  On failure xdps_arrivals_close() is owed. */
enum xdps_status xdps_arrivals_open(struct xdps_arrivals *a, int cpus_fd, unsigned int n_cpus,
				    struct xdps_error *err);

/* True: `*cpu` may need a ring, and xdps_arrivals_settle() is owed.  Never waits. */
bool xdps_arrivals_next(struct xdps_arrivals *a, uint32_t *cpu);

/*
 * This was done about it.  False: that is no news, because nothing was to be done, or it
 * was refused before.  `*n_lost` packets found no ring there since it had one.
 */
bool xdps_arrivals_settle(struct xdps_arrivals *a, uint32_t cpu, enum xdps_supply supply,
			  uint64_t *n_lost);

void xdps_arrivals_close(struct xdps_arrivals *a);	/* `*a` is then as after init */

#endif

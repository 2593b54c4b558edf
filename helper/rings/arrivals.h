/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arrivals.h: CPUs that come online while a capture runs.
 *
 * A CPU that was online before has a dead perf ring, because the kernel removes the
 * events of a CPU that goes offline and does not restore them.  A CPU that was not has no
 * ring at all.  Until it gets one, packets that arrive there are lost, and counted.
 *
 * The kernel announces each CPU by a uevent, also after suspend.  But not every network
 * namespace receives uevents.  So the BPF programs count the packets that find no ring
 * (`ringless` in bpf/record.h), and that counter is read from time to time.
 */
#ifndef XDPS_ARRIVALS_H
#define XDPS_ARRIVALS_H

#include "rings.h"

struct xdps_cpu;
struct xdps_arrival;

struct xdps_arrivals {
	int uevent_fd;			/* readable: xdps_arrivals_next() has news; or -1 */
	struct xdps_cpu *cpus;		/* mapped, n_cpus of them; or NULL */
	struct xdps_arrival *known;	/* n_cpus of them */
	unsigned int n_cpus;
};

void xdps_arrivals_init(struct xdps_arrivals *a);

/* `cpus_fd` has `n_cpus` struct xdps_cpu.  On failure call xdps_arrivals_close() as well. */
enum xdps_status xdps_arrivals_open(struct xdps_arrivals *a, int cpus_fd, unsigned int n_cpus,
				    struct xdps_error *err);

/* True: `*cpu` may need a ring; call xdps_arrivals_note() afterwards.  Never waits. */
bool xdps_arrivals_next(struct xdps_arrivals *a, uint32_t *cpu);

/*
 * Records what was done about this CPU.  Returns false if that is no news, because there
 * was nothing to do, or because it was refused before.  `*n_lost` is how many packets
 * found no ring there since it last had one.
 */
bool xdps_arrivals_note(struct xdps_arrivals *a, uint32_t cpu, enum xdps_supply supply,
			uint64_t *n_lost);

void xdps_arrivals_close(struct xdps_arrivals *a);	/* `*a` is then as after init */

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * map_rings.h: map rings: memory for the records, and a doorbell for the reader.
 *
 * The records are described in bpf/record.h, and written by bpf/map_ring.h.
 */
#ifndef XDPS_MAP_RING_H
#define XDPS_MAP_RING_H

#include "rings.h"

/*
 * Does this processor support map rings?  The program publishes a record by an atomic
 * addition, which is a barrier on x86, but not on others (publish() in bpf/map_ring.h).
 */
bool xdps_map_rings_exists(void);

/*
 * Returns 0 or a negative errno: -E2BIG or -ENOMEM if they are too large for this kernel.
 * `*r` has its size already; on failure xdps_rings_close() must still be called.
 */
int xdps_map_rings_open(struct xdps_rings *r, const struct xdps_cpus *cpus);

/* Explains that errno in a sentence. */
enum xdps_status xdps_map_rings_explain(struct xdps_error *err, int rc,
					const struct xdps_rings *r, const char *doing);

/* Is there room for the rings of CPUs that come online later? */
bool xdps_map_rings_may_grow(const struct xdps_rings *r);

/* Adds a ring, for a CPU that had none when the rings were opened. */
enum xdps_supply xdps_map_rings_add(struct xdps_rings *r, uint32_t cpu, struct xdps_cpu *state,
				    struct xdps_error *why);

/* Does nothing if the rings are of another kind. */
void xdps_map_rings_close(struct xdps_rings *r);

#endif

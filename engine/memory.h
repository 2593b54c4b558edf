/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memory.h: maps the kernel's memory into our address space: rings, counters, the doorbell.
 *
 * It does not own any descriptor; the session does.
 */
#ifndef XDPS_MEMORY_H
#define XDPS_MEMORY_H

#include "doorbell.h"
#include "client.h"
#include "readers.h"
#include "ring.h"

struct xdps_ring_ops;

#pragma GCC visibility push(hidden)

struct xdps_memory {
	const struct xdps_ring_ops *ops;	/* of the kind of the rings (ring_kinds.h) */
	size_t page_bytes;
	size_t map_bytes;		/* of a perf ring and its first page; or of the first ... */
	size_t more_bytes;		/* ... map rings together, and of each one added later */
	struct xdps_ring *rings;
	unsigned int n_rings;		/* in use */
	void **maps;			/* n_maps: of each perf ring; or of the first map ... */
					/* ... rings, and of each later one */
	unsigned int n_maps;		/* mapped so far */
	unsigned int n_again;		/* mapped again so far, in a child */
	struct xdps_doorbell doorbell;		/* of map rings */
	void *cpus;			/* NULL: not mapped */
	unsigned int n_cpus;		/* possible CPUs */
	struct xdps_readers readers;	/* this reader, and the others after a fork */
};

void xdps_memory_init(struct xdps_memory *m);

/* Maps what the helper opened; on failure xdps_memory_free() must still be called. */
enum xdps_status xdps_memory_map(struct xdps_memory *m, const struct xdps_session *g,
				 struct xdps_error *err);

/*
 * Maps the first ring of `g` that is not mapped yet: m->n_rings grows by one, and
 * m->rings may move.
 */
enum xdps_status xdps_memory_add(struct xdps_memory *m, const struct xdps_session *g,
				 struct xdps_error *err);

/*
 * Call this before each look into the rings; it costs a load if there was no fork.  The
 * kernel copies mappings of maps to a child, but not those of perf rings (VM_DONTCOPY in
 * perf_mmap()): a child that reads them would die of SIGSEGV.  `g` is what was mapped.
 */
enum xdps_status xdps_memory_after_fork(struct xdps_memory *m, const struct xdps_session *g,
					struct xdps_error *err);

/* Continues reading all rings where the last process stopped. */
void xdps_memory_resume(struct xdps_memory *m);

/* Unmaps everything; `*m` is then as after init. */
void xdps_memory_free(struct xdps_memory *m);

#pragma GCC visibility pop

#endif

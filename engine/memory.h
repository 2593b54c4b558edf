/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memory.h: the kernel's memory in our address space: rings, counts, the bell.
 *
 * What this does not do: it owns no descriptor; those are the grant's.
 */
#ifndef XDPS_MEMORY_H
#define XDPS_MEMORY_H

#include "bell.h"
#include "client.h"
#include "readers.h"
#include "ring.h"

#pragma GCC visibility push(hidden)

struct xdps_memory {
	size_t page_bytes;
	size_t map_bytes;		/* of one perf ring with its first page; or of all map rings ... */
	size_t more_bytes;		/* ... of the first mapping, and of each that follows */
	struct xdps_ring *rings;
	unsigned int n_rings;		/* that there are */
	void **maps;			/* n_maps: of each perf ring; or of the first map rings */
					/* together, and of each later one */
	unsigned int n_maps;		/* mapped so far */
	unsigned int n_again;		/* mapped so far again, in a child */
	struct xdps_bell bell;		/* of map rings */
	void *cpus;			/* NULL: not mapped */
	unsigned int n_cpus;		/* possible CPUs */
	struct xdps_readers readers;	/* and whoever else reads them, after a fork */
};

void xdps_memory_init(struct xdps_memory *m);

/* Maps what the helper granted; on failure xdps_memory_free() is still owed. */
enum xdps_status xdps_memory_map(struct xdps_memory *m, const struct xdps_grant *g,
				 struct xdps_error *err);

/*
 * Maps the first ring of `g` that has no place here yet: m->n_rings is one more, and
 * m->rings may have moved.
 */
enum xdps_status xdps_memory_add(struct xdps_memory *m, const struct xdps_grant *g,
				 struct xdps_error *err);

/*
 * To be called before each look into the rings; costs a load when there was no fork.
 * The kernel does not copy mappings of perf rings to a child (VM_DONTCOPY in
 * perf_mmap()), as it does those of maps: one that reads would die of SIGSEGV.  `g` is
 * what was mapped.
 */
enum xdps_status xdps_memory_after_fork(struct xdps_memory *m, const struct xdps_grant *g,
					struct xdps_error *err);

/* All rings are read on from where the last process stopped. */
void xdps_memory_resume(struct xdps_memory *m);

/* Unmaps what there is; `*m` is then as after init. */
void xdps_memory_free(struct xdps_memory *m);

#pragma GCC visibility pop

#endif

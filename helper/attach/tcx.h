/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcx.h: a program among those that run for each packet that an interface sends.
 *
 * Linux has had this since 6.6.  The programs of an interface are a chain, and each decides
 * whether the next one runs.  Older libraries do not know it, so these are system calls.
 */
#ifndef XDPS_TCX_H
#define XDPS_TCX_H

#include <stdint.h>

#define XDPS_TCX_PROGRAMS_MAX 64	/* BPF_MPROG_MAX */

/* The chain, the first one first. */
struct xdps_tcx_chain {
	unsigned int n;
	uint32_t programs[XDPS_TCX_PROGRAMS_MAX];	/* their ids ... */
	uint32_t links[XDPS_TCX_PROGRAMS_MAX];		/* ... and those of their links, or 0 */
};

/* Puts a program of the type SCHED_CLS in front of all.  Returns its link, or -errno. */
int xdps_tcx_attach(int prog_fd, int ifindex);

/* Returns 0 or -errno; -EINVAL: this kernel has no tcx. */
int xdps_tcx_query(int ifindex, struct xdps_tcx_chain *chain);

#endif

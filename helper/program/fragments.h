/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fragments.h: what this kernel does with packets that are not in one piece.
 */
#ifndef XDPS_FRAGMENTS_H
#define XDPS_FRAGMENTS_H

#include <stdbool.h>

#include "../../bpf/record.h"

struct xdps_fragments {
	bool exist;		/* programs may get such packets (5.18) */
	bool are_readable;	/* by tracing programs, with `pages` */
	struct xdps_pages pages;
	int rc;			/* if not: a negative errno, from looking for the pages */
};

/*
 * Asks the kernel.  `traced`: also whether a tracing program can read them.  The kernel
 * tells nobody without CAP_SYSLOG, unless kernel.perf_event_paranoid is at most 1; with
 * kernel.kptr_restrict=2, nobody.
 */
void xdps_fragments_find(struct xdps_fragments *f, bool traced);

#endif

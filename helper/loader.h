/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loader.h: the programs and maps, from the object in the helper to the kernel.
 */
#ifndef XDPS_LOADER_H
#define XDPS_LOADER_H

#include "protocol.h"

struct xdpsample;		/* the skeleton that bpftool generates */

struct xdps_programs {
	struct xdpsample *skel;
	int entry_fd;		/* the four are the skeleton's: not to be closed */
	int slot_fd;
	int rings_fd;
	int counters_fd;
};

void xdps_programs_init(struct xdps_programs *p);

/*
 * Loads what `ask` needs, with room for CPUs numbered below `n_cpus`; the
 * sampler is in its slot and nothing is attached.  Takes over libbpf's print
 * hook: its words, or the verifier's, end up in the sentence.  On failure `*p`
 * is as after init.
 */
enum xdps_status xdps_programs_load(struct xdps_programs *p,
				    const struct xdps_ask *ask,
				    unsigned int n_cpus, struct xdps_error *err);

/* Closes them; what is attached stays with its link.  `*p` is then as after init. */
void xdps_programs_free(struct xdps_programs *p);

#endif

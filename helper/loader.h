/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loader.h: the programs and maps, from the object in the helper to the kernel.
 */
#ifndef XDPS_LOADER_H
#define XDPS_LOADER_H

#include "../common/protocol.h"

#include "interface.h"
#include "rings.h"
#include "target.h"
#include "translate.h"

struct bpf_object;
struct bpf_program;

/* The skeletons that bpftool generates: */
struct xdpsample;		/* bpf/xdpsample.bpf.c */
struct xdpstrace;		/* bpf/trace.bpf.c */

struct xdps_programs {
	struct xdpsample *own;		/* one of them is loaded ... */
	struct xdpstrace *trace;
	const struct xdps_program *traced;	/* ... this one beside that program, not ours */

	struct bpf_object *obj;		/* of the one that is loaded, as all that follows */
	struct bpf_program *entry;	/* to be attached: calls what is in the slot */
	struct bpf_program *sampler;	/* takes everything */
	enum xdps_memory memory;	/* what its filter gets */
	int slot_fd;			/* the two are not to be closed */
	int cpus_fd;
};

void xdps_programs_init(struct xdps_programs *p);

/* What is to be loaded, and for what. */
struct xdps_load {
	const struct xdps_request *request;
	const struct xdps_program *traced;	/* beside this one, which has to outlive ours ... */
	const struct xdps_interface *iface;	/* ... on this interface; NULL, NULL: wherever */
	bool has_lowers;			/* and on those below it, whose packets are wanted */
	const struct xdps_rings *rings;		/* to be written to */
	const struct xdps_programs *before;	/* whose counts go on; or NULL */
	unsigned int n_cpus;			/* there is room for CPUs numbered below */
	const char *doing;			/* begins the sentence of a failure */
};

/*
 * The sampler is then in its slot, and nothing is attached.  Takes over libbpf's print
 * hook: its words, or the verifier's, end up in the sentence.  On failure `*p` is as
 * after init.
 */
enum xdps_status xdps_programs_load(struct xdps_programs *p, const struct xdps_load *want,
				    struct xdps_error *err);

/* Closes them; what is attached stays with its link.  `*p` is then as after init. */
void xdps_programs_free(struct xdps_programs *p);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loader.h: loads programs and maps from the objects in the helper into the kernel.
 */
#ifndef XDPS_LOADER_H
#define XDPS_LOADER_H

#include "../../common/types.h"

#include "../host/interface.h"
#include "../rings/rings.h"
#include "../target/target.h"

#include "fragments.h"
#include "translate.h"

struct bpf_object;
struct bpf_program;

/* The skeletons that bpftool generates: */
struct xdpsample;		/* bpf/xdpsample.bpf.c */
struct xdpstrace;		/* bpf/trace.bpf.c */
struct xdpssent;		/* bpf/sent.bpf.c */

/* The BTF ids of bpf_rdonly_cast() and of a type that begins with a word. */
struct xdps_cast {
	int function_id;
	int type_id;
};

struct xdps_object {
	struct xdpsample *own;		/* one of the three is loaded ... */
	struct xdpssent *sent;
	struct xdpstrace *trace;
	const struct xdps_program *traced;	/* ... `trace` beside this program; not owned */

	struct bpf_object *obj;		/* of the loaded one, as is all that follows */
	struct bpf_program *entry;	/* to be attached: calls the first sampler; or NULL */
	struct bpf_program *sampler;	/* accepts everything */
	struct bpf_program *in_fragments;	/* writes packets in fragments; or NULL */
	enum xdps_memory memory;	/* what its filter gets */
	uint32_t snaplen;		/* bytes */
	struct xdps_cast cast;		/* with XDPS_MEMORY_KERNEL */
	uint32_t slot;			/* the place of the sampler in `slots_fd` */
	int slots_fd;			/* these must not be closed */
	int members_fd;			/* -1 beside another program, as is the next one */
	int tags_fd;
	bool has_tags;			/* packets come with the VLAN tags that the card took off */
	int cpus_fd;
};

void xdps_object_init(struct xdps_object *p);

/* The maps that captures share if they share a hook: bpf/xdpsample.bpf.c. */
struct xdps_chain_maps {
	int slots_fd;
	int members_fd;
	int tags_fd;
	bool has_tags;			/* the entry is a tagger (tagger.h) */
};

/* What is to be loaded, and what for. */
struct xdps_load {
	const struct xdps_request *request;
	enum xdps_sent_place sent;		/* nowhere: received packets */
	const struct xdps_program *traced;	/* beside this one, which outlives ours ... */
	const struct xdps_interface *iface;	/* ... on this interface; both NULL: anywhere */
	bool has_lowers;			/* packets of lower interfaces are wanted, too */
	const struct xdps_fragments *fragments;	/* on this kernel */
	const struct xdps_rings *rings;		/* to write to */
	const struct xdps_object *before;	/* whose counters stay in use; or NULL */
	const struct xdps_chain_maps *chain;	/* that of other captures; NULL: one of our own */
	uint32_t slot;				/* in the chain, below XDPS_CHAIN_MAX */
	unsigned int n_cpus;			/* room for CPUs with lower numbers */
	const char *doing;			/* the beginning of an error's sentence */
};

/*
 * On success, no sampler is in its slot and nothing is attached.  Takes over libbpf's
 * print hook: what libbpf or the verifier says gets into the sentence.  On failure `*p`
 * is as after init.
 */
enum xdps_status xdps_object_load(struct xdps_object *p, const struct xdps_load *want,
				  struct xdps_error *err);

/*
 * Puts a program into the slot, which keeps it: the sampler, or one with another filter.
 * Every packet meets this one or the previous one.  Returns 0 or a negative errno.
 */
int xdps_object_put(const struct xdps_object *p, int prog_fd);

/* Closes them; what is attached stays, with its link.  `*p` is then as after init. */
void xdps_object_free(struct xdps_object *p);

#endif

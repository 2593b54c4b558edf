/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.h: puts the filter into the sampler, and the sampler into its slot.
 *
 * The loaded sampler calls filter(), which accepts everything.  For another filter, a
 * second sampler is loaded, which differs only in the instructions of that function.  It
 * is put into the slot from which the attached program calls it: every packet meets one
 * or the other.
 */
#ifndef XDPS_FILTER_H
#define XDPS_FILTER_H

#include "loader.h"
#include "translate.h"

/*
 * Loads a sampler with `code` as its filter, and `tagged` as that for packets whose VLAN tag
 * is put back; NULL: there are none.  Returns a descriptor that is the caller's,
 * or -1 and a sentence with what the verifier says.
 */
int xdps_filter_load(const struct xdps_object *p, const struct xdps_code *code,
		     const struct xdps_code *tagged, struct xdps_error *err);

/* A filter that is to be set.  The instructions are those of the caller. */
struct xdps_filter_spec {
	uint32_t number;		/* above XDPS_FILTER_NUMBER; 0: there is no filter */
	bool in_user_space;		/* leave all packets to the engine; n_insns is 0 */
	uint32_t n_insns;		/* at most XDPS_FILTER_INSNS_MAX */
	const struct xdps_insn *insns;
};

/*
 * Sets the filter.  XDPS_OK: `*place` is XDPS_FILTER_KERNEL, or XDPS_FILTER_USER if the
 * engine has to filter; then `err->text` says why the kernel does not, or is "" if that
 * was asked for.  Otherwise the previous filter remains.  Whatever the result is, there
 * is a sampler in the slot.
 */
enum xdps_status xdps_filter_set(const struct xdps_object *p,
				 const struct xdps_filter_spec *spec,
				 enum xdps_filter *place, struct xdps_error *err);

/* The filter of one direction, for a sampler that is loaded later. */
struct xdps_filter_kept {
	struct xdps_filter_spec spec;	/* with these instructions; number 0: none was set */
	struct xdps_insn insns[XDPS_FILTER_INSNS_MAX];
};

/*
 * Sets the filter as it is for packets that are received, or `sent`: it may ask for that
 * (xdps_classic_answer_direction()).  Keeps it if it was set.  Without a loaded sampler,
 * `p` is NULL, and `*place` is untouched.
 */
enum xdps_status xdps_filter_change(struct xdps_filter_kept *kept, const struct xdps_object *p,
				    const struct xdps_filter_spec *spec, bool sent,
				    enum xdps_filter *place, struct xdps_error *err);

/* Puts the sampler into its slot, with the filter that was kept, if there is one. */
enum xdps_status xdps_filter_put(const struct xdps_filter_kept *kept,
				 const struct xdps_object *p, struct xdps_error *err);

#endif

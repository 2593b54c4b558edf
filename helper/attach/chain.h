/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chain.h: the samplers of all captures that share a hook, one in each slot.
 *
 * The entry calls the first of them, and each calls the next (bpf/xdpsample.bpf.c).  Each
 * capture puts its own sampler into its own slot.  What a capture that was killed has left
 * in its slot, any other one takes out.
 */
#ifndef XDPS_CHAIN_H
#define XDPS_CHAIN_H

#include "../host/interface.h"

/* The byte of a slot in the map of members, which all of them can write to. */
enum xdps_member {
	XDPS_MEMBER_NONE,
	XDPS_MEMBER_YIELDS,		/* lets go of the hook for others (yield=yes) */
	XDPS_MEMBER_STAYS,		/* does not */
};

struct xdps_chain {
	int slot;			/* ours; -1: we are in no chain */
	int slots_fd;
	volatile uint8_t *members;	/* XDPS_CHAIN_MAX of them, mapped; or NULL */
};

void xdps_chain_init(struct xdps_chain *c);

/*
 * Takes this slot, before a sampler is put into it.  Keeps no descriptor of the caller.
 * Returns 0 or a negative errno; then `*c` is as after init.
 */
int xdps_chain_enter(struct xdps_chain *c, int slots_fd, int members_fd, int slot,
		     enum xdps_member how);

/* Is there another capture that does not yield? */
bool xdps_chain_is_kept(const struct xdps_chain *c);

/* Takes out what is left of captures that do not exist any more; call this now and then. */
void xdps_chain_sweep(const struct xdps_chain *c, const struct xdps_interface *iface);

/* The sampler is not called any more.  `*c` is then as after init. */
void xdps_chain_leave(struct xdps_chain *c);

/* Does each slot of the chain have a sampler? */
bool xdps_chain_is_full(int slots_fd);

#endif

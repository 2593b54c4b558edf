/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tagger.h: the entry that asks the card for the VLAN tags that it takes off (Linux 6.8).
 *
 * It takes the place of the entry in the object of the samplers, which have to be told that
 * there are tags (xdps_load.chain).  veth, ice and mlx5 can tell tags.
 */
#ifndef XDPS_TAGGER_H
#define XDPS_TAGGER_H

#include "../../common/types.h"

#include "../host/interface.h"

#include "loader.h"

struct xdpstag;				/* bpf/tag.bpf.c */

struct xdps_tagger {
	struct xdpstag *skeleton;
	int prog_fd;			/* the entry; it must be attached in native mode */
	struct xdps_chain_maps chain;
};

/*
 * Loads it for this interface.  The descriptors must not be closed.  On failure, for example
 * because the driver cannot tell tags, `*t` is as after free, and `*err` has a sentence.
 */
enum xdps_status xdps_tagger_load(struct xdps_tagger *t, const struct xdps_interface *iface,
				  const struct xdps_fragments *fragments, struct xdps_error *err);

/* What is attached stays.  `*t` may be all zero. */
void xdps_tagger_free(struct xdps_tagger *t);

#endif

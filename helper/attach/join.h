/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * join.h: asks the captures on an interface to let this one into their hook.
 */
#ifndef XDPS_JOIN_H
#define XDPS_JOIN_H

#include "../host/interface.h"
#include "../program/loader.h"

/* What a capture shares with those that it lets in. */
struct xdps_grant {
	int link_fd;
	struct xdps_chain_maps maps;
	unsigned int took_ms;		/* to be let in */
};

/*
 * Asks all at once, for up to XDPS_ADMISSION_MS.  True: `*grant` is the caller's, and its
 * link is that of what is attached to the interface.  False: there is no capture, or none
 * that lets us in.
 */
bool xdps_join(struct xdps_grant *grant, const struct xdps_interface *iface);

void xdps_grant_close(struct xdps_grant *grant);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sockets.h: the packet sockets: promiscuous mode, and injection.
 */
#ifndef XDPS_SOCKETS_H
#define XDPS_SOCKETS_H

#include "../common/protocol.h"

#include "interface.h"

struct xdps_sockets {
	int promisc_fd;		/* the helper's alone: promiscuity lives as long */
	int inject_fd;		/* for the engine */
};

void xdps_sockets_init(struct xdps_sockets *s);

/*
 * Neither is worth a failed capture: what cannot be had is -1, and `warning`
 * has a sentence if it was asked for, else it is "".
 */
void xdps_sockets_open(struct xdps_sockets *s, const struct xdps_interface *iface,
		       bool promisc, struct xdps_error *warning);

void xdps_sockets_close(struct xdps_sockets *s);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sockets.h: the packet sockets: promiscuous mode, and injection.
 */
#ifndef XDPS_SOCKETS_H
#define XDPS_SOCKETS_H

#include "../../common/types.h"

#include "interface.h"

struct xdps_sockets {
	int promisc_fd;		/* the helper's own: promiscuous mode lasts as long */
	int inject_fd;		/* for the engine */
};

void xdps_sockets_init(struct xdps_sockets *s);

/*
 * Neither is worth a failed capture: a socket that is not available is -1.  `warning`
 * then has a sentence if promiscuous mode was asked for, else it is "".
 */
void xdps_sockets_open(struct xdps_sockets *s, const struct xdps_interface *iface,
		       bool promisc, struct xdps_error *warning);

void xdps_sockets_close(struct xdps_sockets *s);

#endif

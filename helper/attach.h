/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attach.h: the program onto the interface, by a link that goes with us.
 */
#ifndef XDPS_ATTACH_H
#define XDPS_ATTACH_H

#include "../common/protocol.h"

#include "interface.h"

/*
 * In `mode`; with XDPS_MODE_AUTO in generic mode on a veth, and elsewhere as the kernel
 * chooses.  Says to the debugging output which mode it is, and why.
 *
 * `*link_fd` is then the caller's: closed, the program is off the interface.
 * On failure it is untouched, and the sentence names what is in the way:
 * XDPS_BUSY another XDP program, XDPS_UNSUPPORTED the driver or the kernel,
 * XDPS_NO_DEVICE the interface is gone; else what xdps_fail_errno() says.
 */
enum xdps_status xdps_attach(int *link_fd, int prog_fd,
			     const struct xdps_interface *iface,
			     enum xdps_mode mode, struct xdps_error *err);

/* False if somebody detached it, or the interface went away.  If in doubt, true. */
bool xdps_is_attached(int link_fd);

#endif

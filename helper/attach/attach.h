/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attach.h: attaches the program to the interface, by a link that ends with this process.
 */
#ifndef XDPS_ATTACH_H
#define XDPS_ATTACH_H

#include "../../common/types.h"

#include "../host/interface.h"

/*
 * Attaches in `mode`; with XDPS_MODE_AUTO in generic mode on a veth, and elsewhere as the
 * kernel chooses.  Writes to the debugging output which mode it is, and why.
 *
 * `*link_fd` is then the caller's; closing it detaches the program.  On failure it is
 * untouched, and the sentence names the obstacle: XDPS_BUSY another XDP program,
 * XDPS_UNSUPPORTED the driver or the kernel, XDPS_NO_DEVICE the interface is gone; else
 * the status is that of xdps_privilege_fail() or xdps_fail_errno().
 */
enum xdps_status xdps_attach(int *link_fd, int prog_fd,
			     const struct xdps_interface *iface,
			     enum xdps_mode mode, struct xdps_error *err);

/* In which mode would a program be attached?  XDPS_MODE_AUTO: as the kernel chooses. */
enum xdps_mode xdps_attach_choose_mode(const struct xdps_interface *iface, enum xdps_mode asked);

/* False if somebody detached it, or the interface went away.  If in doubt, true. */
bool xdps_attach_is_in_place(int link_fd);

#endif

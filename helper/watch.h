/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.h: what ends a capture.
 *
 * A program whose interface goes away, or that somebody detaches, simply runs
 * no more; no descriptor of the capture tells.  So we look out for that.
 */
#ifndef XDPS_WATCH_H
#define XDPS_WATCH_H

#include "interface.h"
#include "protocol.h"

/* dumpcap knows these words, and then says something friendlier itself. */
#define XDPS_GONE_TEXT "The interface disappeared"

struct xdps_watch {
	int netlink_fd;
};

void xdps_watch_init(struct xdps_watch *w);

/* To be called before attaching: nothing that happens from here on is missed. */
enum xdps_status xdps_watch_open(struct xdps_watch *w, struct xdps_error *err);

/*
 * Sleeps until something happens.  XDPS_OK: the engine has said something, or
 * has closed; else there is something to tell it: XDPS_GONE the interface
 * disappeared, XDPS_FAILED somebody detached the program.
 */
enum xdps_status xdps_watch_wait(struct xdps_watch *w, int sock, int link_fd,
				 const struct xdps_interface *iface,
				 struct xdps_error *err);

void xdps_watch_close(struct xdps_watch *w);

#endif

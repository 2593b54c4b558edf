/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * capture.h: one capture, from the request to its end.
 */
#ifndef XDPS_CAPTURE_H
#define XDPS_CAPTURE_H

#include "../common/types.h"

#include "attach/follow.h"
#include "attach/hook.h"
#include "attach/overhear.h"
#include "attach/sent.h"
#include "attach/watch.h"
#include "door/message.h"
#include "host/sockets.h"
#include "rings/arrivals.h"
#include "rings/rings.h"

struct xdps_capture {
	int sock;			/* not owned */
	struct xdps_received msg;
	struct xdps_setting setting;
	struct xdps_watch watch;
	struct xdps_follow follow;
	struct xdps_overhear overhear;
	struct xdps_hook hook;
	struct xdps_sent sent;
	struct xdps_rings rings;
	struct xdps_arrivals arrivals;
	struct xdps_sockets sockets;
	struct xdps_error warning;
	bool said_vlans;		/* that their tags are not visible */
};

void xdps_capture_init(struct xdps_capture *c, int sock);

/*
 * Serves the request in `c->msg`, as long as the capture runs.  XDPS_OK: the engine has
 * ended it.
 */
enum xdps_status xdps_capture_serve(struct xdps_capture *c, struct xdps_error *err);

/* Detaches, and keeps everything else: nobody waits for that any longer than needed. */
void xdps_capture_leave(struct xdps_capture *c);

void xdps_capture_close(struct xdps_capture *c);

#endif

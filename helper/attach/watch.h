/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.h: what ends a capture, moves it, or keeps it from seeing anything.
 *
 * A program whose interface goes away, or that somebody detaches, simply stops running;
 * no descriptor of the capture reports that.  So we watch for it.
 */
#ifndef XDPS_WATCH_H
#define XDPS_WATCH_H

#include "../../common/types.h"

#include "../host/interface.h"
#include "../rings/arrivals.h"

#include "follow.h"
#include "hook.h"
#include "overhear.h"
#include "sent.h"
#include "silence.h"

/* dumpcap recognizes this text, and prints a friendlier one of its own. */
#define XDPS_GONE_TEXT "The interface disappeared"

struct xdps_watch {
	int netlink_fd;
	int64_t next_count_ms;		/* CLOCK_MONOTONIC */
	bool was_quiet;
	struct xdps_silence silence;
};

void xdps_watch_init(struct xdps_watch *w);

/* Call this before attaching: nothing that happens from here on is missed. */
enum xdps_status xdps_watch_open(struct xdps_watch *w, struct xdps_error *err);

enum xdps_event {
	XDPS_EVENT_ENGINE,		/* it has sent a message, or has closed */
	XDPS_EVENT_QUIET,		/* once: the engine has nothing more to begin with */
	XDPS_EVENT_REFUSED,		/* somebody, because of our program (overhear.h) */
	XDPS_EVENT_LOST,		/* there is something to do for xdps_follow() */
	XDPS_EVENT_SILENCE,		/* the traced one is not called for arrivals */
	XDPS_EVENT_SENT,		/* there is something to do for xdps_sent_recover() */
	XDPS_EVENT_ARRIVAL,		/* a CPU may need a ring */
	XDPS_EVENT_SHARE,		/* there is something to do for xdps_hook_share() */
};

/* What happened, and to which CPU. */
struct xdps_occasion {
	enum xdps_event event;
	uint32_t cpu;			/* XDPS_EVENT_ARRIVAL */
};

/* What is watched. */
struct xdps_watched {
	int sock;
	const struct xdps_setting *setting;
	const struct xdps_hook *hook;
	struct xdps_follow *follow;
	struct xdps_overhear *overhear;
	struct xdps_sent *sent;
	struct xdps_arrivals *arrivals;
};

/*
 * Sleeps until something happens.  XDPS_OK: `*o` has to be handled; XDPS_GONE: the
 * interface disappeared.
 */
enum xdps_status xdps_watch_wait(struct xdps_watch *w, const struct xdps_watched *what,
				 struct xdps_occasion *o, struct xdps_error *err);

void xdps_watch_close(struct xdps_watch *w);

#endif

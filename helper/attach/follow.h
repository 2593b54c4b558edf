/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * follow.h: what becomes of a capture when its program is no longer where it was put.
 *
 * With follow=yes the capture outlives the program that it traces, and goes on with what
 * is there instead: beside another program, or with its own where there is none.  It
 * waits where that is not what the user asked for (point=exit, action= and prog= need a
 * program), and where somebody else is to attach a program first (yield=yes).
 *
 * A user who traces another xdpsample capture did not ask for its program, but for the
 * packets: when that capture ends, this one takes its place, even with follow=no.
 */
#ifndef XDPS_FOLLOW_H
#define XDPS_FOLLOW_H

#include "hook.h"

/* As long as somebody who could not attach a program has for the second attempt. */
#define XDPS_YIELD_MS 5000
#define XDPS_YIELD_MAX_MS 60000		/* twice as long each time if there was none ... */
#define XDPS_YIELD_FORGET_MS 600000	/* ... within this time */

struct xdps_follow {
	bool waits;			/* nothing is in place, until ... */
	uint32_t passed_id;		/* ... another program than this one is attached ... */
	int64_t alone_from_ms;		/* ... or it is so late; 0: it does not get late */
	int64_t yield_ms;		/* for the next one who needs the hook ... */
	int64_t yielded_ms;		/* ... after the last one at this time */

	int64_t in_place_ms;		/* it was certainly in place at this time */
	char loss[208];			/* what ended that; "": nothing so far */
};

void xdps_follow_init(struct xdps_follow *f);

/*
 * Is there something to do for xdps_follow()?  Has to be asked again within
 * xdps_follow_ask_ms(): the kernel does not announce what happens to a link.
 */
bool xdps_follow_is_due(struct xdps_follow *f, const struct xdps_hook *h,
			const struct xdps_setting *s);
void xdps_follow_note_change(struct xdps_follow *f);	/* it was in place until now */
int xdps_follow_ask_ms(const struct xdps_follow *f, const struct xdps_hook *h,
		       const struct xdps_setting *s);

/*
 * `who` could not attach a program because of ours: lets go of the interface, until
 * somebody has attached one, or for some seconds.  `notice` is a sentence about that, or
 * "" if it is not our program that is in the way.
 */
void xdps_follow_yield(struct xdps_follow *f, struct xdps_hook *h,
		       const struct xdps_setting *s, const char *who,
		       char *notice, size_t size);

/* May it have to find a program (target.h) that is not there yet? */
bool xdps_follow_may_find(const struct xdps_hook *h, const struct xdps_setting *s);

/*
 * Does it.  XDPS_OK: `notice`, of `size` bytes, is a sentence about it, and for how long
 * nothing was captured; otherwise the capture has ended.
 */
enum xdps_status xdps_follow(struct xdps_follow *f, struct xdps_hook *h,
			     const struct xdps_setting *s, struct xdps_rings *rings,
			     char *notice, size_t size, struct xdps_error *err);

#endif

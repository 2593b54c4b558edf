/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sent.h: the packets that the interface sends: our program in their way.
 *
 * They come into the rings of those that are received, and have counters of their own
 * there.  The program is in front of all others at tcx egress, or, before Linux 6.6, at a
 * packet socket that takes nothing.  In both places the kernel lets go of it when this
 * process ends.
 */
#ifndef XDPS_SENT_H
#define XDPS_SENT_H

#include "../../common/types.h"

#include "../program/filter.h"
#include "../program/loader.h"

#include "hook.h"

#define XDPS_SENT_PASSED_MAX 16

struct xdps_sent {
	enum xdps_sent_place place;	/* XDPS_SENT_NOWHERE: they are not captured */
	struct xdps_object object;
	int link_fd;			/* at tcx; else -1 */
	uint32_t link_id;
	bool has_tcx;
	int sock;			/* a packet socket, if there is no tcx; or -1 */
	int sock_errno;			/* why there is none */

	/* programs in front of ours that may stay there, the last of them */
	uint32_t passed[XDPS_SENT_PASSED_MAX];
	unsigned int n_passed;		/* counts on above XDPS_SENT_PASSED_MAX */
	uint32_t in_front;		/* the program that came in front; 0: ours is gone */
	int64_t next_look_ms;
	int64_t in_place_ms;		/* at this time ours was certainly in front */

	struct xdps_filter_kept filter;
};

void xdps_sent_init(struct xdps_sent *t);

/* Finds out what the kernel has, and opens what requires a privilege that is dropped later. */
void xdps_sent_prepare(struct xdps_sent *t, const struct xdps_interface *iface);

/*
 * Does the setting ask for sent packets?  The loopback interface receives each packet that
 * it sends, and dir=both has it once, as received.
 */
bool xdps_sent_is_wanted(const struct xdps_setting *s);

/*
 * Begins to capture them, with the rings, the counters and the filter that there are.  Does
 * nothing if that has begun.  On failure nothing has changed.
 */
enum xdps_status xdps_sent_start(struct xdps_sent *t, const struct xdps_setting *s,
				 const struct xdps_hook *hook, const struct xdps_rings *rings,
				 struct xdps_error *err);
void xdps_sent_stop(struct xdps_sent *t);

/* As xdps_filter_change(): also if they are not captured. */
enum xdps_status xdps_sent_set_filter(struct xdps_sent *t, const struct xdps_filter_spec *spec,
				      enum xdps_filter *place, struct xdps_error *err);

/*
 * Is there something to do for xdps_sent_recover()?  Has to be asked again within
 * xdps_sent_ask_ms(): the kernel announces no change of the chain.
 */
bool xdps_sent_is_due(struct xdps_sent *t, const struct xdps_interface *iface);
int xdps_sent_ask_ms(const struct xdps_sent *t);

/*
 * Goes in front of what came in front, or back if somebody has detached it.  Each program
 * is passed once: one that comes in front again is left there.  `notice` is a sentence about
 * what happened; on failure the capture has ended.
 */
enum xdps_status xdps_sent_recover(struct xdps_sent *t, const struct xdps_interface *iface,
				   char *notice, size_t size, struct xdps_error *err);

void xdps_sent_close(struct xdps_sent *t);	/* `*t` is then as after init */

#endif

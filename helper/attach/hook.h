/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hook.h: puts our program where the packets pass: on the interface itself, or beside the
 * XDP program that is already there.
 *
 * What is there changes while a capture runs.  follow.h decides what is done then, and this
 * file does it.
 */
#ifndef XDPS_HOOK_H
#define XDPS_HOOK_H

#include "../../common/types.h"

#include "../host/cpus.h"
#include "../host/interface.h"
#include "../program/filter.h"
#include "../program/fragments.h"
#include "../program/loader.h"
#include "../rings/rings.h"
#include "../target/target.h"

#include "admit.h"
#include "chain.h"

/* What does not change while a capture runs, except request.dir. */
struct xdps_setting {
	struct xdps_request request;
	struct xdps_interface iface;
	struct xdps_cpus cpus;
};

struct xdps_hook {
	struct xdps_target *target;	/* that `object` is for: one of the two ... */
	struct xdps_target targets[2];	/* ... while the other one is tried */
	struct xdps_fragments fragments;
	struct xdps_object object;
	int link_fd;			/* -1: not in place */

	/* if no program is traced: other captures share what is attached */
	struct xdps_admit admit;
	struct xdps_chain chain;

	/* of the last attempt to put it in place */
	uint32_t found_id;		/* of the program that was there; 0: none */
	bool is_unmet;			/* it was not what the request asks for */

	struct xdps_filter_kept filter;
};

void xdps_hook_init(struct xdps_hook *h);

/* Does the setting ask for received packets?  If not, nothing is put in place. */
bool xdps_hook_is_wanted(const struct xdps_setting *s);

/*
 * Finds what is there, loads what that requires, opens `rings`, and attaches last, so
 * that anything that is not available is known before.  If the program in the way may be
 * about to leave (xdps_target_is_own()), waits up to 0.2 s for that.
 */
enum xdps_status xdps_hook_open(struct xdps_hook *h, const struct xdps_setting *s,
				struct xdps_rings *rings, struct xdps_error *err);

/* As xdps_filter_change(). */
enum xdps_status xdps_hook_set_filter(struct xdps_hook *h, const struct xdps_filter_spec *spec,
				      enum xdps_filter *place, struct xdps_error *err);

/*
 * Lets other captures in, and cleans up behind those that were killed.  Never waits.  Call
 * this if `h->admit` is readable or due.
 */
void xdps_hook_share(struct xdps_hook *h, const struct xdps_interface *iface);

/* Is it beside the program of another xdpsample capture? */
bool xdps_hook_is_beside_own(const struct xdps_hook *h);

/* For how many received packets it was called; false: that cannot be known now. */
bool xdps_hook_count(const struct xdps_hook *h, const struct xdps_setting *s, uint64_t *seen);

/* False if the program, ours or the traced one, is no longer attached. */
bool xdps_hook_is_in_place(const struct xdps_hook *h, const struct xdps_interface *iface);

/*
 * Called when it is not in place: uses what is there now, with the same rings, counters
 * and filter.  Returns what xdps_hook_open() returns; then nothing has changed, except that
 * nothing is in place.
 */
enum xdps_status xdps_hook_move(struct xdps_hook *h, const struct xdps_setting *s,
				struct xdps_rings *rings, struct xdps_error *err);

/* Writes why nothing is in place: "XDP program NAME (id 7, native mode) is no longer attached". */
void xdps_hook_describe_loss(const struct xdps_hook *h, char *buf, size_t size);

/* The capture ends, because nothing is in place. */
enum xdps_status xdps_hook_explain_end(const struct xdps_hook *h,
				       const struct xdps_interface *iface,
				       struct xdps_error *err);

/* Our program no longer runs; everything that it needs is still there. */
void xdps_hook_leave(struct xdps_hook *h);

void xdps_hook_close(struct xdps_hook *h);	/* `*h` is then as after init */

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hook.h: our program where the packets pass: on the interface itself, or beside
 * the XDP program that is there already.
 *
 * Who traces another xdpsample capture has not asked for its program, but for the
 * packets: when that one ends, this one takes its place.
 */
#ifndef XDPS_HOOK_H
#define XDPS_HOOK_H

#include "../common/protocol.h"

#include "cpus.h"
#include "interface.h"
#include "loader.h"
#include "rings.h"
#include "target.h"

/* What does not change while a capture runs. */
struct xdps_setting {
	struct xdps_request request;
	struct xdps_interface iface;
	struct xdps_cpus cpus;
};

struct xdps_hook {
	struct xdps_target target;
	struct xdps_programs programs;
	int link_fd;			/* -1: not in place */

	/* the filter that is in the sampler; its number is 0: none is */
	struct xdps_ask_filter filter;
	struct xdps_insn insns[XDPS_FILTER_INSNS_MAX];
};

void xdps_hook_init(struct xdps_hook *h);

/*
 * Finds what is there, loads what that takes, opens `rings`, and is in place last:
 * what cannot be had is known before.  Where the program in the way may be about to
 * go (xdps_target_is_own()), waits up to 0.2 s for that.
 */
enum xdps_status xdps_hook_open(struct xdps_hook *h, const struct xdps_setting *s,
				struct xdps_rings *rings, struct xdps_error *err);

/* xdps_filter_set(), and remembers it. */
void xdps_hook_set_filter(struct xdps_hook *h, const struct xdps_ask_filter *ask,
			  const struct xdps_insn *insns, struct xdps_say *say);

/*
 * Would it follow, if the traced program went?  Then it needs what finding takes
 * (target.h), as long as the capture runs.
 */
bool xdps_hook_follows(const struct xdps_hook *h);

/* How many packets it was called for; false: that is not to be known now. */
bool xdps_hook_count(const struct xdps_hook *h, const struct xdps_setting *s, uint64_t *seen);

/* False: the program, ours or the traced one, is not attached any more. */
bool xdps_hook_is_in_place(const struct xdps_hook *h, const struct xdps_interface *iface);

/*
 * It is not: takes up what is there now, with the same rings, counters and filter.
 * XDPS_FAILED: it was not a capture's program, so that is for somebody to decide who
 * reads the sentence; else what xdps_hook_open() says.
 */
enum xdps_status xdps_hook_follow(struct xdps_hook *h, const struct xdps_setting *s,
				  struct xdps_rings *rings, struct xdps_error *err);

/* Our program runs no more; what it needs is still there. */
void xdps_hook_leave(struct xdps_hook *h);

void xdps_hook_close(struct xdps_hook *h);	/* `*h` is then as after init */

#endif

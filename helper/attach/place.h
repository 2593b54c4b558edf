/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * place.h: loads what the hook requires, and attaches it.
 *
 * hook.h decides what the hook is; this is how a program gets there.
 */
#ifndef XDPS_PLACE_H
#define XDPS_PLACE_H

#include "hook.h"
#include "join.h"

/*
 * Puts our program beside the program that was `found`, or on the interface itself if none
 * was, or into the hook of other captures if there is a `grant`, whose link is then taken
 * over.  `found` is one of h->targets.  Attaches nothing if received packets are not wanted.
 *
 * Opens `rings` and counters unless there are some, and attaches last, so that anything that
 * is not available is known before.  On failure the hook has what it had.
 */
enum xdps_status xdps_place(struct xdps_hook *h, struct xdps_target *found,
			    const struct xdps_setting *s, struct xdps_grant *grant,
			    struct xdps_rings *rings, struct xdps_error *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * direction.h: the two halves of a capture: the hook, for received packets, and sent ones.
 *
 * Either half may be missing, and comes and goes while the capture runs.
 */
#ifndef XDPS_DIRECTION_H
#define XDPS_DIRECTION_H

#include "capture.h"

/* Begins what the setting asks for, with rings and counters for both halves. */
enum xdps_status xdps_direction_open(struct xdps_capture *c, struct xdps_error *err);

/*
 * Sets the filter in both halves.  `*why` says why it was refused, or why one of them leaves
 * it to user space.  Fails only if the two have different filters now: the capture is over.
 */
enum xdps_status xdps_direction_set_filter(struct xdps_capture *c,
					   const struct xdps_filter_spec *spec,
					   enum xdps_filter *place, struct xdps_error *why,
					   struct xdps_error *err);

/* Captures this direction from now on.  On failure everything is as before. */
enum xdps_status xdps_direction_turn(struct xdps_capture *c, enum xdps_dir dir,
				     struct xdps_error *err);

#endif

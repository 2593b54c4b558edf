/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * look.h: reports what is on an interface, to a user who has not chosen one yet.
 */
#ifndef XDPS_LOOK_H
#define XDPS_LOOK_H

#include "../common/protocol.h"

/*
 * Answers `ask`: sends each program and then that these were all, or why it could not
 * look, which is no failure of ours.  Attaches nothing and keeps nothing.
 */
enum xdps_status xdps_look(int sock, const struct xdps_ask_look *ask, struct xdps_error *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * look.h: what is on an interface, for somebody who has not chosen one yet.
 */
#ifndef XDPS_LOOK_H
#define XDPS_LOOK_H

#include "../common/protocol.h"

/*
 * Answers `ask`: each program and that these were all, or why it could not look, which
 * is no failure of ours.  Attaches nothing, keeps nothing.
 */
enum xdps_status xdps_look(int sock, const struct xdps_ask_look *ask, struct xdps_error *err);

#endif

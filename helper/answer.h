/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.h: say something to the engine, with descriptors.
 */
#ifndef XDPS_ANSWER_H
#define XDPS_ANSWER_H

#include "../common/protocol.h"

/*
 * Sends `say`, whose magic and n_fds are filled in here, and n_fds (at most
 * XDPS_FDS_MAX) descriptors, which stay ours as well.  Waits if the engine does
 * not read, as long as SO_SNDTIMEO of `sock` allows.
 */
enum xdps_status xdps_answer(int sock, struct xdps_say *say, const int *fds,
			     unsigned int n_fds, struct xdps_error *err);

/* XDPS_SAY_RINGS, as often as needed for `n_fds` descriptors. */
enum xdps_status xdps_answer_rings(int sock, const int *fds, unsigned int n_fds,
				   struct xdps_error *err);

/* XDPS_SAY_NOTICE, and the debugging output's. */
enum xdps_status xdps_answer_notice(int sock, const char *text, struct xdps_error *err);

/* XDPS_SAY_ERROR.  Whether it arrives is nothing to act on: we are ending. */
void xdps_answer_error(int sock, const struct xdps_error *reason);

#endif

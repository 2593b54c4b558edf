/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.h: sends messages to the engine, with descriptors.
 */
#ifndef XDPS_ANSWER_H
#define XDPS_ANSWER_H

#include "../common/protocol.h"

/*
 * Sends `say` and `n_fds` descriptors (at most XDPS_FDS_MAX), which stay ours as well.
 * Fills in the magic and n_fds of `say`.  If the engine does not read, waits as long as
 * SO_SNDTIMEO of `sock` allows.
 */
enum xdps_status xdps_answer(int sock, struct xdps_say *say, const int *fds,
			     unsigned int n_fds, struct xdps_error *err);

/* Sends XDPS_SAY_RINGS, as often as needed for `n_fds` descriptors. */
enum xdps_status xdps_answer_rings(int sock, const int *fds, unsigned int n_fds,
				   struct xdps_error *err);

/* Sends XDPS_SAY_NOTICE, and writes the text to the debugging output. */
enum xdps_status xdps_answer_notice(int sock, const char *text, struct xdps_error *err);

/* Sends XDPS_SAY_ERROR.  It does not matter whether it arrives: we are ending. */
void xdps_answer_error(int sock, const struct xdps_error *reason);

#endif

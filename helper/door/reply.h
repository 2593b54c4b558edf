/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reply.h: sends messages to the engine, with descriptors.
 */
#ifndef XDPS_REPLY_H
#define XDPS_REPLY_H

#include "../../common/protocol.h"

/*
 * Sends what a reply of this kind has of `reply`, and `n_fds` descriptors (at most
 * XDPS_FDS_MAX), which stay ours as well.  Fills in the magic and n_fds of `reply`.  If
 * the engine does not read, waits as long as SO_SNDTIMEO of `sock` allows.
 */
enum xdps_status xdps_reply_send(int sock, struct xdps_reply *reply, const int *fds,
				 unsigned int n_fds, struct xdps_error *err);

/* Sends XDPS_REPLY_RINGS, as often as needed for `n_fds` descriptors. */
enum xdps_status xdps_reply_rings(int sock, const int *fds, unsigned int n_fds,
				  struct xdps_error *err);

/* Sends XDPS_REPLY_NOTICE, and writes the text to the debugging output. */
enum xdps_status xdps_reply_notice(int sock, const char *text, struct xdps_error *err);

/* Sends XDPS_REPLY_ERROR.  It does not matter whether it arrives: we are ending. */
void xdps_reply_error(int sock, const struct xdps_error *reason);

#endif

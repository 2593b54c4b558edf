/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request.h: what the engine asks, checked.
 *
 * The engine runs with less privilege than the helper, in somebody's program:
 * nothing that it sends is believed.
 */
#ifndef XDPS_REQUEST_H
#define XDPS_REQUEST_H

#include "../common/protocol.h"

/*
 * Checks each field of a message of any length.  Pure: no system call, no
 * state.  XDPS_OK: `*request` is a copy of what it asks for, with every field
 * in range; otherwise `*request` is untouched.
 */
enum xdps_status xdps_request_check(const void *msg, size_t msg_bytes,
				    struct xdps_request *request,
				    struct xdps_error *err);

/*
 * The same for a filter; `*insns` then points into `msg`, which has to be aligned
 * for it.  What the instructions are is not looked at (classic.h), and of more
 * than XDPS_FILTER_INSNS_MAX only the count is to be believed.
 */
enum xdps_status xdps_request_check_filter(const void *msg, size_t msg_bytes,
					   struct xdps_ask_filter *ask,
					   const struct xdps_insn **insns,
					   struct xdps_error *err);

/* Is it a look that is asked for, by somebody of our version? */
bool xdps_request_is_look(const void *msg, size_t msg_bytes);

/* The same as xdps_request_check(), for a look. */
enum xdps_status xdps_request_check_look(const void *msg, size_t msg_bytes,
					 struct xdps_ask_look *ask,
					 struct xdps_error *err);

#endif

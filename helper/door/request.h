/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request.h: checks what the engine asks for.
 *
 * The engine runs in somebody's application, with less privilege than the helper: nothing
 * that it sends is trusted.
 */
#ifndef XDPS_REQUEST_H
#define XDPS_REQUEST_H

#include "../../common/protocol.h"

/*
 * Checks each field of a message of any length.  Makes no system call and keeps no state.
 * XDPS_OK: `*request` is a copy of what it asks for, in which every field is in range;
 * otherwise `*request` is untouched.
 */
enum xdps_status xdps_request_check_open(const void *msg, size_t msg_bytes,
					 struct xdps_request *request,
					 struct xdps_error *err);

/*
 * The same for a filter; `*insns` then points into `msg`, which has to be aligned for it.
 * The instructions are not checked (classic.h does that), and if there are more than
 * XDPS_FILTER_INSNS_MAX, only their number can be relied on.
 */
enum xdps_status xdps_request_check_filter(const void *msg, size_t msg_bytes,
					   struct xdps_request_filter *request,
					   const struct xdps_insn **insns,
					   struct xdps_error *err);

/* The same for a direction: `*dir` is one of enum xdps_dir. */
enum xdps_status xdps_request_check_direction(const void *msg, size_t msg_bytes,
					      enum xdps_dir *dir, struct xdps_error *err);

/* Is this a request for another direction, from an engine of our version? */
bool xdps_request_is_direction(const void *msg, size_t msg_bytes);

/* Is this a query, from an engine of our version? */
bool xdps_request_is_query(const void *msg, size_t msg_bytes);

/* The same as xdps_request_check_open(), for a query. */
enum xdps_status xdps_request_check_query(const void *msg, size_t msg_bytes,
					  struct xdps_request_query *request,
					  struct xdps_error *err);

#endif

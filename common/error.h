/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * error.h: a status and a sentence.
 *
 * Both functions return the status that they recorded, so that a failure is one line:
 *
 *	return xdps_fail(err, XDPS_FAILED, "%s: no such thing", name);
 *
 * A sentence has no full stop at its end.  Control characters in it become spaces.  If it
 * is too long it is cut at its end, so the important part comes first.  Arguments may
 * point into `err`.
 */
#ifndef XDPS_ERROR_H
#define XDPS_ERROR_H

#include "types.h"

#pragma GCC visibility push(hidden)

enum xdps_status xdps_fail(struct xdps_error *err, enum xdps_status status,
			   const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Appends ": " and the system's message for `rc`, a negative errno.  The status is
 * XDPS_FAILED, even for EPERM and EACCES: the system returns these for many failures that
 * no privilege would prevent.
 */
enum xdps_status xdps_fail_errno(struct xdps_error *err, int rc,
				 const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * error.h: a status and a sentence.
 *
 * Both functions return the status they recorded, so that a failure is one line:
 *
 *	return xdps_fail(err, XDPS_FAILED, "%s: no such thing", name);
 *
 * A sentence has no full stop at its end, and control characters in it become
 * spaces; what is too long is cut at its end, so the important part comes
 * first.  Arguments may point into `err`.
 */
#ifndef XDPS_ERROR_H
#define XDPS_ERROR_H

#include "types.h"

#pragma GCC visibility push(hidden)

enum xdps_status xdps_fail(struct xdps_error *err, enum xdps_status status,
			   const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Adds ": " and the system's words for `errnum`, a positive errno.  XDPS_FAILED, also
 * for EPERM and EACCES: the system says them of much that no privilege would change.
 */
enum xdps_status xdps_fail_errno(struct xdps_error *err, int errnum,
				 const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#pragma GCC visibility pop

#endif

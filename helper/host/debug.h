/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * debug.h: debugging output, for those who ask for it.
 *
 * XDPSAMPLE_DEBUG=1 in the environment of the application gives the helper the
 * application's standard error (engine/launch.c), to which it reports what happens out of
 * sight.  Otherwise the helper has no standard error, and reports nothing.
 */
#ifndef XDPS_DEBUG_H
#define XDPS_DEBUG_H

#include <stdbool.h>

/* Was this process given a standard error that is not its socket? */
bool xdps_debug_is_wanted(int sock);

/* From here on, xdps_debug() writes. */
void xdps_debug_enable(void);

/* Writes a line to standard error, with our name before it. */
void xdps_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

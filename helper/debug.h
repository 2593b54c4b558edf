/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * debug.h: a word to whoever asked for it.
 *
 * XDPSAMPLE_DEBUG=1 in the environment of the capturing program lets the helper
 * have that program's standard error (engine/launch.c), and it says there what
 * happens out of sight.  Else it has none, and says nothing.
 */
#ifndef XDPS_DEBUG_H
#define XDPS_DEBUG_H

#include <stdbool.h>

/* Whether this process was given a standard error that is not its socket. */
bool xdps_debug_is_wanted(int sock);

/* From here on xdps_debug() writes. */
void xdps_debug_enable(void);

/* A line on standard error, with our name before it. */
void xdps_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

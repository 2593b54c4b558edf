/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * launch.h: starts the helper so that it is not a child of the application.
 */
#ifndef XDPS_LAUNCH_H
#define XDPS_LAUNCH_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/*
 * Runs the program at `path` in its own session, with an empty environment, default
 * signals and this process's capabilities.  Its descriptors 0 to 2 are `sock`, or 0 and 1
 * are `sock` and 2 is our standard error.  Its parent is init (or a subreaper, which may
 * be the caller); apart from that, the caller's children, SIGCHLD and wait() are not
 * affected.  `sock` stays the caller's.  Returns 0 or a negative errno.
 *
 * `*pidfd` is then the caller's to close, and can be used to send a signal; -1 if the
 * kernel has none (before 5.3).
 */
int xdps_launch(const char *path, int sock, bool with_stderr, int *pidfd);

#pragma GCC visibility pop

#endif

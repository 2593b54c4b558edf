/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * launch.h: start the helper as nobody's child.
 */
#ifndef XDPS_LAUNCH_H
#define XDPS_LAUNCH_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/*
 * Runs the program at `path` with `sock` as its descriptors 0 to 2, or 0 and 1
 * and our standard error, in a session of its own, with an empty environment,
 * default signals and this process's capabilities.  Its parent is init (or a
 * subreaper, which may be the caller); else the caller's children, SIGCHLD and
 * wait() know nothing of it.  `sock` stays the caller's.  0, or the errno of what
 * failed.
 *
 * `*pidfd` is then the caller's to close, and good for a signal; -1 if the
 * kernel has none (before 5.3).
 */
int xdps_launch(const char *path, int sock, bool with_stderr, int *pidfd);

#pragma GCC visibility pop

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * debug.c: debugging output, for those who ask for it.
 */
#include "debug.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 512

static bool enabled;

bool xdps_debug_is_wanted(int sock)
{
	struct stat theirs, ours;

	return !fstat(STDERR_FILENO, &theirs) && !fstat(sock, &ours) &&
	       (theirs.st_dev != ours.st_dev || theirs.st_ino != ours.st_ino);
}

/* The reader of the output may go away before we do. */
void xdps_debug_enable(void)
{
	signal(SIGPIPE, SIG_IGN);
	enabled = true;
}

/*
 * Writes a line in one call, because others write there too.  Writes nothing where it
 * would block, as on a pipe that nobody reads.
 */
void xdps_debug(const char *fmt, ...)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	char line[LINE_BYTES];
	va_list args;
	int len;

	if (!enabled || poll(&p, 1, 0) <= 0 || !(p.revents & POLLOUT))
		return;
	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (len >= 0)
		dprintf(STDERR_FILENO, "xdpsample-helper: %s\n", line);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fd.h: a descriptor that may not be there.
 */
#ifndef XDPS_FD_H
#define XDPS_FD_H

#include <unistd.h>

/* Closes `*fd`, unless it is negative: then there is none.  `*fd` is -1 afterwards. */
static inline void xdps_fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fd.h: a descriptor that may not be there, and descriptors in a message.
 */
#ifndef XDPS_FD_H
#define XDPS_FD_H

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Closes `*fd`, unless it is negative: then there is none.  `*fd` is -1 afterwards. */
static inline void xdps_fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * Makes a message carry `n` descriptors (SCM_RIGHTS).  There have to be
 * CMSG_SPACE(n * sizeof(int)) bytes at `control`, which the message needs until it is sent.
 */
static inline void xdps_fds_put(struct msghdr *msg, struct cmsghdr *control, const int *fds,
				unsigned int n)
{
	const size_t bytes = n * sizeof(*fds);

	memset(control, 0, CMSG_SPACE(bytes));
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(bytes);
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(control), fds, bytes);
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * answer.c: sends messages to the engine, with descriptors.
 */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../common/error.h"

#include "debug.h"

/* The descriptors of one message, in the form that the kernel expects. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(XDPS_FDS_MAX * sizeof(int))];
};

static void put_fds(struct msghdr *msg, union control *control, const int *fds,
		    unsigned int n_fds)
{
	size_t bytes = n_fds * sizeof(*fds);

	memset(control, 0, sizeof(*control));
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(bytes);
	control->head.cmsg_level = SOL_SOCKET;
	control->head.cmsg_type = SCM_RIGHTS;
	control->head.cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(&control->head), fds, bytes);
}

enum xdps_status xdps_answer(int sock, struct xdps_say *say, const int *fds,
			     unsigned int n_fds, struct xdps_error *err)
{
	struct iovec iov = { .iov_base = say, .iov_len = sizeof(*say) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;
	ssize_t n;

	say->magic = XDPS_MAGIC;
	say->n_fds = n_fds;
	if (n_fds)
		put_fds(&msg, &control, fds, n_fds);
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return xdps_fail_errno(err, errno, "answering the capturing program");
	return XDPS_OK;
}

enum xdps_status xdps_answer_rings(int sock, const int *fds, unsigned int n_fds,
				   struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;
	unsigned int sent = 0;

	while (!status && sent < n_fds) {
		struct xdps_say say = { .kind = XDPS_SAY_RINGS };
		unsigned int n = n_fds - sent;

		if (n > XDPS_FDS_MAX)
			n = XDPS_FDS_MAX;
		status = xdps_answer(sock, &say, fds + sent, n, err);
		sent += n;
	}
	return status;
}

enum xdps_status xdps_answer_notice(int sock, const char *text, struct xdps_error *err)
{
	struct xdps_say say = { .kind = XDPS_SAY_NOTICE };

	xdps_debug("warning: %s", text);
	snprintf(say.text, sizeof(say.text), "%s", text);
	return xdps_answer(sock, &say, NULL, 0, err);
}

void xdps_answer_error(int sock, const struct xdps_error *reason)
{
	struct xdps_say say = {
		.kind = XDPS_SAY_ERROR,
		.status = reason->status,
	};
	struct xdps_error ignored;

	snprintf(say.text, sizeof(say.text), "%s", reason->text);
	xdps_answer(sock, &say, NULL, 0, &ignored);
}

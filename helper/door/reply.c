// SPDX-License-Identifier: BSD-3-Clause
/*
 * reply.c: sends messages to the engine, with descriptors.
 */
#include "reply.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "../../common/error.h"
#include "../../common/fd.h"

#include "../host/debug.h"

/* The descriptors of one message, in the form that the kernel expects. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(XDPS_FDS_MAX * sizeof(int))];
};

enum xdps_status xdps_reply_send(int sock, struct xdps_reply *reply, const int *fds,
				 unsigned int n_fds, struct xdps_error *err)
{
	struct iovec iov = { .iov_base = reply, .iov_len = xdps_reply_bytes(reply->kind) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;
	ssize_t n;

	reply->magic = XDPS_MAGIC;
	reply->n_fds = n_fds;
	if (n_fds)
		xdps_fds_put(&msg, &control.head, fds, n_fds);
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return xdps_fail_errno(err, -errno, "sending a reply to the capturing program");
	return XDPS_OK;
}

enum xdps_status xdps_reply_rings(int sock, const int *fds, unsigned int n_fds,
				  struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;
	unsigned int sent = 0;

	while (!status && sent < n_fds) {
		struct xdps_reply reply = { .kind = XDPS_REPLY_RINGS };
		unsigned int n = n_fds - sent;

		if (n > XDPS_FDS_MAX)
			n = XDPS_FDS_MAX;
		status = xdps_reply_send(sock, &reply, fds + sent, n, err);
		sent += n;
	}
	return status;
}

enum xdps_status xdps_reply_notice(int sock, const char *text, struct xdps_error *err)
{
	struct xdps_reply reply = { .kind = XDPS_REPLY_NOTICE };

	xdps_debug("warning: %s", text);
	snprintf(reply.notice.text, sizeof(reply.notice.text), "%s", text);
	return xdps_reply_send(sock, &reply, NULL, 0, err);
}

void xdps_reply_error(int sock, const struct xdps_error *reason)
{
	struct xdps_reply reply = {
		.kind = XDPS_REPLY_ERROR,
		.error.status = reason->status,
	};
	struct xdps_error ignored;

	snprintf(reply.error.text, sizeof(reply.error.text), "%s", reason->text);
	xdps_reply_send(sock, &reply, NULL, 0, &ignored);
}

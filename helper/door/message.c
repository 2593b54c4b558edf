// SPDX-License-Identifier: BSD-3-Clause
/*
 * message.c: receives messages from the engine.
 */
#include "message.h"

#include <poll.h>
#include <sys/socket.h>

#include "../../common/error.h"

bool xdps_message_receive(int sock, struct xdps_received *msg, struct xdps_error *err)
{
	struct iovec iov = { .iov_base = msg->buf, .iov_len = sizeof(msg->buf) };
	struct msghdr head = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n = recvmsg(sock, &head, MSG_TRUNC | MSG_DONTWAIT);

	if (n <= 0)
		return false;
	msg->bytes = n;
	if (head.msg_flags & MSG_CTRUNC)
		xdps_fail(err, XDPS_FAILED,
			  "the request to the helper carried file descriptors, and must not");
	return true;
}

bool xdps_message_await(int sock, struct xdps_received *msg, struct xdps_error *err)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };

	return poll(&p, 1, XDPS_PATIENCE_MS) > 0 && xdps_message_receive(sock, msg, err);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * netlink.h: an answer from rtnetlink, and its attributes.
 */
#ifndef XDPS_NETLINK_H
#define XDPS_NETLINK_H

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#define XDPS_NETLINK_BYTES 32768	/* as in iproute2 */

/* Messages that were received together. */
struct xdps_netlink {
	_Alignas(struct nlmsghdr) char buf[XDPS_NETLINK_BYTES];
	ssize_t bytes;
};

/* Waits for messages; at least one is then at buf.  Returns 0 or a negative errno. */
static inline int xdps_netlink_receive(struct xdps_netlink *answer, int sock)
{
	do {
		answer->bytes = recv(sock, answer->buf, sizeof(answer->buf), MSG_TRUNC);
	} while (answer->bytes < 0 && errno == EINTR);
	if (answer->bytes < 0)
		return -errno;
	if (answer->bytes > (ssize_t)sizeof(answer->buf) ||
	    !NLMSG_OK((const struct nlmsghdr *)(const void *)answer->buf, answer->bytes))
		return -EBADMSG;
	return 0;
}

/* Finds an attribute in the `bytes` bytes from `attr` on; NULL: there is none. */
static inline const struct rtattr *xdps_attr_find(const struct rtattr *attr, size_t bytes,
						  unsigned short type)
{
	int left_bytes = (int)bytes;	/* below zero after a last attribute of odd size */

	for (; RTA_OK(attr, left_bytes); attr = RTA_NEXT(attr, left_bytes))
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
	return NULL;
}

/* Finds an attribute within `outer`, which may be NULL. */
static inline const struct rtattr *xdps_attr_within(const struct rtattr *outer,
						    unsigned short type)
{
	if (!outer)
		return NULL;
	return xdps_attr_find(RTA_DATA(outer), RTA_PAYLOAD(outer), type);
}

/* If `attr` is NULL nothing is copied, here and below. */
static inline void xdps_attr_string(char *to, size_t size, const struct rtattr *attr)
{
	if (attr)
		snprintf(to, size, "%.*s", (int)RTA_PAYLOAD(attr), (const char *)RTA_DATA(attr));
}

static inline uint32_t xdps_attr_u32(const struct rtattr *attr)
{
	uint32_t value = 0;

	if (attr && RTA_PAYLOAD(attr) >= sizeof(value))
		memcpy(&value, RTA_DATA(attr), sizeof(value));
	return value;
}

#endif

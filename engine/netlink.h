/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * netlink.h: attributes of a message of rtnetlink.
 */
#ifndef XDPS_NETLINK_H
#define XDPS_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define XDPS_NETLINK_BYTES 32768	/* what iproute2 takes, too */

/* Of those in `bytes` from `attr` on; NULL: it is not there. */
static inline const struct rtattr *xdps_attr_find(const struct rtattr *attr, size_t bytes,
						  unsigned short type)
{
	for (; RTA_OK(attr, bytes); attr = RTA_NEXT(attr, bytes))
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
	return NULL;
}

/* Of those within `outer`, which may be NULL. */
static inline const struct rtattr *xdps_attr_within(const struct rtattr *outer,
						    unsigned short type)
{
	if (!outer)
		return NULL;
	return xdps_attr_find(RTA_DATA(outer), RTA_PAYLOAD(outer), type);
}

/* Nothing is copied of NULL, here and below. */
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

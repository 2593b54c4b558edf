/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device.h: what the kernel says about a network interface, and what follows from it.
 *
 * The engine uses this to list interfaces, and the helper to open one.  So the list has
 * what can be opened.
 */
#ifndef XDPS_DEVICE_H
#define XDPS_DEVICE_H

#include "netlink.h"
#include "types.h"

#pragma GCC visibility push(hidden)

/*
 * Asks rtnetlink about one interface, by index or, if that is 0, by any of its names.
 * Returns 0: the RTM_NEWLINK message is at the beginning of `answer`; or a negative errno,
 * which is -ENODEV if there is no such interface.
 */
int xdps_device_ask(struct xdps_netlink *answer, int index, const char *name);

/* Finds an attribute of an RTM_NEWLINK message; NULL: there is none. */
const struct rtattr *xdps_device_attr(const struct nlmsghdr *head, unsigned short type);

/* The kind of interface ("veth", "tun") in an RTM_NEWLINK message; "" for hardware. */
void xdps_device_kind(const struct nlmsghdr *head, char kind[IF_NAMESIZE]);

/*
 * What its packets begin with at the XDP hook.  `arp_type` is one of ARPHRD_*.  False: it
 * is not known, so packets of this interface cannot be captured.
 */
bool xdps_device_link(unsigned short arp_type, const char *kind, enum xdps_link *link);

/* The ids of the XDP programs that are attached to an interface; 0: none. */
struct xdps_device_programs {
	uint32_t native;
	uint32_t generic;
	uint32_t offloaded;
};

/*
 * Returns the id of the one that decides about packets before the host's stack gets them,
 * or 0 if there is none.  `*mode` is its mode; auto: it is offloaded to the card, or there
 * is none.
 */
uint32_t xdps_device_program(const struct xdps_device_programs *programs, enum xdps_mode *mode);

#pragma GCC visibility pop

#endif

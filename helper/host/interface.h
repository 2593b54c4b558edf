/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * interface.h: finds out about an interface, by its name.
 */
#ifndef XDPS_INTERFACE_H
#define XDPS_INTERFACE_H

#include <net/if.h>

#include "../../common/types.h"

struct xdps_interface {
	char name[IF_NAMESIZE];		/* the primary one, whatever name was asked for */
	int index;			/* in this network namespace ... */
	uint32_t netns;			/* ... whose inode this is; 0: not known (no /proc) */
	uint32_t mtu;			/* bytes */
	enum xdps_link link;
	bool is_loopback;		/* it receives what it sends */
	char kind[IF_NAMESIZE];		/* "bond", "veth"; "" for hardware */
};

/*
 * XDPS_NO_DEVICE: there is no such interface.  XDPS_UNSUPPORTED: we cannot read its
 * packets.  On failure `*iface` is untouched.
 */
enum xdps_status xdps_interface_find(struct xdps_interface *iface,
				     const char *name, struct xdps_error *err);

/* Does it still exist in this network namespace?  If in doubt, yes. */
bool xdps_interface_exists(const struct xdps_interface *iface);

/* The interface's own count of packets received; false: it does not report any. */
bool xdps_interface_received(const struct xdps_interface *iface, uint64_t *packets);

/*
 * Sends an ethtool command (struct ethtool_... in linux/ethtool.h), which the kernel fills
 * in.  Returns 0 or a negative errno.
 */
int xdps_interface_ethtool(const struct xdps_interface *iface, void *command);

/* The name of its driver, for messages, truncated to `size` bytes; "" if it has none. */
void xdps_interface_driver(const struct xdps_interface *iface, char *driver,
			   size_t size);

#endif

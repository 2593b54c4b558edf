/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * interface.h: what an interface is, by its name.
 */
#ifndef XDPS_INTERFACE_H
#define XDPS_INTERFACE_H

#include "../common/protocol.h"

struct xdps_interface {
	char name[IF_NAMESIZE];		/* the main one, whatever it was asked for by */
	int index;			/* in this network namespace ... */
	uint32_t netns;			/* ... whose inode this is; 0: not known (no /proc) */
	uint32_t mtu;			/* bytes */
	enum xdps_link link;
	char kind[IF_NAMESIZE];		/* "bond", "veth"; "" for hardware */
};

/*
 * XDPS_NO_DEVICE: not there.  XDPS_UNSUPPORTED: its packets are not ours to
 * read.  On failure `*iface` is untouched.
 */
enum xdps_status xdps_interface_find(struct xdps_interface *iface,
				     const char *name, struct xdps_error *err);

/* Is it still there, in this network namespace?  If in doubt, yes. */
bool xdps_interface_exists(const struct xdps_interface *iface);

/* How many packets it has received, as it counts itself; false: it does not say. */
bool xdps_interface_received(const struct xdps_interface *iface, uint64_t *packets);

/* The name of its driver, for sentences, cut at `size` bytes; "" if it has none. */
void xdps_interface_driver(const struct xdps_interface *iface, char *driver,
			   size_t size);

#endif

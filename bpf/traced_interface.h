/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * traced_interface.h: on which interface did the packet arrive that a traced program has?
 *
 * A program can be attached to several interfaces, in several network namespaces, and one
 * of them is captured.
 */
#ifndef XDPS_BPF_TRACED_INTERFACE_H
#define XDPS_BPF_TRACED_INTERFACE_H

#include "sample.h"

#include <bpf/bpf_core_read.h>

/* The members that we need of the kernel's own structures, found by name when loaded. */
struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct net {
	struct ns_common ns;
} __attribute__((preserve_access_index));

struct list_head {
	struct list_head *next;
} __attribute__((preserve_access_index));

struct net_device {
	int ifindex;
	struct {
		struct net *net;
	} nd_net;
	struct {
		struct list_head upper;
	} adj_list;
} __attribute__((preserve_access_index));

/* An element in the list of the interfaces above another one; a master is the first. */
struct netdev_adjacent {
	struct net_device *dev;
	_Bool master;
	struct list_head list;
} __attribute__((preserve_access_index));

/* How many masters there may be one above the other, such as a bond of bonds. */
#define MASTERS_MAX 3

/* Returns what netdev_master_upper_dev_get_rcu() returns in the kernel. */
static __always_inline struct net_device *master_of(struct net_device *dev)
{
	struct list_head *head = __builtin_preserve_access_index(&dev->adj_list.upper);
	struct list_head *first = BPF_CORE_READ(dev, adj_list.upper.next);
	struct netdev_adjacent *a;

	if (!first || first == head)
		return NULL;
	a = (void *)first - bpf_core_field_offset(struct netdev_adjacent, list);
	return BPF_CORE_READ(a, master) ? BPF_CORE_READ(a, dev) : NULL;
}

/*
 * A bond, or another master that leaves XDP to the drivers below it, has a program that
 * gets the packets that came in on the interfaces below.  The kernel lets none of those
 * have its own program then, so a packet of one of them is certainly the master's.
 */
static __always_inline int is_below_ours(struct net_device *dev)
{
#pragma unroll
	for (int i = 0; i < MASTERS_MAX; i++) {
		dev = master_of(dev);
		if (!dev)
			return 0;
		if (BPF_CORE_READ(dev, ifindex) == (int)config.ifindex)
			return !config.netns ||
			       BPF_CORE_READ(dev, nd_net.net, ns.inum) == config.netns;
	}
	return 0;
}

/*
 * The interface that is captured, once one of its packets has been seen.  The helper ends
 * the capture when the interface is removed, before another one can be in its place.
 */
static struct net_device *known;

/* The index of an interface is unique only within its network namespace. */
static __always_inline int is_our_interface(struct net_device *dev)
{
	if (dev == known)
		return 1;
	if (dev->ifindex == (int)config.ifindex &&
	    (!config.netns || dev->nd_net.net->ns.inum == config.netns)) {
		known = dev;
		return 1;
	}
	return config.lowers && is_below_ours(dev);
}

#endif

// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * trace.bpf.c: samples beside another XDP program: before it runs, or after it.
 *
 * These programs promise the host that they are called when the other program is, that
 * they read its input and its verdict, and that they can change neither.
 *
 * They have no direct access to the bytes of a packet.  The ring gets them from the
 * kernel, and the filter gets a copy of the first ones.
 */
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

struct xdp_rxq_info {
	struct net_device *dev;
	__u32 queue_index;
} __attribute__((preserve_access_index));

struct xdp_buff {
	void *data;
	void *data_end;
	struct xdp_rxq_info *rxq;
} __attribute__((preserve_access_index));

/* Where the filter finds its bytes; there are too many for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[XDPS_COPY_BYTES]);
} copies SEC(".maps");

/*
 * As in xdpsample.bpf.c, but its arguments are a copy and the number of bytes in it
 * (XDPS_MEMORY_COPY in helper/program/translate.h).
 */
__hidden __noinline __u64 filter(const void *copy, __u64 copied_bytes, __u32 len)
{
	__u64 verdict = XDPS_VERDICT(XDPS_FILTER_FIRST, ~0U);

	asm volatile("" : "+r"(verdict) : "r"(copy), "r"(copied_bytes), "r"(len));
	return verdict;
}

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

/* The index of an interface is unique only within its network namespace. */
static __always_inline int is_our_interface(struct xdp_buff *xdp)
{
	struct net_device *dev = xdp->rxq->dev;

	if (dev->ifindex == (int)config.ifindex &&
	    (!config.netns || dev->nd_net.net->ns.inum == config.netns))
		return 1;
	return config.lowers && is_below_ours(dev);
}

static __always_inline __u32 packet_len(struct xdp_buff *xdp)
{
	return config.frags ? bpf_xdp_get_buff_len((void *)xdp)
			    : xdp->data_end - xdp->data;
}

/*
 * The mask changes nothing; without it the verifier of 5.10 loses the bound on the way to
 * the call.
 */
static __always_inline __u64 bytes_to_copy(struct xdp_buff *xdp)
{
	__u64 bytes = xdp->data_end - xdp->data;

	if (bytes > XDPS_COPY_BYTES - 1)
		bytes = XDPS_COPY_BYTES - 1;
	asm volatile("" : "+r"(bytes));
	return bytes & (XDPS_COPY_BYTES - 1);
}

/* The kernel treats every number that is not an action as XDP_ABORTED. */
static __always_inline __u32 action_of(__u32 verdict)
{
	return verdict > XDP_REDIRECT ? XDP_ABORTED : verdict;
}

static __always_inline int is_wanted_action(__u32 action)
{
	return !config.actions || config.actions & 1U << action;
}

static __always_inline int sample(struct xdp_buff *xdp, __u32 action)
{
	__u32 cpu = bpf_get_smp_processor_id(), first = 0;
	struct xdps_record rec = { .action = action };
	struct xdps_cpu *c;
	__u64 verdict, bytes;
	void *copy;
	long rc;

	if (!is_our_interface(xdp))
		return 0;
	c = bpf_map_lookup_elem(&cpus, &cpu);
	copy = bpf_map_lookup_elem(&copies, &first);
	if (!c || !copy)
		return 0;
	if (!is_wanted_action(action)) {
		c->rejected++;
		return 0;
	}

	rec.len = packet_len(xdp);
	if (is_filter_called(&verdict)) {
		bytes = bytes_to_copy(xdp);
		if (bpf_probe_read_kernel(copy, bytes, xdp->data))
			bytes = 0;
		verdict = filter(copy, bytes, rec.len);
	}
	if (!wanted(c, verdict))
		return 0;

	rec.queue = xdp->rxq->queue_index;
	fill(&rec, c, verdict);
	c->chosen++;
	rc = bpf_xdp_output(xdp, &perf_rings, output_flags(&rec), &rec, sizeof(rec));
	if (rc)
		lose(c, had_perf_ring(rc));
	return 0;
}

/* The arguments of the traced program come as an array, followed by its return value. */
SEC("fentry")
int xdps_before(__u64 *args)
{
	return sample((struct xdp_buff *)args[0], XDPS_ACTION_NONE);
}

SEC("fentry")
int xdps_at_entry(__u64 *args)
{
	bpf_tail_call(args, &slot, 0);
	return 0;
}

SEC("fexit")
int xdps_after(__u64 *args)
{
	return sample((struct xdp_buff *)args[0], action_of(args[1]));
}

SEC("fexit")
int xdps_at_exit(__u64 *args)
{
	bpf_tail_call(args, &slot, 0);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * verdicts.bpf.c: an XDP program of the tests' own, which does with each packet
 * what the packet itself asks for: tests/net/verdicts.py writes such packets, and
 * knows what has to become of them.
 *
 * Compiled twice: with FRAGS for packets in several buffers.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#ifdef FRAGS
#define XDP_SECTION "xdp.frags"
#else
#define XDP_SECTION "xdp"
#endif

#define ORDER_AT 42		/* behind Ethernet, IPv4 and UDP */
#define TAIL_BYTES 16
#define TAG_BYTES 4
#define OTHER (XDP_REDIRECT + 1)

enum change {
	NOTHING,
	SWAP,			/* the Ethernet addresses */
	NEGATE,			/* the packet's number */
	PUSH,			/* a VLAN tag */
	POP,			/* what stands where a VLAN tag would */
	SHRINK,			/* by TAIL_BYTES */
	GROW,			/* by as many, of zero */
};

/* What a packet asks for; its number is the sender's. */
struct order {
	__u8 action;		/* the return value, which may be none of the kernel's */
	__u8 change;		/* enum change */
	__u8 number[4];
};

struct addresses {
	__u8 bytes[2 * ETH_ALEN];
};

/* How often each action was returned, and last: any other number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OTHER + 1);
	__type(key, __u32);
	__type(value, __u64);
} decided SEC(".maps");

/* Where a packet is redirected to: index of the interface. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} outlet SEC(".maps");

/* The first bytes, if there are so many. */
static __always_inline void *head(struct xdp_md *ctx, __u32 bytes)
{
	void *data = (void *)(long)ctx->data;

	return data + bytes > (void *)(long)ctx->data_end ? NULL : data;
}

static __always_inline int swap(struct xdp_md *ctx)
{
	struct ethhdr *eth = head(ctx, sizeof(*eth));
	__u8 dest[ETH_ALEN];

	if (!eth)
		return -1;
	__builtin_memcpy(dest, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, dest, ETH_ALEN);
	return 0;
}

static __always_inline int negate(struct xdp_md *ctx)
{
	void *data = head(ctx, ORDER_AT + sizeof(struct order));
	struct order *order = data + ORDER_AT;

	if (!data)
		return -1;
	for (int i = 0; i < 4; i++)
		order->number[i] ^= 0xff;
	return 0;
}

static __always_inline int push(struct xdp_md *ctx)
{
	const struct {
		__be16 type;
		__be16 id;
	} tag = { bpf_htons(ETH_P_8021Q), bpf_htons(7) };
	struct addresses addresses;
	void *data;

	if (bpf_xdp_adjust_head(ctx, -TAG_BYTES))
		return -1;
	data = head(ctx, TAG_BYTES + sizeof(addresses));
	if (!data)
		return -1;
	addresses = *(struct addresses *)(data + TAG_BYTES);
	*(struct addresses *)data = addresses;
	__builtin_memcpy(data + sizeof(addresses), &tag, sizeof(tag));
	return 0;
}

static __always_inline int pop(struct xdp_md *ctx)
{
	struct addresses addresses;
	void *data = head(ctx, TAG_BYTES + sizeof(addresses));

	if (!data)
		return -1;
	addresses = *(struct addresses *)data;
	*(struct addresses *)(data + TAG_BYTES) = addresses;
	return bpf_xdp_adjust_head(ctx, TAG_BYTES);
}

static __always_inline int rewrite(struct xdp_md *ctx, __u8 change)
{
	switch (change) {
	case SWAP:
		return swap(ctx);
	case NEGATE:
		return negate(ctx);
	case PUSH:
		return push(ctx);
	case POP:
		return pop(ctx);
	case SHRINK:
		return bpf_xdp_adjust_tail(ctx, -TAIL_BYTES);
	case GROW:
		return bpf_xdp_adjust_tail(ctx, TAIL_BYTES);
	}
	return 0;
}

static __always_inline void count(__u32 action)
{
	__u32 key = action < OTHER ? action : OTHER;
	__u64 *n = bpf_map_lookup_elem(&decided, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* A change that cannot be made is an error that the tests see. */
static __always_inline int obey(struct xdp_md *ctx)
{
	void *data = head(ctx, ORDER_AT + sizeof(struct order));
	struct order order = { .action = XDP_PASS };
	__u32 action;

	if (data)
		order = *(struct order *)(data + ORDER_AT);
	action = order.action;
	if (rewrite(ctx, order.change))
		action = XDP_ABORTED;
	if (action == XDP_REDIRECT)
		action = bpf_redirect_map(&outlet, 0, 0);
	count(action);
	return action;
}

SEC(XDP_SECTION)
int obeys(struct xdp_md *ctx)
{
	return obey(ctx);
}

/* The kernel keeps 15 characters of a name. */
SEC(XDP_SECTION)
int obeys_under_a_name_of_many_characters(struct xdp_md *ctx)
{
	return obey(ctx);
}

/* A veth takes what its peer bounces or redirects only when it has one itself. */
SEC(XDP_SECTION)
int passes(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

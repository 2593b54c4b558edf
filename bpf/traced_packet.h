/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * traced_packet.h: reads a packet that a traced program has.
 *
 * A tracing program has no direct access to a packet, but it may read the kernel's memory:
 * with a function of the kernel, or, since 6.2, with single loads (bpf_rdonly_cast()).
 * Loads are cheaper as long as there are few of them.
 */
#ifndef XDPS_BPF_TRACED_PACKET_H
#define XDPS_BPF_TRACED_PACKET_H

#include "sample.h"

#include <bpf/bpf_core_read.h>

/* The members that we need of the kernel's own structures, found by name when loaded. */
struct net_device;

struct xdp_rxq_info {
	struct net_device *dev;
	__u32 queue_index;
} __attribute__((preserve_access_index));

struct xdp_buff {
	void *data;
	void *data_end;
	void *data_hard_start;
	struct xdp_rxq_info *rxq;
	__u32 frame_sz;
	__u32 flags;
} __attribute__((preserve_access_index));

struct skb_shared_info {
	__u8 nr_frags;
	struct { int unused; } frags[1];
} __attribute__((preserve_access_index));

struct page {
	unsigned long flags;
} __attribute__((preserve_access_index));

/* A type of the kernel that consists of words.  Memory that is cast to it can be read so. */
struct pt_regs {
	unsigned long unused;
} __attribute__((preserve_access_index));

/* A fragment, as an element of skb_shared_info.frags; its members have had several names. */
struct fragment {
	__u64 page;		/* bit 0: in the memory of a device */
	__u32 bytes;
	__u32 offset;
};

#define XDP_HAS_FRAGMENTS 1	/* XDP_FLAGS_HAS_FRAGS */
#define IN_DEVICE 1
#define PAGE_BITS 12
#define CACHE_LINE_BYTES 64ULL

#define BLOCK_BYTES 32
#define N_BLOCKS 8

/* The verifier takes `to` and this much; a ring's margin has room for it. */
#define PIECE_BYTES 4096
#define N_PIECES 64

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* What a program cannot keep on its stack, or has to hide from the verifier. */
struct scratch {
	char copy[XDPS_COPY_BYTES];	/* for the filter */

	/* of a packet in fragments */
	__u64 caplen;
	__u64 done_bytes;		/* of those that are wanted */
	__u32 fragment;			/* the one to go on with ... */
	__u32 at_bytes;			/* ... from here on */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *this_scratch(void)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(&scratches, &first);
}

struct packet {
	const void *data;
	__u64 linear_bytes;	/* in one piece, from `data` on */
	__u32 len;		/* with its fragments */
};

static __always_inline void look_at(struct xdp_buff *xdp, struct packet *p)
{
	p->data = xdp->data;
	p->linear_bytes = xdp->data_end - p->data;
	p->len = p->linear_bytes;
	if (config.frags && xdp->flags & XDP_HAS_FRAGMENTS)
		p->len = bpf_xdp_get_buff_len((void *)xdp);
}

/* What is cast can be read at constant distances.  Wrong addresses read as zeros. */
static __always_inline const __u64 *cast(const void *from)
{
	return bpf_rdonly_cast(from, bpf_core_type_id_kernel(struct pt_regs));
}

static __always_inline void read_block(void *to, const void *from)
{
	const __u64 *words = cast(from);

#pragma unroll
	for (__u32 i = 0; i < BLOCK_BYTES / sizeof(*words); i++)
		((__u64 *)to)[i] = words[i];
}

/*
 * The last block ends where the bytes do, and overlaps the block before it.  Returns false
 * if there are too few bytes, or so many that calling the kernel is cheaper.
 */
static __always_inline int read_blocks(void *to, const void *from, __u64 bytes)
{
	__u64 last_at = bytes - BLOCK_BYTES;

	if (bytes < BLOCK_BYTES || bytes > N_BLOCKS * BLOCK_BYTES)
		return 0;
#pragma unroll
	for (__u32 i = 0; i < N_BLOCKS; i++) {
		if (bytes < (i + 1) * BLOCK_BYTES)
			break;
		read_block(to + i * BLOCK_BYTES, from + i * BLOCK_BYTES);
	}
	if (bytes % BLOCK_BYTES == 0)
		return 1;
	/* The mask changes nothing; it is for verifiers that have lost the bounds. */
	asm volatile("" : "+r"(last_at));
	last_at &= N_BLOCKS * BLOCK_BYTES - 1;
	read_block(to + last_at, from + last_at);
	return 1;
}

/* Returns 0, or the kernel's error: for example that there are no bytes. */
static __always_inline int read_bytes(void *to, const void *from, __u64 bytes)
{
	if (bpf_rdonly_cast && read_blocks(to, from, bytes))
		return 0;
	if (!is_plausible(&bytes))
		return -1;
	return bpf_probe_read_kernel(to, bytes, from);
}

struct fragments {
	const void *list;
	__u8 n;
};

/* The kernel describes the fragments behind the room for the linear part. */
static __always_inline int find_fragments(struct xdp_buff *xdp, struct fragments *f)
{
	const __u64 info_bytes = (bpf_core_type_size(struct skb_shared_info) +
				  CACHE_LINE_BYTES - 1) & ~(CACHE_LINE_BYTES - 1);
	const void *info = xdp->data_hard_start + xdp->frame_sz - info_bytes;

	f->list = info + bpf_core_field_offset(struct skb_shared_info, frags);
	return bpf_probe_read_kernel(&f->n, sizeof(f->n), info +
				     bpf_core_field_offset(struct skb_shared_info, nr_frags));
}

static __always_inline const void *fragment_data(const struct fragment *one)
{
	__u64 page = (one->page - config.pages.pages_at) / bpf_core_type_size(struct page);

	return (void *)(config.pages.memory_at + (page << PAGE_BITS) + one->offset);
}

/*
 * Reads one more piece of the packet to its place in `to`.  Returns false if it cannot be
 * read.
 */
static __always_inline int read_piece(void *to, const struct fragments *f,
				      volatile struct scratch *s)
{
	__u64 done = s->done_bytes, bytes = s->caplen - done;
	__u32 i = s->fragment, at_bytes = s->at_bytes;
	struct fragment one;

	if (done > XDPS_CAPLEN_MAX || i >= f->n ||
	    bpf_probe_read_kernel(&one, sizeof(one), f->list + i * sizeof(one)) ||
	    one.page & IN_DEVICE || at_bytes >= one.bytes)
		return 0;
	if (bytes > one.bytes - at_bytes)
		bytes = one.bytes - at_bytes;
	if (bytes > PIECE_BYTES)
		bytes = PIECE_BYTES;
	asm volatile("" : "+r"(bytes));
	if (bytes > PIECE_BYTES ||
	    bpf_probe_read_kernel(to + done, bytes, fragment_data(&one) + at_bytes))
		return 0;
	at_bytes += bytes;
	s->done_bytes = done + bytes;
	s->fragment = at_bytes == one.bytes ? i + 1 : i;
	s->at_bytes = at_bytes == one.bytes ? 0 : at_bytes;
	return 1;
}

/*
 * Reads the bytes from s->done_bytes to s->caplen, which are in fragments.  How far it is
 * stays in memory, where the verifier loses sight of it: otherwise it would follow each
 * path through each fragment.
 */
static __always_inline int read_fragments(void *to, const struct fragments *f,
					  volatile struct scratch *s)
{
	s->fragment = 0;
	s->at_bytes = 0;
	for (__u32 piece = 0; piece < N_PIECES; piece++) {
		if (!read_piece(to, f, s))
			return -1;
		if (s->done_bytes >= s->caplen)
			return 0;
	}
	return -1;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * xdp_packet.h: puts a packet that an XDP program has into the map ring of this CPU.
 */
#ifndef XDPS_BPF_XDP_PACKET_H
#define XDPS_BPF_XDP_PACKET_H

#include "blocks.h"
#include "map_ring.h"
#include "tagged_packet.h"

/*
 * Copies the packet's first bytes, from all of its fragments; before 5.18 it had none.
 * Returns 0, or the kernel's error.
 */
static __always_inline int copy_packet(struct xdp_md *ctx, void *to, __u64 bytes)
{
	if (copy_blocks((void *)(long)ctx->data, (void *)(long)ctx->data_end, to, bytes))
		return 0;
	if (!is_plausible(&bytes))
		return -1;
	if (config.frags)
		return bpf_xdp_load_bytes(ctx, 0, to, bytes);
	return bpf_probe_read_kernel(to, bytes, (void *)(long)ctx->data);
}

/* Returns false if there is no room. */
static __always_inline int put(struct xdp_md *ctx, __u32 tag, struct xdps_cpu *c,
			       const struct xdps_record *rec)
{
	__u64 caplen;
	void *to = begin_record(c, rec, &caplen);
	int rc;

	if (!to)
		return 0;
	if (tag)
		rc = copy_tagged(ctx, tag, to, caplen, XDPS_CAPLEN_MAX);
	else
		rc = copy_packet(ctx, to, caplen);
	end_record(c, caplen, !rc);
	return !rc;
}

#endif

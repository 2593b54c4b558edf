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

static __always_inline int write(struct xdp_md *ctx, __u32 tag, struct xdps_cpu *c,
				 const struct xdps_record *rec)
{
	__u64 caplen = rec->caplen, bytes;
	void *room;
	int rc;

	/*
	 * Never true.  The verifier has to see this check on the register that is used
	 * below; the asm statement keeps the compiler from removing it.
	 */
	asm volatile("" : "+r"(caplen));
	if (!caplen || caplen > XDPS_CAPLEN_MAX)
		return 0;
	bytes = record_bytes(caplen);
	room = find_room(c, bytes);
	if (!room)
		return 0;
	__builtin_memcpy(room, rec, sizeof(*rec));
	if (tag)
		rc = copy_tagged(ctx, tag, room + sizeof(*rec), caplen, XDPS_CAPLEN_MAX);
	else
		rc = copy_packet(ctx, room + sizeof(*rec), caplen);
	if (rc)
		return 0;
	publish(c, bytes);
	return 1;
}

/*
 * Returns false if there is no room.  A program that interrupts another one in here gets
 * no room either; this can happen where interrupts are threads (PREEMPT_RT).
 */
static __always_inline int put(struct xdp_md *ctx, __u32 tag, struct xdps_cpu *c,
			       const struct xdps_record *rec)
{
	int is_written;

	if (c->writing)
		return 0;
	c->writing = 1;
	is_written = write(ctx, tag, c, rec);
	c->writing = 0;
	return is_written;
}

#endif

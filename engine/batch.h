/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * batch.h: when the packets in the rings are worth a wake-up.
 *
 * A batch is due when its oldest packet has waited for `batch_ns`, or when there is plenty:
 * a quarter of a ring (512 KiB at most) has come since the previous batch.  In either case
 * a packet waits for `hold_ns` first, so that an older one from another CPU can go before
 * it, unless a ring is filling up.
 *
 * This makes no system call.  The time of the oldest packet is an argument; UINT64_MAX
 * means that there is none.
 */
#ifndef XDPS_BATCH_H
#define XDPS_BATCH_H

#include "memory.h"

#pragma GCC visibility push(hidden)

struct xdps_batch {
	const struct xdps_memory *memory;	/* not owned: the rings */
	uint64_t watermark_bytes;	/* of one ring: worth a wake-up */
	uint64_t hold_ns;		/* how long to wait for older packets */
	uint64_t batch_ns;		/* how long packets may be batched; 0: not at all */
	bool is_full;			/* the kernel reported a ring since the last batch */
};

/* The first batch begins: what is in the rings, each of `ring_bytes`, is not plenty. */
void xdps_batch_start(struct xdps_batch *b, const struct xdps_memory *memory,
		      uint32_t ring_bytes);

/*
 * The batch was handed out, and the next one begins.  What is in the rings by now does not
 * count towards it.  It may be there because it is held back, and at a high rate that
 * alone is more than is worth a wake-up.
 */
void xdps_batch_next(struct xdps_batch *b);

/* The kernel reports that a ring is a quarter full. */
void xdps_batch_note_full(struct xdps_batch *b);

/* A ring was added to the memory, as the last one. */
void xdps_batch_add_ring(struct xdps_batch *b);

/* hold_ns, or 0 if a ring is filling up: order is not worth a loss. */
uint64_t xdps_batch_hold_ns(const struct xdps_batch *b);

/* The time (CLOCK_MONOTONIC) at which the batch is due; UINT64_MAX: never. */
uint64_t xdps_batch_due_ns(const struct xdps_batch *b, uint64_t oldest_ns);

/* The period of a tick for what the kernel does not report; 0: none is needed. */
uint64_t xdps_batch_tick_ns(const struct xdps_batch *b);

/*
 * Asks the rings that have to be asked to wake the reader when there is more to do than
 * now.  False: that has already happened, so the reader must not sleep.
 */
bool xdps_batch_arm(const struct xdps_batch *b, uint64_t oldest_ns);

#pragma GCC visibility pop

#endif

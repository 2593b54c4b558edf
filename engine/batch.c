// SPDX-License-Identifier: BSD-3-Clause
/*
 * batch.c: when the packets in the rings are worth a wake-up.
 */
#include "batch.h"

#include "ring_kinds.h"

#define WATERMARK_BYTES_MAX (512u << 10)

/* How much is worth a wake-up: of a large ring, no more than stays in a CPU's cache. */
static uint64_t watermark_bytes(uint32_t ring_bytes)
{
	uint64_t bytes = ring_bytes / XDPS_WATERMARK_PART;

	return bytes < WATERMARK_BYTES_MAX ? bytes : WATERMARK_BYTES_MAX;
}

static void expect(struct xdps_batch *b, unsigned int ring)
{
	xdps_ring_expect(&b->memory->rings[ring], b->watermark_bytes);
}

void xdps_batch_start(struct xdps_batch *b, const struct xdps_memory *memory,
		      uint32_t ring_bytes)
{
	b->memory = memory;
	b->watermark_bytes = watermark_bytes(ring_bytes);
	xdps_batch_next(b);
}

void xdps_batch_next(struct xdps_batch *b)
{
	for (unsigned int i = 0; i < b->memory->n_rings; i++)
		expect(b, i);
	b->is_full = false;
}

void xdps_batch_note_full(struct xdps_batch *b)
{
	b->is_full = true;
}

void xdps_batch_add_ring(struct xdps_batch *b)
{
	expect(b, b->memory->n_rings - 1);
}

uint64_t xdps_batch_hold_ns(const struct xdps_batch *b)
{
	for (unsigned int i = 0; i < b->memory->n_rings; i++)
		if (xdps_ring_is_pressed(&b->memory->rings[i]))
			return 0;
	return b->hold_ns;
}

static bool has_plenty(const struct xdps_batch *b)
{
	if (b->is_full)
		return true;
	for (unsigned int i = 0; i < b->memory->n_rings; i++)
		if (xdps_ring_has_plenty(&b->memory->rings[i]))
			return true;
	return false;
}

uint64_t xdps_batch_due_ns(const struct xdps_batch *b, uint64_t oldest_ns)
{
	uint64_t wait_ns = xdps_batch_hold_ns(b);

	if (b->batch_ns > wait_ns && !has_plenty(b))
		wait_ns = b->batch_ns;
	return oldest_ns > UINT64_MAX - wait_ns ? UINT64_MAX : oldest_ns + wait_ns;
}

uint64_t xdps_batch_tick_ns(const struct xdps_batch *b)
{
	return b->memory->ops->needs_tick ? b->batch_ns : 0;
}

/*
 * The head at which the reader should be woken.  With no packet in hand: at the next
 * packet.  Otherwise: when there is plenty or, if there is already, when there is even
 * more.
 */
static uint64_t wake_position(const struct xdps_batch *b, const struct xdps_ring *ring,
			      uint64_t oldest_ns)
{
	if (oldest_ns == UINT64_MAX)
		return ring->tail + 1;
	if (!xdps_ring_has_plenty(ring))
		return ring->plenty_at;
	return ring->tail + xdps_ring_pending_bytes(ring) + b->watermark_bytes;
}

bool xdps_batch_arm(const struct xdps_batch *b, uint64_t oldest_ns)
{
	struct xdps_ring *ring = b->memory->rings;
	bool armed = true;

	if (b->memory->ops->needs_tick)
		return true;
	for (; ring < b->memory->rings + b->memory->n_rings; ring++)
		armed &= xdps_ring_arm(ring, wake_position(b, ring, oldest_ns));
	return armed;
}

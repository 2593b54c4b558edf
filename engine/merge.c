// SPDX-License-Identifier: BSD-3-Clause
/*
 * merge.c: merges N rings into one stream, oldest packet first.
 *
 * A ring is in one of two places: in the heap, with the time stamp of its oldest packet,
 * or in the list of rings that were empty at the last look.
 */
#include "merge.h"

#include <errno.h>
#include <stdlib.h>

int xdps_merge_init(struct xdps_merge *m, struct xdps_ring *rings,
		    unsigned int n_rings)
{
	*m = (struct xdps_merge){
		.rings = rings,
		.n_rings = n_rings,
		.heap = calloc(n_rings, sizeof(*m->heap)),
		.empty = calloc(n_rings, sizeof(*m->empty)),
		.scratch = malloc(XDPS_SCRATCH_BYTES),
	};
	if (!m->heap || !m->empty || !m->scratch) {
		xdps_merge_free(m);
		return -ENOMEM;
	}
	xdps_merge_restart(m);
	return 0;
}

void xdps_merge_restart(struct xdps_merge *m)
{
	m->run = NULL;
	m->n_heap = 0;
	for (m->n_empty = 0; m->n_empty < m->n_rings; m->n_empty++)
		m->empty[m->n_empty] = m->n_empty;
}

int xdps_merge_add(struct xdps_merge *m, struct xdps_ring *rings)
{
	void *heap, *empty;

	m->rings = rings;
	heap = realloc(m->heap, (m->n_rings + 1) * sizeof(*m->heap));
	if (!heap)
		return -ENOMEM;
	m->heap = heap;
	empty = realloc(m->empty, (m->n_rings + 1) * sizeof(*m->empty));
	if (!empty)
		return -ENOMEM;
	m->empty = empty;
	m->empty[m->n_empty++] = m->n_rings++;
	return 0;
}

void xdps_merge_free(struct xdps_merge *m)
{
	free(m->heap);
	free(m->empty);
	free(m->scratch);
	*m = (struct xdps_merge){ 0 };
}

static void sift_up(struct xdps_merge *m, struct xdps_merge_head head)
{
	unsigned int i = m->n_heap++;

	while (i && head.mono_ns < m->heap[(i - 1) / 2].mono_ns) {
		m->heap[i] = m->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	m->heap[i] = head;
}

/* Puts `head` in place of the top of the heap, and restores the heap's order. */
static void sift_down(struct xdps_merge *m, struct xdps_merge_head head)
{
	unsigned int child;
	unsigned int i = 0;

	while ((child = 2 * i + 1) < m->n_heap) {
		if (child + 1 < m->n_heap &&
		    m->heap[child + 1].mono_ns < m->heap[child].mono_ns)
			child++;
		if (head.mono_ns <= m->heap[child].mono_ns)
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = head;
}

/* The ring of the oldest packet now begins with another one, or is empty. */
static void put_back(struct xdps_merge *m)
{
	struct xdps_merge_head head = m->heap[0];

	if (xdps_ring_peek(&m->rings[head.ring], &head.mono_ns)) {
		sift_down(m, head);
		return;
	}
	m->empty[m->n_empty++] = head.ring;
	m->n_heap--;
	if (m->n_heap)
		sift_down(m, m->heap[m->n_heap]);
}

void xdps_merge_keep(struct xdps_merge *m)
{
	if (!m->run)
		return;
	m->run = NULL;
	put_back(m);
}

void xdps_merge_release(struct xdps_merge *m)
{
	if (m->run)
		xdps_ring_advance(m->run);
	xdps_merge_keep(m);
}

void xdps_merge_look(struct xdps_merge *m, uint64_t now_ns, uint64_t hold_ns)
{
	unsigned int n_empty;
	struct xdps_merge_head head;

	xdps_merge_keep(m);		/* it may no longer be the oldest */
	n_empty = m->n_empty;
	m->now_ns = now_ns;
	m->hold_ns = hold_ns;
	m->n_empty = 0;
	for (unsigned int i = 0; i < n_empty; i++) {
		head.ring = m->empty[i];
		if (xdps_ring_peek(&m->rings[head.ring], &head.mono_ns))
			sift_up(m, head);
		else
			m->empty[m->n_empty++] = head.ring;
	}
}

/*
 * The time up to which packets may go out.  Packets stamped after the look may not.
 * While there are rings without a head, packets younger than `hold_ns` may not either.  A
 * ring with a head needs no waiting: it is in order by itself, so nothing older than its
 * head follows.  And it is no use to hold a packet that is not younger than the one
 * handed out last: that cannot restore the order any more.
 */
static uint64_t limit_ns(const struct xdps_merge *m)
{
	uint64_t limit_ns = m->now_ns;

	if (m->n_empty)
		limit_ns -= m->hold_ns < limit_ns ? m->hold_ns : limit_ns;
	if (limit_ns < m->last_ns)
		limit_ns = m->last_ns;
	return limit_ns < m->now_ns ? limit_ns : m->now_ns;
}

bool xdps_merge_ready(const struct xdps_merge *m)
{
	return m->n_heap && m->heap[0].mono_ns <= limit_ns(m);
}

/* Up to this time, the ring at the top has the oldest packets. */
static uint64_t second_ns(const struct xdps_merge *m)
{
	uint64_t second_ns = UINT64_MAX;

	for (unsigned int i = 1; i < 3 && i < m->n_heap; i++)
		if (m->heap[i].mono_ns < second_ns)
			second_ns = m->heap[i].mono_ns;
	return second_ns;
}

static void begin_run(struct xdps_merge *m)
{
	uint64_t limit = limit_ns(m);
	uint64_t second = second_ns(m);

	m->run = &m->rings[m->heap[0].ring];
	m->run_until_ns = second < limit ? second : limit;
}

bool xdps_merge_next_run(struct xdps_merge *m, struct xdps_packet *pkt,
			 int64_t *tai_offset_ns)
{
	xdps_merge_keep(m);
	if (!xdps_merge_ready(m))
		return false;
	begin_run(m);
	xdps_ring_packet(m->run, m->scratch, pkt, tai_offset_ns);
	return true;
}

uint64_t xdps_merge_oldest_ns(const struct xdps_merge *m)
{
	return m->n_heap ? m->heap[0].mono_ns : UINT64_MAX;
}

/* Younger packets may be held back, and packets older than those may not be in a ring yet. */
uint64_t xdps_merge_complete_ns(const struct xdps_merge *m)
{
	return m->now_ns > m->hold_ns ? m->now_ns - m->hold_ns : 0;
}

uint64_t xdps_merge_late(const struct xdps_merge *m)
{
	return __atomic_load_n(&m->late, __ATOMIC_RELAXED);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * merge.c: N rings to one stream, oldest first.
 *
 * A ring is in one of two places: in the heap with the stamp of its oldest
 * packet, or in the list of those that were empty when last looked into.
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
	m->shown = false;
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

/* Puts `head` where the top of the heap was, and the heap in order. */
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

void xdps_merge_look(struct xdps_merge *m, uint64_t now_ns, uint64_t hold_ns)
{
	unsigned int n_empty = m->n_empty;
	struct xdps_merge_head head;

	m->now_ns = now_ns;
	m->hold_ns = hold_ns;
	m->shown = false;		/* it may not be the oldest any more */
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
 * A head stamped after the look tells as much as any: its ring, in order by
 * itself, brings nothing older.  And to hold what is no younger than the
 * packet before it cannot mend the order any more.
 */
bool xdps_merge_ready(const struct xdps_merge *m)
{
	uint64_t oldest_ns = xdps_merge_oldest_ns(m);

	if (!m->n_heap || oldest_ns > m->now_ns)
		return false;
	return !m->n_empty || oldest_ns <= m->last_ns ||
	       m->now_ns - oldest_ns >= m->hold_ns;
}

bool xdps_merge_next(struct xdps_merge *m, struct xdps_packet *pkt,
		     int64_t *tai_offset_ns)
{
	if (!xdps_merge_ready(m))
		return false;
	xdps_ring_packet(&m->rings[m->heap[0].ring], m->scratch, pkt,
			 tai_offset_ns);
	m->shown = true;
	return true;
}

/* Others read the count of late packets while we write it. */
static void note_order(struct xdps_merge *m, uint64_t mono_ns)
{
	if (mono_ns < m->last_ns)
		__atomic_store_n(&m->late, m->late + 1, __ATOMIC_RELAXED);
	else
		m->last_ns = mono_ns;
}

void xdps_merge_release(struct xdps_merge *m)
{
	struct xdps_merge_head head;

	if (!m->shown)
		return;
	m->shown = false;
	head = m->heap[0];
	note_order(m, head.mono_ns);
	if (xdps_ring_next(&m->rings[head.ring], &head.mono_ns)) {
		sift_down(m, head);
		return;
	}
	m->empty[m->n_empty++] = head.ring;
	m->n_heap--;
	if (m->n_heap)
		sift_down(m, m->heap[m->n_heap]);
}

uint64_t xdps_merge_oldest_ns(const struct xdps_merge *m)
{
	return m->n_heap ? m->heap[0].mono_ns : UINT64_MAX;
}

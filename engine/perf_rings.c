// SPDX-License-Identifier: BSD-3-Clause
/*
 * perf_rings.c: maps perf rings, each of which has an event and a mapping of its own.
 */
#include "ring_kinds.h"

#include <errno.h>
#include <sys/mman.h>

#include "../common/error.h"

static void *map_ring(const struct xdps_memory *m, int fd)
{
	return mmap(NULL, m->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static enum xdps_status add(struct xdps_memory *m, const struct xdps_session *g,
			    struct xdps_error *err)
{
	unsigned int i = m->n_maps;
	void *map = map_ring(m, g->ring_fds[i]);

	if (map == MAP_FAILED)
		return xdps_fail_errno(err, -errno, "mapping ring %u of %u, %u KiB", i + 1,
				       g->n_rings, g->ring_bytes >> 10);
	m->maps[m->n_maps++] = map;
	if (xdps_ring_init_perf(&m->rings[i], map, m->map_bytes, m->page_bytes))
		return xdps_fail(err, XDPS_FAILED,
				 "the helper created rings of %u bytes, which is not a power-of-two number of pages",
				 g->ring_bytes);
	return XDPS_OK;
}

static enum xdps_status map(struct xdps_memory *m, const struct xdps_session *g,
			    struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;

	m->map_bytes = m->page_bytes + g->ring_bytes;
	while (!status && m->n_maps < g->n_rings)
		status = add(m, g, err);
	return status;
}

/*
 * Maps them at any address: the child may have put something of its own at the old one by
 * now.  Only the ring points into the mapping.
 */
static enum xdps_status map_again(struct xdps_memory *m, const struct xdps_session *g,
				  struct xdps_error *err)
{
	void *map;

	for (; m->n_again < m->n_maps; m->n_again++) {
		map = map_ring(m, g->ring_fds[m->n_again]);
		if (map == MAP_FAILED)
			return xdps_fail_errno(err, -errno,
					       "mapping ring %u of %u again after fork",
					       m->n_again + 1, m->n_rings);
		m->maps[m->n_again] = map;
		xdps_ring_move(&m->rings[m->n_again], map, m->page_bytes);
	}
	m->n_again = 0;
	return XDPS_OK;
}

static int watch(struct xdps_memory *m, const struct xdps_session *g, unsigned int first,
		 unsigned int n, struct xdps_waiter *w)
{
	(void)m;
	return xdps_waiter_add_rings(w, g->ring_fds + first, n);
}

const struct xdps_ring_ops xdps_perf_rings = {
	.needs_tick = true,
	.counters_prot = PROT_READ,
	.map = map,
	.add = add,
	.map_again = map_again,
	.watch = watch,
};

// SPDX-License-Identifier: BSD-3-Clause
/*
 * map_rings.c: maps map rings, which share one mapping and one doorbell.
 */
#include "ring_kinds.h"

#include <errno.h>
#include <sys/mman.h>

#include "../common/error.h"

static enum xdps_status init_ring(struct xdps_memory *m, const struct xdps_session *g,
				  unsigned int i, void *data, struct xdps_error *err)
{
	if (xdps_ring_init_map(&m->rings[i], data, g->ring_bytes, i, m->cpus, m->n_cpus))
		return xdps_fail(err, XDPS_FAILED, "the helper assigned ring %u of %u to no CPU",
				 i + 1, g->n_rings);
	return XDPS_OK;
}

/* Each ring that the helper adds has a descriptor of its own, behind the others. */
static enum xdps_status add(struct xdps_memory *m, const struct xdps_session *g,
			    struct xdps_error *err)
{
	const unsigned int i = m->n_rings;
	const int fd = g->ring_fds[g->n_ring_fds - (g->n_rings - i)];
	void *map = mmap(NULL, m->more_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return xdps_fail_errno(err, -errno, "mapping ring %u of %u, %u KiB", i + 1,
				       g->n_rings, g->ring_bytes >> 10);
	m->maps[m->n_maps++] = map;
	return init_ring(m, g, i, map, err);
}

static enum xdps_status init_rings(struct xdps_memory *m, const struct xdps_session *g,
				   char *map, struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;

	for (unsigned int i = 0; !status && i < g->n_rings; i++)
		status = init_ring(m, g, i, map + xdps_ring_map_bytes(i, g->ring_bytes), err);
	return status;
}

/* The first descriptor is the memory of all rings, the second the doorbell. */
static enum xdps_status map(struct xdps_memory *m, const struct xdps_session *g,
			    struct xdps_error *err)
{
	enum xdps_status status;
	void *map;
	int rc;

	m->map_bytes = xdps_ring_map_bytes(g->n_rings, g->ring_bytes);
	m->more_bytes = xdps_ring_map_bytes(1, g->ring_bytes);
	map = mmap(NULL, m->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, g->ring_fds[0], 0);
	if (map == MAP_FAILED)
		return xdps_fail_errno(err, -errno, "mapping %u rings of %u KiB", g->n_rings,
				       g->ring_bytes >> 10);
	m->maps[m->n_maps++] = map;
	status = init_rings(m, g, map, err);
	if (status)
		return status;
	rc = xdps_doorbell_open(&m->doorbell, g->ring_fds[1], m->page_bytes);
	if (rc)
		return xdps_fail_errno(err, rc, "mapping the ring buffer that wakes the reader");
	return XDPS_OK;
}

/* The doorbell reports all rings, those that are added later as well. */
static int watch(struct xdps_memory *m, const struct xdps_session *g, unsigned int first,
		 unsigned int n, struct xdps_waiter *w)
{
	(void)g;
	(void)n;
	return first ? 0 : xdps_waiter_add_doorbell(w, &m->doorbell);
}

/* The counters are writable because we store there how far we have read. */
const struct xdps_ring_ops xdps_map_rings = {
	.are_inherited = true,
	.counters_prot = PROT_READ | PROT_WRITE,
	.map = map,
	.add = add,
	.watch = watch,
};

// SPDX-License-Identifier: BSD-3-Clause
/*
 * memory.c: maps the kernel's memory into our address space: rings, counters, the doorbell.
 */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../common/counters.h"
#include "../common/error.h"

#include "ring_kinds.h"

static const struct xdps_ring_ops *ops_of(enum xdps_ring_kind kind)
{
	return kind == XDPS_RING_PERF ? &xdps_perf_rings : &xdps_map_rings;
}

void xdps_memory_init(struct xdps_memory *m)
{
	*m = (struct xdps_memory){ .page_bytes = sysconf(_SC_PAGESIZE) };
	xdps_doorbell_init(&m->doorbell);
	xdps_readers_init(&m->readers);
}

/* In a child that has not mapped a ring again, something else may be there by now. */
static unsigned int n_ours(const struct xdps_memory *m)
{
	return m->n_maps && !m->ops->are_inherited && xdps_readers_has_forked(&m->readers) ?
		m->n_again : m->n_maps;
}

void xdps_memory_free(struct xdps_memory *m)
{
	for (unsigned int i = 0; i < n_ours(m); i++)
		munmap(m->maps[i], i && m->more_bytes ? m->more_bytes : m->map_bytes);
	free(m->maps);
	free(m->rings);
	xdps_doorbell_close(&m->doorbell);
	if (m->cpus)
		munmap(m->cpus, xdps_counters_bytes(m->n_cpus));
	xdps_readers_close(&m->readers);
	xdps_memory_init(m);
}

/* At most one mapping for each ring. */
static enum xdps_status make_lists(struct xdps_memory *m, unsigned int n_rings,
				   struct xdps_error *err)
{
	m->rings = calloc(n_rings, sizeof(*m->rings));
	m->maps = calloc(n_rings, sizeof(*m->maps));
	if (!m->rings || !m->maps)
		return xdps_fail_errno(err, -ENOMEM, "allocating the list of %u rings", n_rings);
	m->n_rings = n_rings;
	return XDPS_OK;
}

static enum xdps_status map_cpus(struct xdps_memory *m, const struct xdps_session *g,
				 struct xdps_error *err)
{
	void *map = mmap(NULL, xdps_counters_bytes(g->n_cpus), m->ops->counters_prot, MAP_SHARED,
			 g->cpus_fd, 0);

	if (map == MAP_FAILED)
		return xdps_fail_errno(err, -errno, "mapping the counters of %u CPUs",
				       g->n_cpus);
	m->cpus = map;
	m->n_cpus = g->n_cpus;
	return XDPS_OK;
}

/* Tells other readers how far this ring has been read. */
static void publish_position(struct xdps_memory *m, unsigned int ring)
{
	m->rings[ring].read_at = xdps_readers_position(&m->readers, ring);
	*m->rings[ring].read_at = m->rings[ring].tail;
}

/* The shared memory has room for all rings that may be added. */
static enum xdps_status open_readers(struct xdps_memory *m, struct xdps_error *err)
{
	int rc = xdps_readers_open(&m->readers, m->n_cpus);

	if (rc)
		return xdps_fail_errno(err, rc,
				       "mapping memory to share with child processes");
	for (unsigned int i = 0; i < m->n_rings; i++)
		publish_position(m, i);
	return XDPS_OK;
}

enum xdps_status xdps_memory_map(struct xdps_memory *m, const struct xdps_session *g,
				 struct xdps_error *err)
{
	enum xdps_status status;

	m->ops = ops_of(g->ring_kind);
	status = make_lists(m, g->n_rings, err);
	if (!status)
		status = map_cpus(m, g, err);
	if (!status)
		status = m->ops->map(m, g, err);
	if (!status)
		status = open_readers(m, err);
	return status;
}

/* Makes room for one more ring and one more mapping. */
static enum xdps_status lengthen_lists(struct xdps_memory *m, struct xdps_error *err)
{
	struct xdps_ring *rings = realloc(m->rings, (m->n_rings + 1) * sizeof(*rings));
	void **maps;

	if (rings)
		m->rings = rings;
	maps = realloc(m->maps, (m->n_maps + 1) * sizeof(*maps));
	if (maps)
		m->maps = maps;
	if (!rings || !maps)
		return xdps_fail_errno(err, -ENOMEM, "allocating the list of %u rings",
				       m->n_rings + 1);
	return XDPS_OK;
}

enum xdps_status xdps_memory_add(struct xdps_memory *m, const struct xdps_session *g,
				 struct xdps_error *err)
{
	enum xdps_status status = lengthen_lists(m, err);

	if (!status)
		status = m->ops->add(m, g, err);
	if (!status)
		publish_position(m, m->n_rings++);
	return status;
}

enum xdps_status xdps_memory_after_fork(struct xdps_memory *m, const struct xdps_session *g,
					struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;

	if (!xdps_readers_has_forked(&m->readers))
		return XDPS_OK;
	if (!m->ops->are_inherited)
		status = m->ops->map_again(m, g, err);
	if (!status)
		xdps_readers_enter(&m->readers);
	return status;
}

void xdps_memory_resume(struct xdps_memory *m)
{
	for (unsigned int i = 0; i < m->n_rings; i++)
		xdps_ring_resume(&m->rings[i], *m->rings[i].read_at);
}

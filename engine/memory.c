// SPDX-License-Identifier: BSD-3-Clause
/*
 * memory.c: maps the kernel's memory into our address space: rings, counters, the bell.
 */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../common/counters.h"
#include "../common/error.h"

void xdps_memory_init(struct xdps_memory *m)
{
	*m = (struct xdps_memory){ .page_bytes = sysconf(_SC_PAGESIZE) };
	xdps_bell_init(&m->bell);
	xdps_readers_init(&m->readers);
}

/* In a child that has not mapped a perf ring again, something else may be there by now. */
static unsigned int n_ours(const struct xdps_memory *m)
{
	bool is_perf = m->n_maps && m->rings[0].kind == XDPS_RING_PERF;

	return is_perf && xdps_readers_has_forked(&m->readers) ? m->n_again : m->n_maps;
}

void xdps_memory_free(struct xdps_memory *m)
{
	for (unsigned int i = 0; i < n_ours(m); i++)
		munmap(m->maps[i], i && m->more_bytes ? m->more_bytes : m->map_bytes);
	free(m->maps);
	free(m->rings);
	xdps_bell_close(&m->bell);
	if (m->cpus)
		munmap(m->cpus, xdps_counters_bytes(m->n_cpus));
	xdps_readers_close(&m->readers);
	xdps_memory_init(m);
}

static enum xdps_status make_lists(struct xdps_memory *m, unsigned int n_rings,
				   unsigned int n_maps, struct xdps_error *err)
{
	m->rings = calloc(n_rings, sizeof(*m->rings));
	m->maps = calloc(n_maps, sizeof(*m->maps));
	if (!m->rings || !m->maps)
		return xdps_fail_errno(err, ENOMEM, "making a list of %u rings", n_rings);
	m->n_rings = n_rings;
	return XDPS_OK;
}

static void *map_perf_ring(const struct xdps_memory *m, int fd)
{
	return mmap(NULL, m->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* Both lists have room for it. */
static enum xdps_status add_perf_ring(struct xdps_memory *m, const struct xdps_grant *g,
				      struct xdps_error *err)
{
	unsigned int i = m->n_maps;
	void *map = map_perf_ring(m, g->ring_fds[i]);

	if (map == MAP_FAILED)
		return xdps_fail_errno(err, errno, "mapping ring %u of %u, %u KiB", i + 1,
				       g->n_rings, g->ring_bytes >> 10);
	m->maps[m->n_maps++] = map;
	if (xdps_ring_init_perf(&m->rings[i], map, m->map_bytes, m->page_bytes))
		return xdps_fail(err, XDPS_FAILED,
				 "the helper made rings of %u bytes, which is no power of two of pages",
				 g->ring_bytes);
	return XDPS_OK;
}

static enum xdps_status map_perf_rings(struct xdps_memory *m, const struct xdps_grant *g,
				       struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;

	m->map_bytes = m->page_bytes + g->ring_bytes;
	while (!status && m->n_maps < g->n_rings)
		status = add_perf_ring(m, g, err);
	return status;
}

static enum xdps_status init_map_ring(struct xdps_memory *m, const struct xdps_grant *g,
				      unsigned int i, void *data, struct xdps_error *err)
{
	if (xdps_ring_init_map(&m->rings[i], data, g->ring_bytes, i, m->cpus, m->n_cpus))
		return xdps_fail(err, XDPS_FAILED, "the helper gave no CPU ring %u of %u",
				 i + 1, g->n_rings);
	return XDPS_OK;
}

/* Each ring that the helper adds has a descriptor of its own, behind the others. */
static enum xdps_status add_map_ring(struct xdps_memory *m, const struct xdps_grant *g,
				     struct xdps_error *err)
{
	const unsigned int i = m->n_rings;
	const int fd = g->ring_fds[g->n_ring_fds - (g->n_rings - i)];
	void *map = mmap(NULL, m->more_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return xdps_fail_errno(err, errno, "mapping ring %u of %u, %u KiB", i + 1,
				       g->n_rings, g->ring_bytes >> 10);
	m->maps[m->n_maps++] = map;
	return init_map_ring(m, g, i, map, err);
}

/* All rings share one mapping: the first descriptor is their memory, the second the bell. */
static enum xdps_status map_map_rings(struct xdps_memory *m, const struct xdps_grant *g,
				      struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;
	char *map;
	int rc;

	m->map_bytes = xdps_ring_map_bytes(g->n_rings, g->ring_bytes);
	m->more_bytes = xdps_ring_map_bytes(1, g->ring_bytes);
	map = mmap(NULL, m->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, g->ring_fds[0], 0);
	if (map == MAP_FAILED)
		return xdps_fail_errno(err, errno, "mapping %u rings of %u KiB", g->n_rings,
				       g->ring_bytes >> 10);
	m->maps[m->n_maps++] = map;
	for (unsigned int i = 0; !status && i < g->n_rings; i++)
		status = init_map_ring(m, g, i, map + xdps_ring_map_bytes(i, g->ring_bytes), err);
	if (status)
		return status;
	rc = xdps_bell_open(&m->bell, g->ring_fds[1], m->page_bytes);
	if (rc)
		return xdps_fail_errno(err, -rc, "mapping what wakes the reader");
	return XDPS_OK;
}

/* Writable only for map rings, where we store how far we have read. */
static enum xdps_status map_cpus(struct xdps_memory *m, const struct xdps_grant *g,
				 struct xdps_error *err)
{
	int access = g->ring_kind == XDPS_RING_PERF ? PROT_READ : PROT_READ | PROT_WRITE;
	void *map = mmap(NULL, xdps_counters_bytes(g->n_cpus), access, MAP_SHARED, g->cpus_fd, 0);

	if (map == MAP_FAILED)
		return xdps_fail_errno(err, errno, "mapping the counters of %u CPUs",
				       g->n_cpus);
	m->cpus = map;
	m->n_cpus = g->n_cpus;
	return XDPS_OK;
}

/* Tells other readers how far this ring has been read. */
static void leave_word(struct xdps_memory *m, unsigned int ring)
{
	m->rings[ring].read_at = xdps_readers_position(&m->readers, ring);
	*m->rings[ring].read_at = m->rings[ring].tail;
}

/* The shared memory has room for all rings that may be added. */
static enum xdps_status open_readers(struct xdps_memory *m, struct xdps_error *err)
{
	int rc = xdps_readers_open(&m->readers, m->n_cpus);

	if (rc)
		return xdps_fail_errno(err, -rc,
				       "mapping memory to be shared with the processes that fork() makes");
	for (unsigned int i = 0; i < m->n_rings; i++)
		leave_word(m, i);
	return XDPS_OK;
}

enum xdps_status xdps_memory_map(struct xdps_memory *m, const struct xdps_grant *g,
				 struct xdps_error *err)
{
	bool are_perf = g->ring_kind == XDPS_RING_PERF;
	enum xdps_status status;

	status = make_lists(m, g->n_rings, are_perf ? g->n_rings : 1, err);
	if (!status)
		status = map_cpus(m, g, err);
	if (!status)
		status = are_perf ? map_perf_rings(m, g, err) : map_map_rings(m, g, err);
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
		return xdps_fail_errno(err, ENOMEM, "making a list of %u rings",
				       m->n_rings + 1);
	return XDPS_OK;
}

enum xdps_status xdps_memory_add(struct xdps_memory *m, const struct xdps_grant *g,
				 struct xdps_error *err)
{
	enum xdps_status status = lengthen_lists(m, err);

	if (!status)
		status = g->ring_kind == XDPS_RING_PERF ? add_perf_ring(m, g, err) :
							  add_map_ring(m, g, err);
	if (!status)
		leave_word(m, m->n_rings++);
	return status;
}

/*
 * Maps them at any address: the child may have put something of its own at the old one by
 * now.  Only the ring points into the mapping.
 */
static enum xdps_status map_again(struct xdps_memory *m, const struct xdps_grant *g,
				  struct xdps_error *err)
{
	void *map;

	for (; m->n_again < m->n_maps; m->n_again++) {
		map = map_perf_ring(m, g->ring_fds[m->n_again]);
		if (map == MAP_FAILED)
			return xdps_fail_errno(err, errno,
					       "mapping ring %u of %u again after fork",
					       m->n_again + 1, m->n_rings);
		m->maps[m->n_again] = map;
		xdps_ring_move(&m->rings[m->n_again], map, m->page_bytes);
	}
	m->n_again = 0;
	return XDPS_OK;
}

enum xdps_status xdps_memory_after_fork(struct xdps_memory *m, const struct xdps_grant *g,
					struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;

	if (!xdps_readers_has_forked(&m->readers))
		return XDPS_OK;
	if (g->ring_kind == XDPS_RING_PERF)
		status = map_again(m, g, err);
	if (!status)
		xdps_readers_enter(&m->readers);
	return status;
}

void xdps_memory_resume(struct xdps_memory *m)
{
	for (unsigned int i = 0; i < m->n_rings; i++)
		xdps_ring_resume(&m->rings[i], *m->rings[i].read_at);
}

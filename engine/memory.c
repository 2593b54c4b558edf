// SPDX-License-Identifier: BSD-3-Clause
/*
 * memory.c: the kernel's memory in our address space: rings and counters.
 */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "counters.h"
#include "error.h"

void xdps_memory_init(struct xdps_memory *m)
{
	*m = (struct xdps_memory){ .page_bytes = sysconf(_SC_PAGESIZE) };
}

void xdps_memory_free(struct xdps_memory *m)
{
	/* Where a child has not mapped them again, something else may lie by now. */
	unsigned int n = !m->same_process || *m->same_process ? m->n_rings : m->n_again;

	for (unsigned int i = 0; i < n; i++)
		munmap(m->rings[i].page, m->map_bytes);
	free(m->rings);
	if (m->counters)
		munmap((void *)m->counters, xdps_counters_bytes(m->n_counters));
	if (m->same_process)
		munmap(m->same_process, m->page_bytes);
	xdps_memory_init(m);
}

static void *map_ring(const struct xdps_memory *m, int fd)
{
	return mmap(NULL, m->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static enum xdps_status map_rings(struct xdps_memory *m, const struct xdps_grant *g,
				  struct xdps_error *err)
{
	void *map;

	m->map_bytes = m->page_bytes + g->ring_bytes;
	m->rings = calloc(g->n_rings, sizeof(*m->rings));
	if (!m->rings)
		return xdps_fail_errno(err, ENOMEM, "making a list of %u rings",
				       g->n_rings);

	for (; m->n_rings < g->n_rings; m->n_rings++) {
		map = map_ring(m, g->ring_fds[m->n_rings]);
		if (map == MAP_FAILED)
			return xdps_fail_errno(err, errno, "mapping ring %u of %u, %u KiB",
					       m->n_rings + 1, g->n_rings,
					       g->ring_bytes >> 10);
		if (xdps_ring_init(&m->rings[m->n_rings], map, m->map_bytes,
				   m->page_bytes)) {
			munmap(map, m->map_bytes);
			return xdps_fail(err, XDPS_FAILED,
					 "the helper made rings of %u bytes, which is no power of two of pages",
					 g->ring_bytes);
		}
	}
	return XDPS_OK;
}

static enum xdps_status map_counters(struct xdps_memory *m, const struct xdps_grant *g,
				     struct xdps_error *err)
{
	void *map = mmap(NULL, xdps_counters_bytes(g->n_counters), PROT_READ,
			 MAP_SHARED, g->counters_fd, 0);

	if (map == MAP_FAILED)
		return xdps_fail_errno(err, errno, "mapping the counters of %u CPUs",
				       g->n_counters);
	m->counters = map;
	m->n_counters = g->n_counters;
	return XDPS_OK;
}

/* One page that says true here, and false in every child (MADV_WIPEONFORK). */
static enum xdps_status map_guard(struct xdps_memory *m, struct xdps_error *err)
{
	void *page = mmap(NULL, m->page_bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return xdps_fail_errno(err, errno, "mapping a page of memory");
	m->same_process = page;
	*m->same_process = true;
	if (madvise(page, m->page_bytes, MADV_WIPEONFORK))
		return xdps_fail_errno(err, errno,
				       "asking for a page of memory that tells of a fork");
	return XDPS_OK;
}

enum xdps_status xdps_memory_map(struct xdps_memory *m, const struct xdps_grant *g,
				 struct xdps_error *err)
{
	enum xdps_status status;

	status = map_rings(m, g, err);
	if (!status)
		status = map_counters(m, g, err);
	if (!status)
		status = map_guard(m, err);
	return status;
}

/*
 * Anywhere: where they were the child may have put something of its own by
 * now.  Nothing but the ring points into them.
 */
enum xdps_status xdps_memory_after_fork(struct xdps_memory *m, const struct xdps_grant *g,
					struct xdps_error *err)
{
	void *map;

	if (*m->same_process)
		return XDPS_OK;
	for (; m->n_again < m->n_rings; m->n_again++) {
		map = map_ring(m, g->ring_fds[m->n_again]);
		if (map == MAP_FAILED)
			return xdps_fail_errno(err, errno,
					       "mapping ring %u of %u again after fork",
					       m->n_again + 1, m->n_rings);
		xdps_ring_move(&m->rings[m->n_again], map, m->page_bytes);
	}
	m->n_again = 0;
	*m->same_process = true;
	return XDPS_OK;
}

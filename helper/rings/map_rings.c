// SPDX-License-Identifier: BSD-3-Clause
/*
 * map_rings.c: map rings: memory for the records, and a doorbell for the reader.
 */
#include "map_rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../common/error.h"
#include "../../common/fd.h"

#include "../host/privilege.h"

#define N_SHARED_FDS 2			/* the memory of the first rings, and the doorbell */

bool xdps_map_rings_exists(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return true;
#else
	return false;
#endif
}

/* Makes a map of `n` rings, one value for each. */
static int make_rings(const struct xdps_rings *r, const char *name, unsigned int n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
			      r->ring_bytes + XDPS_RING_MARGIN_BYTES, n, &opts);
}

/*
 * Maps that are added later must be like a template, which takes the memory of one ring
 * while this runs.  Returns 0 or a negative errno.
 */
static int make_more(struct xdps_rings *r)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd = make_rings(r, "pattern", 1);

	if (fd < 0)
		return fd;
	opts.inner_map_fd = fd;
	r->more_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "more", sizeof(uint32_t),
				    sizeof(uint32_t), r->n_max, &opts);
	close(fd);
	return r->more_fd < 0 ? r->more_fd : 0;
}

/* Makes all rings that are needed now, in one map.  Returns 0 or a negative errno. */
static int make_memory(struct xdps_rings *r)
{
	r->map_fd = make_rings(r, "map_rings", r->n);
	return r->map_fd < 0 ? r->map_fd : 0;
}

static int make_doorbell(struct xdps_rings *r)
{
	r->doorbell_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "doorbell", 0, 0, sysconf(_SC_PAGESIZE),
				    NULL);
	return r->doorbell_fd < 0 ? r->doorbell_fd : 0;
}

/* Lists the two descriptors for the reader. */
static void list_fds(struct xdps_rings *r)
{
	r->fds[r->n_fds++] = r->map_fd;
	r->fds[r->n_fds++] = r->doorbell_fd;
}

static int make_lists(struct xdps_rings *r, const struct xdps_cpus *cpus)
{
	r->fds = calloc(N_SHARED_FDS + r->n_max, sizeof(*r->fds));
	r->cpus = calloc(r->n_max, sizeof(*r->cpus));
	if (!r->fds || !r->cpus)
		return -ENOMEM;
	for (unsigned int i = 0; i < r->n; i++)
		r->cpus[i] = cpus->online[i];
	return 0;
}

int xdps_map_rings_open(struct xdps_rings *r, const struct xdps_cpus *cpus)
{
	int rc;

	r->kind = XDPS_RING_MAP;
	r->n = cpus->n_online;
	r->n_max = cpus->n_possible;
	rc = make_lists(r, cpus);
	if (!rc && xdps_map_rings_may_grow(r))
		rc = make_more(r);
	if (!rc)
		rc = make_memory(r);
	if (!rc)
		rc = make_doorbell(r);
	if (!rc)
		list_fds(r);
	return rc;
}

bool xdps_map_rings_may_grow(const struct xdps_rings *r)
{
	return r->kind == XDPS_RING_MAP && (r->more_fd >= 0 || r->n < r->n_max);
}

/* The ring is in place before the program on that CPU looks for it. */
enum xdps_supply xdps_map_rings_add(struct xdps_rings *r, uint32_t cpu, struct xdps_cpu *state,
				    struct xdps_error *why)
{
	int fd = make_rings(r, "map_rings", 1);

	if (fd < 0 || bpf_map_update_elem(r->more_fd, &r->n, &fd, BPF_ANY)) {
		xdps_fail_errno(why, -errno, "creating a ring of %u KiB", r->ring_bytes >> 10);
		xdps_fd_close(&fd);
		return XDPS_SUPPLY_REFUSED;
	}
	__atomic_store_n(&state->ring, r->n, __ATOMIC_RELEASE);
	r->fds[r->n_fds++] = fd;
	r->cpus[r->n++] = cpu;
	return XDPS_SUPPLY_ADDED;
}

void xdps_map_rings_close(struct xdps_rings *r)
{
	if (r->kind != XDPS_RING_MAP)
		return;
	while (r->n_fds > N_SHARED_FDS)
		close(r->fds[--r->n_fds]);
	xdps_fd_close(&r->more_fd);
	xdps_fd_close(&r->doorbell_fd);
}

enum xdps_status xdps_map_rings_explain(struct xdps_error *err, int rc,
					const struct xdps_rings *r, const char *doing)
{
	if (rc == -EPERM)
		return xdps_privilege_fail(err, rc, doing);
	if (rc == -E2BIG)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "ring=map: rings of %u KiB are more than this kernel puts into a map; ask for a smaller buffer, or leave ring=map out",
				 r->ring_bytes >> 10);
	return xdps_fail_errno(err, rc, "creating a map of %u rings of %u KiB", r->n,
			       r->ring_bytes >> 10);
}

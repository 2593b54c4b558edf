// SPDX-License-Identifier: BSD-3-Clause
/*
 * mapring.c: map rings: memory for the records, and a bell for the reader.
 */
#include "mapring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bpf/record.h"
#include "../engine/error.h"

#include "privilege.h"

bool xdps_mapring_exists(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return true;
#else
	return false;
#endif
}

/* All rings in one map, a value for each; 0 or an errno. */
static int make_memory(struct xdps_rings *r)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	r->map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "memory", sizeof(uint32_t),
				   r->ring_bytes + XDPS_RING_MARGIN_BYTES, r->n, &opts);
	return r->map_fd < 0 ? errno : 0;
}

static int make_bell(struct xdps_rings *r)
{
	r->bell_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "bell", 0, 0, sysconf(_SC_PAGESIZE),
				    NULL);
	return r->bell_fd < 0 ? errno : 0;
}

/* Both for the reader. */
static int list_fds(struct xdps_rings *r)
{
	r->fds = calloc(2, sizeof(*r->fds));
	if (!r->fds)
		return ENOMEM;
	r->fds[r->n_fds++] = r->map_fd;
	r->fds[r->n_fds++] = r->bell_fd;
	return 0;
}

int xdps_mapring_open(struct xdps_rings *r, unsigned int n_rings)
{
	int rc;

	r->kind = XDPS_RING_BPF;
	r->n = n_rings;
	rc = make_memory(r);
	if (!rc)
		rc = make_bell(r);
	if (!rc)
		rc = list_fds(r);
	return rc;
}

enum xdps_status xdps_mapring_explain(struct xdps_error *err, int errnum,
				      const struct xdps_rings *r, const char *doing)
{
	if (errnum == EPERM)
		return xdps_privilege_fail(err, errnum, doing);
	if (errnum == E2BIG)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "ring=bpf: rings of %u KiB are more than this kernel puts into a map; ask for a smaller buffer, or leave ring=bpf out",
				 r->ring_bytes >> 10);
	return xdps_fail_errno(err, errnum, "making a map with %u rings of %u KiB", r->n,
			       r->ring_bytes >> 10);
}

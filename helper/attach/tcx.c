// SPDX-License-Identifier: BSD-3-Clause
/*
 * tcx.c: a program among those that run for each packet that an interface sends.
 */
#include "tcx.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What linux/bpf.h has since 6.6. */
#define TCX_EGRESS 47			/* enum bpf_attach_type */
#define BEFORE (1u << 3)		/* BPF_F_BEFORE; with no other program: before all */

/* The beginning of union bpf_attr for BPF_LINK_CREATE ... */
struct link_create {
	uint32_t prog_fd;
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t relative_fd;
	uint32_t reserved;
	uint64_t expected_revision;
};

/* ... and for BPF_PROG_QUERY. */
struct prog_query {
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t prog_ids;
	uint32_t n_progs;
	uint32_t reserved;
	uint64_t prog_attach_flags;
	uint64_t link_ids;
	uint64_t link_attach_flags;
	uint64_t revision;
};

_Static_assert(sizeof(struct link_create) == 32 && sizeof(struct prog_query) == 64,
	       "no padding");

int xdps_tcx_attach(int prog_fd, int ifindex)
{
	struct link_create attr = {
		.prog_fd = (uint32_t)prog_fd,
		.ifindex = (uint32_t)ifindex,
		.attach_type = TCX_EGRESS,
		.flags = BEFORE,
	};
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

int xdps_tcx_query(int ifindex, struct xdps_tcx_chain *chain)
{
	struct prog_query attr = {
		.ifindex = (uint32_t)ifindex,
		.attach_type = TCX_EGRESS,
		.prog_ids = (uintptr_t)chain->programs,
		.link_ids = (uintptr_t)chain->links,
		.n_progs = XDPS_TCX_PROGRAMS_MAX,
	};

	*chain = (struct xdps_tcx_chain){ .n = 0 };
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)))
		return -errno;
	chain->n = attr.n_progs;
	return 0;
}

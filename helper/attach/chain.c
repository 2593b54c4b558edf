// SPDX-License-Identifier: BSD-3-Clause
/*
 * chain.c: the samplers of all captures that share a hook, one in each slot.
 */
#include "chain.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../common/fd.h"

#include "admission.h"

_Static_assert(XDPS_CHAIN_MAX == sizeof(uint64_t), "a byte for each, as the samplers see it");

void xdps_chain_init(struct xdps_chain *c)
{
	*c = (struct xdps_chain){ .slot = -1, .slots_fd = -1 };
}

int xdps_chain_enter(struct xdps_chain *c, int slots_fd, int members_fd, int slot,
		     enum xdps_member how)
{
	void *members = mmap(NULL, XDPS_CHAIN_MAX, PROT_READ | PROT_WRITE, MAP_SHARED,
			     members_fd, 0);
	int rc;

	if (members == MAP_FAILED)
		return -errno;
	c->slots_fd = fcntl(slots_fd, F_DUPFD_CLOEXEC, 0);
	if (c->slots_fd < 0) {
		rc = -errno;
		munmap(members, XDPS_CHAIN_MAX);
		return rc;
	}
	c->members = members;
	c->slot = slot;
	c->members[slot] = how;
	return 0;
}

bool xdps_chain_is_kept(const struct xdps_chain *c)
{
	for (int i = 0; c->members && i < XDPS_CHAIN_MAX; i++)
		if (i != c->slot && c->members[i] == XDPS_MEMBER_STAYS)
			return true;
	return false;
}

static void take_out(const struct xdps_chain *c, uint32_t slot)
{
	bpf_map_delete_elem(c->slots_fd, &slot);
	c->members[slot] = XDPS_MEMBER_NONE;
}

/* While we have the name of a slot, nobody else can take it. */
void xdps_chain_sweep(const struct xdps_chain *c, const struct xdps_interface *iface)
{
	for (int i = 0; c->members && i < XDPS_CHAIN_MAX; i++) {
		int name_fd;

		if (i == c->slot || c->members[i] == XDPS_MEMBER_NONE)
			continue;
		name_fd = xdps_admission_bind(iface, i);
		if (name_fd < 0)
			continue;
		take_out(c, i);
		close(name_fd);
	}
}

void xdps_chain_leave(struct xdps_chain *c)
{
	if (!c->members)
		return;
	take_out(c, c->slot);
	munmap((void *)c->members, XDPS_CHAIN_MAX);
	xdps_fd_close(&c->slots_fd);
	xdps_chain_init(c);
}

bool xdps_chain_is_full(int slots_fd)
{
	for (uint32_t i = 0; i < XDPS_CHAIN_MAX; i++) {
		uint32_t id;

		if (bpf_map_lookup_elem(slots_fd, &i, &id))
			return false;
	}
	return true;
}

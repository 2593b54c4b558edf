// SPDX-License-Identifier: BSD-3-Clause
/*
 * target.c: which XDP program is on the interface, and which programs it calls.
 *
 * choose.c chooses the one that the user means.
 */
#include "target.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../common/device.h"
#include "../../common/error.h"
#include "../../common/fd.h"

#include "../host/privilege.h"

#define OWN_NAME "xdpsample_entry"

/* How often a program may disappear between being found and being looked at. */
#define RACES_MAX 5

/* Where libxdp pins a component: index of the interface, id of the dispatcher, place. */
#define PIN_FORMAT "/sys/fs/bpf/xdp/dispatch-%d-%u/prog%u-prog"

_Static_assert(sizeof(((struct xdps_program *)0)->short_name) == BPF_OBJ_NAME_LEN,
	       "a name of the kernel fits");

static void program_init(struct xdps_program *p)
{
	*p = (struct xdps_program){ .fd = -1 };
}

static void program_free(struct xdps_program *p)
{
	xdps_fd_close(&p->fd);
	program_init(p);
}

/*
 * The kernel's own name has 15 characters.  It is the only one for a program with types
 * of a newer kind than this libbpf knows.  Returns 0 or a negative errno.
 */
static int read_whole_name(struct xdps_program *p, uint32_t btf, uint32_t type_id)
{
	const struct btf_type *type;
	struct btf *types;

	types = btf__load_from_kernel_by_id(btf);
	if (!types)
		return errno == EINVAL ? 0 : -errno;
	type = btf__type_by_id(types, type_id);
	if (type && btf_is_func(type)) {
		snprintf(p->name, sizeof(p->name), "%s",
			 btf__name_by_offset(types, type->name_off));
		p->btf_id = type_id;
	}
	btf__free(types);
	return 0;
}

/* Takes over `fd`.  Returns 0 or a negative errno. */
static int read_program(struct xdps_program *p, int fd)
{
	struct bpf_func_info function = { 0 };
	struct bpf_prog_info info = {
		.nr_func_info = 1,	/* the first is the one that is called */
		.func_info_rec_size = sizeof(function),
		.func_info = (uintptr_t)&function,
	};
	__u32 bytes = sizeof(info);

	p->fd = fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &bytes))
		return -errno;
	p->id = info.id;
	p->is_compiled = info.jited_prog_len;
	p->type = info.type;
	snprintf(p->short_name, sizeof(p->short_name), "%s", info.name);
	snprintf(p->name, sizeof(p->name), "%s", info.name);
	if (!info.btf_id || !function.type_id)
		return 0;
	return read_whole_name(p, info.btf_id, function.type_id);
}

static int open_program(struct xdps_program *p, uint32_t id)
{
	int fd = bpf_prog_get_fd_by_id(id);

	return fd < 0 ? -errno : read_program(p, fd);
}

int xdps_target_query(const struct xdps_interface *iface, uint32_t *id, enum xdps_mode *mode)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, found);
	struct xdps_device_programs programs;
	int rc;

	rc = bpf_xdp_query(iface->index, 0, &found);
	if (rc)
		return rc;
	programs = (struct xdps_device_programs){
		.native = found.drv_prog_id,
		.generic = found.skb_prog_id,
		.offloaded = found.hw_prog_id,
	};
	*id = xdps_device_program(&programs, mode);
	return 0;
}

static bool has_component(const struct xdps_target *t, uint32_t id)
{
	for (unsigned int i = 0; i < t->n_components; i++)
		if (t->components[i].id == id)
			return true;
	return false;
}

/* Takes over `fd`, and adds its program as a component if it can be one. */
static void add_component(struct xdps_target *t, int fd, uint32_t place)
{
	struct xdps_program p;
	unsigned int at;

	program_init(&p);
	if (read_program(&p, fd) || p.type != BPF_PROG_TYPE_EXT ||
	    has_component(t, p.id) || t->n_components == XDPS_COMPONENTS_MAX) {
		program_free(&p);
		return;
	}
	p.place = place;
	for (at = t->n_components++; at && t->components[at - 1].place > place; at--)
		t->components[at] = t->components[at - 1];
	t->components[at] = p;
}

/* A link of something to a function of the attached program. */
static bool leads_to_attached(const struct xdps_target *t, const struct bpf_link_info *info)
{
	return info->type == BPF_LINK_TYPE_TRACING &&
	       info->tracing.target_obj_id == t->attached.id;
}

/* The link by which the program is attached. */
static bool attaches(const struct xdps_target *t, const struct xdps_interface *iface,
		     const struct bpf_link_info *info)
{
	return info->type == BPF_LINK_TYPE_XDP && info->prog_id == t->attached.id &&
	       info->xdp.ifindex == (__u32)iface->index;
}

static void look_at_link(struct xdps_target *t, const struct xdps_interface *iface, int link_fd)
{
	struct bpf_link_info info = { 0 };
	__u32 bytes = sizeof(info);
	int fd;

	if (bpf_obj_get_info_by_fd(link_fd, &info, &bytes))
		return;
	if (attaches(t, iface, &info))
		t->by_link = true;
	if (!leads_to_attached(t, &info))
		return;
	fd = bpf_prog_get_fd_by_id(info.prog_id);
	if (fd >= 0)
		add_component(t, fd, info.tracing.target_btf_id);
}

/*
 * Goes through all links, because there is no list of those of one program.  The
 * functions of a dispatcher are in its BTF in the order in which it calls them.
 */
static void find_by_links(struct xdps_target *t, const struct xdps_interface *iface)
{
	uint32_t id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int link_fd = bpf_link_get_fd_by_id(id);

		if (link_fd < 0)
			continue;
		look_at_link(t, iface, link_fd);
		close(link_fd);
	}
}

/* Before 6.1, a link does not say where it leads. */
static void find_by_pins(struct xdps_target *t, const struct xdps_interface *iface)
{
	char path[sizeof(PIN_FORMAT) + 3 * sizeof("4294967295")];

	for (unsigned int i = 0; i < XDPS_COMPONENTS_MAX; i++) {
		int fd;

		snprintf(path, sizeof(path), PIN_FORMAT, iface->index, t->attached.id, i);
		fd = bpf_obj_get(path);
		if (fd >= 0)
			add_component(t, fd, i);
	}
}

/* Returns 0 or a negative errno. */
static int look_closely(struct xdps_target *t, const struct xdps_interface *iface)
{
	int rc;

	xdps_target_free(t);
	rc = xdps_target_query(iface, &t->attached.id, &t->mode);
	if (!rc && t->attached.id)
		rc = open_program(&t->attached, t->attached.id);
	if (rc || !t->attached.id)
		return rc;
	find_by_links(t, iface);
	if (!t->n_components)
		find_by_pins(t, iface);
	return 0;
}

/*
 * The program may have disappeared meanwhile, and another one may have come.  A program
 * that we may not look at may be that of a capture that is about to end.
 */
static int look_patiently(struct xdps_target *t, const struct xdps_interface *iface)
{
	const struct timespec step = { .tv_nsec = XDPS_LEAVING_STEP_NS };
	int races = 0, steps = 0, rc;

	for (;;) {
		rc = look_closely(t, iface);
		if (rc == -ENOENT && races++ < RACES_MAX)
			continue;
		if (rc != -EPERM || steps++ == XDPS_LEAVING_STEPS)
			return rc;
		nanosleep(&step, NULL);
	}
}

static enum xdps_status explain(const struct xdps_target *t, int rc,
				const struct xdps_interface *iface,
				struct xdps_error *err)
{
	char program[64], doing[128];

	if (!t->attached.id) {
		snprintf(doing, sizeof(doing),
			 "%s: querying the attached XDP program", iface->name);
		return xdps_privilege_fail(err, rc, doing);
	}
	xdps_target_describe(t, program, sizeof(program));
	snprintf(doing, sizeof(doing), "%s: opening %s", iface->name, program);
	return xdps_privilege_fail_for(err, rc, CAP_SYS_ADMIN, doing);
}

void xdps_target_init(struct xdps_target *t)
{
	memset(t, 0, sizeof(*t));
	program_init(&t->attached);
}

enum xdps_status xdps_target_find(struct xdps_target *t, const struct xdps_interface *iface,
				  const struct xdps_request *request, struct xdps_error *err)
{
	int rc = look_patiently(t, iface);

	if (rc)
		return explain(t, rc, iface, err);
	return xdps_target_choose(t, iface->name, request, err);
}

enum xdps_status xdps_target_survey(struct xdps_target *t, const struct xdps_interface *iface,
				    struct xdps_error *err)
{
	int races = 0, rc;

	do {
		rc = look_closely(t, iface);
	} while (rc == -ENOENT && races++ < RACES_MAX);
	return rc ? explain(t, rc, iface, err) : XDPS_OK;
}

void xdps_target_look(struct xdps_target *t, const struct xdps_interface *iface)
{
	xdps_target_free(t);
	if (!xdps_target_query(iface, &t->attached.id, &t->mode) && t->attached.id)
		open_program(&t->attached, t->attached.id);
}

bool xdps_target_is_own(const struct xdps_target *t)
{
	return !strcmp(t->attached.name, OWN_NAME);
}

uint32_t xdps_target_mode_flags(enum xdps_mode mode, uint32_t of_auto)
{
	switch (mode) {
	case XDPS_MODE_NATIVE:
		return XDP_FLAGS_DRV_MODE;
	case XDPS_MODE_GENERIC:
		return XDP_FLAGS_SKB_MODE;
	case XDPS_MODE_AUTO:
		break;
	}
	return of_auto;
}

bool xdps_target_is_attached(const struct xdps_target *t, const struct xdps_interface *iface)
{
	uint32_t id;

	return bpf_xdp_query_id(iface->index,
				(int)xdps_target_mode_flags(t->mode, XDP_FLAGS_HW_MODE), &id) ||
	       id == t->attached.id;
}

void xdps_target_free(struct xdps_target *t)
{
	program_free(&t->attached);
	for (unsigned int i = 0; i < t->n_components; i++)
		program_free(&t->components[i]);
	xdps_target_init(t);
}

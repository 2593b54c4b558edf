// SPDX-License-Identifier: BSD-3-Clause
/*
 * tagger.c: the entry that asks the card for the VLAN tags that it takes off (Linux 6.8).
 */
#include "tagger.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>

#include "../../bpf/record.h"
#include "../../common/error.h"

#include "../host/kernel.h"

#include "tag.skel.h"

/* What linux/bpf.h has since 6.3. */
#define DEVICE_BOUND (1u << 6)		/* BPF_F_XDP_DEV_BOUND_ONLY */

/* What libbpf says is in the debugging output of nobody: the plain entry is used then. */
static int keep_quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static int load(struct xdps_tagger *t, const struct xdps_interface *iface, bool frags)
{
	struct bpf_program *entry;

	t->skeleton = xdpstag__open();
	if (!t->skeleton)
		return -errno;
	entry = t->skeleton->progs.xdpsample_entry;
	t->skeleton->bss->members.has_tags = 1;
	bpf_program__set_ifindex(entry, (uint32_t)iface->index);
	bpf_program__set_flags(entry, DEVICE_BOUND | (frags ? BPF_F_XDP_HAS_FRAGS : 0));
	return xdpstag__load(t->skeleton);
}

enum xdps_status xdps_tagger_load(struct xdps_tagger *t, const struct xdps_interface *iface,
				  const struct xdps_fragments *fragments, struct xdps_error *err)
{
	int rc;

	*t = (struct xdps_tagger){ .prog_fd = -1 };
	if (xdps_kernel_is_before(6, 8))
		return xdps_fail(err, XDPS_UNSUPPORTED, "Linux has told XDP programs about VLAN tags since 6.8");
	libbpf_set_print(keep_quiet);
	rc = load(t, iface, fragments->exist);
	if (rc) {
		xdps_tagger_free(t);
		return xdps_fail_errno(err, rc, "%s: loading a program that asks the driver for VLAN tags",
				       iface->name);
	}
	t->prog_fd = bpf_program__fd(t->skeleton->progs.xdpsample_entry);
	t->chain = (struct xdps_chain_maps){
		.slots_fd = bpf_map__fd(t->skeleton->maps.chain),
		.members_fd = bpf_map__fd(t->skeleton->maps.bss),
		.tags_fd = bpf_map__fd(t->skeleton->maps.tags),
		.has_tags = true,
	};
	return XDPS_OK;
}

void xdps_tagger_free(struct xdps_tagger *t)
{
	xdpstag__destroy(t->skeleton);
	*t = (struct xdps_tagger){ .prog_fd = -1 };
}

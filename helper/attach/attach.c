// SPDX-License-Identifier: BSD-3-Clause
/*
 * attach.c: attaches the program to the interface, by a link that ends with this process.
 *
 * A program that is already there is never replaced: a link cannot do that, and we do not
 * ask for it.  The driver's own message about a refusal is not available (it is put into
 * a netlink answer, which a bpf() call does not have), so we have to name the likely
 * reasons.
 */
#include "attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../common/error.h"
#include "../../common/names.h"

#include "../host/debug.h"
#include "../host/kernel.h"
#include "../host/privilege.h"
#include "../target/target.h"

#define PROGRAM_BYTES 120
#define DRIVER_BYTES 32

/*
 * A page, minus generous head and tail room: above this, a driver has to support
 * fragments.
 */
#define MTU_OF_ONE_PAGE 3000		/* bytes */

/*
 * "auto" is the kernel's choice, except on a veth.  There, native mode disables
 * segmentation offload at the other end, so that the host's own TCP gets half the
 * throughput, and a native program does not see what bpf_redirect_peer() delivers to a
 * container.  Generic mode costs a veth's packets less, because they are already skbs
 * (doc/comparison.md has figures).
 */
enum xdps_mode xdps_attach_choose_mode(const struct xdps_interface *iface, enum xdps_mode asked)
{
	char driver[DRIVER_BYTES];

	if (asked != XDPS_MODE_AUTO)
		return asked;
	xdps_interface_driver(iface, driver, sizeof(driver));
	return strcmp(driver, "veth") ? XDPS_MODE_AUTO : XDPS_MODE_GENERIC;
}

static void debug_mode(const struct xdps_interface *iface, enum xdps_mode asked,
		       enum xdps_mode chosen)
{
	enum xdps_mode mode;
	uint32_t id;

	if (asked != XDPS_MODE_AUTO)
		xdps_debug("%s: attached in %s mode, as requested by mode=", iface->name,
			   xdps_mode_word(asked));
	else if (chosen == XDPS_MODE_GENERIC)
		xdps_debug("%s: attached in generic mode, because on a veth native mode would disable segmentation offload on the peer",
			   iface->name);
	else if (!xdps_target_query(iface, &id, &mode))
		xdps_debug("%s: attached in %s mode, which the kernel chose for this driver",
			   iface->name, xdps_mode_word(mode));
}

static enum xdps_status explain_busy(const struct xdps_interface *iface, int rc,
				     struct xdps_error *err)
{
	char program[PROGRAM_BYTES];
	struct xdps_target occupant;

	xdps_target_init(&occupant);
	xdps_target_look(&occupant, iface);
	xdps_target_describe(&occupant, program, sizeof(program));
	if (!occupant.attached.id)
		xdps_fail(err, XDPS_BUSY,
			  "%s: attaching the XDP program: %s; the driver, or an XDP program on an interface above it (a bond?), prevents it",
			  iface->name, strerror(-rc));
	else if (xdps_target_is_own(&occupant))
		xdps_fail(err, XDPS_BUSY,
			  "%s: another xdpsample capture is already running: %s; an interface takes one XDP program at a time",
			  iface->name, program);
	else
		xdps_fail(err, XDPS_BUSY,
			  "%s: %s is already attached; an interface takes one XDP program at a time",
			  iface->name, program);
	xdps_target_free(&occupant);
	return err->status;
}

/* Explains why the driver refused. */
static enum xdps_status explain_driver(const struct xdps_interface *iface, int rc,
				       enum xdps_mode mode, struct xdps_error *err)
{
	char name[DRIVER_BYTES], driver[DRIVER_BYTES + 8] = "";

	xdps_interface_driver(iface, name, sizeof(name));
	if (name[0])
		snprintf(driver, sizeof(driver), " (%s)", name);
	if (rc == -EOPNOTSUPP && !strcmp(name, "virtio_net"))
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: the driver%s refuses XDP in native mode: %s; its receive offloads are on, and the host does not let it switch them off (ctrl_guest_offloads); use mode=generic",
				 iface->name, driver, strerror(-rc));
	if (rc == -EOPNOTSUPP && mode == XDPS_MODE_NATIVE)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: the driver%s does not support XDP in native mode, or not with its current settings: %s; mode=generic works with every driver",
				 iface->name, driver, strerror(-rc));
	if (rc == -ERANGE || iface->mtu > MTU_OF_ONE_PAGE)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: the driver%s refuses XDP in native mode: %s; the MTU (%u here, or the peer's) may be too large: reduce it, or use mode=generic",
				 iface->name, driver, strerror(-rc), iface->mtu);
	return xdps_fail(err, XDPS_UNSUPPORTED,
			 "%s: the driver%s refuses XDP in native mode: %s; mode=generic works with every driver",
			 iface->name, driver, strerror(-rc));
}

static enum xdps_status explain_forbidden(const struct xdps_interface *iface, int rc,
					  struct xdps_error *err)
{
	char doing[IF_NAMESIZE + 40];

	snprintf(doing, sizeof(doing), "%s: attaching the XDP program", iface->name);
	return xdps_privilege_fail(err, rc, doing);
}

static enum xdps_status explain(const struct xdps_interface *iface, int rc,
				enum xdps_mode mode, struct xdps_error *err)
{
	if (rc == -EBUSY || rc == -EEXIST)
		return explain_busy(iface, rc, err);
	if (rc == -EPERM || rc == -EACCES)
		return explain_forbidden(iface, rc, err);
	if (!xdps_interface_exists(iface))
		return xdps_fail(err, XDPS_NO_DEVICE,
				 "%s: the interface disappeared before the XDP program was attached",
				 iface->name);
	if (rc == -EINVAL && xdps_kernel_is_before(5, 9))
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: attaching the XDP program: %s; XDP links need Linux 5.9 or later",
				 iface->name, strerror(-rc));
	if (mode == XDPS_MODE_GENERIC || rc == -ENOMEM ||
	    rc == -EMFILE || rc == -ENFILE)
		return xdps_fail_errno(err, rc,
				       "%s: attaching the XDP program", iface->name);
	return explain_driver(iface, rc, mode, err);
}

enum xdps_status xdps_attach(int *link_fd, int prog_fd,
			     const struct xdps_interface *iface,
			     enum xdps_mode mode, struct xdps_error *err)
{
	enum xdps_mode chosen = xdps_attach_choose_mode(iface, mode);
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = xdps_target_mode_flags(chosen, 0));
	int fd = bpf_link_create(prog_fd, iface->index, BPF_XDP, &opts);

	if (fd < 0)
		return explain(iface, fd, chosen, err);
	*link_fd = fd;
	debug_mode(iface, mode, chosen);
	return XDPS_OK;
}

/* A link that was detached has no interface (bpf_xdp_link_fill_link_info()). */
bool xdps_attach_is_in_place(int link_fd)
{
	struct bpf_link_info info = { 0 };
	__u32 bytes = sizeof(info);

	return bpf_obj_get_info_by_fd(link_fd, &info, &bytes) || info.xdp.ifindex;
}

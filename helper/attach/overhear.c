// SPDX-License-Identifier: BSD-3-Clause
/*
 * overhear.c: notices that somebody could not attach an XDP program because of ours.
 */
#include "overhear.h"

#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <linux/if_link.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../common/device.h"
#include "../../common/error.h"
#include "../../common/fd.h"

#include "refusal.h"
#include "refusal.skel.h"

/* What the kernel has of "xdpsample-helper". */
#define OWN_COMM "xdpsample-helpe"

void xdps_overhear_init(struct xdps_overhear *o)
{
	*o = (struct xdps_overhear){ .fd = -1, .pidfd = -1 };
}

/* The index in an attribute of an interface, such as that of its master; 0: none. */
static int index_in(int ifindex, unsigned short attr)
{
	struct xdps_netlink answer;

	if (xdps_device_ask(&answer, ifindex, NULL))
		return 0;
	return (int)xdps_attr_u32(xdps_device_attr((const void *)answer.buf, attr));
}

/* The other end of a veth is in IFLA_LINK as well, and is not below it. */
static bool is_directly_below(int ifindex, const struct xdps_interface *iface)
{
	return index_in(ifindex, IFLA_MASTER) == iface->index ||
	       (strcmp(iface->kind, "veth") && index_in(iface->index, IFLA_LINK) == ifindex);
}

static bool is_in_the_way(const struct xdps_wish *w, const struct xdps_interface *iface)
{
	int asked = w->ifindex > 0 ? w->ifindex : (int)if_nametoindex(w->name);

	switch (w->obstacle) {
	case XDPS_OBSTACLE_NONE:
		break;
	case XDPS_OBSTACLE_THERE:
		return !w->is_known || asked == iface->index;
	case XDPS_OBSTACLE_ABOVE:
		return w->is_known && is_directly_below(asked, iface);
	case XDPS_OBSTACLE_BELOW:
		return w->is_known && (asked == iface->index ||
				       index_in(iface->index, IFLA_MASTER) == asked);
	}
	return false;
}

/* A process may give itself any name. */
static void name(char who[XDPS_WHO_BYTES], const struct xdps_refusal *r)
{
	int len = snprintf(who, XDPS_WHO_BYTES, "%.*s (process %u)", (int)sizeof(r->comm),
			   r->comm, r->pid);

	for (int i = 0; i < len; i++)
		if (!isprint((unsigned char)who[i]))
			who[i] = '?';
}

/* Of several loaders, the last one is waited for.  It may have been faster than we. */
static void await_loader(struct xdps_overhear *o, const struct xdps_refusal *r)
{
	xdps_fd_close(&o->pidfd);
	o->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	name(o->pidfd < 0 ? o->who : o->loader, r);
}

/* Other captures on the interface find their own way. */
static int hear(void *ctx, void *data, size_t bytes)
{
	struct xdps_overhear *o = ctx;
	const struct xdps_refusal *r = data;
	struct xdps_wish wish;

	if (bytes >= sizeof(*r) && xdps_refusal_is_loader(r, o->iface->name)) {
		await_loader(o, r);
		return 0;
	}
	if (bytes < sizeof(*r) || !strncmp(r->comm, OWN_COMM, sizeof(r->comm)))
		return 0;
	wish = xdps_refusal_read(r);
	if (is_in_the_way(&wish, o->iface))
		name(o->who, r);
	return 0;
}

static int open_all(struct xdps_overhear *o, const struct xdps_interface *iface)
{
	int rc;

	o->skeleton = xdpsrefusal__open();
	if (!o->skeleton)
		return -errno;
	o->skeleton->rodata->config = (struct xdps_refusal_config){
		.netns = iface->netns,
		.nr_sendmsg = SYS_sendmsg,
		.nr_sendto = SYS_sendto,
		.nr_bpf = SYS_bpf,
	};
	rc = xdpsrefusal__load(o->skeleton);
	if (!rc)
		rc = xdpsrefusal__attach(o->skeleton);
	if (rc)
		return rc;
	o->ring = ring_buffer__new(bpf_map__fd(o->skeleton->maps.refusals), hear, o, NULL);
	return o->ring ? 0 : -errno;
}

enum xdps_status xdps_overhear_open(struct xdps_overhear *o, const struct xdps_interface *iface,
				    struct xdps_error *err)
{
	int rc;

	if (!iface->netns)
		return xdps_fail(err, XDPS_UNSUPPORTED, "%s: its network namespace is not known",
				 iface->name);
	rc = open_all(o, iface);
	if (rc) {
		xdps_overhear_close(o);
		return xdps_fail_errno(err, rc, "%s: a BPF program at the tracepoint netlink_extack",
				       iface->name);
	}
	o->iface = iface;
	o->fd = ring_buffer__epoll_fd(o->ring);
	return XDPS_OK;
}

static void look_after_loader(struct xdps_overhear *o)
{
	struct pollfd p = { .fd = o->pidfd, .events = POLLIN };

	if (o->pidfd < 0 || poll(&p, 1, 0) <= 0)
		return;
	xdps_fd_close(&o->pidfd);
	memcpy(o->who, o->loader, sizeof(o->who));
}

bool xdps_overhear_next(struct xdps_overhear *o)
{
	o->who[0] = '\0';
	if (o->ring)
		ring_buffer__consume(o->ring);
	look_after_loader(o);
	return o->who[0];
}

void xdps_overhear_close(struct xdps_overhear *o)
{
	xdps_fd_close(&o->pidfd);
	ring_buffer__free(o->ring);
	xdpsrefusal__destroy(o->skeleton);
	xdps_overhear_init(o);
}

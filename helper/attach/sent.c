// SPDX-License-Identifier: BSD-3-Clause
/*
 * sent.c: the packets that the interface sends: our program in their way.
 */
#include "sent.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/error.h"
#include "../../common/fd.h"

#include "../host/debug.h"
#include "../host/now.h"
#include "../host/privilege.h"

#include "tcx.h"

#define OWN_NAME "xdpsample_sent"
#define LOOK_EVERY_MS 500
#define DOING_BYTES (IF_NAMESIZE + 48)

/* IEEE has reserved it, and the socket is shown only this while nothing is captured. */
#define NO_PROTOCOL 0xffff

void xdps_sent_init(struct xdps_sent *t)
{
	memset(t, 0, sizeof(*t));
	t->link_fd = -1;
	t->sock = -1;
	xdps_object_init(&t->object);
}

/* Errors of other kinds are explained when a program is attached. */
void xdps_sent_prepare(struct xdps_sent *t, const struct xdps_interface *iface)
{
	struct xdps_tcx_chain chain;

	t->has_tcx = xdps_tcx_query(iface->index, &chain) != -EINVAL;
	if (t->has_tcx)
		return;
	t->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	t->sock_errno = t->sock < 0 ? errno : 0;
}

bool xdps_sent_is_wanted(const struct xdps_setting *s)
{
	return s->request.dir == XDPS_DIR_OUT ||
	       (s->request.dir == XDPS_DIR_BOTH && !s->iface.is_loopback);
}

static int bind_to(int sock, uint16_t protocol, int ifindex)
{
	const struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = ifindex,
	};

	return bind(sock, (const struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
}

/* Attaches first: without a program, the socket would take every packet. */
static int attach_to_socket(struct xdps_sent *t, int prog_fd, int ifindex)
{
	if (setsockopt(t->sock, SOL_SOCKET, SO_ATTACH_BPF, &prog_fd, sizeof(prog_fd)))
		return -errno;
	return bind_to(t->sock, ETH_P_ALL, ifindex);
}

static int attach_to_tcx(struct xdps_sent *t, int prog_fd, int ifindex)
{
	struct bpf_link_info info = { 0 };
	__u32 bytes = sizeof(info);
	int fd = xdps_tcx_attach(prog_fd, ifindex);

	if (fd < 0)
		return fd;
	t->link_fd = fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &bytes))
		return -errno;
	t->link_id = info.id;
	t->in_place_ms = xdps_now_ms();
	return 0;
}

static int attach(struct xdps_sent *t, const struct xdps_interface *iface)
{
	const int prog_fd = bpf_program__fd(t->object.entry);

	return t->place == XDPS_SENT_AT_TCX ? attach_to_tcx(t, prog_fd, iface->index)
					    : attach_to_socket(t, prog_fd, iface->index);
}

static void detach(struct xdps_sent *t)
{
	xdps_fd_close(&t->link_fd);
	if (t->place == XDPS_SENT_AT_SOCKET)
		bind_to(t->sock, NO_PROTOCOL, 0);
}

static enum xdps_status choose_place(struct xdps_sent *t, const struct xdps_interface *iface,
				     struct xdps_error *err)
{
	if (t->has_tcx) {
		t->place = XDPS_SENT_AT_TCX;
		return XDPS_OK;
	}
	if (t->sock >= 0) {
		t->place = XDPS_SENT_AT_SOCKET;
		return XDPS_OK;
	}
	if (t->sock_errno == EPERM)
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "%s: capturing sent packets: the helper lacks CAP_NET_RAW for a packet socket, which this kernel needs for that (tcx: Linux 6.6)",
				 iface->name);
	return xdps_fail_errno(err, -t->sock_errno,
			       "%s: capturing sent packets: opening a packet socket",
			       iface->name);
}

static enum xdps_status place(struct xdps_sent *t, const struct xdps_setting *s,
			      const struct xdps_hook *hook, const struct xdps_rings *rings,
			      struct xdps_error *err)
{
	char doing[DOING_BYTES];
	const struct xdps_load load = {
		.request = &s->request,
		.sent = t->place,
		.iface = &s->iface,
		.fragments = &hook->fragments,
		.rings = rings,
		.before = &hook->object,
		.n_cpus = s->cpus.n_possible,
		.doing = doing,
	};
	int rc;

	snprintf(doing, sizeof(doing), "%s: capturing sent packets", s->iface.name);
	if (xdps_object_load(&t->object, &load, err) ||
	    xdps_filter_put(&t->filter, &t->object, err))
		return err->status;
	rc = attach(t, &s->iface);
	return rc ? xdps_privilege_fail(err, rc, doing) : XDPS_OK;
}

enum xdps_status xdps_sent_start(struct xdps_sent *t, const struct xdps_setting *s,
				 const struct xdps_hook *hook, const struct xdps_rings *rings,
				 struct xdps_error *err)
{
	if (t->place)
		return XDPS_OK;
	err->status = XDPS_OK;
	if (choose_place(t, &s->iface, err))
		return err->status;
	if (place(t, s, hook, rings, err)) {
		xdps_sent_stop(t);
		return err->status;
	}
	xdps_debug("%s: sent packets are captured %s", s->iface.name,
		   t->place == XDPS_SENT_AT_TCX ? "at tcx egress" :
		   "at a packet socket, because this kernel has no tcx (Linux 6.6)");
	return XDPS_OK;
}

void xdps_sent_stop(struct xdps_sent *t)
{
	detach(t);
	xdps_object_free(&t->object);
	t->place = XDPS_SENT_NOWHERE;
}

enum xdps_status xdps_sent_set_filter(struct xdps_sent *t, const struct xdps_filter_spec *spec,
				      enum xdps_filter *place, struct xdps_error *err)
{
	return xdps_filter_change(&t->filter, t->place ? &t->object : NULL, spec, true, place, err);
}

/*
 * Another capture's program lets everything through, and may be in front.  Without
 * CAP_SYS_ADMIN, it is like any other.
 */
static bool is_own(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	__u32 bytes = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	bool own;

	if (fd < 0)
		return false;
	own = !bpf_obj_get_info_by_fd(fd, &info, &bytes) && !strcmp(info.name, OWN_NAME);
	close(fd);
	return own;
}

static bool may_stay(const struct xdps_sent *t, uint32_t id)
{
	for (unsigned int i = 0; i < t->n_passed && i < XDPS_SENT_PASSED_MAX; i++)
		if (t->passed[i] == id)
			return true;
	return false;
}

static void let_stay(struct xdps_sent *t, uint32_t id)
{
	t->passed[t->n_passed++ % XDPS_SENT_PASSED_MAX] = id;
}

/* Is ours in the chain, with nothing before it that may not be there? */
static bool is_in_front(struct xdps_sent *t, const struct xdps_tcx_chain *chain)
{
	for (unsigned int i = 0; i < chain->n; i++) {
		const uint32_t id = chain->programs[i];

		if (chain->links[i] == t->link_id)
			return true;
		if (may_stay(t, id))
			continue;
		if (!is_own(id)) {
			t->in_front = id;
			return false;
		}
		let_stay(t, id);
	}
	t->in_front = 0;
	return false;
}

bool xdps_sent_is_due(struct xdps_sent *t, const struct xdps_interface *iface)
{
	const int64_t now_ms = xdps_now_ms();
	struct xdps_tcx_chain chain;

	if (t->place != XDPS_SENT_AT_TCX || now_ms < t->next_look_ms)
		return false;
	t->next_look_ms = now_ms + LOOK_EVERY_MS;
	if (xdps_tcx_query(iface->index, &chain))
		return false;
	if (!is_in_front(t, &chain))
		return true;
	t->in_place_ms = now_ms;
	return false;
}

int xdps_sent_ask_ms(const struct xdps_sent *t)
{
	return t->place == XDPS_SENT_AT_TCX ? LOOK_EVERY_MS : INT32_MAX;
}

static void describe(const struct xdps_sent *t, char *buf, size_t size)
{
	if (t->in_front)
		snprintf(buf, size, "another tc program (id %u) came in front of the capture's",
			 t->in_front);
	else
		snprintf(buf, size, "another process detached the capture's tc program");
}

/* Detaches before it attaches again, so that no packet is captured twice. */
enum xdps_status xdps_sent_recover(struct xdps_sent *t, const struct xdps_interface *iface,
				   char *notice, size_t size, struct xdps_error *err)
{
	const int64_t in_place_ms = t->in_place_ms;
	char what[80];
	int rc;

	describe(t, what, sizeof(what));
	if (t->in_front)
		let_stay(t, t->in_front);
	detach(t);
	rc = attach(t, iface);
	if (rc)
		return xdps_fail(err, XDPS_FAILED,
				 "%s: the capture has ended, because %s, and attaching it again failed: %s",
				 iface->name, what, strerror(-rc));
	snprintf(notice, size,
		 "%s: %s, which is in front again; sent packets of about %lld ms may be missing",
		 iface->name, what, (long long)(t->in_place_ms - in_place_ms + 1));
	return XDPS_OK;
}

void xdps_sent_close(struct xdps_sent *t)
{
	xdps_sent_stop(t);
	xdps_fd_close(&t->sock);
	xdps_sent_init(t);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * sockets.c: the packet sockets: promiscuous mode, and injection.
 *
 * Neither is bound to a protocol, so nothing is queued to them.
 */
#include "sockets.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/error.h"
#include "../../common/fd.h"

static int packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
}

/*
 * A membership and not IFF_PROMISC: the kernel counts memberships, and drops this one
 * when the socket is closed, in whatever way.
 */
static enum xdps_status join(int sock, const struct xdps_interface *iface,
			     struct xdps_error *err)
{
	const struct packet_mreq mreq = {
		.mr_ifindex = iface->index,
		.mr_type = PACKET_MR_PROMISC,
	};

	if (setsockopt(sock, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq,
		       sizeof(mreq)))
		return xdps_fail_errno(err, -errno,
				       "%s: promiscuous mode was not set", iface->name);
	return XDPS_OK;
}

static enum xdps_status open_promisc(struct xdps_sockets *s,
				     const struct xdps_interface *iface,
				     struct xdps_error *err)
{
	int sock = packet_socket();
	enum xdps_status status;

	if (sock < 0 && errno == EPERM)
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "%s: promiscuous mode was not set, because the helper lacks CAP_NET_RAW",
				 iface->name);
	if (sock < 0)
		return xdps_fail_errno(err, -errno,
				       "%s: promiscuous mode was not set: opening a packet socket",
				       iface->name);
	status = join(sock, iface, err);
	if (status)
		close(sock);
	else
		s->promisc_fd = sock;
	return status;
}

/*
 * A process that has a packet socket can bind it again, to any protocol of any interface,
 * without a privilege.  The engine may only send with it, and not receive.
 */
static int make_deaf(int sock)
{
	struct sock_filter reject_all = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog filter = { .len = 1, .filter = &reject_all };
	const int on = 1;

	return setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
			  sizeof(filter)) ||
	       setsockopt(sock, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on));
}

static void open_inject(struct xdps_sockets *s, const struct xdps_interface *iface)
{
	const struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_ifindex = iface->index,
	};
	int sock = packet_socket();

	if (sock < 0)
		return;
	if (make_deaf(sock) ||
	    bind(sock, (const struct sockaddr *)&addr, sizeof(addr)))
		close(sock);
	else
		s->inject_fd = sock;
}

void xdps_sockets_init(struct xdps_sockets *s)
{
	s->promisc_fd = -1;
	s->inject_fd = -1;
}

void xdps_sockets_open(struct xdps_sockets *s, const struct xdps_interface *iface,
		       bool promisc, struct xdps_error *warning)
{
	warning->status = XDPS_OK;
	warning->text[0] = '\0';
	if (promisc)
		open_promisc(s, iface, warning);
	open_inject(s, iface);
}

void xdps_sockets_close(struct xdps_sockets *s)
{
	xdps_fd_close(&s->promisc_fd);
	xdps_fd_close(&s->inject_fd);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * device.c: what the kernel says about a network interface, and what follows from it.
 */
#include "device.h"

#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <unistd.h>

/* RTM_GETLINK about one interface. */
struct question {
	struct nlmsghdr head;
	struct ifinfomsg info;
	struct rtattr attr;
	char name[128];			/* ALTIFNAMSIZ */
};

/*
 * Asks by index or, if that is 0, by name.  The kernel finds a short alternative name
 * among the other names, but a long one only in an attribute of its own.
 */
static void fill(struct question *q, int index, const char *name)
{
	size_t bytes = index || !name ? 0 : strlen(name) + 1;

	memset(q, 0, sizeof(*q));
	q->head.nlmsg_len = offsetof(struct question, attr);
	q->head.nlmsg_type = RTM_GETLINK;
	q->head.nlmsg_flags = NLM_F_REQUEST;
	q->info.ifi_index = index;
	if (!bytes || bytes > sizeof(q->name))
		return;
	memcpy(q->name, name, bytes);
	q->attr.rta_type = bytes > IF_NAMESIZE ? IFLA_ALT_IFNAME : IFLA_IFNAME;
	q->attr.rta_len = (unsigned short)RTA_LENGTH(bytes);
	q->head.nlmsg_len += RTA_SPACE(bytes);
}

static int read_answer(struct xdps_netlink *answer, int sock)
{
	const struct nlmsghdr *head = (const void *)answer->buf;
	int rc = xdps_netlink_receive(answer, sock);

	if (rc)
		return rc;
	if (head->nlmsg_type == NLMSG_ERROR &&
	    head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr)))
		return ((const struct nlmsgerr *)NLMSG_DATA(head))->error;
	if (head->nlmsg_type != RTM_NEWLINK ||
	    head->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		return -EBADMSG;
	return 0;
}

int xdps_device_ask(struct xdps_netlink *answer, int index, const char *name)
{
	struct question q;
	int sock, rc;

	fill(&q, index, name);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (sock < 0)
		return -errno;
	rc = send(sock, &q, q.head.nlmsg_len, 0) < 0 ? -errno : read_answer(answer, sock);
	close(sock);
	return rc;
}

const struct rtattr *xdps_device_attr(const struct nlmsghdr *head, unsigned short type)
{
	return xdps_attr_find(IFLA_RTA(NLMSG_DATA(head)), IFLA_PAYLOAD(head), type);
}

void xdps_device_kind(const struct nlmsghdr *head, char kind[IF_NAMESIZE])
{
	kind[0] = '\0';
	xdps_attr_string(kind, IF_NAMESIZE,
			 xdps_attr_within(xdps_device_attr(head, IFLA_LINKINFO), IFLA_INFO_KIND));
}

/*
 * The XDP program sees what the link layer made of the packet.  If that is no Ethernet
 * header, we must know what it is: with a guess, the capture file would be wrong.
 */
bool xdps_device_link(unsigned short arp_type, const char *kind, enum xdps_link *link)
{
	switch (arp_type) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		*link = XDPS_LINK_ETHERNET;
		return true;
	case ARPHRD_NONE:
		*link = XDPS_LINK_IP;
		return !strcmp(kind, "tun");
	}
	return false;
}

/*
 * The driver's program runs before a generic one.  One in the card runs before both, but
 * nothing can trace it there.
 */
uint32_t xdps_device_program(const struct xdps_device_programs *programs, enum xdps_mode *mode)
{
	if (programs->native) {
		*mode = XDPS_MODE_NATIVE;
		return programs->native;
	}
	if (programs->generic) {
		*mode = XDPS_MODE_GENERIC;
		return programs->generic;
	}
	*mode = XDPS_MODE_AUTO;
	return programs->offloaded;
}

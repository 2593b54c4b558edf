// SPDX-License-Identifier: BSD-3-Clause
/*
 * vlan.c: VLAN tags that are not visible at the XDP hook.
 */
#include "vlan.h"

#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../common/device.h"

#define ETH_P_OLD_QINQ 0x9100		/* libpcap tests for it, too */
#define TYPE_AT (2 * ETH_ALEN)

/* Asks for all interfaces of one kind. */
struct kind_question {
	struct nlmsghdr head;
	struct ifinfomsg info;
	struct rtattr link_info;
	struct rtattr kind;
	char vlan[sizeof("vlan")];
} __attribute__((aligned(4)));

struct search {
	int sock;
	int rc;
	bool done, found;
};

bool xdps_vlan_is_taken_off(const struct xdps_interface *iface)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };

	return iface->link == XDPS_LINK_ETHERNET && !xdps_interface_ethtool(iface, &flags) &&
	       flags.data & ETH_FLAG_RXVLAN;
}

/* A kernel that does not know the kind yet sends all interfaces. */
static bool is_vlan_of(const struct nlmsghdr *head, int ifindex)
{
	char kind[IF_NAMESIZE];

	xdps_device_kind(head, kind);
	return !strcmp(kind, "vlan") &&
	       xdps_attr_u32(xdps_device_attr(head, IFLA_LINK)) == (uint32_t)ifindex;
}

static void read_message(struct search *s, const struct nlmsghdr *head, int ifindex)
{
	if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR)
		s->done = true;
	else if (head->nlmsg_type == RTM_NEWLINK &&
		 head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		s->found = s->found || is_vlan_of(head, ifindex);
}

static void read_answer(struct search *s, int ifindex)
{
	struct xdps_netlink answer;
	const struct nlmsghdr *head = (const void *)answer.buf;

	s->rc = xdps_netlink_receive(&answer, s->sock);
	for (; !s->rc && !s->done && NLMSG_OK(head, answer.bytes);
	     head = NLMSG_NEXT(head, answer.bytes))
		read_message(s, head, ifindex);
}

static bool has_vlan_above(int ifindex)
{
	const struct kind_question q = {
		.head.nlmsg_len = offsetof(struct kind_question, vlan) + sizeof(q.vlan),
		.head.nlmsg_type = RTM_GETLINK,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.link_info.rta_type = IFLA_LINKINFO,
		.link_info.rta_len = (unsigned short)RTA_LENGTH(RTA_LENGTH(sizeof(q.vlan))),
		.kind.rta_type = IFLA_INFO_KIND,
		.kind.rta_len = (unsigned short)RTA_LENGTH(sizeof(q.vlan)),
		.vlan = "vlan",
	};
	struct search s = { .rc = 0 };

	s.sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (s.sock < 0)
		return false;
	if (send(s.sock, &q, q.head.nlmsg_len, 0) >= 0)
		while (!s.rc && !s.done && !s.found)
			read_answer(&s, ifindex);
	close(s.sock);
	return s.found;
}

/* An attribute of the bridge itself is 1 if VLAN filtering is on. */
static bool is_port_of_vlan_bridge(int ifindex)
{
	struct xdps_netlink answer;
	const struct nlmsghdr *head = (const void *)answer.buf;
	const struct rtattr *info, *filtering;
	char kind[IF_NAMESIZE];
	uint32_t master;

	if (xdps_device_ask(&answer, ifindex, NULL))
		return false;
	master = xdps_attr_u32(xdps_device_attr(head, IFLA_MASTER));
	if (!master || xdps_device_ask(&answer, (int)master, NULL))
		return false;
	xdps_device_kind(head, kind);
	if (strcmp(kind, "bridge"))
		return false;
	info = xdps_device_attr(head, IFLA_LINKINFO);
	filtering = xdps_attr_within(xdps_attr_within(info, IFLA_INFO_DATA),
				     IFLA_BR_VLAN_FILTERING);
	return filtering && RTA_PAYLOAD(filtering) && *(const uint8_t *)RTA_DATA(filtering);
}

bool xdps_vlan_is_used(const struct xdps_interface *iface)
{
	return has_vlan_above(iface->index) || is_port_of_vlan_bridge(iface->index);
}

static bool is_tag(uint32_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD || type == ETH_P_OLD_QINQ;
}

/*
 * libpcap compiles "vlan" to comparisons with all types with which a tag may begin, and
 * "ether proto 0x8100" to one, right after loading the type.  A single comparison
 * elsewhere may be with a port.
 */
bool xdps_vlan_is_asked(const struct xdps_insn *insns, size_t n_insns)
{
	bool has_type = false;
	uint32_t tag = 0;

	for (size_t i = 0; i < n_insns; i++) {
		if (BPF_CLASS(insns[i].code) == BPF_LD)
			has_type = insns[i].code == (BPF_LD | BPF_H | BPF_ABS) &&
				   insns[i].k == TYPE_AT;
		if (insns[i].code != (BPF_JMP | BPF_JEQ | BPF_K) || !is_tag(insns[i].k))
			continue;
		if (has_type || (tag && tag != insns[i].k))
			return true;
		tag = insns[i].k;
	}
	return false;
}

/* On a bond, its lower interfaces must change; on a veth, also the end that sends. */
void xdps_vlan_describe(const struct xdps_interface *iface, char *buf, size_t size)
{
	const char *name = iface->name, *also = "";

	if (!strcmp(iface->kind, "bond")) {
		name = "INTERFACE";
		also = ", for each interface of the bond";
	} else if (!strcmp(iface->kind, "veth")) {
		also = ", with txvlan off for its peer";
	}
	snprintf(buf, size,
		 "%s: VLAN tags are stripped before the XDP hook (rx-vlan-offload), so packets have no tag and VLAN filters match nothing; \"ethtool -K %s rxvlan off\" keeps the tags%s",
		 iface->name, name, also);
}

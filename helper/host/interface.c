// SPDX-License-Identifier: BSD-3-Clause
/*
 * interface.c: finds out about an interface, by its name.
 *
 * One rtnetlink request returns its index, kind of link and MTU.
 */
#include "interface.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/device.h"
#include "../../common/error.h"

/* What we want from the answer. */
struct link_facts {
	int index;
	char name[IF_NAMESIZE];		/* the primary name */
	unsigned short arp_type;
	uint32_t mtu;
	uint64_t received;		/* packets */
	char kind[IF_NAMESIZE];		/* "tun", "veth"; "" for hardware */
};

static uint64_t packets_received(const struct rtattr *attr)
{
	struct rtnl_link_stats64 stats = { 0 };

	if (attr && RTA_PAYLOAD(attr) >= sizeof(stats.rx_packets))
		memcpy(&stats, RTA_DATA(attr), RTA_PAYLOAD(attr) < sizeof(stats) ?
		       RTA_PAYLOAD(attr) : sizeof(stats));
	return stats.rx_packets;
}

static void read_facts(const struct nlmsghdr *head, struct link_facts *facts)
{
	const struct ifinfomsg *info = NLMSG_DATA(head);

	*facts = (struct link_facts){
		.index = info->ifi_index,
		.arp_type = info->ifi_type,
	};
	xdps_attr_string(facts->name, sizeof(facts->name), xdps_device_attr(head, IFLA_IFNAME));
	facts->mtu = xdps_attr_u32(xdps_device_attr(head, IFLA_MTU));
	facts->received = packets_received(xdps_device_attr(head, IFLA_STATS64));
	xdps_device_kind(head, facts->kind);
}

/* Asks by index, or by name if that is 0.  Returns 0 or a negative errno. */
static int ask(int index, const char *name, struct link_facts *facts)
{
	struct xdps_netlink answer;
	int rc = xdps_device_ask(&answer, index, name);

	if (!rc)
		read_facts((const void *)answer.buf, facts);
	return rc;
}

static enum xdps_status find_link(struct xdps_interface *iface,
				  const struct link_facts *facts,
				  struct xdps_error *err)
{
	if (xdps_device_link(facts->arp_type, facts->kind, &iface->link))
		return XDPS_OK;
	return xdps_fail(err, XDPS_UNSUPPORTED,
			 "%s: its packets have no Ethernet header (link type %u, kind %s); only Ethernet, lo and tun interfaces can be captured here; capture on this one without \"xdpsample:\"",
			 iface->name, facts->arp_type,
			 facts->kind[0] ? facts->kind : "unknown");
}

static uint32_t own_netns(void)
{
	struct stat ns;

	return stat("/proc/self/ns/net", &ns) ? 0 : ns.st_ino;
}

enum xdps_status xdps_interface_find(struct xdps_interface *iface,
				     const char *name, struct xdps_error *err)
{
	struct xdps_interface found = { 0 };
	struct link_facts facts;
	enum xdps_status status;
	int rc;

	rc = ask(0, name, &facts);
	if (rc == -ENODEV)
		return xdps_fail(err, XDPS_NO_DEVICE,
				 "%s: no interface of this name in this network namespace",
				 name);
	if (rc)
		return xdps_fail_errno(err, rc, "%s: querying the interface",
				       name);
	memcpy(found.name, facts.name, sizeof(found.name));
	found.index = facts.index;
	found.netns = own_netns();
	found.mtu = facts.mtu;
	found.is_loopback = facts.arp_type == ARPHRD_LOOPBACK;
	memcpy(found.kind, facts.kind, sizeof(found.kind));
	status = find_link(&found, &facts, err);
	if (!status)
		*iface = found;
	return status;
}

bool xdps_interface_exists(const struct xdps_interface *iface)
{
	struct link_facts facts;

	return ask(iface->index, NULL, &facts) != -ENODEV;
}

bool xdps_interface_received(const struct xdps_interface *iface, uint64_t *packets)
{
	struct link_facts facts;

	if (ask(iface->index, NULL, &facts))
		return false;
	*packets = facts.received;
	return true;
}

int xdps_interface_ethtool(const struct xdps_interface *iface, void *command)
{
	struct ifreq req = { .ifr_data = command };
	int sock, rc;

	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", iface->name);
	rc = ioctl(sock, SIOCETHTOOL, &req) ? -errno : 0;
	close(sock);
	return rc;
}

void xdps_interface_driver(const struct xdps_interface *iface, char *driver,
			   size_t size)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	driver[0] = '\0';
	if (!xdps_interface_ethtool(iface, &info))
		snprintf(driver, size, "%.*s", (int)sizeof(info.driver),
			 info.driver);
}

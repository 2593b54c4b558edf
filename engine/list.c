// SPDX-License-Identifier: BSD-3-Clause
/*
 * list.c: the interfaces that can be captured, and the programs on them.
 *
 * Anybody may ask rtnetlink which program is on an interface.  To learn its name takes
 * privilege, and so the helper.
 */
#include "xdpsample.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/error.h"
#include "../common/netlink.h"

#include "client.h"

/* How often to ask again if something has changed while the kernel answered. */
#define TRIES_MAX 5

struct question {
	struct nlmsghdr head;
	struct ifinfomsg info;
	struct rtattr attr;
	uint32_t wanted;
};

struct list {
	struct xdps_listed *at;
	size_t n;
	int errnum;
	bool done;
	bool changed;			/* while the kernel answered */
};

/* The same rule as the helper's (helper/interface.c): false if the helper would refuse it. */
static bool link_of(const struct ifinfomsg *info, size_t bytes, enum xdps_link *link)
{
	const struct rtattr *linkinfo = xdps_attr_find(IFLA_RTA(info), bytes, IFLA_LINKINFO);
	char kind[IF_NAMESIZE] = "";

	*link = XDPS_LINK_ETHERNET;
	if (info->ifi_type == ARPHRD_ETHER || info->ifi_type == ARPHRD_LOOPBACK)
		return true;
	xdps_attr_string(kind, sizeof(kind), xdps_attr_within(linkinfo, IFLA_INFO_KIND));
	*link = XDPS_LINK_IP;
	return info->ifi_type == ARPHRD_NONE && !strcmp(kind, "tun");
}

/* The kernel allows control characters in a name; a device name cannot have any. */
static bool is_sayable(const char *ifname)
{
	struct xdps_error ignored;
	struct xdps_options opt;

	xdps_options_init(&opt);
	return !xdps_options_parse(&opt, ifname, &ignored);
}

/* Takes the program that decides, if there are several, as the helper does (target.c). */
static void read_program(struct xdps_listed *l, const struct rtattr *xdp)
{
	static const struct {
		unsigned short attr;
		enum xdps_mode mode;
	} places[] = {
		{ IFLA_XDP_DRV_PROG_ID, XDPS_MODE_NATIVE },
		{ IFLA_XDP_SKB_PROG_ID, XDPS_MODE_GENERIC },
		{ IFLA_XDP_HW_PROG_ID, XDPS_MODE_AUTO },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !l->n_programs; i++) {
		l->programs[0].id = xdps_attr_u32(xdps_attr_within(xdp, places[i].attr));
		l->mode = places[i].mode;
		l->n_programs = l->programs[0].id != 0;
	}
}

static void add(struct list *list, const struct nlmsghdr *head)
{
	const struct ifinfomsg *info = NLMSG_DATA(head);
	size_t bytes = IFLA_PAYLOAD(head);
	struct xdps_listed l, *grown;

	memset(&l, 0, sizeof(l));
	if (!link_of(info, bytes, &l.link))
		return;
	xdps_attr_string(l.ifname, sizeof(l.ifname),
			 xdps_attr_find(IFLA_RTA(info), bytes, IFLA_IFNAME));
	if (!is_sayable(l.ifname))
		return;
	read_program(&l, xdps_attr_find(IFLA_RTA(info), bytes, IFLA_XDP));
	grown = realloc(list->at, (list->n + 1) * sizeof(*grown));
	if (!grown) {
		list->errnum = ENOMEM;
		return;
	}
	list->at = grown;
	list->at[list->n++] = l;
}

static void read_message(struct list *list, const struct nlmsghdr *head)
{
	if (head->nlmsg_flags & NLM_F_DUMP_INTR)
		list->changed = true;
	if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) {
		/* both begin with an errno: a dump may fail half-way */
		list->done = true;
		if (head->nlmsg_len >= NLMSG_LENGTH(sizeof(int)))
			list->errnum = -*(const int *)NLMSG_DATA(head);
	} else if (head->nlmsg_type == RTM_NEWLINK &&
		 head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		add(list, head);
}

static void read_answer(struct list *list, int sock)
{
	struct xdps_netlink answer;
	const struct nlmsghdr *head = (const void *)answer.buf;

	list->errnum = xdps_netlink_receive(&answer, sock);
	for (; !list->errnum && !list->done && NLMSG_OK(head, answer.bytes);
	     head = NLMSG_NEXT(head, answer.bytes))
		read_message(list, head);
}

/* Leaves out the counters of each interface, which are most of what the kernel would send. */
static void ask(struct list *list)
{
	struct question q = {
		.head.nlmsg_len = sizeof(q),
		.head.nlmsg_type = RTM_GETLINK,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.attr.rta_type = IFLA_EXT_MASK,
		.attr.rta_len = RTA_LENGTH(sizeof(q.wanted)),
		.wanted = RTEXT_FILTER_SKIP_STATS,
	};
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	free(list->at);
	*list = (struct list){ .errnum = 0 };
	if (sock < 0 || send(sock, &q, sizeof(q), 0) < 0)
		list->errnum = errno;
	while (!list->errnum && !list->done)
		read_answer(list, sock);
	if (sock >= 0)
		close(sock);
}

enum xdps_status xdps_list(struct xdps_listed **out, size_t *n, struct xdps_error *err)
{
	struct list list = { .at = NULL };
	int tries = 0;

	do {
		ask(&list);
	} while (!list.errnum && list.changed && ++tries < TRIES_MAX);
	if (list.errnum) {
		free(list.at);
		return xdps_fail_errno(err, list.errnum, "asking what network interfaces there are");
	}
	*out = list.at;
	*n = list.n;
	return XDPS_OK;
}

void xdps_list_name(char name[IF_NAMESIZE], const char *ifname)
{
	struct xdps_link_question q;
	struct xdps_netlink answer;
	const struct nlmsghdr *head = (const void *)answer.buf;
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	snprintf(name, IF_NAMESIZE, "%s", ifname);
	xdps_link_question(&q, 0, ifname);
	if (sock >= 0 && send(sock, &q, q.head.nlmsg_len, 0) >= 0 &&
	    !xdps_netlink_receive(&answer, sock) && head->nlmsg_type == RTM_NEWLINK &&
	    head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		xdps_attr_string(name, IF_NAMESIZE,
				 xdps_attr_find(IFLA_RTA(NLMSG_DATA(head)), IFLA_PAYLOAD(head),
						IFLA_IFNAME));
	if (sock >= 0)
		close(sock);
}

enum xdps_status xdps_list_programs(struct xdps_listed *list, size_t n, struct xdps_error *err)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].n_programs)
			return xdps_client_query(list, n, err);
	return XDPS_OK;
}

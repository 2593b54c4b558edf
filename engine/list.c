// SPDX-License-Identifier: BSD-3-Clause
/*
 * list.c: the interfaces that can be captured, and the programs on them.
 *
 * Anybody may ask rtnetlink which program is on an interface.  To learn its name takes
 * privilege, and so the helper.
 */
#include "xdpsample.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/device.h"
#include "../common/error.h"

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
	int rc;				/* 0 or a negative errno */
	bool done;
	bool changed;			/* while the kernel answered */
};

/* The kernel allows control characters in a name; a device name cannot have any. */
static bool is_sayable(const char *ifname)
{
	struct xdps_error ignored;
	struct xdps_options opt;

	xdps_options_init(&opt);
	return !xdps_options_parse(&opt, ifname, &ignored);
}

static void read_program(struct xdps_listed *l, const struct rtattr *xdp)
{
	const struct xdps_device_programs programs = {
		.native = xdps_attr_u32(xdps_attr_within(xdp, IFLA_XDP_DRV_PROG_ID)),
		.generic = xdps_attr_u32(xdps_attr_within(xdp, IFLA_XDP_SKB_PROG_ID)),
		.offloaded = xdps_attr_u32(xdps_attr_within(xdp, IFLA_XDP_HW_PROG_ID)),
	};

	l->programs[0].id = xdps_device_program(&programs, &l->mode);
	l->n_programs = l->programs[0].id != 0;
}

static void add(struct list *list, const struct nlmsghdr *head)
{
	const struct ifinfomsg *info = NLMSG_DATA(head);
	struct xdps_listed l, *grown;
	char kind[IF_NAMESIZE];

	memset(&l, 0, sizeof(l));
	xdps_device_kind(head, kind);
	if (!xdps_device_link(info->ifi_type, kind, &l.link))
		return;
	xdps_attr_string(l.ifname, sizeof(l.ifname), xdps_device_attr(head, IFLA_IFNAME));
	if (!is_sayable(l.ifname))
		return;
	read_program(&l, xdps_device_attr(head, IFLA_XDP));
	grown = realloc(list->at, (list->n + 1) * sizeof(*grown));
	if (!grown) {
		list->rc = -ENOMEM;
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
		/* both begin with a negative errno: a dump may fail half-way */
		list->done = true;
		if (head->nlmsg_len >= NLMSG_LENGTH(sizeof(int)))
			list->rc = *(const int *)NLMSG_DATA(head);
	} else if (head->nlmsg_type == RTM_NEWLINK &&
		 head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		add(list, head);
}

static void read_answer(struct list *list, int sock)
{
	struct xdps_netlink answer;
	const struct nlmsghdr *head = (const void *)answer.buf;

	list->rc = xdps_netlink_receive(&answer, sock);
	for (; !list->rc && !list->done && NLMSG_OK(head, answer.bytes);
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
	*list = (struct list){ .rc = 0 };
	if (sock < 0 || send(sock, &q, sizeof(q), 0) < 0)
		list->rc = -errno;
	while (!list->rc && !list->done)
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
	} while (!list.rc && list.changed && ++tries < TRIES_MAX);
	if (list.rc) {
		free(list.at);
		return xdps_fail_errno(err, list.rc, "listing the network interfaces");
	}
	*out = list.at;
	*n = list.n;
	return XDPS_OK;
}

void xdps_list_name(char name[IF_NAMESIZE], const char *ifname)
{
	struct xdps_netlink answer;

	snprintf(name, IF_NAMESIZE, "%s", ifname);
	if (!xdps_device_ask(&answer, 0, ifname))
		xdps_attr_string(name, IF_NAMESIZE,
				 xdps_device_attr((const void *)answer.buf, IFLA_IFNAME));
}

enum xdps_status xdps_list_programs(struct xdps_listed *list, size_t n, struct xdps_error *err)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].n_programs)
			return xdps_client_query(list, n, err);
	return XDPS_OK;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * refusal.c: what somebody wanted who could not attach or detach an XDP program.
 */
#include "refusal.h"

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <string.h>

#include "../../common/netlink.h"

/* The kernel's sentences: dev_xdp_attach(), and bond_enslave() and bond_xdp_set(). */
static const struct {
	const char *text;
	enum xdps_obstacle obstacle;
} sentences[] = {
	{ "Can't replace active BPF XDP link", XDPS_OBSTACLE_THERE },
	{ "Native and generic XDP can't be active at the same time", XDPS_OBSTACLE_THERE },
	{ "Cannot attach when an upper device already has a program", XDPS_OBSTACLE_ABOVE },
	{ "Slave has XDP program loaded, please unload before enslaving", XDPS_OBSTACLE_BELOW },
};

static enum xdps_obstacle obstacle_of(const char *text)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (!strcmp(text, sentences[i].text))
			return sentences[i].obstacle;
	return XDPS_OBSTACLE_NONE;
}

/*
 * A message for an interface that has to do with XDP: a program is to be put there or taken
 * off, or the interface is to get a master.  Only its first `bytes` are known.
 */
static bool read_message(struct xdps_wish *w, const struct nlmsghdr *head, size_t bytes)
{
	const struct ifinfomsg *info = NLMSG_DATA(head);
	const struct rtattr *attrs;

	if (bytes < NLMSG_SPACE(sizeof(*info)) ||
	    (head->nlmsg_type != RTM_NEWLINK && head->nlmsg_type != RTM_SETLINK))
		return false;
	attrs = (const void *)((const char *)info + NLMSG_ALIGN(sizeof(*info)));
	bytes -= NLMSG_SPACE(sizeof(*info));
	if (!xdps_attr_find(attrs, bytes, IFLA_XDP) && !xdps_attr_find(attrs, bytes, IFLA_MASTER))
		return false;
	w->ifindex = info->ifi_index;
	xdps_attr_string(w->name, sizeof(w->name), xdps_attr_find(attrs, bytes, IFLA_IFNAME));
	w->is_known = w->ifindex > 0 || w->name[0];
	return w->is_known;
}

static void read_netlink(struct xdps_wish *w, const struct xdps_refusal *r)
{
	size_t at = 0, bytes;

	while (at + sizeof(struct nlmsghdr) <= r->bytes) {
		const struct nlmsghdr *head = (const void *)(r->request + at);

		bytes = head->nlmsg_len;
		if (bytes < sizeof(*head))
			return;
		if (bytes > r->bytes - at)
			bytes = r->bytes - at;
		if (read_message(w, head, bytes))
			return;
		at += NLMSG_ALIGN(bytes);
	}
}

static void read_link(struct xdps_wish *w, const struct xdps_refusal *r)
{
	union bpf_attr attr;

	if (r->bytes < sizeof(attr.link_create.prog_fd) + sizeof(attr.link_create.target_ifindex))
		return;
	memset(&attr, 0, sizeof(attr));
	memcpy(&attr, r->request, r->bytes < sizeof(attr) ? r->bytes : sizeof(attr));
	w->ifindex = (int)attr.link_create.target_ifindex;
	w->is_known = w->ifindex > 0;
}

struct xdps_wish xdps_refusal_read(const struct xdps_refusal *r)
{
	struct xdps_wish w = { .obstacle = obstacle_of(r->text) };

	if (w.obstacle == XDPS_OBSTACLE_NONE || r->bytes > sizeof(r->request))
		return (struct xdps_wish){ .obstacle = XDPS_OBSTACLE_NONE };
	if (r->what == XDPS_REFUSED_NETLINK)
		read_netlink(&w, r);
	else if (r->what == XDPS_REFUSED_LINK)
		read_link(&w, r);
	return w;
}

/* Is `word` one of the arguments? */
static bool has_argument(const struct xdps_refusal *r, const char *word)
{
	const char *args = (const char *)r->request;
	size_t len;

	for (size_t at = 0; at < r->bytes; at += len + 1) {
		len = strnlen(args + at, r->bytes - at);
		if (len == strlen(word) && !strncmp(args + at, word, len))
			return true;
	}
	return false;
}

bool xdps_refusal_is_loader(const struct xdps_refusal *r, const char *ifname)
{
	return r->what == XDPS_STARTED_COMMAND && r->bytes <= sizeof(r->request) &&
	       has_argument(r, "load") && has_argument(r, ifname);
}

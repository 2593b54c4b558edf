// SPDX-License-Identifier: BSD-3-Clause
/* test_refusal.c: what is read from a request that the kernel has refused. */
#include "../../helper/attach/refusal.h"

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "sentence.h"

#define BUSY "Can't replace active BPF XDP link"

static struct xdps_refusal r;
static struct xdps_wish wish;

static void refused(const char *text, enum xdps_refused what)
{
	memset(&r, 0, sizeof(r));
	r.what = what;
	strcpy(r.text, text);
}

static void put(const void *data, size_t bytes)
{
	if (bytes)
		memcpy(r.request + r.bytes, data, bytes);
	r.bytes += NLMSG_ALIGN(bytes);
}

static void put_attr(unsigned short type, const void *data, unsigned short bytes)
{
	const struct rtattr attr = { .rta_type = type, .rta_len = RTA_LENGTH(bytes) };

	put(&attr, sizeof(attr));
	put(data, bytes);
}

/* A message without attributes; those that follow belong to it. */
static struct nlmsghdr *put_message(unsigned short type, int ifindex)
{
	struct nlmsghdr *head = (void *)(r.request + r.bytes);
	const struct ifinfomsg info = { .ifi_index = ifindex };
	const struct nlmsghdr begin = { .nlmsg_type = type };

	put(&begin, sizeof(begin));
	put(&info, sizeof(info));
	return head;
}

static void end_message(struct nlmsghdr *head)
{
	head->nlmsg_len = (uint32_t)(r.request + r.bytes - (unsigned char *)head);
}

/* As "ip link set dev X xdp" and libbpf have it. */
static void put_xdp(unsigned short type, int ifindex, unsigned short xdp)
{
	struct nlmsghdr *head = put_message(type, ifindex);
	const struct {
		struct rtattr attr;
		int fd;
	} program = { { RTA_LENGTH(sizeof(int)), IFLA_XDP_FD }, 7 };

	put_attr(xdp, &program, sizeof(program));
	end_message(head);
}

static void finds_the_interface_by_its_index(void **state)
{
	static const unsigned short types[] = { RTM_NEWLINK, RTM_SETLINK };
	static const unsigned short xdp[] = { IFLA_XDP, IFLA_XDP | NLA_F_NESTED };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		refused(BUSY, XDPS_REFUSED_NETLINK);
		put_xdp(types[i], 0x12345678, xdp[i]);
		wish = xdps_refusal_read(&r);
		assert_int_equal(wish.obstacle, XDPS_OBSTACLE_THERE);
		assert_true(wish.is_known);
		assert_int_equal(wish.ifindex, 0x12345678);
	}
}

static void finds_the_interface_by_its_name(void **state)
{
	struct nlmsghdr *head;

	refused("Native and generic XDP can't be active at the same time", XDPS_REFUSED_NETLINK);
	head = put_message(RTM_SETLINK, 0);
	put_attr(IFLA_IFNAME, "eth0", 5);
	put_attr(IFLA_XDP, NULL, 0);
	end_message(head);
	wish = xdps_refusal_read(&r);
	assert_true(wish.is_known);
	assert_int_equal(wish.ifindex, 0);
	assert_string_equal(wish.name, "eth0");
}

static void finds_the_message_that_is_about_xdp(void **state)
{
	refused(BUSY, XDPS_REFUSED_NETLINK);
	end_message(put_message(RTM_GETLINK, 3));
	end_message(put_message(RTM_SETLINK, 4));
	put_xdp(RTM_SETLINK, 5, IFLA_XDP);
	put_xdp(RTM_SETLINK, 6, IFLA_XDP);
	wish = xdps_refusal_read(&r);
	assert_int_equal(wish.ifindex, 5);
}

static void reads_what_there_is_of_a_long_message(void **state)
{
	refused(BUSY, XDPS_REFUSED_NETLINK);
	put_xdp(RTM_SETLINK, 5, IFLA_XDP);
	((struct nlmsghdr *)(void *)r.request)->nlmsg_len = 100000;
	wish = xdps_refusal_read(&r);
	assert_true(wish.is_known);
	assert_int_equal(wish.ifindex, 5);
}

static void finds_the_interface_of_a_link(void **state)
{
	const union bpf_attr attr = { .link_create = { .prog_fd = 3, .target_ifindex = 9 } };

	refused("Can't replace active XDP program with BPF XDP link", XDPS_REFUSED_LINK);
	put(&attr, 64);
	wish = xdps_refusal_read(&r);
	assert_int_equal(wish.obstacle, XDPS_OBSTACLE_NONE);

	refused(BUSY, XDPS_REFUSED_LINK);
	put(&attr, 64);
	wish = xdps_refusal_read(&r);
	assert_true(wish.is_known);
	assert_int_equal(wish.ifindex, 9);
}

static void tells_where_the_program_is_that_is_in_the_way(void **state)
{
	struct nlmsghdr *head;
	const int bond = 20;

	refused("Cannot attach when an upper device already has a program", XDPS_REFUSED_NETLINK);
	put_xdp(RTM_SETLINK, 5, IFLA_XDP);
	assert_int_equal(xdps_refusal_read(&r).obstacle, XDPS_OBSTACLE_ABOVE);

	refused("Slave has XDP program loaded, please unload before enslaving",
		XDPS_REFUSED_NETLINK);
	head = put_message(RTM_NEWLINK, 5);
	put_attr(IFLA_MASTER, &bond, sizeof(bond));
	end_message(head);
	wish = xdps_refusal_read(&r);
	assert_int_equal(wish.obstacle, XDPS_OBSTACLE_BELOW);
	assert_int_equal(wish.ifindex, 5);
}

static void takes_no_other_sentence_for_this(void **state)
{
	static const char *const texts[] = {
		"", "Can't replace active BPF XDP lin", BUSY ".", "Native and generic",
		"Cannot allocate", "Slave has left", "XDP program already attached",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		refused(texts[i], XDPS_REFUSED_NETLINK);
		put_xdp(RTM_SETLINK, 5, IFLA_XDP);
		assert_int_equal(xdps_refusal_read(&r).obstacle, XDPS_OBSTACLE_NONE);
	}
}

static void does_not_know_what_it_cannot_read(void **state)
{
	refused(BUSY, XDPS_REFUSED_UNKNOWN);
	put_xdp(RTM_SETLINK, 5, IFLA_XDP);
	wish = xdps_refusal_read(&r);
	assert_int_equal(wish.obstacle, XDPS_OBSTACLE_THERE);
	assert_false(wish.is_known);

	refused(BUSY, XDPS_REFUSED_LINK);
	r.bytes = 7;
	assert_false(xdps_refusal_read(&r).is_known);

	refused(BUSY, XDPS_REFUSED_NETLINK);
	assert_false(xdps_refusal_read(&r).is_known);
}

/* Whatever a process has in its memory; the sanitizers look on. */
static void stands_any_bytes(void **state)
{
	uint64_t x = 88172645463325252u;

	for (unsigned int i = 0; i < 200000; i++) {
		refused(BUSY, i % 4);
		put_xdp(RTM_SETLINK, 5, IFLA_XDP);
		for (unsigned int n = 0; n < 1 + i % 7; n++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			r.request[x % (i % 2 ? 60 : sizeof(r.request))] = (uint8_t)(x >> 32);
		}
		r.bytes = x >> 40 & 1 ? (uint32_t)(x >> 16) % (sizeof(r.request) + 8) : r.bytes;
		wish = xdps_refusal_read(&r);
		assert_in_range(strnlen(wish.name, sizeof(wish.name)), 0, sizeof(wish.name) - 1);
		xdps_refusal_is_loader(&r, "eth0");
	}
}

static void started(const char *args, size_t bytes)
{
	refused("", XDPS_STARTED_COMMAND);
	memcpy(r.request, args, bytes);
	r.bytes = (uint32_t)bytes;
}
#define STARTED(args) started(args, sizeof(args))

static void knows_a_loader_by_its_arguments(void **state)
{
	STARTED("xdp-loader\0load\0eth0\0prog.o");
	assert_true(xdps_refusal_is_loader(&r, "eth0"));
	assert_false(xdps_refusal_is_loader(&r, "eth"));
	assert_false(xdps_refusal_is_loader(&r, "eth01"));
	STARTED("/usr/sbin/xdp-filter\0load\0-f\0udp\0eth0");
	assert_true(xdps_refusal_is_loader(&r, "eth0"));
	STARTED("xdp-loader\0status\0eth0");
	assert_false(xdps_refusal_is_loader(&r, "eth0"));
	started("xdp-loader\0load\0eth0", 19);		/* cut off */
	assert_false(xdps_refusal_is_loader(&r, "eth0"));
	STARTED("xdp-loader\0load\0eth0");
	r.what = XDPS_REFUSED_NETLINK;
	assert_false(xdps_refusal_is_loader(&r, "eth0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("The interface is found by its index", finds_the_interface_by_its_index),
		SENTENCE("The interface is found by its name", finds_the_interface_by_its_name),
		SENTENCE("Of several messages the one about XDP is read",
			 finds_the_message_that_is_about_xdp),
		SENTENCE("Of a long message its beginning is read",
			 reads_what_there_is_of_a_long_message),
		SENTENCE("The interface of a BPF link is found", finds_the_interface_of_a_link),
		SENTENCE("The sentence says where the program in the way is",
			 tells_where_the_program_is_that_is_in_the_way),
		SENTENCE("Other sentences are about something else", takes_no_other_sentence_for_this),
		SENTENCE("What cannot be read is not known", does_not_know_what_it_cannot_read),
		SENTENCE("Any bytes are read safely", stands_any_bytes),
		SENTENCE("A loader is known by its arguments", knows_a_loader_by_its_arguments),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}

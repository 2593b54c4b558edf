// SPDX-License-Identifier: BSD-3-Clause
/* test_device.c: what follows from what the kernel says about an interface. */
#include "../../common/device.h"
#include "sentence.h"

#include <linux/if_arp.h>

static void link_types(void **state)
{
	static const struct {
		unsigned short arp_type;
		const char *kind;
		bool is_known;
		enum xdps_link link;
	} rows[] = {
		{ ARPHRD_ETHER, "", true, XDPS_LINK_ETHERNET },
		{ ARPHRD_ETHER, "veth", true, XDPS_LINK_ETHERNET },
		{ ARPHRD_ETHER, "tun", true, XDPS_LINK_ETHERNET },
		{ ARPHRD_LOOPBACK, "", true, XDPS_LINK_ETHERNET },
		{ ARPHRD_NONE, "tun", true, XDPS_LINK_IP },
		{ ARPHRD_NONE, "wireguard", false, 0 },
		{ ARPHRD_NONE, "", false, 0 },
		{ ARPHRD_PPP, "tun", false, 0 },
		{ ARPHRD_IEEE80211, "", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum xdps_link link = 77;

		assert_int_equal(xdps_device_link(rows[i].arp_type, rows[i].kind, &link),
				 rows[i].is_known);
		if (rows[i].is_known)
			assert_int_equal(link, rows[i].link);
	}
}

static void programs_that_decide(void **state)
{
	static const struct {
		struct xdps_device_programs programs;
		uint32_t id;
		enum xdps_mode mode;
	} rows[] = {
		{ { 0, 0, 0 }, 0, XDPS_MODE_AUTO },
		{ { 1, 0, 0 }, 1, XDPS_MODE_NATIVE },
		{ { 0, 2, 0 }, 2, XDPS_MODE_GENERIC },
		{ { 0, 0, 3 }, 3, XDPS_MODE_AUTO },
		{ { 1, 2, 3 }, 1, XDPS_MODE_NATIVE },
		{ { 0, 2, 3 }, 2, XDPS_MODE_GENERIC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum xdps_mode mode = 77;

		assert_int_equal(xdps_device_program(&rows[i].programs, &mode), rows[i].id);
		assert_int_equal(mode, rows[i].mode);
	}
}

static void asks_about_lo(void **state)
{
	struct xdps_netlink answer;
	const struct nlmsghdr *head = (const void *)answer.buf;
	char name[IF_NAMESIZE] = "", kind[IF_NAMESIZE] = "x";
	int rc = xdps_device_ask(&answer, 0, "lo");

	if (rc == -ENODEV || rc == -EAFNOSUPPORT || rc == -EPERM) {
		print_message("# asking about lo: %s\n", strerror(-rc));
		skip();			/* a build root can be without */
	}
	assert_int_equal(rc, 0);
	xdps_attr_string(name, sizeof(name), xdps_device_attr(head, IFLA_IFNAME));
	assert_string_equal(name, "lo");
	xdps_device_kind(head, kind);
	assert_string_equal(kind, "");
	assert_null(xdps_device_attr(head, IFLA_LINK));
	assert_int_equal(xdps_device_ask(&answer, 0, "no such"), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Ethernet, lo and tun interfaces have a link type, and no others", link_types),
		SENTENCE("The driver's program decides, then a generic one, then the card's",
			 programs_that_decide),
		SENTENCE("An interface is found by its name, and one that is not there is not",
			 asks_about_lo),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_open.c: up to the first packet: create, activate, close, and the list of devices.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

/* libpcap's table of modules calls this; it is in no public header */
pcap_t *xdpsample_create(const char *device, char *ebuf, int *is_ours);

/* Create. */

static void a_name_without_our_prefix_is_left_alone(void **state)
{
	static const char *const names[] = {
		"", "eth0", "xdpsample", "xdpsampleeth0", "XDPSAMPLE:eth0", "any",
	};
	int is_ours;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		strcpy(errbuf, "untouched");
		is_ours = -1;
		assert_null(xdpsample_create(names[i], errbuf, &is_ours));
		assert_int_equal(is_ours, 0);
		assert_string_equal(errbuf, "untouched");
	}
}

static void what_follows_the_prefix_is_for_the_option_parser(void **state)
{
	pcap_close(p);
	p = pcap_create("xdpsample:veth1:rate=100", errbuf);
	assert_non_null(p);
	assert_string_equal(fake.parsed, "veth1:rate=100");
	activate();
	assert_string_equal(fake.opened.request.ifname, "veth1");
}

static void a_bad_option_fails_in_create_with_its_sentence(void **state)
{
	fake.parse = (struct fake_answer){ XDPS_BAD_OPTION, "rate=0 is no rate" };
	assert_null(pcap_create("xdpsample:eth0:rate=0", errbuf));
	assert_string_equal(errbuf, "rate=0 is no rate");
	assert_int_equal(fake.n_opens, 0);
}

static void create_starts_nothing_and_close_is_enough_to_undo_it(void **state)
{
	pcap_close(p);
	p = NULL;
	assert_int_equal(fake.n_opens, 0);
	assert_int_equal(fake.n_closes, 0);
}

static void a_handle_that_is_not_activated_says_so(void **state)
{
	struct pcap_stat ps;

	assert_int_equal(dispatch(1), PCAP_ERROR_NOT_ACTIVATED);
	assert_int_equal(pcap_stats(p, &ps), PCAP_ERROR_NOT_ACTIVATED);
	assert_int_equal(pcap_getnonblock(p, errbuf), PCAP_ERROR_NOT_ACTIVATED);
	assert_int_equal(pcap_can_set_rfmon(p), 0);
	pcap_breakloop(p);
}

static void micro_and_nanoseconds_can_be_asked_for_and_nothing_else(void **state)
{
	assert_int_equal(pcap_get_tstamp_precision(p),
			 PCAP_TSTAMP_PRECISION_MICRO);
	assert_int_equal(pcap_set_tstamp_precision(p,
			 PCAP_TSTAMP_PRECISION_NANO), 0);
	assert_int_equal(pcap_set_tstamp_precision(p,
			 PCAP_TSTAMP_PRECISION_MICRO), 0);
	assert_int_equal(pcap_set_tstamp_precision(p, 2),
			 PCAP_ERROR_TSTAMP_PRECISION_NOTSUP);
}

static void the_time_is_the_hosts_and_no_other_is_on_offer(void **state)
{
	int *types;

	assert_int_equal(pcap_list_tstamp_types(p, &types), 1);
	assert_int_equal(types[0], PCAP_TSTAMP_HOST);
	pcap_free_tstamp_types(types);
	assert_int_equal(pcap_set_tstamp_type(p, PCAP_TSTAMP_HOST), 0);
	assert_int_equal(pcap_set_tstamp_type(p, PCAP_TSTAMP_ADAPTER),
			 PCAP_WARNING_TSTAMP_TYPE_NOTSUP);
	activate();
}

/* Activate. */

static void the_snapshot_length_reaches_the_engine(void **state)
{
	static const struct {
		int asked, snapshot;
	} cases[] = {
		{ 1, 1 }, { 96, 96 }, { 65535, 65535 }, { 262144, 262144 },
		{ 0, 262144 }, { -1, 262144 }, { 262145, 262144 },
		{ INT_MAX, 262144 }, { INT_MIN, 262144 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pcap_close(p);
		p = pcap_create("xdpsample:eth0", errbuf);
		assert_int_equal(pcap_set_snaplen(p, cases[i].asked), 0);
		activate();
		assert_int_equal(pcap_snapshot(p), cases[i].snapshot);
		assert_int_equal(fake.opened.request.snaplen, cases[i].snapshot);
	}
}

static void the_buffer_size_reaches_the_engine(void **state)
{
	assert_int_equal(pcap_set_buffer_size(p, INT_MAX), 0);
	activate();
	assert_int_equal(fake.opened.request.buffer_bytes, INT_MAX);
}

static void without_a_buffer_size_the_engine_chooses(void **state)
{
	activate();
	assert_int_equal(fake.opened.request.buffer_bytes, 0);
}

static void the_timeout_up_to_100_ms_is_how_long_packets_wait_for_company(void **state)
{
	static const struct {
		int to_ms;
		unsigned int batch_us;
	} cases[] = {
		{ 1, 1000 }, { 100, 100000 }, { 101, 100000 }, { 1000, 100000 },
		{ 300000, 100000 }, { INT_MAX, 100000 },
		{ 0, 10000 }, { -1, 10000 }, { INT_MIN, 10000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pcap_close(p);
		p = pcap_create("xdpsample:eth0", errbuf);
		activate_with_timeout(cases[i].to_ms);
		assert_int_equal(fake.opened.batch_us, cases[i].batch_us);
		assert_false(fake.opened.request.immediate);
	}
}

static void in_immediate_mode_packets_wait_for_nothing(void **state)
{
	assert_int_equal(pcap_set_immediate_mode(p, 1), 0);
	activate_with_timeout(1000);
	assert_true(fake.opened.request.immediate);
	assert_int_equal(fake.opened.batch_us, 0);
}

static void promiscuous_mode_reaches_the_engine(void **state)
{
	assert_int_equal(pcap_set_promisc(p, 1), 0);
	activate();
	assert_true(fake.opened.request.promisc);
	pcap_close(p);
	p = pcap_create("xdpsample:eth0", errbuf);
	activate();
	assert_false(fake.opened.request.promisc);
}

static void monitor_mode_is_refused(void **state)
{
	assert_int_equal(pcap_set_rfmon(p, 1), 0);
	assert_int_equal(pcap_activate(p), PCAP_ERROR_RFMON_NOTSUP);
	assert_int_equal(fake.n_opens, 0);
	assert_int_equal(pcap_set_rfmon(p, 0), 0);
	activate();
}

/* libpcap's words for a code go in front, as tcpdump and others put them; PCAP_ERROR has none. */
static void each_failure_has_its_code_and_keeps_its_sentence(void **state)
{
	static const struct {
		enum xdps_status status;
		int code;
		const char *words;
	} cases[] = {
		{ XDPS_BAD_OPTION, PCAP_ERROR, NULL },
		{ XDPS_BAD_FILTER, PCAP_ERROR, NULL },
		{ XDPS_NO_DEVICE, PCAP_ERROR_NO_SUCH_DEVICE, "No such device exists" },
		{ XDPS_NO_PERMISSION, PCAP_ERROR_PERM_DENIED, "You don't have permission" },
		{ XDPS_BUSY, PCAP_ERROR, NULL },
		{ XDPS_UNSUPPORTED, PCAP_ERROR, NULL },
		{ XDPS_GONE, PCAP_ERROR, NULL },
		{ XDPS_FAILED, PCAP_ERROR, NULL },
	};

	_Static_assert(ARRAY_SIZE(cases) == XDPS_FAILED - XDPS_WOKEN, "all of them");
	char sentence[32];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(sentence, sizeof(sentence), "eth0: sentence %zu", i);
		fake.open = (struct fake_answer){ cases[i].status, sentence };
		assert_int_equal(pcap_activate(p), cases[i].code);
		assert_string_equal(pcap_geterr(p), sentence);
		if (cases[i].words)
			assert_non_null(strstr(pcap_statustostr(cases[i].code), cases[i].words));
	}
}

static void a_sentence_as_long_as_errbuf_is_whole(void **state)
{
	char sentence[256];

	memset(sentence, 'x', 255);
	sentence[255] = '\0';
	fake.open = (struct fake_answer){ XDPS_FAILED, sentence };
	assert_int_equal(pcap_activate(p), PCAP_ERROR);
	assert_string_equal(pcap_geterr(p), sentence);
}

static void a_handle_that_failed_to_activate_can_be_activated_again(void **state)
{
	assert_int_equal(pcap_set_snaplen(p, 96), 0);
	fake.open = (struct fake_answer){ XDPS_BUSY, "eth0 is busy" };
	assert_int_equal(pcap_activate(p), PCAP_ERROR);
	assert_int_equal(pcap_activate(p), PCAP_ERROR);
	assert_int_equal(pcap_can_set_rfmon(p), 0);
	assert_int_equal(pcap_get_selectable_fd(p), -1);

	fake.open.status = XDPS_OK;
	assert_int_equal(pcap_set_tstamp_precision(p,
			 PCAP_TSTAMP_PRECISION_NANO), 0);
	activate();
	assert_string_equal(fake.opened.request.ifname, "eth0");
	assert_int_equal(fake.opened.request.snaplen, 96);
	fake_batch(2);
	assert_int_equal(dispatch(-1), 2);
	assert_received(2);
}

static void a_handle_that_failed_to_activate_can_be_closed(void **state)
{
	fake.open = (struct fake_answer){ XDPS_NO_DEVICE, "eth0: no such device" };
	assert_int_equal(pcap_activate(p), PCAP_ERROR_NO_SUCH_DEVICE);
	pcap_close(p);
	p = NULL;
	assert_int_equal(fake.n_closes, 0);
}

static void a_second_activation_is_refused_and_harms_nothing(void **state)
{
	activate();
	assert_int_equal(pcap_activate(p), PCAP_ERROR_ACTIVATED);
	assert_int_equal(fake.n_opens, 1);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
}

static void promiscuity_that_cannot_be_had_is_a_warning(void **state)
{
	fake.warning = "eth0 is not promiscuous: no CAP_NET_RAW";
	assert_int_equal(pcap_set_promisc(p, 1), 0);
	assert_int_equal(pcap_activate(p), PCAP_WARNING);
	assert_string_equal(pcap_geterr(p), fake.warning);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
}

static void any_other_warning_is_not_about_promiscuity(void **state)
{
	fake.warning = "eth0: something else";
	assert_int_equal(pcap_set_promisc(p, 1), 0);
	assert_int_equal(pcap_activate(p), PCAP_WARNING);
	assert_string_equal(pcap_geterr(p), fake.warning);
}

static void packets_with_a_frame_header_are_ethernet(void **state)
{
	fake.link = XDPS_LINK_ETHERNET;
	activate();
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	assert_int_equal(pcap_set_datalink(p, DLT_EN10MB), 0);
	assert_int_equal(pcap_set_datalink(p, DLT_RAW), -1);
}

static void packets_that_begin_with_ip_are_raw(void **state)
{
	int *dlts;

	fake.link = XDPS_LINK_IP;
	activate();
	assert_int_equal(pcap_datalink(p), DLT_RAW);
	assert_int_equal(pcap_list_datalinks(p, &dlts), 1);
	assert_int_equal(dlts[0], DLT_RAW);
	pcap_free_datalinks(dlts);
}

static void the_engines_descriptor_is_the_selectable_one(void **state)
{
	assert_int_equal(pcap_get_selectable_fd(p), -1);
	activate();
	assert_int_equal(pcap_get_selectable_fd(p), fake.fd);
	assert_int_equal(pcap_fileno(p), fake.fd);
	assert_null(pcap_get_required_select_timeout(p));
}

static void close_ends_the_capture_and_leaves_the_descriptor_to_the_engine(void **state)
{
	activate();
	fake_batch(3);
	assert_int_equal(dispatch(1), 1);
	pcap_close(p);
	p = NULL;
	assert_int_equal(fake.n_closes, 1);
	assert_true(fcntl(fake.fd, F_GETFD) >= 0);
}

/* The list of devices. */

static const pcap_if_t *find_in(const pcap_if_t *list, const char *name)
{
	for (; list; list = list->next)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

static unsigned int count_ours(const pcap_if_t *list)
{
	unsigned int n = 0;

	for (; list; list = list->next)
		n += !strncmp(list->name, "xdpsample:", 10);
	return n;
}

static bool is_ethernet_like(const char *ifname)
{
	char path[300];
	int type = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/type", ifname);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%d", &type) != 1)
		type = -1;
	fclose(f);
	return type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK;
}

#define INTERFACES_MAX 256

/* Names of the interfaces that are to be listed, in the order of the system. */
struct interfaces {
	unsigned int n;
	char name[INTERFACES_MAX][IF_NAMESIZE];
};

static void look_at_interfaces(struct interfaces *seen)
{
	struct if_nameindex *all = if_nameindex();

	assert_non_null(all);
	seen->n = 0;
	for (struct if_nameindex *i = all; i->if_index; i++) {
		assert_true(seen->n < INTERFACES_MAX);
		if (is_ethernet_like(i->if_name))
			strcpy(seen->name[seen->n++], i->if_name);
	}
	if_freenameindex(all);
}

static bool saw(const struct interfaces *seen, const char *ifname)
{
	for (unsigned int i = 0; i < seen->n; i++)
		if (!strcmp(seen->name[i], ifname))
			return true;
	return false;
}

static void no_device_is_listed_unless_asked_for(void **state)
{
	static const char *const wishes[] = { NULL, "", "0", "11", "yes" };
	pcap_if_t *list;

	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		unsetenv("XDPSAMPLE_LIST");
		if (wishes[i])
			setenv("XDPSAMPLE_LIST", wishes[i], 1);
		assert_int_equal(pcap_findalldevs(&list, errbuf), 0);
		assert_int_equal(count_ours(list), 0);
		pcap_freealldevs(list);
	}
	unsetenv("XDPSAMPLE_LIST");
}

static void the_ethernet_like_interfaces_are_listed_where_asked_for(void **state)
{
	/* other tests may add and remove interfaces meanwhile */
	static struct interfaces before, after;
	char name[10 + IF_NAMESIZE];
	pcap_if_t *list;

	setenv("XDPSAMPLE_LIST", "1", 1);
	look_at_interfaces(&before);
	assert_int_equal(pcap_findalldevs(&list, errbuf), 0);
	look_at_interfaces(&after);
	unsetenv("XDPSAMPLE_LIST");

	for (unsigned int i = 0; i < before.n; i++) {
		snprintf(name, sizeof(name), "xdpsample:%s", before.name[i]);
		if (saw(&after, before.name[i]) && !find_in(list, name))
			fail_msg("%s is not listed", name);
	}
	for (const pcap_if_t *d = list; d; d = d->next)
		if (!strncmp(d->name, "xdpsample:", 10) &&
		    !saw(&before, d->name + 10) && !saw(&after, d->name + 10))
			fail_msg("%s should not be listed", d->name);
	assert_true(count_ours(list) > 0);
	pcap_freealldevs(list);
}

#define TUN_NAME "xdpstun0"

enum child_result {
	AS_EXPECTED,
	NO_NAMESPACE,
	NO_TUN,
	NO_LIST,
	TUN_IN_LIST,
	LO_NOT_IN_LIST,
};

/* In a process of its own, as a namespace is entered for good. */
static enum child_result list_next_to_a_tun(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN, .ifr_name = TUN_NAME };
	pcap_if_t *list;
	int tun;

	if (unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return NO_NAMESPACE;
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &ifr) != 0)
		return NO_TUN;
	/* this gives it an address, without which getifaddrs() has no type */
	(void)ioctl(tun, TUNSETLINK, ARPHRD_TUNNEL);
	setenv("XDPSAMPLE_LIST", "1", 1);
	if (pcap_findalldevs(&list, errbuf) != 0)
		return NO_LIST;
	if (find_in(list, "xdpsample:" TUN_NAME))
		return TUN_IN_LIST;
	return find_in(list, "xdpsample:lo") ? AS_EXPECTED : LO_NOT_IN_LIST;
}

static void an_interface_without_frame_headers_is_not_listed(void **state)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(list_next_to_a_tun());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE || WEXITSTATUS(status) == NO_TUN) {
		print_message("# skipped: this needs a network namespace with a tun device in it\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), AS_EXPECTED);
}

static void a_listed_device_is_never_the_default_one(void **state)
{
	const pcap_if_t *lo;
	pcap_if_t *list;

	setenv("XDPSAMPLE_LIST", "1", 1);
	assert_int_equal(pcap_findalldevs(&list, errbuf), 0);
	unsetenv("XDPSAMPLE_LIST");
	assert_int_not_equal(strncmp(list->name, "xdpsample:", 10), 0);
	lo = find_in(list, "xdpsample:lo");
	assert_non_null(lo);
	assert_int_equal(lo->flags, PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE);
	assert_string_equal(lo->description, "lo at the XDP hook");
	assert_int_equal(fake.n_opens, 0);
	pcap_freealldevs(list);
}

static const struct CMUnitTest tests[] = {
	TEST(a_name_without_our_prefix_is_left_alone),
	TEST(what_follows_the_prefix_is_for_the_option_parser),
	TEST(a_bad_option_fails_in_create_with_its_sentence),
	TEST(create_starts_nothing_and_close_is_enough_to_undo_it),
	TEST(a_handle_that_is_not_activated_says_so),
	TEST(micro_and_nanoseconds_can_be_asked_for_and_nothing_else),
	TEST(the_time_is_the_hosts_and_no_other_is_on_offer),
	TEST(the_snapshot_length_reaches_the_engine),
	TEST(the_buffer_size_reaches_the_engine),
	TEST(without_a_buffer_size_the_engine_chooses),
	TEST(the_timeout_up_to_100_ms_is_how_long_packets_wait_for_company),
	TEST(in_immediate_mode_packets_wait_for_nothing),
	TEST(promiscuous_mode_reaches_the_engine),
	TEST(monitor_mode_is_refused),
	TEST(each_failure_has_its_code_and_keeps_its_sentence),
	TEST(a_sentence_as_long_as_errbuf_is_whole),
	TEST(a_handle_that_failed_to_activate_can_be_activated_again),
	TEST(a_handle_that_failed_to_activate_can_be_closed),
	TEST(a_second_activation_is_refused_and_harms_nothing),
	TEST(promiscuity_that_cannot_be_had_is_a_warning),
	TEST(any_other_warning_is_not_about_promiscuity),
	TEST(packets_with_a_frame_header_are_ethernet),
	TEST(packets_that_begin_with_ip_are_raw),
	TEST(the_engines_descriptor_is_the_selectable_one),
	TEST(close_ends_the_capture_and_leaves_the_descriptor_to_the_engine),
	TEST(no_device_is_listed_unless_asked_for),
	TEST(the_ethernet_like_interfaces_are_listed_where_asked_for),
	TEST(an_interface_without_frame_headers_is_not_listed),
	TEST(a_listed_device_is_never_the_default_one),
};

const struct suite open_suite = { tests, ARRAY_SIZE(tests) };

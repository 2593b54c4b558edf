// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_packets.c: what is delivered and how it looks, what is counted, and
 * what is sent.
 */
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness.h"

/* Filters. */

static void only_packets_that_pass_the_filter_are_delivered_and_counted(void **state)
{
	(void)state;
	activate();
	assert_int_equal(set_filter("ether[0] & 1 = 1"), 0);
	fake_batch(6);
	assert_int_equal(dispatch(2), 2);
	assert_int_equal(dispatch(2), 1);
	assert_int_equal(got.fill[0], 1);
	assert_int_equal(got.fill[1], 3);
	assert_int_equal(got.fill[2], 5);
}

static void the_filters_answer_limits_the_captured_length(void **state)
{
	struct bpf_insn cut = BPF_STMT(BPF_RET | BPF_K, 20);

	(void)state;
	activate();
	assert_int_equal(set_program(&cut, 1), 0);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.hdr[0].caplen, 20);
	assert_int_equal(got.hdr[0].len, 60);
}

static void a_filter_that_wants_more_than_there_is_changes_no_length(void **state)
{
	struct bpf_insn all = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);

	(void)state;
	activate();
	assert_int_equal(set_program(&all, 1), 0);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.hdr[0].caplen, 60);
}

static void the_filter_knows_the_packets_true_length(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 0, .len = 1500, .caplen = 40 },
		{ .fill = 1, .len = 999, .caplen = 40 },
	};

	(void)state;
	activate();
	assert_int_equal(set_filter("greater 1000"), 0);
	fake_packets(packets, COUNT(packets));
	assert_int_equal(dispatch(-1), 1);
	assert_received(1);
}

static void a_filter_cannot_see_what_was_not_captured(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 0, .len = 1500, .caplen = 101 },
		{ .fill = 0, .len = 1500, .caplen = 100 },
		{ .fill = 0, .len = 1500, .caplen = 0 },
	};

	(void)state;
	activate();
	assert_int_equal(set_filter("ether[100] = 0"), 0);
	fake_packets(packets, COUNT(packets));
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.hdr[0].caplen, 101);
}

static void filter_for_number_4(void)
{
	assert_int_equal(set_filter("ether[0] = 4"), 0);
}

static void a_filter_set_in_the_callback_holds_for_the_next_packet(void **state)
{
	(void)state;
	activate();
	assert_int_equal(set_filter("ether[0] < 200"), 0);
	fake_batch(6);
	got.act_at = 2;
	got.act = filter_for_number_4;
	assert_int_equal(dispatch(-1), 3);
	assert_int_equal(got.fill[1], 1);
	assert_int_equal(got.fill[2], 4);
}

static void a_filter_holds_for_packets_that_wait_already(void **state)
{
	(void)state;
	activate();
	fake_batch(6);
	assert_int_equal(dispatch(1), 1);
	assert_int_equal(set_filter("ether[0] = 5"), 0);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.fill[1], 5);
}

static void vlan_tags_are_looked_for_in_the_packet(void **state)
{
	static const unsigned char tagged[] = {
		0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2,
		0x81, 0x00, 0x00, 0x05, 0x08, 0x00,
	};
	const struct fake_packet packet = {
		.bytes = tagged, .len = 60, .caplen = sizeof(tagged),
	};
	struct pcap_pkthdr h;

	(void)state;
	activate_nonblocking();
	assert_int_equal(set_filter("vlan 5"), 0);
	fake_packets(&packet, 1);
	assert_non_null(pcap_next(p, &h));
	assert_int_equal(set_filter("not vlan"), 0);
	fake_packets(&packet, 1);
	assert_null(pcap_next(p, &h));
}

static void assert_refused_and_number_1_still_wanted(int ret)
{
	assert_int_equal(ret, -1);
	assert_non_null(strstr(pcap_geterr(p), "inbound, outbound, ifindex"));
	assert_true(strlen(pcap_geterr(p)) < PCAP_ERRBUF_SIZE - 1);
	fake_batch(256);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.fill[got.n - 1], 1);
}

static void a_filter_on_direction_is_refused_sooner_or_later(void **state)
{
	static const char *const expressions[] = {
		"inbound", "outbound", "not inbound", "ifindex 1",
		"tcp or outbound",
	};
	struct bpf_program prog;

	(void)state;
	activate();
	assert_int_equal(set_filter("ether[0] = 1"), 0);
	for (size_t i = 0; i < COUNT(expressions); i++) {
		/* libpcap 1.11 does not even compile it */
		if (pcap_compile(p, &prog, expressions[i], 1, 0) != 0)
			continue;
		got.n = 0;
		assert_refused_and_number_1_still_wanted(pcap_setfilter(p, &prog));
		pcap_freecode(&prog);
	}
}

static void a_filter_on_metadata_is_refused_and_the_old_one_stays(void **state)
{
	/* SKF_AD_OFF, SKF_NET_OFF and SKF_LL_OFF, and all ways to load */
	static const struct bpf_insn loads[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffff008),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0xfffff004),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0xfffff000 + 48),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0xfffff000 + 44),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0xffffffff),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0xfff00000),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0xffe00000),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0xfff00000),
		BPF_STMT(BPF_LDX | BPF_MSH | BPF_B, 0xfff00000),
	};
	struct bpf_insn prog[2];

	(void)state;
	activate();
	assert_int_equal(set_filter("ether[0] = 1"), 0);
	for (size_t i = 0; i < COUNT(loads); i++) {
		prog[0] = loads[i];
		prog[1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 1000);
		got.n = 0;
		assert_refused_and_number_1_still_wanted(set_program(prog, 2));
	}
}

static void a_filter_with_large_numbers_elsewhere_is_not_refused(void **state)
{
	struct bpf_insn prog[] = {
		BPF_STMT(BPF_LDX | BPF_IMM, 0xfffff004),
		BPF_STMT(BPF_LD | BPF_IMM, 0xfffff004),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfffffffc),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xfffff004, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0xffdfffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	(void)state;
	activate();
	assert_int_equal(set_program(prog, COUNT(prog)), 0);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
}

static void an_invalid_filter_is_refused_and_the_old_one_stays(void **state)
{
	struct bpf_insn endless = BPF_STMT(BPF_LD | BPF_IMM, 0);

	(void)state;
	activate();
	assert_int_equal(set_filter("ether[0] = 1"), 0);
	assert_int_equal(set_program(&endless, 1), -1);
	assert_int_equal(set_program(NULL, 0), -1);
	fake_batch(3);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.fill[0], 1);
}

/* What a packet looks like. */

static void a_packet_is_no_longer_than_the_snapshot_length(void **state)
{
	static const struct fake_packet packet = { .len = 9000, .caplen = 200 };

	(void)state;
	assert_int_equal(pcap_set_snaplen(p, 96), 0);
	activate();
	fake_packets(&packet, 1);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.hdr[0].caplen, 96);
	assert_int_equal(got.hdr[0].len, 9000);
}

static const struct fake_packet stamped[] = {
	{ .len = 60, .caplen = 60, .wall_ns = 1700000001123456789u },
	{ .len = 60, .caplen = 60, .wall_ns = 1700000001999999999u },
	{ .len = 60, .caplen = 60, .wall_ns = 4500000002000000001u },
};

static void times_are_in_microseconds_by_default(void **state)
{
	(void)state;
	activate();
	fake_packets(stamped, COUNT(stamped));
	assert_int_equal(dispatch(-1), 3);
	assert_int_equal(got.hdr[0].ts.tv_sec, 1700000001);
	assert_int_equal(got.hdr[0].ts.tv_usec, 123456);
	assert_int_equal(got.hdr[1].ts.tv_sec, 1700000001);
	assert_int_equal(got.hdr[1].ts.tv_usec, 999999);
	assert_true(got.hdr[2].ts.tv_sec == 4500000002);
	assert_int_equal(got.hdr[2].ts.tv_usec, 0);
}

static void times_are_in_nanoseconds_where_asked_for(void **state)
{
	(void)state;
	assert_int_equal(pcap_set_tstamp_precision(p,
			 PCAP_TSTAMP_PRECISION_NANO), 0);
	activate();
	assert_int_equal(pcap_get_tstamp_precision(p),
			 PCAP_TSTAMP_PRECISION_NANO);
	fake_packets(stamped, COUNT(stamped));
	assert_int_equal(dispatch(-1), 3);
	assert_int_equal(got.hdr[0].ts.tv_usec, 123456789);
	assert_int_equal(got.hdr[1].ts.tv_usec, 999999999);
	assert_int_equal(got.hdr[2].ts.tv_usec, 1);
}

/* One packet at a time. */

static void what_next_returns_is_good_until_the_next_call(void **state)
{
	struct pcap_pkthdr h;
	const u_char *data;

	(void)state;
	activate();
	fake_batch(2);
	for (int i = 0; i < 2; i++) {
		data = pcap_next(p, &h);
		assert_non_null(data);
		assert_int_equal(h.caplen, 60);
		for (int j = 0; j < 60; j++)
			assert_int_equal(data[j], i);
	}
	assert_false(fake.unsettled);
}

static void next_ex_tells_a_packet_a_timeout_a_break_and_an_error_apart(void **state)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	activate_with_timeout(10);
	fake_batch(1);
	fake_timeout();
	fake_woken();
	fake_during(break_loop_in, NULL);
	fake_over(XDPS_GONE, "The interface disappeared");
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(h->len, 60);
	assert_int_equal(data[59], 0);
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
}

static void reading_len_bytes_of_a_cut_packet_finds_zeros(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 0xaa, .len = 262144, .caplen = 96 },
		{ .fill = 0xbb, .len = 262144, .caplen = 65000 },
		{ .fill = 0xcc, .len = 524280, .caplen = 0 },
		{ .fill = 0xdd, .len = 1500, .caplen = 96 },
	};
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	activate();
	fake_packets(packets, COUNT(packets));
	for (size_t i = 0; i < COUNT(packets); i++) {
		assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		assert_int_equal(h->len, packets[i].len);
		for (bpf_u_int32 j = 0; j < h->len; j++)
			if (data[j] != (j < h->caplen ? packets[i].fill : 0))
				fail_msg("packet %zu: byte %u is %#x",
					 i, j, data[j]);
	}
}

/* Statistics. */

static void the_lost_are_among_the_received_and_the_unchosen_are_not(void **state)
{
	struct pcap_stat ps;

	(void)state;
	activate();
	fake.stats = (struct xdps_stats){
		.seen = 1110, .passed_over = 1000, .taken = 100, .lost = 10,
	};
	memset(&ps, 0xff, sizeof(ps));
	assert_int_equal(pcap_stats(p, &ps), 0);
	assert_int_equal(ps.ps_recv, 110);
	assert_int_equal(ps.ps_drop, 10);
	assert_int_equal(ps.ps_ifdrop, 0);
}

static void statistics_wrap_at_32_bits(void **state)
{
	struct pcap_stat ps;

	(void)state;
	activate();
	fake.stats.taken = 0x100000000u - 3;
	fake.stats.lost = 0x200000005u;
	assert_int_equal(pcap_stats(p, &ps), 0);
	assert_int_equal(ps.ps_recv, 2);
	assert_int_equal(ps.ps_drop, 5);
}

static struct pcap_stat stats_seen;

static void look_at_stats(void)
{
	assert_int_equal(pcap_stats(p, &stats_seen), 0);
}

static void stats_on_signal(int sig)
{
	(void)sig;
	if (pcap_stats(p, &stats_seen) != 0)
		stats_seen.ps_recv = UINT_MAX;
}

static void raise_usr1(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
}

static void statistics_can_be_asked_for_in_the_callback(void **state)
{
	(void)state;
	activate();
	fake.stats.taken = 42;
	fake_batch(1);
	got.act_at = 1;
	got.act = look_at_stats;
	stats_seen.ps_recv = 0;
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(stats_seen.ps_recv, 42);
}

static void statistics_can_be_asked_for_in_a_signal_handler(void **state)
{
	struct sigaction sa = { .sa_handler = stats_on_signal };

	(void)state;
	activate();
	fake.stats.taken = 43;
	fake_batch(1);
	fake_during(raise_usr1, NULL);
	stats_seen.ps_recv = 0;
	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
	assert_int_equal(dispatch(-1), 1);
	signal(SIGUSR1, SIG_DFL);
	assert_int_equal(stats_seen.ps_recv, 43);
}

static void statistics_outlive_a_break_and_the_capture(void **state)
{
	(void)state;
	activate();
	fake.stats.taken = 7;
	pcap_breakloop(p);
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
	look_at_stats();
	assert_int_equal(stats_seen.ps_recv, 7);
	fake_over(XDPS_GONE, "The interface disappeared");
	fake.stats.taken = 8;
	/* once for the wake-up that came with the break */
	assert_int_equal(dispatch(-1), PCAP_ERROR);
	look_at_stats();
	assert_int_equal(stats_seen.ps_recv, 8);
}

/* The other calls. */

static void received_packets_can_be_asked_for_and_sent_ones_cannot(void **state)
{
	(void)state;
	activate();
	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	assert_int_equal(pcap_setdirection(p, PCAP_D_INOUT), 0);
	assert_int_equal(pcap_setdirection(p, PCAP_D_OUT), -1);
	assert_non_null(strstr(pcap_geterr(p), "Only received packets"));
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
}

static void a_packet_can_be_sent(void **state)
{
	(void)state;
	activate();
	assert_int_equal(pcap_inject(p, "fourteen bytes", 14), 14);
	assert_int_equal(fake.injected_bytes, 14);
	assert_memory_equal(fake.injected, "fourteen bytes", 14);
	assert_int_equal(pcap_sendpacket(p, (const u_char *)"abc", 3), 0);
	assert_int_equal(fake.injected_bytes, 3);
}

static void a_packet_that_cannot_be_sent_is_an_error_with_a_sentence(void **state)
{
	(void)state;
	activate();
	fake.inject = (struct fake_answer){ XDPS_NO_PERMISSION, "no CAP_NET_RAW" };
	assert_int_equal(pcap_inject(p, "abc", 3), PCAP_ERROR);
	assert_string_equal(pcap_geterr(p), "no CAP_NET_RAW");
}

static const struct CMUnitTest tests[] = {
	TEST(only_packets_that_pass_the_filter_are_delivered_and_counted),
	TEST(the_filters_answer_limits_the_captured_length),
	TEST(a_filter_that_wants_more_than_there_is_changes_no_length),
	TEST(the_filter_knows_the_packets_true_length),
	TEST(a_filter_cannot_see_what_was_not_captured),
	TEST(a_filter_set_in_the_callback_holds_for_the_next_packet),
	TEST(a_filter_holds_for_packets_that_wait_already),
	TEST(vlan_tags_are_looked_for_in_the_packet),
	TEST(a_filter_on_direction_is_refused_sooner_or_later),
	TEST(a_filter_on_metadata_is_refused_and_the_old_one_stays),
	TEST(a_filter_with_large_numbers_elsewhere_is_not_refused),
	TEST(an_invalid_filter_is_refused_and_the_old_one_stays),
	TEST(a_packet_is_no_longer_than_the_snapshot_length),
	TEST(times_are_in_microseconds_by_default),
	TEST(times_are_in_nanoseconds_where_asked_for),
	TEST(what_next_returns_is_good_until_the_next_call),
	TEST(next_ex_tells_a_packet_a_timeout_a_break_and_an_error_apart),
	TEST(reading_len_bytes_of_a_cut_packet_finds_zeros),
	TEST(the_lost_are_among_the_received_and_the_unchosen_are_not),
	TEST(statistics_wrap_at_32_bits),
	TEST(statistics_can_be_asked_for_in_the_callback),
	TEST(statistics_can_be_asked_for_in_a_signal_handler),
	TEST(statistics_outlive_a_break_and_the_capture),
	TEST(received_packets_can_be_asked_for_and_sent_ones_cannot),
	TEST(a_packet_can_be_sent),
	TEST(a_packet_that_cannot_be_sent_is_an_error_with_a_sentence),
};

const struct suite packet_suite = { tests, COUNT(tests) };

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_packets.c: what is delivered and how it looks, what is counted, and
 * what is sent.
 */
#include <limits.h>
#include <signal.h>
#include <string.h>

#include "harness.h"

/* What a packet looks like. */

static void a_packet_is_no_longer_than_the_snapshot_length(void **state)
{
	static const struct fake_packet packet = { .len = 9000, .caplen = 200 };

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
	activate();
	fake_packets(stamped, ARRAY_SIZE(stamped));
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
	assert_int_equal(pcap_set_tstamp_precision(p,
			 PCAP_TSTAMP_PRECISION_NANO), 0);
	activate();
	assert_int_equal(pcap_get_tstamp_precision(p),
			 PCAP_TSTAMP_PRECISION_NANO);
	fake_packets(stamped, ARRAY_SIZE(stamped));
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

	activate_with_timeout(10);
	fake_batch(1);
	fake_timeout();
	break_in_wait(0);
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

	activate();
	fake_packets(packets, ARRAY_SIZE(packets));
	for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
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

	activate();
	fake.stats = (struct xdps_stats){
		.seen = 1110, .unsampled = 1000, .taken = 100, .lost = 10,
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

	activate();
	fake.stats.taken = 0x100000000u - 3;
	fake.stats.lost = 0x200000005u;
	assert_int_equal(pcap_stats(p, &ps), 0);
	assert_int_equal(ps.ps_recv, 2);
	assert_int_equal(ps.ps_drop, 5);
}

/* dumpcap asks for one packet more, and then for the account. */
static void what_is_left_after_a_break_that_nobody_answers_is_dropped(void **state)
{
	struct pcap_stat ps;

	activate();
	break_in_wait(5);
	assert_int_equal(dispatch(1), 1);
	fake.stats = (struct xdps_stats){ .taken = 100, .released = 96, .lost = 10 };
	assert_int_equal(pcap_stats(p, &ps), 0);
	assert_int_equal(ps.ps_recv, 110);
	assert_int_equal(ps.ps_drop, 14);

	/* if it does read on, they are not */
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_int_equal(pcap_stats(p, &ps), 0);
	assert_int_equal(ps.ps_drop, 10);
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
	activate();
	fake.stats.taken = 42;
	fake_batch(1);
	act_at(1, look_at_stats);
	stats_seen.ps_recv = 0;
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(stats_seen.ps_recv, 42);
}

static void statistics_can_be_asked_for_in_a_signal_handler(void **state)
{
	struct sigaction sa = { .sa_handler = stats_on_signal };

	activate();
	fake.stats.taken = 43;
	fake_batch(1);
	fake_during(raise_usr1, NULL);
	stats_seen.ps_recv = 0;
	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(stats_seen.ps_recv, 43);
}

static void statistics_outlive_a_break_and_the_capture(void **state)
{
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

static void the_direction_can_be_changed_and_is_that_of_each_packet(void **state)
{
	static const struct fake_packet packets[] = { { .len = 60 }, { .len = 61, .sent = true } };

	activate();
	assert_int_equal(pcap_setdirection(p, PCAP_D_OUT), 0);
	assert_int_equal(fake.dir, XDPS_DIR_OUT);
	fake_packets(packets, 2);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(pcap_setdirection(p, PCAP_D_INOUT), 0);
	assert_int_equal(fake.dir, XDPS_DIR_BOTH);
	fake_packets(packets, 2);
	assert_int_equal(dispatch(-1), 2);
	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	assert_int_equal(fake.dir, XDPS_DIR_IN);
	fake_packets(packets, 2);
	assert_int_equal(dispatch(-1), 1);
}

static void a_direction_that_is_refused_changes_nothing(void **state)
{
	static const struct fake_packet packets[] = { { .len = 60 }, { .len = 61, .sent = true } };

	activate();
	fake.direction = (struct fake_answer){ XDPS_NO_PERMISSION, "not allowed" };
	assert_int_equal(pcap_setdirection(p, PCAP_D_OUT), -1);
	assert_string_equal(pcap_geterr(p), "not allowed");
	fake_packets(packets, 2);
	assert_int_equal(dispatch(-1), 1);
}

static void a_packet_can_be_sent(void **state)
{
	activate();
	assert_int_equal(pcap_inject(p, "fourteen bytes", 14), 14);
	assert_int_equal(fake.injected_bytes, 14);
	assert_memory_equal(fake.injected, "fourteen bytes", 14);
	assert_int_equal(pcap_sendpacket(p, (const u_char *)"abc", 3), 0);
	assert_int_equal(fake.injected_bytes, 3);
}

static void a_packet_that_cannot_be_sent_is_an_error_with_a_sentence(void **state)
{
	activate();
	fake.inject = (struct fake_answer){ XDPS_NO_PERMISSION, "no CAP_NET_RAW" };
	assert_int_equal(pcap_inject(p, "abc", 3), PCAP_ERROR);
	assert_string_equal(pcap_geterr(p), "no CAP_NET_RAW");
}

static const struct CMUnitTest tests[] = {
	TEST(a_packet_is_no_longer_than_the_snapshot_length),
	TEST(times_are_in_microseconds_by_default),
	TEST(times_are_in_nanoseconds_where_asked_for),
	TEST(what_next_returns_is_good_until_the_next_call),
	TEST(next_ex_tells_a_packet_a_timeout_a_break_and_an_error_apart),
	TEST(reading_len_bytes_of_a_cut_packet_finds_zeros),
	TEST(the_lost_are_among_the_received_and_the_unchosen_are_not),
	TEST(statistics_wrap_at_32_bits),
	TEST(what_is_left_after_a_break_that_nobody_answers_is_dropped),
	TEST(statistics_can_be_asked_for_in_the_callback),
	TEST(statistics_can_be_asked_for_in_a_signal_handler),
	TEST(statistics_outlive_a_break_and_the_capture),
	TEST(the_direction_can_be_changed_and_is_that_of_each_packet),
	TEST(a_direction_that_is_refused_changes_nothing),
	TEST(a_packet_can_be_sent),
	TEST(a_packet_that_cannot_be_sent_is_an_error_with_a_sentence),
};

const struct suite packet_suite = { tests, ARRAY_SIZE(tests) };

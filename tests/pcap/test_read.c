// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_read.c: when a read returns and what: counts, timeouts, breaks, errors.
 */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "harness.h"

static void break_loop(void)
{
	pcap_breakloop(p);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Counts. */

static void a_count_of_one_delivers_one_packet_and_keeps_the_rest(void **state)
{
	activate();
	fake_batch(3);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(dispatch(1), 1);
		assert_received(i);
	}
}

static void a_count_of_three_delivers_three(void **state)
{
	activate();
	fake_batch(5);
	assert_int_equal(dispatch(3), 3);
	assert_int_equal(dispatch(3), 2);
	assert_received(5);
}

static void a_count_is_a_maximum_and_not_waited_for(void **state)
{
	activate();
	fake_batch(2);
	fake_batch(2);
	assert_int_equal(dispatch(INT_MAX), 2);
	assert_int_equal(fake.n_waits, 1);
}

static void no_count_means_what_is_there_now(void **state)
{
	static const int unlimited[] = { 0, -1, INT_MIN };

	activate();
	for (size_t i = 0; i < ARRAY_SIZE(unlimited); i++)
		fake_batch(3);
	for (size_t i = 0; i < ARRAY_SIZE(unlimited); i++)
		assert_int_equal(dispatch(unlimited[i]), 3);
	assert_received(9);
}

static void an_unlimited_read_ends_under_a_flood(void **state)
{
	activate();
	fake.flood = 1000;
	assert_int_equal(dispatch(-1), 1000);
	assert_int_equal(fake.n_waits, 1);
}

static void a_loop_goes_on_until_its_count_is_reached(void **state)
{
	activate_with_timeout(100);
	fake_batch(2);
	fake_timeout();
	fake_batch(2);
	assert_int_equal(loop(3), 0);
	assert_received(3);
	assert_int_equal(dispatch(-1), 1);
	assert_received(4);
}

static void an_unlimited_loop_ends_with_the_capture(void **state)
{
	activate();
	fake_batch(2);
	fake_batch(2);
	fake_over(XDPS_GONE, "The interface disappeared");
	assert_int_equal(loop(-1), PCAP_ERROR);
	assert_received(4);
	assert_string_equal(pcap_geterr(p), "The interface disappeared");
}

/* Timeouts. */

static void a_timeout_that_passes_empty_returns_0(void **state)
{
	activate_with_timeout(1000);
	fake_timeout();
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(fake.n_waits, 1);
	assert_int_equal(fake.timeouts_ms[0], 1000);
}

static void the_longest_timeout_is_waited_for(void **state)
{
	activate_with_timeout(INT_MAX);
	fake_timeout();
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(fake.timeouts_ms[0], INT_MAX);
}

static void without_a_timeout_a_read_blocks_until_a_packet_is_delivered(void **state)
{
	static const int timeouts[] = { 0, -1, INT_MIN };
	static const struct fake_packet no = { .fill = 9, .len = 60, .caplen = 60 };

	for (size_t i = 0; i < ARRAY_SIZE(timeouts); i++) {
		tear_down(NULL);
		set_up(NULL);
		activate_with_timeout(timeouts[i]);
		assert_int_equal(set_filter("ether[0] != 9"), 0);
		fake_packets(&no, 1);
		fake_woken();
		fake_packets(&no, 1);
		fake_batch(1);
		assert_int_equal(dispatch(-1), 1);
		assert_received(1);
		assert_int_equal(fake.n_waits, 4);
		for (int j = 0; j < 4; j++)
			assert_int_equal(fake.timeouts_ms[j], -1);
	}
}

static void rejected_packets_do_not_prolong_the_timeout(void **state)
{
	uint64_t began_ns;

	activate_with_timeout(20);
	reject_all();
	fake.flood = 100;
	began_ns = now_ns();
	assert_int_equal(dispatch(-1), 0);
	assert_true(now_ns() - began_ns >= 20000000u);
	assert_true(fake.n_waits > 1);
	assert_int_equal(fake.timeouts_ms[0], 20);
	assert_false(fake.timeouts_rose);
	assert_int_equal(got.n, 0);
}

static void let_5_ms_pass(void *arg)
{
	uint64_t began_ns = now_ns();

	(void)arg;
	while (now_ns() - began_ns < 5000000u)
		;
}

static void a_wait_that_took_longer_than_the_timeout_is_the_last(void **state)
{
	activate_with_timeout(1);
	reject_all();
	fake_batch(1);
	fake_during(let_5_ms_pass, NULL);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(fake.n_waits, 1);
}

static void rejected_packets_do_not_end_the_wait(void **state)
{
	static const struct fake_packet no = { .fill = 9, .len = 60, .caplen = 60 };

	activate_with_timeout(10000);
	assert_int_equal(set_filter("ether[0] != 9"), 0);
	fake_packets(&no, 1);
	fake_packets(&no, 1);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(fake.n_waits, 3);
	assert_false(fake.timeouts_rose);
}

/* Non-blocking mode. */

static void a_nonblocking_read_of_nothing_returns_0_at_once(void **state)
{
	activate_nonblocking();
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(fake.n_waits, 1);
	assert_int_equal(fake.timeouts_ms[0], 0);
}

static void a_nonblocking_read_takes_what_is_there(void **state)
{
	assert_int_equal(pcap_set_timeout(p, 1000), 0);
	activate_nonblocking();
	fake_batch(3);
	assert_int_equal(dispatch(1), 1);
	assert_int_equal(dispatch(-1), 2);
	assert_int_equal(dispatch(-1), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fake.timeouts_ms[i], 0);
}

static void a_nonblocking_read_of_rejected_packets_ends_under_a_flood(void **state)
{
	activate_nonblocking();
	reject_all();
	fake.flood = 1000;
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(fake.n_waits, 1);
}

static void an_old_wakeup_hides_no_packet_from_a_nonblocking_read(void **state)
{
	activate_nonblocking();
	fake_woken();
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	assert_received(1);
}

static void nonblocking_mode_can_be_asked_for_before_activation(void **state)
{
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
	activate();
	assert_int_equal(pcap_getnonblock(p, errbuf), 1);
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(fake.timeouts_ms[0], 0);
}

static void nonblocking_mode_can_be_switched_at_any_time(void **state)
{
	activate_with_timeout(50);
	assert_int_equal(pcap_getnonblock(p, errbuf), 0);
	assert_int_equal(pcap_setnonblock(p, 17, errbuf), 0);
	assert_int_equal(pcap_getnonblock(p, errbuf), 1);
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(pcap_setnonblock(p, 0, errbuf), 0);
	assert_int_equal(pcap_getnonblock(p, errbuf), 0);
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(fake.timeouts_ms[0], 0);
	assert_int_equal(fake.timeouts_ms[1], 50);
}

static void a_reactivated_handle_blocks_unless_told_otherwise(void **state)
{
	fake.open = (struct fake_answer){ XDPS_BUSY, "eth0 is busy" };
	assert_int_equal(pcap_activate(p), PCAP_ERROR);
	fake.open.status = XDPS_OK;
	activate();
	assert_int_equal(pcap_getnonblock(p, errbuf), 0);
}

/* Breaking out. */

static void a_break_before_a_read_ends_it_without_a_wait(void **state)
{
	activate();
	fake_batch(2);
	pcap_breakloop(p);
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
	assert_int_equal(fake.n_waits, 0);
	assert_int_equal(dispatch(-1), 2);
	assert_received(2);
}

static void a_break_from_the_callback_ends_the_next_read_too(void **state)
{
	activate();
	fake_batch(5);
	act_at(2, break_loop);
	assert_int_equal(dispatch(-1), 2);
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
	assert_received(2);
	assert_int_equal(dispatch(-1), 3);
	assert_received(5);
}

static void a_break_from_the_callback_ends_a_loop_at_that_packet(void **state)
{
	activate();
	fake_batch(5);
	act_at(2, break_loop);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_received(2);
	assert_int_equal(dispatch(-1), 3);
}

static void a_break_at_the_last_of_a_count_does_not_lose_the_count(void **state)
{
	activate();
	fake_batch(2);
	act_at(2, break_loop);
	assert_int_equal(loop(2), 0);
	assert_int_equal(dispatch(1), PCAP_ERROR_BREAK);
}

static void a_break_during_the_wait_ends_it(void **state)
{
	activate();
	break_in_wait(0);
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
	assert_int_equal(fake.n_waits, 1);
	assert_int_equal(fake.n_wakes, 1);
}

/* The signal of a Ctrl-C, which comes in the middle of it. */
static void interrupt(void)
{
	assert_int_equal(raise(SIGUSR1), 0);
}

static void break_on_signal(int sig)
{
	(void)sig;
	pcap_breakloop(p);
}

static void break_on_signals(void)
{
	struct sigaction sa = { .sa_handler = break_on_signal };

	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
}

static void a_break_during_the_wait_hands_out_all_packets_first(void **state)
{
	activate();
	fake_batch(2);
	fake_during(break_loop_in, NULL);
	fake.left = 3;
	assert_int_equal(dispatch(-1), 5);
	assert_received(5);
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
	assert_int_equal(fake.n_waits, 1);
	assert_int_equal(fake.n_drains, 1);
	assert_true(fake.drained_in_hold);
}

static void a_break_during_the_wait_ends_a_loop_after_all_packets(void **state)
{
	activate();
	break_in_wait(3);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_received(3);
}

static void the_last_packets_come_by_as_many_as_were_asked_for(void **state)
{
	activate();
	break_in_wait(5);
	assert_int_equal(dispatch(2), 2);
	assert_int_equal(dispatch(2), 2);
	assert_int_equal(dispatch(2), 1);
	assert_int_equal(dispatch(2), PCAP_ERROR_BREAK);
	assert_received(5);
	assert_int_equal(fake.n_drains, 1);
}

static void the_last_packets_come_one_by_one(void **state)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	activate();
	break_in_wait(2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		assert_int_equal(data[0], i);
	}
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
}

static void after_a_break_reading_goes_on(void **state)
{
	activate();
	for (int i = 0; i < 2; i++) {
		break_in_wait(2);
		assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	}
	assert_received(4);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	assert_received(5);
}

static void a_signal_during_the_callback_hands_out_all_packets_first(void **state)
{
	activate();
	break_on_signals();
	fake_batch(3);
	fake.left = 2;
	act_at(2, interrupt);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_received(5);
}

static void interrupt_later(void)
{
	const struct timespec pause = { .tv_nsec = 250 * 1000 * 1000 };

	nanosleep(&pause, NULL);
	interrupt();
}

static void a_second_signal_ends_it_at_once(void **state)
{
	activate();
	break_on_signals();
	break_in_wait(5);
	act_at(2, interrupt_later);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_received(2);
	assert_int_equal(dispatch(-1), 3);
}

/* timeout(1) sends its signal twice. */
static void a_signal_that_comes_twice_at_a_time_is_one_break(void **state)
{
	activate();
	break_on_signals();
	break_in_wait(5);
	act_at(2, interrupt);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_received(5);
}

static void a_callback_that_breaks_while_the_last_packets_come_gets_no_more(void **state)
{
	activate();
	break_in_wait(5);
	act_at(2, break_loop);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_received(2);
}

static void *break_in_thread(void *arg)
{
	pcap_breakloop(p);
	return arg;
}

static void break_by_thread(void)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, break_in_thread, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void a_thread_that_breaks_during_the_callback_lets_all_packets_out_first(void **state)
{
	activate();
	fake_batch(3);
	fake.left = 2;
	act_at(2, break_by_thread);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_received(5);
}

static void a_signal_between_two_reads_hands_out_all_packets_first(void **state)
{
	activate();
	break_on_signals();
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	interrupt();
	fake.left = 2;
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_received(3);
}

static void the_last_packets_are_not_waited_for_in_nonblocking_mode(void **state)
{
	activate_nonblocking();
	break_in_wait(2);
	assert_int_equal(dispatch(-1), 2);
	assert_false(fake.drained_in_hold);
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
}

static void a_break_ends_a_read_that_rejects_a_flood(void **state)
{
	activate();
	reject_all();
	fake_batch(100);
	fake_batch(100);
	fake_batch(100);
	fake_during(break_loop_in, NULL);
	fake.flood = 100;
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
	assert_int_equal(fake.n_waits, 3);
}

static void a_break_comes_before_a_timeout(void **state)
{
	activate_with_timeout(100);
	fake_timeout();
	fake_during(break_loop_in, NULL);
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
}

static void a_break_ends_a_nonblocking_read(void **state)
{
	activate_nonblocking();
	fake_batch(1);
	pcap_breakloop(p);
	assert_int_equal(dispatch(-1), PCAP_ERROR_BREAK);
	assert_int_equal(dispatch(-1), 1);
}

static void a_wakeup_that_is_not_a_break_goes_unnoticed(void **state)
{
	activate();
	fake_woken();
	fake_woken();
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(fake.n_waits, 3);
}

static void *break_when_asleep(void *arg)
{
	sem_wait(&fake.asleep);
	pcap_breakloop(p);
	return arg;
}

static void a_break_from_another_thread_ends_a_wait_for_ever(void **state)
{
	pthread_t thread;

	activate_with_timeout(0);
	assert_int_equal(pthread_create(&thread, NULL, break_when_asleep, NULL), 0);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(fake.timeouts_ms[0], -1);
}

static void *signal_when_asleep(void *arg)
{
	sem_wait(&fake.asleep);
	pthread_kill(*(pthread_t *)arg, SIGUSR1);
	return NULL;
}

static void a_break_from_a_signal_handler_ends_a_wait_for_ever(void **state)
{
	pthread_t self = pthread_self(), thread;

	activate_with_timeout(0);
	break_on_signals();
	assert_int_equal(pthread_create(&thread, NULL, signal_when_asleep, &self), 0);
	assert_int_equal(loop(-1), PCAP_ERROR_BREAK);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

/* The end of a capture. */

static void an_interface_that_disappears_is_an_error_each_time(void **state)
{
	activate_with_timeout(100);
	fake_over(XDPS_GONE, "The interface disappeared");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(dispatch(-1), PCAP_ERROR);
		assert_string_equal(pcap_geterr(p), "The interface disappeared");
	}
}

static void packets_come_before_the_error_that_followed_them(void **state)
{
	activate();
	fake_batch(2);
	fake_over(XDPS_FAILED, "the helper died");
	assert_int_equal(dispatch(-1), 2);
	assert_int_equal(dispatch(-1), PCAP_ERROR);
	assert_string_equal(pcap_geterr(p), "the helper died");
}

static void a_read_knows_no_other_error_codes(void **state)
{
	activate_nonblocking();
	fake_over(XDPS_NO_PERMISSION, "not any more");
	assert_int_equal(dispatch(-1), PCAP_ERROR);
	assert_string_equal(pcap_geterr(p), "not any more");
}

static const struct CMUnitTest tests[] = {
	TEST(a_count_of_one_delivers_one_packet_and_keeps_the_rest),
	TEST(a_count_of_three_delivers_three),
	TEST(a_count_is_a_maximum_and_not_waited_for),
	TEST(no_count_means_what_is_there_now),
	TEST(an_unlimited_read_ends_under_a_flood),
	TEST(a_loop_goes_on_until_its_count_is_reached),
	TEST(an_unlimited_loop_ends_with_the_capture),
	TEST(a_timeout_that_passes_empty_returns_0),
	TEST(the_longest_timeout_is_waited_for),
	TEST(without_a_timeout_a_read_blocks_until_a_packet_is_delivered),
	TEST(rejected_packets_do_not_prolong_the_timeout),
	TEST(a_wait_that_took_longer_than_the_timeout_is_the_last),
	TEST(rejected_packets_do_not_end_the_wait),
	TEST(a_nonblocking_read_of_nothing_returns_0_at_once),
	TEST(a_nonblocking_read_takes_what_is_there),
	TEST(a_nonblocking_read_of_rejected_packets_ends_under_a_flood),
	TEST(an_old_wakeup_hides_no_packet_from_a_nonblocking_read),
	TEST(nonblocking_mode_can_be_asked_for_before_activation),
	TEST(nonblocking_mode_can_be_switched_at_any_time),
	TEST(a_reactivated_handle_blocks_unless_told_otherwise),
	TEST(a_break_before_a_read_ends_it_without_a_wait),
	TEST(a_break_from_the_callback_ends_the_next_read_too),
	TEST(a_break_from_the_callback_ends_a_loop_at_that_packet),
	TEST(a_break_at_the_last_of_a_count_does_not_lose_the_count),
	TEST(a_break_during_the_wait_ends_it),
	TEST(a_break_during_the_wait_hands_out_all_packets_first),
	TEST(a_break_during_the_wait_ends_a_loop_after_all_packets),
	TEST(the_last_packets_come_by_as_many_as_were_asked_for),
	TEST(the_last_packets_come_one_by_one),
	TEST(after_a_break_reading_goes_on),
	TEST(a_signal_during_the_callback_hands_out_all_packets_first),
	TEST(a_second_signal_ends_it_at_once),
	TEST(a_signal_that_comes_twice_at_a_time_is_one_break),
	TEST(a_callback_that_breaks_while_the_last_packets_come_gets_no_more),
	TEST(a_thread_that_breaks_during_the_callback_lets_all_packets_out_first),
	TEST(a_signal_between_two_reads_hands_out_all_packets_first),
	TEST(the_last_packets_are_not_waited_for_in_nonblocking_mode),
	TEST(a_break_ends_a_read_that_rejects_a_flood),
	TEST(a_break_comes_before_a_timeout),
	TEST(a_break_ends_a_nonblocking_read),
	TEST(a_wakeup_that_is_not_a_break_goes_unnoticed),
	TEST(a_break_from_another_thread_ends_a_wait_for_ever),
	TEST(a_break_from_a_signal_handler_ends_a_wait_for_ever),
	TEST(an_interface_that_disappears_is_an_error_each_time),
	TEST(packets_come_before_the_error_that_followed_them),
	TEST(a_read_knows_no_other_error_codes),
};

const struct suite read_suite = { tests, ARRAY_SIZE(tests) };

// SPDX-License-Identifier: BSD-3-Clause
/* test_silence.c: when a capture is said to see nothing. */
#include "../../helper/attach/silence.h"
#include "sentence.h"

#define EACH(text, test) { .name = text, .test_func = test, .setup_func = before_each }

static struct xdps_silence s;

static int before_each(void **state)
{
	s = (struct xdps_silence){ .has_begun = false };
	return 0;
}

static void says_it_once_when_packets_arrive_and_none_is_seen(void **state)
{
	unsigned int said = 0;

	assert_false(xdps_silence_look(&s, 7, 100));
	for (unsigned int i = 1; i < XDPS_SILENT_LOOKS; i++)
		assert_false(xdps_silence_look(&s, 7, 100 + i));
	assert_true(xdps_silence_look(&s, 7, 200));
	assert_int_equal(s.received - s.since_received, 100);
	for (unsigned int i = 0; i < 100; i++)
		said += xdps_silence_look(&s, 7, 300 + i);
	assert_int_equal(said, 0);
}

static void says_nothing_of_an_idle_interface(void **state)
{
	for (unsigned int i = 0; i < 1000; i++)
		assert_false(xdps_silence_look(&s, 0, 5));
}

static void says_nothing_while_any_packet_is_seen_now_and_then(void **state)
{
	for (unsigned int i = 0; i < 1000; i++)
		assert_false(xdps_silence_look(&s, i / XDPS_SILENT_LOOKS, 1000 * i));
}

static void a_counter_that_is_some_seconds_late_is_no_silence(void **state)
{
	assert_false(xdps_silence_look(&s, 50, 0));
	assert_false(xdps_silence_look(&s, 50, 20));
	assert_false(xdps_silence_look(&s, 50, 50));
	for (unsigned int i = 0; i < 1000; i++)
		assert_false(xdps_silence_look(&s, 50, 50));
}

static void says_it_of_rare_packets_too(void **state)
{
	unsigned int said = 0;

	for (unsigned int i = 0; i < 100; i++)
		said += xdps_silence_look(&s, 0, i / 10);
	assert_int_equal(said, 1);
}

static void begins_anew_when_the_counter_goes_back(void **state)
{
	assert_false(xdps_silence_look(&s, 0, 1000));
	assert_false(xdps_silence_look(&s, 0, 1010));
	assert_false(xdps_silence_look(&s, 0, 10));
	for (unsigned int i = 1; i < XDPS_SILENT_LOOKS; i++)
		assert_false(xdps_silence_look(&s, 0, 10 + i));
	assert_true(xdps_silence_look(&s, 0, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH("says it once when packets arrive and none is seen", says_it_once_when_packets_arrive_and_none_is_seen),
		EACH("says nothing of an idle interface", says_nothing_of_an_idle_interface),
		EACH("says nothing while any packet is seen now and then", says_nothing_while_any_packet_is_seen_now_and_then),
		EACH("a counter that is some seconds late is no silence", a_counter_that_is_some_seconds_late_is_no_silence),
		EACH("says it of rare packets too", says_it_of_rare_packets_too),
		EACH("begins anew when the counter goes back", begins_anew_when_the_counter_goes_back),
	};

	return cmocka_run_group_tests_name("silence", tests, NULL, NULL);
}

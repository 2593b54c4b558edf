// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_stop.c: being told to stop.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "../../extcap/stop.h"
#include "../unit/sentence.h"

static struct pollfd has_something;

static int open_pipe(void **state)
{
	int fds[2];

	signal(SIGHUP, SIG_DFL);	/* the tests may run under nohup(1) */
	stop_prepare();
	if (pipe(fds) || write(fds[1], "x", 1) != 1)
		return -1;
	has_something = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	return 0;
}

/* Until the next signal is a request of its own. */
static void let_pass(void)
{
	const struct timespec pause = { .tv_nsec = 250 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

static void comes_in_only_there(void **state)
{
	unsigned int before = stop_asked();

	raise(SIGTERM);
	assert_int_equal(stop_asked(), before);
	assert_int_equal(stop_poll(NULL, 0, 10000), -1);
	assert_int_equal(stop_asked(), before + 1);
}

static void comes_in_beside_packets(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	unsigned int before = stop_asked();

	let_pass();
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		raise(signals[i]);
		assert_int_equal(stop_poll(&has_something, 1, -1), 1);
		assert_int_equal(stop_asked(), before + i + 1);
		let_pass();
	}
}

/* timeout(1) sends its signal twice. */
static void twice_at_a_time_is_once(void **state)
{
	unsigned int before = stop_asked();

	for (int i = 0; i < 2; i++) {
		raise(SIGTERM);
		assert_int_equal(stop_poll(&has_something, 1, -1), 1);
	}
	assert_int_equal(stop_asked(), before + 1);
}

static void is_not_waited_for(void **state)
{
	int64_t began_ms = stop_now_ms();

	assert_int_equal(stop_poll(&has_something, 1, -1), 1);
	assert_int_equal(stop_poll(NULL, 0, 20), 0);
	assert_true(stop_now_ms() - began_ms >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("A signal comes in while nothing else does, and not before", comes_in_only_there),
		SENTENCE("A signal comes in though there is always something to read", comes_in_beside_packets),
		SENTENCE("Two signals at a time are one request", twice_at_a_time_is_once),
		SENTENCE("Without a signal it is poll", is_not_waited_for),
	};

	return cmocka_run_group_tests_name("stop", tests, open_pipe, NULL);
}

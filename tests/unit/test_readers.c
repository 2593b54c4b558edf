// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_readers.c: one reader at a time, and the next one knows where it stopped.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../engine/readers.h"
#include "sentence.h"

#define N_RINGS 3

static struct xdps_readers readers;

static int begin(void **state)
{
	xdps_readers_init(&readers);
	return xdps_readers_open(&readers, N_RINGS);
}

static int end(void **state)
{
	xdps_readers_close(&readers);
	return 0;
}

/* In a child, whose exit status is what `act` returns. */
static int in_child(int (*act)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(act());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Whatever a child needs to do first. */
static int enter_and_begin(bool *changed)
{
	if (!xdps_readers_has_forked(&readers))
		return -ECHILD;
	xdps_readers_enter(&readers);
	return xdps_readers_begin(&readers, changed);
}

static int read_in_child(void)
{
	bool changed;

	if (enter_and_begin(&changed) || !changed)
		return 1;
	if (*xdps_readers_position(&readers, 2) != 10 || *xdps_readers_released(&readers) != 1)
		return 2;
	*xdps_readers_position(&readers, 2) = 20;
	++*xdps_readers_released(&readers);
	xdps_readers_end(&readers);
	return 0;
}

static int refused_in_child(void)
{
	bool changed;

	return enter_and_begin(&changed) != -EBUSY;
}

static int die_in_child(void)
{
	bool changed;

	if (enter_and_begin(&changed))
		return 1;
	abort();
}

static void assert_turn(bool changed_wanted)
{
	bool changed;

	assert_int_equal(xdps_readers_begin(&readers, &changed), 0);
	assert_int_equal(changed, changed_wanted);
	xdps_readers_end(&readers);
}

static void alone(void **state)
{
	bool changed;

	for (int i = 0; i < 3; i++)
		assert_turn(false);
	assert_int_equal(xdps_readers_begin(&readers, &changed), 0);
	assert_int_equal(xdps_readers_begin(&readers, &changed), 0);
	assert_false(changed);
	assert_false(xdps_readers_has_forked(&readers));
}

static void successors(void **state)
{
	assert_turn(false);
	for (int i = 0; i < 3; i++) {
		*xdps_readers_position(&readers, 2) = 10;
		*xdps_readers_released(&readers) = 1;
		assert_int_equal(in_child(read_in_child), 0);
		assert_int_equal(*xdps_readers_position(&readers, 2), 20);
		assert_int_equal(*xdps_readers_released(&readers), 2);
		assert_turn(true);
		assert_turn(false);
	}
}

static void two_processes(void **state)
{
	bool changed;

	assert_int_equal(xdps_readers_begin(&readers, &changed), 0);
	assert_int_equal(in_child(refused_in_child), 0);
	xdps_readers_end(&readers);
	assert_turn(false);
}

static void killed(void **state)
{
	assert_true(WIFSIGNALED(in_child(die_in_child)));
	assert_turn(true);
}

static void *begin_in_thread(void *rc)
{
	bool changed;

	*(int *)rc = xdps_readers_begin(&readers, &changed);
	return NULL;
}

static int begun_in_thread(void)
{
	pthread_t thread;
	int rc = -1;

	assert_int_equal(pthread_create(&thread, NULL, begin_in_thread, &rc), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return rc;
}

/* A thread that was cancelled in its callback never ends its turn. */
static void cancelled_thread(void **state)
{
	assert_int_equal(begun_in_thread(), 0);
	assert_turn(false);	/* still that one, to us */
	assert_turn(false);	/* ours */
}

#define IN_TURN(text, function) \
	{ .name = text, .test_func = function, .setup_func = begin, .teardown_func = end }

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TURN("Who reads alone finds nothing changed", alone),
		IN_TURN("Children go on where the one before stopped, and so does the parent",
			successors),
		IN_TURN("Two processes at a time are refused", two_processes),
		IN_TURN("A reader that was killed is no reader any more", killed),
		IN_TURN("A reader that was cancelled is none, either", cancelled_thread),
	};

	return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_clock.c: dates are right to a microsecond, whoever sets the clock when.
 *
 * The clocks are ours: reading one takes a little, may be interrupted, and
 * somebody may set the clock just before a reading of our choice.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "../../bpf/record.h"
#include "../../engine/clock.h"
#include "sentence.h"

#define SEC 1000000000ll
#define READ_NS 20
#define LEAP (37 * SEC)
#define WALL_OFFSET (1700000000 * SEC + 123456789)

_Static_assert(XDPS_OFFSET_ERROR_NS == XDPS_TAI_OFFSET_ERROR_NS,
	       "the kernel's program makes the error, the clock forgives it");

static struct {
	int64_t mono_ns;
	int64_t wall_offset_ns;		/* UTC - monotonic */
	int64_t leap_ns;		/* TAI - UTC */
	unsigned int reads;		/* since the last update() */
	int64_t delay_ns[16];		/* before the nth read */
	unsigned int set_before;	/* the nth read, by ... */
	int64_t set_by_ns;		/* ... that much */
} world;

static struct xdps_clock wall_clock;

static int fake_gettime(clockid_t id, struct timespec *now)
{
	int64_t ns;

	if (world.reads < ARRAY_SIZE(world.delay_ns))
		world.mono_ns += world.delay_ns[world.reads];
	if (world.reads == world.set_before)
		world.wall_offset_ns += world.set_by_ns;
	world.reads++;
	world.mono_ns += READ_NS;

	ns = world.mono_ns;
	if (id == CLOCK_REALTIME || id == CLOCK_TAI)
		ns += world.wall_offset_ns;
	else
		assert_int_equal(id, CLOCK_MONOTONIC);
	if (id == CLOCK_TAI)
		ns += world.leap_ns;
	now->tv_sec = ns / SEC;
	now->tv_nsec = ns % SEC;
	return 0;
}

static void update(void)
{
	world.reads = 0;
	xdps_clock_update(&wall_clock);
}

/* Nobody interrupts or sets anything any more. */
static void calm(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(world.delay_ns); i++)
		world.delay_ns[i] = 0;
	world.set_by_ns = 0;
}

static int begin(void **state)
{
	srandom(1);
	calm();
	world.mono_ns = 5000 * SEC;
	world.wall_offset_ns = WALL_OFFSET;
	world.leap_ns = LEAP;
	xdps_clock_init(&wall_clock);
	wall_clock.gettime = fake_gettime;
	update();
	return 0;
}

static void assert_near(uint64_t wall_ns, uint64_t right_ns, int64_t error_ns)
{
	int64_t off_ns = wall_ns - right_ns;

	if (off_ns > error_ns || off_ns < -error_ns)
		fail_msg("%jd ns off", (intmax_t)off_ns);
}

/* A record as of an offset of UTC, measured with this error. */
static uint64_t date(uint64_t mono_ns, int64_t wall_offset_ns, int64_t error_ns)
{
	return xdps_clock_wall_ns(&wall_clock, mono_ns,
				  wall_offset_ns + LEAP + error_ns);
}

/* A record without an offset. */
static uint64_t plain_date(uint64_t mono_ns)
{
	return xdps_clock_wall_ns(&wall_clock, mono_ns, 0);
}

static void test_now(void **state)
{
	world.mono_ns = 1234567890123ll;
	assert_int_equal(xdps_clock_now_ns(&wall_clock), 1234567890123ll + READ_NS);
}

static void test_real_clocks(void **state)
{
	struct timespec before, after;
	struct xdps_clock c;
	int64_t wall_ns;

	xdps_clock_init(&c);
	xdps_clock_update(&c);
	clock_gettime(CLOCK_REALTIME, &before);
	wall_ns = xdps_clock_wall_ns(&c, xdps_clock_now_ns(&c), 0);
	clock_gettime(CLOCK_REALTIME, &after);
	/* this one may be interrupted in earnest */
	assert_true(wall_ns > before.tv_sec * SEC + before.tv_nsec - SEC / 10);
	assert_true(wall_ns < after.tv_sec * SEC + after.tv_nsec + SEC / 10);
	assert_int_equal(c.utc_offset_ns % SEC, 0);
}

static void test_record(void **state)
{
	assert_int_equal(date(77, WALL_OFFSET, 0), 77 + WALL_OFFSET);
	assert_int_equal(date(78, WALL_OFFSET, 0), 78 + WALL_OFFSET);
}

static void test_no_offset(void **state)
{
	assert_near(plain_date(77), 77 + WALL_OFFSET, READ_NS);
}

static void test_no_leap(void **state)
{
	world.leap_ns = 0;
	update();
	assert_int_equal(xdps_clock_wall_ns(&wall_clock, 77, WALL_OFFSET),
			 77 + WALL_OFFSET);
}

static void test_before_utc(void **state)
{
	world.leap_ns = -2 * SEC;
	update();
	assert_int_equal(wall_clock.utc_offset_ns, -2 * SEC);
}

static void test_error_hides(void **state)
{
	uint64_t mono_ns, now_ns, last_ns = 0;
	int64_t offset_ns = 0;

	for (mono_ns = 0; mono_ns < 100000; mono_ns++) {
		now_ns = date(mono_ns, WALL_OFFSET, random() % 1000);
		assert_near(now_ns, mono_ns + WALL_OFFSET, 1000);
		assert_true(now_ns > last_ns);
		last_ns = now_ns;
		if (mono_ns)
			assert_int_equal(now_ns - mono_ns, offset_ns);
		offset_ns = now_ns - mono_ns;
	}
}

/* The clock is set between two packets of one batch, read after both. */
static void step_by(int64_t step_ns)
{
	begin(NULL);
	assert_int_equal(date(1000, WALL_OFFSET, 300), 1000 + WALL_OFFSET + 300);
	world.wall_offset_ns += step_ns;
	update();
	/* still from before */
	assert_int_equal(date(2000, WALL_OFFSET, 0), 2000 + WALL_OFFSET + 300);
	assert_int_equal(date(3000, WALL_OFFSET + step_ns, 200),
			 3000 + WALL_OFFSET + step_ns + 200);
	assert_int_equal(date(4000, WALL_OFFSET + step_ns, 999),
			 4000 + WALL_OFFSET + step_ns + 200);
	assert_near(plain_date(5000), 5000 + WALL_OFFSET + step_ns, READ_NS);
}

static void test_step_forward(void **state)
{
	step_by(3600 * SEC);
	step_by(SEC);
	step_by(12345);
	step_by(2000);
}

static void test_step_backward(void **state)
{
	step_by(-3600 * SEC);
	step_by(-SEC);
	step_by(-12345);
	step_by(-2000);
	step_by(-WALL_OFFSET);
}

/* Two CPUs: one goes on with the old offset for a while. */
static void alternate(int64_t step_ns)
{
	int64_t offset_ns[2] = { 0 };
	uint64_t mono_ns;

	begin(NULL);
	for (mono_ns = 0; mono_ns < 10000; mono_ns++) {
		int cpu = random() % 2;
		int64_t right_ns = WALL_OFFSET + (cpu ? step_ns : 0);
		uint64_t wall_ns = date(mono_ns, right_ns, random() % 1000);

		assert_near(wall_ns, mono_ns + right_ns, 1000);
		if (offset_ns[cpu])
			assert_int_equal(wall_ns - mono_ns, offset_ns[cpu]);
		offset_ns[cpu] = wall_ns - mono_ns;
	}
}

static void test_alternation(void **state)
{
	alternate(3600 * SEC);
	alternate(-3600 * SEC);
	alternate(50000);
	alternate(-50000);
	alternate(3000);
	alternate(-3000);
}

static void test_many_steps(void **state)
{
	int64_t right_ns = WALL_OFFSET;
	uint64_t mono_ns;

	for (mono_ns = 0; mono_ns < 100000; mono_ns++) {
		if (random() % 10 == 0)
			right_ns += random() % (2 * SEC) - SEC;
		assert_near(date(mono_ns, right_ns, random() % 1000),
			    mono_ns + right_ns, 2000);
	}
}

static void test_creep(void **state)
{
	int64_t right_ns = WALL_OFFSET;
	uint64_t mono_ns;

	for (mono_ns = 0; mono_ns < 100000; mono_ns++) {
		right_ns += 30;
		assert_near(date(mono_ns, right_ns, random() % 1000),
			    mono_ns + right_ns, 2000);
	}
}

static void test_no_jitter(void **state)
{
	uint64_t first_ns = plain_date(77);
	unsigned int i, k;

	for (i = 0; i < 10000; i++) {
		for (k = 0; k < ARRAY_SIZE(world.delay_ns); k++)
			world.delay_ns[k] = random() % 500;
		update();
		assert_int_equal(plain_date(77), first_ns);
	}
}

static void test_own_steps(void **state)
{
	static const int64_t steps_ns[] = {
		3600 * SEC, -3600 * SEC, SEC, -SEC, 5000, -5000, 1100, -1100,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps_ns); i++) {
		world.wall_offset_ns += steps_ns[i];
		update();
		assert_near(plain_date(77), 77 + world.wall_offset_ns, READ_NS);
	}
}

/* Every pattern of interruptions that leaves one of three readings alone. */
static void test_interrupted(void **state)
{
	unsigned int quiet, k;

	for (quiet = 0; quiet < 3; quiet++) {
		xdps_clock_init(&wall_clock);
		wall_clock.gettime = fake_gettime;
		for (k = 0; k < 12; k++)
			world.delay_ns[k] = k / 4 == quiet ? 0 : SEC / 50 * (k + 1);
		update();
		assert_near(plain_date(77), 77 + WALL_OFFSET, READ_NS);
		assert_int_equal(wall_clock.utc_offset_ns, LEAP);
	}
}

static void test_interrupted_always(void **state)
{
	uint64_t before_ns = plain_date(77);
	unsigned int k;

	for (k = 0; k < 12; k++)
		world.delay_ns[k] = k % 4 == 2 ? 4000000 : 0;
	update();
	assert_int_equal(plain_date(77), before_ns);

	world.wall_offset_ns += SEC;
	update();
	assert_near(plain_date(77), 77 + world.wall_offset_ns, 2000000 + READ_NS);
	calm();
	update();
	assert_near(plain_date(77), 77 + world.wall_offset_ns, READ_NS);
}

/* Before or after the wall clock is read: the error is half of it at most. */
static void test_badly_begun(void **state)
{
	unsigned int where, k;

	for (where = 1; where <= 2; where++) {
		xdps_clock_init(&wall_clock);
		wall_clock.gettime = fake_gettime;
		for (k = 0; k < 12; k++)
			world.delay_ns[k] = k % 4 == where ? 4000000 : 0;
		update();
		assert_near(plain_date(77), 77 + WALL_OFFSET, 2000000 + READ_NS);
		calm();
		update();
		assert_near(plain_date(77), 77 + WALL_OFFSET, READ_NS);
	}
}

static void test_set_while_reading(void **state)
{
	static const int64_t steps_ns[] = { 3600 * SEC, -3600 * SEC, SEC, -SEC };
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(steps_ns); i++) {
		for (k = 0; k < 12; k++) {
			begin(NULL);
			world.set_before = k;
			world.set_by_ns = steps_ns[i];
			update();
			assert_int_equal(wall_clock.utc_offset_ns, LEAP);
			calm();
			update();
			assert_int_equal(wall_clock.utc_offset_ns, LEAP);
			assert_near(plain_date(77), 77 + world.wall_offset_ns,
				    READ_NS);
		}
	}
}

/* UTC loses a second, TAI goes on as ever. */
static void test_leap_second(void **state)
{
	int64_t tai_offset_ns = WALL_OFFSET + LEAP;

	assert_int_equal(xdps_clock_wall_ns(&wall_clock, 77, tai_offset_ns),
			 77 + WALL_OFFSET);
	world.wall_offset_ns -= SEC;
	world.leap_ns += SEC;
	update();
	assert_int_equal(xdps_clock_wall_ns(&wall_clock, 78, tai_offset_ns),
			 78 + WALL_OFFSET - SEC);
	assert_near(plain_date(79), 79 + WALL_OFFSET - SEC, READ_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Now is the monotonic clock", test_now),
		SENTENCE("With the system's clocks a date is today's", test_real_clocks),
		SENTENCE("A record with an offset is dated by it", test_record),
		SENTENCE("A record without an offset is dated by the batch's", test_no_offset),
		SENTENCE("A kernel that was never told of leap seconds dates as well", test_no_leap),
		SENTENCE("TAI may be behind UTC", test_before_utc),
		SENTENCE("Errors of the kernel's offset do not disturb the order of dates", test_error_hides),
		SENTENCE("Packets before and after a step forward have each their date", test_step_forward),
		SENTENCE("Packets before and after a step backward have each their date", test_step_backward),
		SENTENCE("Packets of two offsets may alternate, and each offset stays", test_alternation),
		SENTENCE("Any number of steps is followed", test_many_steps),
		SENTENCE("An offset that creeps is followed", test_creep),
		SENTENCE("The batch's offset does not jitter", test_no_jitter),
		SENTENCE("The batch's offset follows a step", test_own_steps),
		SENTENCE("Two of three readings may be interrupted", test_interrupted),
		SENTENCE("When all readings are interrupted the offset stays", test_interrupted_always),
		SENTENCE("A bad first reading is mended by a better one", test_badly_begun),
		SENTENCE("The clock may be set while it is read", test_set_while_reading),
		SENTENCE("A leap second moves UTC and not TAI", test_leap_second),
	};
	struct CMUnitTest fresh[ARRAY_SIZE(tests)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		fresh[i] = tests[i];
		fresh[i].setup_func = begin;
	}
	return cmocka_run_group_tests_name("clock", fresh, NULL, NULL);
}

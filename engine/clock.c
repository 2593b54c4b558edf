// SPDX-License-Identifier: BSD-3-Clause
/*
 * clock.c: converts the kernel's time stamps to wall-clock time.
 */
#include "clock.h"

#include <stdbool.h>
#include <stdio.h>

#define NSEC_PER_SEC 1000000000ll

/* At least one of them is likely not to be interrupted. */
#define READINGS 3

/* All clocks, read at about the same moment. */
struct reading {
	int64_t wall_offset_ns;	/* UTC - monotonic, give or take half of ... */
	int64_t span_ns;	/* ... the time between the first and the last */
	int64_t utc_offset_ns;	/* TAI - UTC, whole seconds */
};

/* 0 outside a time namespace, and on kernels without time namespaces (before 5.6). */
static int64_t read_namespace_ns(void)
{
	FILE *f = fopen("/proc/self/timens_offsets", "re");
	long long sec = 0, nsec = 0;

	if (!f)
		return 0;
	if (fscanf(f, "monotonic %lld %lld", &sec, &nsec) != 2)
		sec = nsec = 0;
	fclose(f);
	return sec * NSEC_PER_SEC + nsec;
}

void xdps_clock_init(struct xdps_clock *clock)
{
	*clock = (struct xdps_clock){
		.namespace_ns = read_namespace_ns(),
		.gettime = clock_gettime,
	};
}

static int64_t read_ns(const struct xdps_clock *clock, clockid_t id)
{
	struct timespec now = { 0 };

	clock->gettime(id, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec -
	       (id == CLOCK_MONOTONIC ? clock->namespace_ns : 0);
}

uint64_t xdps_clock_now_ns(const struct xdps_clock *clock)
{
	return read_ns(clock, CLOCK_MONOTONIC);
}

static int64_t whole_seconds(int64_t ns)
{
	int64_t half_ns = ns < 0 ? -NSEC_PER_SEC / 2 : NSEC_PER_SEC / 2;

	return (ns + half_ns) / NSEC_PER_SEC * NSEC_PER_SEC;
}

static struct reading read_clocks(const struct xdps_clock *clock)
{
	int64_t before_ns = read_ns(clock, CLOCK_MONOTONIC);
	int64_t utc_ns = read_ns(clock, CLOCK_REALTIME);
	int64_t after_ns = read_ns(clock, CLOCK_MONOTONIC);
	int64_t tai_ns = read_ns(clock, CLOCK_TAI);

	return (struct reading){
		.wall_offset_ns = utc_ns - (before_ns + (after_ns - before_ns) / 2),
		.span_ns = after_ns - before_ns,
		.utc_offset_ns = whole_seconds(tai_ns - utc_ns),
	};
}

static bool differ(int64_t a_ns, int64_t b_ns, int64_t error_ns)
{
	return a_ns - b_ns > error_ns || b_ns - a_ns > error_ns;
}

static int64_t median(int64_t a, int64_t b, int64_t c)
{
	if (a > b)
		return median(b, a, c);
	if (b <= c)
		return b;
	return a > c ? a : c;
}

/*
 * Keeps the offset if the reading cannot tell it from the new one: dates must not go back
 * and forth because one reading is less accurate than another.  Somebody may set the
 * clock during a reading; that falsifies at most one of them, hence the median.
 *
 * If TAI - UTC itself changes (a leap second, or a time daemon that tells the kernel
 * about all past ones), the packets waiting in the rings are dated by the new value.
 */
void xdps_clock_update(struct xdps_clock *clock)
{
	int64_t error_ns = XDPS_OFFSET_ERROR_NS;
	struct reading r[READINGS];
	struct reading *best = &r[0];

	for (int i = 0; i < READINGS; i++) {
		r[i] = read_clocks(clock);
		if (r[i].span_ns < best->span_ns)
			best = &r[i];
	}
	if (best->span_ns / 2 > error_ns)
		error_ns = best->span_ns / 2;
	if (differ(best->wall_offset_ns, clock->wall_offset_ns, error_ns))
		clock->wall_offset_ns = best->wall_offset_ns;
	clock->utc_offset_ns = median(r[0].utc_offset_ns, r[1].utc_offset_ns,
				      r[2].utc_offset_ns);
}

/*
 * For some time after a step, packets have either offset, because each CPU rereads it
 * only when it needs it.  So the previous one is remembered: an offset that goes back and
 * forth must not be a new measurement each time.
 */
static void use_offset(struct xdps_clock *clock, int64_t offset_ns)
{
	int64_t before_ns = clock->tai_offset_ns;

	if (clock->old_tai_offset_ns &&
	    !differ(offset_ns, clock->old_tai_offset_ns, XDPS_OFFSET_ERROR_NS))
		offset_ns = clock->old_tai_offset_ns;
	clock->tai_offset_ns = offset_ns;
	clock->old_tai_offset_ns = before_ns;
}

uint64_t xdps_clock_new_wall_ns(struct xdps_clock *clock, uint64_t mono_ns,
				int64_t tai_offset_ns)
{
	if (!tai_offset_ns)
		return mono_ns + clock->wall_offset_ns;
	use_offset(clock, tai_offset_ns);
	return mono_ns + clock->tai_offset_ns - clock->utc_offset_ns;
}

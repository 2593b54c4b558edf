/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock.h: converts the kernel's time stamps to wall-clock time.
 *
 * A record has the time of CLOCK_MONOTONIC and, from Linux 6.1 on, the offset from there
 * to CLOCK_TAI at that moment.  Wall-clock time is TAI minus a whole number of seconds.
 * So a packet that passed before somebody set the clock keeps the date that was right
 * then.  A record without an offset gets that of its batch, which is read here.
 *
 * In a time namespace, CLOCK_MONOTONIC differs from the kernel's, which is the one in the
 * records.  All times here are the kernel's.
 *
 * The offset in a record is up to XDPS_OFFSET_ERROR_NS too large.  If it differs by no
 * more than that from the one in use, it counts as the same: otherwise packets in order
 * would get dates out of order.
 */
#ifndef XDPS_CLOCK_H
#define XDPS_CLOCK_H

#include <stdint.h>
#include <time.h>

#pragma GCC visibility push(hidden)

/* Equals XDPS_TAI_OFFSET_ERROR_NS in bpf/record.h; ring.c asserts it. */
#define XDPS_OFFSET_ERROR_NS 1000

struct xdps_clock {
	int64_t tai_offset_ns;	/* from records: TAI - monotonic; 0: none yet */
	int64_t old_tai_offset_ns;	/* the one before it */
	int64_t utc_offset_ns;	/* TAI - UTC, whole seconds, as of this batch */
	int64_t wall_offset_ns;	/* our own: UTC - monotonic, as of this batch */
	int64_t namespace_ns;	/* our CLOCK_MONOTONIC - the kernel's */
	int (*gettime)(clockid_t, struct timespec *);	/* clock_gettime(), or a test's */
};

/* Reads the time namespace's offset, but no clock yet.  There is nothing to free. */
void xdps_clock_init(struct xdps_clock *clock);

/* Reads the clocks again; call it once for each batch. */
void xdps_clock_update(struct xdps_clock *clock);

/* Only for xdps_clock_wall_ns(): the offset is not the last one's, or is not known. */
uint64_t xdps_clock_new_wall_ns(struct xdps_clock *clock, uint64_t mono_ns,
				int64_t tai_offset_ns);

/*
 * Converts a record's two numbers to nanoseconds since the epoch (UTC).  It remembers the
 * offset, so call it in the order in which packets are handed out.
 */
static inline uint64_t xdps_clock_wall_ns(struct xdps_clock *clock, uint64_t mono_ns,
					  int64_t tai_offset_ns)
{
	int64_t off_ns = tai_offset_ns - clock->tai_offset_ns;

	if (tai_offset_ns && clock->tai_offset_ns &&
	    off_ns <= XDPS_OFFSET_ERROR_NS && off_ns >= -XDPS_OFFSET_ERROR_NS)
		return mono_ns + clock->tai_offset_ns - clock->utc_offset_ns;
	return xdps_clock_new_wall_ns(clock, mono_ns, tai_offset_ns);
}

/* The kernel's CLOCK_MONOTONIC now, in nanoseconds. */
uint64_t xdps_clock_now_ns(const struct xdps_clock *clock);

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock.h: the kernel's stamps to wall-clock time.
 *
 * A record has CLOCK_MONOTONIC and, from Linux 6.1, the offset from there to
 * CLOCK_TAI at that moment; wall-clock time is TAI less a whole number of
 * seconds.  So a packet that passed before somebody set the clock keeps the
 * date that was right then.  Where a record has no such offset, the one of
 * the batch is used, read here.
 *
 * In a time namespace CLOCK_MONOTONIC is not the kernel's, whose records know
 * nothing of it: what is said here is always the kernel's.
 *
 * The offset in a record is up to XDPS_OFFSET_ERROR_NS too large.  One that
 * differs less from the one in use is the same one: else packets in order
 * would get dates out of order.
 */
#ifndef XDPS_CLOCK_H
#define XDPS_CLOCK_H

#include <stdint.h>
#include <time.h>

#pragma GCC visibility push(hidden)

/* The same as XDPS_TAI_OFFSET_ERROR_NS in bpf/record.h; ring.c makes sure of it. */
#define XDPS_OFFSET_ERROR_NS 1000

struct xdps_clock {
	int64_t tai_offset_ns;	/* from records: TAI - monotonic, 0: none yet */
	int64_t old_tai_offset_ns;	/* the one before it */
	int64_t utc_offset_ns;	/* TAI - UTC, whole seconds, as of this batch */
	int64_t wall_offset_ns;	/* our own: UTC - monotonic, as of this batch */
	int64_t namespace_ns;	/* our CLOCK_MONOTONIC - the kernel's */
	int (*gettime)(clockid_t, struct timespec *);	/* clock_gettime(), or a test's */
};

/* Reads the time namespace's offset; no clock yet.  Owns nothing. */
void xdps_clock_init(struct xdps_clock *clock);

/* Reads the clocks anew; once for each batch. */
void xdps_clock_update(struct xdps_clock *clock);

/* Only for xdps_clock_wall_ns(): by an offset that is not the last one's, or not known. */
uint64_t xdps_clock_new_wall_ns(struct xdps_clock *clock, uint64_t mono_ns,
				int64_t tai_offset_ns);

/*
 * Nanoseconds since the epoch (UTC) of a record's two numbers.  Remembers the
 * offset, so it is to be asked in the order in which packets are handed out.
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

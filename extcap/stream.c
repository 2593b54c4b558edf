// SPDX-License-Identifier: BSD-3-Clause
/*
 * stream.c: one capture point, and its packets one after the other.
 */
#include "stream.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_S 1000000000ull
#define US_PER_MS 1000u

static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

enum xdps_status stream_open(struct stream *s, const struct xdps_options *opt,
			     const struct filter *filter, struct xdps_error *err)
{
	const struct xdps_insn *insns;
	enum xdps_status status;
	size_t n;

	*s = (struct stream){ .opt = *opt, .filter = filter };
	status = xdps_open(&s->x, opt, err);
	if (status)
		return status;
	s->start_ns = wall_ns();
	if (!filter)
		return XDPS_OK;
	insns = filter_insns(filter, &n);
	status = xdps_set_filter(s->x, insns, n, err);
	if (status)
		stream_close(s);
	return status;
}

void stream_close(struct stream *s)
{
	xdps_close(s->x);
	s->x = NULL;
	s->has_head = false;
}

/* Judges a packet that the kernel did not filter; false: it is rejected. */
static bool judge(struct stream *s)
{
	uint32_t wanted;

	if (s->head.filtered || !s->filter)
		return true;
	wanted = filter_wants(s->filter, &s->head);
	if (s->head.caplen > wanted)
		s->head.caplen = wanted;
	return wanted;
}

/* A packet that comes whole, to be judged here, is truncated afterwards. */
static void show_next(struct stream *s)
{
	while ((s->has_head = xdps_next(s->x, &s->head)) && !judge(s))
		s->rejected++;
	if (s->has_head && s->head.caplen > s->opt.request.snaplen)
		s->head.caplen = s->opt.request.snaplen;
}

static void note_losses(struct stream *s)
{
	struct xdps_stats stats;

	xdps_stats(s->x, &stats);
	s->lost_to_say += stats.lost - s->lost_until_now;
	s->lost_until_now = stats.lost;
}

static void note_notice(struct stream *s)
{
	const char *notice = xdps_notice(s->x);

	if (!notice)
		return;
	snprintf(s->notice, sizeof(s->notice), "%s", notice);
	s->has_notice = true;
}

void stream_look(struct stream *s)
{
	enum xdps_status status;

	if (s->has_head || s->over.status)
		return;
	status = xdps_wait(s->x, 0, &s->over);
	note_notice(s);
	if (status == XDPS_OK) {
		note_losses(s);
		show_next(s);
	}
	if (status <= XDPS_WOKEN)
		s->over.status = XDPS_OK;
}

/* The packet in hand is not released by this, but it may no longer be the oldest. */
void stream_drain(struct stream *s)
{
	xdps_drain(s->x, true);
	note_losses(s);
	show_next(s);
}

void stream_next(struct stream *s)
{
	s->delivered++;
	s->lost_to_say = 0;
	show_next(s);
}

uint32_t stream_hold_ms(const struct stream *s)
{
	uint32_t hold_us = s->opt.hold_given ? s->opt.hold_us :
			   s->opt.request.immediate ? 0 : XDPS_HOLD_DEFAULT_US;

	return hold_us / US_PER_MS + 1;
}

struct xdps_stats stream_stats(const struct stream *s)
{
	struct xdps_stats stats;

	xdps_stats(s->x, &stats);
	stats.rejected += s->rejected;
	stats.taken -= s->rejected;
	return stats;
}

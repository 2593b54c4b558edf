// SPDX-License-Identifier: BSD-3-Clause
/*
 * follow.c: what becomes of a capture when its program is no longer where it was put.
 */
#include "follow.h"

#include <stdio.h>
#include <string.h>

#include "../../common/error.h"

#include "../host/now.h"

#define PROGRAM_BYTES 80

/* A program that netlink attached is replaced and detached with a notice. */
#define ASK_EVERY_MS 1000
#define ASK_CLOSELY_MS 50

void xdps_follow_init(struct xdps_follow *f)
{
	*f = (struct xdps_follow){ .yield_ms = XDPS_YIELD_MS };
}

bool xdps_follow_may_find(const struct xdps_hook *h, const struct xdps_setting *s)
{
	return s->request.follow || xdps_hook_is_beside_own(h);
}

/* If in doubt, what was there last. */
static uint32_t attached_id(const struct xdps_follow *f, const struct xdps_interface *iface)
{
	enum xdps_mode mode;
	uint32_t id;

	return xdps_target_query(iface, &id, &mode) ? f->passed_id : id;
}

static bool is_wait_over(struct xdps_follow *f, const struct xdps_setting *s)
{
	uint32_t id = attached_id(f, &s->iface);

	if (!id)
		f->passed_id = 0;
	return (id && id != f->passed_id) ||
	       (f->alone_from_ms && xdps_now_ms() >= f->alone_from_ms);
}

bool xdps_follow_is_due(struct xdps_follow *f, const struct xdps_hook *h,
			const struct xdps_setting *s)
{
	if (!xdps_hook_is_wanted(s))
		return false;
	if (f->waits)
		return is_wait_over(f, s);
	if (!xdps_hook_is_in_place(h, &s->iface))
		return true;
	f->in_place_ms = xdps_now_ms();
	return false;
}

void xdps_follow_note_change(struct xdps_follow *f)
{
	if (!f->waits)
		f->in_place_ms = xdps_now_ms();
}

int xdps_follow_ask_ms(const struct xdps_follow *f, const struct xdps_hook *h,
		       const struct xdps_setting *s)
{
	if (f->waits)
		return ASK_CLOSELY_MS;
	return h->target->by_link && xdps_follow_may_find(h, s) ? ASK_CLOSELY_MS : ASK_EVERY_MS;
}

/* Somebody else is to be first, and has not attached a program yet. */
static bool is_too_early(const struct xdps_follow *f, const struct xdps_interface *iface)
{
	return f->alone_from_ms && xdps_now_ms() < f->alone_from_ms && !attached_id(f, iface);
}

static enum xdps_status wait(struct xdps_follow *f, uint32_t passed_id)
{
	f->passed_id = passed_id;
	f->waits = true;
	return XDPS_OK;
}

/*
 * Whoever tries again only after we have come back, and is refused again, needs more time:
 * a service that is started every 30 seconds gets its place.
 */
static void give_time(struct xdps_follow *f)
{
	const int64_t now_ms = xdps_now_ms();

	if (now_ms - f->yielded_ms > XDPS_YIELD_FORGET_MS)
		f->yield_ms = XDPS_YIELD_MS;
	f->alone_from_ms = now_ms + f->yield_ms;
	f->yielded_ms = now_ms;
	f->yield_ms *= 2;
	if (f->yield_ms > XDPS_YIELD_MAX_MS)
		f->yield_ms = XDPS_YIELD_MAX_MS;
}

static void say_waiting(const struct xdps_follow *f, const struct xdps_setting *s,
			char *notice, size_t size)
{
	const long long left_ms = f->alone_from_ms - xdps_now_ms();

	if (f->alone_from_ms)
		snprintf(notice, size,
			 "%s: %s; it waits up to %lld s for an XDP program to be attached, and sees nothing meanwhile",
			 s->iface.name, f->loss, (left_ms + 999) / 1000);
	else
		snprintf(notice, size,
			 "%s: %s; the capture waits for an XDP program that its options ask for, and sees nothing meanwhile",
			 s->iface.name, f->loss);
}

static void say_going_on(const struct xdps_follow *f, const struct xdps_hook *h,
			 const struct xdps_setting *s, char *notice, size_t size)
{
	const long long gap_ms = xdps_now_ms() - f->in_place_ms + 1;
	char program[PROGRAM_BYTES];

	xdps_target_describe(h->target, program, sizeof(program));
	snprintf(notice, size,
		 "%s: %s; the capture goes on %s%s, and saw nothing for about %lld ms",
		 s->iface.name, f->loss, h->target->traced ? "beside " : "by itself",
		 h->target->traced ? program : "", gap_ms);
}

/* It went, and could not go on; `err` says why. */
static enum xdps_status explain(const struct xdps_follow *f, const struct xdps_setting *s,
				struct xdps_error *err)
{
	const char *why = err->text;
	size_t len = strlen(s->iface.name);

	if (!strncmp(why, s->iface.name, len) && !strncmp(why + len, ": ", 2))
		why += len + 2;
	return xdps_fail(err, err->status, "%s: the capture has ended, because %s; %s",
			 s->iface.name, f->loss, why);
}

/* Another capture beside ours notices the same, and must not be faster than they. */
void xdps_follow_yield(struct xdps_follow *f, struct xdps_hook *h,
		       const struct xdps_setting *s, const char *who,
		       char *notice, size_t size)
{
	uint32_t own_id;

	notice[0] = '\0';
	if (f->waits || !xdps_hook_is_wanted(s) ||
	    (h->target->traced && !xdps_hook_is_beside_own(h)))
		return;
	give_time(f);
	if (h->target->traced || xdps_chain_is_kept(&h->chain))
		return;
	f->in_place_ms = xdps_now_ms();
	own_id = attached_id(f, &s->iface);
	xdps_hook_leave(h);
	snprintf(f->loss, sizeof(f->loss), "this capture made room for %s", who);
	say_waiting(f, s, notice, size);
	wait(f, own_id);	/* others that share it may be slower */
}

/* With follow=no, what came while it waited is its end. */
static enum xdps_status end_beside(const struct xdps_follow *f, const struct xdps_hook *h,
				   const struct xdps_setting *s, struct xdps_error *err)
{
	if (!f->waits)
		return xdps_hook_explain_end(h, &s->iface, err);
	return xdps_fail(err, XDPS_FAILED,
			 "%s: the capture has ended, because %s; an XDP program is attached now, and with follow=no the capture does not go on beside it",
			 s->iface.name, f->loss);
}

static enum xdps_status settle(struct xdps_follow *f, const struct xdps_hook *h,
			       const struct xdps_setting *s, char *notice, size_t size)
{
	say_going_on(f, h, s, notice, size);
	f->waits = false;
	f->passed_id = 0;
	f->alone_from_ms = 0;
	if (h->target->traced)
		f->yield_ms = XDPS_YIELD_MS;
	f->in_place_ms = xdps_now_ms();
	return XDPS_OK;
}

/* Who detaches our program by force is likely to attach another one. */
static void lose(struct xdps_follow *f, const struct xdps_hook *h, const struct xdps_setting *s)
{
	xdps_hook_describe_loss(h, f->loss, sizeof(f->loss));
	if (!h->target->traced && s->request.yield)
		give_time(f);
}

enum xdps_status xdps_follow(struct xdps_follow *f, struct xdps_hook *h,
			     const struct xdps_setting *s, struct xdps_rings *rings,
			     char *notice, size_t size, struct xdps_error *err)
{
	const bool waited = f->waits;

	notice[0] = '\0';
	if (!xdps_follow_may_find(h, s) && (!waited || attached_id(f, &s->iface)))
		return end_beside(f, h, s, err);
	if (!waited)
		lose(f, h, s);
	if (is_too_early(f, &s->iface)) {
		xdps_hook_leave(h);
		say_waiting(f, s, notice, size);
		return wait(f, 0);
	}
	if (!xdps_hook_move(h, s, rings, err))
		return settle(f, h, s, notice, size);
	if (!h->is_unmet)
		return explain(f, s, err);
	err->status = XDPS_OK;		/* what it asks for may come */
	f->alone_from_ms = 0;
	if (!waited)
		say_waiting(f, s, notice, size);
	return wait(f, h->found_id);
}

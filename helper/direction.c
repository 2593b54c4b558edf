// SPDX-License-Identifier: BSD-3-Clause
/*
 * direction.c: the two halves of a capture: the hook, for received packets, and sent ones.
 */
#include "direction.h"

#include "../common/error.h"

#include "attach/trace.h"

enum xdps_status xdps_direction_open(struct xdps_capture *c, struct xdps_error *err)
{
	const struct xdps_setting *s = &c->setting;

	if (xdps_hook_open(&c->hook, s, &c->rings, err))
		return err->status;
	xdps_sent_prepare(&c->sent, &s->iface);
	return xdps_sent_is_wanted(s) ?
	       xdps_sent_start(&c->sent, s, &c->hook, &c->rings, err) : XDPS_OK;
}

enum xdps_status xdps_direction_set_filter(struct xdps_capture *c,
					   const struct xdps_filter_spec *spec,
					   enum xdps_filter *place, struct xdps_error *why,
					   struct xdps_error *err)
{
	enum xdps_filter place_of_sent = XDPS_FILTER_KERNEL;
	struct xdps_error why_of_sent;

	if (xdps_hook_set_filter(&c->hook, spec, place, why))
		return XDPS_OK;
	if (xdps_sent_set_filter(&c->sent, spec, &place_of_sent, &why_of_sent))
		return xdps_fail(err, why_of_sent.status, "%s", why_of_sent.text);
	if (*place == XDPS_FILTER_KERNEL && place_of_sent == XDPS_FILTER_USER) {
		*place = place_of_sent;
		*why = why_of_sent;
	}
	return XDPS_OK;
}

/* What the new direction adds: never both halves, for there was one before. */
static enum xdps_status add(struct xdps_capture *c, bool was_hooked, struct xdps_error *err)
{
	const struct xdps_setting *s = &c->setting;

	if (xdps_hook_is_wanted(s) && !was_hooked)
		return xdps_hook_move(&c->hook, s, &c->rings, err);
	if (xdps_sent_is_wanted(s))
		return xdps_sent_start(&c->sent, s, &c->hook, &c->rings, err);
	return XDPS_OK;
}

/* A capture that lets go of the hook does not wait for it any more. */
static void remove_rest(struct xdps_capture *c, bool was_hooked)
{
	if (xdps_hook_is_wanted(&c->setting) != was_hooked)
		xdps_follow_init(&c->follow);
	if (!xdps_hook_is_wanted(&c->setting))
		xdps_hook_leave(&c->hook);
	if (!xdps_sent_is_wanted(&c->setting))
		xdps_sent_stop(&c->sent);
}

enum xdps_status xdps_direction_turn(struct xdps_capture *c, enum xdps_dir dir,
				     struct xdps_error *err)
{
	struct xdps_request *request = &c->setting.request;
	const bool was_hooked = xdps_hook_is_wanted(&c->setting);
	const enum xdps_dir before = request->dir;

	if (dir == XDPS_DIR_OUT && xdps_trace_is_asked_for(request))
		return xdps_fail(err, XDPS_BAD_OPTION, "%s: " XDPS_ONLY_SENT_TEXT,
				 c->setting.iface.name);
	request->dir = dir;
	if (add(c, was_hooked, err)) {
		request->dir = before;
		return err->status;
	}
	remove_rest(c, was_hooked);
	return XDPS_OK;
}

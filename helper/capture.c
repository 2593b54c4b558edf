// SPDX-License-Identifier: BSD-3-Clause
/*
 * capture.c: one capture, from the request to its end.
 *
 * Everything that the helper does for a capture is in xdps_capture_serve().
 */
#include "capture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../bpf/record.h"
#include "../common/error.h"

#include "door/reply.h"
#include "door/request.h"
#include "host/debug.h"
#include "host/privilege.h"
#include "host/vlan.h"

#include "direction.h"

#define PROGRAM_BYTES 80

void xdps_capture_init(struct xdps_capture *c, int sock)
{
	memset(c, 0, sizeof(*c));
	c->sock = sock;
	xdps_watch_init(&c->watch);
	xdps_follow_init(&c->follow);
	xdps_overhear_init(&c->overhear);
	xdps_hook_init(&c->hook);
	xdps_sent_init(&c->sent);
	xdps_rings_init(&c->rings);
	xdps_arrivals_init(&c->arrivals);
	xdps_sockets_init(&c->sockets);
}

static bool misses_tags(const struct xdps_capture *c)
{
	return xdps_hook_is_wanted(&c->setting) && !c->hook.object.has_tags &&
	       xdps_vlan_is_taken_off(&c->setting.iface);
}

/*
 * Most cards remove tags, and most interfaces never receive any.  So this warns only if
 * something on this machine expects tags.
 */
static void warn_of_vlans(struct xdps_capture *c)
{
	const struct xdps_interface *iface = &c->setting.iface;

	if (c->warning.text[0] || !misses_tags(c) || !xdps_vlan_is_used(iface))
		return;
	xdps_vlan_describe(iface, c->warning.text, sizeof(c->warning.text));
	c->said_vlans = true;
}

/* Anything that happens to the interface after this has begun is noticed. */
static enum xdps_status open_capture(struct xdps_capture *c, struct xdps_error *err)
{
	struct xdps_setting *s = &c->setting;
	enum xdps_status status;

	status = xdps_interface_find(&s->iface, s->request.ifname, err);
	if (!status)
		status = xdps_cpus_read(&s->cpus, err);
	if (!status)
		status = xdps_watch_open(&c->watch, err);
	if (!status)
		status = xdps_direction_open(c, err);
	if (!status)
		status = xdps_arrivals_open(&c->arrivals, c->hook.object.cpus_fd,
					    s->cpus.n_possible, err);
	if (status)
		return status;
	xdps_sockets_open(&c->sockets, &s->iface, s->request.promisc, &c->warning);
	warn_of_vlans(c);
	return XDPS_OK;
}

/* The capture is as asked for, but where its packets come from may be a surprise. */
static void debug_lowers(const struct xdps_capture *c)
{
	const struct xdps_target *t = c->hook.target;
	char program[PROGRAM_BYTES];

	if (!t->traced || t->mode != XDPS_MODE_NATIVE || strcmp(c->setting.iface.kind, "bond"))
		return;
	xdps_target_describe(t, program, sizeof(program));
	xdps_debug("%s: %s runs on its lower interfaces; packets that arrive there are captured",
		   c->setting.iface.name, program);
}

static enum xdps_status reply_ready(struct xdps_capture *c, struct xdps_error *err)
{
	struct xdps_reply reply = {
		.kind = XDPS_REPLY_READY,
		.ready.ring_kind = c->rings.kind,
		.ready.n_rings = c->rings.n,
		.ready.ring_bytes = c->rings.ring_bytes,
		.ready.n_cpus = c->setting.cpus.n_possible,
		.ready.link = c->setting.iface.link,
		.ready.has_inject = c->sockets.inject_fd >= 0,
		.ready.sent_place = c->sent.place,
	};
	const int fds[] = { c->hook.object.cpus_fd, c->sockets.inject_fd };
	enum xdps_status status;

	memcpy(reply.ready.warning, c->warning.text, sizeof(reply.ready.warning));
	status = xdps_reply_rings(c->sock, c->rings.fds, c->rings.n_fds, err);
	if (!status)
		status = xdps_reply_send(c->sock, &reply, fds, 1 + reply.ready.has_inject, err);
	return status;
}

static void debug_filter(const struct xdps_capture *c, const struct xdps_filter_spec *spec,
			 enum xdps_filter place, const struct xdps_error *why)
{
	const char *name = c->setting.iface.name;

	if (why->status)
		xdps_debug("%s: filter %u: refused: %s", name, spec->number, why->text);
	else if (place == XDPS_FILTER_KERNEL)
		xdps_debug("%s: filter %u: in the kernel, %u instructions of classic BPF",
			   name, spec->number, spec->n_insns);
	else
		xdps_debug("%s: filter %u: in user space%s%s", name, spec->number,
			   why->text[0] ? ": " : "", why->text);
}

/* libpcap has no place for a warning about a filter; the debugging output and extcap have. */
static enum xdps_status warn_of_filter(struct xdps_capture *c, const struct xdps_filter_spec *spec,
				       struct xdps_error *err)
{
	const struct xdps_interface *iface = &c->setting.iface;
	char text[sizeof(err->text)];

	if (c->said_vlans || !xdps_vlan_is_asked(spec->insns, spec->n_insns) || !misses_tags(c))
		return XDPS_OK;
	c->said_vlans = true;
	xdps_vlan_describe(iface, text, sizeof(text));
	return xdps_reply_notice(c->sock, text, err);
}

static enum xdps_status reply_filter(const struct xdps_capture *c,
				     const struct xdps_filter_spec *spec,
				     enum xdps_filter place, const struct xdps_error *why,
				     struct xdps_error *err)
{
	struct xdps_reply reply = {
		.kind = XDPS_REPLY_FILTER,
		.filter.number = spec->number,
		.filter.place = place,
		.filter.status = why->status,
	};

	/* not a copy of the whole buffer, which can have anything behind the sentence */
	snprintf(reply.filter.text, sizeof(reply.filter.text), "%s", why->text);
	return xdps_reply_send(c->sock, &reply, NULL, 0, err);
}

static enum xdps_status set_filter(struct xdps_capture *c, struct xdps_error *err)
{
	enum xdps_filter place = XDPS_FILTER_KERNEL;
	struct xdps_request_filter request;
	struct xdps_filter_spec spec;
	enum xdps_status status;
	struct xdps_error why;

	status = xdps_request_check_filter(c->msg.buf, c->msg.bytes, &request, &spec.insns, err);
	if (status)
		return status;
	spec.number = request.number;
	spec.in_user_space = request.in_user_space;
	spec.n_insns = request.n_insns;
	if (xdps_direction_set_filter(c, &spec, &place, &why, err))
		return err->status;
	debug_filter(c, &spec, place, &why);
	if (!why.status && warn_of_filter(c, &spec, err))
		return err->status;
	return reply_filter(c, &spec, place, &why, err);
}

static enum xdps_status recover_sent(struct xdps_capture *c, struct xdps_error *err)
{
	char notice[sizeof(err->text)];

	if (xdps_sent_recover(&c->sent, &c->setting.iface, notice, sizeof(notice), err))
		return err->status;
	return xdps_reply_notice(c->sock, notice, err);
}

static void debug_supply(const struct xdps_capture *c, uint32_t cpu, enum xdps_supply supply,
			 uint64_t n_lost, const struct xdps_error *why)
{
	const char *name = c->setting.iface.name;

	if (supply == XDPS_SUPPLY_REFUSED)
		xdps_debug("%s: CPU %u came online but has no ring, so its packets are lost, and counted as such: %s",
			   name, cpu, why->text);
	else
		xdps_debug("%s: CPU %u came online and has %s ring; %" PRIu64 " packets were lost there before that",
			   name, cpu, supply == XDPS_SUPPLY_ADDED ? "a" : "its", n_lost);
}

/* The capture goes on even if one CPU gets no ring. */
static enum xdps_status supply(struct xdps_capture *c, uint32_t cpu, struct xdps_error *err)
{
	struct xdps_reply more = { .kind = XDPS_REPLY_RINGS };
	struct xdps_error why = { .status = XDPS_OK };
	enum xdps_supply supply;
	uint64_t n_lost;

	supply = xdps_rings_supply(&c->rings, &c->setting.request, cpu, &c->arrivals.cpus[cpu],
				   &why);
	if (xdps_arrivals_note(&c->arrivals, cpu, supply, &n_lost))
		debug_supply(c, cpu, supply, n_lost, &why);
	if (supply != XDPS_SUPPLY_ADDED)
		return XDPS_OK;
	more.rings.n_rings = c->rings.n;
	return xdps_reply_send(c->sock, &more, &c->rings.fds[c->rings.n_fds - 1], 1, err);
}

static enum xdps_status drop_privilege(const struct xdps_capture *c, struct xdps_error *err)
{
	enum xdps_purpose purpose = 0;

	if (xdps_follow_may_find(&c->hook, &c->setting))
		purpose |= XDPS_TO_FIND;
	if (c->rings.kind == XDPS_RING_PERF)
		purpose |= XDPS_TO_OPEN_PERF;
	return xdps_privilege_drop(purpose, err);
}

/* What privilege is kept depends on what it is beside. */
static enum xdps_status set_direction(struct xdps_capture *c, struct xdps_error *err)
{
	struct xdps_reply reply = { .kind = XDPS_REPLY_DIRECTION };
	struct xdps_error why = { .status = XDPS_OK };
	enum xdps_dir dir;

	if (xdps_request_check_direction(c->msg.buf, c->msg.bytes, &dir, err))
		return err->status;
	reply.direction.status = xdps_direction_turn(c, dir, &why);
	if (reply.direction.status)
		snprintf(reply.direction.text, sizeof(reply.direction.text), "%s", why.text);
	if (drop_privilege(c, err))
		return err->status;
	return xdps_reply_send(c->sock, &reply, NULL, 0, err);
}

/* What privilege is kept depends on whether it may have to follow again. */
static enum xdps_status follow(struct xdps_capture *c, struct xdps_error *err)
{
	char notice[sizeof(err->text)];
	enum xdps_status status;

	status = xdps_follow(&c->follow, &c->hook, &c->setting, &c->rings, notice,
			     sizeof(notice), err);
	if (!status && notice[0])
		status = xdps_reply_notice(c->sock, notice, err);
	if (!status)
		status = drop_privilege(c, err);
	return status;
}

static enum xdps_status say_silence(struct xdps_capture *c, struct xdps_error *err)
{
	const struct xdps_silence *s = &c->watch.silence;
	char program[PROGRAM_BYTES], text[sizeof(err->text)];

	xdps_target_describe(c->hook.target, program, sizeof(program));
	snprintf(text, sizeof(text),
		 "%s: %s did not run for %llu packets that arrived; another program decides first, or the packets arrived on a lower interface (a virtual function?)",
		 c->setting.iface.name, program,
		 (unsigned long long)(s->received - s->since_received));
	return xdps_reply_notice(c->sock, text, err);
}

/*
 * Nobody waits for this: it takes the time of several captures' beginnings.  A capture that
 * is beside another program may be alone later.
 */
static void overhear(struct xdps_capture *c)
{
	struct xdps_error why;

	if (!c->setting.request.yield)
		return;
	if (xdps_overhear_open(&c->overhear, &c->setting.iface, &why))
		xdps_debug("%s: other programs that cannot be attached because of this capture are not noticed: %s",
			   c->setting.iface.name, why.text);
	else
		xdps_debug("%s: makes room for XDP programs that cannot be attached because of this capture",
			   c->setting.iface.name);
}

static enum xdps_status yield(struct xdps_capture *c, struct xdps_error *err)
{
	char notice[sizeof(err->text)];

	xdps_follow_yield(&c->follow, &c->hook, &c->setting, c->overhear.who, notice,
			  sizeof(notice));
	return notice[0] ? xdps_reply_notice(c->sock, notice, err) : XDPS_OK;
}

/* The engine has sent something, or ends the capture. */
static enum xdps_status answer(struct xdps_capture *c, bool *is_over, struct xdps_error *err)
{
	*is_over = !xdps_message_receive(c->sock, &c->msg, err);
	if (*is_over || err->status)
		return err->status;
	return xdps_request_is_direction(c->msg.buf, c->msg.bytes) ? set_direction(c, err) :
								      set_filter(c, err);
}

/* Runs until the capture is over.  Returns XDPS_OK if the engine ended it. */
static enum xdps_status attend(struct xdps_capture *c, struct xdps_error *err)
{
	const struct xdps_watched what = {
		.sock = c->sock,
		.setting = &c->setting,
		.hook = &c->hook,
		.follow = &c->follow,
		.overhear = &c->overhear,
		.sent = &c->sent,
		.arrivals = &c->arrivals,
	};
	struct xdps_occasion o;
	bool is_over = false;

	while (!is_over && !xdps_watch_wait(&c->watch, &what, &o, err)) {
		switch (o.event) {
		case XDPS_EVENT_ENGINE:
			answer(c, &is_over, err);
			break;
		case XDPS_EVENT_QUIET:
			overhear(c);
			break;
		case XDPS_EVENT_REFUSED:
			yield(c, err);
			break;
		case XDPS_EVENT_LOST:
			follow(c, err);
			break;
		case XDPS_EVENT_SILENCE:
			say_silence(c, err);
			break;
		case XDPS_EVENT_SENT:
			recover_sent(c, err);
			break;
		case XDPS_EVENT_ARRIVAL:
			supply(c, o.cpu, err);
			break;
		case XDPS_EVENT_SHARE:
			xdps_hook_share(&c->hook, &c->setting.iface);
			break;
		}
		if (err->status)
			break;
	}
	return err->status;
}

enum xdps_status xdps_capture_serve(struct xdps_capture *c, struct xdps_error *err)
{
	enum xdps_status status;

	status = xdps_request_check_open(c->msg.buf, c->msg.bytes, &c->setting.request, err);
	if (!status)
		status = open_capture(c, err);
	if (!status)
		status = drop_privilege(c, err);
	if (!status)
		status = reply_ready(c, err);
	if (!status) {
		debug_lowers(c);
		status = attend(c, err);
	}
	return status;
}

void xdps_capture_leave(struct xdps_capture *c)
{
	xdps_hook_leave(&c->hook);
	xdps_sent_close(&c->sent);
	xdps_sockets_close(&c->sockets);
}

void xdps_capture_close(struct xdps_capture *c)
{
	xdps_arrivals_close(&c->arrivals);
	xdps_rings_close(&c->rings);
	xdps_overhear_close(&c->overhear);
	xdps_hook_close(&c->hook);
	xdps_watch_close(&c->watch);
}

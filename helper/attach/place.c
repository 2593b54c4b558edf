// SPDX-License-Identifier: BSD-3-Clause
/*
 * place.c: loads what the hook requires, and attaches it.
 */
#include "place.h"

#include <bpf/libbpf.h>
#include <errno.h>

#include "../../common/error.h"

#include "../host/debug.h"

#include "../host/vlan.h"
#include "../program/tagger.h"

#include "attach.h"
#include "trace.h"

#define PROGRAM_BYTES 80

/* What there is already of the entry; at most one of these is not NULL. */
struct entry {
	struct xdps_grant *grant;	/* another capture's, attached */
	const struct xdps_tagger *tagger;	/* loaded */
};

static const struct xdps_chain_maps *chain_of(const struct entry *e)
{
	return e->grant ? &e->grant->maps : e->tagger ? &e->tagger->chain : NULL;
}

/*
 * Packets in fragments are written to map rings by a tracing program itself, which has to
 * know where they are.
 */
static const char *why_no_map_rings(const struct xdps_hook *h)
{
	const struct xdps_fragments *f = &h->fragments;

	if (!h->target->traced || !f->exist || f->are_readable)
		return NULL;
	if (f->rc == -EPERM)
		return "an XDP program is attached, and the kernel does not show the addresses of its memory, which packets in fragments need; give the helper CAP_SYSLOG, set kernel.kptr_restrict to 0 or 1, or leave ring=map out";
	return "an XDP program is attached, and xdpsample does not know where this kernel has packets in fragments; leave ring=map out";
}

static enum xdps_status refuse_map_rings(const struct xdps_hook *h,
					 const struct xdps_interface *iface,
					 struct xdps_error *err)
{
	char program[PROGRAM_BYTES];

	xdps_target_describe(h->target, program, sizeof(program));
	return xdps_fail(err, XDPS_UNSUPPORTED,
			 "%s: %s is attached, and this capture's map rings cannot get all of its packets%s; start it again, or with ring=perf",
			 iface->name, program,
			 h->fragments.rc == -EPERM ? " without CAP_SYSLOG" : "");
}

/*
 * Opens rings, unless there are some.  Those of a running capture stay, because its reader
 * has mapped them.
 */
static enum xdps_status open_rings(const struct xdps_hook *h, const struct xdps_setting *s,
				   bool is_running, struct xdps_rings *rings,
				   const char *doing, struct xdps_error *err)
{
	const char *no_map_rings = why_no_map_rings(h);

	if (no_map_rings && rings->kind == XDPS_RING_MAP) {
		if (is_running)
			return refuse_map_rings(h, &s->iface, err);
		xdps_rings_close(rings);
	}
	if (rings->n)
		return XDPS_OK;
	return xdps_rings_open(rings, &s->request, &s->cpus, no_map_rings, doing, err);
}

/* Loads what is to be put in place.  If there was a program `before`, its rings stay. */
static enum xdps_status load(struct xdps_hook *h, const struct xdps_setting *s,
			     const struct xdps_object *before, const struct entry *entry,
			     struct xdps_rings *rings, const char *doing,
			     struct xdps_error *err)
{
	const struct xdps_load load = {
		.request = &s->request,
		.iface = &s->iface,
		.traced = h->target->traced,
		/* A generic program is called only for the interface that it is on. */
		.has_lowers = h->target->mode == XDPS_MODE_NATIVE,
		.fragments = &h->fragments,
		.rings = rings,
		.before = before,
		.chain = chain_of(entry),
		.slot = h->admit.slot > 0 ? h->admit.slot : 0,
		.n_cpus = s->cpus.n_possible,
		.doing = doing,
	};
	enum xdps_status status;

	status = open_rings(h, s, before, rings, doing, err);
	if (!status)
		status = xdps_object_load(&h->object, &load, err);
	if (!status && !before)
		status = xdps_rings_assign(rings, &s->cpus, h->object.cpus_fd, err);
	return status;
}

static enum xdps_status enter_chain(struct xdps_hook *h, const struct xdps_setting *s,
				    struct xdps_error *err)
{
	const struct xdps_object *p = &h->object;
	int rc = xdps_chain_enter(&h->chain, p->slots_fd, p->members_fd, p->slot,
				  s->request.yield ? XDPS_MEMBER_YIELDS : XDPS_MEMBER_STAYS);

	return rc ? xdps_fail_errno(err, rc, "%s: taking a place beside other captures",
				    s->iface.name) : XDPS_OK;
}

/* The hook of another capture becomes ours as well. */
static enum xdps_status take_link(struct xdps_hook *h, const struct xdps_setting *s,
				  struct xdps_grant *grant)
{
	h->link_fd = grant->link_fd;
	grant->link_fd = -1;
	xdps_debug("%s: shares the XDP program of another capture, in slot %d; it was let in after %u ms",
		   s->iface.name, h->admit.slot, grant->took_ms);
	return XDPS_OK;
}

static enum xdps_status attach(struct xdps_hook *h, const struct xdps_setting *s,
			       const struct entry *entry, struct xdps_error *err)
{
	if (entry->grant)
		return take_link(h, s, entry->grant);
	if (entry->tagger)
		return xdps_attach(&h->link_fd, entry->tagger->prog_fd, &s->iface,
				   XDPS_MODE_NATIVE, err);
	return xdps_attach(&h->link_fd, bpf_program__fd(h->object.entry), &s->iface,
			   s->request.mode, err);
}

/*
 * Puts our program on the interface, or beside the program that is there, or into the hook
 * of another capture that has granted it.
 */
static enum xdps_status place(struct xdps_hook *h, const struct xdps_setting *s,
			      const struct xdps_object *before, const struct entry *entry,
			      struct xdps_rings *rings, struct xdps_error *err)
{
	char doing[XDPS_REFUSAL_BYTES] = "loading the BPF programs";
	const struct xdps_program *traced = h->target->traced;
	enum xdps_status status;

	if (traced)
		xdps_trace_refusal(h->target, &s->iface, &s->request, doing, sizeof(doing));
	status = load(h, s, before, entry, rings, doing, err);
	if (!status && !traced && xdps_hook_is_wanted(s))
		status = enter_chain(h, s, err);
	if (!status)
		status = xdps_filter_put(&h->filter, &h->object, err);
	if (status || !xdps_hook_is_wanted(s))
		return status;
	if (traced)
		return xdps_trace_attach(&h->link_fd, &h->object, doing, err);
	return attach(h, s, entry, err);
}

/* Puts it there again, with the same rings and counters.  On failure keeps what it had. */
static enum xdps_status place_again(struct xdps_hook *h, const struct xdps_setting *s,
				    const struct entry *entry, struct xdps_rings *rings,
				    struct xdps_error *err)
{
	struct xdps_object before = h->object;
	enum xdps_status status;

	xdps_object_init(&h->object);
	err->status = XDPS_OK;
	status = place(h, s, before.obj ? &before : NULL, entry, rings, err);
	if (!status) {
		xdps_object_free(&before);
		return XDPS_OK;
	}
	xdps_chain_leave(&h->chain);
	xdps_object_free(&h->object);
	h->object = before;
	return status;
}

/* Only a driver in native mode can tell. */
static bool may_tell_tags(const struct xdps_hook *h, const struct xdps_setting *s)
{
	return !h->target->traced && xdps_hook_is_wanted(s) &&
	       xdps_attach_choose_mode(&s->iface, s->request.mode) != XDPS_MODE_GENERIC &&
	       xdps_vlan_is_taken_off(&s->iface);
}

static enum xdps_status place_tagger(struct xdps_hook *h, const struct xdps_setting *s,
				     struct xdps_rings *rings, struct xdps_error *err)
{
	struct xdps_tagger tagger;
	enum xdps_status status;

	status = xdps_tagger_load(&tagger, &s->iface, &h->fragments, err);
	if (!status)
		status = place_again(h, s, &(struct entry){ .tagger = &tagger }, rings, err);
	xdps_tagger_free(&tagger);
	if (status)
		xdps_debug("%s: VLAN tags that the card takes off are not put back: %s",
			   s->iface.name, err->text);
	else
		xdps_debug("%s: VLAN tags that the card takes off are put back", s->iface.name);
	return status;
}

static enum xdps_status place_somewhere(struct xdps_hook *h, const struct xdps_setting *s,
					struct xdps_grant *grant, struct xdps_rings *rings,
					struct xdps_error *err)
{
	if (!grant && may_tell_tags(h, s) && !place_tagger(h, s, rings, err))
		return XDPS_OK;
	return place_again(h, s, &(struct entry){ .grant = grant }, rings, err);
}

enum xdps_status xdps_place(struct xdps_hook *h, struct xdps_target *found,
			    const struct xdps_setting *s, struct xdps_grant *grant,
			    struct xdps_rings *rings, struct xdps_error *err)
{
	struct xdps_target *before = h->target;
	enum xdps_status status;

	h->target = found;
	if (!h->object.obj)	/* later, the privilege to ask is gone */
		xdps_fragments_find(&h->fragments, found->traced || s->request.follow);
	status = place_somewhere(h, s, grant, rings, err);
	if (status == XDPS_BUSY && xdps_target_use_only_component(found))
		status = place_somewhere(h, s, grant, rings, err);
	if (status)
		h->target = before;
	else
		xdps_target_free(before);
	return status;
}

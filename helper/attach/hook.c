// SPDX-License-Identifier: BSD-3-Clause
/*
 * hook.c: puts our program where the packets pass.
 *
 * What is on an interface can change between a look at it and what we do.  In that case
 * we look again, a few times.
 */
#include "hook.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../../common/counters.h"
#include "../../common/error.h"
#include "../../common/fd.h"
#include "../../common/names.h"

#include "../host/debug.h"

#include "attach.h"
#include "join.h"
#include "trace.h"

#define TRIES_MAX 5
#define PROGRAM_BYTES 80
#define LOSS_BYTES (2 * PROGRAM_BYTES + 40)

void xdps_hook_init(struct xdps_hook *h)
{
	memset(h, 0, sizeof(*h));
	h->link_fd = -1;
	h->target = &h->targets[0];
	xdps_target_init(&h->targets[0]);
	xdps_target_init(&h->targets[1]);
	xdps_object_init(&h->object);
	xdps_admit_init(&h->admit);
	xdps_chain_init(&h->chain);
}

/* Puts the sampler into its slot, with the filter if there is one. */
static enum xdps_status put_sampler(struct xdps_hook *h, struct xdps_error *err)
{
	enum xdps_filter place;
	int rc;

	if (h->filter.number)
		return xdps_filter_set(&h->object, &h->filter, &place, err);
	rc = xdps_object_put(&h->object, bpf_program__fd(h->object.sampler));
	return rc ? xdps_fail_errno(err, rc, "installing the sampler") : XDPS_OK;
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
			     const struct xdps_object *before, const struct xdps_grant *grant,
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
		.chain = grant ? &grant->maps : NULL,
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

/*
 * Puts our program on the interface, or beside the program that is there, or into the hook
 * of another capture that has granted it.
 */
static enum xdps_status place(struct xdps_hook *h, const struct xdps_setting *s,
			      const struct xdps_object *before, struct xdps_grant *grant,
			      struct xdps_rings *rings, struct xdps_error *err)
{
	char doing[XDPS_REFUSAL_BYTES] = "loading the BPF programs";
	const struct xdps_program *traced = h->target->traced;
	enum xdps_status status;

	if (!before)		/* later, the privilege to ask is gone */
		xdps_fragments_find(&h->fragments, traced || s->request.follow);
	if (traced)
		xdps_trace_refusal(h->target, &s->iface, &s->request, doing, sizeof(doing));
	status = load(h, s, before, grant, rings, doing, err);
	if (!status && !traced)
		status = enter_chain(h, s, err);
	if (!status)
		status = put_sampler(h, err);
	if (status)
		return status;
	if (traced)
		return xdps_trace_attach(&h->link_fd, &h->object, doing, err);
	if (grant)
		return take_link(h, s, grant);
	return xdps_attach(&h->link_fd, bpf_program__fd(h->object.entry), &s->iface,
			   s->request.mode, err);
}

/* Puts it there again, with the same rings and counters.  On failure keeps what it had. */
static enum xdps_status place_again(struct xdps_hook *h, const struct xdps_setting *s,
				    struct xdps_grant *grant, struct xdps_rings *rings,
				    struct xdps_error *err)
{
	struct xdps_object before = h->object;
	enum xdps_status status;

	xdps_object_init(&h->object);
	err->status = XDPS_OK;
	status = place(h, s, before.obj ? &before : NULL, grant, rings, err);
	if (!status) {
		xdps_object_free(&before);
		return XDPS_OK;
	}
	xdps_chain_leave(&h->chain);
	xdps_object_free(&h->object);
	h->object = before;
	return status;
}

/* Beside the program that was found, or alone if none was, or where it is granted. */
static enum xdps_status place_at(struct xdps_hook *h, struct xdps_target *found,
				 const struct xdps_setting *s, struct xdps_grant *grant,
				 struct xdps_rings *rings, struct xdps_error *err)
{
	struct xdps_target *before = h->target;
	enum xdps_status status;

	h->target = found;
	status = place_again(h, s, grant, rings, err);
	if (status == XDPS_BUSY && xdps_target_use_only_component(found))
		status = place_again(h, s, grant, rings, err);
	if (status)
		h->target = before;
	else
		xdps_target_free(before);
	return status;
}

static enum xdps_status find_and_place(struct xdps_hook *h, struct xdps_target *found,
				       const struct xdps_setting *s,
				       struct xdps_rings *rings, struct xdps_error *err)
{
	enum xdps_status status;

	status = xdps_target_find(found, &s->iface, &s->request, err);
	h->found_id = found->attached.id;
	h->is_unmet = status == XDPS_BAD_OPTION || status == XDPS_UNSUPPORTED;
	if (!status && found->traced)
		status = xdps_trace_check(found, &s->iface, &s->request, err);
	if (!status && !found->traced)	/* first, so that there is one chain, not two */
		xdps_admit_open(&h->admit, &s->iface);
	if (!status)
		status = place_at(h, found, s, NULL, rings, err);
	if (status || found->traced)
		xdps_admit_close(&h->admit);
	return status;
}

static enum xdps_status check_mode(const struct xdps_target *t, const struct xdps_setting *s,
				   struct xdps_error *err)
{
	if (s->request.mode == XDPS_MODE_AUTO || s->request.mode == t->mode)
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "%s: mode=%s: a capture is already running, in %s mode, and an interface takes one XDP program at a time; remove mode=",
			 s->iface.name, xdps_mode_word(s->request.mode), xdps_mode_word(t->mode));
}

static enum xdps_status join(struct xdps_hook *h, struct xdps_target *found,
			     const struct xdps_setting *s, struct xdps_grant *grant,
			     struct xdps_rings *rings, struct xdps_error *err)
{
	enum xdps_status status;

	xdps_target_free(found);
	xdps_target_query(&s->iface, &found->attached.id, &found->mode);
	h->found_id = found->attached.id;
	status = check_mode(found, s, err);
	h->is_unmet = status == XDPS_BAD_OPTION;
	if (!status)
		status = place_at(h, found, s, grant, rings, err);
	if (status)
		xdps_admit_close(&h->admit);
	return status;
}

static enum xdps_status refuse_one_too_many(const struct xdps_interface *iface,
					    struct xdps_error *err)
{
	return xdps_fail(err, XDPS_BUSY,
			 "%s: %d captures already share the XDP program on it, and there can be no more; end one of them",
			 iface->name, XDPS_CHAIN_MAX);
}

/*
 * Shares the hook of another capture if that lets us in.  If there is no slot for us although
 * not all have captures, strangers have their names; then this is as beside any program.
 */
static enum xdps_status join_or_place(struct xdps_hook *h, struct xdps_target *found,
				      const struct xdps_setting *s,
				      struct xdps_rings *rings, struct xdps_error *err)
{
	struct xdps_grant grant;
	enum xdps_status status;

	if (xdps_trace_is_asked_for(&s->request) || !xdps_join(&grant, &s->iface))
		return find_and_place(h, found, s, rings, err);
	if (xdps_admit_open(&h->admit, &s->iface))
		status = join(h, found, s, &grant, rings, err);
	else if (xdps_chain_is_full(grant.maps.slots_fd))
		status = refuse_one_too_many(&s->iface, err);
	else
		status = find_and_place(h, found, s, rings, err);
	xdps_grant_close(&grant);
	return status;
}

static bool is_gone_soon(const struct xdps_target *t, const struct xdps_interface *iface)
{
	const struct timespec step = { .tv_nsec = XDPS_LEAVING_STEP_NS };

	for (int i = 0; i < XDPS_LEAVING_STEPS; i++) {
		if (!xdps_target_is_attached(t, iface))
			return true;
		nanosleep(&step, NULL);
	}
	return false;
}

/* Placing it failed with what was there.  Is something else there by now? */
static bool has_changed(const struct xdps_target *found, const struct xdps_interface *iface,
			enum xdps_status status)
{
	if (!found->attached.id)
		return status == XDPS_BUSY;
	if (xdps_target_is_own(found))
		return is_gone_soon(found, iface);
	return !xdps_target_is_attached(found, iface);
}

enum xdps_status xdps_hook_open(struct xdps_hook *h, const struct xdps_setting *s,
				struct xdps_rings *rings, struct xdps_error *err)
{
	struct xdps_target *found = &h->targets[h->target == &h->targets[0]];
	enum xdps_status status;
	int tries = 0;

	do {
		err->status = XDPS_OK;
		status = join_or_place(h, found, s, rings, err);
	} while (status && ++tries < TRIES_MAX && has_changed(found, &s->iface, status));
	if (status)
		xdps_target_free(found);
	return status;
}

enum xdps_status xdps_hook_set_filter(struct xdps_hook *h, const struct xdps_filter_spec *spec,
				      enum xdps_filter *place, struct xdps_error *err)
{
	if (xdps_filter_set(&h->object, spec, place, err))
		return err->status;
	memcpy(h->insns, spec->insns, spec->n_insns * sizeof(*spec->insns));
	h->filter = *spec;
	h->filter.insns = h->insns;
	return XDPS_OK;
}

void xdps_hook_share(struct xdps_hook *h, const struct xdps_interface *iface)
{
	const int grant[XDPS_N_GRANT] = {
		[XDPS_GRANT_LINK] = h->link_fd,
		[XDPS_GRANT_SLOTS] = h->object.slots_fd,
		[XDPS_GRANT_MEMBERS] = h->object.members_fd,
	};

	if (xdps_admit_serve(&h->admit, grant))
		xdps_chain_sweep(&h->chain, iface);
}

bool xdps_hook_is_beside_own(const struct xdps_hook *h)
{
	return h->target->traced && xdps_target_is_own(h->target);
}

bool xdps_hook_count(const struct xdps_hook *h, const struct xdps_setting *s, uint64_t *seen)
{
	const size_t bytes = xdps_counters_bytes(s->cpus.n_possible);
	struct xdps_stats stats;
	void *cpus;

	cpus = mmap(NULL, bytes, PROT_READ, MAP_SHARED, h->object.cpus_fd, 0);
	if (cpus == MAP_FAILED)
		return false;
	xdps_counters_sum(cpus, s->cpus.n_possible, &stats);
	munmap(cpus, bytes);
	*seen = stats.seen;
	return true;
}

bool xdps_hook_is_in_place(const struct xdps_hook *h, const struct xdps_interface *iface)
{
	return h->target->traced ? xdps_target_is_attached(h->target, iface)
				: xdps_attach_is_in_place(h->link_fd);
}

/* Describes the program that is there instead of `t`, or "". */
static void describe_successor(const struct xdps_target *t, const struct xdps_interface *iface,
			       char *buf, size_t size)
{
	char program[PROGRAM_BYTES];
	struct xdps_target now;

	xdps_target_init(&now);
	xdps_target_look(&now, iface);
	xdps_target_describe(&now, program, sizeof(program));
	if (now.attached.id && now.attached.id != t->attached.id)
		snprintf(buf, size, "; %s is now attached", program);
	else
		buf[0] = '\0';
	xdps_target_free(&now);
}

void xdps_hook_describe_loss(const struct xdps_hook *h, char *buf, size_t size)
{
	char program[PROGRAM_BYTES];

	if (!h->target->traced) {
		snprintf(buf, size, "another process detached its XDP program");
		return;
	}
	xdps_target_describe(h->target, program, sizeof(program));
	if (h->target->traced != &h->target->attached)
		snprintf(buf, size, "%.60s (id %u), which called %s, is no longer attached",
			 h->target->attached.name, h->target->attached.id, program);
	else
		snprintf(buf, size, "%s is no longer attached", program);
}

enum xdps_status xdps_hook_explain_end(const struct xdps_hook *h,
				       const struct xdps_interface *iface,
				       struct xdps_error *err)
{
	char loss[LOSS_BYTES], successor[PROGRAM_BYTES + 24] = "";

	xdps_hook_describe_loss(h, loss, sizeof(loss));
	if (h->target->traced == &h->target->attached)
		describe_successor(h->target, iface, successor, sizeof(successor));
	return xdps_fail(err, XDPS_FAILED, "%s: the capture has ended, because %s%s",
			 iface->name, loss, successor);
}

enum xdps_status xdps_hook_move(struct xdps_hook *h, const struct xdps_setting *s,
				struct xdps_rings *rings, struct xdps_error *err)
{
	xdps_hook_leave(h);
	return xdps_hook_open(h, s, rings, err);
}

void xdps_hook_leave(struct xdps_hook *h)
{
	xdps_chain_leave(&h->chain);
	xdps_fd_close(&h->link_fd);
	xdps_admit_close(&h->admit);
}

void xdps_hook_close(struct xdps_hook *h)
{
	xdps_hook_leave(h);
	xdps_object_free(&h->object);
	xdps_target_free(&h->targets[0]);
	xdps_target_free(&h->targets[1]);
	xdps_hook_init(h);
}

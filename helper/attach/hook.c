// SPDX-License-Identifier: BSD-3-Clause
/*
 * hook.c: decides where our program is put, and knows whether it is there.
 *
 * What is on an interface can change between a look at it and what we do.  In that case
 * we look again, a few times.
 */
#include "hook.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../../common/counters.h"
#include "../../common/error.h"
#include "../../common/fd.h"
#include "../../common/names.h"

#include "attach.h"
#include "join.h"
#include "place.h"
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

bool xdps_hook_is_wanted(const struct xdps_setting *s)
{
	return s->request.dir != XDPS_DIR_OUT;
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
		status = xdps_place(h, found, s, NULL, rings, err);
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
		status = xdps_place(h, found, s, grant, rings, err);
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

/* What is there makes no difference. */
static enum xdps_status place_nowhere(struct xdps_hook *h, struct xdps_target *found,
				      const struct xdps_setting *s,
				      struct xdps_rings *rings, struct xdps_error *err)
{
	xdps_target_free(found);
	return xdps_place(h, found, s, NULL, rings, err);
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
		status = xdps_hook_is_wanted(s) ? join_or_place(h, found, s, rings, err) :
						  place_nowhere(h, found, s, rings, err);
	} while (status && ++tries < TRIES_MAX && has_changed(found, &s->iface, status));
	if (status)
		xdps_target_free(found);
	return status;
}

enum xdps_status xdps_hook_set_filter(struct xdps_hook *h, const struct xdps_filter_spec *spec,
				      enum xdps_filter *place, struct xdps_error *err)
{
	return xdps_filter_change(&h->filter, &h->object, spec, false, place, err);
}

void xdps_hook_share(struct xdps_hook *h, const struct xdps_interface *iface)
{
	const int grant[XDPS_N_GRANT] = {
		[XDPS_GRANT_LINK] = h->link_fd,
		[XDPS_GRANT_SLOTS] = h->object.slots_fd,
		[XDPS_GRANT_MEMBERS] = h->object.members_fd,
		[XDPS_GRANT_TAGS] = h->object.tags_fd,
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
	*seen = stats.seen - stats.sent.seen;
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

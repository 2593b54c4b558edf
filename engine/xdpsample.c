// SPDX-License-Identifier: BSD-3-Clause
/*
 * xdpsample.c: the engine's interface: open, wait, next, release, close.
 */
#include "xdpsample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../common/counters.h"
#include "../common/error.h"

#include "batch.h"
#include "client.h"
#include "clock.h"
#include "guard.h"
#include "memory.h"
#include "merge.h"
#include "ring_kinds.h"
#include "waiter.h"

#define NSEC_PER_USEC 1000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_SEC 1000000000ull

struct xdps {
	/* what was asked for */
	char ifname[XDPS_IFNAME_CHARS + 1];

	/* what the helper opened */
	struct xdps_client client;
	struct xdps_session session;
	struct xdps_memory memory;
	struct xdps_filtering filter;	/* the one that is set */
	uint32_t last_filter;		/* number of the last request */
	enum xdps_dir dir;

	/* the stream */
	struct xdps_merge merge;
	struct xdps_batch batch;
	struct xdps_clock clock;
	uint64_t *n_released;		/* packets, released by all readers */
	struct xdps_waiter waiter;
	bool woken;			/* by xdps_wake(), and no wait has said so yet */
	struct xdps_error over;		/* why the capture has ended; XDPS_OK: it goes on */

	/* the last batch before a break */
	bool draining;
	bool account_closed;		/* the last batch was handed out, with these counts */
	struct xdps_stats account;
};

static struct xdps *capture_new(const struct xdps_options *opt, const struct xdps_guard *guard)
{
	struct xdps *x = calloc(1, sizeof(*x));
	uint32_t hold_us = opt->hold_given ? opt->hold_us :
			   opt->request.immediate ? 0 : XDPS_HOLD_DEFAULT_US;

	if (!x)
		return NULL;
	memcpy(x->ifname, opt->request.ifname, sizeof(x->ifname));
	x->batch.hold_ns = hold_us * NSEC_PER_USEC;
	x->batch.batch_ns = opt->request.immediate ? 0 : opt->batch_us * NSEC_PER_USEC;
	x->dir = opt->request.dir;
	xdps_client_init(&x->client);
	x->client.guard = *guard;
	xdps_session_init(&x->session);
	xdps_memory_init(&x->memory);
	x->filter.number = x->last_filter = XDPS_FILTER_NUMBER;
	xdps_clock_init(&x->clock);
	xdps_waiter_init(&x->waiter);
	return x;
}

/* Sets up the stream from what the helper opened; this needs no privilege. */
static enum xdps_status open_stream(struct xdps *x, struct xdps_error *err)
{
	const struct xdps_session *g = &x->session;
	enum xdps_status status;
	int rc;

	status = xdps_memory_map(&x->memory, g, err);
	if (status)
		return status;
	rc = xdps_merge_init(&x->merge, x->memory.rings, g->n_rings);
	if (rc)
		return xdps_fail_errno(err, rc, "merging %u rings", g->n_rings);
	x->n_released = xdps_readers_released(&x->memory.readers);
	rc = xdps_waiter_open(&x->waiter, x->client.sock);
	if (!rc)
		rc = x->memory.ops->watch(&x->memory, g, 0, g->n_rings, &x->waiter);
	if (rc)
		return xdps_fail_errno(err, rc, "polling %u rings", g->n_rings);
	xdps_batch_start(&x->batch, &x->memory, g->ring_bytes);
	xdps_waiter_tick(&x->waiter, xdps_batch_tick_ns(&x->batch), xdps_batch_tick_ns(&x->batch));
	xdps_rearm(x);
	return XDPS_OK;
}

/* Ends the helper first: once it has ended, nothing is attached any more. */
static void release(struct xdps *x)
{
	xdps_client_close(&x->client);
	xdps_waiter_free(&x->waiter);
	xdps_merge_free(&x->merge);
	xdps_memory_free(&x->memory);
	xdps_session_free(&x->session);
}

static void release_and_free(void *capture)
{
	release(capture);
	free(capture);
}

static enum xdps_status open_capture(struct xdps *x, const struct xdps_options *opt,
				     struct xdps_error *err)
{
	enum xdps_status status;

	xdps_guard_protect(&x->client.guard, release_and_free, x);
	status = xdps_client_open(&x->client, opt, &x->session, err);
	if (!status)
		status = open_stream(x, err);
	if (status)
		xdps_guard_unprotect(&x->client.guard);
	return status;
}

/* A thread may leave only where it waits for the helper, and not while it allocates. */
enum xdps_status xdps_open(struct xdps **out, const struct xdps_options *opt,
			   struct xdps_error *err)
{
	struct xdps_guard guard;
	enum xdps_status status;
	struct xdps *x;

	xdps_guard_enter(&guard);
	x = capture_new(opt, &guard);
	status = x ? open_capture(x, opt, err) :
		xdps_fail_errno(err, -ENOMEM, "opening a capture on %s", opt->request.ifname);
	if (status) {
		if (x)
			release_and_free(x);
		xdps_guard_leave(&guard);
		return status;
	}
	xdps_guard_leave(&x->client.guard);
	*out = x;
	return XDPS_OK;
}

/* Runs completely or, if the thread is cancelled before, not at all. */
void xdps_close(struct xdps *x)
{
	struct xdps_guard guard;

	xdps_guard_enter(&guard);
	if (x)
		release_and_free(x);
	xdps_guard_leave(&guard);
}

enum xdps_link xdps_link(const struct xdps *x)
{
	return x->session.link;
}

enum xdps_sent_place xdps_sent_place(const struct xdps *x)
{
	return x->session.sent_place;
}

const char *xdps_warning(const struct xdps *x)
{
	return x->session.warning[0] ? x->session.warning : NULL;
}

const char *xdps_notice(struct xdps *x)
{
	if (!x->client.has_notice)
		return NULL;
	x->client.has_notice = false;
	return x->client.notice;
}

/* A number that no packet in a ring can have: not 0, and not that of the first filter. */
static uint32_t next_filter(struct xdps *x)
{
	if (++x->last_filter <= XDPS_FILTER_NUMBER)
		x->last_filter = XDPS_FILTER_NUMBER + 1;
	return x->last_filter;
}

/* No new packets come; those that are left were accepted by other filters. */
static void filter_the_rest(struct xdps *x, uint32_t number)
{
	x->filter = (struct xdps_filtering){
		.number = number,
		.place = XDPS_FILTER_USER,
	};
	memcpy(x->filter.why, x->over.text, sizeof(x->filter.why));
}

/*
 * From the request on, the caller judges packets that the new filter did not accept in
 * the kernel: if the thread leaves before the answer comes (guard.h), packets of either
 * filter may follow.
 */
static enum xdps_status ask_for_filter(struct xdps *x, uint32_t number,
				       const struct xdps_insn *insns, size_t n_insns,
				       struct xdps_error *err)
{
	const uint32_t before = x->filter.number;
	enum xdps_status status;

	x->filter.number = number;
	xdps_guard_enter(&x->client.guard);
	status = xdps_client_filter(&x->client, number, insns, n_insns, &x->filter, err);
	if (status && x->filter.refused)
		x->filter.number = before;
	xdps_guard_leave(&x->client.guard);
	return status;
}

enum xdps_status xdps_set_filter(struct xdps *x, const struct xdps_insn *insns,
				 size_t n_insns, struct xdps_error *err)
{
	enum xdps_status status = xdps_check_filter(insns, n_insns, x->dir, err);
	uint32_t number;

	if (status)
		return status;
	number = next_filter(x);
	if (!x->over.status) {
		status = ask_for_filter(x, number, insns, n_insns, err);
		if (!status || x->filter.refused)
			return status;
		x->over = *err;
	}
	filter_the_rest(x, number);
	return XDPS_OK;
}

/* If the thread leaves before the answer comes, packets of either direction may follow. */
static enum xdps_status ask_for_direction(struct xdps *x, enum xdps_dir dir,
					  bool *is_over, struct xdps_error *err)
{
	enum xdps_status status;

	xdps_guard_enter(&x->client.guard);
	status = xdps_client_direction(&x->client, dir, is_over, err);
	xdps_guard_leave(&x->client.guard);
	return status;
}

enum xdps_status xdps_set_direction(struct xdps *x, enum xdps_dir dir,
				    struct xdps_error *err)
{
	bool is_over = false;

	if (!x->over.status && ask_for_direction(x, dir, &is_over, err)) {
		if (!is_over)
			return err->status;
		x->over = *err;
	}
	x->dir = dir;
	return XDPS_OK;
}

enum xdps_filter xdps_filter_place(const struct xdps *x, const char **why)
{
	if (why)
		*why = x->filter.why[0] ? x->filter.why : NULL;
	return x->filter.place;
}

/* Takes up one ring of the session that is not part of the stream yet. */
static enum xdps_status take_up_ring(struct xdps *x, struct xdps_error *err)
{
	const unsigned int i = x->memory.n_rings;
	enum xdps_status status;
	int rc;

	status = xdps_memory_add(&x->memory, &x->session, err);
	if (status)
		return status;
	rc = xdps_merge_add(&x->merge, x->memory.rings);
	if (!rc)
		rc = x->memory.ops->watch(&x->memory, &x->session, i, 1, &x->waiter);
	xdps_batch_add_ring(&x->batch);
	return rc ? xdps_fail_errno(err, rc, "adding ring %u", i + 1) : XDPS_OK;
}

/*
 * Takes up rings that the helper has added for CPUs that came online.  If that fails the
 * capture is over: it must not lose the packets of a CPU silently.
 */
static void take_up_rings(struct xdps *x)
{
	while (!x->over.status && x->memory.n_rings < x->session.n_rings)
		take_up_ring(x, &x->over);
}

/*
 * Takes the turn to read.  Packets that another process has read meanwhile are not read
 * again; packets that it left are.
 */
static enum xdps_status begin_reading(struct xdps *x, struct xdps_error *err)
{
	enum xdps_status status = xdps_memory_after_fork(&x->memory, &x->session, err);
	bool changed;
	int rc;

	if (status)
		return status;
	rc = xdps_readers_begin(&x->memory.readers, &changed);
	if (rc == -EBUSY)
		return xdps_fail(err, XDPS_BUSY,
				 "%s: another process or thread is reading this capture; only one can read at a time",
				 x->ifname);
	if (rc)
		return xdps_fail_errno(err, rc, "%s: locking the capture for reading", x->ifname);
	if (changed) {
		xdps_memory_resume(&x->memory);
		xdps_merge_restart(&x->merge);
		xdps_waiter_restart(&x->waiter);
	}
	xdps_merge_keep(&x->merge);
	return XDPS_OK;
}

/* Opens a batch; true if there is anything in it. */
static bool look(struct xdps *x, uint64_t now_ns, uint64_t hold_ns)
{
	xdps_merge_look(&x->merge, now_ns, hold_ns);
	return xdps_merge_ready(&x->merge);
}

static enum xdps_status hand_out(struct xdps *x)
{
	xdps_clock_update(&x->clock);
	xdps_batch_next(&x->batch);
	return XDPS_OK;
}

static uint64_t due_ns(const struct xdps *x)
{
	return xdps_batch_due_ns(&x->batch, xdps_merge_oldest_ns(&x->merge));
}

static bool ask_to_be_woken(const struct xdps *x)
{
	return xdps_batch_arm(&x->batch, xdps_merge_oldest_ns(&x->merge));
}

static void act_on(struct xdps *x, const struct xdps_events *events)
{
	if (events->ring)
		xdps_batch_note_full(&x->batch);
	if (events->woken)
		x->woken = true;
	if (events->helper && !x->over.status)
		x->over.status = xdps_client_listen(&x->client, &x->over);
}

static void sleep_until(struct xdps *x, uint64_t now_ns, uint64_t until_ns)
{
	struct xdps_events events = { 0 };
	int rc;

	if (until_ns > now_ns && !ask_to_be_woken(x))
		until_ns = now_ns;
	rc = xdps_waiter_wait(&x->waiter, until_ns == UINT64_MAX ? UINT64_MAX :
				until_ns > now_ns ? until_ns - now_ns : 0, &events);
	if (rc)
		xdps_fail_errno(&x->over, rc, "waiting for packets on %s", x->ifname);
	act_on(x, &events);
}

/* Nothing more will come, so no packet has to wait. */
static enum xdps_status finish(struct xdps *x, struct xdps_error *err)
{
	if (look(x, UINT64_MAX, 0))
		return hand_out(x);
	*err = x->over;
	return err->status;
}

enum xdps_status xdps_wait(struct xdps *x, int timeout_ms, struct xdps_error *err)
{
	enum xdps_status status;
	uint64_t now_ns, end_ns, next_ns;
	bool last = false, ready;

	status = begin_reading(x, err);
	x->draining = x->account_closed = false;
	if (status || xdps_merge_ready(&x->merge))
		return status;

	now_ns = xdps_clock_now_ns(&x->clock);
	end_ns = timeout_ms < 0 ? UINT64_MAX : now_ns + timeout_ms * NSEC_PER_MSEC;
	for (;; now_ns = xdps_clock_now_ns(&x->clock)) {
		take_up_rings(x);
		if (x->over.status)
			return finish(x, err);
		ready = look(x, now_ns, xdps_batch_hold_ns(&x->batch));
		next_ns = due_ns(x);
		if (ready && (now_ns >= end_ns || next_ns <= now_ns))
			return hand_out(x);
		if (x->woken) {
			x->woken = false;
			return XDPS_WOKEN;
		}
		if (last)
			return XDPS_TIMEOUT;
		/* One more look sees what happened before the end. */
		last = now_ns >= end_ns;
		if (next_ns > end_ns)
			next_ns = end_ns;
		sleep_until(x, now_ns, last ? now_ns : next_ns);
	}
}

/* Any packet that was stamped before this call is in its ring afterwards. */
static void let_hold_pass(const struct xdps *x)
{
	const struct timespec hold = {
		.tv_sec = x->batch.hold_ns / NSEC_PER_SEC,
		.tv_nsec = x->batch.hold_ns % NSEC_PER_SEC,
	};

	nanosleep(&hold, NULL);
}

bool xdps_drain(struct xdps *x, bool may_wait)
{
	uint64_t end_ns = xdps_clock_now_ns(&x->clock);
	struct xdps_error err;

	if (begin_reading(x, &err))
		return false;
	if (may_wait)
		let_hold_pass(x);
	x->draining = true;
	if (!look(x, end_ns, 0))
		return false;
	hand_out(x);
	return true;
}

void xdps_wake(struct xdps *x)
{
	xdps_waiter_wake(&x->waiter);
}

static void count_released(struct xdps *x)
{
	*x->n_released += xdps_merge_is_shown(&x->merge);
}

bool xdps_next(struct xdps *x, struct xdps_packet *pkt)
{
	int64_t tai_offset_ns;

	count_released(x);
	if (!xdps_merge_next(&x->merge, pkt, &tai_offset_ns))
		return false;
	pkt->filtered = pkt->filter == x->filter.number;
	pkt->wall_ns = xdps_clock_wall_ns(&x->clock, pkt->mono_ns, tai_offset_ns);
	return true;
}

void xdps_release(struct xdps *x)
{
	count_released(x);
	xdps_merge_release(&x->merge);
}

uint64_t xdps_complete_ns(const struct xdps *x)
{
	return xdps_merge_complete_ns(&x->merge);
}

int xdps_fd(const struct xdps *x)
{
	return xdps_waiter_fd(&x->waiter);
}

static void count(const struct xdps *x, struct xdps_stats *stats)
{
	xdps_counters_sum(x->memory.cpus, x->memory.n_cpus, stats);
	stats->late = xdps_merge_late(&x->merge);
	stats->released = *x->n_released;
}

/*
 * Packets that came after the break and are still in the rings do not count.  A signal
 * handler may ask for the account while it is being written.
 */
static void close_account(struct xdps *x)
{
	count(x, &x->account);
	x->account.taken = x->account.released;
	x->account.seen = x->account.rejected + x->account.unsampled +
			  x->account.taken + x->account.lost;
	__atomic_signal_fence(__ATOMIC_RELEASE);
	x->account_closed = true;
}

/*
 * Makes the descriptor readable only if there is something to read: an application that
 * polls it, and then reads without a time-out, would otherwise wait for ever for what it
 * has already read.  A doorbell that rings from here on is for a packet that ask_to_be_woken()
 * does not find.
 *
 * If there is no periodic tick and packets are held back, a tick of its own marks the end
 * of their time.
 */
static void rearm_descriptor(struct xdps *x)
{
	uint64_t now_ns, until_ns;

	xdps_waiter_answer(&x->waiter);
	xdps_waiter_left(&x->waiter, xdps_merge_ready(&x->merge) || !ask_to_be_woken(x));
	if (xdps_waiter_is_left(&x->waiter) || xdps_batch_tick_ns(&x->batch))
		return;
	until_ns = due_ns(x);
	if (until_ns == UINT64_MAX) {
		xdps_waiter_untick(&x->waiter);
		return;
	}
	now_ns = xdps_clock_now_ns(&x->clock);
	xdps_waiter_tick(&x->waiter, until_ns > now_ns ? until_ns - now_ns : 1, 0);
}

bool xdps_rearm(struct xdps *x)
{
	if (x->draining && !xdps_merge_ready(&x->merge))
		close_account(x);
	rearm_descriptor(x);
	xdps_readers_end(&x->memory.readers);
	return xdps_waiter_is_left(&x->waiter);
}

void xdps_stats(const struct xdps *x, struct xdps_stats *stats)
{
	if (x->account_closed)
		*stats = x->account;
	else
		count(x, stats);
}

enum xdps_status xdps_inject(struct xdps *x, const void *data, size_t len,
			     struct xdps_error *err)
{
	ssize_t n;

	if (x->session.inject_fd < 0)
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "sending on %s: %s lacked CAP_NET_RAW to open a packet socket",
				 x->ifname, x->client.path);
	n = send(x->session.inject_fd, data, len, MSG_NOSIGNAL);
	if (n < 0)
		return xdps_fail_errno(err, -errno, "sending %zu bytes on %s", len, x->ifname);
	if ((size_t)n != len)
		return xdps_fail(err, XDPS_FAILED, "sending %zu bytes on %s: only %zd were sent",
				 len, x->ifname, n);
	return XDPS_OK;
}

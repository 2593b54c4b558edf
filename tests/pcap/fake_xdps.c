// SPDX-License-Identifier: BSD-3-Clause
/*
 * fake_xdps.c: the engine as a script, see fake_xdps.h.
 */
#include "fake_xdps.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../unit/sentence.h"

#define LINES 64
#define QUEUED 4096
#define FOR_EVER_MS 30000	/* then a test has failed */

struct line {
	enum xdps_status status;
	char text[256];
	unsigned int n_packets;
	const struct fake_packet *packets;	/* NULL: numbered ones */
	void (*hook)(void *arg);
	void *arg;
};

struct queued {
	struct xdps_packet pkt;
	unsigned char *data;
};

struct xdps {
	unsigned int line;		/* of the script, that comes next */
	struct queued batch[QUEUED];
	unsigned int head, tail;
	bool shown;			/* the head, and not yet released */
};

struct fake fake;

static struct line script[LINES];
static unsigned int n_lines;
static unsigned int n_numbered;
static int doorbell_fd = -1;

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	n_lines = 0;
	n_numbered = 0;
	fake.fd = eventfd(0, EFD_CLOEXEC);
	doorbell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(fake.fd >= 0);
	assert_true(doorbell_fd >= 0);
	assert_int_equal(sem_init(&fake.asleep, 0, 0), 0);
}

void fake_free(void)
{
	sem_destroy(&fake.asleep);
	free(fake.insns);
	fake.insns = NULL;
	close(fake.fd);
	close(doorbell_fd);
	fake.fd = -1;
	doorbell_fd = -1;
}

static struct line *add_line(enum xdps_status status, const char *text)
{
	struct line *line = &script[n_lines++];

	assert_true(n_lines <= LINES);
	memset(line, 0, sizeof(*line));
	line->status = status;
	snprintf(line->text, sizeof(line->text), "%s", text);
	return line;
}

void fake_batch(unsigned int n_packets)
{
	add_line(XDPS_OK, "")->n_packets = n_packets;
}

void fake_packets(const struct fake_packet *packets, unsigned int n_packets)
{
	struct line *line = add_line(XDPS_OK, "");

	line->packets = packets;
	line->n_packets = n_packets;
}

void fake_timeout(void)
{
	add_line(XDPS_TIMEOUT, "");
}

void fake_woken(void)
{
	add_line(XDPS_WOKEN, "");
}

void fake_over(enum xdps_status status, const char *text)
{
	add_line(status, text);
}

void fake_during(void (*hook)(void *arg), void *arg)
{
	assert_true(n_lines > 0);
	script[n_lines - 1].hook = hook;
	script[n_lines - 1].arg = arg;
}

static enum xdps_status answer(const struct fake_answer *a,
			       struct xdps_error *err)
{
	if (a->status == XDPS_OK)
		return XDPS_OK;
	err->status = a->status;
	snprintf(err->text, sizeof(err->text), "%s", a->text);
	return a->status;
}

void xdps_options_init(struct xdps_options *opt)
{
	memset(opt, 0, sizeof(*opt));
	opt->request.rate = 1;
	opt->request.snaplen = XDPS_SNAPLEN_MAX;
	opt->batch_us = 100000;
}

enum xdps_status xdps_options_parse(struct xdps_options *opt, const char *name,
				    struct xdps_error *err)
{
	enum xdps_status status = answer(&fake.parse, err);

	snprintf(fake.parsed, sizeof(fake.parsed), "%s", name);
	if (status == XDPS_OK)
		snprintf(opt->request.ifname, sizeof(opt->request.ifname), "%.*s",
			 (int)strcspn(name, ":"), name);
	return status;
}

enum xdps_status xdps_open(struct xdps **out, const struct xdps_options *opt,
			   struct xdps_error *err)
{
	enum xdps_status status = answer(&fake.open, err);
	struct xdps *x;

	fake.opened = *opt;
	if (status != XDPS_OK)
		return status;
	assert_int_equal(fake.n_opens, fake.n_closes);
	x = calloc(1, sizeof(*x));
	assert_non_null(x);
	fake.n_opens++;
	*out = x;
	return XDPS_OK;
}

static void drop_head(struct xdps *x)
{
	free(x->batch[x->head % QUEUED].data);
	x->batch[x->head % QUEUED].data = NULL;
	x->head++;
}

void xdps_close(struct xdps *x)
{
	if (!x)
		return;
	while (x->head != x->tail)
		drop_head(x);
	free(x);
	fake.n_closes++;
}

enum xdps_link xdps_link(const struct xdps *x)
{
	assert_non_null(x);
	return fake.link;
}

const char *xdps_warning(const struct xdps *x)
{
	assert_non_null(x);
	return fake.warning;
}

static void enqueue(struct xdps *x, const struct fake_packet *p)
{
	struct queued *q = &x->batch[x->tail++ % QUEUED];

	assert_true(x->tail - x->head <= QUEUED);
	q->data = malloc(p->caplen);
	assert_non_null(q->data);
	if (p->bytes)
		memcpy(q->data, p->bytes, p->caplen);
	else
		memset(q->data, p->fill, p->caplen);
	q->pkt = (struct xdps_packet){
		.mono_ns = 1,
		.wall_ns = p->wall_ns,
		.len = p->len,
		.caplen = p->caplen,
		.sent = p->sent,
		.filtered = p->filtered,
		.data = q->data,
	};
}

static void enqueue_numbered(struct xdps *x, unsigned int n)
{
	struct fake_packet p = { .len = 60, .caplen = 60 };

	while (n--) {
		p.fill = (unsigned char)n_numbered++;
		p.wall_ns = 1700000000000000000u + n_numbered * 1000u;
		enqueue(x, &p);
	}
}

static enum xdps_status play(struct xdps *x, const struct line *line,
			     struct xdps_error *err)
{
	struct fake_answer a = { line->status, line->text };

	if (line->hook)
		line->hook(line->arg);
	for (unsigned int i = 0; line->packets && i < line->n_packets; i++)
		enqueue(x, &line->packets[i]);
	if (!line->packets)
		enqueue_numbered(x, line->n_packets);
	/* the end of a capture is said again each time */
	if (line->status < XDPS_BAD_OPTION)
		x->line++;
	return answer(&a, err);
}

/* Nothing is scripted any more; only xdps_wake() can end this. */
static enum xdps_status sleep_for_ever(void)
{
	struct pollfd doorbell = { .fd = doorbell_fd, .events = POLLIN };
	eventfd_t rung;

	sem_post(&fake.asleep);
	while (poll(&doorbell, 1, FOR_EVER_MS) < 0)
		assert_int_equal(errno, EINTR);
	if (eventfd_read(doorbell_fd, &rung) != 0)
		fail_msg("the module waits for ever and nobody wakes it");
	return XDPS_WOKEN;
}

static void note_wait(int timeout_ms)
{
	static int previous_ms;

	if (fake.n_waits < FAKE_WAITS)
		fake.timeouts_ms[fake.n_waits] = timeout_ms;
	if (fake.n_waits > 0 && timeout_ms > previous_ms)
		fake.timeouts_rose = true;
	previous_ms = timeout_ms;
	fake.n_waits++;
	fake.unsettled = true;
}

enum xdps_status xdps_wait(struct xdps *x, int timeout_ms,
			   struct xdps_error *err)
{
	eventfd_t rung;

	assert_non_null(x);
	assert_false(x->shown);
	assert_true(timeout_ms >= -1);
	note_wait(timeout_ms);
	if (x->head != x->tail)
		return XDPS_OK;
	if (eventfd_read(doorbell_fd, &rung) == 0)
		return XDPS_WOKEN;
	if (x->line < n_lines)
		return play(x, &script[x->line], err);
	if (fake.flood) {
		enqueue_numbered(x, fake.flood);
		return XDPS_OK;
	}
	return timeout_ms < 0 ? sleep_for_ever() : XDPS_TIMEOUT;
}

void xdps_wake(struct xdps *x)
{
	if (x && eventfd_write(doorbell_fd, 1) == 0)
		__atomic_add_fetch(&fake.n_wakes, 1, __ATOMIC_RELAXED);
}

bool xdps_next(struct xdps *x, struct xdps_packet *pkt)
{
	xdps_release(x);
	if (x->head == x->tail)
		return false;
	*pkt = x->batch[x->head % QUEUED].pkt;
	x->shown = true;
	return true;
}

void xdps_release(struct xdps *x)
{
	assert_non_null(x);
	fake.unsettled = true;
	if (x->shown)
		drop_head(x);
	x->shown = false;
}

enum xdps_status xdps_set_direction(struct xdps *x, enum xdps_dir dir, struct xdps_error *err)
{
	assert_non_null(x);
	if (answer(&fake.direction, err))
		return err->status;
	fake.dir = dir;
	return XDPS_OK;
}

enum xdps_status xdps_set_filter(struct xdps *x, const struct xdps_insn *insns,
				 size_t n_insns, struct xdps_error *err)
{
	assert_non_null(x);
	assert_true(n_insns > 0);
	fake.n_filters++;
	free(fake.insns);
	fake.insns = malloc(n_insns * sizeof(*insns));
	assert_non_null(fake.insns);
	memcpy(fake.insns, insns, n_insns * sizeof(*insns));
	fake.n_insns = n_insns;
	return answer(&fake.filter, err);
}

int xdps_fd(const struct xdps *x)
{
	assert_non_null(x);
	return fake.fd;
}

bool xdps_rearm(struct xdps *x)
{
	assert_non_null(x);
	assert_false(x->shown);
	fake.unsettled = false;
	return x->head != x->tail;
}

/* Adds to what is in the batch already. */
bool xdps_drain(struct xdps *x, bool may_wait)
{
	assert_non_null(x);
	assert_false(x->shown);
	fake.unsettled = true;
	fake.n_drains++;
	fake.drained_in_hold = may_wait;
	enqueue_numbered(x, fake.left);
	fake.left = 0;
	return x->head != x->tail;
}

void xdps_stats(const struct xdps *x, struct xdps_stats *stats)
{
	if (x)
		*stats = fake.stats;
}

enum xdps_status xdps_inject(struct xdps *x, const void *data, size_t len,
			     struct xdps_error *err)
{
	assert_non_null(x);
	assert_true(len <= sizeof(fake.injected));
	memcpy(fake.injected, data, len);
	fake.injected_bytes = len;
	return answer(&fake.inject, err);
}

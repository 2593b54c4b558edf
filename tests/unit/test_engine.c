// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_engine.c: which filter is set, which packets it was that took them, what the
 * counts add up to, and that nobody sleeps who has packets.
 *
 * The engine's rings are ours, and so is its client, which answers what the test
 * says.  The engine itself is in this file, with its parts.
 */
#include "../../engine/xdpsample.c"

#include <linux/filter.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "count_fds.h"
#include "fake_ring.h"
#include "of_kind.h"
#include "sentence.h"

#define RING_BYTES 4096
#define N_WAKE_UPS 20000
#define PATIENCE_MS 10000

static enum xdps_ring_kind kind;	/* of the ring of this test */
static struct fake_ring fake, empty;
static struct xdps_ring rings[2];	/* the second one stays empty */
static unsigned int n_rings;
static struct xdps_cpu counters[3];

/* What the client answers, and what it was asked. */
static struct {
	enum xdps_status status;
	bool refused;
	const char *text;
	enum xdps_filter place;
	unsigned int n_asked;
	uint32_t number;		/* asked with last */
	const struct xdps_insn *insns;
	size_t n_insns;
	enum xdps_dir dir;
} client;

static const struct xdps_insn insns[] = { { .code = 0x06, .k = 1 }, { .code = 0x06, .k = 2 } };
static struct xdps *x;
static struct xdps_error err;

void xdps_client_init(struct xdps_client *c)
{
	c->sock = -1;
}

void xdps_client_close(struct xdps_client *c)
{
	close(c->sock);
}

void xdps_session_init(struct xdps_session *g)
{
	memset(g, 0, sizeof(*g));
	g->inject_fd = -1;
}

void xdps_session_free(struct xdps_session *g)
{
	for (unsigned int i = 0; i < g->n_rings; i++)
		close(g->ring_fds[i]);
	free(g->ring_fds);
}

enum xdps_status xdps_client_open(struct xdps_client *c, const struct xdps_options *opt,
				  struct xdps_session *g, struct xdps_error *e)
{
	(void)opt;
	(void)e;
	c->sock = eventfd(0, EFD_CLOEXEC);
	g->ring_fds = malloc(n_rings * sizeof(*g->ring_fds));
	assert_non_null(g->ring_fds);
	g->ring_kind = kind;
	g->n_ring_fds = g->n_rings = n_rings;
	for (unsigned int i = 0; i < n_rings; i++)
		g->ring_fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g->ring_bytes = RING_BYTES;
	g->n_cpus = ARRAY_SIZE(counters);
	return XDPS_OK;
}

enum xdps_status xdps_client_listen(struct xdps_client *c, struct xdps_error *e)
{
	(void)c;
	(void)e;
	return XDPS_OK;
}

enum xdps_status xdps_client_filter(struct xdps_client *c, uint32_t number,
				    const struct xdps_insn *asked, size_t n,
				    struct xdps_filtering *f, struct xdps_error *e)
{
	(void)c;
	client.n_asked++;
	client.number = number;
	client.insns = asked;
	client.n_insns = n;
	f->refused = client.refused;
	if (client.status)
		return xdps_fail(e, client.status, "%s", client.text);
	f->number = number;
	f->place = client.place;
	snprintf(f->why, sizeof(f->why), "%s", client.text);
	return XDPS_OK;
}

enum xdps_status xdps_client_direction(struct xdps_client *c, enum xdps_dir dir,
				       bool *is_over, struct xdps_error *e)
{
	(void)c;
	client.n_asked++;
	client.dir = dir;
	*is_over = client.status && !client.refused;
	return client.status ? xdps_fail(e, client.status, "%s", client.text) : XDPS_OK;
}

static int watch_events(struct xdps_memory *m, const struct xdps_session *g, unsigned int first,
			unsigned int n, struct xdps_waiter *w)
{
	(void)m;
	return xdps_waiter_add_rings(w, g->ring_fds + first, n);
}

static int watch_doorbell(struct xdps_memory *m, const struct xdps_session *g, unsigned int first,
			  unsigned int n, struct xdps_waiter *w)
{
	(void)g;
	(void)first;
	(void)n;
	return xdps_waiter_add_doorbell(w, &m->doorbell);
}

static const struct xdps_ring_ops fake_perf_rings = { .needs_tick = true, .watch = watch_events };
static const struct xdps_ring_ops fake_map_rings = { .watch = watch_doorbell };

void xdps_memory_init(struct xdps_memory *m)
{
	memset(m, 0, sizeof(*m));
	xdps_readers_init(&m->readers);
}

void xdps_doorbell_answer(struct xdps_doorbell *b)
{
	uint64_t count;

	if (read(b->fd, &count, sizeof(count)) < 0)
		assert_int_equal(errno, EAGAIN);	/* it has not rung */
}

enum xdps_status xdps_memory_map(struct xdps_memory *m, const struct xdps_session *g,
				 struct xdps_error *e)
{
	(void)e;
	m->ops = g->ring_kind == XDPS_RING_PERF ? &fake_perf_rings : &fake_map_rings;
	m->rings = rings;
	m->n_rings = n_rings;
	m->doorbell.fd = g->ring_fds[0];
	m->cpus = counters;
	m->n_cpus = ARRAY_SIZE(counters);
	assert_int_equal(xdps_readers_open(&m->readers, 1), 0);
	rings[0].read_at = xdps_readers_position(&m->readers, 0);
	return XDPS_OK;
}

enum xdps_status xdps_memory_after_fork(struct xdps_memory *m, const struct xdps_session *g,
					struct xdps_error *e)
{
	(void)m;
	(void)g;
	(void)e;
	return XDPS_OK;
}

void xdps_memory_resume(struct xdps_memory *m)
{
	xdps_ring_resume(m->rings, *m->rings->read_at);
}

/* Rings are added in test_client.c, test_merge.c and net/cpus.sh. */
enum xdps_status xdps_memory_add(struct xdps_memory *m, const struct xdps_session *g,
				 struct xdps_error *e)
{
	(void)m;
	(void)g;
	return xdps_fail(e, XDPS_FAILED, "no ring is added here");
}

void xdps_memory_free(struct xdps_memory *m)
{
	xdps_readers_close(&m->readers);
}

/* What a signal handler does that never returns, while a capture is being made. */
static sigjmp_buf out;
static bool interrupts;

static void jump(int sig)
{
	(void)sig;
	siglongjmp(out, 1);
}

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

FILE *__wrap_fopen(const char *path, const char *mode)
{
	FILE *f = __real_fopen(path, mode);

	if (interrupts)
		raise(SIGUSR1);
	return f;
}

static int open_with(bool immediate, uint32_t batch_us)
{
	struct xdps_options opt;

	xdps_options_init(&opt);
	opt.request.immediate = immediate;
	opt.batch_us = batch_us;
	return xdps_open(&x, &opt, &err);
}

static int begin(void **state)
{
	kind = *(const enum xdps_ring_kind *)*state;
	memset(&client, 0, sizeof(client));
	memset(counters, 0, sizeof(counters));
	client.place = XDPS_FILTER_KERNEL;
	client.text = "";
	n_rings = 1;
	fake_ring_init(&fake, kind, RING_BYTES, 0);
	fake_ring_open(&fake, &rings[0]);
	fake_ring_init(&empty, kind, RING_BYTES, 0);
	fake_ring_open(&empty, &rings[1]);
	return open_with(true, 0);
}

static int end(void **state)
{
	xdps_close(x);
	fake_ring_free(&fake);
	fake_ring_free(&empty);
	return 0;
}

static void left_while_it_opens(void **state)
{
	struct xdps *before = x;
	unsigned int n_fds = count_fds(getpid());

	signal(SIGUSR1, jump);
	interrupts = true;
	if (!sigsetjmp(out, 1)) {
		open_with(true, 0);
		fail_msg("nothing has interrupted it");
	}
	interrupts = false;
	signal(SIGUSR1, SIG_DFL);
	assert_ptr_equal(x, before);
	xdps_close(NULL);		/* and with it what this thread has left */
	assert_int_equal(count_fds(getpid()), n_fds);
}

static void answer(enum xdps_status status, bool refused, const char *text)
{
	client.status = status;
	client.refused = refused;
	client.text = text;
}

static enum xdps_status set_filter(void)
{
	return xdps_set_filter(x, insns, ARRAY_SIZE(insns), &err);
}

/* A packet that this filter took comes, and is that filter the one of now? */
static bool is_filtered_by(uint32_t number)
{
	static uint64_t mono_ns;
	const struct xdps_record rec = {
		.mono_ns = ++mono_ns, .len = 4, .caplen = 4, .filter = number,
	};
	struct xdps_packet pkt;

	assert_true(fake_ring_put(&fake, &rec, "abcd"));
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	assert_true(xdps_next(x, &pkt));
	assert_int_equal(pkt.filter, number);
	xdps_release(x);
	return pkt.filtered;
}

static void assert_place(enum xdps_filter place, const char *words)
{
	const char *why = "something";

	assert_int_equal(xdps_filter_place(x, &why), place);
	assert_int_equal(xdps_filter_place(x, NULL), place);
	if (words)
		assert_string_equal(why, words);
	else
		assert_null(why);
}

static void first_takes_all(void **state)
{
	assert_place(XDPS_FILTER_NONE, NULL);
	assert_true(is_filtered_by(XDPS_FILTER_FIRST));
}

static void only_the_one_of_now(void **state)
{
	assert_int_equal(set_filter(), XDPS_OK);
	assert_int_equal(client.n_asked, 1);
	assert_int_equal(client.number, 2);
	assert_ptr_equal(client.insns, insns);
	assert_int_equal(client.n_insns, ARRAY_SIZE(insns));
	assert_place(XDPS_FILTER_KERNEL, NULL);
	assert_false(is_filtered_by(XDPS_FILTER_FIRST));
	assert_true(is_filtered_by(2));
	assert_false(is_filtered_by(XDPS_FILTER_UNDECIDED));
	assert_false(is_filtered_by(3));

	assert_int_equal(set_filter(), XDPS_OK);
	assert_false(is_filtered_by(2));
	assert_true(is_filtered_by(3));
}

/* Also of those in a ring when it changes. */
static void judged_when_delivered(void **state)
{
	const struct xdps_record rec = { .mono_ns = 1, .len = 4, .caplen = 4, .filter = 2 };
	struct xdps_packet pkt;

	assert_int_equal(set_filter(), XDPS_OK);
	assert_true(fake_ring_put(&fake, &rec, "abcd"));
	assert_true(fake_ring_put(&fake, &rec, "abcd"));
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	assert_true(xdps_next(x, &pkt));
	assert_true(pkt.filtered);
	xdps_release(x);
	assert_int_equal(set_filter(), XDPS_OK);
	assert_true(xdps_next(x, &pkt));
	assert_false(pkt.filtered);
	xdps_release(x);
}

static void user_space_says_why(void **state)
{
	client.place = XDPS_FILTER_USER;
	answer(XDPS_OK, false, "it goes backwards");
	assert_int_equal(set_filter(), XDPS_OK);
	assert_place(XDPS_FILTER_USER, "it goes backwards");
	assert_false(is_filtered_by(XDPS_FILTER_UNDECIDED));
}

/* SKF_AD_OFF, SKF_NET_OFF and SKF_LL_OFF, and all ways to load. */
static void metadata_is_refused(void **state)
{
	static const struct xdps_insn loads[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, 0xfffff008 },
		{ BPF_LD | BPF_H | BPF_ABS, 0, 0, 0xfffff004 },
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 0xfffff000 + 48 },
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 0xfffff000 + 44 },
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 0xffffffff },
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 0xfff00000 },
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 0xffe00000 },
		{ BPF_LD | BPF_W | BPF_IND, 0, 0, 0xfff00000 },
		{ BPF_LDX | BPF_MSH | BPF_B, 0, 0, 0xfff00000 },
	};
	struct xdps_insn prog[] = { { 0 }, { BPF_RET | BPF_K, 0, 0, 1000 } };

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		prog[0] = loads[i];
		assert_int_equal(xdps_check_filter(prog, 2, XDPS_DIR_IN, &err), XDPS_BAD_FILTER);
		assert_int_equal(xdps_set_filter(x, prog, 2, &err), XDPS_BAD_FILTER);
		assert_non_null(strstr(err.text, "only exists after the XDP hook"));
		assert_true(strlen(err.text) < sizeof(err.text) - 1);
	}
	assert_int_equal(client.n_asked, 0);
}

static void directions_can_be_asked_where_there_are_two(void **state)
{
	const struct xdps_insn prog[] = {
		{ BPF_LD | BPF_H | BPF_ABS, 0, 0, 0xfffff004 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 4 },
		{ BPF_RET | BPF_K, 0, 0, 1000 },
		{ BPF_RET | BPF_K, 0, 0, 0 },
	};
	struct xdps_insn copy[ARRAY_SIZE(prog)];

	assert_int_equal(xdps_check_filter(prog, ARRAY_SIZE(prog), XDPS_DIR_BOTH, &err), XDPS_OK);
	assert_int_equal(xdps_check_filter(prog, ARRAY_SIZE(prog), XDPS_DIR_OUT, &err), XDPS_OK);
	memcpy(copy, prog, sizeof(copy));
	xdps_answer_direction(copy, ARRAY_SIZE(copy), true);
	assert_int_equal(copy[0].code, BPF_LD | BPF_IMM);
	assert_int_equal(copy[0].k, 4);
	memcpy(copy, prog, sizeof(copy));
	xdps_answer_direction(copy, ARRAY_SIZE(copy), false);
	assert_int_equal(copy[0].k, 0);
	assert_memory_equal(copy + 1, prog + 1, 3 * sizeof(*prog));
}

static void large_numbers_elsewhere_are_not_refused(void **state)
{
	static const struct xdps_insn prog[] = {
		{ BPF_LDX | BPF_IMM, 0, 0, 0xfffff004 },
		{ BPF_LD | BPF_IMM, 0, 0, 0xfffff004 },
		{ BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xfffffffc },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0xfffff004 },
		{ BPF_RET | BPF_K, 0, 0, 0xffffffff },
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 0xffdfffff },
		{ BPF_RET | BPF_K, 0, 0, 0 },
	};

	assert_int_equal(xdps_check_filter(prog, ARRAY_SIZE(prog), XDPS_DIR_IN, &err), XDPS_OK);
	assert_int_equal(xdps_set_filter(x, prog, ARRAY_SIZE(prog), &err), XDPS_OK);
	assert_int_equal(client.n_asked, 1);
}

static void refused_changes_nothing(void **state)
{
	assert_int_equal(set_filter(), XDPS_OK);
	answer(XDPS_BAD_FILTER, true, "it never ends");
	assert_int_equal(set_filter(), XDPS_BAD_FILTER);
	assert_int_equal(err.status, XDPS_BAD_FILTER);
	assert_string_equal(err.text, "it never ends");
	assert_place(XDPS_FILTER_KERNEL, NULL);
	assert_true(is_filtered_by(2));
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_TIMEOUT);

	/* the number is used up all the same */
	answer(XDPS_OK, false, "");
	assert_int_equal(set_filter(), XDPS_OK);
	assert_int_equal(client.number, 4);
	assert_true(is_filtered_by(4));
}

static void after_the_end_the_rest_is_judged(void **state)
{
	assert_int_equal(set_filter(), XDPS_OK);
	answer(XDPS_GONE, false, "The interface disappeared");
	assert_int_equal(set_filter(), XDPS_OK);
	assert_int_equal(client.n_asked, 2);
	assert_place(XDPS_FILTER_USER, "The interface disappeared");
	assert_false(is_filtered_by(2));
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_GONE);
	assert_string_equal(err.text, "The interface disappeared");

	/* nobody is there to be asked */
	assert_int_equal(set_filter(), XDPS_OK);
	assert_int_equal(client.n_asked, 2);
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_GONE);
}

/* What a filter may ask depends on the direction, and so tells which one it is. */
static bool knows_directions(void)
{
	const struct xdps_insn outbound[] = {
		{ BPF_LD | BPF_H | BPF_ABS, 0, 0, 0xfffff004 }, { BPF_RET | BPF_A, 0, 0, 0 },
	};

	return xdps_set_filter(x, outbound, 2, &err) == XDPS_OK;
}

static void the_direction_is_changed_for_filters_too(void **state)
{
	assert_false(knows_directions());
	assert_int_equal(xdps_set_direction(x, XDPS_DIR_BOTH, &err), XDPS_OK);
	assert_int_equal(client.dir, XDPS_DIR_BOTH);
	assert_true(knows_directions());
}

static void a_refused_direction_changes_nothing(void **state)
{
	answer(XDPS_NO_PERMISSION, true, "no packet socket");
	assert_int_equal(xdps_set_direction(x, XDPS_DIR_OUT, &err), XDPS_NO_PERMISSION);
	assert_string_equal(err.text, "no packet socket");
	answer(XDPS_OK, false, "");
	assert_false(knows_directions());
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_TIMEOUT);
}

static void an_end_over_a_direction_is_said_by_the_next_wait(void **state)
{
	answer(XDPS_GONE, false, "The interface disappeared");
	assert_int_equal(xdps_set_direction(x, XDPS_DIR_OUT, &err), XDPS_OK);
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_GONE);
	assert_int_equal(xdps_set_direction(x, XDPS_DIR_IN, &err), XDPS_OK);
	assert_int_equal(client.n_asked, 1);
}

static void numbers_begin_again(void **state)
{
	x->last_filter = UINT32_MAX - 1;
	assert_int_equal(set_filter(), XDPS_OK);
	assert_int_equal(client.number, UINT32_MAX);
	assert_int_equal(set_filter(), XDPS_OK);
	assert_int_equal(client.number, 2);
	assert_int_equal(set_filter(), XDPS_OK);
	assert_int_equal(client.number, 3);
}

/* For what a packet has to wait, as another capture. */
static void renew(bool immediate, uint32_t batch_us)
{
	xdps_close(x);
	assert_int_equal(open_with(immediate, batch_us), XDPS_OK);
}

static void put_now(uint32_t caplen)
{
	static const char bytes[RING_BYTES];
	const struct xdps_record rec = {
		.mono_ns = xdps_clock_now_ns(&x->clock), .len = caplen, .caplen = caplen,
	};

	assert_true(fake_ring_put(&fake, &rec, bytes));
}

/* Whoever merges captures hands out nothing that is younger than this of the others. */
static void complete_up_to_what_was_waited_for(void **state)
{
	uint64_t before_ns, after_ns;
	struct xdps_packet pkt;

	assert_int_equal(xdps_wait(x, 0, &err), XDPS_TIMEOUT);
	before_ns = xdps_complete_ns(x);
	assert_true(before_ns && before_ns <= xdps_clock_now_ns(&x->clock));
	put_now(60);
	assert_int_equal(xdps_complete_ns(x), before_ns);
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	while (xdps_next(x, &pkt))
		;
	after_ns = xdps_complete_ns(x);
	assert_true(after_ns > before_ns && after_ns >= pkt.mono_ns);

	/* what is held back may be followed by something older */
	x->merge.hold_ns = after_ns - before_ns;
	assert_int_equal(xdps_complete_ns(x), before_ns);
	x->merge.hold_ns = UINT64_MAX;
	assert_int_equal(xdps_complete_ns(x), 0);
	x->merge.hold_ns = 0;

	/* over: nothing comes any more */
	x->over.status = XDPS_GONE;
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_GONE);
	assert_int_equal(xdps_complete_ns(x), UINT64_MAX);
}

static void idle_asks_for_the_first(void **state)
{
	renew(false, 50000);
	assert_int_equal(xdps_wait(x, 1, &err), XDPS_TIMEOUT);
	assert_int_equal(fake.cpu->wake_at, 1);
}

static void holder_asks_for_a_quarter(void **state)
{
	renew(false, 1000000);
	put_now(100);
	assert_int_equal(xdps_wait(x, 1, &err), XDPS_OK);	/* the caller has no more time */
	xdps_merge_look(&x->merge, 0, UINT64_MAX);		/* the packet is still held */
	xdps_rearm(x);
	assert_int_equal(fake.cpu->wake_at, fake.head + RING_BYTES / 4);

	while (fake.head < fake.cpu->wake_at)
		put_now(100);
	xdps_rearm(x);
	assert_true(fake.cpu->wake_at > fake.head);
	assert_true(fake.cpu->wake_at < rings[0].tail + RING_BYTES);
}

/* With two rings, of which one is empty, so that packets are held back. */
static void renew_with_hold(uint32_t hold_ms, uint32_t batch_ms)
{
	struct xdps_options opt;

	xdps_close(x);
	n_rings = 2;
	xdps_options_init(&opt);
	opt.hold_given = true;
	opt.hold_us = 1000 * hold_ms;
	opt.batch_us = 1000 * batch_ms;
	assert_int_equal(xdps_open(&x, &opt, &err), XDPS_OK);
}

static void put_until(uint64_t bytes)
{
	while (xdps_ring_pending_bytes(&rings[0]) < bytes)
		put_now(100);
}

/* At a high rate there is always a quarter of a ring that is held back. */
static void what_is_held_is_no_company(void **state)
{
	struct xdps_packet pkt;
	unsigned int n = 0;

	renew_with_hold(100, PATIENCE_MS);
	put_until(RING_BYTES / 8);
	usleep(120000);
	put_until(RING_BYTES / 8 + RING_BYTES / 4);
	assert_int_equal(xdps_wait(x, PATIENCE_MS, &err), XDPS_OK);
	while (xdps_next(x, &pkt))
		n++;
	assert_in_range(n, 1, RING_BYTES / 8 / 100);
	xdps_rearm(x);
	assert_int_equal(xdps_wait(x, 200, &err), XDPS_OK);	/* the caller has no more time */
	assert_true(xdps_ring_pending_bytes(&rings[0]) >= RING_BYTES / 5);
	assert_true(xdps_clock_now_ns(&x->clock) - x->merge.heap[0].mono_ns >= 190000000);
}

static void a_half_full_ring_is_not_held_back(void **state)
{
	renew_with_hold(10 * PATIENCE_MS, 0);
	put_until(RING_BYTES / 4);
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_TIMEOUT);
	put_until(RING_BYTES / 2);
	assert_int_equal(xdps_wait(x, PATIENCE_MS, &err), XDPS_OK);
	assert_true(xdps_next(x, &(struct xdps_packet){ 0 }));
}

/* Its reader left by longjmp(). */
static void what_was_not_released_is_shown_again(void **state)
{
	struct xdps_packet pkt;
	struct xdps_stats stats;

	for (int i = 0; i < 3; i++)
		put_now(60 + i);
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	assert_true(xdps_next(x, &pkt));
	assert_true(xdps_next(x, &pkt));
	assert_int_equal(pkt.caplen, 61);
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	assert_true(xdps_next(x, &pkt));
	assert_int_equal(pkt.caplen, 61);
	xdps_release(x);
	xdps_stats(x, &stats);
	assert_int_equal(stats.released, 2);
}

/* What a program does on another CPU, as soon as its last packet was taken. */
static void *send_one_by_one(void *n_taken)
{
	for (uint64_t n = 0; n < N_WAKE_UPS; n++) {
		const uint64_t one = 1;

		while (__atomic_load_n((uint64_t *)n_taken, __ATOMIC_ACQUIRE) != n)
			;
		put_now(60);
		if (fake.head >= __atomic_load_n(&fake.cpu->wake_at, __ATOMIC_SEQ_CST)) {
			__atomic_store_n(&fake.cpu->wake_at, XDPS_NEVER, __ATOMIC_RELAXED);
			if (write(x->memory.doorbell.fd, &one, sizeof(one)) < 0)
				return "the doorbell is broken";
		}
	}
	return NULL;
}

static void no_wake_up_is_missed(void **state)
{
	uint64_t n_taken = 0;
	struct xdps_packet pkt;
	pthread_t sender;
	void *rc;

	assert_int_equal(pthread_create(&sender, NULL, send_one_by_one, &n_taken), 0);
	while (n_taken < N_WAKE_UPS) {
		if (xdps_wait(x, PATIENCE_MS, &err) != XDPS_OK) {
			print_message("# packet %d lies there, and nobody is woken\n", (int)n_taken);
			abort();	/* the other thread waits for ever */
		}
		while (xdps_next(x, &pkt))
			__atomic_store_n(&n_taken, n_taken + 1, __ATOMIC_RELEASE);
	}
	assert_int_equal(pthread_join(sender, &rc), 0);
	assert_null(rc);
}

static void take(unsigned int n)
{
	struct xdps_packet pkt;

	for (; n; n--)
		assert_true(xdps_next(x, &pkt));
	assert_false(xdps_next(x, &pkt));
}

static bool is_readable(void)
{
	struct pollfd p = { .fd = xdps_fd(x), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* The doorbell has rung, and the packet is found without waiting for it. */
static void quiet_after_a_doorbell(void **state)
{
	const uint64_t one = 1;

	put_now(60);
	assert_int_equal(write(x->memory.doorbell.fd, &one, sizeof(one)), sizeof(one));
	assert_true(is_readable());
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	take(1);
	xdps_rearm(x);
	assert_false(is_readable());
}

/* A packet was held back, and is found when its time is over. */
static void quiet_after_a_tick(void **state)
{
	renew(false, 1000);
	put_now(60);
	xdps_merge_look(&x->merge, 0, UINT64_MAX);
	xdps_rearm(x);
	for (int ms = 0; !is_readable() && ms < PATIENCE_MS; ms++)
		usleep(1000);
	assert_true(is_readable());
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	take(1);
	xdps_rearm(x);
	assert_false(is_readable());
}

/* They would wait for a second, and what comes later is not among them. */
static void drained(void **state)
{
	renew(false, 1000000);
	assert_false(xdps_drain(x, false));
	for (int i = 0; i < 3; i++)
		put_now(60);
	assert_int_equal(xdps_wait(x, 1, &err), XDPS_OK);
	x->merge.hold_ns = UINT64_MAX;
	assert_true(xdps_drain(x, true));
	put_now(60);
	take(3);
	xdps_rearm(x);
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	take(1);
}

/* Three were handed out, two have come meanwhile, one was lost. */
static void account_of_a_drain(void **state)
{
	struct xdps_stats stats;

	for (int i = 0; i < 3; i++)
		put_now(60);
	assert_true(xdps_drain(x, false));
	counters[0].received = (struct xdps_tally){
		.rejected = 7, .unsampled = 8, .chosen = 6, .lost = 1,
	};
	xdps_stats(x, &stats);
	assert_int_equal(stats.taken, 5);
	assert_int_equal(stats.released, 0);
	take(3);
	xdps_rearm(x);
	counters[0].received.chosen = 100;
	xdps_stats(x, &stats);
	assert_int_equal(stats.taken, 3);
	assert_int_equal(stats.released, 3);
	assert_int_equal(stats.lost, 1);
	assert_int_equal(stats.seen, 7 + 8 + 3 + 1);

	assert_int_equal(xdps_wait(x, 0, &err), XDPS_TIMEOUT);
	xdps_stats(x, &stats);
	assert_int_equal(stats.taken, 99);
}

/* As a child does it: the engine of the parent knows nothing of it. */
static void taken_over(void **state)
{
	struct xdps_readers *readers = &x->memory.readers;
	bool changed;

	for (int i = 0; i < 4; i++)
		put_now(60);
	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	xdps_next(x, &(struct xdps_packet){ 0 });
	xdps_release(x);
	xdps_rearm(x);

	/* two packets by another process */
	xdps_readers_enter(readers);
	assert_int_equal(xdps_readers_begin(readers, &changed), 0);
	*rings[0].read_at += 2 * fake_ring_sample_bytes(&fake, 60);
	xdps_readers_end(readers);
	xdps_readers_enter(readers);

	assert_int_equal(xdps_wait(x, 0, &err), XDPS_OK);
	take(1);
}

static void counts_add_up(void **state)
{
	struct xdps_stats stats;

	counters[0].received = (struct xdps_tally){ .rejected = 1000, .chosen = 5 };
	counters[1].received = (struct xdps_tally){ .unsampled = 200, .chosen = 50, .lost = 20 };
	counters[2].received = (struct xdps_tally){
		.rejected = 1ull << 40, .unsampled = 3, .chosen = 7, .lost = 7,
	};
	xdps_stats(x, &stats);
	assert_int_equal(stats.rejected, (1ull << 40) + 1000);
	assert_int_equal(stats.unsampled, 203);
	assert_int_equal(stats.taken, 35);
	assert_int_equal(stats.lost, 27);
	assert_int_equal(stats.seen, stats.rejected + 203 + 35 + 27);
}

static void counts_of_both_directions_add_up(void **state)
{
	struct xdps_stats stats;

	counters[0].received = (struct xdps_tally){ .rejected = 1, .unsampled = 20, .chosen = 300 };
	counters[0].sent = (struct xdps_tally){
		.rejected = 4, .unsampled = 50, .chosen = 600, .lost = 7,
	};
	counters[2].sent = (struct xdps_tally){ .rejected = 8, .chosen = 1000, .lost = 1000 };
	xdps_stats(x, &stats);
	assert_int_equal(stats.sent.rejected, 12);
	assert_int_equal(stats.sent.unsampled, 50);
	assert_int_equal(stats.sent.taken, 593);
	assert_int_equal(stats.sent.lost, 1007);
	assert_int_equal(stats.sent.seen, 12 + 50 + 593 + 1007);
	assert_int_equal(stats.rejected, 1 + 12);
	assert_int_equal(stats.unsampled, 20 + 50);
	assert_int_equal(stats.taken, 300 + 593);
	assert_int_equal(stats.lost, 1007);
	assert_int_equal(stats.seen, 321 + stats.sent.seen);
}

int main(void)
{
	const struct CMUnitTest of_both[] = {
		SENTENCE("What is loaded first takes everything", first_takes_all),
		SENTENCE("A packet is filtered if the filter of now took it", only_the_one_of_now),
		SENTENCE("The filter that counts is that of the delivery", judged_when_delivered),
		SENTENCE("A filter in user space says why, and filters no packet", user_space_says_why),
		SENTENCE("A refused filter changes nothing but the next number", refused_changes_nothing),
		SENTENCE("A capture is complete up to its last look, but for what is held back",
			 complete_up_to_what_was_waited_for),
		SENTENCE("A filter on what only the kernel knows is refused, unasked", metadata_is_refused),
		SENTENCE("A filter may ask for the direction where there are two", directions_can_be_asked_where_there_are_two),
		SENTENCE("The direction is changed, for filters too", the_direction_is_changed_for_filters_too),
		SENTENCE("A direction that is refused changes nothing", a_refused_direction_changes_nothing),
		SENTENCE("An end over a direction is said by the next wait", an_end_over_a_direction_is_said_by_the_next_wait),
		SENTENCE("A filter with large numbers elsewhere is not refused", large_numbers_elsewhere_are_not_refused),
		SENTENCE("When the capture is over what is left is for the caller to judge",
			 after_the_end_the_rest_is_judged),
		SENTENCE("Numbers begin again without 0 and 1", numbers_begin_again),
		SENTENCE("A drain hands out what came before it, whatever it waits for", drained),
		SENTENCE("After a drain the account is of what was handed out", account_of_a_drain),
		SENTENCE("What another process has read is not read again", taken_over),
		SENTENCE("What was shown and not released is shown again", what_was_not_released_is_shown_again),
		SENTENCE("What is held back is no company for what comes", what_is_held_is_no_company),
		SENTENCE("A ring that is half full is not held back", a_half_full_ring_is_not_held_back),
		SENTENCE("A signal handler that jumps while a capture is opened leaves no descriptor",
			 left_while_it_opens),
		SENTENCE("Rejected, unsampled, taken and lost are all that were seen", counts_add_up),
		SENTENCE("The counts of both directions add up", counts_of_both_directions_add_up),
	};
	const struct CMUnitTest of_maps[] = {
		SENTENCE("A reader without packets asks to be woken for the first one", idle_asks_for_the_first),
		SENTENCE("A reader with packets asks to be woken for a quarter of a ring more", holder_asks_for_a_quarter),
		SENTENCE("A doorbell for a packet that was read leaves nothing readable", quiet_after_a_doorbell),
		SENTENCE("A tick for a packet that was read leaves nothing readable", quiet_after_a_tick),
		SENTENCE("A reader that goes to sleep just when a packet arrives is woken", no_wake_up_is_missed),
	};
	struct CMUnitTest all[2 * ARRAY_SIZE(of_both) + ARRAY_SIZE(of_maps)];
	size_t n = 0;

	n += of_kind(all + n, XDPS_RING_PERF, of_both, ARRAY_SIZE(of_both), begin, end);
	n += of_kind(all + n, XDPS_RING_MAP, of_both, ARRAY_SIZE(of_both), begin, end);
	of_kind(all + n, XDPS_RING_MAP, of_maps, ARRAY_SIZE(of_maps), begin, end);
	return cmocka_run_group_tests_name("engine", all, NULL, NULL);
}

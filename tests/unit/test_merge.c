// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_merge.c: every packet once, in the order of time, and never too early.
 *
 * Each packet is a record without bytes; what tells it from others is its
 * length, which is its number.
 */
#include <stdlib.h>
#include <string.h>

#include "../../engine/merge.h"
#include "fake_ring.h"
#include "sentence.h"

#define RINGS_MAX 64
#define DATA_BYTES 65536
#define HOLD_NS 1000

static enum xdps_ring_kind kind = XDPS_RING_MAP;
static struct fake_ring fakes[RINGS_MAX];
static struct xdps_ring rings[RINGS_MAX];
static unsigned int n_open;
static struct xdps_merge merge;
static uint64_t hold_ns;

static void begin(unsigned int n_rings, uint64_t hold)
{
	hold_ns = hold;
	for (n_open = 0; n_open < n_rings; n_open++) {
		fake_ring_init(&fakes[n_open], kind, DATA_BYTES, 0);
		fake_ring_open(&fakes[n_open], &rings[n_open]);
	}
	assert_int_equal(xdps_merge_init(&merge, rings, n_rings), 0);
}

static int end(void **state)
{
	while (n_open)
		fake_ring_free(&fakes[--n_open]);
	xdps_merge_free(&merge);
	kind = XDPS_RING_MAP;
	return 0;
}

static void look(uint64_t now_ns)
{
	xdps_merge_look(&merge, now_ns, hold_ns);
}

static void put(unsigned int ring, uint64_t mono_ns, uint32_t number)
{
	struct xdps_record rec = {
		.mono_ns = mono_ns,
		.tai_offset_ns = -(int64_t)number,
		.len = number,
		.queue = ring,
	};

	assert_true(fake_ring_put(&fakes[ring], &rec, ""));
}

/* The next packet is this one; it is taken. */
static void expect(unsigned int ring, uint64_t mono_ns, uint32_t number)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;

	assert_true(xdps_merge_ready(&merge));
	assert_true(xdps_merge_next(&merge, &pkt, &tai_offset_ns));
	assert_int_equal(pkt.mono_ns, mono_ns);
	assert_int_equal(pkt.queue, ring);
	assert_int_equal(pkt.len, number);
	assert_true(tai_offset_ns == -(int64_t)number);
	xdps_merge_release(&merge);
}

static void expect_none(void)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;

	assert_false(xdps_merge_ready(&merge));
	assert_false(xdps_merge_next(&merge, &pkt, &tai_offset_ns));
}

static void test_nothing(void **state)
{
	begin(3, 0);
	expect_none();
	look(UINT64_MAX);
	expect_none();
	assert_true(xdps_merge_oldest_ns(&merge) == UINT64_MAX);
}

static void test_no_rings(void **state)
{
	begin(0, 0);
	look(5);
	expect_none();
	assert_true(xdps_merge_oldest_ns(&merge) == UINT64_MAX);
}

/* One after the other, without a word in between. */
static void expect_numbers(uint32_t first, uint32_t last)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;

	for (uint32_t number = first; number <= last; number++) {
		assert_true(xdps_merge_next(&merge, &pkt, &tai_offset_ns));
		assert_int_equal(pkt.len, number);
	}
}

/* It may be one of a run, and there may be an older one by then. */
static void test_kept(void **state)
{
	begin(2, 0);
	put(0, 10, 1);
	put(0, 12, 2);
	look(20);
	expect_numbers(1, 2);
	put(1, 11, 3);
	look(20);
	expect(1, 11, 3);
	expect(0, 12, 2);
	expect_none();
}

/* What a ring brings goes out at once up to the head of another, or to the end. */
static void test_runs(void **state)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;

	begin(3, 0);
	put(0, 10, 1);
	put(0, 11, 2);
	put(0, 14, 5);
	put(1, 12, 3);
	put(1, 16, 6);
	put(2, 13, 4);
	put(2, 21, 7);
	look(20);
	expect_numbers(1, 6);
	assert_false(xdps_merge_next(&merge, &pkt, &tai_offset_ns));
	look(21);
	expect_numbers(7, 7);
	assert_int_equal(merge.late, 0);
}

static void test_release_blind(void **state)
{
	begin(2, HOLD_NS);
	xdps_merge_release(&merge);
	put(0, 10, 1);
	look(20);
	expect_none();
	xdps_merge_release(&merge);
	look(10 + HOLD_NS);
	expect(0, 10, 1);
	xdps_merge_release(&merge);
	assert_int_equal(merge.late, 0);
}

static void test_oldest(void **state)
{
	begin(2, HOLD_NS);
	put(0, 500, 1);
	assert_true(xdps_merge_oldest_ns(&merge) == UINT64_MAX);
	look(400);
	assert_int_equal(xdps_merge_oldest_ns(&merge), 500);
	put(1, 300, 2);
	assert_int_equal(xdps_merge_oldest_ns(&merge), 500);
	look(400);
	assert_int_equal(xdps_merge_oldest_ns(&merge), 300);
	expect(1, 300, 2);
	assert_int_equal(xdps_merge_oldest_ns(&merge), 500);
}

/*
 * Two rings, the stamp of the oldest packet in each (0: empty), the time of
 * the look, how long to hold, what was handed out last: is there a packet?
 */
static void test_hold_table(void **state)
{
	static const struct {
		uint64_t a, b, now, hold, last;
		bool ready;
	} rows[] = {
		/* both have a head: nothing older can come */
		{ 1000, 2000, 2000, 1000, 0, true },
		{ 2000, 1000, 2000, 1000, 0, true },
		{ 2000, 2000, 2000, 1000, 0, true },
		{ 2000, 2000, 2000, UINT64_MAX, 0, true },
		/* one is empty: the other waits until it is old enough */
		{ 1000, 0, 1000, 1000, 0, false },
		{ 1000, 0, 1999, 1000, 0, false },
		{ 1000, 0, 2000, 1000, 0, true },
		{ 1000, 0, 9000, 1000, 0, true },
		{ 0, 1000, 1999, 1000, 0, false },
		{ 0, 1000, 2000, 1000, 0, true },
		{ 1000, 0, 1000, 0, 0, true },
		{ 1000, 0, UINT64_MAX, UINT64_MAX, 0, false },
		/* nothing from after the look */
		{ 2001, 0, 2000, 0, 0, false },
		{ 2001, 2001, 2000, 0, 0, false },
		{ 2001, 0, 2000, 1000, 0, false },
		{ 2001, 3000, 2000, 1000, 5000, false },
		/* but its ring is known not to bring anything older */
		{ 2000, 2001, 2000, 1000, 0, true },
		{ 2000, 9999, 2000, 1000, 0, true },
		/* no younger than what has gone: waiting mends nothing */
		{ 1000, 0, 1000, 1000, 1001, true },
		{ 1000, 0, 1000, 1000, 1000, true },
		{ 1000, 0, 1000, 1000, 999, false },
		/* sums that do not fit 64 bits */
		{ UINT64_MAX - 5, 0, UINT64_MAX - 5, 1000, 0, false },
		{ UINT64_MAX - 5, 0, UINT64_MAX, 1000, 0, false },
		{ UINT64_MAX - 1000, 0, UINT64_MAX, 1000, 0, true },
		{ UINT64_MAX, 0, 5, 1000, 0, false },
		{ UINT64_MAX, 0, UINT64_MAX, 0, 0, true },
		/* none at all */
		{ 0, 0, 5000, 0, 0, false },
		{ 0, 0, 5000, 0, 9000, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(2, rows[i].hold);
		merge.last_ns = rows[i].last;
		if (rows[i].a)
			put(0, rows[i].a, 1);
		if (rows[i].b)
			put(1, rows[i].b, 2);
		look(rows[i].now);
		if (xdps_merge_ready(&merge) != rows[i].ready)
			fail_msg("row %zu of the table", i);
		end(NULL);
	}
}

static void test_one_ring(void **state)
{
	begin(1, UINT64_MAX);
	put(0, 1000, 1);
	put(0, 1001, 2);
	look(1000);
	expect(0, 1000, 1);
	expect_none();
	look(1001);
	expect(0, 1001, 2);
	expect_none();
}

static void test_hold_ends_with_news(void **state)
{
	begin(2, HOLD_NS);
	put(0, 1000, 1);
	look(1500);
	expect_none();
	put(1, 900, 2);
	put(1, 1100, 3);
	look(1600);
	expect(1, 900, 2);
	expect(0, 1000, 1);
	/* ring 0 is empty now, so 3 waits */
	expect_none();
	look(2099);
	expect_none();
	look(2100);
	expect(1, 1100, 3);
	assert_int_equal(merge.late, 0);
}

static void test_late(void **state)
{
	begin(3, HOLD_NS);
	put(0, 1000, 1);
	look(2000);
	expect(0, 1000, 1);
	put(1, 900, 2);
	put(1, 950, 3);
	put(1, 1001, 4);
	look(2001);
	expect(1, 900, 2);
	assert_int_equal(merge.late, 1);
	expect(1, 950, 3);
	assert_int_equal(merge.late, 2);
	expect(1, 1001, 4);
	assert_int_equal(merge.late, 2);
	assert_int_equal(merge.last_ns, 1001);
}

static void test_late_without_hold(void **state)
{
	begin(2, UINT64_MAX);
	put(0, 1000, 1);
	put(1, 1000, 2);
	look(1000);
	expect(0, 1000, 1);
	expect(1, 1000, 2);
	put(1, 1, 3);
	put(1, 1001, 4);
	look(1001);
	expect(1, 1, 3);
	assert_int_equal(merge.late, 1);
	expect_none();
}

static void test_equal(void **state)
{
	unsigned int seen = 0;
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	unsigned int i;

	begin(8, HOLD_NS);
	for (i = 0; i < 16; i++)
		put(i % 8, 1000, i);
	look(1000);
	while (xdps_merge_next(&merge, &pkt, &tai_offset_ns)) {
		assert_false(seen & 1u << pkt.len);
		seen |= 1u << pkt.len;
	}
	assert_int_equal(seen, 0xffff);
	assert_int_equal(merge.late, 0);
}

/* Each packet taken makes three more, stamped just after the look. */
static void test_flood(void **state)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	uint32_t number = 0;
	unsigned int taken = 0;
	unsigned int i;

	begin(4, HOLD_NS);
	for (i = 0; i < 100; i++)
		put(i % 4, 1000 + i, number++);
	look(1099);
	while (xdps_merge_next(&merge, &pkt, &tai_offset_ns)) {
		xdps_merge_release(&merge);
		assert_int_equal(pkt.len, taken++);
		assert_true(taken <= 100);
		for (i = 0; i < 3; i++, number++)
			put(number % 4, 1000 + number, number);
	}
	assert_int_equal(taken, 100);

	look(1000 + number);
	while (xdps_merge_next(&merge, &pkt, &tai_offset_ns)) {
		xdps_merge_release(&merge);
		assert_int_equal(pkt.len, taken++);
	}
	expect_none();
	look(1000 + number + HOLD_NS);
	while (xdps_merge_next(&merge, &pkt, &tai_offset_ns)) {
		xdps_merge_release(&merge);
		assert_int_equal(pkt.len, taken++);
	}
	assert_int_equal(taken, number);
	assert_int_equal(merge.late, 0);
}

static void test_empty_alone(void **state)
{
	unsigned int i;

	begin(3, 0);
	for (i = 0; i < 10; i++)
		put(0, 1000 + i, i);
	look(5000);
	put(1, 900, 100);
	for (i = 0; i < 10; i++)
		expect(0, 1000 + i, i);
	expect_none();
	/* the merge never saw it come */
	assert_int_equal(rings[1].head, 0);
	look(5000);
	expect(1, 900, 100);
	assert_int_equal(merge.late, 1);
}

static void test_refill(void **state)
{
	begin(2, 0);
	put(0, 1000, 1);
	put(1, 1010, 2);
	look(2000);
	put(0, 1005, 3);
	expect(0, 1000, 1);
	expect(0, 1005, 3);
	expect(1, 1010, 2);
	expect_none();
}

static void test_broken(void **state)
{
	struct xdps_record rec = { .mono_ns = 1, .len = 9, .caplen = 9000 };

	kind = XDPS_RING_PERF;		/* where what is behind a lie can be found */
	begin(2, 0);
	put(0, 1000, 1);
	fake_ring_put_lie(&fakes[0], 48, 36, &rec, 48);
	put(0, 1002, 2);
	fake_ring_put_lie(&fakes[0], 48, 36, &rec, 48);
	put(1, 1001, 3);
	look(2000);
	expect(0, 1000, 1);
	expect(1, 1001, 3);
	expect(0, 1002, 2);
	expect_none();
	assert_int_equal(rings[0].broken, 2);
	assert_int_equal(merge.late, 0);
}

/* The array of rings moves when it grows. */
static void test_added(void **state)
{
	static struct xdps_ring moved[3];

	begin(2, HOLD_NS);
	fake_ring_init(&fakes[2], kind, DATA_BYTES, 0);
	fake_ring_open(&fakes[2], &rings[2]);
	n_open = 3;
	put(0, 1001, 1);
	put(2, 1000, 2);
	put(2, 1002, 3);
	xdps_merge_look(&merge, 1500, hold_ns);
	expect_none();
	memcpy(moved, rings, sizeof(moved));
	assert_int_equal(xdps_merge_add(&merge, moved), 0);
	xdps_merge_look(&merge, 5000, hold_ns);
	expect(2, 1000, 2);
	expect(0, 1001, 1);
	expect(2, 1002, 3);
	expect_none();
	assert_int_equal(merge.late, 0);
}

#define SIM_PACKETS 40000u

/* A packet on its way: stamped on one CPU, published a little later. */
struct flight {
	uint64_t mono_ns, published_ns;
	unsigned int ring;
};

static struct flight flights[SIM_PACKETS];

static int by_publication(const void *a, const void *b)
{
	const struct flight *x = *(struct flight *const *)a;
	const struct flight *y = *(struct flight *const *)b;

	if (x->published_ns != y->published_ns)
		return x->published_ns < y->published_ns ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Stamps in order, at most two alike, and each ring publishes in its order. */
static void make_flights(unsigned int n_rings, uint64_t delay_max_ns,
			 struct flight **order)
{
	uint64_t free_ns[RINGS_MAX] = { 0 };
	uint64_t now_ns = 1000000;
	unsigned int i;

	for (i = 0; i < SIM_PACKETS; i++) {
		struct flight *f = &flights[i];

		/* bursts and pauses */
		now_ns += random() % 50 ? random() % 100 : random() % 5000;
		f->mono_ns = now_ns;
		f->ring = random() % n_rings;
		f->published_ns = now_ns + random() % delay_max_ns;
		if (f->published_ns < free_ns[f->ring])
			f->published_ns = free_ns[f->ring];
		free_ns[f->ring] = f->published_ns;
		order[i] = f;
	}
	qsort(order, SIM_PACKETS, sizeof(*order), by_publication);
}

/* What came out: each once, nothing from after the look; and how many out of order. */
struct harvest {
	unsigned char seen[SIM_PACKETS];
	unsigned int taken;
	unsigned int disordered;
	uint64_t last_ns;
};

static void reap(struct harvest *h, uint64_t now_ns)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;

	look(now_ns);
	while (xdps_merge_next(&merge, &pkt, &tai_offset_ns)) {
		xdps_merge_release(&merge);
		assert_true(pkt.len < SIM_PACKETS);
		assert_int_equal(h->seen[pkt.len]++, 0);
		assert_int_equal(pkt.mono_ns, flights[pkt.len].mono_ns);
		assert_int_equal(pkt.queue, flights[pkt.len].ring);
		assert_true(pkt.mono_ns <= now_ns);
		h->taken++;
		if (pkt.mono_ns < h->last_ns)
			h->disordered++;
		else
			h->last_ns = pkt.mono_ns;
		/* a caller may stop anywhere and look again */
		if (random() % 40 == 0)
			break;
	}
}

static struct harvest simulate(unsigned int n_rings, uint64_t delay_max_ns)
{
	static struct flight *order[SIM_PACKETS];
	struct harvest h = { .taken = 0 };
	uint64_t now_ns = 0;
	unsigned int i;

	begin(n_rings, HOLD_NS);
	make_flights(n_rings, delay_max_ns, order);
	for (i = 0; i < SIM_PACKETS; i++) {
		now_ns = order[i]->published_ns;
		put(order[i]->ring, order[i]->mono_ns, order[i] - flights);
		while (random() % 4 == 0)
			reap(&h, now_ns);
	}
	now_ns += HOLD_NS;
	for (i = 0; i < 2 * SIM_PACKETS && h.taken < SIM_PACKETS; i++)
		reap(&h, now_ns);
	assert_int_equal(h.taken, SIM_PACKETS);
	expect_none();
	assert_int_equal(merge.late, h.disordered);
	end(NULL);
	return h;
}

static void test_order(void **state)
{
	static const unsigned int n_rings[] = { 1, 2, 8, 64 };
	unsigned int i, round;

	srandom(1);
	for (i = 0; i < ARRAY_SIZE(n_rings); i++) {
		for (round = 0; round < 5; round++) {
			if (simulate(n_rings[i], HOLD_NS).disordered)
				fail_msg("%u rings: out of order", n_rings[i]);
		}
	}
}

static void test_slow_publishers(void **state)
{
	srandom(2);
	assert_true(simulate(2, 20 * HOLD_NS).disordered > 0);
	assert_true(simulate(64, 20 * HOLD_NS).disordered > 0);
	assert_int_equal(simulate(1, 20 * HOLD_NS).disordered, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Nothing comes out of empty rings", test_nothing),
		SENTENCE("Nothing comes out of no rings", test_no_rings),
		SENTENCE("A packet that was not let go is shown again", test_kept),
		SENTENCE("Packets of a ring come until another one has an older one", test_runs),
		SENTENCE("Letting go what was not shown lets nothing go", test_release_blind),
		SENTENCE("The oldest packet is known, also if it is from after the look", test_oldest),
		SENTENCE("A packet waits for older ones as the table says", test_hold_table),
		SENTENCE("With one ring nothing waits", test_one_ring),
		SENTENCE("A packet waits no longer than until all rings have one", test_hold_ends_with_news),
		SENTENCE("A packet that comes too late goes out at once and is counted", test_late),
		SENTENCE("A packet that comes too late is not held", test_late_without_hold),
		SENTENCE("Packets with the same stamp all come out, and none is late", test_equal),
		SENTENCE("A batch ends under a flood, and the next one misses nothing", test_flood),
		SENTENCE("An empty ring is left alone until the next look", test_empty_alone),
		SENTENCE("A ring that has more is merged within the batch", test_refill),
		SENTENCE("Broken records do not disturb the order", test_broken),
		SENTENCE("A ring that is added is merged with those that there were", test_added),
		SENTENCE("1, 2, 8 and 64 rings come out in order, each packet once", test_order),
		SENTENCE("Packets published after the hold are late, and none is lost", test_slow_publishers),
	};
	struct CMUnitTest tidy[ARRAY_SIZE(tests)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		tidy[i] = tests[i];
		tidy[i].teardown_func = end;
	}
	return cmocka_run_group_tests_name("merge", tidy, NULL, NULL);
}

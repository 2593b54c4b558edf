// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_ring.c: what was put into a ring comes out, and no lie is believed.
 *
 * What goes for both kinds of rings is tested with both.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "fake_ring.h"
#include "of_kind.h"
#include "sentence.h"

#define DATA_BYTES 4096u
#define MANY 200000u

#define HEADER_BYTES sizeof(struct perf_event_header)
#define REC_BYTES sizeof(struct xdps_record)
/* of a sample with nothing but a record in it: 8 + 4 + 32, rounded up */
#define BARE_BYTES 48
#define BARE_RAW_BYTES (BARE_BYTES - HEADER_BYTES - sizeof(uint32_t))

static enum xdps_ring_kind kind;	/* of the rings of this test */
static struct fake_ring fake;
static struct xdps_ring ring;
static unsigned char scratch[XDPS_SCRATCH_BYTES];

/* The other thread of the test that has one; it may fail before the thread ends. */
static pthread_t producer;
static bool has_producer, is_over;

static void begin_at(uint64_t data_bytes, uint64_t start)
{
	fake_ring_init(&fake, kind, data_bytes, start);
	fake_ring_open(&fake, &ring);
}

static int begin(void **state)
{
	kind = *(const enum xdps_ring_kind *)*state;
	begin_at(DATA_BYTES, 0);
	return 0;
}

static size_t sample_bytes(uint32_t caplen)
{
	return fake_ring_sample_bytes(&fake, caplen);
}

static int end(void **state)
{
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	if (has_producer)
		pthread_join(producer, NULL);
	fake_ring_free(&fake);
	return 0;
}

/* All that a packet holds follows from its number and size. */
static unsigned char nth_byte(uint32_t n, uint32_t i)
{
	return (n * 2654435761u >> 16) + i * 7;
}

static struct xdps_record nth_record(uint32_t n, uint32_t caplen)
{
	return (struct xdps_record) {
		.mono_ns = 0x0102030405060708 + n,
		.tai_offset_ns = -5000000000ll - n,
		.len = caplen + n % 3,
		.caplen = caplen,
		.queue = n % 64,
		.filter = n * 40503u,
	};
}

static bool put(uint32_t n, uint32_t caplen)
{
	struct xdps_record rec = nth_record(n, caplen);
	static unsigned char packet[XDPS_CAPLEN_MAX];
	uint32_t i;

	for (i = 0; i < caplen; i++)
		packet[i] = nth_byte(n, i);
	return fake_ring_put(&fake, &rec, packet);
}

static void check_packet_of(const struct xdps_packet *pkt, int64_t tai_offset_ns, uint32_t n,
			    uint32_t caplen)
{
	struct xdps_record rec = nth_record(n, caplen);
	uint32_t i;

	assert_int_equal(pkt->mono_ns, rec.mono_ns);
	assert_int_equal(pkt->wall_ns, 0);
	assert_int_equal(pkt->len, rec.len);
	assert_int_equal(pkt->caplen, caplen);
	assert_int_equal(pkt->queue, rec.queue);
	assert_int_equal(pkt->filter, rec.filter);
	assert_false(pkt->filtered);
	assert_true(tai_offset_ns == rec.tai_offset_ns);
	for (i = 0; i < caplen; i++) {
		if (pkt->data[i] != nth_byte(n, i))
			fail_msg("byte %u of %u of packet %u", i, caplen, n);
	}
}

static void check_packet(uint32_t n, uint32_t caplen, uint64_t mono_ns)
{
	struct xdps_packet pkt = { .wall_ns = 1, .filtered = true };
	int64_t tai_offset_ns;

	assert_int_equal(mono_ns, nth_record(n, caplen).mono_ns);
	xdps_ring_packet(&ring, scratch, &pkt, &tai_offset_ns);
	check_packet_of(&pkt, tai_offset_ns, n, caplen);
}

/* What is done with `arg` in a ring that is new each time, begun at each offset. */
static void at_each_offset(void (*act)(const void *arg), const void *arg)
{
	fake_ring_free(&fake);
	for (uint64_t start = 0; start < DATA_BYTES; start += 8) {
		begin_at(DATA_BYTES, start);
		act(arg);
		fake_ring_free(&fake);
	}
	begin_at(DATA_BYTES, 0);
}

/* The next packet is this one; it is taken. */
static void expect(uint32_t n, uint32_t caplen)
{
	uint64_t mono_ns;

	assert_true(xdps_ring_peek(&ring, &mono_ns));
	check_packet(n, caplen, mono_ns);
	xdps_ring_advance(&ring);
}

/* All has been read, and the kernel may have all of the room. */
static void expect_empty(void)
{
	uint64_t mono_ns;

	assert_false(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(xdps_ring_pending_bytes(&ring), 0);
	assert_int_equal(fake_ring_tail(&fake), fake.head);
}

static void test_shape(void **state)
{
	struct xdps_ring r;
	size_t page = FAKE_PAGE_BYTES;

	fake.page->data_size = 0;
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, fake.map_bytes, page), 0);
	assert_int_equal(r.data_bytes, DATA_BYTES);
	assert_ptr_equal(r.data, fake.data);
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, page, page), -EINVAL);
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, page - 1, page), -EINVAL);
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, 0, page), -EINVAL);
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, page + 4, page), -EINVAL);
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, page + 3000, page), -EINVAL);
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, page + 1024, 1024), -EINVAL);
}

static void test_other_idea(void **state)
{
	struct xdps_ring r;

	fake.page->data_size = DATA_BYTES / 2;
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, fake.map_bytes,
					FAKE_PAGE_BYTES), -EINVAL);
	fake.page->data_size = DATA_BYTES;
	fake.page->data_offset = 2 * FAKE_PAGE_BYTES;
	assert_int_equal(xdps_ring_init_perf(&r, fake.map, fake.map_bytes,
					FAKE_PAGE_BYTES), -EINVAL);
}

static void test_empty(void **state)
{
	expect_empty();
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

static void test_one(void **state)
{
	assert_true(put(1, 60));
	assert_int_equal(xdps_ring_pending_bytes(&ring),
			 sample_bytes(60));
	expect(1, 60);
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

static void test_sizes(void **state)
{
	uint32_t caplen;

	for (caplen = 0; caplen < 600; caplen++) {
		assert_true(put(caplen, caplen));
		expect(caplen, caplen);
	}
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

static void test_peek_again(void **state)
{
	uint64_t first_ns, again_ns;

	put(1, 60);
	put(2, 60);
	assert_true(xdps_ring_peek(&ring, &first_ns));
	assert_true(xdps_ring_peek(&ring, &again_ns));
	assert_int_equal(first_ns, again_ns);
	expect(1, 60);
	expect(2, 60);
}

/* In parts of an eighth, or when there is nothing else, or when told. */
static void test_room(void **state)
{
	uint64_t mono_ns;
	uint32_t n = 0;

	while (put(n, 60))
		n++;
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(fake_ring_tail(&fake), 0);
	xdps_ring_advance(&ring);
	assert_int_equal(fake_ring_tail(&fake), 0);
	xdps_ring_free(&ring);
	assert_int_equal(fake_ring_tail(&fake), sample_bytes(60));
	for (uint32_t i = 1; i < n; i++) {
		expect(i, 60);
		assert_in_range(ring.tail - fake_ring_tail(&fake), 0, DATA_BYTES / 8);
	}
	assert_true(fake_ring_tail(&fake) >= DATA_BYTES / 2);
	expect_empty();
}

static void test_advance_blind(void **state)
{
	put(1, 60);
	put(2, 60);
	xdps_ring_advance(&ring);
	expect(1, 60);
	xdps_ring_advance(&ring);
	xdps_ring_advance(&ring);
	expect(2, 60);
	expect_empty();
}

static void test_head_once(void **state)
{
	uint64_t mono_ns;

	put(1, 60);
	put(2, 60);
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	put(3, 60);
	assert_int_equal(ring.head, 2 * sample_bytes(60));
	expect(1, 60);
	expect(2, 60);
	assert_int_equal(ring.head, 2 * sample_bytes(60));
	expect(3, 60);
	assert_int_equal(ring.head, fake.head);
}

/* Old programs convert a packet's fields where they lie. */
static void test_written_to(void **state)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	uint64_t mono_ns;

	put(1, 60);
	put(2, 1500);
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	xdps_ring_packet(&ring, scratch, &pkt, &tai_offset_ns);
	memset(pkt.data, 0xff, pkt.caplen);
	xdps_ring_advance(&ring);
	expect(2, 1500);
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

/* The kernel maps their data to be read only, so it must not be what the caller gets. */
static void test_perf_copied(void **state)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	uint64_t mono_ns;

	put(1, 60);
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	xdps_ring_packet(&ring, scratch, &pkt, &tai_offset_ns);
	assert_ptr_equal(pkt.data, scratch);
}

static void wrap(const void *arg)
{
	(void)arg;
	assert_true(put(1, 333));
	assert_true(put(2, 0));
	assert_true(put(3, 1500));
	expect(1, 333);
	expect(2, 0);
	expect(3, 1500);
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

static void test_wrap(void **state)
{
	at_each_offset(wrap, NULL);
}

static void test_position_overflow(void **state)
{
	uint32_t i;

	fake_ring_free(&fake);
	begin_at(DATA_BYTES, UINT64_MAX - 8 * DATA_BYTES + 1);
	for (i = 0; i < 200; i++) {
		assert_true(put(i, 500));
		expect(i, 500);
	}
	expect_empty();
	assert_true(fake.head < 200 * DATA_BYTES);
	assert_int_equal(ring.broken, 0);
}

static void fill(const void *arg)
{
	const uint32_t caplen = fake_ring_caplen(&fake, 256);
	uint32_t i;

	(void)arg;
	for (i = 0; i < 16; i++)
		assert_true(put(i, caplen));
	assert_int_equal(xdps_ring_pending_bytes(&ring), DATA_BYTES);
	assert_false(put(16, 0));
	expect(0, caplen);
	xdps_ring_free(&ring);
	assert_true(put(16, caplen));
	for (i = 1; i < 17; i++)
		expect(i, caplen);
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

static void test_full(void **state)
{
	at_each_offset(fill, NULL);
}

static void fill_with_one(const void *arg)
{
	(void)arg;
	assert_true(put(1, fake_ring_caplen(&fake, DATA_BYTES)));
	expect(1, fake_ring_caplen(&fake, DATA_BYTES));
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

static void test_whole_ring(void **state)
{
	at_each_offset(fill_with_one, NULL);
}

static void test_largest(void **state)
{
	fake_ring_free(&fake);
	begin_at(1 << 17, (1 << 17) - 30000);
	assert_true(put(1, XDPS_CAPLEN_MAX));
	assert_true(put(2, XDPS_CAPLEN_MAX));
	expect(1, XDPS_CAPLEN_MAX);
	expect(2, XDPS_CAPLEN_MAX);
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

static void test_taken_over(void **state)
{
	put(1, 60);
	put(2, 60);
	expect(1, 60);
	xdps_ring_free(&ring);
	memset(&ring, 0xff, sizeof(ring));
	fake_ring_open(&fake, &ring);
	expect(2, 60);
	expect_empty();
}

static void test_lost(void **state)
{
	fake_ring_put_other(&fake, PERF_RECORD_LOST, 24);
	put(1, 60);
	fake_ring_put_other(&fake, PERF_RECORD_LOST, 24);
	fake_ring_put_other(&fake, 12345, 8);
	put(2, 60);
	fake_ring_put_other(&fake, PERF_RECORD_THROTTLE, 32);
	expect(1, 60);
	expect(2, 60);
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

/* A sample as it says that it is, and how long it is in truth. */
struct sample {
	uint16_t header_bytes;
	uint32_t raw_bytes;
	struct xdps_record rec;
	size_t bytes;
};

static void put_sample(const struct sample *s)
{
	fake_ring_put_lie(&fake, s->header_bytes, s->raw_bytes, &s->rec, s->bytes);
}

static void lie_once(const void *arg)
{
	put(1, 100);
	put_sample(arg);
	put(2, 100);
	expect(1, 100);
	expect(2, 100);
	expect_empty();
	assert_int_equal(ring.broken, 1);
}

/* A sample that lies, at each offset: counted, and the next one is read. */
static void lie(uint16_t header_bytes, uint32_t raw_bytes,
		const struct xdps_record *rec)
{
	const struct sample sample = { header_bytes, raw_bytes, *rec, header_bytes };

	at_each_offset(lie_once, &sample);
}

static void test_honest(void **state)
{
	struct xdps_record rec = { .mono_ns = 5, .len = 4, .caplen = 4 };
	uint64_t mono_ns;

	fake_ring_put_lie(&fake, BARE_BYTES, BARE_RAW_BYTES, &rec, BARE_BYTES);
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(mono_ns, 5);
	assert_int_equal(ring.broken, 0);
}

static void test_raw_too_large(void **state)
{
	struct xdps_record rec = { 0 };

	lie(BARE_BYTES, BARE_RAW_BYTES + 1, &rec);
	lie(BARE_BYTES, BARE_BYTES, &rec);
	lie(BARE_BYTES, UINT32_MAX, &rec);
	lie(BARE_BYTES, UINT32_MAX - 11, &rec);
	rec.len = rec.caplen = 1000;
	lie(BARE_BYTES, 2000, &rec);
}

static void test_raw_too_small(void **state)
{
	struct xdps_record rec = { 0 };

	lie(BARE_BYTES, REC_BYTES - 1, &rec);
	lie(BARE_BYTES, 0, &rec);
}

static void test_caplen_too_large(void **state)
{
	struct xdps_record rec = { .len = 5, .caplen = 5 };

	lie(BARE_BYTES, BARE_RAW_BYTES, &rec);
	rec.len = rec.caplen = UINT32_MAX;
	lie(BARE_BYTES, BARE_RAW_BYTES, &rec);
	rec.len = rec.caplen = UINT32_MAX - REC_BYTES + 1;
	lie(BARE_BYTES, BARE_RAW_BYTES, &rec);
	/* the room is there, but it is not the record's */
	rec.len = rec.caplen = 10;
	lie(BARE_BYTES + 64, BARE_RAW_BYTES, &rec);
}

static void test_len_too_small(void **state)
{
	struct xdps_record rec = { .len = 3, .caplen = 4 };

	lie(BARE_BYTES, BARE_RAW_BYTES, &rec);
}

static void test_sample_too_short(void **state)
{
	struct xdps_record rec = { 0 };

	lie(8, 0, &rec);
	lie(16, 4, &rec);
	lie(40, 28, &rec);
}

/* Even the fixed part of a sample is larger than this ring. */
static void test_tiny_ring(void **state)
{
	struct xdps_record rec = { 0 };

	fake_ring_free(&fake);
	begin_at(16, 0);
	fake_ring_put_lie(&fake, 16, 4, &rec, 16);
	expect_empty();
	assert_int_equal(ring.broken, 1);
}

static void lose_once(const void *arg)
{
	put(1, 100);
	put_sample(arg);
	put(2, 100);
	expect(1, 100);
	expect_empty();
	assert_int_equal(ring.broken, 1);
	put(3, 100);
	expect(3, 100);
	expect_empty();
	assert_int_equal(ring.broken, 1);
}

/* A header that does not say where the next is: all that is known goes. */
static void lose(uint16_t header_bytes, size_t bytes)
{
	const struct sample sample = { header_bytes, BARE_RAW_BYTES, { 0 }, bytes };

	at_each_offset(lose_once, &sample);
}

static void test_header_size(void **state)
{
	lose(0, BARE_BYTES);
	lose(4, BARE_BYTES);
	lose(7, BARE_BYTES);
	lose(BARE_BYTES - 1, BARE_BYTES);
	lose(BARE_BYTES + 4, BARE_BYTES);
	lose(1000, BARE_BYTES);
	lose(65528, BARE_BYTES);
}

static void test_cut_header(void **state)
{
	uint64_t mono_ns;

	fake_ring_write(&fake, "abcd", 4);
	fake_ring_publish(&fake);
	assert_false(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(ring.broken, 1);
	assert_int_equal(fake_ring_tail(&fake), 4);
	put(1, 60);
	expect(1, 60);
}

static void test_mad_head(void **state)
{
	uint64_t mono_ns;

	put(1, 60);
	expect(1, 60);
	fake.head += 2 * DATA_BYTES;
	fake_ring_publish(&fake);
	assert_false(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(ring.broken, 1);
	fake.head -= DATA_BYTES;
	fake_ring_publish(&fake);
	assert_false(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(ring.broken, 2);
	put(2, 60);
	expect(2, 60);
	assert_int_equal(ring.broken, 2);
	/* what is there looks good, but must have been overwritten */
	put(3, 60);
	fake.head += DATA_BYTES;
	fake_ring_publish(&fake);
	expect_empty();
	assert_int_equal(ring.broken, 3);
}

static void change_record(const struct xdps_record *rec)
{
	memcpy(fake.data + (kind == XDPS_RING_PERF ? 8 + 4 : 0), rec, sizeof(*rec));
}

static void test_changed(void **state)
{
	struct xdps_record rec = nth_record(1, 60);
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	uint64_t mono_ns;

	put(1, 60);
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	rec.caplen = rec.len = UINT32_MAX;
	change_record(&rec);
	xdps_ring_packet(&ring, scratch, &pkt, &tai_offset_ns);
	assert_int_equal(pkt.caplen, 0);
	rec.caplen = 3000;
	change_record(&rec);
	xdps_ring_packet(&ring, scratch, &pkt, &tai_offset_ns);
	assert_int_equal(pkt.caplen, 0);
}

/* The record behind packet 1 says that; nothing that is known then is believed. */
static void lie_in_map(const struct xdps_record *lie)
{
	uint64_t mono_ns;

	put(1, 60);
	fake_ring_write(&fake, lie, sizeof(*lie));
	fake_ring_publish(&fake);
	expect(1, 60);
	assert_false(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(ring.broken, 1);
	put(2, 60);
	expect(2, 60);
	expect_empty();
	fake_ring_free(&fake);
	begin_at(DATA_BYTES, 0);
}

static void test_map_lies(void **state)
{
	lie_in_map(&(struct xdps_record){ .len = 1000, .caplen = 1 });
	lie_in_map(&(struct xdps_record){ .len = 1000, .caplen = 1000 });
	lie_in_map(&(struct xdps_record){ .len = 3, .caplen = 4 });
	lie_in_map(&(struct xdps_record){ .len = UINT32_MAX, .caplen = UINT32_MAX });
	lie_in_map(&(struct xdps_record){ .len = UINT32_MAX, .caplen = UINT32_MAX - REC_BYTES });
	lie_in_map(&(struct xdps_record){ .len = 70000, .caplen = XDPS_CAPLEN_MAX + 1 });
}

static void test_next_lies(void **state)
{
	struct xdps_record rec = nth_record(2, 60);
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	uint64_t mono_ns;

	put(1, 60);
	fake_ring_write(&fake, &rec, sizeof(rec));
	fake_ring_publish(&fake);
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	assert_false(xdps_ring_next(&ring, UINT64_MAX, scratch, &pkt, &tai_offset_ns));
	assert_int_equal(ring.broken, 1);
}

static void test_map_crooked(void **state)
{
	uint64_t mono_ns;

	fake.head = 4;
	fake_ring_publish(&fake);
	assert_false(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(ring.broken, 1);
	fake.head = 8;
	fake_ring_publish(&fake);
	assert_false(xdps_ring_peek(&ring, &mono_ns));
	assert_int_equal(ring.broken, 2);
	put(1, 60);
	expect(1, 60);
	expect_empty();
}

static void never_copied(const void *arg)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	uint64_t mono_ns, at = (fake.head & (DATA_BYTES - 1)) + REC_BYTES;

	(void)arg;
	put(1, 1500);
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	xdps_ring_packet(&ring, NULL, &pkt, &tai_offset_ns);
	assert_ptr_equal(pkt.data, fake.data + at);
	expect(1, 1500);
}

static void test_map_in_place(void **state)
{
	at_each_offset(never_copied, NULL);
}

static void test_map_shape(void **state)
{
	static struct xdps_cpu cpus[3] = {
		{ .ring = XDPS_NO_RING }, { .ring = 1 }, { .ring = 0 },
	};
	static unsigned char memory[2 * (4096 + XDPS_RING_MARGIN_BYTES)];
	struct xdps_ring r;

	assert_int_equal(xdps_ring_init_map(&r, memory, 4096, 0, cpus, 3), 0);
	assert_ptr_equal(r.head_at, &cpus[2].head);
	assert_ptr_equal(r.data, memory);
	assert_int_equal(xdps_ring_init_map(&r, memory + 4096 + XDPS_RING_MARGIN_BYTES, 4096, 1,
					    cpus, 3), 0);
	assert_ptr_equal(r.head_at, &cpus[1].head);
	assert_ptr_equal(r.data, memory + xdps_ring_map_bytes(1, 4096));
	assert_int_equal(xdps_ring_map_bytes(2, 4096), 2 * (4096 + XDPS_RING_MARGIN_BYTES));
	assert_int_equal(xdps_ring_init_map(&r, memory, 4096, 2, cpus, 3), -EINVAL);
	assert_int_equal(xdps_ring_init_map(&r, memory, 4096, 0, cpus, 2), -EINVAL);
	assert_int_equal(xdps_ring_init_map(&r, memory, 3000, 0, cpus, 3), -EINVAL);
	assert_int_equal(xdps_ring_init_map(&r, memory, 0, 0, cpus, 3), -EINVAL);
}

static void test_arm(void **state)
{
	assert_true(xdps_ring_arm(&ring, 1));
	if (kind == XDPS_RING_PERF)
		return;
	assert_int_equal(fake.cpu->wake_at, 1);
	put(1, 60);
	assert_false(xdps_ring_arm(&ring, 1));
	assert_false(xdps_ring_arm(&ring, sample_bytes(60)));
	assert_true(xdps_ring_arm(&ring, sample_bytes(60) + 1));
	assert_int_equal(fake.cpu->wake_at, sample_bytes(60) + 1);
	expect(1, 60);
	assert_true(xdps_ring_arm(&ring, ring.tail + 1));
	assert_int_equal(fake.cpu->wake_at, sample_bytes(60) + 1);
}

/* What was there before is not a part of it, whether it was taken or not. */
static void test_plenty(void **state)
{
	put(1, 60);
	xdps_ring_expect(&ring, 2 * sample_bytes(60));
	put(2, 60);
	assert_false(xdps_ring_has_plenty(&ring));
	put(3, 60);
	assert_true(xdps_ring_has_plenty(&ring));
	expect(1, 60);
	expect(2, 60);
	assert_true(xdps_ring_has_plenty(&ring));
	xdps_ring_expect(&ring, 1);
	assert_false(xdps_ring_has_plenty(&ring));
}

static void test_pressed(void **state)
{
	uint32_t n;

	for (n = 0; n < DATA_BYTES / 2 / sample_bytes(60) - 1; n++)
		put(n, 60);
	assert_false(xdps_ring_is_pressed(&ring));
	put(n, 60);
	put(n + 1, 60);
	assert_true(xdps_ring_is_pressed(&ring));
	for (uint32_t i = 0; i <= n + 1; i++)
		expect(i, 60);
	assert_false(xdps_ring_is_pressed(&ring));
}

/* The same as three calls, one after the other. */
static void test_next(void **state)
{
	struct xdps_packet pkt = { .filtered = true };
	int64_t tai_offset_ns;
	uint64_t mono_ns;

	put(1, 60);
	put(2, 333);
	put(3, 60);
	assert_true(xdps_ring_peek(&ring, &mono_ns));
	assert_true(xdps_ring_next(&ring, nth_record(2, 333).mono_ns, scratch, &pkt,
				   &tai_offset_ns));
	check_packet_of(&pkt, tai_offset_ns, 2, 333);
	assert_false(xdps_ring_next(&ring, nth_record(3, 60).mono_ns - 1, scratch, &pkt,
				    &tai_offset_ns));
	expect(3, 60);
	assert_false(xdps_ring_next(&ring, UINT64_MAX, scratch, &pkt, &tai_offset_ns));
	assert_int_equal(ring.broken, 0);
}

static uint32_t nth_caplen(uint32_t n)
{
	uint32_t random = (n + 1) * 2246822519u;

	random ^= random >> 15;
	return random % 8 ? random % 200 : random % 3000;
}

static void test_many(void **state)
{
	uint32_t in = 0, out = 0;

	srandom(1);
	while (out < MANY) {
		uint32_t n = 1 + random() % 20;

		while (n-- && in < MANY && put(in, nth_caplen(in)))
			in++;
		n = 1 + random() % 20;
		while (n-- && out < in) {
			expect(out, nth_caplen(out));
			out++;
		}
	}
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

static void *produce(void *arg)
{
	uint32_t n;

	(void)arg;
	for (n = 0; n < MANY; n++) {
		while (!put(n, nth_caplen(n))) {
			if (__atomic_load_n(&is_over, __ATOMIC_RELAXED))
				return NULL;
			sched_yield();
		}
	}
	return NULL;
}

static void test_thread(void **state)
{
	uint64_t mono_ns;
	uint32_t n;

	is_over = false;
	assert_int_equal(pthread_create(&producer, NULL, produce, NULL), 0);
	has_producer = true;
	for (n = 0; n < MANY; n++) {
		while (!xdps_ring_peek(&ring, &mono_ns))
			sched_yield();
		expect(n, nth_caplen(n));
	}
	assert_int_equal(pthread_join(producer, NULL), 0);
	has_producer = false;
	expect_empty();
	assert_int_equal(ring.broken, 0);
}

int main(void)
{
	const struct CMUnitTest of_both[] = {
		SENTENCE("An empty ring has no packet", test_empty),
		SENTENCE("A packet comes out as it was put in", test_one),
		SENTENCE("A packet of any size comes out as it was put in", test_sizes),
		SENTENCE("Peeking twice shows the same packet", test_peek_again),
		SENTENCE("The room of packets is the kernel's only after they are let go", test_room),
		SENTENCE("Letting go what nobody saw lets nothing go", test_advance_blind),
		SENTENCE("The kernel's head is read only when all known is taken", test_head_once),
		SENTENCE("A packet may be written to, and the next one is as it was", test_written_to),
		SENTENCE("A packet that wraps at any offset comes out whole", test_wrap),
		SENTENCE("Positions may pass 2^64", test_position_overflow),
		SENTENCE("A ring full to the last byte is read, and takes more", test_full),
		SENTENCE("One packet may fill the whole ring", test_whole_ring),
		SENTENCE("Packets of 65000 bytes come out whole", test_largest),
		SENTENCE("A ring is taken over where its last reader stopped", test_taken_over),
		SENTENCE("A head that jumps too far, or back, is survived", test_mad_head),
		SENTENCE("A length that changes after the check is not followed", test_changed),
		SENTENCE("200,000 packets of random sizes come out in order", test_many),
		SENTENCE("200,000 packets of another thread come out in order", test_thread),
		SENTENCE("The doorbell is asked for what has not come yet", test_arm),
		SENTENCE("Plenty is what came since it was asked", test_plenty),
		SENTENCE("A ring is pressed from the half on", test_pressed),
		SENTENCE("The next packet comes if it is not younger than wanted", test_next),
	};
	const struct CMUnitTest of_perf[] = {
		SENTENCE("Memory that is no ring is refused", test_shape),
		SENTENCE("Memory that the kernel describes otherwise is refused", test_other_idea),
		SENTENCE("Records of lost and unknown things are skipped silently", test_lost),
		SENTENCE("A sample with exact lengths is believed", test_honest),
		SENTENCE("A raw size beyond its sample is skipped and counted", test_raw_too_large),
		SENTENCE("A raw size without room for a record is skipped and counted", test_raw_too_small),
		SENTENCE("A caplen beyond its raw data is skipped and counted", test_caplen_too_large),
		SENTENCE("A caplen larger than the packet is skipped and counted", test_len_too_small),
		SENTENCE("A sample without room for a record is skipped and counted", test_sample_too_short),
		SENTENCE("A ring too small for any sample has none", test_tiny_ring),
		SENTENCE("A header of impossible size costs all that is known, once", test_header_size),
		SENTENCE("Half a header is dropped and counted", test_cut_header),
		SENTENCE("A packet is copied, as nobody may write to the ring", test_perf_copied),
	};
	const struct CMUnitTest of_maps[] = {
		SENTENCE("A ring is the one of the CPU that says so, or none", test_map_shape),
		SENTENCE("No packet is copied, wherever it lies", test_map_in_place),
		SENTENCE("A record that lies costs all that is known, once", test_map_lies),
		SENTENCE("A record that lies is not believed behind a packet that is released", test_next_lies),
		SENTENCE("A head between two records is survived", test_map_crooked),
	};
	struct CMUnitTest all[2 * ARRAY_SIZE(of_both) + ARRAY_SIZE(of_perf) + ARRAY_SIZE(of_maps)];
	size_t n = 0;

	n += of_kind(all + n, XDPS_RING_PERF, of_both, ARRAY_SIZE(of_both), begin, end);
	n += of_kind(all + n, XDPS_RING_PERF, of_perf, ARRAY_SIZE(of_perf), begin, end);
	n += of_kind(all + n, XDPS_RING_MAP, of_both, ARRAY_SIZE(of_both), begin, end);
	of_kind(all + n, XDPS_RING_MAP, of_maps, ARRAY_SIZE(of_maps), begin, end);
	return cmocka_run_group_tests_name("ring", all, NULL, NULL);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_program.c: the programs do what they should, one by one and together.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../engine/doorbell.h"
#include "../unit/of_kind.h"
#include "default_size.h"
#include "sampler_lab.h"
#include "xdpsample.skel.h"

#define ETH_BYTES 14			/* less is no packet for the kernel */
#define JUMBO_BYTES LAB_PACKET_BYTES

/* What came of running a program. */
struct outcome {
	uint32_t verdict;
	uint32_t bytes;
	unsigned char data[JUMBO_BYTES + 1];
};

static struct xdps_error err;

static const struct xdps_request everything = {
	.rate = 1,
	.snaplen = XDPS_SNAPLEN_MAX,
};

/* On the first `bytes` of packet[]. */
static void run(int prog_fd, uint32_t bytes, struct outcome *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = packet, .data_size_in = bytes,
		    .data_out = out->data, .data_size_out = sizeof(out->data),
		    .repeat = 1);

	if (bpf_prog_test_run_opts(prog_fd, &opts))
		fail_msg("%u bytes: %s", bytes, strerror(errno));
	out->verdict = opts.retval;
	out->bytes = opts.data_size_out;
}

/* The ring of this CPU, as it is before anybody writes there. */
static uint32_t counters_ring(void)
{
	return lab.kind == XDPS_RING_PERF ? XDPS_NO_RING : 0;
}

static uint64_t taken_now(void)
{
	return counters()->received.chosen - counters()->received.lost;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static const uint32_t sizes[] = {
	ETH_BYTES, 15, 42, 60, 64, 65, 128, 590, 1500, 1514, 3000
};

static void assert_passes_unchanged(int prog_fd, uint32_t bytes)
{
	static struct outcome out;

	memset(out.data, 0xee, sizeof(out.data));
	run(prog_fd, bytes, &out);
	assert_int_equal(out.verdict, XDP_PASS);
	assert_int_equal(out.bytes, bytes);
	assert_memory_equal(out.data, packet, bytes);
	assert_int_equal(out.data[bytes], 0xee);
}

static void entry_passes_all(void **state)
{
	lab_load(everything);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_passes_unchanged(bpf_program__fd(lab.object.entry), sizes[i]);
	assert_int_equal(taken_now(), ARRAY_SIZE(sizes));
}

static void sampler_passes_all(void **state)
{
	lab_load(everything);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_passes_unchanged(bpf_program__fd(lab.object.sampler),
					sizes[i]);
	assert_int_equal(taken_now(), ARRAY_SIZE(sizes));
}

static void unsampled_passes(void **state)
{
	struct xdps_request request = everything;

	request.rate = UINT32_MAX;
	lab_load(request);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_passes_unchanged(bpf_program__fd(lab.object.entry), sizes[i]);
	assert_int_equal(counters()->received.unsampled, ARRAY_SIZE(sizes));
}

static void rejected_passes(void **state)
{
	lab_load(everything);
	want_from(2, UINT32_MAX, UINT32_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_passes_unchanged(bpf_program__fd(lab.object.entry), sizes[i]);
	assert_int_equal(counters()->received.rejected, ARRAY_SIZE(sizes));
	assert_int_equal(counters()->received.unsampled, 0);
	assert_int_equal(counters()->received.chosen, 0);
	assert_int_equal(drain(), 0);
}

static void empty_slot_passes(void **state)
{
	const uint32_t first = 0;

	lab_load(everything);
	assert_int_equal(bpf_map_delete_elem(lab.object.slots_fd, &first), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_passes_unchanged(bpf_program__fd(lab.object.entry), sizes[i]);
	assert_int_equal(counters()->received.chosen, 0);
	assert_int_equal(drain(), 0);
}

static void sampler_can_be_replaced(void **state)
{
	const uint32_t first = 0;
	int fd;

	lab_load(everything);
	fd = bpf_program__fd(lab.object.sampler);
	lab_receive(60, 3);
	assert_int_equal(bpf_map_delete_elem(lab.object.slots_fd, &first), 0);
	lab_receive(60, 4);
	assert_int_equal(xdps_object_put(&lab.object, fd), 0);
	lab_receive(60, 5);
	assert_int_equal(drain(), 3 + 5);
}

static void record_holds_packet(void **state)
{
	lab_load(everything);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct xdps_packet pkt;

		lab_receive(sizes[i], 1);
		pkt = lab_take_part(sizes[i], sizes[i]);
		assert_int_equal(pkt.queue, 0);
		assert_int_equal(pkt.filter, XDPS_FILTER_FIRST);
	}
	assert_int_equal(drain(), 0);
	assert_int_equal(reader()->broken, 0);
}

/* Not only what the record says, but what it takes in the ring. */
static void kernel_cuts(void **state)
{
	struct xdps_request request = everything;

	request.snaplen = 61;
	lab_load(request);
	lab_receive(1000, 1);
	assert_int_equal(xdps_ring_pending_bytes(reader()),
			 ((lab.kind == XDPS_RING_PERF ? 8 + 4 : 0) +
			  sizeof(struct xdps_record) + 61 + 7) / 8 * 8);
	lab_take_part(1000, 61);

	lab_receive(61, 1);
	assert_int_equal(lab_take().caplen, 61);
	lab_receive(60, 1);
	assert_int_equal(lab_take().caplen, 60);
}

static void one_byte_snaplen(void **state)
{
	struct xdps_request request = everything;

	request.snaplen = 1;
	lab_load(request);
	lab_receive(100, 1);
	lab_take_part(100, 1);
}

static void jumbo_is_whole(void **state)
{
	lab_load(everything);
	if (lab_has_no_fragments())
		skip();
	assert_passes_unchanged(bpf_program__fd(lab.object.entry), JUMBO_BYTES);
	lab_take_part(JUMBO_BYTES, JUMBO_BYTES);
}

/* At each length around a page there is another fragment to begin or end. */
static void jumbo_is_cut_anywhere(void **state)
{
	static const uint32_t cuts[] = { 96, 3000, 4095, 4096, 4097, 8191, 8193, 8999 };

	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct xdps_request request = everything;

		request.snaplen = cuts[i];
		lab_load(request);
		if (lab_has_no_fragments())
			skip();
		lab_receive(JUMBO_BYTES, 1);
		lab_take_part(JUMBO_BYTES, cuts[i]);
		lab_renew();
	}
}

/* Of the number chosen of n, if 0 to 2 * (rate - 1) are skipped before each. */
static double variance_of_chosen(double n, double rate)
{
	double n_gaps = 2 * rate - 1;

	return n * (n_gaps * n_gaps - 1) / 12 / (rate * rate * rate);
}

/*
 * Within five standard deviations: a right program fails once in a million runs, a rate
 * that is 6 % off nearly always.
 */
static void takes_one_in(uint32_t rate)
{
	const int n = 1000000;
	struct xdps_request request = everything;
	double mean = (double)n / rate;
	double off;

	request.rate = rate;
	request.snaplen = 1;
	lab_load(request);
	lab_receive(60, n);
	off = counters()->received.chosen - mean;
	if (off * off > 25 * variance_of_chosen(n, rate) + 9)
		fail_msg("rate %u: %.0f of %d were chosen, not %.0f", rate,
			 off + mean, n, mean);
	assert_int_equal(counters()->received.unsampled + counters()->received.chosen, n);
	assert_int_equal(counters()->received.rejected, 0);
	assert_int_equal(drain(), taken_now());
	lab_renew();
}

static void rate_is_kept(void **state)
{
	static const uint32_t rates[] = { 2, 3, 10, 100, 1000, 50000, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		takes_one_in(rates[i]);
}

/*
 * Chance has a spread, and counting has none.  The sum of squares of 100
 * standard deviations is 100, give or take 14.  Few runs of many packets: for
 * each the kernel waits until no CPU uses the program.
 */
static void chosen_by_chance(void **state)
{
	const int n_runs = 100, n_packets = 1000;
	const double variance = variance_of_chosen(n_packets, 2);
	struct xdps_request request = everything;
	double sum = 0;

	request.rate = 2;
	request.snaplen = 1;
	lab_load(request);
	for (int i = 0; i < n_runs; i++) {
		double off;

		lab_receive(60, n_packets);
		off = drain() - n_packets / 2.;
		sum += off * off / variance;
	}
	if (sum < 40 || sum > 200)
		fail_msg("the spread is %.2f of what chance would make it", sum / n_runs);
}

/* Through every change, each packet is in one count. */
static void every_packet_is_counted_once(void **state)
{
	const uint64_t n = 20000;
	struct xdps_request request = everything;

	request.rate = 2;
	request.snaplen = 64;
	request.buffer_bytes = 1;			/* for it to be full */
	lab_load(request);
	lab_receive(64, n);
	want_from(2, 65, UINT32_MAX);
	lab_receive(64, n);
	lab_receive(65, n);
	set_filter(3, NULL, 0);
	lab_receive(64, n);
	want_from(2, UINT32_MAX, UINT32_MAX);
	lab_receive(64, n);
	assert_int_equal(counters()->received.rejected, 2 * n);
	assert_int_equal(counters()->received.unsampled + counters()->received.chosen, 3 * n);
	assert_true(counters()->received.unsampled > 0);
	assert_true(counters()->received.lost > 0);
	assert_int_equal(drain(), taken_now());
}

static void rate_one_takes_all(void **state)
{
	struct xdps_request request = everything;

	request.snaplen = 64;
	lab_load(request);
	lab_receive(60, 5000);
	assert_int_equal(taken_now(), 5000);
	assert_int_equal(counters()->received.rejected, 0);
	assert_int_equal(counters()->received.unsampled, 0);
	assert_int_equal(counters()->received.lost, 0);
	assert_int_equal(drain(), 5000);
}

static void full_ring_loses(void **state)
{
	const uint64_t n = 100000;
	struct xdps_request request = everything;
	uint64_t taken;

	request.snaplen = 64;
	request.buffer_bytes = 1;			/* the smallest there is */
	lab_load(request);
	lab_receive(64, n);
	taken = taken_now();
	assert_true(taken > 0 && taken < n);
	assert_int_equal(taken + counters()->received.lost, n);
	assert_int_equal(counters()->ringless, 0);
	assert_int_equal(counters()->received.unsampled, 0);
	assert_int_equal(drain(), taken);

	lab_receive(64, 10);
	assert_int_equal(taken_now(), taken + 10);
	assert_int_equal(drain(), 10);
}

static void no_ring_loses(void **state)
{
	uint32_t cpu = lab.cpus.online[0];

	lab_load(everything);
	if (lab.kind == XDPS_RING_PERF)
		assert_int_equal(bpf_map_delete_elem(lab.rings.map_fd, &cpu), 0);
	else
		counters()->ring = XDPS_NO_RING;
	lab_receive(60, 7);
	assert_int_equal(counters()->received.lost, 7);
	assert_int_equal(counters()->ringless, 7);
	assert_int_equal(taken_now(), 0);
}

/* What was added last, seen by its reader: how many packets are in it. */
static unsigned int packets_in_added(void)
{
	const struct xdps_rings *r = &lab.rings;
	const size_t page_bytes = sysconf(_SC_PAGESIZE);
	const size_t map_bytes = r->kind == XDPS_RING_PERF ? page_bytes + r->ring_bytes :
				 xdps_ring_map_bytes(1, r->ring_bytes);
	void *map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			 r->fds[r->n_fds - 1], 0);
	struct xdps_ring ring;
	unsigned int n = 0;
	uint64_t mono_ns;

	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(r->kind == XDPS_RING_PERF ?
		xdps_ring_init_perf(&ring, map, map_bytes, page_bytes) :
		xdps_ring_init_map(&ring, map, r->ring_bytes, r->n - 1, lab.counters,
				   lab.cpus.n_possible), 0);
	for (; xdps_ring_peek(&ring, &mono_ns); n++)
		xdps_ring_advance(&ring);
	munmap(map, map_bytes);
	return n;
}

/* As if the second CPU had not been online when the capture began. */
static void ring_can_be_added(void **state)
{
	const uint32_t cpu = lab.cpus.online[1];

	if (lab.cpus.n_online < 2) {
		print_message("# one CPU only\n");
		skip();
	}
	lab.cpus.n_online = 1;
	lab_load(everything);
	run_on_cpu(cpu);
	lab_receive(60, 7);
	assert_int_equal(counters()->ringless, 7);

	assert_int_equal(xdps_rings_supply(&lab.rings, &everything, cpu, counters(), &err),
			 XDPS_SUPPLY_ADDED);
	assert_int_equal(lab.rings.n, 2);
	lab_receive(1514, 10);
	assert_int_equal(counters()->ringless, 7);
	assert_int_equal(taken_now(), 10);
	assert_int_equal(packets_in_added(), 10);
}

/* Also one that was not dead: the reader sees no difference. */
static void ring_can_be_renewed(void **state)
{
	lab_load(everything);
	lab_receive(60, 5);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(xdps_rings_supply(&lab.rings, &everything, lab.cpus.online[0],
						   counters(), &err),
				 lab.kind == XDPS_RING_PERF ? XDPS_SUPPLY_RENEWED :
							      XDPS_SUPPLY_NOTHING);
		lab_receive(60, 5);
	}
	assert_int_equal(taken_now(), 20);
	assert_int_equal(drain(), 20);
}

static void each_cpu_for_itself(void **state)
{
	lab_load(everything);
	for (unsigned int i = 0; i < lab.cpus.n_online; i++) {
		run_on_cpu(lab.cpus.online[i]);
		lab_receive(60, 10 + i);
	}
	for (unsigned int i = 0; i < lab.cpus.n_online; i++) {
		run_on_cpu(lab.cpus.online[i]);
		assert_int_equal(taken_now(), 10 + i);
		assert_int_equal(drain(), 10 + i);
	}
}

static void stamped_when_it_ran(void **state)
{
	uint64_t before_ns, after_ns, last_ns = 0;

	lab_load(everything);
	before_ns = clock_ns(CLOCK_MONOTONIC);
	lab_receive(60, 100);
	after_ns = clock_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < 100; i++) {
		uint64_t mono_ns = lab_take().mono_ns;

		assert_in_range(mono_ns, before_ns, after_ns);
		assert_true(mono_ns >= last_ns);
		last_ns = mono_ns;
	}
}

/*
 * What CLOCK_TAI - CLOCK_MONOTONIC is for certain: between these two.  The
 * smallest interval of many, because anything may come between two readings.
 */
static void measure_tai_offset(int64_t *min_ns, int64_t *max_ns)
{
	*min_ns = INT64_MIN;
	*max_ns = INT64_MAX;
	for (int i = 0; i < 1000; i++) {
		int64_t before_ns = clock_ns(CLOCK_MONOTONIC);
		int64_t tai_ns = clock_ns(CLOCK_TAI);
		int64_t after_ns = clock_ns(CLOCK_MONOTONIC);

		if (tai_ns - after_ns > *min_ns)
			*min_ns = tai_ns - after_ns;
		if (tai_ns - before_ns < *max_ns)
			*max_ns = tai_ns - before_ns;
	}
}

static void dated_by_tai(void **state)
{
	int64_t min_ns, max_ns, tai_offset_ns;

	lab_load(everything);
	if (!lab.object.own->rodata->config.tai) {
		print_message("# this kernel has no bpf_ktime_get_tai_ns (before 6.1)\n");
		skip();
	}
	/* an interrupt may fall between the two clocks, but not for ever */
	lab_receive(60, 100);
	drain();
	lab_receive(60, 1);
	lab_take_dated(&tai_offset_ns);
	measure_tai_offset(&min_ns, &max_ns);
	if (tai_offset_ns < min_ns || tai_offset_ns > max_ns + XDPS_TAI_OFFSET_ERROR_NS)
		fail_msg("an offset of %" PRId64 " ns is not within %" PRId64 " and %" PRId64,
			 tai_offset_ns, min_ns, max_ns + XDPS_TAI_OFFSET_ERROR_NS);
}

/*
 * The first packet of all has the chance of all others: one in four here, in 400 samplers
 * of which each meets one.
 */
static void first_has_its_chance(void **state)
{
	const struct xdps_cpu as_new = { .ring = counters_ring(), .wake_at = XDPS_NEVER };
	struct xdps_request request = everything;
	int n_taken = 0;

	request.rate = 4;
	lab_load(request);
	for (int i = 0; i < 400; i++) {
		*counters() = as_new;
		lab_receive(60, 1);
		n_taken += counters()->received.chosen;
	}
	assert_in_range(n_taken, 100 - 44, 100 + 44);	/* five standard deviations */
}

static uint64_t n_gaps_of(uint32_t rate)
{
	struct xdps_request request = everything;
	uint64_t n_gaps;

	request.rate = rate;
	lab_load(request);
	n_gaps = lab.object.own->rodata->config.n_gaps;
	lab_renew();
	return n_gaps;
}

static void rates_are_exact(void **state)
{
	assert_true(n_gaps_of(1) == 1);
	assert_true(n_gaps_of(2) == 3);
	assert_true(n_gaps_of(1000) == 1999);
	assert_true(n_gaps_of(UINT32_MAX) == 2 * (uint64_t)UINT32_MAX - 1);
}

static void rings_are_sized(void **state)
{
	struct xdps_request request = everything;

	request.snaplen = 96;
	lab_load(request);
	assert_default_size(lab.rings.kind, lab.rings.n, lab.rings.ring_bytes);

	lab_renew();
	request.buffer_bytes = lab.cpus.n_online * 300000ull;
	lab_load(request);
	assert_int_equal(lab.rings.ring_bytes, 1 << 19);

	lab_renew();
	request.buffer_bytes = 1;
	lab_load(request);
	assert_int_equal(lab.rings.ring_bytes, sysconf(_SC_PAGESIZE));

	lab_renew();
	request.snaplen = XDPS_SNAPLEN_MAX;
	lab_load(request);
	assert_int_equal(lab.rings.ring_bytes, 1 << 17);
}

static void refused_map_is_explained(void **state)
{
	const struct xdps_load no_room = {
		.request = &everything, .fragments = &lab.fragments, .rings = &lab.rings,
		.n_cpus = 0, .doing = "loading",
	};

	assert_int_equal(xdps_rings_open(&lab.rings, &everything, &lab.cpus, NULL, "loading",
					 &err), XDPS_OK);
	assert_int_equal(xdps_object_load(&lab.object, &no_room, &err), XDPS_FAILED);
	assert_null(lab.object.own);
	if (strncmp(err.text, "loading: ", 9) ||
	    !strstr(err.text, "cpus"))
		fail_msg("\"%s\"", err.text);
}

/* What the doorbell's descriptor says, and how often it has been rung. */
static bool rings_now(void)
{
	struct pollfd p = { .fd = lab.rings.doorbell_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void rings_when_asked(void **state)
{
	struct xdps_doorbell doorbell;

	lab_load(everything);
	xdps_doorbell_init(&doorbell);
	assert_int_equal(xdps_doorbell_open(&doorbell, lab.rings.doorbell_fd,
					    sysconf(_SC_PAGESIZE)), 0);
	lab_receive(60, 10);
	assert_false(rings_now());

	assert_true(xdps_ring_arm(reader(),
				  reader()->tail + xdps_ring_pending_bytes(reader()) + 97));
	lab_receive(60, 1);
	assert_false(rings_now());
	lab_receive(60, 1);
	assert_true(rings_now());
	assert_true(counters()->wake_at == XDPS_NEVER);
	xdps_doorbell_answer(&doorbell);
	assert_false(rings_now());
	lab_receive(60, 10);
	assert_false(rings_now());
	assert_int_equal(drain(), 22);
	xdps_doorbell_close(&doorbell);
}

/* Rung more often than it has room for, and never answered. */
static void unanswered_doorbell_costs_nothing(void **state)
{
	const int n = 2 * sysconf(_SC_PAGESIZE) / 16;

	lab_load(everything);
	for (int i = 0; i < n; i++) {
		counters()->wake_at = 0;
		lab_receive(60, 1);
	}
	assert_true(rings_now());
	assert_int_equal(counters()->received.lost, 0);
	assert_int_equal(drain(), n);
}

/* Begun at every eighth byte of a small ring. */
static void comes_out_whole_wherever_it_lies(void **state)
{
	struct xdps_request request = everything;

	request.snaplen = 1500;
	request.buffer_bytes = 1;
	lab_load(request);
	for (unsigned int i = 0; i < lab.rings.ring_bytes / 8 + 10; i++) {
		/* 1512 = 189 * 8 bytes with what stands before them; 189 is odd */
		lab_receive(1480, 1);
		lab_take_part(1480, 1480);
		xdps_ring_free(reader());
	}
	assert_int_equal(reader()->broken, 0);
}

/* As it could be while another program of this CPU is in the middle of it. */
static void who_interrupts_loses(void **state)
{
	lab_load(everything);
	counters()->writing = 1;
	lab_receive(60, 3);
	assert_int_equal(counters()->received.lost, 3);
	assert_int_equal(drain(), 0);
	counters()->writing = 0;
	lab_receive(60, 2);
	assert_int_equal(counters()->writing, 0);
	assert_int_equal(drain(), 2);
}

/* The reader may write what it has mapped; the packets' way does not change. */
static void mad_reader_harms_itself(void **state)
{
	static const uint64_t numbers[] = {
		0, 1, 7, 4095, 1ull << 17, (1ull << 17) + 1, 1ull << 28, 1ull << 29,
		UINT32_MAX, 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX - 7, UINT64_MAX,
	};

	lab_load(everything);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		for (size_t j = 0; j < ARRAY_SIZE(numbers); j++) {
			counters()->head = numbers[i];
			counters()->tail = numbers[j];
			counters()->wake_at = numbers[(i + j) % ARRAY_SIZE(numbers)];
			counters()->ring = j % 3 ? counters_ring() : (uint32_t)numbers[i];
			assert_passes_unchanged(bpf_program__fd(lab.object.entry), 1500);
		}
}

int main(void)
{
	const struct CMUnitTest of_both[] = {
		SENTENCE("The entry passes every packet on, unchanged", entry_passes_all),
		SENTENCE("The sampler passes every packet on, unchanged", sampler_passes_all),
		SENTENCE("A packet that is not chosen passes, unchanged", unsampled_passes),
		SENTENCE("A packet that the filter rejects passes, unchanged", rejected_passes),
		SENTENCE("With its slot empty the entry passes every packet on", empty_slot_passes),
		SENTENCE("The sampler can be taken out and put back under way", sampler_can_be_replaced),
		SENTENCE("A record holds the packet and its length", record_holds_packet),
		SENTENCE("The kernel copies no more than the snapshot length", kernel_cuts),
		SENTENCE("A snapshot length of one byte is obeyed", one_byte_snaplen),
		SENTENCE("A packet of 9000 bytes in fragments comes out whole", jumbo_is_whole),
		SENTENCE("A packet in fragments is cut anywhere", jumbo_is_cut_anywhere),
		SENTENCE("1 in N packets is sampled, and every packet is counted", rate_is_kept),
		SENTENCE("Sampled packets are chosen at random", chosen_by_chance),
		SENTENCE("Every packet is counted once, whatever the filter", every_packet_is_counted_once),
		SENTENCE("A rate of 1 takes every packet", rate_one_takes_all),
		SENTENCE("A full ring loses packets, counts each, and takes more when read", full_ring_loses),
		SENTENCE("Packets of a CPU without a ring are counted as lost", no_ring_loses),
		SENTENCE("A CPU gets a ring under way, and its packets are taken", ring_can_be_added),
		SENTENCE("A ring can be renewed under way, and no packet is lost", ring_can_be_renewed),
		SENTENCE("Each CPU has a ring and counters of its own", each_cpu_for_itself),
		SENTENCE("Packets are stamped when the program ran, in order", stamped_when_it_ran),
		SENTENCE("The offset to TAI dates a packet rightly", dated_by_tai),
		SENTENCE("Rates are exact, up to the largest", rates_are_exact),
		SENTENCE("Rings are as large as asked, and hold two packets at least", rings_are_sized),
		SENTENCE("What the kernel refuses is explained", refused_map_is_explained),
		SENTENCE("The first packets have the same chance as all others", first_has_its_chance),
		SENTENCE("A packet comes out whole, wherever in the ring it lies",
			 comes_out_whole_wherever_it_lies),
	};
	const struct CMUnitTest of_maps[] = {
		SENTENCE("The doorbell is rung once, when what was asked for is there", rings_when_asked),
		SENTENCE("A doorbell that nobody answers costs no packet", unanswered_doorbell_costs_nothing),
		SENTENCE("A packet that interrupts the program on its CPU is lost, and damages no other", who_interrupts_loses),
		SENTENCE("A reader that writes nonsense harms nobody else", mad_reader_harms_itself),
	};
	struct CMUnitTest all[2 * ARRAY_SIZE(of_both) + ARRAY_SIZE(of_maps)];
	size_t n = 0;

	n += of_kind(all + n, XDPS_RING_MAP, of_both, ARRAY_SIZE(of_both), NULL, NULL);
	n += of_kind(all + n, XDPS_RING_MAP, of_maps, ARRAY_SIZE(of_maps), NULL, NULL);
	of_kind(all + n, XDPS_RING_PERF, of_both, ARRAY_SIZE(of_both), NULL, NULL);
	return LAB_RUN("program", all);
}

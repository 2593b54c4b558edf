// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_trace.c: the programs beside another XDP program do what they should.
 *
 * The other one does with each packet what the packet says (traced.h), run by
 * BPF_PROG_TEST_RUN as a network card would run it.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../unit/of_kind.h"
#include "traced_lab.h"

#define LOOPBACK 1			/* where a test run's packets come from */
#define ETH_BYTES 14			/* less is no packet for the kernel */
#define BEHIND_LINEAR_BYTES 5000	/* more than a packet has in one piece */
#define JUMBO_BYTES LAB_PACKET_BYTES
#define ORDER_BYTES sizeof(struct traced_order)
#define N_ACTIONS (XDP_REDIRECT + 1)
#define QUEUES 3
#define FLOOD_PACKETS 10000		/* at a time: between two the kernel takes its time */

static bool in_own_namespace;

static const struct xdps_request at_entry = {
	.rate = 1, .snaplen = XDPS_SNAPLEN_MAX, .point = XDPS_POINT_ENTRY,
};

static const struct xdps_request at_exit = {
	.rate = 1, .snaplen = XDPS_SNAPLEN_MAX, .point = XDPS_POINT_EXIT,
};

static const struct traced_order pass = { .verdict = XDP_PASS };

/* All that may be done to a packet of `bytes`, one by one and together. */
static const struct {
	uint32_t bytes;
	struct traced_order order;
} changes[] = {
	{ 60, { .verdict = XDP_PASS } },
	{ ETH_BYTES, { .verdict = XDP_TX } },
	{ 60, { .verdict = XDP_PASS, .change = 0xff } },
	{ 60, { .verdict = XDP_DROP, .cut_head_bytes = 14 } },
	{ 1514, { .verdict = XDP_PASS, .cut_head_bytes = 200 } },
	{ 60, { .verdict = XDP_TX, .grow_head = 1 } },
	{ 60, { .verdict = XDP_PASS, .cut_tail_bytes = 46 } },
	{ 1514, { .verdict = XDP_PASS, .cut_tail_bytes = 1454 } },
	{ 600, { .verdict = XDP_PASS, .cut_tail_bytes = 89 } },
	{ 60, { .verdict = XDP_PASS, .grow_tail = 1 } },
	{ 500, { .verdict = XDP_REDIRECT, .grow_tail = 1 } },
	{ 590, { .verdict = XDP_ABORTED, .change = 1, .grow_head = 1, .cut_tail_bytes = 100 } },
	{ 590, { .verdict = XDP_TX, .change = 7, .cut_head_bytes = 9, .grow_tail = 1 } },
};

/* Every number that a program may return, and what the kernel takes it for. */
static const struct {
	uint32_t verdict, action;
} verdicts[] = {
	{ XDP_ABORTED, XDP_ABORTED }, { XDP_DROP, XDP_DROP }, { XDP_PASS, XDP_PASS },
	{ XDP_TX, XDP_TX }, { XDP_REDIRECT, XDP_REDIRECT },
	{ XDP_REDIRECT + 1, XDP_ABORTED }, { 31, XDP_ABORTED }, { 32, XDP_ABORTED },
	{ 255, XDP_ABORTED }, { 256 + XDP_PASS, XDP_ABORTED }, { 1u << 16 | XDP_TX, XDP_ABORTED },
	{ 1u << 31, XDP_ABORTED }, { UINT32_MAX, XDP_ABORTED },
};

/* The packet as it comes in, and as it should be afterwards. */
static void came_in(struct traced_order order, uint32_t bytes, struct outcome *out)
{
	out->bytes = bytes;
	memcpy(out->data, packet, bytes);
	memcpy(out->data, &order, ORDER_BYTES);
}

static void went_out(struct traced_order order, uint32_t bytes, struct outcome *out)
{
	came_in(order, bytes, out);
	out->verdict = order.verdict;
	out->data[ORDER_BYTES] ^= order.change;
	out->data[ORDER_BYTES + 1] ^= order.change;
	out->bytes -= order.cut_tail_bytes;
	if (order.grow_tail) {
		memset(out->data + out->bytes, 0, TRACED_ROOM_BYTES);
		out->bytes += TRACED_ROOM_BYTES;
	}
	out->bytes -= order.cut_head_bytes;
	memmove(out->data, out->data + order.cut_head_bytes, out->bytes);
	if (order.grow_head) {
		memmove(out->data + TRACED_ROOM_BYTES, out->data, out->bytes);
		memset(out->data, TRACED_FILL, TRACED_ROOM_BYTES);
		out->bytes += TRACED_ROOM_BYTES;
	}
}

/* Comes in, and is treated as if nobody looked. */
static void receive(struct traced_order order, uint32_t bytes)
{
	static struct outcome wanted, out;

	went_out(order, bytes, &wanted);
	traced_receive(order, bytes, &out);
	assert_int_equal(out.verdict, wanted.verdict);
	assert_int_equal(out.bytes, wanted.bytes);
	assert_memory_equal(out.data, wanted.data, wanted.bytes);
}

/* Takes one: these bytes of `caplen`, from the only queue of the loopback. */
static void assert_taken(const struct outcome *wanted, uint32_t caplen, uint32_t action)
{
	const struct xdps_packet pkt = lab_take();

	assert_int_equal(pkt.len, wanted->bytes);
	assert_int_equal(pkt.caplen, caplen);
	assert_memory_equal(pkt.data, wanted->data, caplen);
	assert_int_equal(pkt.action, action);
	assert_int_equal(pkt.queue, 0);
	assert_int_equal(pkt.filter, XDPS_FILTER_FIRST);
}

static void assert_counts(uint64_t rejected, uint64_t unsampled, uint64_t chosen)
{
	assert_int_equal(counters()->received.rejected, rejected);
	assert_int_equal(counters()->received.unsampled, unsampled);
	assert_int_equal(counters()->received.chosen, chosen);
}

static void entry_is_before(void **state)
{
	static struct outcome wanted;

	traced_lab_load(at_entry, LOOPBACK);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		receive(changes[i].order, changes[i].bytes);
		came_in(changes[i].order, changes[i].bytes, &wanted);
		assert_taken(&wanted, wanted.bytes, XDPS_ACTION_NONE);
	}
	assert_int_equal(drain(), 0);
	assert_counts(0, 0, ARRAY_SIZE(changes));
}

static void exit_is_after(void **state)
{
	static struct outcome wanted;

	traced_lab_load(at_exit, LOOPBACK);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		receive(changes[i].order, changes[i].bytes);
		went_out(changes[i].order, changes[i].bytes, &wanted);
		assert_taken(&wanted, wanted.bytes, changes[i].order.verdict);
	}
	assert_int_equal(drain(), 0);
	assert_counts(0, 0, ARRAY_SIZE(changes));
}

static void verdicts_are_recorded(void **state)
{
	traced_lab_load(at_exit, LOOPBACK);
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		receive((struct traced_order){ .verdict = verdicts[i].verdict }, 60);
		assert_int_equal(lab_take().action, verdicts[i].action);
	}
	assert_int_equal(drain(), 0);
}

/* Of each verdict one packet, and of these the ones that the set has. */
static void takes_actions(uint32_t actions)
{
	struct xdps_request request = at_exit;
	uint64_t taken = 0;

	request.actions = actions;
	traced_lab_load(request, LOOPBACK);
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		const struct traced_order order = { .verdict = verdicts[i].verdict };

		receive(order, 60 + i);
		if (!(actions & 1u << verdicts[i].action))
			continue;
		taken++;
		if (lab_take().len != 60 + i)
			fail_msg("of set %#x not that of verdict %u", actions, order.verdict);
	}
	assert_int_equal(drain(), 0);
	assert_counts(ARRAY_SIZE(verdicts) - taken, 0, taken);
	lab_renew();
}

static void every_set_of_actions(void **state)
{
	for (uint32_t actions = 1; actions < 1u << N_ACTIONS; actions++)
		takes_actions(actions);
}

/* The filter is asked only about packets that have the right verdict. */
static void action_and_filter(void **state)
{
	struct xdps_request request = at_exit;

	request.actions = 1u << XDP_DROP;
	traced_lab_load(request, LOOPBACK);
	want_from(2, 100, UINT32_MAX);
	for (uint32_t verdict = 0; verdict < N_ACTIONS; verdict++) {
		receive((struct traced_order){ .verdict = verdict }, 99);
		receive((struct traced_order){ .verdict = verdict }, 100);
	}
	assert_counts(2 * N_ACTIONS - 1, 0, 1);
	assert_int_equal(lab_take().len, 100);
	/* what it leaves to user space is of these, too */
	set_filter(3, NULL, 0);
	receive((struct traced_order){ .verdict = XDP_PASS }, 60);
	receive((struct traced_order){ .verdict = XDP_DROP }, 61);
	assert_counts(2 * N_ACTIONS, 0, 2);
	assert_int_equal(lab_take().len, 61);
}

/* At exit a filter sees what the program made of the packet. */
static void filter_at_its_point(void **state)
{
	const struct traced_order order = {
		.verdict = XDP_TX, .grow_head = 1, .cut_tail_bytes = 40,
	};
	/* what is written in front, and the length with it */
	const struct xdps_insn is_filled[] = {
		{ .code = BPF_LD | BPF_B | BPF_ABS, .k = TRACED_ROOM_BYTES - 1 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .jf = 3, .k = TRACED_FILL },
		{ .code = BPF_LD | BPF_W | BPF_LEN },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .jf = 1, .k = 100 - 40 + TRACED_ROOM_BYTES },
		{ .code = BPF_RET | BPF_K, .k = 50 },
		{ .code = BPF_RET | BPF_K, .k = 0 },
	};

	traced_lab_load(at_exit, LOOPBACK);
	set_filter(2, is_filled, ARRAY_SIZE(is_filled));
	receive(order, 100);
	receive(pass, 76);
	assert_counts(1, 0, 1);
	assert_int_equal(lab_take().caplen, 50);

	lab_renew();
	traced_lab_load(at_entry, LOOPBACK);
	set_filter(2, is_filled, ARRAY_SIZE(is_filled));
	receive(order, 100);
	assert_counts(1, 0, 0);
}

static void kernel_cuts(void **state)
{
	static struct outcome wanted;
	struct xdps_request request = at_exit;

	request.snaplen = 61;
	traced_lab_load(request, LOOPBACK);
	for (uint32_t bytes = 60; bytes <= 62; bytes++) {
		receive(pass, bytes);
		went_out(pass, bytes, &wanted);
		assert_taken(&wanted, bytes < 61 ? bytes : 61, XDP_PASS);
	}
	receive(pass, 1000);
	assert_int_equal(xdps_ring_pending_bytes(reader()),
			 ((lab.kind == XDPS_RING_PERF ? 8 + 4 : 0) +
			  sizeof(struct xdps_record) + 61 + 7) / 8 * 8);
	went_out(pass, 1000, &wanted);
	assert_taken(&wanted, 61, XDP_PASS);

	want_from(2, 0, 30);
	receive(pass, 1000);
	assert_int_equal(lab_take().caplen, 30);
}

/* The longest copy that the filter gets is no limit to what comes out. */
static void lengths_around_the_copy(void **state)
{
	static struct outcome wanted;

	traced_lab_load(at_entry, LOOPBACK);
	for (uint32_t bytes = XDPS_COPY_BYTES - 2; bytes <= XDPS_COPY_BYTES + 1; bytes++) {
		receive(pass, bytes);
		came_in(pass, bytes, &wanted);
		assert_taken(&wanted, bytes, XDPS_ACTION_NONE);
	}
}

static void jumbo_at(struct xdps_request request, struct traced_order order)
{
	static struct outcome wanted;
	const bool entry = request.point == XDPS_POINT_ENTRY;

	receive(order, JUMBO_BYTES);
	(entry ? came_in : went_out)(order, JUMBO_BYTES, &wanted);
	assert_taken(&wanted, wanted.bytes < request.snaplen ? wanted.bytes : request.snaplen,
		     entry ? XDPS_ACTION_NONE : order.verdict);
}

static void jumbo_is_whole(void **state)
{
	/* into the fragments, to their end, and into the linear part */
	static const uint16_t cuts[] = { 0, 1, 1000, 4000, 5000, 5600, 8000, 8900 };

	for (int exit = 0; exit < 2; exit++) {
		const struct xdps_request request = exit ? at_exit : at_entry;

		traced_lab_load(request, LOOPBACK);
		if (lab_has_no_fragments())
			skip();
		for (size_t i = 0; i < ARRAY_SIZE(cuts); i++)
			jumbo_at(request, (struct traced_order){ .verdict = XDP_DROP,
							     .cut_tail_bytes = cuts[i] });
		jumbo_at(request, (struct traced_order){ .verdict = XDP_PASS, .change = 9,
						     .cut_head_bytes = 200 });
		jumbo_at(request, (struct traced_order){ .verdict = XDP_PASS, .grow_head = 1,
						     .cut_tail_bytes = 3000 });
		assert_int_equal(drain(), 0);
		lab_renew();
	}
}

static void jumbo_is_cut_anywhere(void **state)
{
	static const uint32_t cuts[] = { 96, 511, 512, 3000, 4096, 8191, 8999 };

	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct xdps_request request = at_exit;

		request.snaplen = cuts[i];
		traced_lab_load(request, LOOPBACK);
		if (lab_has_no_fragments())
			skip();
		jumbo_at(request, pass);
		lab_renew();
	}
}

/* A byte that a filter does not see: behind its copy, or in the fragments. */
static void undecided_comes_whole(void **state)
{
	struct xdps_insn insns[] = {
		{ .code = BPF_LD | BPF_B | BPF_ABS },
		{ .code = BPF_RET | BPF_K, .k = 10 },
	};
	struct xdps_request request = at_exit;
	struct xdps_packet pkt;
	uint32_t at;

	request.snaplen = 1;
	traced_lab_load(request, LOOPBACK);
	at = lab.object.memory == XDPS_MEMORY_COPY ? XDPS_COPY_BYTES - 1 : BEHIND_LINEAR_BYTES;
	insns[0].k = at;
	set_filter(2, insns, ARRAY_SIZE(insns));
	receive(pass, at);
	assert_counts(1, 0, 0);
	receive(pass, at + 1);
	pkt = lab_take();
	assert_int_equal(pkt.filter, XDPS_FILTER_UNDECIDED);
	assert_int_equal(pkt.caplen, at + 1);
	/* as it is at exit: now it has not so many any more */
	receive((struct traced_order){ .verdict = XDP_PASS, .cut_tail_bytes = 1 }, at + 1);
	assert_counts(2, 0, 1);
	if (lab_has_no_fragments())
		return;
	receive(pass, JUMBO_BYTES);
	pkt = lab_take();
	assert_int_equal(pkt.filter, XDPS_FILTER_UNDECIDED);
	assert_int_equal(pkt.caplen, JUMBO_BYTES);
	assert_memory_equal(pkt.data, packet, JUMBO_BYTES);
}

/* A queue of its own for each descriptor; the interface goes with them. */
static int make_tap(int *fds)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "xdpstest%%d");
	for (int i = 0; i < QUEUES; i++) {
		fds[i] = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		if (fds[i] < 0 || ioctl(fds[i], TUNSETIFF, &ifr))
			fail_msg("making an interface: %s", strerror(errno));
	}
	return if_nametoindex(ifr.ifr_name);
}

static void close_tap(const int *fds)
{
	for (int i = 0; i < QUEUES; i++)
		close(fds[i]);
}

static bool skip_without_namespace(void)
{
	if (in_own_namespace)
		return false;
	print_message("# needs CAP_SYS_ADMIN, to make interfaces in a namespace of its own\n");
	return true;
}

static bool skip_without_interfaces(int rc)
{
	if (!rc)
		return false;
	if (rc != -EINVAL)
		fail_msg("a packet from an interface: %s", strerror(-rc));
	print_message("# this kernel's test runs know only the loopback (before 5.15)\n");
	return true;
}

static void queue_is_recorded(void **state)
{
	int ifindex, rc = 0, fds[QUEUES];

	if (skip_without_namespace())
		skip();
	ifindex = make_tap(fds);
	traced_lab_load(at_entry, ifindex);
	for (uint32_t queue = 0; !rc && queue < QUEUES; queue++) {
		rc = traced_receive_from(ifindex, queue, 60);
		if (!rc)
			assert_int_equal(lab_take().queue, queue);
	}
	traced_lab_detach();
	close_tap(fds);
	if (skip_without_interfaces(rc))
		skip();
}

/* What comes elsewhere is not only not taken, it is not seen. */
static void only_one_interface(void **state)
{
	int ifindex, rc, fds[QUEUES];

	if (skip_without_namespace())
		skip();
	ifindex = make_tap(fds);
	traced_lab_load(at_exit, ifindex);
	receive(pass, 60);
	assert_counts(0, 0, 0);
	assert_int_equal(drain(), 0);
	rc = traced_receive_from(ifindex, 1, 61);
	if (!rc) {
		assert_counts(0, 0, 1);
		assert_int_equal(lab_take().len, 61);
	}

	lab_renew();
	traced_lab_load(at_entry, LOOPBACK);
	if (!rc)
		rc = traced_receive_from(ifindex, 2, 61);
	receive(pass, 60);
	assert_counts(0, 0, 1);
	assert_int_equal(lab_take().len, 60);
	traced_lab_detach();
	close_tap(fds);
	if (skip_without_interfaces(rc))
		skip();
}

/* Through every change, each packet is in one count. */
static void counted_once(struct xdps_request request)
{
	const uint64_t n = 5000;

	request.rate = 2;
	request.snaplen = 64;
	request.buffer_bytes = 1;			/* for it to be full */
	traced_lab_load(request, LOOPBACK);
	traced_receive_times(pass, 64, n);
	want_from(2, 65, UINT32_MAX);
	traced_receive_times(pass, 64, n);
	traced_receive_times(pass, 65, n);
	set_filter(3, NULL, 0);
	traced_receive_times(pass, 64, n);
	assert_int_equal(counters()->received.rejected, n);
	assert_int_equal(counters()->received.unsampled + counters()->received.chosen, 3 * n);
	assert_in_range(counters()->received.unsampled, n, 2 * n);
	assert_true(counters()->received.lost > 0);
	assert_int_equal(drain(), counters()->received.chosen - counters()->received.lost);
	lab_renew();
}

static void every_packet_is_counted_once(void **state)
{
	struct xdps_request request = at_exit;

	counted_once(at_entry);
	counted_once(at_exit);
	request.actions = 1u << XDP_PASS | 1u << XDP_TX;
	counted_once(request);
}

static void full_ring_loses(void **state)
{
	const uint64_t n = 20000;
	struct xdps_request request = at_entry;
	uint64_t taken;

	request.snaplen = 64;
	request.buffer_bytes = 1;			/* the smallest there is */
	traced_lab_load(request, LOOPBACK);
	traced_receive_times(pass, 64, n);
	taken = counters()->received.chosen - counters()->received.lost;
	assert_true(taken > 0 && taken < n);
	assert_counts(0, 0, n);
	assert_int_equal(drain(), taken);

	traced_receive_times(pass, 64, 10);
	assert_counts(0, 0, n + 10);
	assert_int_equal(counters()->received.lost, n - taken);
	assert_int_equal(drain(), 10);
}

static void no_ring_loses(void **state)
{
	uint32_t cpu = lab.cpus.online[0];

	traced_lab_load(at_entry, LOOPBACK);
	if (lab.kind == XDPS_RING_PERF)
		assert_int_equal(bpf_map_delete_elem(lab.rings.map_fd, &cpu), 0);
	else
		counters()->ring = XDPS_NO_RING;
	traced_receive_times(pass, 60, 7);
	assert_counts(0, 0, 7);
	assert_int_equal(counters()->received.lost, 7);
	assert_int_equal(drain(), 0);
}

static void each_cpu_for_itself(void **state)
{
	traced_lab_load(at_exit, LOOPBACK);
	for (unsigned int i = 0; i < lab.cpus.n_online; i++) {
		run_on_cpu(lab.cpus.online[i]);
		for (unsigned int n = 0; n < 10 + i; n++)
			receive(pass, 60);
	}
	for (unsigned int i = 0; i < lab.cpus.n_online; i++) {
		run_on_cpu(lab.cpus.online[i]);
		assert_counts(0, 0, 10 + i);
		assert_int_equal(drain(), 10 + i);
	}
}

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void stamped_when_it_ran(void **state)
{
	uint64_t before_ns, after_ns, last_ns = 0;

	traced_lab_load(at_exit, LOOPBACK);
	before_ns = monotonic_ns();
	for (int i = 0; i < 20; i++)
		receive(pass, 60);
	after_ns = monotonic_ns();
	for (int i = 0; i < 20; i++) {
		uint64_t mono_ns = lab_take().mono_ns;

		assert_in_range(mono_ns, before_ns, after_ns);
		assert_true(mono_ns >= last_ns);
		last_ns = mono_ns;
	}
}

static void gone_with_the_link(void **state)
{
	traced_lab_load(at_exit, LOOPBACK);
	receive(pass, 60);
	traced_lab_detach();
	receive(pass, 60);
	assert_counts(0, 0, 1);
	assert_int_equal(drain(), 1);
}

/* Packets come in on a CPU, until it is told to stop. */
struct flood {
	unsigned int cpu;
	bool stop;
	int rc;
	uint64_t n;		/* when it has stopped */
};

static void *run_flood(void *arg)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = packet, .data_size_in = 60, .repeat = FLOOD_PACKETS);
	struct flood *flood = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(flood->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		flood->rc = -errno;
		return NULL;
	}
	while (!flood->rc && !__atomic_load_n(&flood->stop, __ATOMIC_RELAXED)) {
		__atomic_store_n(&flood->rc, bpf_prog_test_run_opts(traced.fd, &opts),
				 __ATOMIC_RELAXED);
		flood->n += FLOOD_PACKETS;
	}
	return NULL;
}

/* The number of its filter is never less than that of the packet before. */
static uint64_t drain_in_order(struct xdps_ring *ring, uint32_t *filter, unsigned int *n_filters)
{
	static unsigned char scratch[XDPS_SCRATCH_BYTES];
	uint64_t mono_ns, n = 0;

	while (xdps_ring_peek(ring, &mono_ns)) {
		struct xdps_packet pkt;
		int64_t tai_offset_ns;

		xdps_ring_packet(ring, scratch, &pkt, &tai_offset_ns);
		assert_true(pkt.filter >= *filter);
		*n_filters += pkt.filter != *filter;
		*filter = pkt.filter;
		xdps_ring_advance(ring);
		n++;
	}
	return n;
}

static uint64_t seen(const struct xdps_cpu *c)
{
	const volatile struct xdps_cpu *now = c;

	return now->received.rejected + now->received.unsampled + now->received.chosen;
}

/* Every other filter wants nothing; waits until packets have met it. */
static uint64_t change_filters(const struct flood *flood, unsigned int n_changes)
{
	const struct xdps_cpu *c = &lab.counters[flood->cpu];
	uint32_t filter = XDPS_FILTER_FIRST;
	struct xdps_ring *ring;
	unsigned int n_filters = 0;
	uint64_t taken = 0;

	run_on_cpu(flood->cpu);
	ring = reader();
	run_on_cpu(lab.cpus.online[0]);
	for (unsigned int i = 0; i < n_changes; i++) {
		uint64_t before;

		want_from(2 + i, i % 2 ? 61 : 0, UINT32_MAX);
		before = seen(c);
		while (!__atomic_load_n(&flood->rc, __ATOMIC_RELAXED) && seen(c) < before + 100)
			sched_yield();
		taken += drain_in_order(ring, &filter, &n_filters);
	}
	/* each that wants something was met */
	assert_true(n_filters >= n_changes / 2);
	return taken;
}

static void replaced_in_a_flood(struct xdps_request request)
{
	struct flood flood = { .cpu = lab.cpus.online[lab.cpus.n_online - 1] };
	const struct xdps_cpu *c;
	pthread_t thread;
	uint64_t taken;

	request.snaplen = 60;
	memcpy(packet, &pass, ORDER_BYTES);
	traced_lab_load(request, LOOPBACK);
	c = &lab.counters[flood.cpu];
	assert_int_equal(pthread_create(&thread, NULL, run_flood, &flood), 0);
	taken = change_filters(&flood, 100);
	__atomic_store_n(&flood.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(flood.rc, 0);

	run_on_cpu(flood.cpu);
	taken += drain();
	print_message("# %u packets, %u taken, %u lost, %u rejected\n", (unsigned int)flood.n,
		      (unsigned int)taken, (unsigned int)c->received.lost,
		      (unsigned int)c->received.rejected);
	assert_int_equal(seen(c), flood.n);
	assert_int_equal(c->received.chosen - c->received.lost, taken);
	assert_true(taken > 0 && c->received.rejected > 0);
	lab_renew();
}

static void replaced_under_the_running(void **state)
{
	replaced_in_a_flood(at_entry);
	replaced_in_a_flood(at_exit);
}

int main(void)
{
	const struct CMUnitTest of_both[] = {
		SENTENCE("At entry a packet is seen as it came", entry_is_before),
		SENTENCE("At exit a packet is seen as the program left it, with its length then", exit_is_after),
		SENTENCE("The verdict is recorded as what the kernel takes it for", verdicts_are_recorded),
		SENTENCE("Of every set of actions exactly the packets with one of them are taken", every_set_of_actions),
		SENTENCE("With an action and a filter, only what has both is taken", action_and_filter),
		SENTENCE("The filter sees the packet as it is at its point", filter_at_its_point),
		SENTENCE("What is not wanted of a packet is not copied", kernel_cuts),
		SENTENCE("The filter's copy is no limit to a packet", lengths_around_the_copy),
		SENTENCE("A packet of 9000 bytes in fragments comes out whole, as long as it is left", jumbo_is_whole),
		SENTENCE("A packet in fragments is cut anywhere", jumbo_is_cut_anywhere),
		SENTENCE("What a filter cannot decide by the bytes that it sees comes whole", undecided_comes_whole),
		SENTENCE("The receive queue is recorded", queue_is_recorded),
		SENTENCE("Only packets of the interface that was asked for are seen", only_one_interface),
		SENTENCE("Every packet is counted once, at entry and at exit", every_packet_is_counted_once),
		SENTENCE("What a full ring loses is counted exactly", full_ring_loses),
		SENTENCE("A CPU without a ring loses, and counts it", no_ring_loses),
		SENTENCE("Each CPU has its own ring and counters", each_cpu_for_itself),
		SENTENCE("A packet has the time at which the program ran", stamped_when_it_ran),
		SENTENCE("When the link is closed nothing is seen any more", gone_with_the_link),
		SENTENCE("A filter replaced under a running program loses no packet", replaced_under_the_running),
	};
	struct CMUnitTest all[2 * ARRAY_SIZE(of_both)];
	const char *why;
	int n_failed;
	size_t n;

	n = of_kind(all, XDPS_RING_MAP, of_both, ARRAY_SIZE(of_both), NULL, NULL);
	of_kind(all + n, XDPS_RING_PERF, of_both, ARRAY_SIZE(of_both), NULL, NULL);
	in_own_namespace = !unshare(CLONE_NEWNET);
	why = traced_open();
	if (why) {
		printf("1..0 # SKIP %s\n", why);
		traced_close();
		return 0;
	}
	n_failed = LAB_RUN("trace", all);
	traced_close();
	return n_failed;
}

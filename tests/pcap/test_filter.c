// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_filter.c: who filters what: the engine gets every filter, and of its
 * packets those are judged here that it did not filter with it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

/* What the engine is given. */

static void assert_engine_has(const struct bpf_insn *insns, size_t n)
{
	assert_int_equal(fake.n_insns, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(fake.insns[i].code, insns[i].code);
		assert_int_equal(fake.insns[i].jt, insns[i].jt);
		assert_int_equal(fake.insns[i].jf, insns[i].jf);
		assert_int_equal(fake.insns[i].k, insns[i].k);
	}
}

static void the_engine_gets_the_program_once_and_unchanged(void **state)
{
	struct bpf_program prog;

	activate_nonblocking();
	assert_int_equal(fake.n_filters, 0);
	assert_int_equal(pcap_compile(p, &prog, "udp port 53", 1, PCAP_NETMASK_UNKNOWN), 0);
	assert_int_equal(pcap_setfilter(p, &prog), 0);
	assert_int_equal(fake.n_filters, 1);
	assert_true(prog.bf_len > 5);
	assert_engine_has(prog.bf_insns, prog.bf_len);
	pcap_freecode(&prog);

	fake_batch(3);
	assert_int_equal(dispatch(-1), 0);
	assert_int_equal(fake.n_filters, 1);
}

/* The engine knows best what it can do with it. */
static void a_program_of_any_length_is_for_the_engine(void **state)
{
	const u_int n = 10000;
	struct bpf_insn *insns = calloc(n, sizeof(*insns));

	assert_non_null(insns);
	activate();
	for (u_int i = 0; i < n; i++)
		insns[i] = (struct bpf_insn)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, i);
	insns[n - 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_A, 0);
	assert_int_equal(set_program(insns, n), 0);
	assert_engine_has(insns, n);
	free(insns);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
}

static void before_activate_there_is_nobody_to_filter(void **state)
{
	struct bpf_insn all = BPF_STMT(BPF_RET | BPF_K, 1000);

	assert_int_equal(set_program(&all, 1), PCAP_ERROR_NOT_ACTIVATED);
	activate();
	assert_int_equal(fake.n_filters, 0);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
}

static void each_of_many_filters_reaches_the_engine_and_holds(void **state)
{
	struct bpf_insn prog[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	activate_nonblocking();
	for (unsigned int i = 0; i < 200; i++) {
		prog[1].k = i;
		assert_int_equal(set_program(prog, ARRAY_SIZE(prog)), 0);
		assert_int_equal(fake.n_filters, i + 1);
		assert_engine_has(prog, ARRAY_SIZE(prog));
	}
	fake_batch(256);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.fill[0], 199);
}

/* What the kernel filtered. */

/* It is asked nothing here: what is set would reject them all. */
static void a_packet_that_is_filtered_comes_as_it_is(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 0, .len = 60, .caplen = 60, .filtered = true },
		{ .fill = 1, .len = 1500, .caplen = 20, .filtered = true },
		{ .fill = 2, .len = 1500, .caplen = 1, .filtered = true },
	};

	activate();
	reject_all();
	fake_packets(packets, ARRAY_SIZE(packets));
	assert_int_equal(dispatch(-1), ARRAY_SIZE(packets));
	assert_received(ARRAY_SIZE(packets));
	for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
		assert_int_equal(got.hdr[i].len, packets[i].len);
		assert_int_equal(got.hdr[i].caplen, packets[i].caplen);
	}
}

static void a_packet_that_is_not_filtered_is_judged_among_others_that_are(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 0, .len = 60, .caplen = 60, .filtered = true },
		{ .fill = 9, .len = 60, .caplen = 60 },
		{ .fill = 1, .len = 60, .caplen = 60 },
		{ .fill = 9, .len = 60, .caplen = 60 },
		{ .fill = 2, .len = 60, .caplen = 60, .filtered = true },
	};

	activate();
	assert_int_equal(set_filter("ether[0] = 1"), 0);
	fake_packets(packets, ARRAY_SIZE(packets));
	assert_int_equal(dispatch(-1), 3);
	assert_received(3);
}

static void a_packet_that_is_not_filtered_is_judged_by_its_direction(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 9, .len = 60, .caplen = 60 },
		{ .fill = 0, .len = 60, .caplen = 60, .sent = true },
	};

	activate();
	assert_int_equal(pcap_setdirection(p, PCAP_D_INOUT), 0);
	assert_int_equal(set_filter("outbound"), 0);
	fake_packets(packets, ARRAY_SIZE(packets));
	assert_int_equal(dispatch(-1), 1);
	assert_received(1);
	assert_int_equal(set_filter("inbound or ether[0] = 7"), 0);
	fake_packets(packets, ARRAY_SIZE(packets));
	assert_int_equal(dispatch(-1), 1);
}

static void a_packet_that_comes_whole_is_cut_as_filter_and_snaplen_want(void **state)
{
	static const struct fake_packet whole = { .len = 9000, .caplen = 9000 };
	static const struct {
		u_int wanted;
		int snaplen, caplen;
	} rows[] = {
		{ 0xffffffff, 96, 96 }, { 20, 96, 20 }, { 96, 96, 96 },
		{ 97, 96, 96 }, { 95, 96, 95 }, { 0xffffffff, 262144, 9000 },
	};
	struct bpf_insn prog = BPF_STMT(BPF_RET | BPF_K, 0);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tear_down(NULL);
		set_up(NULL);
		assert_int_equal(pcap_set_snaplen(p, rows[i].snaplen), 0);
		activate();
		prog.k = rows[i].wanted;
		assert_int_equal(set_program(&prog, 1), 0);
		fake_packets(&whole, 1);
		assert_int_equal(dispatch(-1), 1);
		assert_int_equal(got.hdr[0].len, 9000);
		assert_int_equal(got.hdr[0].caplen, rows[i].caplen);
	}
}

/* The filter sees all of it, the program what it asked for. */
static void a_filter_sees_more_of_a_whole_packet_than_the_program(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 0, .len = 9000, .caplen = 9000 },
		{ .fill = 1, .len = 9000, .caplen = 9000 },
	};

	assert_int_equal(pcap_set_snaplen(p, 64), 0);
	activate();
	assert_int_equal(set_filter("ether[8999] = 0"), 0);
	fake_packets(packets, ARRAY_SIZE(packets));
	assert_int_equal(dispatch(-1), 1);
	assert_received(1);
	assert_int_equal(got.hdr[0].caplen, 64);
}

/* What is not filtered. */

static void only_packets_that_pass_the_filter_are_delivered_and_counted(void **state)
{
	activate();
	assert_int_equal(set_filter("ether[0] & 1 = 1"), 0);
	fake_batch(6);
	assert_int_equal(dispatch(2), 2);
	assert_int_equal(dispatch(2), 1);
	assert_int_equal(got.fill[0], 1);
	assert_int_equal(got.fill[1], 3);
	assert_int_equal(got.fill[2], 5);
}

static void the_filters_answer_limits_the_captured_length(void **state)
{
	struct bpf_insn cut = BPF_STMT(BPF_RET | BPF_K, 20);

	activate();
	assert_int_equal(set_program(&cut, 1), 0);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.hdr[0].caplen, 20);
	assert_int_equal(got.hdr[0].len, 60);
}

static void a_filter_that_wants_more_than_there_is_changes_no_length(void **state)
{
	struct bpf_insn all = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);

	activate();
	assert_int_equal(set_program(&all, 1), 0);
	fake_batch(1);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.hdr[0].caplen, 60);
}

static void the_filter_knows_the_packets_true_length(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 0, .len = 1500, .caplen = 40 },
		{ .fill = 1, .len = 999, .caplen = 40 },
	};

	activate();
	assert_int_equal(set_filter("greater 1000"), 0);
	fake_packets(packets, ARRAY_SIZE(packets));
	assert_int_equal(dispatch(-1), 1);
	assert_received(1);
}

static void a_filter_cannot_see_what_was_not_captured(void **state)
{
	static const struct fake_packet packets[] = {
		{ .fill = 0, .len = 1500, .caplen = 101 },
		{ .fill = 0, .len = 1500, .caplen = 100 },
		{ .fill = 0, .len = 1500, .caplen = 0 },
	};

	activate();
	assert_int_equal(set_filter("ether[100] = 0"), 0);
	fake_packets(packets, ARRAY_SIZE(packets));
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.hdr[0].caplen, 101);
}

static void filter_for_number_4(void)
{
	assert_int_equal(set_filter("ether[0] = 4"), 0);
}

static void a_filter_set_in_the_callback_holds_for_the_next_packet(void **state)
{
	activate();
	assert_int_equal(set_filter("ether[0] < 200"), 0);
	fake_batch(6);
	act_at(2, filter_for_number_4);
	assert_int_equal(dispatch(-1), 3);
	assert_int_equal(got.fill[1], 1);
	assert_int_equal(got.fill[2], 4);
}

static void a_filter_holds_for_packets_that_wait_already(void **state)
{
	activate();
	fake_batch(6);
	assert_int_equal(dispatch(1), 1);
	assert_int_equal(set_filter("ether[0] = 5"), 0);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.fill[1], 5);
}

static void vlan_tags_are_looked_for_in_the_packet(void **state)
{
	static const unsigned char tagged[] = {
		0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2,
		0x81, 0x00, 0x00, 0x05, 0x08, 0x00,
	};
	const struct fake_packet packet = {
		.bytes = tagged, .len = 60, .caplen = sizeof(tagged),
	};
	struct pcap_pkthdr h;

	activate_nonblocking();
	assert_int_equal(set_filter("vlan 5"), 0);
	fake_packets(&packet, 1);
	assert_non_null(pcap_next(p, &h));
	assert_int_equal(set_filter("not vlan"), 0);
	fake_packets(&packet, 1);
	assert_null(pcap_next(p, &h));
}

static void an_invalid_filter_is_refused_and_the_old_one_stays(void **state)
{
	struct bpf_insn endless = BPF_STMT(BPF_LD | BPF_IMM, 0);

	activate();
	assert_int_equal(set_filter("ether[0] = 1"), 0);
	assert_int_equal(set_program(&endless, 1), -1);
	assert_int_equal(set_program(NULL, 0), -1);
	assert_int_equal(fake.n_filters, 1);
	fake_batch(3);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.fill[0], 1);
}

/*
 * Programs that libpcap's machine before 1.10.7 runs out of its memory, by zero or into
 * abort() with, if its validator lets them pass: some of the codes it does.  The fake
 * engine takes them all.
 */
static void a_program_that_no_machine_should_run_is_refused_here(void **state)
{
	static const struct {
		struct bpf_insn insn;
		const char *says;
	} rows[] = {
		{ BPF_STMT(BPF_ST, 16), "word 16 of scratch memory" },
		{ BPF_STMT(BPF_STX, 0x40000000), "word 1073741824 of scratch" },
		{ BPF_STMT(BPF_LD | BPF_MEM, 16), "word 16 of scratch memory" },
		{ BPF_STMT(BPF_LDX | BPF_MEM, 0xffffffff), "word 4294967295 of scratch" },
		{ BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), "divides by zero" },
		{ BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0), "divides by zero" },
		{ BPF_STMT(BPF_RET | BPF_X, 0), "which classic BPF does not define" },
		{ BPF_STMT(0xffff, 0), "which classic BPF does not define" },
		{ BPF_STMT(BPF_JMP | BPF_JA, 1), "beyond the last instruction" },
		{ BPF_STMT(BPF_JMP | BPF_JA, 0x80000000), "before the first instruction" },
		{ BPF_STMT(BPF_JMP | BPF_JA, (bpf_u_int32)-2), "before the first instruction" },
		{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), "beyond the last instruction" },
	};
	struct bpf_insn prog[] = { { 0 }, BPF_STMT(BPF_RET | BPF_K, 1000) };

	activate();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		prog[0] = rows[i].insn;
		assert_int_equal(set_program(prog, ARRAY_SIZE(prog)), -1);
		assert_non_null(strstr(pcap_geterr(p), rows[i].says));
	}
	prog[0] = prog[1];
	prog[1] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_IMM, 0);
	assert_int_equal(set_program(prog, ARRAY_SIZE(prog)), -1);
	assert_non_null(strstr(pcap_geterr(p), "does not return"));
	assert_int_equal(fake.n_filters, 0);
}

/*
 * CVE-2026-6554: libpcap's protochain goes on at 4 * (P[X + 1] + 2) behind an
 * authentication header, wherever that one was, so that one can lead to itself.
 */
static void a_packet_that_leads_protochain_in_circles_is_rejected(void **state)
{
	static const unsigned char circle[60] = {
		[12] = 0x08, [14] = 0x45, [17] = 46, [22] = 64, [23] = 51,
		[14 + 20] = 51, [14 + 21] = 3,		/* on at 4 * (3 + 2) = 20 */
	};
	static const unsigned char tcp[60] = {
		[12] = 0x08, [14] = 0x45, [17] = 46, [22] = 64, [23] = 6,
	};
	const struct fake_packet packets[] = {
		{ .bytes = circle, .len = 60, .caplen = 60 },
		{ .bytes = tcp, .len = 60, .caplen = 24 },
		{ .bytes = circle, .len = 60, .caplen = 60 },
	};
	struct pcap_pkthdr *h;
	const u_char *data;

	activate_nonblocking();
	assert_int_equal(set_filter("ip protochain 6"), 0);
	fake_packets(packets, ARRAY_SIZE(packets));
	alarm(20);
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(h->caplen, 24);
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	alarm(0);
}

static void a_filter_of_loops_only_ends_too(void **state)
{
	struct bpf_insn prog[] = {
		BPF_STMT(BPF_JMP | BPF_JA, 0),
		BPF_STMT(BPF_JMP | BPF_JA, (bpf_u_int32)-1),
		BPF_STMT(BPF_RET | BPF_K, 1000),
	};

	activate_nonblocking();
	assert_int_equal(set_program(prog, ARRAY_SIZE(prog)), 0);
	assert_engine_has(prog, ARRAY_SIZE(prog));
	fake_batch(2);
	alarm(20);
	assert_int_equal(dispatch(-1), 0);
	alarm(0);
}

static void a_filter_that_the_engine_refuses_is_an_error_and_the_old_one_stays(void **state)
{
	static const enum xdps_status statuses[] = {
		XDPS_BAD_FILTER, XDPS_NO_PERMISSION, XDPS_FAILED,
	};

	activate();
	assert_int_equal(set_filter("ether[0] = 1"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		fake.filter = (struct fake_answer){ statuses[i], "not this one" };
		assert_int_equal(set_filter("ether[0] = 2"), -1);
		assert_string_equal(pcap_geterr(p), "not this one");
		got.n = 0;
		fake_batch(256);
		assert_int_equal(dispatch(-1), 1);
		assert_int_equal(got.fill[0], 1);
	}
	fake.filter = (struct fake_answer){ XDPS_OK, "" };
	assert_int_equal(set_filter("ether[0] = 2"), 0);
	got.n = 0;
	fake_batch(256);
	assert_int_equal(dispatch(-1), 1);
	assert_int_equal(got.fill[0], 2);
}

static void without_a_filter_before_a_refused_one_leaves_none(void **state)
{
	activate();
	fake.filter = (struct fake_answer){ XDPS_BAD_FILTER, "not this one" };
	assert_int_equal(set_filter("ether[0] = 2"), -1);
	fake_batch(3);
	assert_int_equal(dispatch(-1), 3);
	assert_received(3);
}

static const struct CMUnitTest tests[] = {
	TEST(the_engine_gets_the_program_once_and_unchanged),
	TEST(a_program_of_any_length_is_for_the_engine),
	TEST(before_activate_there_is_nobody_to_filter),
	TEST(each_of_many_filters_reaches_the_engine_and_holds),
	TEST(a_packet_that_is_filtered_comes_as_it_is),
	TEST(a_packet_that_is_not_filtered_is_judged_by_its_direction),
	TEST(a_packet_that_is_not_filtered_is_judged_among_others_that_are),
	TEST(a_packet_that_comes_whole_is_cut_as_filter_and_snaplen_want),
	TEST(a_filter_sees_more_of_a_whole_packet_than_the_program),
	TEST(only_packets_that_pass_the_filter_are_delivered_and_counted),
	TEST(the_filters_answer_limits_the_captured_length),
	TEST(a_filter_that_wants_more_than_there_is_changes_no_length),
	TEST(the_filter_knows_the_packets_true_length),
	TEST(a_filter_cannot_see_what_was_not_captured),
	TEST(a_filter_set_in_the_callback_holds_for_the_next_packet),
	TEST(a_filter_holds_for_packets_that_wait_already),
	TEST(vlan_tags_are_looked_for_in_the_packet),
	TEST(an_invalid_filter_is_refused_and_the_old_one_stays),
	TEST(a_program_that_no_machine_should_run_is_refused_here),
	TEST(a_packet_that_leads_protochain_in_circles_is_rejected),
	TEST(a_filter_of_loops_only_ends_too),
	TEST(a_filter_that_the_engine_refuses_is_an_error_and_the_old_one_stays),
	TEST(without_a_filter_before_a_refused_one_leaves_none),
};

const struct suite filter_suite = { tests, ARRAY_SIZE(tests) };

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_trace_filter.c: beside another XDP program the kernel's filter is libpcap's.
 *
 * Put in by the helper, asked about packets that another program lets pass, and
 * compared with bpf_filter() by what comes out of the ring: it takes what that takes,
 * and leaves to user space exactly what that cannot judge by the bytes that a filter
 * sees here: those of the linear part, or, before Linux 6.2, of a copy.
 *
 * FILTER_SEED       what chance begins with, 1 if not set
 */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/program/filter.h"
#include "../unit/machine.h"
#include "../unit/random_filter.h"
#include "captured.h"
#include "expressions.h"
#include "filter_lab.h"
#include "packets.h"
#include "pcap_side.h"
#include "traced_lab.h"

#define LOOPBACK 1			/* where a test run's packets come from */
#define SNAPLEN 96
#define PAGE_BYTES 3000			/* of a page, what a packet can have of it */
#define EXPRESSIONS 300
#define N_COMBINED 300
#define PROGRAMS 200
#define PACKETS_EACH 40
#define COMPLAINTS_MAX 10
#define LOADS_MAX 1000			/* that can be in a filter in the kernel for sure */

/* What came of comparing many filters. */
struct counts {
	unsigned int filters;
	unsigned int left;		/* to user space: they have a loop, or are too long */
	unsigned int packets;
	unsigned int matched;
	unsigned int undecided;
	unsigned int wrong;
};

static struct packets packets;
static uint32_t visible_bytes;		/* of a packet, at most */
static bool expecting_complaints;

static uint64_t seed(void)
{
	const char *text = getenv("FILTER_SEED");

	return text && *text ? strtoull(text, NULL, 0) : 1;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Is in the ring what should be there of the packet, and nothing else? */
static bool is_as_judged(const struct packet *packet, struct judgement pcap, uint32_t number)
{
	const uint32_t all = least(packet->len, XDPS_CAPLEN_MAX);
	bool found, right;
	struct xdps_packet pkt;
	uint64_t mono_ns;

	found = xdps_ring_peek(reader(), &mono_ns);
	if (!found)
		return pcap.decided && !pcap.bytes;
	pkt = lab_take();
	assert_int_equal(pkt.len, packet->len);
	assert_memory_equal(pkt.data, packet->data, pkt.caplen);
	assert_false(xdps_ring_peek(reader(), &mono_ns));
	if (!pcap.decided)
		return pkt.filter == XDPS_FILTER_UNDECIDED && pkt.caplen == all;
	right = pkt.filter == number && pkt.caplen == least(least(all, SNAPLEN), pcap.bytes);
	return pcap.bytes && right;
}

static void compare_packet(const char *name, uint32_t number, const struct packet *packet,
			   struct counts *c)
{
	const struct judgement pcap = machine_judge(packet->data, packet->len,
						    least(packet->len, visible_bytes));

	traced_pass(packet->data, packet->len);
	c->packets++;
	c->undecided += !pcap.decided;
	c->matched += pcap.decided && pcap.bytes;
	if (is_as_judged(packet, pcap, number))
		return;
	if (!expecting_complaints && c->wrong < COMPLAINTS_MAX)
		print_message("# \"%s\" on \"%s\" (%u bytes): libpcap says %s%u\n", name,
			      packet->name, packet->len, pcap.decided ? "" : "undecided, ",
			      pcap.bytes);
	c->wrong++;
}

/* Not optimised, some expressions are hundreds of loads, each of which may be a call. */
static bool is_too_long(const struct xdps_insn *insns, size_t n, const char *why)
{
	size_t n_loads = 0;

	for (size_t i = 0; i < n; i++)
		n_loads += insns[i].code == (BPF_LD | BPF_B | BPF_IND);
	return n_loads > LOADS_MAX && !strncmp(why, "the filter is too long", 22);
}

/* False: it is left to user space, as it has to be. */
static bool put_in(const char *name, uint32_t number, const struct xdps_insn *insns, size_t n)
{
	const struct xdps_filter_spec spec = { .number = number, .n_insns = n, .insns = insns };
	enum xdps_filter place = XDPS_FILTER_NONE;
	struct xdps_error why;

	xdps_filter_set(&lab.object, &spec, &place, &why);
	if (why.status || (place != XDPS_FILTER_KERNEL && !has_loop(insns, n) &&
			   !is_too_long(insns, n, why.text)))
		fail_msg("\"%s\", %zu instructions: %s", name, n, why.text);
	return place == XDPS_FILTER_KERNEL;
}

/* A packet that goes on behind what is visible; without fragments, it ends in the same page. */
static struct packet any_long(struct chance *chance)
{
	static unsigned char data[PAGE_BYTES];
	const struct packet *begins = &packets.all[chance_below(chance, packets.n)];

	if (packets.n_long)
		return packets.all[packets.n - 1 - chance_below(chance, packets.n_long)];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = chance_below(chance, 256);
	memcpy(data, begins->data, least(begins->len, sizeof(data)));
	return (struct packet){
		.name = "a longer one",
		.data = data,
		.len = visible_bytes + 1 + chance_below(chance, sizeof(data) - visible_bytes),
	};
}

/* Some packets by chance, of which every fourth is longer than what is visible. */
static void compare_packets(const char *name, uint32_t number, struct counts *c)
{
	struct chance chance = { .state = number * 0x9e3779b97f4a7c15ull + seed() };

	for (unsigned int i = 0; i < PACKETS_EACH; i++) {
		const struct packet any = i % 4 ? packets.all[chance_below(&chance, packets.n)]
						: any_long(&chance);

		compare_packet(name, number, &any, c);
	}
}

static void compare(const char *name, uint32_t number, const struct xdps_insn *insns, size_t n,
		    struct counts *c)
{
	c->filters++;
	if (!put_in(name, number, insns, n)) {
		c->left++;
		return;
	}
	machine_use(insns, n);
	compare_packets(name, number, c);
}

static void assert_the_same(const struct counts *c)
{
	print_message("# filters: %u, left to user space: %u; packets: %u, matched %u, "
		      "undecided %u, disagreements %u\n", c->filters, c->left, c->packets,
		      c->matched, c->undecided, c->wrong);
	assert_int_equal(c->wrong, 0);
	assert_int_equal(counters()->received.chosen, c->matched + c->undecided);
	assert_int_equal(counters()->received.rejected, c->packets - c->matched - c->undecided);
	assert_int_equal(counters()->received.lost, 0);
	assert_int_equal(reader()->broken, 0);
	assert_true(c->matched > c->packets / 20);
}

static bool kernel_casts(void)
{
	return libbpf_find_vmlinux_btf_id("bpf_rdonly_cast", BPF_TRACE_FENTRY) > 0;
}

/* What a filter sees of a packet that is long enough. */
static uint32_t find_visible_bytes(void)
{
	struct filter_lab filter_lab;
	uint32_t linear_bytes = 0;

	if (kernel_casts() && !filter_lab_open(&filter_lab, XDPS_MEMORY_PACKET))
		linear_bytes = filter_lab_linear(&filter_lab);
	if (kernel_casts())
		filter_lab_close(&filter_lab);
	return linear_bytes ? linear_bytes : XDPS_COPY_BYTES - 1;
}

static void load_at(enum xdps_point point)
{
	traced_lab_load((struct xdps_request){ .rate = 1, .snaplen = SNAPLEN, .point = point },
			LOOPBACK);
	assert_int_equal(lab.object.memory,
			 kernel_casts() ? XDPS_MEMORY_KERNEL : XDPS_MEMORY_COPY);
}

/* So many of all, in equal distances; every second one is not optimised. */
static void judge_expressions(void **state)
{
	struct expressions e;
	struct counts c = { 0 };

	load_at(XDPS_POINT_ENTRY);
	expressions_make(&e, visible_bytes, N_COMBINED, seed());
	assert_true(e.n >= EXPRESSIONS);
	for (unsigned int i = 0; i < EXPRESSIONS; i++) {
		const char *text = e.all[i * e.n / EXPRESSIONS];
		struct program program;

		if (pcap_side_compile(text, i % 2, &program))
			continue;
		if (program.n <= XDPS_FILTER_INSNS_MAX)
			compare(text, XDPS_FILTER_FIRST + 1 + i, program.insns, program.n, &c);
		pcap_side_free(&program);
	}
	expressions_free(&e);
	assert_the_same(&c);
	assert_true(c.filters > EXPRESSIONS / 2);
	assert_true(c.undecided > 0);
}

static void judge_programs(void **state)
{
	static struct xdps_insn insns[XDPS_FILTER_INSNS_MAX];
	uint64_t chance = seed();
	struct counts c = { 0 };

	load_at(XDPS_POINT_EXIT);
	for (unsigned int i = 0; i < PROGRAMS; i++) {
		size_t n = random_filter(&chance, insns, XDPS_FILTER_INSNS_MAX);
		char name[32];

		snprintf(name, sizeof(name), "program %u", i);
		compare(name, XDPS_FILTER_FIRST + 1 + i, insns, n, &c);
	}
	assert_the_same(&c);
	assert_int_equal(c.left, 0);
	assert_true(c.undecided > 0);
}

/* Loads of all kinds and sizes at `at`, from a packet of `len` bytes. */
static void judge_loads(uint32_t at, const struct packet *packet, uint32_t number,
			struct counts *c)
{
	static const uint16_t sizes[] = { BPF_B, BPF_H, BPF_W };

	for (int i = 0; i < 3; i++) {
		const struct xdps_insn absolute[] = {
			{ .code = BPF_LD | sizes[i] | BPF_ABS, .k = at },
			{ .code = BPF_RET | BPF_K, .k = 50 },
		};
		const struct xdps_insn indirect[] = {
			{ .code = BPF_LDX | BPF_IMM, .k = at - 9 },
			{ .code = BPF_LD | sizes[i] | BPF_IND, .k = 9 },
			{ .code = BPF_RET | BPF_K, .k = 50 },
		};

		c->filters += 2;
		put_in("a load", number, absolute, ARRAY_SIZE(absolute));
		machine_use(absolute, ARRAY_SIZE(absolute));
		compare_packet("a load", number, packet, c);
		put_in("an indirect load", number, indirect, ARRAY_SIZE(indirect));
		machine_use(indirect, ARRAY_SIZE(indirect));
		compare_packet("an indirect load", number, packet, c);
	}
}

static void bytes_around_the_end(void **state)
{
	const uint32_t lengths[] = { 60, 510, 511, 512, 1514, visible_bytes, visible_bytes + 1 };
	static unsigned char us[LAB_PACKET_BYTES];
	struct counts c = { 0 };

	memset(us, 'U', sizeof(us));
	load_at(XDPS_POINT_ENTRY);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		const struct packet packet = { .name = "U", .len = lengths[i], .data = us };
		const uint32_t end = least(lengths[i], visible_bytes);

		for (uint32_t at = end - 4; at <= end; at++)
			judge_loads(at, &packet, 2, &c);
	}
	assert_the_same(&c);
}

static void impossible_x(void **state)
{
	struct counts c = { 0 };

	load_at(XDPS_POINT_EXIT);
	compare("an impossible X", 2, impossible_x_filter, IMPOSSIBLE_X_INSNS, &c);
	assert_the_same(&c);
}

/* Each instruction of it is run. */
static void longest_is_put_in(void **state)
{
	static struct xdps_insn insns[XDPS_FILTER_INSNS_MAX];
	const size_t n = ARRAY_SIZE(insns);
	struct counts c = { 0 };

	load_at(XDPS_POINT_EXIT);
	for (size_t i = 0; i < n - 1; i++)
		insns[i] = i % 8 ?
			(struct xdps_insn){ .code = BPF_ALU | BPF_ADD | BPF_K, .k = i } :
			(struct xdps_insn){ .code = BPF_LD | BPF_B | BPF_ABS, .k = i % 14 };
	insns[n - 1] = (struct xdps_insn){ .code = BPF_RET | BPF_A };
	compare("4096 instructions", 2, insns, n, &c);
	assert_the_same(&c);
	assert_int_equal(c.left, 0);
}

/* How often the kernel's `put` is not libpcap's `judged`. */
static unsigned int differences(const char *put, const char *judged, uint32_t number)
{
	struct program one, other;
	struct counts c = { 0 };

	assert_null(pcap_side_compile(put, true, &one));
	assert_null(pcap_side_compile(judged, true, &other));
	assert_true(put_in(put, 2, one.insns, one.n));
	machine_use(other.insns, other.n);
	expecting_complaints = true;
	for (size_t i = 0; i < packets.n; i += 1 + packets.n / 500)
		compare_packet(judged, number, &packets.all[i], &c);
	expecting_complaints = false;
	pcap_side_free(&one);
	pcap_side_free(&other);
	return c.wrong;
}

static void comparison_can_fail(void **state)
{
	const uint32_t at = visible_bytes - 4;
	char texts[4][64];

	for (unsigned int i = 0; i < 2; i++) {
		snprintf(texts[i], sizeof(texts[i]), "ether[%u:4] = 1", at + i);
		snprintf(texts[2 + i], sizeof(texts[i]), "ether[%u:4] = ether[%u:4]", at + i, at + i);
	}
	load_at(XDPS_POINT_ENTRY);
	assert_int_equal(differences("ip", "ip", 2), 0);
	assert_true(differences("ip", "ip", 3) > 0);
	assert_true(differences("ip", "ip6", 2) > 0);
	assert_true(differences(texts[1], texts[0], 2) > 0);
	assert_true(differences(texts[2], texts[3], 2) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("The comparison finds what is different", comparison_can_fail),
		SENTENCE("A load is right around the last byte that is there or visible", bytes_around_the_end),
		SENTENCE("Every expression is judged as libpcap does, as far as it sees the packet", judge_expressions),
		SENTENCE("Random programs are judged as libpcap judges them, as far as it sees the packet", judge_programs),
		SENTENCE("A filter is taken with an X that cannot be", impossible_x),
		SENTENCE("A filter of 4096 instructions is put in", longest_is_put_in),
	};
	struct captured *captured;
	const char *why;
	int n_failed;

	why = traced_open();
	if (why) {
		printf("1..0 # SKIP %s\n", why);
		traced_close();
		return 0;
	}
	visible_bytes = find_visible_bytes();
	captured = captured_make();
	packets_make(&packets, captured, traced_has_frags ? visible_bytes : 0, seed());
	n_failed = LAB_RUN("trace_filter", tests);
	packets_free(&packets);
	captured_free(captured);
	traced_close();
	return n_failed;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_filter.c: the kernel's filter is libpcap's.
 *
 * Expressions and programs by chance, translated by the helper and run by the kernel
 * (BPF_PROG_TEST_RUN) on thousands of packets, crafted and captured: what it says has
 * to be what libpcap's bpf_filter() says, in bytes, or "undecided" if and only if
 * bpf_filter() would read a byte that lies in a fragment.
 *
 * FILTER_PROGRAMS   how many programs by chance, 4000 if not set
 * FILTER_SEED       what chance begins with, 1 if not set
 * XDPS_LIBPCAP_MASTER   a tree of libpcap's whose own tests are asked, too
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../helper/program/filter.h"
#include "../../helper/host/privilege.h"
#include "../../common/classic.h"
#include "../unit/machine.h"
#include "../unit/random_filter.h"
#include "../unit/sentence.h"

#include "captured.h"
#include "expressions.h"
#include "filter_lab.h"
#include "loaded.h"
#include "packets.h"
#include "pcap_side.h"

#define PROGRAMS 4000
#define PACKETS_EACH 1024		/* at least 1000 are asked for */
#define PACKETS_EACH_BY_CHANCE 100
#define N_COMBINED 600
#define COMPLAINTS_MAX 10
#define SHOWN_BYTES_MAX 128

/* What came of comparing many programs. */
struct counts {
	unsigned int programs;
	unsigned int too_long;		/* for the helper: not even sent there */
	unsigned int left;		/* to user space by the translator ... */
	unsigned int loops;		/* ... because they have one */
	unsigned int translated;
	unsigned int accepted;		/* by the verifier, alone and in the sampler */
	unsigned int selective;		/* take some packets and reject others */
	uint64_t packets;
	uint64_t matched;
	uint64_t undecided;
	uint64_t wrong;
};

/* A filter to compare, and what to call it. */
struct subject {
	const char *name;
	const struct xdps_insn *insns;
	size_t n;
	uint32_t number;
	unsigned int n_packets;		/* PACKETS_EACH... */
};

static struct filter_lab lab;
static struct loaded loaded;	/* the sampler, for filters to be put in */
static struct captured *captured;
static struct packets packets;
static struct xdps_error err;
static uint32_t linear;			/* of a long packet; 0: there are no fragments */
static unsigned int complaints;
static bool expecting_complaints;

static uint64_t number_from_environment(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : usual;
}

static uint64_t seed(void)
{
	return number_from_environment("FILTER_SEED", 1);
}

/* True if more of the same are worth a line. */
static bool complain(void)
{
	return !expecting_complaints && complaints++ < COMPLAINTS_MAX;
}

static bool agree(struct verdict kernel, struct judgement pcap, uint32_t number)
{
	const uint32_t bytes = kernel.filter, by = kernel.filter >> 32;

	if (!pcap.decided)
		return by == XDPS_FILTER_UNDECIDED && bytes;
	if (!pcap.bytes)
		return !bytes;
	return by == number && bytes == pcap.bytes;
}

static void show(const struct subject *s, const struct packet *packet, struct verdict kernel,
		 struct judgement pcap)
{
	print_message("# \"%s\" on \"%s\" (%u bytes): the kernel says filter %u, %u bytes; "
		      "libpcap says %s%u\n", s->name, packet->name, packet->len,
		      (uint32_t)(kernel.filter >> 32), (uint32_t)kernel.filter,
		      pcap.decided ? "" : "undecided, ", pcap.bytes);
	/* a captured one will not come again */
	print_message("# it begins with");
	for (uint32_t i = 0; i < packet->len && i < SHOWN_BYTES_MAX; i++)
		print_message(" %02x", packet->data[i]);
	print_message("\n");
}

static bool compare_packet(const struct subject *s, int prog_fd, const struct packet *packet,
			   struct counts *c)
{
	const struct verdict kernel = filter_lab_run(&lab, prog_fd, packet->data, packet->len);
	const struct judgement pcap = machine_judge(packet->data, packet->len, kernel.linear);

	c->packets++;
	c->undecided += !pcap.decided;
	c->matched += pcap.decided && pcap.bytes;
	if (!agree(kernel, pcap, s->number)) {
		c->wrong++;
		if (complain())
			show(s, packet, kernel, pcap);
	}
	return pcap.decided && pcap.bytes;
}

/* One of eight is long, if there are any. */
static const struct packet *any_packet(struct chance *chance)
{
	if (packets.n_long && !chance_below(chance, 8))
		return &packets.all[packets.n - 1 - chance_below(chance, packets.n_long)];
	return &packets.all[chance_below(chance, packets.n)];
}

/*
 * All of the crafted packets, of the captured and of the long ones, and every so
 * many of the others, beginning with another one for each program.  Some by chance
 * if there shall be fewer than that.
 */
static void compare_packets(const struct subject *s, int prog_fd, struct counts *c)
{
	const size_t n_first = packets.n_crafted + packets.n_captured;
	const size_t n_fixed = n_first + packets.n_long;
	const size_t n_others = packets.n - n_fixed;
	struct chance chance = { .state = s->number * 0x9e3779b97f4a7c15ull };
	const uint64_t before = c->packets;
	unsigned int matched = 0;

	machine_use(s->insns, s->n);
	if (s->n_packets < n_fixed) {
		for (unsigned int i = 0; i < s->n_packets; i++)
			matched += compare_packet(s, prog_fd, any_packet(&chance), c);
	} else {
		const size_t step = n_others / (s->n_packets - n_fixed);

		for (size_t i = 0; i < n_first; i++)
			matched += compare_packet(s, prog_fd, &packets.all[i], c);
		for (size_t i = s->number % step; i < n_others; i += step)
			matched += compare_packet(s, prog_fd,
						  &packets.all[n_first + i], c);
		for (size_t i = packets.n - packets.n_long; i < packets.n; i++)
			matched += compare_packet(s, prog_fd, &packets.all[i], c);
	}
	c->selective += matched && matched < c->packets - before;
}

/* By the verifier: alone, and as a part of the sampler if that has this memory. */
static int load(const struct subject *s, const struct xdps_code *code)
{
	char why[256];
	int fd, sampler_fd;

	fd = filter_lab_load(&lab, code, why, sizeof(why));
	if (fd < 0) {
		if (complain())
			print_message("# \"%s\", %u instructions: %s\n", s->name, code->n, why);
		return -1;
	}
	if (lab.memory != loaded.object.memory)
		return fd;
	sampler_fd = xdps_filter_load(&loaded.object, code, NULL, &err);
	if (sampler_fd < 0) {
		if (complain())
			print_message("# \"%s\" in the sampler: %s\n", s->name, err.text);
		close(fd);
		return -1;
	}
	close(sampler_fd);
	return fd;
}

static void compare_code(const struct subject *s, const struct xdps_code *code,
			 struct counts *c)
{
	int fd = load(s, code);

	if (fd < 0)
		return;
	c->accepted++;
	compare_packets(s, fd, c);
	close(fd);
}

static void compare(const struct subject *s, struct counts *c)
{
	struct xdps_code code;
	enum xdps_status status;

	c->programs++;
	if (s->n > XDPS_FILTER_INSNS_MAX) {
		c->too_long++;
		return;
	}
	if (xdps_classic_check(s->insns, s->n, &err))
		fail_msg("\"%s\": %s", s->name, err.text);
	status = xdps_translate(s->insns, s->n, s->number, UINT32_MAX, lab.memory, &code, &err);
	if (status == XDPS_UNSUPPORTED) {
		c->left++;
		c->loops += has_loop(s->insns, s->n);
		if (!has_loop(s->insns, s->n) && complain())
			print_message("# \"%s\" is left to user space: %s\n", s->name, err.text);
		return;
	}
	if (status)
		fail_msg("\"%s\": %s", s->name, err.text);
	c->translated++;
	compare_code(s, &code, c);
	xdps_code_free(&code);
}

static void print_counts(const struct counts *c)
{
	print_message("# programs: %u, %u too long, %u left to user space; translated: %u, "
		      "accepted: %u, taking some packets and not others: %u\n", c->programs,
		      c->too_long, c->left, c->translated, c->accepted, c->selective);
	print_message("# packets: %" PRIu64 ", matched %" PRIu64 ", undecided %" PRIu64
		      ", disagreements %" PRIu64 "\n", c->packets, c->matched, c->undecided,
		      c->wrong);
}

static void assert_the_same(const struct counts *c)
{
	assert_true(c->wrong == 0);
	assert_int_equal(c->accepted, c->translated);
	assert_int_equal(c->left, c->loops);
	assert_int_equal(c->programs, c->too_long + c->left + c->translated);
}

/* One in so many: most of what there is to find out does not depend on the memory. */
static unsigned int one_in(void)
{
	return lab.memory == XDPS_MEMORY_COPY ? 4 : 1;
}

/* How many of them compile. */
static unsigned int compare_expressions(const struct expressions *e, bool optimised,
					struct counts *c)
{
	unsigned int n = 0;

	complaints = 0;
	for (size_t i = 0; i < e->n; i += one_in()) {
		struct program program;
		struct subject s = {
			.name = e->all[i],
			.number = XDPS_FILTER_FIRST + 1 + i,
			.n_packets = PACKETS_EACH,
		};

		if (pcap_side_compile(e->all[i], optimised, &program))
			continue;
		n++;
		s.insns = program.insns;
		s.n = program.n;
		compare(&s, c);
		pcap_side_free(&program);
	}
	return n;
}

/* Where for a filter the bytes end that can be read, at the latest. */
static uint32_t end_of_reach(void)
{
	return lab.memory == XDPS_MEMORY_COPY ? XDPS_COPY_BYTES - 1 : linear;
}

static void compare_ours(bool optimised)
{
	struct expressions e;
	struct counts c = { 0 };
	unsigned int n;

	expressions_make(&e, end_of_reach(), N_COMBINED, seed());
	n = compare_expressions(&e, optimised, &c);
	print_message("# expressions: %zu, %u compile for Ethernet\n", e.n, n);
	print_counts(&c);
	expressions_free(&e);

	assert_the_same(&c);
	assert_true(n >= 800 / one_in());
	assert_true(c.loops > 0);
	assert_true(c.packets >= 1000ull * c.translated);
	/* packets and expressions that have nothing to do with each other prove little */
	assert_true(c.matched > c.packets / 20 && c.matched < c.packets / 2);
	assert_true(c.selective > c.translated * 2 / 3);
	assert_true(!linear || c.undecided > 1000);
}

static void expressions_optimised(void **state)
{
	compare_ours(true);
}

static void expressions_as_they_are(void **state)
{
	compare_ours(false);
}

/* Another lab within a test, whose filters see no more than a copy of the first bytes. */
static int use_copy(void **state)
{
	const char *why;

	filter_lab_close(&lab);
	why = filter_lab_open(&lab, XDPS_MEMORY_COPY);
	if (why)
		print_message("# %s\n", why);
	return why ? -1 : 0;
}

static int use_packet(void **state)
{
	filter_lab_close(&lab);
	return filter_lab_open(&lab, XDPS_MEMORY_PACKET) ? -1 : 0;
}

static void upstream_expressions(void **state)
{
	const char *tree = getenv("XDPS_LIBPCAP_MASTER");
	struct expressions e;
	struct counts c = { 0 };
	char command[1024];
	unsigned int n;
	FILE *f;

	if (!tree || !*tree) {
		print_message("# XDPS_LIBPCAP_MASTER does not name a tree of libpcap with testprogs/TESTrun\n");
		skip();
	}
	snprintf(command, sizeof(command),
		 "CONFIG_H='%s/libpcap/config.h' '%s/tests/bpf/testrun-expressions' '%s'",
		 getenv("XDPS_BUILD"), getenv("XDPS_SRC"), tree);
	f = popen(command, "r");
	assert_non_null(f);
	expressions_read(&e, f);
	assert_int_equal(pclose(f), 0);

	n = compare_expressions(&e, true, &c);
	n += compare_expressions(&e, false, &c);
	print_message("# expressions: %zu; %u compile for Ethernet, optimised or not\n", e.n, n);
	print_counts(&c);
	expressions_free(&e);
	assert_the_same(&c);
	assert_true(n >= 800);
}

/*
 * A word of M[] that may not have been written: libpcap's expressions never read
 * one, and neither does random_filter().
 */
static void read_any_word(uint64_t *state, struct xdps_insn *insns, unsigned int n)
{
	struct xdps_insn *insn = &insns[random_below(state, n)];

	switch (BPF_CLASS(insn->code)) {
	case BPF_JMP:
	case BPF_RET:
		return;
	}
	*insn = (struct xdps_insn){
		.code = (random_below(state, 2) ? BPF_LD : BPF_LDX) | BPF_MEM,
		.k = random_below(state, XDPS_CLASSIC_WORDS),
	};
}

static void programs_by_chance(void **state)
{
	const uint64_t n = number_from_environment("FILTER_PROGRAMS", PROGRAMS) / one_in();
	static struct xdps_insn insns[XDPS_FILTER_INSNS_MAX];
	uint64_t chance = seed();
	struct counts c = { 0 };

	complaints = 0;
	for (uint64_t i = 0; i < n; i++) {
		char name[64];
		struct subject s = {
			.name = name,
			.insns = insns,
			.number = XDPS_FILTER_FIRST + 1 + random_below(&chance, UINT32_MAX - 1),
			.n_packets = PACKETS_EACH_BY_CHANCE,
		};

		snprintf(name, sizeof(name), "program %" PRIu64 " of seed %" PRIu64, i, seed());
		s.n = random_filter(&chance, insns, XDPS_FILTER_INSNS_MAX);
		if (!random_below(&chance, 4))
			read_any_word(&chance, insns, s.n);
		assert_true(pcap_side_is_valid(insns, s.n));
		compare(&s, &c);
	}
	print_message("# seed: %" PRIu64 "\n", seed());
	print_counts(&c);
	assert_the_same(&c);
	assert_int_equal(c.left, 0);
	assert_true(c.matched > c.packets / 20);
}

static void packets_are_real(void **state)
{
	for (size_t i = 0; i < packets.n_crafted; i++) {
		const struct packet *packet = &packets.all[i];
		struct program program;
		const char *why;

		why = pcap_side_compile(packet->expression, true, &program);
		if (why)
			fail_msg("\"%s\": %s", packet->expression, why);
		machine_use(program.insns, program.n);
		if (!machine_judge(packet->data, packet->len, packet->len).bytes)
			fail_msg("\"%s\" is not \"%s\"", packet->name, packet->expression);
		pcap_side_free(&program);
	}
	print_message("# packets: %zu, of these crafted: %zu, long: %zu; a long one's linear part: "
		      "%u bytes\n", packets.n, packets.n_crafted, packets.n_long, linear);
}

/* How many of the captured packets it matches, the long ones aside. */
static unsigned int captured_matches(const char *expression)
{
	struct program program;
	unsigned int n = 0;

	assert_null(pcap_side_compile(expression, true, &program));
	machine_use(program.insns, program.n);
	for (size_t i = 0; i < packets.n_captured; i++) {
		const struct packet *packet = &packets.all[packets.n_crafted + i];

		n += machine_judge(packet->data, packet->len, packet->len).bytes > 0;
	}
	pcap_side_free(&program);
	return n;
}

static void captured_are_of_all_kinds(void **state)
{
	static const char *const kinds[] = {
		"tcp dst port 80 and ip", "tcp dst port 80 and ip6",
		"tcp[tcpflags] = tcp-syn and tcp[12] & 0xf0 > 0x50", "tcp[tcpflags] & tcp-fin != 0",
		"tcp[tcpflags] & tcp-rst != 0", "tcp[tcpflags] & tcp-push != 0 and greater 1400",
		"udp dst port 53 and ip", "udp dst port 53 and ip6", "udp[4:2] = 8 and ip",
		"ip[6:2] & 0x1fff != 0", "ip6[6] = 44", "ip[0] & 0xf > 5", "ip6[6] = 0",
		"icmp[icmptype] = icmp-echo", "icmp[icmptype] = icmp-echoreply",
		"icmp[icmptype] = icmp-unreach and icmp[icmpcode] = 3",
		"icmp[icmptype] = icmp-unreach and icmp[icmpcode] = 2",
		"icmp6[icmp6type] = icmp6-echo", "icmp6[icmp6type] = icmp6-echoreply",
		"icmp6[icmp6type] = icmp6-destinationunreach",
		"icmp6[icmp6type] = icmp6-parameterproblem",
		"icmp6[icmp6type] = icmp6-neighborsolicit", "ip proto 253", "ip6 proto 253",
		"ip multicast", "ip6 multicast",
	};

	print_message("# captured: %u, of these short: %zu\n", captured->n, packets.n_captured);
	if (captured->why_not[0]) {
		print_message("# not all was captured: %s\n", captured->why_not);
		if (!geteuid())
			fail_msg("root can");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!captured_matches(kinds[i]))
			fail_msg("none is \"%s\"", kinds[i]);
	assert_true(captured->n > packets.n_captured);
	assert_int_equal(captured_matches("ether proto 0x88b5"), 0);
}

/* The verdict of a program on the first `len` bytes of a packet of 'U's. */
static struct verdict judge(const struct xdps_insn *insns, size_t n, uint32_t len)
{
	static unsigned char us[PACKET_BYTES_MAX];
	struct xdps_code code;
	struct verdict verdict;
	int fd;

	memset(us, 'U', sizeof(us));
	assert_int_equal(xdps_translate(insns, n, 7, UINT32_MAX, XDPS_MEMORY_PACKET, &code,
					&err), XDPS_OK);
	fd = filter_lab_load(&lab, &code, NULL, 0);
	assert_true(fd >= 0);
	xdps_code_free(&code);
	verdict = filter_lab_run(&lab, fd, us, len);
	close(fd);
	return verdict;
}

enum answer { NO_MATCH, MATCH, UNDECIDED };

static void assert_answer(struct verdict verdict, enum answer wanted, const char *how,
			  uint32_t at, uint32_t size, uint32_t len)
{
	static const char *const words[] = { "no match", "match", "undecided" };
	const uint32_t bytes = verdict.filter, by = verdict.filter >> 32;
	enum answer answer = !bytes ? NO_MATCH : by == XDPS_FILTER_UNDECIDED ? UNDECIDED : MATCH;

	if (answer != wanted || (answer == MATCH && (by != 7 || bytes != 99)))
		fail_msg("%s of %u bytes at %u of %u: %s and not %s", how, size, at, len,
			 words[answer], words[wanted]);
}

/* Loads of all kinds and sizes at `at`, from a packet of `len` bytes. */
static void assert_loads(uint32_t at, uint32_t len)
{
	static const uint16_t sizes[] = { BPF_B, BPF_H, BPF_W };
	const uint32_t there = len < XDPS_CAPLEN_MAX ? len : XDPS_CAPLEN_MAX;

	for (int i = 0; i < 3; i++) {
		const uint32_t size = 1 << i;
		const struct xdps_insn absolute[] = {
			{ .code = BPF_LD | sizes[i] | BPF_ABS, .k = at },
			{ .code = BPF_RET | BPF_K, .k = 99 },
		};
		const struct xdps_insn indirect[] = {
			{ .code = BPF_LDX | BPF_IMM, .k = at - 9 },
			{ .code = BPF_LD | sizes[i] | BPF_IND, .k = 9 },
			{ .code = BPF_RET | BPF_K, .k = 99 },
		};
		const struct xdps_insn header_length[] = {
			{ .code = BPF_LDX | BPF_MSH | BPF_B, .k = at },
			{ .code = BPF_RET | BPF_K, .k = 99 },
		};
		const enum answer wanted = at + size > there ? NO_MATCH :
			at + size > linear ? UNDECIDED : MATCH;

		assert_answer(judge(absolute, 2, len), wanted, "a load", at, size, len);
		assert_answer(judge(indirect, 3, len), wanted, "an indirect load", at, size, len);
		if (size == 1)
			assert_answer(judge(header_length, 2, len), wanted, "MSH", at, size, len);
	}
}

static bool skip_without_fragments(void)
{
	if (linear)
		return false;
	print_message("# this kernel has no XDP fragments (before 5.18), or only behind %u bytes\n",
		      PACKET_BYTES_FRAGS_MAX - PACKET_BYTES_FAR);
	return true;
}

static void bytes_in_fragments(void **state)
{
	if (skip_without_fragments())
		skip();
	for (uint32_t at = linear - 5; at < linear + 3; at++)
		assert_loads(at, PACKET_BYTES_FRAGS_MAX);
	for (uint32_t at = PACKET_BYTES_FRAGS_MAX - 5; at < PACKET_BYTES_FRAGS_MAX + 3; at++)
		assert_loads(at, PACKET_BYTES_FRAGS_MAX);
	assert_loads(PACKET_BYTES_FRAGS_MAX / 2, PACKET_BYTES_FRAGS_MAX);
}

static void bytes_behind_the_end(void **state)
{
	static const uint32_t lengths[] = { 14, 60, 1514, 4095, 4096, 4097, 5000 };

	if (skip_without_fragments())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		for (uint32_t at = lengths[i] - 5; at < lengths[i] + 3; at++)
			assert_loads(at, lengths[i]);
}

static void bytes_of_no_record(void **state)
{
	if (skip_without_fragments())
		skip();
	for (uint32_t at = XDPS_CAPLEN_MAX - 5; at < XDPS_CAPLEN_MAX + 3; at++)
		assert_loads(at, PACKET_BYTES_MAX);
	assert_loads(PACKET_BYTES_MAX - 4, PACKET_BYTES_MAX);
}

/* What does not read in them needs nobody else to decide. */
static void length_of_all_fragments(void **state)
{
	const struct xdps_insn is_9000[] = {
		{ .code = BPF_LD | BPF_W | BPF_LEN },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .k = PACKET_BYTES_FRAGS_MAX, .jf = 1 },
		{ .code = BPF_RET | BPF_K, .k = 99 },
		{ .code = BPF_RET | BPF_K, .k = 0 },
	};

	if (skip_without_fragments())
		skip();
	assert_answer(judge(is_9000, 4, PACKET_BYTES_FRAGS_MAX), MATCH, "len", 0, 0,
		      PACKET_BYTES_FRAGS_MAX);
	assert_answer(judge(is_9000, 4, PACKET_BYTES_FRAGS_MAX - 1), NO_MATCH, "len", 0, 0,
		      PACKET_BYTES_FRAGS_MAX - 1);
}

/* Each is written before the first is read. */
static void words_are_sixteen(void **state)
{
	struct counts c = { 0 };

	complaints = 0;
	for (uint32_t word = 0; word < XDPS_CLASSIC_WORDS; word++) {
		struct xdps_insn insns[2 * XDPS_CLASSIC_WORDS + 2];
		struct subject s = {
			.name = "sixteen words", .insns = insns, .number = 2, .n_packets = PACKETS_EACH
		};

		for (uint32_t k = 0; k < XDPS_CLASSIC_WORDS; k++) {
			insns[s.n++] = (struct xdps_insn){ .code = BPF_LD | BPF_B | BPF_ABS,
							   .k = k };
			insns[s.n++] = (struct xdps_insn){ .code = BPF_ST, .k = k };
		}
		insns[s.n++] = (struct xdps_insn){ .code = BPF_LD | BPF_MEM, .k = word };
		insns[s.n++] = (struct xdps_insn){ .code = BPF_RET | BPF_A };
		compare(&s, &c);
	}
	assert_the_same(&c);
	assert_int_equal(c.accepted, XDPS_CLASSIC_WORDS);
}

static void impossible_x(void **state)
{
	const struct subject s = {
		.name = "an impossible X", .insns = impossible_x_filter, .n = IMPOSSIBLE_X_INSNS,
		.number = 2, .n_packets = PACKETS_EACH,
	};
	struct counts c = { 0 };

	complaints = 0;
	compare(&s, &c);
	assert_the_same(&c);
}

static void loops_are_left(void **state)
{
	struct program program;
	struct xdps_code code;

	assert_null(pcap_side_compile("ip6 protochain 6", true, &program));
	assert_true(has_loop(program.insns, program.n));
	assert_int_equal(xdps_classic_check(program.insns, program.n, &err), XDPS_OK);
	assert_int_equal(xdps_translate(program.insns, program.n, 2, UINT32_MAX, XDPS_MEMORY_PACKET,
					&code, &err),
			 XDPS_UNSUPPORTED);
	if (!strstr(err.text, "jumps back"))
		fail_msg("\"%s\"", err.text);
	pcap_side_free(&program);
}

/* How often the kernel's `translated` is not libpcap's `judged`. */
static uint64_t differences(const char *translated, const char *judged, uint32_t number)
{
	struct program one, other;
	struct xdps_code code;
	struct counts c = { 0 };
	struct subject s = { .name = translated, .number = 2, .n_packets = PACKETS_EACH };

	assert_null(pcap_side_compile(judged, true, &other));
	if (translated) {
		assert_null(pcap_side_compile(translated, true, &one));
		assert_int_equal(xdps_translate(one.insns, one.n, number, UINT32_MAX,
						XDPS_MEMORY_PACKET, &code, &err), XDPS_OK);
		pcap_side_free(&one);
	} else {
		assert_int_equal(xdps_translate_nothing(&code, &err), XDPS_OK);
	}
	s.insns = other.insns;
	s.n = other.n;
	expecting_complaints = true;
	compare_code(&s, &code, &c);
	expecting_complaints = false;
	assert_int_equal(c.accepted, 1);
	pcap_side_free(&other);
	xdps_code_free(&code);
	return c.wrong;
}

static void comparison_can_fail(void **state)
{
	assert_true(differences("ip", "ip", 2) == 0);
	assert_true(differences("ip", "ip", 3) > 0);
	assert_true(differences("ip", "ip6", 2) > 0);
	assert_true(differences("tcp port 80", "tcp port 80 or 22", 2) > 0);
	assert_true(differences(NULL, "ip", 2) > 0);
	if (!linear)
		return;
	assert_true(differences("less 65000", "less 65001", 2) == 1);
	/* undecided without a reason, and decided without one */
	assert_true(differences("ether[4500] = ether[4500]", "len > 4500", 2) > 0);
	assert_true(differences("len > 4500", "ether[4500] = ether[4500]", 2) > 0);
}

static int begin(void **state)
{
	if (load_alone(&loaded, &err)) {
		print_message("# %s\n", err.text);
		return -1;
	}
	linear = filter_lab_linear(&lab);
	if (linear > PACKET_BYTES_FRAGS_MAX - PACKET_BYTES_FAR)
		linear = 0;		/* the pages are large: nothing of ours is as long */
	captured = captured_make();
	packets_make(&packets, captured, linear, seed());
	return 0;
}

static int end(void **state)
{
	packets_free(&packets);
	captured_free(captured);
	unload(&loaded);
	return 0;
}

#define IN_COPY(text, function) \
	{ .name = text, .test_func = function, \
	  .setup_func = use_copy, .teardown_func = use_packet }

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("The packets are what they are called", packets_are_real),
		SENTENCE("The captured packets are of all kinds that were sent", captured_are_of_all_kinds),
		SENTENCE("The comparison finds what is different", comparison_can_fail),
		SENTENCE("A byte in a fragment makes a packet undecided", bytes_in_fragments),
		SENTENCE("A byte behind the packet's end is no match", bytes_behind_the_end),
		SENTENCE("A byte that no record can hold is no match", bytes_of_no_record),
		SENTENCE("The length is that of the whole packet", length_of_all_fragments),
		SENTENCE("Each of the sixteen words keeps what is in it", words_are_sixteen),
		SENTENCE("A filter is taken with an X that cannot be", impossible_x),
		SENTENCE("A program with a loop is left to user space", loops_are_left),
		SENTENCE("Every expression is judged as libpcap does, optimised", expressions_optimised),
		SENTENCE("Every expression is judged as libpcap does, not optimised", expressions_as_they_are),
		SENTENCE("The expressions of libpcap's own tests are judged as it does", upstream_expressions),
		SENTENCE("Random programs are judged as libpcap judges them", programs_by_chance),
		IN_COPY("In a copy every expression is judged as libpcap does, as far as that goes",
			expressions_optimised),
		IN_COPY("In a copy programs by chance are judged as libpcap does, as far as that goes",
			programs_by_chance),
		IN_COPY("In a copy a filter is taken with an X that cannot be", impossible_x),
	};
	const char *why;
	int n_failed;

	if (!xdps_privilege_has(CAP_BPF) || !xdps_privilege_has(CAP_NET_ADMIN) ||
	    !xdps_privilege_has(CAP_PERFMON)) {
		puts("1..0 # SKIP needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON to load BPF programs");
		return 0;
	}
	why = filter_lab_open(&lab, XDPS_MEMORY_PACKET);
	if (why) {
		printf("1..0 # SKIP %s\n", why);
		return 0;
	}
	n_failed = cmocka_run_group_tests_name("filter", tests, begin, end);
	filter_lab_close(&lab);
	return n_failed;
}

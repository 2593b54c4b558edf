// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_filter_slot.c: the sampler with a filter in it, in its slot.
 *
 * Translated, loaded and put in by the helper's functions.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/program/filter.h"
#include "sampler_lab.h"

#define SNAPLEN 96
#define LONG_BYTES LAB_PACKET_BYTES
#define KEY_AT 20			/* a byte that says what kind of packet it is */

#define LOAD_KEY { .code = BPF_LD | BPF_B | BPF_ABS, .k = KEY_AT }
#define RETURN(bytes) { .code = BPF_RET | BPF_K, .k = (bytes) }

static struct xdps_error err;

static const struct xdps_request usual = { .rate = 1, .snaplen = SNAPLEN };

/* `times` packets of `bytes`, with `key` at KEY_AT. */
static void receive(uint8_t key, uint32_t bytes, int times)
{
	packet[KEY_AT] = key;
	lab_receive(bytes, times);
}

static void assert_nothing_left(void)
{
	uint64_t mono_ns;

	assert_false(xdps_ring_peek(reader(), &mono_ns));
	assert_int_equal(reader()->broken, 0);
	assert_int_equal(counters()->received.lost, 0);
}

/* Takes one, which `filter` took in `caplen` of its bytes. */
static void assert_taken(uint32_t filter, uint32_t len, uint32_t caplen)
{
	assert_int_equal(lab_take_part(len, caplen).filter, filter);
}

/* What xdps_filter_set() returned and put out. */
struct outcome {
	enum xdps_status status;
	enum xdps_filter place;
	struct xdps_error err;
};

static struct outcome set(uint32_t number, const struct xdps_insn *insns, uint32_t n)
{
	const struct xdps_filter_spec spec = {
		.number = number,
		.in_user_space = !n,
		.n_insns = n,
		.insns = insns,
	};
	struct outcome out = { .place = XDPS_FILTER_NONE };

	out.status = xdps_filter_set(&lab.object, &spec, &out.place, &out.err);
	assert_int_equal(out.status, out.err.status);
	return out;
}

/* It is in the kernel, and there is nothing to say about that. */
static void set_in_kernel(uint32_t number, const struct xdps_insn *insns, uint32_t n)
{
	const struct outcome out = set(number, insns, n);

	if (out.status || out.place != XDPS_FILTER_KERNEL || out.err.text[0])
		fail_msg("status %u, place %u: \"%s\"", out.status, out.place, out.err.text);
}

/* "The key is `key`", so many bytes of it. */
static void set_key(uint32_t number, uint8_t key, uint32_t bytes)
{
	const struct xdps_insn insns[] = {
		LOAD_KEY,
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .k = key, .jf = 1 },
		RETURN(bytes),
		RETURN(0),
	};

	set_in_kernel(number, insns, ARRAY_SIZE(insns));
}

static void no_filter_takes_all(void **state)
{
	lab_load(usual);
	receive(1, 60, 1);
	receive(2, 1000, 1);
	packet[KEY_AT] = 1;
	assert_taken(XDPS_FILTER_FIRST, 60, 60);
	packet[KEY_AT] = 2;
	assert_taken(XDPS_FILTER_FIRST, 1000, SNAPLEN);
	assert_nothing_left();
	assert_int_equal(counters()->received.rejected, 0);
}

/* Such a filter is not called, and what it says stands elsewhere in the sampler. */
static void set_same_for_all(uint32_t number, uint32_t bytes)
{
	const struct xdps_insn insns[] = { RETURN(bytes) };

	set_in_kernel(number, insns, ARRAY_SIZE(insns));
}

static void same_for_all(void **state)
{
	lab_load(usual);
	set_same_for_all(7, 50);
	receive(1, 60, 1);
	set_same_for_all(8, 0);
	receive(2, 60, 3);
	set_key(9, 3, UINT32_MAX);
	receive(3, 60, 1);
	receive(4, 60, 1);
	set_same_for_all(10, UINT32_MAX);
	receive(5, 1000, 1);
	packet[KEY_AT] = 1;
	assert_taken(7, 60, 50);
	packet[KEY_AT] = 3;
	assert_taken(9, 60, 60);
	packet[KEY_AT] = 5;
	assert_taken(10, 1000, SNAPLEN);
	assert_nothing_left();
	assert_int_equal(counters()->received.rejected, 3 + 1);
}

/* Whether it asks for the length, or is not told it before it has been called. */
static void short_is_no_match(void **state)
{
	static const struct xdps_insn with_length[] = {
		{ .code = BPF_LD | BPF_W | BPF_LEN },
		{ .code = BPF_LD | BPF_B | BPF_ABS, .k = 200 },
		RETURN(UINT32_MAX),
	};

	lab_load(usual);
	set_in_kernel(2, with_length + 1, 2);
	receive(1, 200, 3);
	receive(2, 201, 1);
	set_in_kernel(3, with_length, 3);
	receive(3, 200, 5);
	receive(4, 201, 1);
	assert_int_equal(counters()->received.rejected, 3 + 5);
	packet[KEY_AT] = 2;
	assert_taken(2, 201, SNAPLEN);
	packet[KEY_AT] = 4;
	assert_taken(3, 201, SNAPLEN);
	assert_nothing_left();
}

static void rejected_is_counted(void **state)
{
	lab_load(usual);
	set_key(2, 7, UINT32_MAX);
	receive(6, 60, 1000);
	receive(7, 60, 5);
	receive(8, 60, 300);
	receive(7, KEY_AT, 1);			/* cut before the key */
	receive(7, KEY_AT + 1, 1);
	assert_int_equal(counters()->received.rejected, 1000 + 300 + 1);
	assert_int_equal(counters()->received.chosen, 5 + 1);
	assert_int_equal(counters()->received.unsampled, 0);
	packet[KEY_AT] = 7;
	for (int i = 0; i < 5; i++)
		assert_taken(2, 60, 60);
	assert_taken(2, KEY_AT + 1, KEY_AT + 1);
	assert_nothing_left();
}

static void caplen_is_the_least(void **state)
{
	static const struct {
		uint32_t bytes, len, caplen;
	} cases[] = {
		{ 1, 60, 1 }, { 59, 60, 59 }, { 60, 60, 60 }, { 61, 60, 60 },
		{ SNAPLEN - 1, 1000, SNAPLEN - 1 }, { SNAPLEN + 1, 1000, SNAPLEN },
		{ 0x40000, 1000, SNAPLEN }, { 0x80000000, 1000, SNAPLEN },
		{ UINT32_MAX, 60, 60 }, { UINT32_MAX, 1000, SNAPLEN },
	};

	lab_load(usual);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_key(2 + i, 9, cases[i].bytes);
		receive(9, cases[i].len, 1);
		assert_taken(2 + i, cases[i].len, cases[i].caplen);
	}
	assert_nothing_left();
}

/* What it returns is a length that the packet itself says. */
static void returned_by_the_packet(void **state)
{
	const struct xdps_insn insns[] = { LOAD_KEY, { .code = BPF_RET | BPF_A } };

	lab_load(usual);
	set_in_kernel(5, insns, ARRAY_SIZE(insns));
	receive(0, 60, 3);
	receive(33, 60, 1);
	assert_int_equal(counters()->received.rejected, 3);
	assert_taken(5, 60, 33);
	assert_nothing_left();
}

/* One in N of those that match, and not one in N that happens to match. */
static void filtered_then_chosen(void **state)
{
	struct xdps_request request = usual;

	request.rate = UINT32_MAX;
	lab_load(request);
	set_key(2, 7, UINT32_MAX);
	receive(7, 60, 1000);
	receive(8, 60, 2000);
	assert_int_equal(counters()->received.rejected, 2000);
	assert_int_equal(counters()->received.unsampled + counters()->received.chosen, 1000);
	assert_true(counters()->received.unsampled > 900);
}

/* With a snapshot length that would have left nothing to judge. */
static void undecided_comes_whole(void **state)
{
	const struct xdps_insn insns[] = {
		{ .code = BPF_LD | BPF_B | BPF_ABS, .k = LONG_BYTES - 1 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .k = 0, .jf = 1 },
		RETURN(10),
		RETURN(0),
	};
	struct xdps_request request = usual;

	request.snaplen = 1;
	lab_load(request);
	if (lab_has_no_fragments())
		skip();
	set_in_kernel(2, insns, ARRAY_SIZE(insns));
	receive(0, LONG_BYTES, 1);
	assert_taken(XDPS_FILTER_UNDECIDED, LONG_BYTES, LONG_BYTES);
	receive(0, LONG_BYTES - 1, 1);
	receive(0, 60, 1);
	assert_nothing_left();
	assert_int_equal(counters()->received.rejected, 2);
}

static void assert_all_undecided(void)
{
	const uint64_t rejected = counters()->received.rejected;

	receive(1, 60, 1);
	assert_taken(XDPS_FILTER_UNDECIDED, 60, 60);
	receive(1, 3000, 1);
	assert_taken(XDPS_FILTER_UNDECIDED, 3000, 3000);
	assert_nothing_left();
	assert_int_equal(counters()->received.rejected, rejected);
}

static void user_space_gets_all(void **state)
{
	struct outcome out;

	lab_load(usual);
	set_key(2, 7, UINT32_MAX);
	out = set(3, NULL, 0);
	assert_int_equal(out.status, XDPS_OK);
	assert_int_equal(out.place, XDPS_FILTER_USER);
	assert_string_equal(out.err.text, "");
	assert_all_undecided();
}

static void loops_go_to_user_space(void **state)
{
	const struct xdps_insn loop[] = {
		LOAD_KEY,
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .k = 7, .jt = 1 },
		{ .code = BPF_JMP | BPF_JA, .k = -3 },
		RETURN(1),
	};
	struct outcome out;

	lab_load(usual);
	set_key(2, 7, UINT32_MAX);
	out = set(3, loop, ARRAY_SIZE(loop));
	assert_int_equal(out.status, XDPS_OK);
	assert_int_equal(out.place, XDPS_FILTER_USER);
	if (!strstr(out.err.text, "jumps back"))
		fail_msg("\"%s\"", out.err.text);
	assert_all_undecided();

	set_key(4, 9, 20);
	receive(8, 60, 1);
	receive(9, 60, 1);
	assert_taken(4, 60, 20);
	assert_nothing_left();
}

/*
 * Every bit that it looks at makes two ways of one, which differ in what is read at
 * the end: 2^30 ways are more than the verifier's patience.
 */
static uint32_t write_labyrinth(struct xdps_insn *insns)
{
	uint32_t n = 0;

	for (uint32_t bit = 0; bit < 30; bit++) {
		insns[n++] = (struct xdps_insn){ .code = BPF_LD | BPF_B | BPF_ABS, .k = bit / 8 };
		insns[n++] = (struct xdps_insn){ .code = BPF_JMP | BPF_JSET | BPF_K,
						 .k = 1 << bit % 8, .jf = 3 };
		insns[n++] = (struct xdps_insn){ .code = BPF_LD | BPF_MEM };
		insns[n++] = (struct xdps_insn){ .code = BPF_ALU | BPF_ADD | BPF_K, .k = 1 << bit };
		insns[n++] = (struct xdps_insn){ .code = BPF_ST };
	}
	insns[n++] = (struct xdps_insn){ .code = BPF_LDX | BPF_MEM };
	insns[n++] = (struct xdps_insn){ .code = BPF_LD | BPF_B | BPF_IND };
	insns[n++] = (struct xdps_insn){ .code = BPF_RET | BPF_A };
	return n;
}

static void refused_goes_to_user_space(void **state)
{
	struct xdps_insn insns[256];
	struct outcome out;

	lab_load(usual);
	set_key(2, 7, UINT32_MAX);
	out = set(3, insns, write_labyrinth(insns));
	assert_int_equal(out.status, XDPS_OK);
	assert_int_equal(out.place, XDPS_FILTER_USER);
	print_message("# \"%s\"\n", out.err.text);
	if (strncmp(out.err.text, "loading the filter into the kernel: ", 36))
		fail_msg("\"%s\"", out.err.text);
	assert_all_undecided();
}

/* A translation that is wrong gets no further than the verifier. */
static void refused_code_is_explained(void **state)
{
	const struct bpf_insn reads_too_far[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_B, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct xdps_code code = {
		.insns = (struct bpf_insn *)reads_too_far, .n = ARRAY_SIZE(reads_too_far)
	};

	lab_load(usual);
	set_key(2, 7, UINT32_MAX);
	assert_int_equal(xdps_filter_load(&lab.object, &code, NULL, &err), -1);
	if (strncmp(err.text, "loading the filter into the kernel: ", 36) ||
	    !strstr(err.text, "the verifier says: R1 offset is outside of the packet"))
		fail_msg("\"%s\"", err.text);
	receive(8, 60, 1);
	receive(7, 60, 1);
	assert_taken(2, 60, 60);
	assert_nothing_left();
}

static void invalid_leaves_the_old(void **state)
{
	const struct xdps_insn no_end[] = { LOAD_KEY };
	struct outcome out;

	lab_load(usual);
	set_key(2, 7, 50);
	out = set(3, no_end, ARRAY_SIZE(no_end));
	assert_int_equal(out.status, XDPS_BAD_FILTER);
	assert_true(out.err.text[0]);
	receive(8, 60, 1);
	receive(7, 60, 1);
	assert_taken(2, 60, 50);
	assert_nothing_left();
	assert_int_equal(counters()->received.rejected, 1);
}

/* Each packet is judged by the filter that was set last; no count is lost. */
static void replaced_many_times(void **state)
{
	const uint32_t n = 500;

	lab_load(usual);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t key = i;

		set_key(2 + i, key, 30 + i % 30);
		receive(key + 1, 60, 1);
		receive(key, 60, 1);
		assert_taken(2 + i, 60, 30 + i % 30);
	}
	assert_nothing_left();
	assert_int_equal(counters()->received.rejected, n);
	assert_int_equal(counters()->received.chosen, n);
}

/* Of 4096 instructions, every one of which is run. */
static void longest_is_put_in(void **state)
{
	static struct xdps_insn insns[XDPS_FILTER_INSNS_MAX];
	const uint32_t n = ARRAY_SIZE(insns);

	lab_load(usual);
	insns[0] = (struct xdps_insn)LOAD_KEY;
	for (uint32_t i = 1; i < n - 1; i++)
		insns[i] = (struct xdps_insn){ .code = BPF_ALU | BPF_ADD | BPF_K, .k = 1 };
	insns[n - 1] = (struct xdps_insn){ .code = BPF_RET | BPF_A };
	set_in_kernel(2, insns, n);
	receive(6, 1000, 1);
	assert_taken(2, 1000, SNAPLEN);

	insns[n - 2] = (struct xdps_insn){ .code = BPF_ALU | BPF_SUB | BPF_K, .k = n - 3 };
	set_in_kernel(3, insns, n);
	receive(6, 60, 1);
	receive(0, 60, 1);
	packet[KEY_AT] = 6;
	assert_taken(3, 60, 6);
	assert_nothing_left();
	assert_int_equal(counters()->received.rejected, 1);
}

/* Both are the kernel's lists of functions: tools show the filter by its name. */
static void function_names_stay(void **state)
{
	struct bpf_prog_info info = { 0 };
	uint32_t bytes = sizeof(info), slot_id;
	const uint32_t first = 0;
	int fd;

	lab_load(usual);
	set_key(2, 7, 50);
	assert_int_equal(bpf_map_lookup_elem(lab.object.slots_fd, &first, &slot_id), 0);
	fd = bpf_prog_get_fd_by_id(slot_id);
	if (fd < 0) {
		print_message("# needs CAP_SYS_ADMIN, to find a program by its number\n");
		skip();
	}
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &bytes), 0);
	close(fd);
	assert_string_equal(info.name, "xdps_to_map");
	assert_int_equal(info.nr_func_info, 2);
	assert_true(info.btf_id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Without a filter every packet is taken", no_filter_takes_all),
		SENTENCE("A filter that says the same of all packets is taken at its word", same_for_all),
		SENTENCE("A packet that ends before the byte in question is no match", short_is_no_match),
		SENTENCE("What the filter rejects is counted, and nothing of it comes", rejected_is_counted),
		SENTENCE("The filter's length, the snapshot length or the packet's: the least counts", caplen_is_the_least),
		SENTENCE("A filter can return what it read", returned_by_the_packet),
		SENTENCE("It is filtered first and then chosen", filtered_then_chosen),
		SENTENCE("What the filter cannot decide comes whole, whatever the snapshot length", undecided_comes_whole),
		SENTENCE("For a filter in user space everything comes, undecided", user_space_gets_all),
		SENTENCE("A filter with a loop goes to user space, with the reason", loops_go_to_user_space),
		SENTENCE("A filter that the verifier refuses goes to user space, with the reason", refused_goes_to_user_space),
		SENTENCE("Code that the verifier refuses is explained, and the filter before remains", refused_code_is_explained),
		SENTENCE("An invalid filter is refused, and the one before remains", invalid_leaves_the_old),
		SENTENCE("The filter is replaced many times, and each packet meets one", replaced_many_times),
		SENTENCE("A filter of 4096 instructions is put in", longest_is_put_in),
		SENTENCE("The sampler with a filter has its names", function_names_stay),
	};

	return LAB_RUN("filter_slot", tests);
}

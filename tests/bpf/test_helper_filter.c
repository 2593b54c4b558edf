// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_helper_filter.c: what the helper is asked to filter by, and worse.
 *
 * Whatever it is, every packet passes, and the sampler is there for the next.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/count_fds.h"
#include "../unit/sentence.h"
#include "helper_lab.h"

/* A frame made from a seed has the seed, more or less, in this byte. */
#define SEED_AT 20

#define TAKE { .code = BPF_RET | BPF_K, .k = UINT32_MAX }
#define REJECT { .code = BPF_RET | BPF_K, .k = 0 }

/* A request with all that belongs to it, and room for more. */
struct message {
	struct xdps_request_filter request;
	struct xdps_insn insns[XDPS_FILTER_INSNS_MAX + 1];
};

static struct message message_for(uint32_t number, uint32_t n_insns)
{
	struct message msg = {
		.request = {
			.magic = XDPS_MAGIC,
			.kind = XDPS_REQUEST_FILTER,
			.number = number,
			.n_insns = n_insns,
		},
	};

	for (uint32_t i = 0; i < ARRAY_SIZE(msg.insns); i++)
		msg.insns[i] = (struct xdps_insn)TAKE;
	return msg;
}

static size_t bytes_of(const struct message *msg)
{
	return sizeof(msg->request) + msg->request.n_insns * sizeof(msg->insns[0]);
}

/* Only frames of this seed. */
static void filter_for(uint32_t number, unsigned char seed)
{
	const unsigned char byte = seed + SEED_AT;
	const struct xdps_insn insns[] = {
		{ .code = BPF_LD | BPF_B | BPF_ABS, .k = SEED_AT },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .k = byte, .jf = 1 },
		TAKE,
		REJECT,
	};

	helper_filter(&helper, number, insns, ARRAY_SIZE(insns));
	assert_filter(&helper, number, XDPS_FILTER_KERNEL);
	assert_string_equal(helper_text(&helper), "");
}

static void assert_filters_for(uint32_t number, unsigned char seed)
{
	assert_int_equal(assert_captures(seed), number);
	assert_rejects(seed + 1);
	assert_int_equal(assert_captures(seed), number);
}

static void open_with_filter(uint32_t number, unsigned char seed)
{
	capture_near(&as_usual);
	filter_for(number, seed);
}

static void filters_in_the_kernel(void **state)
{
	capture_near(&as_usual);
	assert_int_equal(assert_captures(1), XDPS_FILTER_NUMBER);
	filter_for(2, 50);
	assert_filters_for(2, 50);
	filter_for(UINT32_MAX, 60);
	assert_filters_for(UINT32_MAX, 60);
	assert_int_equal(helper_end(&helper), 0);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
}

/* As every filter on a port does, behind the IP header. */
static void filters_by_a_computed_offset(void **state)
{
	const struct xdps_insn insns[] = {
		{ .code = BPF_LDX | BPF_B | BPF_MSH, .k = 12 },		/* 4 * (0x88 & 15) */
		{ .code = BPF_LD | BPF_B | BPF_IND, .k = 8 },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .k = 70 + 40, .jf = 1 },
		TAKE,
		REJECT,
	};

	capture_near(&as_usual);
	helper_filter(&helper, 2, insns, ARRAY_SIZE(insns));
	assert_filter(&helper, 2, XDPS_FILTER_KERNEL);
	assert_filters_for(2, 70);
}

static void filters_nothing_where_it_is_told(void **state)
{
	open_with_filter(2, 50);
	helper_filter(&helper, 3, NULL, 0);
	assert_filter(&helper, 3, XDPS_FILTER_USER);
	assert_string_equal(helper_text(&helper), "");
	assert_int_equal(assert_captures(50), 0);
	assert_int_equal(assert_captures(51), 0);
	filter_for(4, 50);
	assert_filters_for(4, 50);
}

/* From the inside it may go round for ever. */
static const struct xdps_insn loop[] = {
	{ .code = BPF_LD | BPF_B | BPF_ABS, .k = SEED_AT },
	{ .code = BPF_JMP | BPF_JA, .k = -2 },
	TAKE,
};

static void leaves_a_loop_to_user_space(void **state)
{
	open_with_filter(2, 50);
	helper_filter(&helper, 3, loop, ARRAY_SIZE(loop));
	assert_filter(&helper, 3, XDPS_FILTER_USER);
	assert_int_not_equal(strlen(helper_text(&helper)), 0);
	assert_int_equal(assert_captures(50), 0);
	assert_int_equal(assert_captures(51), 0);
}

static void takes_the_longest(void **state)
{
	static struct message msg;

	capture_near(&as_usual);
	msg = message_for(2, XDPS_FILTER_INSNS_MAX);
	for (uint32_t i = 0; i < XDPS_FILTER_INSNS_MAX - 1; i++)
		msg.insns[i] = (struct xdps_insn){ .code = BPF_ALU | BPF_ADD | BPF_K, .k = i };
	msg.insns[XDPS_FILTER_INSNS_MAX - 1] = (struct xdps_insn){ .code = BPF_RET | BPF_A };
	helper_send(&helper, &msg, bytes_of(&msg));
	assert_true(helper_hear(&helper));
	assert_filter(&helper, 2, XDPS_FILTER_KERNEL);
	assert_int_equal(assert_captures(1), 2);
}

/* Every one is refused with a sentence, and the one before stays. */
static void refuses_invalid_programs(void **state)
{
	static const struct {
		struct xdps_insn insns[3];
		uint32_t n;
		const char *words;
	} rows[] = {
		{ { TAKE }, 0, "no instructions" },
		{ { { BPF_JMP | BPF_JEQ | BPF_K, 200, 0, 0 }, TAKE }, 2, "instruction 0 jumps to 201" },
		{ { { BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0 }, TAKE }, 2, "instruction 0 jumps to 2" },
		{ { { BPF_JMP | BPF_JA, 0, 0, 1 }, TAKE }, 2, "instruction 0 jumps to 2" },
		{ { { BPF_JMP | BPF_JA, 0, 0, INT32_MAX }, TAKE }, 2, "jumps to 2147483648" },
		{ { { BPF_JMP | BPF_JA, 0, 0, INT32_MIN }, TAKE }, 2, "before the first instruction" },
		{ { TAKE, { BPF_JMP | BPF_JA, 0, 0, -3 }, TAKE }, 3, "instruction 1 jumps to -1" },
		{ { { .code = 0xffff }, TAKE }, 2, "which classic BPF does not define" },
		{ { { .code = 0x85 /* eBPF's call */ }, TAKE }, 2, "which classic BPF does not define" },
		{ { { BPF_LD | BPF_MEM, 0, 0, 16 }, TAKE }, 2, "word 16" },
		{ { { BPF_ST, 0, 0, UINT32_MAX }, TAKE }, 2, "word 4294967295" },
		{ { { BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0 }, TAKE }, 2, "divides by zero" },
		{ { TAKE, { BPF_LD | BPF_IMM, 0, 0, 0 } }, 2, "does not return" },
	};

	open_with_filter(2, 50);
	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct message msg = message_for(3 + i, rows[i].n);

		memcpy(msg.insns, rows[i].insns, sizeof(rows[i].insns));
		helper_send(&helper, &msg, bytes_of(&msg));
		assert_true(helper_hear(&helper));
		assert_int_equal(helper.reply.kind, XDPS_REPLY_FILTER);
		assert_int_equal(helper.reply.filter.number, 3 + i);
		if (helper.reply.filter.status != XDPS_BAD_FILTER ||
		    !strstr(helper_text(&helper), rows[i].words))
			fail_msg("%u: (status %u) \"%s\" does not say \"%s\"", i,
				 helper.reply.filter.status, helper_text(&helper), rows[i].words);
		assert_filters_for(2, 50);
	}
}

static void refuses_what_is_too_long(void **state)
{
	static const uint32_t sizes[] = { 4097, 20000 };
	char words[64];

	open_with_filter(2, 50);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct xdps_insn *insns = calloc(sizes[i], sizeof(*insns));

		assert_non_null(insns);
		helper_filter(&helper, 3, insns, sizes[i]);
		free(insns);
		assert_int_equal(helper.reply.kind, XDPS_REPLY_FILTER);
		assert_int_equal(helper.reply.filter.status, XDPS_BAD_FILTER);
		snprintf(words, sizeof(words), "%u instructions; the maximum is 4096", sizes[i]);
		if (!strstr(helper_text(&helper), words))
			fail_msg("\"%s\"", helper_text(&helper));
		assert_filters_for(2, 50);
	}
}

/* Half of them valid: anything at all before the last one. */
static void stays_whatever_the_program(void **state)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_B | BPF_IND, BPF_LD | BPF_H | BPF_IND,
		BPF_LDX | BPF_B | BPF_MSH, BPF_LD | BPF_W | BPF_LEN, BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM, BPF_LD | BPF_MEM, BPF_ST, BPF_STX, BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA, BPF_ALU | BPF_ADD | BPF_X, BPF_ALU | BPF_DIV | BPF_X,
		BPF_ALU | BPF_LSH | BPF_X, BPF_ALU | BPF_RSH | BPF_K, BPF_ALU | BPF_NEG,
		BPF_JMP | BPF_JA, BPF_JMP | BPF_JGT | BPF_K, BPF_JMP | BPF_JSET | BPF_X,
		BPF_RET | BPF_A, 0xfff0,
	};
	static const uint32_t numbers[] = {
		0, 1, 14, 15, 16, 31, 32, 64999, 65000, -1, -2, INT32_MIN,
	};
	unsigned int seed = 20251128, n_refused = 0, n_set = 0;

	capture_near(&as_usual);
	for (uint32_t round = 0; round < 1000; round++) {
		struct message msg = message_for(2 + round, 2 + rand_r(&seed) % 30);

		for (uint32_t i = 0; i + 1 < msg.request.n_insns; i++)
			msg.insns[i] = (struct xdps_insn){
				.code = codes[rand_r(&seed) / 7 % ARRAY_SIZE(codes)],
				.jt = rand_r(&seed) / 7 % 4,
				.jf = rand_r(&seed) / 7 % 4,
				.k = numbers[rand_r(&seed) / 7 % ARRAY_SIZE(numbers)],
			};
		helper_send(&helper, &msg, bytes_of(&msg));
		assert_true(helper_hear(&helper));
		assert_int_equal(helper.reply.kind, XDPS_REPLY_FILTER);
		assert_true(!helper.reply.filter.status ||
			    helper.reply.filter.status == XDPS_BAD_FILTER);
		*(helper.reply.filter.status ? &n_refused : &n_set) += 1;
	}
	print_message("# %u set, %u refused\n", n_set, n_refused);
	assert_true(n_set > 50 && n_refused > 50);
	filter_for(2, 50);
	assert_filters_for(2, 50);
}

static void changes_hundreds_of_times(void **state)
{
	unsigned int n_fds;

	open_with_filter(2, 50);
	n_fds = count_fds(helper.pid);
	for (uint32_t number = 3; number < 303; number++)
		filter_for(number, number % 100);
	assert_filters_for(302, 302 % 100);
	assert_int_equal(count_fds(helper.pid), n_fds);
	assert_int_equal(helper_end(&helper), 0);
}

/* Ends the capture with a sentence, and the interface is free. */
static void assert_ends(const void *msg, size_t bytes, const char *words)
{
	open_with_filter(2, 50);
	helper_send(&helper, msg, bytes);
	assert_true(helper_hear(&helper));
	assert_int_equal(helper.reply.kind, XDPS_REPLY_ERROR);
	assert_int_not_equal(helper.reply.error.status, XDPS_OK);
	if (!strstr(helper_text(&helper), words))
		fail_msg("%zu bytes: \"%s\" does not say \"%s\"", bytes, helper_text(&helper), words);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
	assert_false(helper_hear(&helper));
	assert_int_equal(helper_end(&helper), 1);
}

static void a_wrong_size_ends_it(void **state)
{
	const struct message msg = message_for(3, 2);
	const size_t right = bytes_of(&msg);
	struct message many = message_for(3, 0x20000000);

	for (size_t bytes = 1; bytes <= right + 9; bytes++)
		if (bytes != right)
			assert_ends(&msg, bytes, bytes < sizeof(msg.request) ?
				    "bytes, not 20" : "bytes, not 36");
	/* whose size has no room in 32 bits */
	assert_ends(&many, sizeof(many.request), "bytes, not 4294967316");
	many.request.n_insns = UINT32_MAX;
	assert_ends(&many, sizeof(many.request), "bytes, not 34359738380");
	assert_ends(&many, sizeof(many), "bytes, not 34359738380");
}

static void a_value_out_of_range_ends_it(void **state)
{
	struct message msg = message_for(0, 1);

	assert_ends(&msg, bytes_of(&msg), "filter number of 0");
	msg = message_for(XDPS_FILTER_NUMBER, 1);
	assert_ends(&msg, bytes_of(&msg), "filter number of 1");
	msg = message_for(3, 0);
	msg.request.in_user_space = 2;
	assert_ends(&msg, bytes_of(&msg), "in_user_space of 2");
	msg = message_for(3, 1);
	msg.request.in_user_space = 1;
	assert_ends(&msg, bytes_of(&msg), "number of instructions of 1");
	msg = message_for(3, 1);
	msg.request.magic++;
	assert_ends(&msg, bytes_of(&msg), "protocol version");
}

static void another_kind_ends_it(void **state)
{
	static const uint32_t kinds[] = {
		0, XDPS_REPLY_RINGS, XDPS_REPLY_READY, XDPS_REPLY_ERROR, XDPS_REPLY_FILTER, 7,
		UINT32_MAX,
	};
	const struct xdps_request_open open = lab_request(NEAR);
	struct message msg = message_for(3, 1);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		msg.request.kind = kinds[i];
		assert_ends(&msg, bytes_of(&msg), "but only kind 5 is valid");
	}
	assert_ends(&open, sizeof(open), "of kind 1, but only kind 5 is valid");
}

static void descriptors_end_it(void **state)
{
	struct message msg = message_for(3, 1);

	open_with_filter(2, 50);
	helper_send_with_fd(&helper, &msg, bytes_of(&msg), 1);
	assert_true(helper_hear(&helper));
	assert_error(&helper, XDPS_FAILED, "carried file descriptors");
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
	assert_false(helper_hear(&helper));
	assert_int_equal(helper_end(&helper), 1);
}

static void an_empty_message_is_the_end(void **state)
{
	open_with_filter(2, 50);
	helper_send(&helper, "", 0);
	assert_false(helper_hear(&helper));
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
	assert_int_equal(helper_end(&helper), 0);
}

/* Nobody has asked for a capture yet. */
static void a_filter_comes_second(void **state)
{
	struct message msg = message_for(2, 1);
	char sizes[64];

	snprintf(sizes, sizeof(sizes), "28 bytes, not %zu", sizeof(struct xdps_request_open));
	helper_start(&helper, &as_usual);
	helper_send(&helper, &msg, bytes_of(&msg));
	assert_true(helper_hear(&helper));
	assert_error(&helper, XDPS_FAILED, sizes);
	assert_int_equal(helper_end(&helper), 1);

	helper_start(&helper, &as_usual);
	helper_send(&helper, &msg, sizeof(struct xdps_request_open));
	assert_true(helper_hear(&helper));
	assert_error(&helper, XDPS_FAILED, "of kind 5, but only kind 1 is valid");
	assert_int_equal(helper_end(&helper), 1);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
}

/* Debugging output. */

static void assert_written(int fd, const char *words)
{
	char text[1024];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n < 0)
		fail_msg("nothing was written: %s", strerror(errno));
	text[n] = '\0';
	if (strncmp(text, words, strlen(words)) || strchr(text, '\n') != text + n - 1)
		fail_msg("\"%s\" is not one line that begins with \"%s\"", text, words);
}

/* Its standard error is the end of this pipe to write to. */
static void open_debugged(int pair[2])
{
	struct how how = { 0 };

	assert_int_equal(pipe2(pair, O_NONBLOCK | O_CLOEXEC), 0);
	how.err_fd = pair[1];
	capture_near(&how);
	assert_written(pair[0], "xdpsample-helper: xa: attached in generic mode, ");
}

/* The line is written before the answer. */
static void tells_where_it_filters(void **state)
{
	const struct xdps_insn wrong = { .code = BPF_LD | BPF_IMM };
	int pair[2];
	char byte;

	open_debugged(pair);
	filter_for(2, 50);
	assert_written(pair[0], "xdpsample-helper: xa: filter 2: in the kernel, 4 instructions of classic BPF\n");
	helper_filter(&helper, 3, loop, ARRAY_SIZE(loop));
	assert_written(pair[0], "xdpsample-helper: xa: filter 3: in user space: ");
	helper_filter(&helper, 4, NULL, 0);
	assert_written(pair[0], "xdpsample-helper: xa: filter 4: in user space\n");
	helper_filter(&helper, 5, &wrong, 1);
	assert_written(pair[0], "xdpsample-helper: xa: filter 5: refused: the filter's last instruction");

	assert_int_equal(assert_captures(1), 0);
	assert_int_equal(helper_end(&helper), 0);
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 0);
	close(pair[0]);
}

/* Whatever it said would come as a message that is none. */
static void is_silent_otherwise(void **state)
{
	const struct how how = { .with_closed_stdio = true };

	open_with_filter(2, 50);
	helper_filter(&helper, 3, loop, ARRAY_SIZE(loop));
	assert_filter(&helper, 3, XDPS_FILTER_USER);
	assert_int_equal(helper_end(&helper), 0);

	capture_near(&how);
	filter_for(2, 50);
	assert_filters_for(2, 50);
}

static void a_full_pipe_does_not_stop_it(void **state)
{
	static const char line[512];
	int pair[2];

	open_debugged(pair);
	while (write(pair[1], line, sizeof(line)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	/* the helper's end would wait */
	assert_int_equal(fcntl(pair[1], F_SETFL, 0), 0);
	for (uint32_t number = 2; number < 20; number++)
		filter_for(number, number);
	assert_filters_for(19, 19);
	assert_int_equal(helper_end(&helper), 0);
	close(pair[0]);
	close(pair[1]);
}

static void a_pipe_without_a_reader_does_not_stop_it(void **state)
{
	int pair[2];

	open_debugged(pair);
	close(pair[0]);
	close(pair[1]);
	for (uint32_t number = 2; number < 5; number++)
		filter_for(number, number);
	assert_filters_for(4, 4);
	assert_int_equal(helper_end(&helper), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("A filter is put into the kernel", filters_in_the_kernel),
		SENTENCE("A filter with computed offsets is put into the kernel", filters_by_a_computed_offset),
		SENTENCE("It filters nothing where user space does", filters_nothing_where_it_is_told),
		SENTENCE("A filter with a loop is left to user space, with the reason", leaves_a_loop_to_user_space),
		SENTENCE("A filter of 4096 instructions is put into the kernel", takes_the_longest),
		SENTENCE("An invalid filter is refused, and the one before stays", refuses_invalid_programs),
		SENTENCE("A filter that is too long is refused, and the one before stays", refuses_what_is_too_long),
		SENTENCE("Whatever it is asked to filter by, the sampler stays", stays_whatever_the_program),
		SENTENCE("The filter can be changed hundreds of times", changes_hundreds_of_times),
		SENTENCE("A message of another size ends the capture", a_wrong_size_ends_it),
		SENTENCE("A value out of its range ends the capture", a_value_out_of_range_ends_it),
		SENTENCE("A message of another kind ends the capture", another_kind_ends_it),
		SENTENCE("A filter with descriptors ends the capture", descriptors_end_it),
		SENTENCE("An empty message ends the capture", an_empty_message_is_the_end),
		SENTENCE("A filter before the capture is refused", a_filter_comes_second),
		SENTENCE("The debugging output says where each filter runs", tells_where_it_filters),
		SENTENCE("Without debugging the helper prints nothing", is_silent_otherwise),
		SENTENCE("A listener that does not read does not stop it", a_full_pipe_does_not_stop_it),
		SENTENCE("A listener that has gone does not stop it", a_pipe_without_a_reader_does_not_stop_it),
	};

	return LAB_RUN("helper filter", tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_helper_request.c: what is asked of the helper, and worse.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "../unit/sentence.h"
#include "helper_lab.h"

/* Sends something bad, and expects a sentence, and a proper end. */
static void assert_refused(const void *msg, size_t bytes, const char *words)
{
	helper_start(&helper, &as_usual);
	helper_send(&helper, msg, bytes);
	assert_true(helper_hear(&helper));
	assert_int_equal(helper.reply.kind, XDPS_REPLY_ERROR);
	if (!strstr(helper_text(&helper), words))
		fail_msg("%zu bytes: \"%s\" does not say \"%s\"", bytes,
			 helper_text(&helper), words);
	assert_false(helper_hear(&helper));
	assert_int_equal(helper_end(&helper), 1);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
}

static void refuses_other_lengths(void **state)
{
	union {
		struct xdps_request_open request;
		char bytes[sizeof(struct xdps_request_open) + 8];
	} msg = { 0 };

	msg.request = lab_request(NEAR);
	for (size_t bytes = 1; bytes <= sizeof(msg); bytes++)
		if (bytes != sizeof(msg.request))
			assert_refused(&msg, bytes, "bytes, not 320");
}

static void refuses_huge_message(void **state)
{
	static char msg[100000];
	const struct xdps_request_open request = lab_request(NEAR);

	memcpy(msg, &request, sizeof(request));
	assert_refused(msg, sizeof(msg), "100000 bytes, not 320");
}

static void takes_empty_message_for_the_end(void **state)
{
	helper_start(&helper, &as_usual);
	helper_send(&helper, "", 0);
	assert_false(helper_hear(&helper));
	assert_int_equal(helper_end(&helper), 0);
}

static void refuses_other_version(void **state)
{
	struct xdps_request_open request = lab_request(NEAR);

	request.magic++;
	assert_refused(&request, sizeof(request), "protocol version");
	assert_refused(&request, 12, "protocol version");
}

static void refuses_other_kinds(void **state)
{
	static const uint32_t kinds[] = {
		0, XDPS_REPLY_RINGS, XDPS_REPLY_READY, XDPS_REPLY_ERROR, XDPS_REQUEST_FILTER,
		XDPS_REPLY_FILTER, XDPS_REPLY_PROGRAM, XDPS_REPLY_QUERY, 10, UINT32_MAX
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct xdps_request_open request = lab_request(NEAR);

		request.kind = kinds[i];
		assert_refused(&request, sizeof(request), "of kind");
	}
}

static void refuses_bad_names(void **state)
{
	static char names[][XDPS_IFNAME_CHARS + 1] = {
		"", "a/b", "a:b", "a b", "a\tb", "a\nb", "a\x7f", ".", "..", " xa", "xa ",
		"without an end",
	};

	memset(names[ARRAY_SIZE(names) - 1], 'x', sizeof(names[0]));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct xdps_request_open request = lab_request(NEAR);

		memcpy(request.request.ifname, names[i], sizeof(request.request.ifname));
		assert_refused(&request, sizeof(request), "no valid interface name");
	}
}

static void refuses_values_out_of_range(void **state)
{
	struct xdps_request_open good = lab_request(NEAR), request;

#define REFUSED(field, value, key) do {					\
	request = good;							\
	request.request.field = (value);					\
	assert_refused(&request, sizeof(request), " has a " key " of ");	\
} while (0)
	REFUSED(mode, 3, "mode");
	REFUSED(mode, UINT32_MAX, "mode");
	REFUSED(rate, 0, "rate");
	REFUSED(snaplen, 0, "snaplen");
	REFUSED(snaplen, XDPS_SNAPLEN_MAX + 1, "snaplen");
	REFUSED(immediate, 2, "immediate");
	REFUSED(promisc, UINT32_MAX, "no-promisc");
	REFUSED(point, 2, "point");
	REFUSED(point, UINT32_MAX, "point");
	good.request.point = XDPS_POINT_EXIT;
	REFUSED(actions, 1 << XDPS_N_ACTIONS, "action");
	REFUSED(actions, UINT32_MAX, "action");
	good.request.point = XDPS_POINT_ENTRY;
	REFUSED(ring, XDPS_RING_MAP + 1, "ring");
	REFUSED(dir, XDPS_DIR_BOTH + 1, "dir");
	REFUSED(buffer_bytes, (1ull << 42) + 1, "buffer");
	REFUSED(buffer_bytes, UINT64_MAX, "buffer");
#undef REFUSED
}

static void refuses_verdicts_at_entry(void **state)
{
	struct xdps_request_open request = lab_request(NEAR);

	request.request.point = XDPS_POINT_ENTRY;
	for (unsigned int action = 0; action < XDPS_N_ACTIONS; action++) {
		request.request.actions = 1u << action;
		assert_refused(&request, sizeof(request), "the program has not decided yet");
	}
}

static void refuses_programs_of_what_is_only_sent(void **state)
{
	struct xdps_request_open request = lab_request(NEAR);

	request.request.dir = XDPS_DIR_OUT;
	strcpy(request.request.prog, "xdp_filter");
	assert_refused(&request, sizeof(request), "only for those that are sent");
	request.request.prog[0] = '\0';
	request.request.point = XDPS_POINT_EXIT;
	assert_refused(&request, sizeof(request), "only for those that are sent");
}

static void refuses_bad_programs(void **state)
{
	static const char *const progs[] = {
		"a/b", "a:b", "a b", "a\tb", "a\nb", "a\033[2J", "a\x7f", "\xc3\xbc",
		"a-b", "a=b", "a+b", "a%s", "a@", "a[", "a`", "a{", "-1", " 1",
	};
	struct xdps_request_open request = lab_request(NEAR);

	for (size_t i = 0; i < ARRAY_SIZE(progs); i++) {
		memset(request.request.prog, 0, sizeof(request.request.prog));
		strcpy(request.request.prog, progs[i]);
		assert_refused(&request, sizeof(request), "prog that is not a valid program name");
	}
	memset(request.request.prog, 'x', sizeof(request.request.prog));
	assert_refused(&request, sizeof(request), "prog that is not a valid program name");
}

/* No program is attached, so that it is refused, but not for what it says. */
static void takes_good_programs(void **state)
{
	static const char *const progs[] = {
		"", "xdp_filter", "a.Z_09", "4294967295",
		/* 127 characters */
		("name_of_31_characters_and_more_name_of_31_characters_and_more_"
		 "name_of_31_characters_and_more_name_of_31_characters_and_more_abc"),
	};
	struct xdps_request_open request = lab_request(NEAR);

	request.request.point = XDPS_POINT_EXIT;
	request.request.actions = (1u << XDPS_N_ACTIONS) - 1;
	for (size_t i = 0; i < ARRAY_SIZE(progs); i++) {
		memset(request.request.prog, 0, sizeof(request.request.prog));
		strcpy(request.request.prog, progs[i]);
		helper_start(&helper, &as_usual);
		helper_send(&helper, &request, sizeof(request));
		assert_true(helper_hear(&helper));
		if (strstr(helper_text(&helper), "the request to the helper"))
			fail_msg("\"%s\": %s", progs[i], helper_text(&helper));
		helper_end(&helper);
	}
}

/* Half of it right, or it would never get past the magic. */
static void survives_random_bytes(void **state)
{
	unsigned int seed = 20231123;

	for (int round = 0; round < 200; round++) {
		unsigned char msg[sizeof(struct xdps_request_open)];
		const struct xdps_request_open good = lab_request("nope");
		const size_t kept = rand_r(&seed) % 24;

		for (size_t i = 0; i < sizeof(msg); i++)
			msg[i] = rand_r(&seed) >> 8;
		memcpy(msg, &good, kept);
		assert_refused(msg, sizeof(msg), "");
	}
}

static void refuses_descriptors(void **state)
{
	const struct xdps_request_open request = lab_request(NEAR);

	helper_start(&helper, &as_usual);
	helper_send_with_fd(&helper, &request, sizeof(request), 1);
	assert_true(helper_hear(&helper));
	assert_error(&helper, XDPS_FAILED, "carried file descriptors");
	assert_int_equal(helper_end(&helper), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("A request of any other length is refused", refuses_other_lengths),
		SENTENCE("A request of 100,000 bytes is refused", refuses_huge_message),
		SENTENCE("An empty message is the end", takes_empty_message_for_the_end),
		SENTENCE("A request of another version is refused", refuses_other_version),
		SENTENCE("A request of another kind is refused", refuses_other_kinds),
		SENTENCE("A name that no interface can have is refused", refuses_bad_names),
		SENTENCE("A value out of its range is refused, by name", refuses_values_out_of_range),
		SENTENCE("Verdicts to choose by at the entry are refused",
			 refuses_verdicts_at_entry),
		SENTENCE("A program's packets, of those that are only sent, are refused",
			 refuses_programs_of_what_is_only_sent),
		SENTENCE("A name that no program can have is refused", refuses_bad_programs),
		SENTENCE("Any program and any verdicts at its exit can be asked for",
			 takes_good_programs),
		SENTENCE("Random bytes are refused and survived", survives_random_bytes),
		SENTENCE("A request with descriptors is refused", refuses_descriptors),
	};

	return LAB_RUN("helper request", tests, NULL, NULL);
}

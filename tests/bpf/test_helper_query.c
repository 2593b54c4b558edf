// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_helper_query.c: a helper that is only queried.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../unit/sentence.h"
#include "helper_lab.h"
#include "others.h"

#define LONG_NAME "drop_what_comes_from_there_and_is_not_wanted_here"
#define CAP(n) (1ull << (n))

static void attach(int prog_fd, uint32_t flags)
{
	assert_int_equal(bpf_xdp_attach(if_nametoindex(NEAR), prog_fd, flags, NULL), 0);
}

static void query(const char *ifname)
{
	struct xdps_request_query query = { .magic = XDPS_MAGIC, .kind = XDPS_REQUEST_QUERY };

	snprintf(query.ifname, sizeof(query.ifname), "%s", ifname);
	helper_send(&helper, &query, sizeof(query));
}

static void assert_says(enum xdps_message kind)
{
	assert_true(helper_hear(&helper));
	if (helper.reply.kind != kind)
		fail_msg("said %u, not %u: \"%s\"", helper.reply.kind, kind, helper_text(&helper));
}

static void assert_program(int prog_fd, const char *name, enum xdps_mode mode)
{
	assert_says(XDPS_REPLY_PROGRAM);
	assert_int_equal(helper.reply.program.id, other_id(prog_fd));
	assert_int_equal(helper.reply.program.mode, mode);
	assert_string_equal(helper_text(&helper), name);
}

static void assert_all_said(enum xdps_status status, const char *words)
{
	assert_says(XDPS_REPLY_QUERY);
	assert_int_equal(helper.reply.query.status, status);
	if (!strstr(helper_text(&helper), words))
		fail_msg("\"%s\" does not say \"%s\"", helper_text(&helper), words);
}

static void nothing_there(void **state)
{
	helper_start(&helper, &as_usual);
	query(NEAR);
	assert_all_said(XDPS_OK, "");
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
	assert_int_equal(helper_end(&helper), 0);
}

static void whole_name_and_mode(void **state)
{
	static const struct {
		uint32_t flags;
		enum xdps_mode mode;
	} modes[] = {
		{ XDP_FLAGS_DRV_MODE, XDPS_MODE_NATIVE },
		{ XDP_FLAGS_SKB_MODE, XDPS_MODE_GENERIC },
	};
	int fd = other(LONG_NAME);

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		attach(fd, modes[i].flags);
		helper_start(&helper, &as_usual);
		query(NEAR);
		assert_program(fd, LONG_NAME, modes[i].mode);
		assert_all_said(XDPS_OK, "");
		assert_int_equal(helper_end(&helper), 0);
		bpf_xdp_detach(if_nametoindex(NEAR), modes[i].flags, NULL);
	}
	close(fd);
}

static void as_often_as_asked(void **state)
{
	int fd = other("passes");

	attach(fd, 0);
	helper_start(&helper, &as_usual);
	for (int i = 0; i < 300; i++) {
		query(NEAR);
		assert_program(fd, "passes", XDPS_MODE_NATIVE);
		assert_all_said(XDPS_OK, "");
		query(FAR);
		assert_all_said(XDPS_OK, "");
	}
	assert_int_equal(helper_end(&helper), 0);
	close(fd);
}

/* Goes on after what it could not look at. */
static void no_interface(void **state)
{
	helper_start(&helper, &as_usual);
	query("nope");
	assert_all_said(XDPS_NO_DEVICE, "nope: no interface of this name");
	query(NEAR);
	assert_all_said(XDPS_OK, "");
	assert_int_equal(helper_end(&helper), 0);
}

static void no_right(void **state)
{
	const struct how how = { .without = CAP(CAP_SYS_ADMIN) };
	int fd = other("passes");

	attach(fd, 0);
	helper_start(&helper, &how);
	query(NEAR);
	assert_all_said(XDPS_NO_PERMISSION, "CAP_SYS_ADMIN");
	query(FAR);
	assert_all_said(XDPS_OK, "");
	assert_int_equal(helper_end(&helper), 0);
	close(fd);
}

static void components(void **state)
{
	int dispatcher = other_dispatcher(2), first, second, link;

	first = other_component("first", dispatcher, 0);
	if (first < 0) {
		close(dispatcher);
		print_message("# no component can be loaded here: %s\n", strerror(-first));
		skip();
	}
	second = other_component("second", dispatcher, 1);
	assert_true(second >= 0);
	link = other_put(second);
	if (!other_says_where(link)) {
		print_message("# links of this kernel do not say where they lead to (before 6.1)\n");
		close(link);
		close(first);
		close(second);
		close(dispatcher);
		skip();
	}
	attach(dispatcher, 0);
	helper_start(&helper, &as_usual);
	query(NEAR);
	assert_says(XDPS_REPLY_PROGRAM);
	assert_int_equal(helper.reply.program.id, other_id(dispatcher));
	assert_program(second, "second", XDPS_MODE_NATIVE);
	assert_all_said(XDPS_OK, "");
	assert_int_equal(helper_end(&helper), 0);
	close(link);
	close(first);
	close(second);
	close(dispatcher);
}

static void assert_refused(const void *msg, size_t bytes, const char *words)
{
	helper_start(&helper, &as_usual);
	helper_send(&helper, msg, bytes);
	assert_says(XDPS_REPLY_ERROR);
	if (!strstr(helper_text(&helper), words))
		fail_msg("%zu bytes: \"%s\" does not say \"%s\"", bytes, helper_text(&helper), words);
	assert_int_equal(helper_end(&helper), 1);
}

static void refuses_nonsense(void **state)
{
	struct xdps_request_query query = { .magic = XDPS_MAGIC, .kind = XDPS_REQUEST_QUERY };
	union {
		struct xdps_request_query query;
		char bytes[sizeof(struct xdps_request_query) + 8];
	} msg = { .query = query };

	assert_refused(&query, sizeof(query), "no valid interface name");
	memset(query.ifname, 'x', sizeof(query.ifname));
	assert_refused(&query, sizeof(query), "no valid interface name");
	for (size_t bytes = 8; bytes <= sizeof(msg); bytes++)
		if (bytes != sizeof(query))
			assert_refused(&msg, bytes, "bytes, not 24");
}

/* After a query, a capture takes another helper, and the other way round. */
static void refuses_a_capture_after_a_query(void **state)
{
	const struct xdps_request_open capture = lab_request(NEAR);

	helper_start(&helper, &as_usual);
	query(NEAR);
	assert_all_said(XDPS_OK, "");
	helper_send(&helper, &capture, sizeof(capture));
	assert_says(XDPS_REPLY_ERROR);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
	assert_int_equal(helper_end(&helper), 1);
}

static void refuses_a_query_in_a_capture(void **state)
{
	capture_near(&as_usual);
	query(NEAR);
	assert_says(XDPS_REPLY_ERROR);
	assert_int_equal(helper_end(&helper), 1);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Where no program is, it says so and attaches nothing", nothing_there),
		SENTENCE("A program's id, whole name and mode are said", whole_name_and_mode),
		SENTENCE("It answers as often as it is asked", as_often_as_asked),
		SENTENCE("After an interface that is not there it goes on", no_interface),
		SENTENCE("Without CAP_SYS_ADMIN it says so and goes on", no_right),
		SENTENCE("A dispatcher comes first, then what it calls", components),
		SENTENCE("A query about no name, or of another length, is refused", refuses_nonsense),
		SENTENCE("A capture after a query is refused", refuses_a_capture_after_a_query),
		SENTENCE("A query in a capture is refused", refuses_a_query_in_a_capture),
	};

	libbpf_set_print(NULL);
	return LAB_RUN("helper query", tests, NULL, NULL);
}

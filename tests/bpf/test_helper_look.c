// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_helper_look.c: a helper that only looks.
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

static void ask(const char *ifname)
{
	struct xdps_ask_look look = { .magic = XDPS_MAGIC, .kind = XDPS_ASK_LOOK };

	snprintf(look.ifname, sizeof(look.ifname), "%s", ifname);
	helper_send(&helper, &look, sizeof(look));
}

static void assert_says(enum xdps_message kind)
{
	assert_true(helper_hear(&helper));
	if (helper.say.kind != kind)
		fail_msg("said %u, not %u: \"%s\"", helper.say.kind, kind, helper.say.text);
}

static void assert_program(int prog_fd, const char *name, enum xdps_mode mode)
{
	assert_says(XDPS_SAY_PROGRAM);
	assert_int_equal(helper.say.prog_id, other_id(prog_fd));
	assert_int_equal(helper.say.prog_mode, mode);
	assert_string_equal(helper.say.text, name);
}

static void assert_looked(enum xdps_status status, const char *words)
{
	assert_says(XDPS_SAY_LOOKED);
	assert_int_equal(helper.say.status, status);
	if (!strstr(helper.say.text, words))
		fail_msg("\"%s\" does not say \"%s\"", helper.say.text, words);
}

static void nothing_there(void **state)
{
	(void)state;
	helper_start(&helper, &as_usual);
	ask(NEAR);
	assert_looked(XDPS_OK, "");
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

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		attach(fd, modes[i].flags);
		helper_start(&helper, &as_usual);
		ask(NEAR);
		assert_program(fd, LONG_NAME, modes[i].mode);
		assert_looked(XDPS_OK, "");
		assert_int_equal(helper_end(&helper), 0);
		bpf_xdp_detach(if_nametoindex(NEAR), modes[i].flags, NULL);
	}
	close(fd);
}

static void as_often_as_asked(void **state)
{
	int fd = other("passes");

	(void)state;
	attach(fd, 0);
	helper_start(&helper, &as_usual);
	for (int i = 0; i < 300; i++) {
		ask(NEAR);
		assert_program(fd, "passes", XDPS_MODE_NATIVE);
		assert_looked(XDPS_OK, "");
		ask(FAR);
		assert_looked(XDPS_OK, "");
	}
	assert_int_equal(helper_end(&helper), 0);
	close(fd);
}

/* Goes on after what it could not look at. */
static void no_interface(void **state)
{
	(void)state;
	helper_start(&helper, &as_usual);
	ask("nope");
	assert_looked(XDPS_NO_DEVICE, "nope: no interface of this name");
	ask(NEAR);
	assert_looked(XDPS_OK, "");
	assert_int_equal(helper_end(&helper), 0);
}

static void no_right(void **state)
{
	const struct how how = { .without = CAP(CAP_SYS_ADMIN) };
	int fd = other("passes");

	(void)state;
	attach(fd, 0);
	helper_start(&helper, &how);
	ask(NEAR);
	assert_looked(XDPS_NO_PERMISSION, "CAP_SYS_ADMIN");
	ask(FAR);
	assert_looked(XDPS_OK, "");
	assert_int_equal(helper_end(&helper), 0);
	close(fd);
}

static void components(void **state)
{
	int dispatcher = other_dispatcher(2), first, second, link;

	(void)state;
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
	ask(NEAR);
	assert_says(XDPS_SAY_PROGRAM);
	assert_int_equal(helper.say.prog_id, other_id(dispatcher));
	assert_program(second, "second", XDPS_MODE_NATIVE);
	assert_looked(XDPS_OK, "");
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
	assert_says(XDPS_SAY_ERROR);
	if (!strstr(helper.say.text, words))
		fail_msg("%zu bytes: \"%s\" does not say \"%s\"", bytes, helper.say.text, words);
	assert_int_equal(helper_end(&helper), 1);
}

static void refuses_nonsense(void **state)
{
	struct xdps_ask_look look = { .magic = XDPS_MAGIC, .kind = XDPS_ASK_LOOK };
	union {
		struct xdps_ask_look look;
		char bytes[sizeof(struct xdps_ask_look) + 8];
	} msg = { .look = look };

	(void)state;
	assert_refused(&look, sizeof(look), "no name that an interface can have");
	memset(look.ifname, 'x', sizeof(look.ifname));
	assert_refused(&look, sizeof(look), "no name that an interface can have");
	for (size_t bytes = 8; bytes <= sizeof(msg); bytes++)
		if (bytes != sizeof(look))
			assert_refused(&msg, bytes, "bytes, not 24");
}

/* Whoever has looked has to begin anew to capture, and the other way round. */
static void refuses_a_capture_after_a_look(void **state)
{
	const struct xdps_ask capture = lab_ask(NEAR);

	(void)state;
	helper_start(&helper, &as_usual);
	ask(NEAR);
	assert_looked(XDPS_OK, "");
	helper_send(&helper, &capture, sizeof(capture));
	assert_says(XDPS_SAY_ERROR);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
	assert_int_equal(helper_end(&helper), 1);
}

static void refuses_a_look_in_a_capture(void **state)
{
	(void)state;
	open_near(&as_usual);
	assert_ready(&helper);
	ask(NEAR);
	assert_says(XDPS_SAY_ERROR);
	assert_int_equal(helper_end(&helper), 1);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Where no program is, it says so and attaches nothing", nothing_there),
		SENTENCE("A program's id, whole name and mode are said", whole_name_and_mode),
		SENTENCE("It looks as often as it is asked", as_often_as_asked),
		SENTENCE("After an interface that is not there it goes on", no_interface),
		SENTENCE("Without CAP_SYS_ADMIN it says so and goes on", no_right),
		SENTENCE("A dispatcher comes first, then what it calls", components),
		SENTENCE("A look at no name, or of another length, is refused", refuses_nonsense),
		SENTENCE("A capture after a look is refused", refuses_a_capture_after_a_look),
		SENTENCE("A look in a capture is refused", refuses_a_look_in_a_capture),
	};

	libbpf_set_print(NULL);
	return LAB_RUN("helper look", tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_options.c: what a device name says, and every sentence about a wrong one.
 */
#include <stdio.h>
#include <string.h>

#include "../../common/option_table.h"
#include "../../engine/xdpsample.h"
#include "sentence.h"

/* What sentences have in common. */
#define KEYS "rate, mode, hold, point, action, prog, ring, follow, yield, dir"
#define EMPTY ": empty option; each ':' must be followed by one of " KEYS
#define UNKNOWN ": no such option; the options are " KEYS
#define IMPOSSIBLE \
	": an interface name cannot contain '/', white space or control characters; options begin with ':'"

static struct xdps_options parsed(const char *name)
{
	struct xdps_error err = { .text = "" };
	struct xdps_options opt;

	xdps_options_init(&opt);
	if (xdps_options_parse(&opt, name, &err))
		fail_msg("\"%s\" is refused: %s", name, err.text);
	return opt;
}

/* Refused with this sentence, and nothing else has happened. */
static void refused(const char *name, const char *sentence)
{
	struct xdps_error err = { .text = "" };
	struct xdps_options opt, before;

	memset(&opt, 0x5a, sizeof(opt));
	xdps_options_init(&opt);
	strcpy(opt.request.ifname, "before");
	opt.request.rate = 77;
	memcpy(&before, &opt, sizeof(opt));
	assert_int_equal(xdps_options_parse(&opt, name, &err), XDPS_BAD_OPTION);
	assert_int_equal(err.status, XDPS_BAD_OPTION);
	assert_string_equal(err.text, sentence);
	assert_memory_equal(&opt, &before, sizeof(opt));
}

static void test_init(void **state)
{
	struct xdps_options opt;

	memset(&opt, 0xff, sizeof(opt));
	xdps_options_init(&opt);
	assert_string_equal(opt.request.ifname, "");
	assert_int_equal(opt.request.mode, XDPS_MODE_AUTO);
	assert_int_equal(opt.request.rate, 1);
	assert_int_equal(opt.hold_us, 1000);
	assert_false(opt.hold_given);
	assert_int_equal(opt.request.point, XDPS_POINT_ENTRY);
	assert_int_equal(opt.request.actions, 0);
	assert_string_equal(opt.request.prog, "");
	assert_int_equal(opt.request.ring, XDPS_RING_AUTO);
	assert_int_equal(opt.request.snaplen, 65000);
	assert_int_equal(opt.request.buffer_bytes, 0);
	assert_int_equal(opt.batch_us, 100000);
	assert_false(opt.request.immediate);
	assert_false(opt.request.promisc);
}

static void test_bare_name(void **state)
{
	struct xdps_options opt = parsed("eth0");

	assert_string_equal(opt.request.ifname, "eth0");
	assert_int_equal(opt.request.mode, XDPS_MODE_AUTO);
	assert_int_equal(opt.request.rate, 1);
	assert_int_equal(opt.hold_us, XDPS_HOLD_DEFAULT_US);
	assert_false(opt.hold_given);
	assert_int_equal(opt.request.point, XDPS_POINT_ENTRY);
	assert_int_equal(opt.request.actions, 0);
	assert_string_equal(opt.request.prog, "");
}

static void test_all_options(void **state)
{
	struct xdps_options opt = parsed(
		"eth0:rate=100:mode=native:hold=250:point=exit:action=tx:prog=xdp_filter:ring=perf");

	assert_string_equal(opt.request.ifname, "eth0");
	assert_int_equal(opt.request.rate, 100);
	assert_int_equal(opt.request.mode, XDPS_MODE_NATIVE);
	assert_int_equal(opt.hold_us, 250);
	assert_true(opt.hold_given);
	assert_int_equal(opt.request.point, XDPS_POINT_EXIT);
	assert_int_equal(opt.request.actions, 1 << XDPS_ACTION_TX);
	assert_string_equal(opt.request.prog, "xdp_filter");
	assert_int_equal(opt.request.ring, XDPS_RING_PERF);
}

static void test_any_order(void **state)
{
	struct xdps_options opt = parsed("v0:prog=7:action=drop:hold=7:mode=generic:rate=3");

	assert_string_equal(opt.request.ifname, "v0");
	assert_int_equal(opt.request.rate, 3);
	assert_int_equal(opt.request.mode, XDPS_MODE_GENERIC);
	assert_int_equal(opt.hold_us, 7);
	assert_int_equal(opt.request.actions, 1 << XDPS_ACTION_DROP);
	assert_string_equal(opt.request.prog, "7");
}

static void test_modes(void **state)
{
	assert_int_equal(parsed("a:mode=auto").request.mode, XDPS_MODE_AUTO);
	assert_int_equal(parsed("a:mode=native").request.mode, XDPS_MODE_NATIVE);
	assert_int_equal(parsed("a:mode=generic").request.mode, XDPS_MODE_GENERIC);
}

static void test_rings(void **state)
{
	assert_int_equal(parsed("a:ring=auto").request.ring, XDPS_RING_AUTO);
	assert_int_equal(parsed("a:ring=perf").request.ring, XDPS_RING_PERF);
	assert_int_equal(parsed("a:ring=map").request.ring, XDPS_RING_MAP);
	assert_int_equal(parsed("a:ring=bpf").request.ring, XDPS_RING_MAP);
	refused("a:ring", "ring: missing value; use one of auto, map, perf");
	refused("a:ring=shared", "ring=shared: not one of auto, map, perf");
}

static void test_points(void **state)
{
	assert_int_equal(parsed("a:point=entry").request.point, XDPS_POINT_ENTRY);
	assert_int_equal(parsed("a:point=exit").request.point, XDPS_POINT_EXIT);
	assert_int_equal(parsed("a:point=exit").request.actions, 0);
}

static void test_actions(void **state)
{
	static const struct {
		const char *name;
		uint32_t actions;
	} sets[] = {
		{ "a:action=aborted", 1 << XDPS_ACTION_ABORTED },
		{ "a:action=drop", 1 << XDPS_ACTION_DROP },
		{ "a:action=pass", 1 << XDPS_ACTION_PASS },
		{ "a:action=tx", 1 << XDPS_ACTION_TX },
		{ "a:action=redirect", 1 << XDPS_ACTION_REDIRECT },
		{ "a:action=drop+aborted", 1 << XDPS_ACTION_DROP | 1 << XDPS_ACTION_ABORTED },
		{ "a:action=aborted+drop", 1 << XDPS_ACTION_DROP | 1 << XDPS_ACTION_ABORTED },
		{ "a:action=redirect+tx+pass+drop+aborted", 0x1f },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct xdps_options opt = parsed(sets[i].name);

		assert_int_equal(opt.request.actions, sets[i].actions);
		assert_int_equal(opt.request.point, XDPS_POINT_EXIT);
	}
}

static void test_action_with_point(void **state)
{
	const char *sentence = "action= cannot be combined with point=entry: there is no verdict before the program runs; remove one of them, or use point=exit";

	assert_int_equal(parsed("a:action=drop:point=exit").request.point, XDPS_POINT_EXIT);
	assert_int_equal(parsed("a:point=exit:action=drop").request.point, XDPS_POINT_EXIT);
	refused("a:action=drop:point=entry", sentence);
	refused("a:point=entry:action=drop", sentence);
	refused("a:point=entry:rate=2:action=pass+tx:hold=1", sentence);
}

static void test_programs(void **state)
{
	static const char *const programs[] = {
		"xdp_drop_the_packets_of_port_80", "x", "_", "A.Z_09", ".text",
		"1", "10", "4294967295", "7up", "0x10",
		/* 127 characters */
		("name_of_31_characters_and_more_name_of_31_characters_and_more_"
		 "name_of_31_characters_and_more_name_of_31_characters_and_more_abc"),
	};
	char name[200];

	assert_int_equal(strlen(programs[ARRAY_SIZE(programs) - 1]), XDPS_PROG_CHARS);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		snprintf(name, sizeof(name), "a:prog=%s:rate=2", programs[i]);
		assert_string_equal(parsed(name).request.prog, programs[i]);
		assert_int_equal(parsed(name).request.point, XDPS_POINT_ENTRY);
		assert_int_equal(parsed(name).request.rate, 2);
	}
}

static void test_limits(void **state)
{
	assert_int_equal(parsed("a:rate=1").request.rate, 1);
	assert_int_equal(parsed("a:rate=4294967295").request.rate, UINT32_MAX);
	assert_int_equal(parsed("a:hold=1000000").hold_us, 1000000);
	assert_int_equal(parsed("a:hold=0").hold_us, 0);
	assert_true(parsed("a:hold=0").hold_given);
	assert_true(parsed("a:hold=1000").hold_given);
}

static void test_names(void **state)
{
	assert_string_equal(parsed("123456789012345").request.ifname, "123456789012345");
	assert_string_equal(parsed("eth0.100@x").request.ifname, "eth0.100@x");
	assert_string_equal(parsed("a=b").request.ifname, "a=b");
	assert_string_equal(parsed("...").request.ifname, "...");
	assert_string_equal(parsed("m\xc3\xbchle").request.ifname, "m\xc3\xbchle");
}

static void test_over(void **state)
{
	struct xdps_error err;
	struct xdps_options opt;

	xdps_options_init(&opt);
	strcpy(opt.request.ifname, "longer-than-v0");
	opt.request.rate = 5;
	opt.request.snaplen = 96;
	opt.request.promisc = true;
	opt.request.point = XDPS_POINT_EXIT;
	opt.request.actions = 1 << XDPS_ACTION_PASS;
	strcpy(opt.request.prog, "a_longer_name");
	assert_int_equal(xdps_options_parse(&opt, "v0:hold=2", &err), XDPS_OK);
	assert_string_equal(opt.request.ifname, "v0");
	assert_int_equal(opt.request.rate, 5);
	assert_int_equal(opt.hold_us, 2);
	assert_int_equal(opt.request.snaplen, 96);
	assert_true(opt.request.promisc);
	assert_int_equal(opt.request.point, XDPS_POINT_EXIT);
	assert_int_equal(opt.request.actions, 1 << XDPS_ACTION_PASS);
	assert_string_equal(opt.request.prog, "a_longer_name");

	assert_int_equal(xdps_options_parse(&opt, "v0:prog=short", &err), XDPS_OK);
	assert_memory_equal(opt.request.prog, "short\0\0\0\0\0\0\0\0\0", 14);
}

static void test_no_name(void **state)
{
	const char *sentence = "no interface name; the syntax is IFACE[:key=value]..., where key is one of " KEYS;

	refused("", sentence);
	refused(":", sentence);
	refused(":rate=1", sentence);
}

static void test_long_name(void **state)
{
	char name[129];

	memset(name, 'n', 128);
	name[128] = '\0';
	refused(name,
		"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...: too long; an interface name has at most 15 characters, an alternative name at most 127");
	assert_string_equal(parsed(name + 1).request.ifname, name + 1);
}

static void test_impossible_name(void **state)
{
	refused("eth0/rate=10", "eth0/rate=10" IMPOSSIBLE);
	refused("eth 0", "eth 0" IMPOSSIBLE);
	refused("eth0\n", "eth0?" IMPOSSIBLE);
	refused("eth\0330", "eth?0" IMPOSSIBLE);
	refused(" eth0:rate=1", " eth0" IMPOSSIBLE);
	refused(".", ".: not a valid interface name");
	refused("..:rate=1", "..: not a valid interface name");
}

static void test_empty_option(void **state)
{
	refused("eth0:", "eth0:" EMPTY);
	refused("eth0:rate=1:", "eth0:rate=1:" EMPTY);
	refused("eth0::rate=1", "eth0::rate=1" EMPTY);
}

static void test_unknown_option(void **state)
{
	refused("eth0:colour=red", "colour" UNKNOWN);
	refused("eth0:colour", "colour" UNKNOWN);
	refused("eth0:Rate=1", "Rate" UNKNOWN);
	refused("eth0:rat=1", "rat" UNKNOWN);
	refused("eth0:rates=1", "rates" UNKNOWN);
	refused("eth0: rate=1", " rate" UNKNOWN);
	refused("eth0:rate=1,mode=native",
		"rate=1,mode=native: not a number from 1 to 4294967295");
	refused("eth0:=5", "=5" UNKNOWN);
	refused("eth0:points=exit", "points" UNKNOWN);
	refused("eth0:act=drop", "act" UNKNOWN);
}

static void test_twice(void **state)
{
	refused("eth0:rate=1:rate=2", "rate: given twice");
	refused("eth0:mode=auto:rate=1:mode=auto", "mode: given twice");
	refused("eth0:hold=0:hold=x", "hold: given twice");
	refused("eth0:point=exit:point=exit", "point: given twice");
	refused("eth0:action=drop:action=pass", "action: given twice");
	refused("eth0:prog=1:prog=2", "prog: given twice");
}

static void test_no_value(void **state)
{
	refused("eth0:rate",
		"rate: missing value; use a number from 1 to 4294967295");
	refused("eth0:rate=:mode=auto",
		"rate: missing value; use a number from 1 to 4294967295");
	refused("eth0:mode", "mode: missing value; use one of auto, native, generic");
	refused("eth0:mode=", "mode: missing value; use one of auto, native, generic");
	refused("eth0:hold=",
		"hold: missing value; use a number from 0 to 1000000 (microseconds)");
	refused("eth0:point", "point: missing value; use one of entry, exit");
	refused("eth0:action=",
		"action: missing value; use one or more of aborted, drop, pass, tx, redirect, joined with +, each at most once");
	refused("eth0:prog=:rate=1",
		"prog: missing value; use a program's name (letters, digits, '_' and '.', at most 127) or its id, from 1 to 4294967295");
}

/* All of these; a value of more than 40 characters would be cut. */
static void refuse_values(const char *key, const char *const *values, size_t n,
			  const char *allowed)
{
	char name[100], sentence[256];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "eth0:%s=%s", key, values[i]);
		snprintf(sentence, sizeof(sentence), "%s=%s: %s", key, values[i], allowed);
		refused(name, sentence);
	}
}

static void test_bad_rate(void **state)
{
	static const char *const values[] = {
		"0", "-1", "+1", "1.5", "01", "00", "0x10", "1k", "1 ", " 1",
		"ten", "4294967296", "4294967297", "18446744073709551617",
		"99999999999999999999999999999999", "1=1", "1e3",
	};

	refuse_values("rate", values, ARRAY_SIZE(values), "not a number from 1 to 4294967295");
}

static void test_bad_hold(void **state)
{
	static const char *const values[] = { "1000001", "-1", "1ms" };

	refuse_values("hold", values, ARRAY_SIZE(values),
		      "not a number from 0 to 1000000 (microseconds)");
}

static void test_bad_mode(void **state)
{
	static const char *const values[] = { "fast", "Native", "nativ", "0" };

	refuse_values("mode", values, ARRAY_SIZE(values), "not one of auto, native, generic");
}

static void test_bad_point(void **state)
{
	static const char *const values[] = { "middle", "Exit", "entry+exit", "1" };

	refuse_values("point", values, ARRAY_SIZE(values), "not one of entry, exit");
}

static void test_bad_action(void **state)
{
	static const char *const values[] = {
		"foo", "Drop", "dropp", "dro", "all", "2", "0", "drop,pass", "drop|pass",
		"drop pass", "drop+foo", "foo+drop", "+", "drop+", "+drop", "drop++pass",
		"drop+pass+", "drop+drop", "pass+tx+pass", "aborted+drop+pass+tx+redirect+aborted",
	};

	refuse_values("action", values, ARRAY_SIZE(values),
		      "not one or more of aborted, drop, pass, tx, redirect, joined with +, each at most once");
}

static void test_bad_program(void **state)
{
	const char *allowed = "not a program's name (letters, digits, '_' and '.', at most 127) or its id, from 1 to 4294967295";
	static const char *const values[] = {
		"0", "00", "01", "007", "4294967296", "18446744073709551617", "-1", "+1",
		"a-b", "a/b", "/sys/fs/bpf/x", "a b", " a", "a ", "a,b", "a+b", "a=b", "a$",
		"a@b", "a[b", "a`b", "a{b", "%s",
	};
	char name[200], sentence[256];

	refuse_values("prog", values, ARRAY_SIZE(values), allowed);
	refused("eth0:prog=\tx\x1b[2J\xc3\xbc",
		"prog=?x?[2J??: not a program's name (letters, digits, '_' and '.', at most 127) or its id, from 1 to 4294967295");

	snprintf(name, sizeof(name), "eth0:prog=%0128d", 1);
	memset(name + 10, 'n', 128);
	snprintf(sentence, sizeof(sentence), "prog=%.40s...: %s", name + 10, allowed);
	refused(name, sentence);
}

static void test_first_error(void **state)
{
	refused("eth0:mode=fast:rate=0",
		"mode=fast: not one of auto, native, generic");
}

static void test_unprintable(void **state)
{
	refused("eth0:mode=\033[2Jx\xff\x7f",
		"mode=?[2Jx??: not one of auto, native, generic");
	refused("eth0:\001\002=1", "??" UNKNOWN);
}

static void test_huge(void **state)
{
	static char name[100000];

	memset(name, '9', sizeof(name) - 1);
	memcpy(name, "eth0:rate=", 10);
	refused(name,
		"rate=9999999999999999999999999999999999999999...: not a number from 1 to 4294967295");
	memset(name, ':', sizeof(name) - 1);
	memcpy(name, "eth0", 4);
	refused(name,
		"eth0::::::::::::::::::::::::::::::::::::..." EMPTY);
}

#define for_each_option(o) \
	for (const struct xdps_option *o = xdps_option_table; \
	     o < xdps_option_table + xdps_n_options; o++)

/* Rows of options that a capture does not have. */
static const struct xdps_unit sizes[] = { { "k", 1 << 10 }, { "M", 1 << 20 }, { NULL, 0 } };
static const struct xdps_unit times[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { NULL, 0 } };
static const struct xdps_word no_yes[] = {
	{ "no", 0, .alias = "off" }, { "yes", 1, .alias = "on" }, { "ask", .extcap_only = true },
	{ .word = NULL }
};

#define IN(field) .offset = offsetof(struct xdps_options, request.field), \
	.bytes = sizeof(((struct xdps_options *)NULL)->request.field)

static const struct xdps_option number_row = {
	.kind = XDPS_NUMBER, IN(rate), .min = 2, .max = 5000000,
};
static const struct xdps_option size_row = {
	.kind = XDPS_NUMBER, IN(rate), .units = sizes, .max = 5000000,
};
static const struct xdps_option time_row = {
	.kind = XDPS_NUMBER, IN(rate), .units = times, .max = 5000000,
};
static const struct xdps_option shifted_row = {
	.kind = XDPS_NUMBER, IN(buffer_bytes), .max = 65536, .shift = 20,
};
static const struct xdps_option yes_row = { .kind = XDPS_WORD, IN(promisc), .words = no_yes };
static const struct xdps_option set_row = {
	.kind = XDPS_WORDS, IN(actions), .words = xdps_action_words,
};
static const struct xdps_option program_row = { .kind = XDPS_PROGRAM, IN(prog), .max = 5 };

static void test_read_and_print(void **state)
{
	static const struct {
		const struct xdps_option *o;
		const char *text;
		uint64_t value;
		const char *printed;
	} rows[] = {
		{ &number_row, "2", 2, "2" },
		{ &number_row, "5000000", 5000000, "5000000" },
		{ &size_row, "4k", 4096, "4096" },
		{ &size_row, "4M", 4 << 20, "4194304" },
		{ &size_row, "17", 17, "17" },
		{ &time_row, "20ms", 20000, "20000" },
		{ &time_row, "5s", 5000000, "5000000" },
		{ &time_row, "20us", 20, "20" },
		{ &shifted_row, "65536", 65536ull << 20, "65536" },
		{ &yes_row, "yes", 1, "yes" },
		{ &yes_row, "off", 0, "no" },
		{ &yes_row, "on", 1, "yes" },
		{ &set_row, "tx+drop", 1 << XDPS_ACTION_DROP | 1 << XDPS_ACTION_TX, "drop+tx" },
	};
	struct xdps_options opt;
	char printed[40];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		xdps_options_init(&opt);
		if (!xdps_option_read(rows[i].o, rows[i].text, &opt))
			fail_msg("\"%s\" is refused", rows[i].text);
		assert_int_equal(xdps_option_get(rows[i].o, &opt), rows[i].value);
		xdps_option_print(printed, sizeof(printed), rows[i].o, &opt);
		assert_string_equal(printed, rows[i].printed);
	}
	assert_true(xdps_option_read(&program_row, "abcde", &opt));
	xdps_option_print(printed, sizeof(printed), &program_row, &opt);
	assert_string_equal(printed, "abcde");
}

static void test_unreadable(void **state)
{
	static const struct {
		const struct xdps_option *o;
		const char *text;
	} rows[] = {
		{ &number_row, "1" }, { &number_row, "5000001" }, { &number_row, "4k" },
		{ &size_row, "k" }, { &size_row, "1kk" }, { &size_row, "1K" }, { &size_row, "5M" },
		{ &size_row, "4294967295M" }, { &size_row, "04k" }, { &size_row, "4 k" },
		{ &time_row, "6s" }, { &time_row, "ms" }, { &time_row, "1h" }, { &time_row, "-1s" },
		{ &shifted_row, "65537" },
		{ &yes_row, "ask" }, { &yes_row, "y" }, { &yes_row, "" }, { &yes_row, "yes+no" },
		{ &set_row, "drop+drop" }, { &set_row, "" },
		{ &program_row, "abcdef" },
	};
	struct xdps_options opt, before;

	memset(&opt, 0x5a, sizeof(opt));
	memcpy(&before, &opt, sizeof(opt));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (xdps_option_read(rows[i].o, rows[i].text, &opt))
			fail_msg("\"%s\" is read", rows[i].text);
		assert_memory_equal(&opt, &before, sizeof(opt));
	}
}

static void test_words_of_the_table(void **state)
{
	struct xdps_options opt;
	char printed[100];

	for_each_option(o) {
		for (const struct xdps_word *w = o->words; w && w->word; w++) {
			xdps_options_init(&opt);
			assert_int_equal(xdps_option_read(o, w->word, &opt), !w->extcap_only);
			if (w->extcap_only)
				continue;
			xdps_option_print(printed, sizeof(printed), o, &opt);
			assert_string_equal(printed, w->word);
			assert_true(!w->alias || xdps_option_read(o, w->alias, &opt));
			xdps_option_print(printed, sizeof(printed), o, &opt);
			assert_string_equal(printed, w->word);
		}
	}
}

static void test_defaults_of_the_table(void **state)
{
	struct xdps_options opt, again;
	char printed[100];

	xdps_options_init(&opt);
	for_each_option(o) {
		if (o->kind == XDPS_PROGRAM || o->kind == XDPS_FLAG || o->kind == XDPS_WORDS)
			continue;
		memset(&again, 0x5a, sizeof(again));
		assert_int_equal(xdps_option_get(o, &opt), o->initial);
		xdps_option_print(printed, sizeof(printed), o, &opt);
		assert_true(xdps_option_read(o, printed, &again));
		assert_int_equal(xdps_option_get(o, &again), o->initial);
	}
}

/* A sentence of extcap has no braces, and Wireshark joins values by commas. */
static void can_be_shown(const char *text, const char *bad)
{
	assert_non_null(text);
	assert_true(text[0]);
	if (strpbrk(text, bad))
		fail_msg("\"%s\" has one of %s", text, bad);
}

static void test_dialog_of_the_table(void **state)
{
	for_each_option(o) {
		if (xdps_option_at(o->place) != o || xdps_option_find(o->key) != o)
			fail_msg("%s: another option has its key or place", o->key);
		assert_true(o->place < xdps_n_options);
		can_be_shown(o->key, "{} :=_");
		can_be_shown(o->help, "\n");
		can_be_shown(o->label, "{}");
		can_be_shown(o->tooltip, "{}");
		can_be_shown(o->group, "{}");
		for (const struct xdps_word *w = o->words; w && w->word; w++) {
			can_be_shown(w->word, "{} :=+,|");
			if (w->label)
				can_be_shown(w->label, "{}");
			assert_true(w->value < 32);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("The default is all packets, whole, batched by 100 ms", test_init),
		SENTENCE("A name alone leaves the defaults", test_bare_name),
		SENTENCE("All options are read", test_all_options),
		SENTENCE("Options come in any order", test_any_order),
		SENTENCE("There are three modes", test_modes),
		SENTENCE("Each kind of ring has its word, and map rings an older one", test_rings),
		SENTENCE("There are two points", test_points),
		SENTENCE("Any set of verdicts can be asked for, and is known at the exit only",
			 test_actions),
		SENTENCE("Verdicts at the entry are refused", test_action_with_point),
		SENTENCE("A program has a name or an id", test_programs),
		SENTENCE("The limits of each number are allowed", test_limits),
		SENTENCE("A name may have 15 characters, and strange ones", test_names),
		SENTENCE("What the name does not say stays as it was", test_over),
		SENTENCE("A missing interface name is refused", test_no_name),
		SENTENCE("A name longer than any interface's is refused, an alternative one is none", test_long_name),
		SENTENCE("A name that no interface can have is refused", test_impossible_name),
		SENTENCE("An empty option is refused", test_empty_option),
		SENTENCE("An unknown option is refused", test_unknown_option),
		SENTENCE("An option given twice is refused", test_twice),
		SENTENCE("An option without a value is refused", test_no_value),
		SENTENCE("A rate that is no number, or out of range, is refused", test_bad_rate),
		SENTENCE("A hold that is no number, or out of range, is refused", test_bad_hold),
		SENTENCE("A mode that does not exist is refused", test_bad_mode),
		SENTENCE("A point that does not exist is refused", test_bad_point),
		SENTENCE("Anything but verdicts, each of them once, is refused",
			 test_bad_action),
		SENTENCE("A name that no program can have, and no id, is refused",
			 test_bad_program),
		SENTENCE("The first of two errors is reported", test_first_error),
		SENTENCE("Bytes that are not printable are not printed", test_unprintable),
		SENTENCE("A huge name is refused with a short sentence", test_huge),
		SENTENCE("A row of the table says how its values are read and printed",
			 test_read_and_print),
		SENTENCE("A value that a row does not have is refused, and changes nothing",
			 test_unreadable),
		SENTENCE("Each word of the table is read, and printed as it was, aliases apart",
			 test_words_of_the_table),
		SENTENCE("The defaults are those of the table, and can be given",
			 test_defaults_of_the_table),
		SENTENCE("Each option has a place of its own in the dialog, and texts that extcap can hold",
			 test_dialog_of_the_table),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}

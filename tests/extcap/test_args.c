// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_args.c: what Wireshark, or a person, wants of us.
 */
#include <stdio.h>
#include <string.h>

#include "../../extcap/args.h"
#include "../unit/sentence.h"

#define WORDS_MAX 40

static struct args a;
static struct xdps_error err;

/* As a command line has it; "" is an empty word where there are two commas. */
static enum xdps_status read_words(const char *const *words)
{
	static char name[] = "xdpsample-extcap";
	char *argv[WORDS_MAX] = { name };
	int argc = 1;

	for (; *words; words++)
		argv[argc++] = (char *)*words;
	memset(&err, 0, sizeof(err));
	return args_read(&a, argc, argv, &err);
}

#define READ(...) read_words((const char *const[]){ __VA_ARGS__, NULL })
#define IS(...) do {								\
	if (READ(__VA_ARGS__))							\
		fail_msg("\"%s\"", err.text);					\
} while (0)
#define CAPTURE(...) IS("--capture", "--extcap-interface", "xdp:eth0", "--fifo", "f", __VA_ARGS__)

static void refused(enum xdps_status status, const char *words)
{
	assert_int_equal(status, XDPS_BAD_OPTION);
	assert_int_equal(err.status, XDPS_BAD_OPTION);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

#define REFUSED(words, ...) refused(READ("--capture", "--extcap-interface", "xdp:eth0",	\
					 "--fifo", "f", __VA_ARGS__), words)

static void verbs(void **state)
{
	IS("--help");
	assert_int_equal(a.verb, VERB_HELP);
	IS("--version");
	assert_int_equal(a.verb, VERB_VERSION);
	IS("--extcap-interfaces", "--extcap-version=4.0");
	assert_int_equal(a.verb, VERB_INTERFACES);
	IS("--extcap-dlts", "--extcap-interface", "xdp:eth0");
	assert_int_equal(a.verb, VERB_DLTS);
	IS("--extcap-config", "--extcap-interface", "xdp:eth0");
	assert_int_equal(a.verb, VERB_CONFIG);
	assert_string_equal(a.opt.request.ifname, "eth0");
	IS("--extcap-capture-filter", "tcp", "--extcap-interface", "xdp:eth0");
	assert_int_equal(a.verb, VERB_CHECK_FILTER);
	assert_string_equal(a.filter, "tcp");
}

static void nothing_is_help(void **state)
{
	static const char *const none[] = { NULL };

	assert_int_equal(read_words(none), XDPS_OK);
	assert_int_equal(a.verb, VERB_HELP);
}

static void reload_is_a_dialog_of_one_list(void **state)
{
	IS("--extcap-config", "--extcap-interface", "xdp:eth0", "--extcap-reload-option", "prog",
	   "--immediate", "", "--rate", "5");
	assert_int_equal(a.verb, VERB_RELOAD);
}

static void a_filter_of_a_capture_is_no_check(void **state)
{
	CAPTURE("--extcap-capture-filter", "udp port 53");
	assert_int_equal(a.verb, VERB_CAPTURE);
	assert_string_equal(a.filter, "udp port 53");
	assert_string_equal(a.fifo, "f");
	CAPTURE("--extcap-capture-filter", "");
	assert_null(a.filter);
}

static void defaults(void **state)
{
	IS("--capture", "--extcap-interface", "xdp:eth0", "--fifo", "-");
	assert_string_equal(a.fifo, "-");
	assert_string_equal(a.opt.request.ifname, "eth0");
	assert_int_equal(a.opt.request.point, XDPS_POINT_ENTRY);
	assert_int_equal(a.opt.request.actions, 0);
	assert_int_equal(a.opt.request.rate, 1);
	assert_int_equal(a.opt.request.snaplen, XDPS_SNAPLEN_MAX);
	assert_int_equal(a.opt.request.buffer_bytes, 0);
	assert_int_equal(a.opt.request.mode, XDPS_MODE_AUTO);
	assert_int_equal(a.opt.request.ring, XDPS_RING_AUTO);
	assert_string_equal(a.opt.request.prog, "");
	assert_true(a.opt.request.promisc);
	assert_false(a.opt.request.immediate);
	assert_false(a.opt.hold_given);
	assert_false(a.both);
}

/* What Wireshark says if nobody has opened the dialog. */
static void the_dialogs_defaults_are_ours(void **state)
{
	struct args plain;

	IS("--capture", "--extcap-interface", "xdp:eth0", "--fifo", "f");
	plain = a;
	CAPTURE("--point", "auto", "--action", "", "--prog", "-", "--rate", "1", "--snaplen",
		"65000", "--mode", "auto", "--buffer", "0", "--hold", "1000", "--ring", "auto");
	assert_memory_equal(&a.opt, &plain.opt, sizeof(a.opt));
	assert_int_equal(a.both, plain.both);
}

static void every_option(void **state)
{
	CAPTURE("--prog", "xdp_filter", "--rate", "100", "--mode", "generic", "--ring", "perf",
		"--hold", "0", "--snaplen", "96", "--buffer", "64", "--immediate", "--no-promisc",
		"--point", "exit");
	assert_string_equal(a.opt.request.prog, "xdp_filter");
	assert_int_equal(a.opt.request.rate, 100);
	assert_int_equal(a.opt.request.mode, XDPS_MODE_GENERIC);
	assert_int_equal(a.opt.request.ring, XDPS_RING_PERF);
	assert_true(a.opt.hold_given);
	assert_int_equal(a.opt.hold_us, 0);
	assert_int_equal(a.opt.request.snaplen, 96);
	assert_int_equal(a.opt.request.buffer_bytes, 64 << 20);
	assert_true(a.opt.request.immediate);
	assert_false(a.opt.request.promisc);
	assert_int_equal(a.opt.request.point, XDPS_POINT_EXIT);
}

static void verdicts_imply_the_exit(void **state)
{
	CAPTURE("--action", "drop,tx");
	assert_int_equal(a.opt.request.actions, 1 << XDPS_ACTION_DROP | 1 << XDPS_ACTION_TX);
	assert_int_equal(a.opt.request.point, XDPS_POINT_EXIT);
	assert_false(a.both);
	CAPTURE("--action", "pass+redirect+aborted", "--point", "auto");
	assert_int_equal(a.opt.request.point, XDPS_POINT_EXIT);
	REFUSED("point=entry", "--action", "drop", "--point", "entry");
}

static void both_points(void **state)
{
	CAPTURE("--point", "both");
	assert_true(a.both);
	assert_int_equal(a.opt.request.point, XDPS_POINT_EXIT);
	CAPTURE("--point", "both", "--action", "drop");
	assert_true(a.both);
	assert_int_equal(a.opt.request.actions, 1 << XDPS_ACTION_DROP);
	CAPTURE("--point", "entry");
	assert_false(a.both);
	assert_int_equal(a.opt.request.point, XDPS_POINT_ENTRY);
}

static void bad_values(void **state)
{
	REFUSED("rate=0", "--rate", "0");
	REFUSED("rate=1x", "--rate", "1x");
	REFUSED("mode=fast", "--mode", "fast");
	REFUSED("point=middle", "--point", "middle");
	REFUSED("action=drip", "--action", "drip");
	REFUSED("prog=a-b", "--prog", "a-b");
	REFUSED("hold=1000001", "--hold", "1000001");
	REFUSED("ring=x", "--ring", "x");
	REFUSED("--snaplen 0: not a number from 1 to 65000", "--snaplen", "0");
	REFUSED("--snaplen", "--snaplen", "65001");
	REFUSED("--snaplen", "--snaplen", "-1");
	REFUSED("--snaplen", "--snaplen", " 1");
	REFUSED("--snaplen", "--snaplen", "");
	REFUSED("--buffer", "--buffer", "4194305");
	REFUSED("--buffer", "--buffer", "99999999999999999999");
}

/* No value is an option of its own, whatever is in it. */
static void values_do_not_smuggle(void **state)
{
	REFUSED("a value cannot contain ':'", "--mode", "native:rate=7");
	REFUSED("a value cannot contain ':'", "--prog", "x:mode=native");
	REFUSED("a value cannot contain ':'", "--action", "drop:prog=x");
}

static void bad_lines(void **state)
{
	refused(READ("--capture", "--fifo", "f"), "--extcap-interface is missing");
	refused(READ("--extcap-dlts"), "--extcap-interface is missing");
	refused(READ("--capture", "--extcap-interface", "xdp:eth0"), "--fifo is missing");
	refused(READ("--capture", "--extcap-interface", "eth0", "--fifo", "f"), "xdp:NAME");
	refused(READ("--capture", "--extcap-interface", "xdp:", "--fifo", "f"), "no interface name");
	refused(READ("--capture", "--extcap-interface", "xdp:eth0:rate=5", "--fifo", "f"), "':'");
	refused(READ("--capture", "--extcap-interface", "xdp:a2345678901234567890123456789012345678901234567890"
		     "1234567890123456789012345678901234567890123456789012345678901234567890123456789",
		     "--fifo", "f"), "at most 15 characters");
	REFUSED("--frobnicate: no such option", "--frobnicate");
	REFUSED("--rate: missing value", "--rate");
	REFUSED("unexpected argument", "stray");
}

static void names_are_escaped(void **state)
{
	static const struct {
		const char *name, *escaped;
	} rows[] = {
		{ "eth0", "eth0" }, { "br-lan.7", "br-lan.7" }, { "a@b=c", "a@b=c" },
		{ "a}b", "a%7Db" }, { "{x}", "%7Bx%7D" }, { "q\"'\\", "q%22%27%5C" },
		{ "a,b(c)", "a%2Cb%28c%29" }, { "50%", "50%25" },
		{ "\xc3\xa4", "%C3%A4" }, { "\x7f\x1b", "%7F%1B" },
		{ "}}}}}}}}}}}}}}}", "%7D%7D%7D%7D%7D%7D%7D%7D%7D%7D%7D%7D%7D%7D%7D" },
	};
	char escaped[ESCAPED_BYTES], interface[sizeof(PREFIX) + ESCAPED_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		args_escape(escaped, rows[i].name);
		assert_string_equal(escaped, rows[i].escaped);
		if (strpbrk(rows[i].name, "\x7f\x1b"))
			continue;	/* escaped, and refused by the engine all the same */
		snprintf(interface, sizeof(interface), PREFIX "%s", escaped);
		IS("--extcap-dlts", "--extcap-interface", interface);
		assert_string_equal(a.opt.request.ifname, rows[i].name);
	}
}

static void half_an_escape_is_none(void **state)
{
	IS("--extcap-dlts", "--extcap-interface", "xdp:a%7");
	assert_string_equal(a.opt.request.ifname, "a%7");
	IS("--extcap-dlts", "--extcap-interface", "xdp:a%zz%");
	assert_string_equal(a.opt.request.ifname, "a%zz%");
	IS("--extcap-dlts", "--extcap-interface", "xdp:a%7db");
	assert_string_equal(a.opt.request.ifname, "a}b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Each of Wireshark's questions is understood", verbs),
		SENTENCE("No argument at all asks for help", nothing_is_help),
		SENTENCE("A reload is about one list, whatever else is said",
			 reload_is_a_dialog_of_one_list),
		SENTENCE("A filter in a capture is for the capture", a_filter_of_a_capture_is_no_check),
		SENTENCE("A capture needs an interface and a pipe, and the rest is as usual", defaults),
		SENTENCE("What Wireshark says unasked changes nothing", the_dialogs_defaults_are_ours),
		SENTENCE("Each option is read", every_option),
		SENTENCE("Verdicts imply the exit", verdicts_imply_the_exit),
		SENTENCE("Both points can be asked for", both_points),
		SENTENCE("Values out of range are refused, by name", bad_values),
		SENTENCE("No value holds another option", values_do_not_smuggle),
		SENTENCE("What is missing or unknown is named", bad_lines),
		SENTENCE("A name that extcap cannot hold is escaped, and read again", names_are_escaped),
		SENTENCE("Half an escape is a name", half_an_escape_is_none),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * args.c: parses what Wireshark, or a user, asks for.
 *
 * The options of a capture are those of common/option_table.c.  Those of a device name
 * (pcap-xdpsample(7)) are combined into one, which the engine's parser checks.
 */
#include "args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/error.h"
#include "../common/option_table.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define DEVICE_BYTES 512

/* What getopt returns for an option of the table is its index. */
enum {
	EXTCAP_INTERFACES = 256,
	EXTCAP_INTERFACE,
	EXTCAP_DLTS,
	EXTCAP_CONFIG,
	EXTCAP_RELOAD_OPTION,
	EXTCAP_CAPTURE_FILTER,
	EXTCAP_VERSION,
	CAPTURE,
	FIFO,
	HELP,
	VERSION,
};

static const struct option extcap_options[] = {
	{ "extcap-interfaces", no_argument, NULL, EXTCAP_INTERFACES },
	{ "extcap-interface", required_argument, NULL, EXTCAP_INTERFACE },
	{ "extcap-dlts", no_argument, NULL, EXTCAP_DLTS },
	{ "extcap-config", no_argument, NULL, EXTCAP_CONFIG },
	{ "extcap-reload-option", required_argument, NULL, EXTCAP_RELOAD_OPTION },
	{ "extcap-capture-filter", required_argument, NULL, EXTCAP_CAPTURE_FILTER },
	{ "extcap-version", optional_argument, NULL, EXTCAP_VERSION },
	{ "capture", no_argument, NULL, CAPTURE },
	{ "fifo", required_argument, NULL, FIFO },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
};

/* All of these, and those of the table. */
struct long_options {
	struct option all[ARRAY_SIZE(extcap_options) + XDPS_OPTIONS_MAX + 1];
};

/* What was given, before it is checked. */
struct said {
	bool verbs[VERB_CAPTURE + 1];
	const char *interface;
	const char *values[XDPS_OPTIONS_MAX];	/* by their index in the table */
};

static void fill_long_options(struct long_options *l)
{
	struct option *o = l->all;

	memcpy(o, extcap_options, sizeof(extcap_options));
	o += ARRAY_SIZE(extcap_options);
	for (size_t i = 0; i < xdps_n_options; i++) {
		const struct xdps_option *row = &xdps_option_table[i];

		*o++ = (struct option){
			.name = row->key,
			.has_arg = row->kind == XDPS_FLAG ? no_argument : required_argument,
			.val = (int)i,
		};
	}
	*o = (struct option){ .name = NULL };
}

static bool must_escape(unsigned char c)
{
	return c <= ' ' || c >= 0x7f || strchr("{}()%,\"'\\", c);
}

void args_escape(char escaped[ESCAPED_BYTES], const char *ifname)
{
	for (; *ifname; ifname++) {
		if (must_escape((unsigned char)*ifname))
			escaped += sprintf(escaped, "%%%02X", (unsigned char)*ifname);
		else
			*escaped++ = *ifname;
	}
	*escaped = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* There is room for a name that is one character too long, so that the parser reports it. */
static void unescape(char *ifname, size_t size, const char *escaped)
{
	size_t len = 0;

	while (*escaped && len + 1 < size) {
		if (escaped[0] == '%' && hex_digit(escaped[1]) >= 0 &&
		    hex_digit(escaped[2]) >= 0) {
			ifname[len++] = (char)(hex_digit(escaped[1]) << 4 |
					       hex_digit(escaped[2]));
			escaped += 3;
		} else {
			ifname[len++] = *escaped++;
		}
	}
	ifname[len] = '\0';
}

/* An option that no device name has. */
static enum xdps_status read_extcap_only(struct args *a, const struct xdps_option *o,
					 struct xdps_error *err)
{
	if (o->kind == XDPS_FLAG)
		xdps_option_set(o, &a->opt, o->max);
	else if (!xdps_option_read(o, optarg, &a->opt))
		return xdps_fail(err, XDPS_BAD_OPTION, "--%s %.40s: not a number from %u to %u",
				 o->key, optarg, o->min, o->max);
	return XDPS_OK;
}

static enum xdps_status read_option(struct args *a, struct said *s, int id,
				    struct xdps_error *err)
{
	switch (id) {
	case EXTCAP_INTERFACES:
		s->verbs[VERB_INTERFACES] = true;
		break;
	case EXTCAP_INTERFACE:
		s->interface = optarg;
		break;
	case EXTCAP_DLTS:
		s->verbs[VERB_DLTS] = true;
		break;
	case EXTCAP_CONFIG:
		s->verbs[VERB_CONFIG] = true;
		break;
	case EXTCAP_RELOAD_OPTION:
		s->verbs[VERB_RELOAD] = true;
		break;
	case EXTCAP_CAPTURE_FILTER:
		s->verbs[VERB_CHECK_FILTER] = true;
		a->filter = *optarg ? optarg : NULL;
		break;
	case EXTCAP_VERSION:
		break;
	case CAPTURE:
		s->verbs[VERB_CAPTURE] = true;
		break;
	case FIFO:
		a->fifo = optarg;
		break;
	case HELP:
		s->verbs[VERB_HELP] = true;
		break;
	case VERSION:
		s->verbs[VERB_VERSION] = true;
		break;
	default:
		if (xdps_option_table[id].extcap_only)
			return read_extcap_only(a, &xdps_option_table[id], err);
		s->values[id] = optarg;
	}
	return XDPS_OK;
}

static enum xdps_status read_options(struct args *a, struct said *s, int argc, char **argv,
				     struct xdps_error *err)
{
	struct long_options options;
	int id;

	fill_long_options(&options);
	opterr = 0;
	optind = 0;			/* getopt starts again */
	while ((id = getopt_long(argc, argv, ":", options.all, NULL)) != -1) {
		if (id == ':')
			return xdps_fail(err, XDPS_BAD_OPTION, "%.80s: missing value",
					 argv[optind - 1]);
		if (id == '?')
			return xdps_fail(err, XDPS_BAD_OPTION,
					 "%.80s: no such option; --help lists the options",
					 argv[optind - 1]);
		if (read_option(a, s, id, err))
			return err->status;
	}
	/* When Wireshark reloads a list, flags have empty values. */
	while (optind < argc && !*argv[optind])
		optind++;
	if (optind < argc)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%.80s: unexpected argument; --help lists the options",
				 argv[optind]);
	return XDPS_OK;
}

/*
 * Wireshark may say more than one thing at a time: the filter of a capture, or the dialog
 * of which it wants one option.
 */
static enum verb verb_of(const struct said *s)
{
	static const enum verb by_rank[] = {
		VERB_HELP, VERB_VERSION, VERB_INTERFACES, VERB_DLTS, VERB_RELOAD,
		VERB_CONFIG, VERB_CAPTURE, VERB_CHECK_FILTER,
	};

	for (size_t i = 0; i < ARRAY_SIZE(by_rank); i++)
		if (s->verbs[by_rank[i]])
			return by_rank[i];
	return VERB_HELP;
}

static const char **value_of(struct said *s, const char *key)
{
	return &s->values[xdps_option_find(key) - xdps_option_table];
}

/* The words for both points are extcap's own: one capture after the program, and another. */
static void take_both(struct args *a, struct said *s)
{
	const char **point = value_of(s, "point");

	a->both = *point && !strcmp(*point, "both");
	if (a->both)
		*point = "exit";
}

/*
 * Wireshark also passes options that the user has not changed.  These are left out, because
 * the default may be another one then: that of the hold time is, if each packet is shown
 * at once.
 */
static bool is_unset(const struct xdps_option *o, const char *value)
{
	struct xdps_options defaults;
	char unset[32];

	if (o->kind == XDPS_WORDS || o->kind == XDPS_PROGRAM)
		if (!*value)
			return true;
	if (o->unset)
		return !strcmp(value, o->unset);
	xdps_options_init(&defaults);
	xdps_option_print(unset, sizeof(unset), o, &defaults);
	return !strcmp(value, unset);
}

static void add_option(char *device, const struct xdps_option *o, const char *value)
{
	size_t len = strlen(device);

	snprintf(device + len, DEVICE_BYTES - len, ":%s=%s", o->key, value);
	/* The dialog joins words by commas. */
	for (; o->kind == XDPS_WORDS && device[len]; len++)
		if (device[len] == ',')
			device[len] = '+';
}

/* A ':' would end one option and begin another. */
static enum xdps_status check_values(const struct said *s, struct xdps_error *err)
{
	for (size_t i = 0; i < xdps_n_options; i++)
		if (s->values[i] && strchr(s->values[i], ':'))
			return xdps_fail(err, XDPS_BAD_OPTION, "--%s %.40s: a value cannot contain ':'",
					 xdps_option_table[i].key, s->values[i]);
	return XDPS_OK;
}

static enum xdps_status read_device(struct args *a, struct said *s, struct xdps_error *err)
{
	char device[DEVICE_BYTES];

	unescape(device, XDPS_IFNAME_CHARS + 2, s->interface + strlen(PREFIX));
	if (check_values(s, err))
		return err->status;
	if (strchr(device, ':'))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%.60s: an interface name cannot contain ':'; give options as --rate and so on",
				 s->interface);
	take_both(a, s);
	for (size_t i = 0; i < xdps_n_options; i++)
		if (s->values[i] && !is_unset(&xdps_option_table[i], s->values[i]))
			add_option(device, &xdps_option_table[i], s->values[i]);
	return xdps_options_parse(&a->opt, device, err);
}

static bool needs_interface(enum verb verb)
{
	return verb >= VERB_DLTS;
}

enum xdps_status args_read(struct args *a, int argc, char **argv, struct xdps_error *err)
{
	struct said s = { .interface = NULL };

	*a = (struct args){ .verb = VERB_HELP };
	xdps_options_init(&a->opt);
	a->opt.request.promisc = true;
	if (read_options(a, &s, argc, argv, err))
		return err->status;
	a->verb = verb_of(&s);
	if (!needs_interface(a->verb))
		return XDPS_OK;
	if (!s.interface)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "--extcap-interface is missing; --extcap-interfaces lists the interfaces");
	if (strncmp(s.interface, PREFIX, strlen(PREFIX)) != 0)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "--extcap-interface %.40s: interfaces are named " PREFIX "NAME here; --extcap-interfaces lists them",
				 s.interface);
	if (a->verb == VERB_CAPTURE && !a->fifo)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "--fifo is missing; give the path of a named pipe, or - for standard output");
	return read_device(a, &s, err);
}

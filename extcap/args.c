// SPDX-License-Identifier: BSD-3-Clause
/*
 * args.c: parses what Wireshark, or a user, asks for.
 *
 * Our options have the names of those in a device name (pcap-xdpsample(7)): they are
 * combined into one, which the engine's parser checks.
 */
#include "args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/error.h"

#define DEVICE_BYTES 512

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
	POINT,
	ACTION,
	PROG,
	RATE,
	MODE,
	RING,
	HOLD,
	SNAPLEN,
	BUFFER,
	IMMEDIATE,
	NO_PROMISC,
};

static const struct option long_options[] = {
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
	{ "point", required_argument, NULL, POINT },
	{ "action", required_argument, NULL, ACTION },
	{ "prog", required_argument, NULL, PROG },
	{ "rate", required_argument, NULL, RATE },
	{ "mode", required_argument, NULL, MODE },
	{ "ring", required_argument, NULL, RING },
	{ "hold", required_argument, NULL, HOLD },
	{ "snaplen", required_argument, NULL, SNAPLEN },
	{ "buffer", required_argument, NULL, BUFFER },
	{ "immediate", no_argument, NULL, IMMEDIATE },
	{ "no-promisc", no_argument, NULL, NO_PROMISC },
	{ NULL, 0, NULL, 0 }
};

/* What was given, before it is checked. */
struct said {
	bool verbs[VERB_CAPTURE + 1];
	const char *interface;
	const char *device[NO_PROMISC + 1];	/* values of the options of a device name */
};

static const char *option_name(int id)
{
	for (const struct option *o = long_options; o->name; o++)
		if (o->val == id)
			return o->name;
	return "";
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

static enum xdps_status read_number(int id, const char *text, uint32_t min, uint32_t max,
				    uint32_t *number, struct xdps_error *err)
{
	char *end;
	unsigned long long n;

	n = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && strlen(text) <= 10 &&
	    n >= min && n <= max) {
		*number = (uint32_t)n;
		return XDPS_OK;
	}
	return xdps_fail(err, XDPS_BAD_OPTION, "--%s %.40s: not a number from %u to %u",
			 option_name(id), text, min, max);
}

static enum xdps_status read_option(struct args *a, struct said *s, int id,
				    struct xdps_error *err)
{
	uint32_t number;

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
	case SNAPLEN:
		return read_number(id, optarg, 1, XDPS_SNAPLEN_MAX, &a->opt.request.snaplen, err);
	case BUFFER:
		if (read_number(id, optarg, 0, BUFFER_MIB_MAX, &number, err))
			return err->status;
		a->opt.request.buffer_bytes = (uint64_t)number << 20;
		break;
	case IMMEDIATE:
		a->opt.request.immediate = true;
		break;
	case NO_PROMISC:
		a->opt.request.promisc = false;
		break;
	default:
		s->device[id] = optarg;
	}
	return XDPS_OK;
}

static enum xdps_status read_options(struct args *a, struct said *s, int argc, char **argv,
				     struct xdps_error *err)
{
	int id;

	opterr = 0;
	optind = 0;			/* getopt starts again */
	while ((id = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
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

	for (size_t i = 0; i < sizeof(by_rank) / sizeof(*by_rank); i++)
		if (s->verbs[by_rank[i]])
			return by_rank[i];
	return VERB_HELP;
}

static void add_option(char *device, int id, const char *value)
{
	size_t len = strlen(device);

	snprintf(device + len, DEVICE_BYTES - len, ":%s=%s", option_name(id), value);
}

/* Which point: the dialog has a word for both of them, and one for the default. */
static const char *point_of(struct args *a, const struct said *s)
{
	const char *point = s->device[POINT];

	if (!point || !strcmp(point, "auto"))
		return NULL;
	a->both = !strcmp(point, "both");
	return a->both ? "exit" : point;
}

/* The dialog joins verdicts by commas. */
static void use_plus(char *text)
{
	for (; *text; text++)
		if (*text == ',')
			*text = '+';
}

/*
 * Wireshark also passes options that the user has not changed.  The default of the hold
 * time is left out, because it is another one if each packet is shown at once.
 */
static bool is_usual(int id, const char *value)
{
	char usual[16];

	snprintf(usual, sizeof(usual), "%u", XDPS_HOLD_DEFAULT_US);
	return id == HOLD && !strcmp(value, usual);
}

/* A ':' would end one option and begin another. */
static enum xdps_status check_values(const struct said *s, struct xdps_error *err)
{
	for (int id = 0; id <= NO_PROMISC; id++)
		if (s->device[id] && strchr(s->device[id], ':'))
			return xdps_fail(err, XDPS_BAD_OPTION, "--%s %.40s: a value cannot contain ':'",
					 option_name(id), s->device[id]);
	return XDPS_OK;
}

static enum xdps_status read_device(struct args *a, const struct said *s,
				    struct xdps_error *err)
{
	static const int plain[] = { RATE, MODE, RING, HOLD };
	char device[DEVICE_BYTES], actions[64];
	const char *point = point_of(a, s);

	unescape(device, XDPS_IFNAME_CHARS + 2, s->interface + strlen(PREFIX));
	if (check_values(s, err))
		return err->status;
	if (strchr(device, ':'))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%.60s: an interface name cannot contain ':'; give options as --rate and so on",
				 s->interface);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (s->device[plain[i]] && !is_usual(plain[i], s->device[plain[i]]))
			add_option(device, plain[i], s->device[plain[i]]);
	if (point)
		add_option(device, POINT, point);
	if (s->device[ACTION] && *s->device[ACTION]) {
		snprintf(actions, sizeof(actions), "%s", s->device[ACTION]);
		use_plus(actions);
		add_option(device, ACTION, actions);
	}
	if (s->device[PROG] && *s->device[PROG] && strcmp(s->device[PROG], "-"))
		add_option(device, PROG, s->device[PROG]);
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
	a->opt.request.snaplen = SNAPLEN_DEFAULT;
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

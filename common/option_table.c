// SPDX-License-Identifier: BSD-3-Clause
/*
 * option_table.c: the options of a capture, one row each.
 */
#include "option_table.h"

#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FIELD(name) .offset = offsetof(struct xdps_options, name), \
	.bytes = sizeof(((struct xdps_options *)0)->name)

#define CAPTURE_GROUP "Capture"
#define ADVANCED_GROUP "Advanced"

const struct xdps_word xdps_mode_words[] = {
	{ "auto", XDPS_MODE_AUTO,
	  .label = "Native if the driver can, else generic; generic on a veth" },
	{ "native", XDPS_MODE_NATIVE, .label = "Native: in the driver" },
	{ "generic", XDPS_MODE_GENERIC, .label = "Generic: after the driver" },
	{ .word = NULL }
};

static const struct xdps_word point_words[] = {
	{ "auto", .extcap_only = true,
	  .label = "Before the XDP program, or after it if verdicts are chosen" },
	{ "entry", XDPS_POINT_ENTRY, .label = NULL },
	{ "exit", XDPS_POINT_EXIT, .label = "After the XDP program, with its verdict" },
	{ "both", .extcap_only = true, .label = "Before and after it, as two interfaces" },
	{ .word = NULL }
};

const struct xdps_word xdps_action_words[] = {
	{ "aborted", XDPS_ACTION_ABORTED, .label = "XDP_ABORTED: the program failed" },
	{ "drop", XDPS_ACTION_DROP, .label = "XDP_DROP: dropped" },
	{ "pass", XDPS_ACTION_PASS, .label = "XDP_PASS: handed to the kernel" },
	{ "tx", XDPS_ACTION_TX, .label = "XDP_TX: sent back" },
	{ "redirect", XDPS_ACTION_REDIRECT, .label = "XDP_REDIRECT: sent elsewhere" },
	{ .word = NULL }
};

_Static_assert(ARRAY_SIZE(xdps_action_words) == XDPS_N_ACTIONS + 1, "each action has its word");

static const struct xdps_word ring_words[] = {
	{ "auto", XDPS_RING_AUTO, .label = "The one that costs less" },
	{ "map", XDPS_RING_BPF, .alias = "bpf", .label = "Map rings" },
	{ "perf", XDPS_RING_PERF, .label = "The kernel's perf rings" },
	{ .word = NULL }
};

const struct xdps_option xdps_option_table[] = {
	{
		.key = "rate", .kind = XDPS_NUMBER, FIELD(request.rate),
		.min = 1, .max = UINT32_MAX, .initial = 1, .selects = true,
		.argument = "N", .help = "one packet in N, chosen at random",
		.place = 3, .group = CAPTURE_GROUP, .label = "One packet in",
		.tooltip = "Chosen at random in the kernel, before anything is copied; 1: all",
	},
	{
		.key = "mode", .kind = XDPS_WORD, FIELD(request.mode),
		.words = xdps_mode_words, .initial = XDPS_MODE_AUTO, .selects = true,
		.help = "how to attach where no program is",
		.place = 5, .group = ADVANCED_GROUP, .label = "XDP mode",
		.tooltip = "Where no other XDP program is attached: how ours is",
	},
	{
		.key = "hold", .kind = XDPS_NUMBER, FIELD(hold_us),
		.max = XDPS_HOLD_MAX_US, .initial = XDPS_HOLD_DEFAULT_US,
		.unit = " (microseconds)",
		.argument = "MICROSECONDS", .help = "how long to wait for older packets",
		.place = 7, .group = ADVANCED_GROUP, .label = "Hold (microseconds)",
		.tooltip = "How long a packet waits for an older one from another CPU",
	},
	{
		.key = "point", .kind = XDPS_WORD, FIELD(request.point),
		.words = point_words, .initial = XDPS_POINT_ENTRY, .selects = true,
		.unset = "auto", .help = "before an XDP program, after it, or both",
		.place = 0, .group = CAPTURE_GROUP, .label = "Capture",
		.tooltip = "Where no XDP program is attached, packets are captured as they arrive",
	},
	{
		.key = "action", .kind = XDPS_WORDS, FIELD(request.actions),
		.words = xdps_action_words, .selects = true,
		.argument = "VERDICT[,VERDICT]...", .help = "only these: ",
		.place = 1, .group = CAPTURE_GROUP, .label = "Only these verdicts",
		.tooltip = "Of the XDP program; none chosen: all.  Before the program nothing is decided, so choosing some captures after it",
	},
	{
		.key = "prog", .kind = XDPS_PROGRAM, FIELD(request.prog),
		.max = XDPS_PROG_CHARS, .selects = true,
		.unset = "-", .argument = "NAME|ID", .help = "of several XDP programs, beside this one",
		.place = 2, .group = CAPTURE_GROUP, .label = "XDP program",
		.tooltip = "Of several, the one to capture beside: a dispatcher of libxdp calls other programs",
	},
	{
		.key = "ring", .kind = XDPS_WORD, FIELD(request.ring),
		.words = ring_words, .initial = XDPS_RING_AUTO,
		.help = "how packets come out of the kernel",
		.place = 8, .group = ADVANCED_GROUP, .label = "Transport",
		.tooltip = "How packets come out of the kernel",
	},
	{
		.key = "snaplen", .kind = XDPS_NUMBER, FIELD(request.snaplen), .extcap_only = true,
		.min = 1, .max = XDPS_SNAPLEN_MAX, .initial = XDPS_SNAPLEN_MAX,
		.argument = "BYTES", .help = "so much of each packet",
		.place = 4, .group = CAPTURE_GROUP, .label = "Bytes of each packet",
		.tooltip = "What is beyond is not even copied; the true length is shown",
	},
	{
		.key = "buffer", .kind = XDPS_NUMBER, FIELD(request.buffer_bytes), .extcap_only = true,
		.max = 65536, .shift = 20,
		.argument = "MIB", .help = "for all CPUs together; 0: 32, and at least 2 for each",
		.place = 6, .group = ADVANCED_GROUP, .label = "Buffer (MiB)",
		.tooltip = "For all CPUs together; 0: 32, and at least 2 for each",
	},
	{
		.key = "immediate", .kind = XDPS_FLAG, FIELD(request.immediate), .extcap_only = true,
		.max = 1, .help = "each packet at once",
		.place = 9, .group = ADVANCED_GROUP, .label = "Show each packet at once",
		.tooltip = "One wake-up for each packet: for a few packets only",
	},
	{
		.key = "no-promisc", .kind = XDPS_FLAG, FIELD(request.promisc), .extcap_only = true,
		.max = 0, .help = "only packets that are for this machine",
		.place = 10, .group = ADVANCED_GROUP, .label = "Not in promiscuous mode",
		.tooltip = "Only packets that are for this machine",
	},
};

const size_t xdps_n_options = ARRAY_SIZE(xdps_option_table);

_Static_assert(ARRAY_SIZE(xdps_option_table) <= XDPS_OPTIONS_MAX, "options are bits of a set");

const struct xdps_option *xdps_option_find(const char *key)
{
	for (size_t i = 0; i < xdps_n_options; i++)
		if (!strcmp(xdps_option_table[i].key, key))
			return &xdps_option_table[i];
	return NULL;
}

const struct xdps_option *xdps_option_at(unsigned int place)
{
	for (size_t i = 0; i < xdps_n_options; i++)
		if (xdps_option_table[i].place == place)
			return &xdps_option_table[i];
	return NULL;
}

const char *xdps_word_for(const struct xdps_word *words, uint32_t value)
{
	for (; words->word; words++)
		if (!words->extcap_only && words->value == value)
			return words->word;
	return "?";
}

uint64_t xdps_option_get(const struct xdps_option *o, const struct xdps_options *opt)
{
	const char *field = (const char *)opt + o->offset;
	uint64_t value;
	uint32_t word;

	if (o->bytes == sizeof(value)) {
		memcpy(&value, field, sizeof(value));
		return value;
	}
	memcpy(&word, field, sizeof(word));
	return word;
}

void xdps_option_set(const struct xdps_option *o, struct xdps_options *opt, uint64_t value)
{
	char *field = (char *)opt + o->offset;
	uint32_t word = (uint32_t)value;

	if (o->bytes == sizeof(value))
		memcpy(field, &value, sizeof(value));
	else
		memcpy(field, &word, sizeof(word));
}

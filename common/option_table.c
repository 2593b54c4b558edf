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
	  .label = "Native if the driver supports it, otherwise generic; generic on a veth" },
	{ "native", XDPS_MODE_NATIVE, .label = "Native: in the driver" },
	{ "generic", XDPS_MODE_GENERIC, .label = "Generic: after the driver" },
	{ .word = NULL }
};

static const struct xdps_word point_words[] = {
	{ "auto", .extcap_only = true,
	  .label = "Before the XDP program, or after it if verdicts are selected" },
	{ "entry", XDPS_POINT_ENTRY, .label = NULL },
	{ "exit", XDPS_POINT_EXIT, .label = "After the XDP program, with its verdict" },
	{ "both", .extcap_only = true, .label = "Before and after it, as two interfaces" },
	{ .word = NULL }
};

const struct xdps_word xdps_action_words[] = {
	{ "aborted", XDPS_ACTION_ABORTED, .label = "XDP_ABORTED: the program failed" },
	{ "drop", XDPS_ACTION_DROP, .label = "XDP_DROP: dropped" },
	{ "pass", XDPS_ACTION_PASS, .label = "XDP_PASS: passed to the network stack" },
	{ "tx", XDPS_ACTION_TX, .label = "XDP_TX: sent back out of the interface" },
	{ "redirect", XDPS_ACTION_REDIRECT, .label = "XDP_REDIRECT: sent to another interface, CPU or socket" },
	{ .word = NULL }
};

_Static_assert(ARRAY_SIZE(xdps_action_words) == XDPS_N_ACTIONS + 1, "each action has its word");

static const struct xdps_word dir_words[] = {
	{ "in", XDPS_DIR_IN, .label = "Received packets" },
	{ "out", XDPS_DIR_OUT, .label = "Sent packets" },
	{ "both", XDPS_DIR_BOTH, .label = "Received and sent packets" },
	{ .word = NULL }
};

static const struct xdps_word ring_words[] = {
	{ "auto", XDPS_RING_AUTO, .label = "Automatic: the cheaper one" },
	{ "map", XDPS_RING_MAP, .alias = "bpf", .label = "Map rings" },
	{ "perf", XDPS_RING_PERF, .label = "Perf rings" },
	{ .word = NULL }
};

static const struct xdps_word yes_no_words[] = {
	{ "yes", 1, .label = "Yes" },
	{ "no", 0, .label = "No" },
	{ .word = NULL }
};

const struct xdps_option xdps_option_table[] = {
	{
		.key = "rate", .kind = XDPS_NUMBER, FIELD(request.rate),
		.min = 1, .max = UINT32_MAX, .initial = 1, .selects = true,
		.argument = "N", .help = "sample 1 in N packets, at random",
		.place = 4, .group = CAPTURE_GROUP, .label = "Sampling rate (1 in N packets)",
		.tooltip = "Packets are selected at random in the kernel, before anything is copied; 1 captures all packets",
	},
	{
		.key = "mode", .kind = XDPS_WORD, FIELD(request.mode),
		.words = xdps_mode_words, .initial = XDPS_MODE_AUTO, .selects = true,
		.help = "how to attach if no other program is attached",
		.place = 6, .group = ADVANCED_GROUP, .label = "XDP mode",
		.tooltip = "How to attach if no other XDP program is attached",
	},
	{
		.key = "hold", .kind = XDPS_NUMBER, FIELD(hold_us),
		.max = XDPS_HOLD_MAX_US, .initial = XDPS_HOLD_DEFAULT_US,
		.unit = " (microseconds)",
		.argument = "MICROSECONDS", .help = "how long to wait for older packets from other CPUs",
		.place = 8, .group = ADVANCED_GROUP, .label = "Hold (microseconds)",
		.tooltip = "How long a packet waits for an older one from another CPU",
	},
	{
		.key = "point", .kind = XDPS_WORD, FIELD(request.point),
		.words = point_words, .initial = XDPS_POINT_ENTRY, .selects = true,
		.unset = "auto", .help = "before an XDP program, after it, or both",
		.place = 0, .group = CAPTURE_GROUP, .label = "Capture",
		.tooltip = "If no XDP program is attached, packets are captured as they arrive",
	},
	{
		.key = "action", .kind = XDPS_WORDS, FIELD(request.actions),
		.words = xdps_action_words, .selects = true,
		.argument = "VERDICT[,VERDICT]...", .help = "capture only these: ",
		.place = 1, .group = CAPTURE_GROUP, .label = "Only these verdicts",
		.tooltip = "Verdicts of the XDP program to capture; if none is selected, all of them.  There is no verdict before the program runs, so selecting one captures after it",
	},
	{
		.key = "prog", .kind = XDPS_PROGRAM, FIELD(request.prog),
		.max = XDPS_PROG_CHARS, .selects = true,
		.unset = "-", .argument = "NAME|ID", .help = "which XDP program to trace, if there are several",
		.place = 2, .group = CAPTURE_GROUP, .label = "XDP program",
		.tooltip = "Which one to trace, if there are several: a dispatcher of libxdp calls other programs",
	},
	{
		.key = "ring", .kind = XDPS_WORD, FIELD(request.ring),
		.words = ring_words, .initial = XDPS_RING_AUTO,
		.help = "how packets are transferred from the kernel",
		.place = 9, .group = ADVANCED_GROUP, .label = "Transport",
		.tooltip = "How packets are transferred from the kernel",
	},
	{
		.key = "follow", .kind = XDPS_WORD, FIELD(request.follow),
		.words = yes_no_words, .initial = 1,
		.help = "go on when the XDP program there is replaced or gone",
		.place = 10, .group = ADVANCED_GROUP, .label = "Outlive the XDP program",
		.tooltip = "When the XDP program there is replaced or detached, the capture goes on with what is there then",
	},
	{
		.key = "yield", .kind = XDPS_WORD, FIELD(request.yield),
		.words = yes_no_words, .initial = 1,
		.help = "make room for an XDP program that could not be attached",
		.place = 11, .group = ADVANCED_GROUP, .label = "Make room for XDP programs",
		.tooltip = "When another process cannot attach its XDP program because of this capture, the capture makes room, and goes on beside it",
	},
	{
		.key = "dir", .kind = XDPS_WORD, FIELD(request.dir),
		.words = dir_words, .initial = XDPS_DIR_IN, .selects = true,
		.help = "packets that the interface receives, sends, or both",
		.place = 3, .group = CAPTURE_GROUP, .label = "Direction",
		.tooltip = "Received packets are captured at the XDP hook, and sent ones where they leave the network stack",
	},
	{
		.key = "snaplen", .kind = XDPS_NUMBER, FIELD(request.snaplen), .extcap_only = true,
		.min = 1, .max = XDPS_SNAPLEN_MAX, .initial = XDPS_SNAPLEN_MAX,
		.argument = "BYTES", .help = "snapshot length: how much of each packet to capture",
		.place = 5, .group = CAPTURE_GROUP, .label = "Snapshot length (bytes)",
		.tooltip = "Bytes beyond this are not copied from the kernel; the original length is recorded",
	},
	{
		.key = "buffer", .kind = XDPS_NUMBER, FIELD(request.buffer_bytes), .extcap_only = true,
		.max = XDPS_RINGS_MAX * (XDPS_RING_BYTES_MAX >> 20), .shift = 20,
		.argument = "MIB", .help = "for all CPUs together; default 32, and at least 2 for each",
		.place = 7, .group = ADVANCED_GROUP, .label = "Buffer (MiB)",
		.tooltip = "For all CPUs together; 0 is the default: 32 MiB, and at least 2 MiB for each CPU",
	},
	{
		.key = "immediate", .kind = XDPS_FLAG, FIELD(request.immediate), .extcap_only = true,
		.max = 1, .help = "deliver each packet immediately",
		.place = 12, .group = ADVANCED_GROUP, .label = "Deliver each packet immediately",
		.tooltip = "Wakes the reader for each packet; suitable only for low packet rates",
	},
	{
		.key = "no-promisc", .kind = XDPS_FLAG, FIELD(request.promisc), .extcap_only = true,
		.max = 0, .help = "capture only packets that are addressed to this host",
		.place = 13, .group = ADVANCED_GROUP, .label = "No promiscuous mode",
		.tooltip = "Captures only packets that are addressed to this host",
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

static uint64_t last_word(const struct xdps_word *words)
{
	uint64_t last = 0;

	for (; words->word; words++)
		if (!words->extcap_only && words->value > last)
			last = words->value;
	return last;
}

void xdps_option_range(const struct xdps_option *o, uint64_t *min, uint64_t *max)
{
	*min = o->kind == XDPS_NUMBER ? (uint64_t)o->min << o->shift : 0;
	*max = o->kind == XDPS_NUMBER ? (uint64_t)o->max << o->shift :
	       o->kind == XDPS_WORD ? last_word(o->words) :
	       o->kind == XDPS_WORDS ? (2ull << last_word(o->words)) - 1 : 1;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * options.c: parses "eth0:rate=100:mode=native" into a struct, strictly.
 *
 * ':' separates the options because no Linux interface name can contain it.  One table
 * says what is allowed.  Values are parsed, and errors are written, from this table.
 */
#include "xdpsample.h"

#include <stdio.h>
#include <string.h>

#include "../common/error.h"
#include "../common/names.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* How much of the user's text an error quotes. */
#define QUOTE_CHARS 40

/* A part of the device name; not NUL-terminated. */
struct span {
	const char *at;
	size_t len;
};

struct quote {
	char text[QUOTE_CHARS + sizeof("...")];
};

/* A list of keys, or of the values that an option allows. */
struct list {
	char text[128];
};

/* The type of a value, and how it is stored in struct xdps_options. */
enum kind {
	NUMBER,		/* from `min` to `max`: a uint32_t */
	WORD,		/* one of `words`: a uint32_t, the index */
	WORDS,		/* some of `words`: a uint32_t, 1 << index for each */
	PROGRAM,	/* a name of at most `max` characters, or an id: the text */
};

struct option {
	const char *key;
	enum kind kind;
	size_t offset;		/* in struct xdps_options */
	const char *const *words;	/* NULL-terminated */
	uint32_t min, max;
	const char *unit;
};

enum { RATE, MODE, HOLD, POINT, ACTION, PROG, RING };

static const struct option options[] = {
	[RATE] = {
		.key = "rate", .kind = NUMBER,
		.offset = offsetof(struct xdps_options, request.rate),
		.min = 1, .max = UINT32_MAX, .unit = "",
	},
	[MODE] = {
		.key = "mode", .kind = WORD,
		.offset = offsetof(struct xdps_options, request.mode),
		.words = xdps_mode_words,
	},
	[HOLD] = {
		.key = "hold", .kind = NUMBER,
		.offset = offsetof(struct xdps_options, hold_us),
		.max = XDPS_HOLD_MAX_US, .unit = " (microseconds)",
	},
	[POINT] = {
		.key = "point", .kind = WORD,
		.offset = offsetof(struct xdps_options, request.point),
		.words = xdps_point_words,
	},
	[ACTION] = {
		.key = "action", .kind = WORDS,
		.offset = offsetof(struct xdps_options, request.actions),
		.words = xdps_action_words,
	},
	[PROG] = {
		.key = "prog", .kind = PROGRAM,
		.offset = offsetof(struct xdps_options, request.prog),
		.max = XDPS_PROG_CHARS,
	},
	[RING] = {
		.key = "ring", .kind = WORD,
		.offset = offsetof(struct xdps_options, request.ring),
		.words = xdps_ring_words,
	},
};

/* How an error introduces what is allowed. */
static const struct {
	const char *missing, *wrong;
} phrases[] = {
	[NUMBER] = { "use", "not" },
	[WORD] = { "use one of", "not one of" },
	[WORDS] = { "use one or more of", "not one or more of" },
	[PROGRAM] = { "use", "not" },
};

void xdps_options_init(struct xdps_options *opt)
{
	*opt = (struct xdps_options){
		.request = {
			.mode = XDPS_MODE_AUTO,
			.point = XDPS_POINT_ENTRY,
			.rate = 1,
			.snaplen = XDPS_SNAPLEN_MAX,
		},
		.hold_us = XDPS_HOLD_DEFAULT_US,
		.batch_us = 100000,
	};
}

/* The name can be any bytes, and errors go to terminals and logs. */
static struct quote quote(struct span s)
{
	size_t len = s.len < QUOTE_CHARS ? s.len : QUOTE_CHARS;
	struct quote q;

	for (size_t i = 0; i < len; i++)
		q.text[i] = s.at[i] >= ' ' && s.at[i] <= '~' ? s.at[i] : '?';
	strcpy(q.text + len, len < s.len ? "..." : "");
	return q;
}

static void list_add(struct list *l, const char *word)
{
	size_t len = strlen(l->text);

	snprintf(l->text + len, sizeof(l->text) - len, "%s%s",
		 len ? ", " : "", word);
}

static struct list list_keys(void)
{
	struct list l = { "" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		list_add(&l, options[i].key);
	return l;
}

static struct list list_allowed(const struct option *o)
{
	struct list l = { "" };

	for (size_t i = 0; o->words && o->words[i]; i++)
		list_add(&l, o->words[i]);
	if (o->kind == WORDS)
		list_add(&l, "joined with +, each at most once");
	else if (o->kind == NUMBER)
		snprintf(l.text, sizeof(l.text), "a number from %u to %u%s",
			 o->min, o->max, o->unit);
	else if (o->kind == PROGRAM)
		snprintf(l.text, sizeof(l.text),
			 "a program's name (letters, digits, '_' and '.', at most %u) or its id, from 1 to %u",
			 o->max, UINT32_MAX);
	return l;
}

static bool span_is(struct span s, const char *word)
{
	return s.len == strlen(word) && !memcmp(s.at, word, s.len);
}

/* Cuts off and returns the part before the first `stop`, or everything. */
static struct span take(struct span *rest, char stop)
{
	const char *end = memchr(rest->at, stop, rest->len);
	struct span s = *rest;

	if (!end) {
		*rest = (struct span){ rest->at + rest->len, 0 };
		return s;
	}
	s.len = end - s.at;
	rest->len -= s.len + 1;
	rest->at = end + 1;
	return s;
}

/* Accepts digits only: no sign, no space, no leading zero, and no more than fits. */
static bool read_number(struct span s, uint32_t *number)
{
	uint64_t n = 0;

	if (!s.len || (s.at[0] == '0' && s.len > 1))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		n = n * 10 + (s.at[i] - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*number = (uint32_t)n;
	return true;
}

static bool read_word(struct span s, const char *const *words, uint32_t *index)
{
	for (uint32_t i = 0; words[i]; i++) {
		if (span_is(s, words[i])) {
			*index = i;
			return true;
		}
	}
	return false;
}

/* Accepts no word twice: somebody who writes one twice meant another. */
static bool read_words(struct span s, const char *const *words, uint32_t *set)
{
	const char *end = s.at + s.len;
	struct span word;
	uint32_t index;

	*set = 0;
	do {
		word = take(&s, '+');
		if (!read_word(word, words, &index) || *set & 1u << index)
			return false;
		*set |= 1u << index;
	} while (word.at + word.len != end);
	return true;
}

static bool is_number(struct span s)
{
	return strspn(s.at, "0123456789") >= s.len;
}

/* Digits alone are an id: no C function has such a name. */
static bool read_program(struct span s, uint32_t max_chars, char *text)
{
	uint32_t id;

	if (s.len > max_chars || !xdps_is_program_name(s.at, s.len))
		return false;
	if (is_number(s) && (!read_number(s, &id) || !id))
		return false;
	memset(text, 0, max_chars + 1);
	memcpy(text, s.at, s.len);
	return true;
}

/* If this returns false, `*opt` is unchanged. */
static bool read_value(const struct option *o, struct span s, struct xdps_options *opt)
{
	char *field = (char *)opt + o->offset;
	uint32_t value;
	bool good;

	switch (o->kind) {
	case NUMBER:
		good = read_number(s, &value) && value >= o->min && value <= o->max;
		break;
	case WORD:
		good = read_word(s, o->words, &value);
		break;
	case WORDS:
		good = read_words(s, o->words, &value);
		break;
	default:
		return read_program(s, o->max, field);
	}
	if (good)
		memcpy(field, &value, sizeof(value));
	return good;
}

static enum xdps_status fail_missing(const struct option *o,
				     struct xdps_error *err)
{
	return xdps_fail(err, XDPS_BAD_OPTION, "%s: missing value; %s %s", o->key,
			 phrases[o->kind].missing, list_allowed(o).text);
}

static enum xdps_status fail_value(const struct option *o, struct span value,
				   struct xdps_error *err)
{
	return xdps_fail(err, XDPS_BAD_OPTION, "%s=%s: %s %s", o->key,
			 quote(value).text, phrases[o->kind].wrong,
			 list_allowed(o).text);
}

static const struct option *find_option(struct span key)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (span_is(key, options[i].key))
			return &options[i];
	}
	return NULL;
}

/* Parses "key=value"; `given` has a bit for each option seen so far. */
static enum xdps_status parse_option(struct xdps_options *opt, struct span s,
				     unsigned int *given, struct xdps_error *err)
{
	struct span whole = s;
	struct span key = take(&s, '=');
	const struct option *o = find_option(key);

	if (!o)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: no such option; the options are %s",
				 quote(key.len ? key : whole).text,
				 list_keys().text);
	if (*given & 1u << (o - options))
		return xdps_fail(err, XDPS_BAD_OPTION, "%s: given twice", o->key);
	if (!s.len)
		return fail_missing(o, err);
	if (!read_value(o, s, opt))
		return fail_value(o, s, err);
	*given |= 1u << (o - options);
	return XDPS_OK;
}

static enum xdps_status check_ifname(struct span s, struct xdps_error *err)
{
	if (!s.len)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "no interface name; the syntax is IFACE[:key=value]..., where key is one of %s",
				 list_keys().text);
	if (span_is(s, ".") || span_is(s, ".."))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: not a valid interface name", quote(s).text);
	if (!xdps_is_interface_name(s.at, s.len))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: an interface name cannot contain '/', white space or control characters; options begin with ':'",
				 quote(s).text);
	if (s.len > XDPS_IFNAME_CHARS)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: too long; an interface name has at most %u characters, an alternative name at most %u",
				 quote(s).text, IF_NAMESIZE - 1, XDPS_IFNAME_CHARS);
	return XDPS_OK;
}

static enum xdps_status check_point(struct xdps_options *opt, unsigned int given,
				    struct xdps_error *err)
{
	if (given & 1u << ACTION && !(given & 1u << POINT))
		opt->request.point = XDPS_POINT_EXIT;
	if (opt->request.actions && opt->request.point == XDPS_POINT_ENTRY)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "action= cannot be combined with point=entry: there is no verdict before the program runs; remove one of them, or use point=exit");
	return XDPS_OK;
}

enum xdps_status xdps_options_parse(struct xdps_options *opt, const char *name,
				    struct xdps_error *err)
{
	struct span rest = { name, strlen(name) };
	const char *end = name + rest.len;
	struct xdps_options parsed = *opt;
	struct span s = take(&rest, ':');
	unsigned int given = 0;

	if (check_ifname(s, err))
		return err->status;
	memset(parsed.request.ifname, 0, sizeof(parsed.request.ifname));
	memcpy(parsed.request.ifname, s.at, s.len);

	/* A part that ends where the name ends is not followed by a ':'. */
	while (s.at + s.len != end) {
		s = take(&rest, ':');
		if (!s.len)
			return xdps_fail(err, XDPS_BAD_OPTION,
					 "%s: empty option; each ':' must be followed by one of %s",
					 quote((struct span){ name, end - name }).text,
					 list_keys().text);
		if (parse_option(&parsed, s, &given, err))
			return err->status;
	}
	if (check_point(&parsed, given, err))
		return err->status;
	if (given & 1u << HOLD)
		parsed.hold_given = true;
	*opt = parsed;
	return XDPS_OK;
}

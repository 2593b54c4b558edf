// SPDX-License-Identifier: BSD-3-Clause
/*
 * options.c: "eth0:rate=100:mode=native" to a struct, strictly.
 *
 * ':' parts the options because no Linux interface name can hold it.  What is
 * allowed stands in one table, from which values are read and errors written.
 */
#include "xdpsample.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* As much of somebody's text as a sentence can hold. */
#define QUOTE_CHARS 40

/* A part of the name; not NUL-terminated. */
struct span {
	const char *at;
	size_t len;
};

struct quote {
	char text[QUOTE_CHARS + sizeof("...")];
};

struct list {
	char text[96];
};

/* A key and its values: one of `words`, or a number from `min` to `max`. */
struct option {
	const char *key;
	size_t offset;		/* of a uint32_t in struct xdps_options */
	const char *const *words;	/* NULL-terminated; the value is the index */
	uint32_t min, max;
	const char *unit;
};

static const char *const mode_words[] = {
	[XDPS_MODE_AUTO] = "auto",
	[XDPS_MODE_NATIVE] = "native",
	[XDPS_MODE_GENERIC] = "generic",
	NULL
};

enum { RATE, MODE, HOLD };

static const struct option options[] = {
	[RATE] = {
		.key = "rate", .offset = offsetof(struct xdps_options, rate),
		.min = 1, .max = UINT32_MAX, .unit = "",
	},
	[MODE] = {
		.key = "mode", .offset = offsetof(struct xdps_options, mode),
		.words = mode_words,
	},
	[HOLD] = {
		.key = "hold", .offset = offsetof(struct xdps_options, hold_us),
		.max = XDPS_HOLD_MAX_US, .unit = " (microseconds)",
	},
};

_Static_assert(sizeof(enum xdps_mode) == sizeof(uint32_t),
	       "an option's value is written as a uint32_t");

void xdps_options_init(struct xdps_options *opt)
{
	*opt = (struct xdps_options){
		.mode = XDPS_MODE_AUTO,
		.rate = 1,
		.hold_us = XDPS_HOLD_DEFAULT_US,
		.snaplen = XDPS_SNAPLEN_MAX,
		.batch_us = 100000,
	};
}

/* The name is anybody's bytes, and errors go to terminals and logs. */
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

static struct list list_words(const char *const *words)
{
	struct list l = { "" };

	while (*words)
		list_add(&l, *words++);
	return l;
}

static bool span_is(struct span s, const char *word)
{
	return s.len == strlen(word) && !memcmp(s.at, word, s.len);
}

/* Cuts off and returns what stands before the first `stop`, or all. */
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

/* Digits only: no sign, no space, no leading zero, and no more than fits. */
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

static bool read_value(const struct option *o, struct span s, uint32_t *value)
{
	if (o->words)
		return read_word(s, o->words, value);
	return read_number(s, value) && *value >= o->min && *value <= o->max;
}

static enum xdps_status fail_missing(const struct option *o,
				     struct xdps_error *err)
{
	if (o->words)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: has no value; there are %s",
				 o->key, list_words(o->words).text);
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "%s: has no value; it takes a number from %u to %u%s",
			 o->key, o->min, o->max, o->unit);
}

static enum xdps_status fail_value(const struct option *o, struct span value,
				   struct xdps_error *err)
{
	if (o->words)
		return xdps_fail(err, XDPS_BAD_OPTION, "%s=%s: not one of %s",
				 o->key, quote(value).text,
				 list_words(o->words).text);
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "%s=%s: not a number from %u to %u%s", o->key,
			 quote(value).text, o->min, o->max, o->unit);
}

static const struct option *find_option(struct span key)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (span_is(key, options[i].key))
			return &options[i];
	}
	return NULL;
}

/* "key=value"; `given` has a bit for each option there was. */
static enum xdps_status parse_option(struct xdps_options *opt, struct span s,
				     unsigned int *given, struct xdps_error *err)
{
	struct span whole = s;
	struct span key = take(&s, '=');
	const struct option *o = find_option(key);
	uint32_t value;

	if (!o)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: no such option; there are %s",
				 quote(key.len ? key : whole).text,
				 list_keys().text);
	if (*given & 1u << (o - options))
		return xdps_fail(err, XDPS_BAD_OPTION, "%s: given twice", o->key);
	if (!s.len)
		return fail_missing(o, err);
	if (!read_value(o, s, &value))
		return fail_value(o, s, err);

	memcpy((char *)opt + o->offset, &value, sizeof(value));
	*given |= 1u << (o - options);
	return XDPS_OK;
}

/*
 * What the kernel allows in a name (dev_valid_name() in net/core/dev.c), less
 * control characters, which nobody uses and a terminal obeys.
 */
static enum xdps_status check_ifname(struct span s, struct xdps_error *err)
{
	if (!s.len)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "no interface name; the form is IFACE[:key=value]..., with the keys %s",
				 list_keys().text);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = s.at[i];

		if (c == '/' || c <= ' ' || c == 0x7f)
			return xdps_fail(err, XDPS_BAD_OPTION,
					 "%s: an interface name has no '/', white space or control characters; options begin with ':'",
					 quote(s).text);
	}
	if (s.len >= IF_NAMESIZE)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: no interface name is longer than %d characters",
				 quote(s).text, IF_NAMESIZE - 1);
	if (span_is(s, ".") || span_is(s, ".."))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: no interface has this name", quote(s).text);
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
	memset(parsed.ifname, 0, sizeof(parsed.ifname));
	memcpy(parsed.ifname, s.at, s.len);

	/* A name that ends here had no ':' behind its last part. */
	while (s.at + s.len != end) {
		s = take(&rest, ':');
		if (!s.len)
			return xdps_fail(err, XDPS_BAD_OPTION,
					 "%s: an option is empty; after each ':' comes one of %s",
					 quote((struct span){ name, end - name }).text,
					 list_keys().text);
		if (parse_option(&parsed, s, &given, err))
			return err->status;
	}

	if (given & 1u << HOLD)
		parsed.hold_given = true;
	*opt = parsed;
	return XDPS_OK;
}

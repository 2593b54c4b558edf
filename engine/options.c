// SPDX-License-Identifier: BSD-3-Clause
/*
 * options.c: parses "eth0:rate=100:mode=native" into a struct, strictly.
 *
 * ':' separates the options because no Linux interface name can contain it.  The table in
 * common/option_table.c says what is allowed; values are parsed, and errors are written,
 * from it.
 */
#include "xdpsample.h"

#include <stdio.h>
#include <string.h>

#include "../common/error.h"
#include "../common/names.h"
#include "../common/option_table.h"

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

/* How an error introduces what is allowed. */
static const struct {
	const char *missing, *wrong;
} phrases[] = {
	[XDPS_NUMBER] = { "use", "not" },
	[XDPS_WORD] = { "use one of", "not one of" },
	[XDPS_WORDS] = { "use one or more of", "not one or more of" },
	[XDPS_PROGRAM] = { "use", "not" },
};

void xdps_options_init(struct xdps_options *opt)
{
	*opt = (struct xdps_options){ .batch_us = 100000 };
	for (size_t i = 0; i < xdps_n_options; i++) {
		const struct xdps_option *o = &xdps_option_table[i];

		if (o->kind != XDPS_PROGRAM && o->kind != XDPS_FLAG)
			xdps_option_set(o, opt, o->initial);
	}
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

	for (size_t i = 0; i < xdps_n_options; i++)
		if (!xdps_option_table[i].extcap_only)
			list_add(&l, xdps_option_table[i].key);
	return l;
}

static struct list list_allowed(const struct xdps_option *o)
{
	struct list l = { "" };

	for (const struct xdps_word *w = o->words; w && w->word; w++)
		if (!w->extcap_only)
			list_add(&l, w->word);
	if (o->kind == XDPS_WORDS)
		list_add(&l, "joined with +, each at most once");
	else if (o->kind == XDPS_NUMBER)
		snprintf(l.text, sizeof(l.text), "a number from %u to %u%s",
			 o->min, o->max, o->unit ? o->unit : "");
	else if (o->kind == XDPS_PROGRAM)
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

/* Cuts the unit off, and returns what it multiplies by; 1: there is none. */
static uint32_t take_unit(struct span *s, const struct xdps_unit *units)
{
	for (; units && units->suffix; units++) {
		size_t len = strlen(units->suffix);

		if (s->len > len && !memcmp(s->at + s->len - len, units->suffix, len)) {
			s->len -= len;
			return units->factor;
		}
	}
	return 1;
}

static bool read_quantity(const struct xdps_option *o, struct span s, uint64_t *value)
{
	uint64_t factor = take_unit(&s, o->units);
	uint32_t number;

	if (!read_number(s, &number))
		return false;
	*value = number * factor;
	if (*value < o->min || *value > o->max)
		return false;
	*value <<= o->shift;
	return true;
}

static bool read_word(const struct xdps_option *o, struct span s, uint32_t *value)
{
	for (const struct xdps_word *w = o->words; w->word; w++) {
		if (w->extcap_only || !(span_is(s, w->word) || (w->alias && span_is(s, w->alias))))
			continue;
		*value = w->value;
		return true;
	}
	return false;
}

/* Accepts no word twice: somebody who writes one twice meant another. */
static bool read_words(const struct xdps_option *o, struct span s, uint32_t *set)
{
	const char *end = s.at + s.len;
	struct span word;
	uint32_t value;

	*set = 0;
	do {
		word = take(&s, '+');
		if (!read_word(o, word, &value) || *set & 1u << value)
			return false;
		*set |= 1u << value;
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
static bool read_value(const struct xdps_option *o, struct span s, struct xdps_options *opt)
{
	uint64_t value;
	uint32_t word;
	bool good;

	switch (o->kind) {
	case XDPS_NUMBER:
		good = read_quantity(o, s, &value);
		break;
	case XDPS_WORD:
		good = read_word(o, s, &word);
		value = word;
		break;
	case XDPS_WORDS:
		good = read_words(o, s, &word);
		value = word;
		break;
	default:
		return read_program(s, o->max, (char *)opt + o->offset);
	}
	if (good)
		xdps_option_set(o, opt, value);
	return good;
}

bool xdps_option_read(const struct xdps_option *o, const char *text,
		      struct xdps_options *opt)
{
	return read_value(o, (struct span){ text, strlen(text) }, opt);
}

static void print_words(char *buf, size_t size, const struct xdps_option *o, uint64_t set)
{
	size_t len = 0;

	for (const struct xdps_word *w = o->words; w->word && len < size; w++)
		if (set & 1u << w->value)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "+" : "",
						w->word);
}

void xdps_option_print(char *buf, size_t size, const struct xdps_option *o,
		       const struct xdps_options *opt)
{
	buf[0] = '\0';
	if (o->kind == XDPS_NUMBER)
		snprintf(buf, size, "%llu",
			 (unsigned long long)xdps_option_get(o, opt) >> o->shift);
	else if (o->kind == XDPS_WORD)
		snprintf(buf, size, "%s",
			 xdps_word_for(o->words, (uint32_t)xdps_option_get(o, opt)));
	else if (o->kind == XDPS_WORDS)
		print_words(buf, size, o, xdps_option_get(o, opt));
	else if (o->kind == XDPS_PROGRAM)
		snprintf(buf, size, "%s", (const char *)opt + o->offset);
}

static enum xdps_status fail_missing(const struct xdps_option *o,
				     struct xdps_error *err)
{
	return xdps_fail(err, XDPS_BAD_OPTION, "%s: missing value; %s %s", o->key,
			 phrases[o->kind].missing, list_allowed(o).text);
}

static enum xdps_status fail_value(const struct xdps_option *o, struct span value,
				   struct xdps_error *err)
{
	return xdps_fail(err, XDPS_BAD_OPTION, "%s=%s: %s %s", o->key,
			 quote(value).text, phrases[o->kind].wrong,
			 list_allowed(o).text);
}

/* The option of a device name. */
static const struct xdps_option *find_option(struct span key)
{
	for (size_t i = 0; i < xdps_n_options; i++) {
		const struct xdps_option *o = &xdps_option_table[i];

		if (!o->extcap_only && span_is(key, o->key))
			return o;
	}
	return NULL;
}

static bool is_given(unsigned int given, const char *key)
{
	return given & 1u << (xdps_option_find(key) - xdps_option_table);
}

/* Parses "key=value"; `given` has a bit for each option seen so far. */
static enum xdps_status parse_option(struct xdps_options *opt, struct span s,
				     unsigned int *given, struct xdps_error *err)
{
	struct span whole = s;
	struct span key = take(&s, '=');
	const struct xdps_option *o = find_option(key);

	if (!o)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: no such option; the options are %s",
				 quote(key.len ? key : whole).text,
				 list_keys().text);
	if (*given & 1u << (o - xdps_option_table))
		return xdps_fail(err, XDPS_BAD_OPTION, "%s: given twice", o->key);
	if (!s.len)
		return fail_missing(o, err);
	if (!read_value(o, s, opt))
		return fail_value(o, s, err);
	*given |= 1u << (o - xdps_option_table);
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
	if (is_given(given, "action") && !is_given(given, "point"))
		opt->request.point = XDPS_POINT_EXIT;
	if (opt->request.actions && opt->request.point == XDPS_POINT_ENTRY)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "action= cannot be combined with point=entry: there is no verdict before the program runs; remove one of them, or use point=exit");
	return XDPS_OK;
}

static enum xdps_status check_dir(const struct xdps_options *opt, struct xdps_error *err)
{
	const struct xdps_request *request = &opt->request;

	if (request->dir != XDPS_DIR_OUT ||
	    (request->point == XDPS_POINT_ENTRY && !request->prog[0]))
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_OPTION, XDPS_ONLY_SENT_TEXT);
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
	if (check_point(&parsed, given, err) || check_dir(&parsed, err))
		return err->status;
	if (is_given(given, "hold"))
		parsed.hold_given = true;
	*opt = parsed;
	return XDPS_OK;
}

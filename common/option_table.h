/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option_table.h: the options of a capture, one row each.
 *
 * Everything that has to know them reads this table: the parser of device names
 * (engine/options.c), the command line, help and dialog of xdpsample-extcap (extcap/), and
 * the completion (completion/options.c).  tests/build/options.sh compares the documents
 * with it.  The helper checks each field of a request by it (helper/door/request.c).
 */
#ifndef XDPS_OPTION_TABLE_H
#define XDPS_OPTION_TABLE_H

#include "types.h"

#pragma GCC visibility push(hidden)

/* Options are bits of a set. */
#define XDPS_OPTIONS_MAX 32

/* The type of a value, and what its field holds. */
enum xdps_option_kind {
	XDPS_NUMBER,	/* from `min` to `max`: the number, << `shift` */
	XDPS_WORD,	/* one of `words`: its value */
	XDPS_WORDS,	/* some of `words`: 1 << value for each, or'ed */
	XDPS_PROGRAM,	/* a name of at most `max` characters, or an id: the text */
	XDPS_FLAG,	/* no value: `max`; xdpsample-extcap only */
};

/* A word that can be a value; yes and no are two of them. */
struct xdps_word {
	const char *word;
	uint32_t value;
	const char *alias;	/* means the same; is read and never printed; or NULL */
	const char *label;	/* in the dialog; NULL: the dialog does not have it */
	bool extcap_only;	/* a word of xdpsample-extcap, whose code knows what it means */
};

/* What may follow a number.  What is stored and what is printed has no unit. */
struct xdps_unit {
	const char *suffix;
	uint32_t factor;
};

struct xdps_option {
	const char *key;
	enum xdps_option_kind kind;
	size_t offset, bytes;		/* of the field, in struct xdps_options */
	const struct xdps_word *words;	/* the last one is without a word */
	const struct xdps_unit *units;	/* the last one is without a suffix; NULL: none */
	uint32_t min, max;
	uint32_t initial;		/* the value of the field if the option is not given */
	unsigned int shift;
	const char *unit;		/* what errors call the unit of a number; or NULL */
	bool extcap_only;		/* libpcap has a call for it, or it needs none */
	bool selects;			/* part of which packets a capture has */

	/* xdpsample-extcap */
	const char *unset;		/* text for "not given"; NULL: the initial value */
	const char *argument;		/* of the help; NULL: the words, or nothing for a flag */
	const char *help;		/* words follow if it takes several of them */

	/* Wireshark's dialog, which has it at this place, from 0. */
	unsigned int place;
	const char *label, *tooltip, *group;
};

/* In the order in which errors list them. */
extern const struct xdps_option xdps_option_table[];
extern const size_t xdps_n_options;

/* Each ends with an entry without a word. */
extern const struct xdps_word xdps_mode_words[];
extern const struct xdps_word xdps_action_words[];

/* The option with this key, or NULL. */
const struct xdps_option *xdps_option_find(const char *key);

/* The option at this place of the dialog; NULL: there are not so many. */
const struct xdps_option *xdps_option_at(unsigned int place);

/* The word for a value, or "?". */
const char *xdps_word_for(const struct xdps_word *words, uint32_t value);

/* The number in the option's field, which is not one of a XDPS_PROGRAM. */
uint64_t xdps_option_get(const struct xdps_option *o, const struct xdps_options *opt);
void xdps_option_set(const struct xdps_option *o, struct xdps_options *opt, uint64_t value);

/* What that field may hold, whoever has set it. */
void xdps_option_range(const struct xdps_option *o, uint64_t *min, uint64_t *max);

#pragma GCC visibility pop

#endif

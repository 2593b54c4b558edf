// SPDX-License-Identifier: BSD-3-Clause
/*
 * options.c: prints the table of options, for what is not C.
 *
 * Runs while xdpsample is built.  Without an argument, it prints what completion/xdpsample
 * has to know of each option of a device name: key, kind and words.  With "all", it prints
 * what documents say of each option, in fields that end with a tab: where it is (name or
 * extcap), key, kind, words, words of xdpsample-extcap, aliases, min, max, default.
 */
#include <stdio.h>
#include <string.h>

#include "../common/option_table.h"

static const char *const kinds[] = {
	[XDPS_NUMBER] = "number",
	[XDPS_WORD] = "word",
	[XDPS_WORDS] = "words",
	[XDPS_PROGRAM] = "program",
	[XDPS_FLAG] = "flag",
};

static void print_for_completion(const struct xdps_option *o)
{
	if (o->extcap_only)
		return;
	printf("%s %s", o->key, kinds[o->kind]);
	for (const struct xdps_word *w = o->words; w && w->word; w++)
		if (!w->extcap_only)
			printf(" %s", w->word);
	putchar('\n');
}

static void print_words(const struct xdps_option *o, bool of_extcap)
{
	const char *separator = "";

	for (const struct xdps_word *w = o->words; w && w->word; w++) {
		if (w->extcap_only && !of_extcap)
			continue;
		printf("%s%s", separator, w->word);
		separator = " ";
	}
	putchar('\t');
}

static void print_aliases(const struct xdps_option *o)
{
	const char *separator = "";

	for (const struct xdps_word *w = o->words; w && w->word; w++) {
		if (!w->alias)
			continue;
		printf("%s%s", separator, w->alias);
		separator = " ";
	}
	putchar('\t');
}

static void print_default(const struct xdps_option *o)
{
	if (o->kind == XDPS_NUMBER)
		printf("%u", o->initial);
	else if (o->kind == XDPS_WORD)
		printf("%s", xdps_word_for(o->words, o->initial));
	printf("\t\n");
}

static void print_all(const struct xdps_option *o)
{
	printf("%s\t%s\t%s\t", o->extcap_only ? "extcap" : "name", o->key, kinds[o->kind]);
	print_words(o, false);
	print_words(o, true);
	print_aliases(o);
	printf("%u\t%u\t", o->min, o->max);
	print_default(o);
}

int main(int argc, char **argv)
{
	bool all = argc == 2 && !strcmp(argv[1], "all");

	for (size_t i = 0; i < xdps_n_options; i++) {
		if (all)
			print_all(&xdps_option_table[i]);
		else
			print_for_completion(&xdps_option_table[i]);
	}
	return fflush(stdout) ? 1 : 0;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * main.c: xdpsample-extcap, with which Wireshark captures at the XDP hook.
 *
 * Wireshark runs it once for each question (extcap(4)), and once for each capture.  A
 * user can do so, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/option_table.h"

#include "args.h"
#include "capture.h"
#include "filter.h"
#include "list.h"

#define USAGE_RC 64			/* EX_USAGE */
#define HELP_BYTES 96			/* of an option with its words */

static void join(char *buf, size_t size, const struct xdps_option *o, const char *separator)
{
	size_t len = 0;

	buf[0] = '\0';
	for (const struct xdps_word *w = o->words; w && w->word && len < size; w++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? separator : "",
					w->word);
}

static void print_option(const struct xdps_option *o)
{
	char words[HELP_BYTES], option[HELP_BYTES];

	join(words, sizeof(words), o, o->kind == XDPS_WORDS ? ", " : "|");
	snprintf(option, sizeof(option), "%s %s", o->key, o->argument ? o->argument : words);
	printf("    --%-29s%s%s\n", option, o->help, o->kind == XDPS_WORDS ? words : "");
}

static void print_options(void)
{
	const struct xdps_option *o;

	for (unsigned int i = 0; (o = xdps_option_at(i)); i++)
		print_option(o);
}

static void print_help(void)
{
	fputs("Wireshark runs this program to capture at the XDP hook of a network interface:\n"
	      "look for \"XDP:\" in its list of interfaces.  By hand:\n"
	      "\n"
	      "    xdpsample-extcap --extcap-interfaces\n"
	      "    xdpsample-extcap --capture --extcap-interface xdp:eth0 --fifo - >eth0.pcapng\n"
	      "\n"
	      "Capture options:\n"
	      "    --extcap-interface xdp:NAME    the interface\n"
	      "    --fifo PATH                    a named pipe, or - for standard output\n"
	      "    --extcap-capture-filter EXPR   pcap-filter(7)\n"
	      , stdout);
	print_options();
	fputs("Other options:\n"
	      "    --extcap-dlts, --extcap-config, --extcap-reload-option prog,\n"
	      "    --extcap-capture-filter EXPR without --capture: Wireshark's questions\n"
	      "    --help, --version\n"
	      "\n"
	      "See xdpsample-extcap(1) and pcap-xdpsample(7).\n", stdout);
}

/* Prints what is wrong with the filter.  Succeeds if the filter could be judged. */
static enum xdps_status check_filter(const struct args *a, struct xdps_error *err)
{
	struct xdps_error verdict;
	struct xdps_listed l;
	struct filter *f;

	if (list_find(&l, a->opt.request.ifname, err))
		return err->status;
	if (filter_compile(&f, a->filter, a->opt.request.ifname, l.link,
			   a->opt.request.dir, &verdict))
		printf("%s\n", verdict.text);
	filter_free(f);
	return XDPS_OK;
}

/* Reports the end before it waits for anybody. */
static enum xdps_status capture(const struct args *a, struct xdps_error *err)
{
	bool began;

	if (!capture_run(a, &began, err))
		return XDPS_OK;
	fprintf(stderr, "%s\n", err->text);
	if (!began)
		capture_write_nothing(a, err);
	return err->status;
}

static enum xdps_status run(const struct args *a, struct xdps_error *err)
{
	switch (a->verb) {
	case VERB_INTERFACES:
		return list_interfaces(stdout, err);
	case VERB_DLTS:
		return list_dlts(stdout, a->opt.request.ifname, err);
	case VERB_CONFIG:
		return list_config(stdout, a->opt.request.ifname, err);
	case VERB_RELOAD:
		return list_programs(stdout, a->opt.request.ifname, err);
	case VERB_CHECK_FILTER:
		return check_filter(a, err);
	case VERB_CAPTURE:
		return capture(a, err);
	case VERB_VERSION:
		puts("xdpsample-extcap " PACKAGE_VERSION);
		return XDPS_OK;
	case VERB_HELP:
		break;
	}
	print_help();
	return XDPS_OK;
}

int main(int argc, char **argv)
{
	struct xdps_error err = { .status = XDPS_OK };
	struct args a;

	if (args_read(&a, argc, argv, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return USAGE_RC;
	}
	if (run(&a, &err)) {
		if (a.verb != VERB_CAPTURE)
			fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

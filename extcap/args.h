/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * args.h: parses what Wireshark, or a user, asks for.
 */
#ifndef EXTCAP_ARGS_H
#define EXTCAP_ARGS_H

#include "xdpsample.h"

/* The prefix of an interface's name. */
#define PREFIX "xdp:"

/* Room for a name in which every byte is escaped. */
#define ESCAPED_BYTES (3 * IF_NAMESIZE)

enum verb {
	VERB_HELP,
	VERB_VERSION,
	VERB_INTERFACES,
	VERB_DLTS,
	VERB_CONFIG,
	VERB_RELOAD,		/* reload the dialog's list of programs */
	VERB_CHECK_FILTER,
	VERB_CAPTURE,
};

struct args {
	enum verb verb;
	struct xdps_options opt;	/* of the only capture, or of the one after the program */
	bool both;		/* and another one before it */
	const char *fifo;	/* a path, or "-"; not owned */
	const char *filter;	/* NULL: none; not owned */
};

/*
 * XDPS_BAD_OPTION: the sentence says what is missing or wrong, and `*a` must not be used.
 * Uses getopt_long(), and prints nothing.
 */
enum xdps_status args_read(struct args *a, int argc, char **argv, struct xdps_error *err);

/*
 * A name may have characters that extcap's lines, or Wireshark's preferences, cannot
 * contain.  These become %XX, which no name has by itself.
 */
void args_escape(char escaped[ESCAPED_BYTES], const char *ifname);

#endif

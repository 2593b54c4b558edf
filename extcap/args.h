/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * args.h: what Wireshark, or a person, wants of us.
 */
#ifndef EXTCAP_ARGS_H
#define EXTCAP_ARGS_H

#include "xdpsample.h"

/* In front of the interface's name. */
#define PREFIX "xdp:"

/* Room for a name in which every byte is escaped. */
#define ESCAPED_BYTES (3 * IF_NAMESIZE)

#define SNAPLEN_DEFAULT XDPS_SNAPLEN_MAX
#define BUFFER_MIB_MAX 65536u

enum verb {
	VERB_HELP,
	VERB_VERSION,
	VERB_INTERFACES,
	VERB_DLTS,
	VERB_CONFIG,
	VERB_RELOAD,		/* of the dialog, the programs that there are */
	VERB_CHECK_FILTER,
	VERB_CAPTURE,
};

struct args {
	enum verb verb;
	struct xdps_options opt;	/* of the only capture, or of the one after the program */
	bool both;		/* and one before it */
	const char *fifo;	/* a path, or "-"; not ours */
	const char *filter;	/* NULL: none; not ours */
};

/*
 * XDPS_BAD_OPTION: what is missing or wrong, as a sentence; `*a` is then of no use.
 * Uses getopt_long(), and prints nothing.
 */
enum xdps_status args_read(struct args *a, int argc, char **argv, struct xdps_error *err);

/*
 * A name may have characters that extcap's lines, or Wireshark's preferences, cannot
 * hold: these become %XX, which no name has by itself.
 */
void args_escape(char escaped[ESCAPED_BYTES], const char *ifname);

#endif

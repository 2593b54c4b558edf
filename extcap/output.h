/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * output.h: where the file goes: a named pipe of Wireshark's, or standard output.
 *
 * Bytes are collected, and written when there are many or when output_flush() is called.
 * If the reader does not read we wait, but not beyond a signal.  If the reader has gone
 * we notice, even while nothing is written.
 */
#ifndef EXTCAP_OUTPUT_H
#define EXTCAP_OUTPUT_H

#include <poll.h>

#include "pcapng.h"
#include "xdpsample.h"

enum output_end {
	OUTPUT_GOES_ON,
	OUTPUT_GONE,		/* nobody reads any more */
	OUTPUT_STOPPED,		/* a signal came while we waited for the reader */
	OUTPUT_FAILED,		/* another reason, in `err` */
};

struct output {
	struct pcapng blocks;	/* to add to after output_room() */
	enum output_end end;
	struct xdps_error err;
	const char *path;	/* not owned */
	int fd;			/* -1: not open */
	int parent_fd;		/* of the process that made the named pipe; -1: not watched */
	bool is_socket;
	bool may_block;		/* a pipe that has no O_NONBLOCK */
};

#define OUTPUT_POLLS 2

/*
 * Opens `path`; "-" is standard output.  Waits until somebody opens the pipe for reading,
 * at most `patience_ms` or, if that is -1, for ever.  On failure, or when it is told to
 * stop meanwhile, o->end says so.
 */
void output_open(struct output *o, const char *path, int64_t patience_ms);
void output_close(struct output *o);

/* Makes room for so many bytes, at most half of 256 KiB.  False: see o->end. */
bool output_room(struct output *o, size_t bytes);

/* Passes everything that was added to the reader.  False: see o->end. */
bool output_flush(struct output *o);

/* For waiting for the end of the reader, among others; then takes note of the result. */
void output_poll(const struct output *o, struct pollfd fds[OUTPUT_POLLS]);
void output_polled(struct output *o, const struct pollfd fds[OUTPUT_POLLS]);

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * output.c: where the file goes.
 */
#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/error.h"

#include "stop.h"

#define BUFFER_BYTES (256u << 10)
#define OPEN_STEP_MS 10			/* how often to check for a reader */
#define GRACE_MS 500			/* for a slow reader, after a request to stop */

static void fail(struct output *o, int rc, const char *doing)
{
	if (rc == -EPIPE || rc == -ECONNRESET) {
		o->end = OUTPUT_GONE;
		return;
	}
	o->end = OUTPUT_FAILED;
	xdps_fail_errno(&o->err, rc, "%s %s", doing,
			strcmp(o->path, "-") ? o->path : "standard output");
}

/*
 * Standard output is shared, so it gets no O_NONBLOCK.  A pipe can be opened once more,
 * unless it is another user's.
 */
static void open_stdout(struct output *o, const struct stat *st)
{
	if (isatty(STDOUT_FILENO)) {
		o->end = OUTPUT_FAILED;
		xdps_fail(&o->err, XDPS_BAD_OPTION,
			  "standard output is a terminal, but pcapng is binary: redirect it to a file or a pipe");
		return;
	}
	if (S_ISFIFO(st->st_mode))
		o->fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (o->fd < 0)
		o->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (o->fd < 0)
		fail(o, -errno, "using");
}

/*
 * If Wireshark is killed, its dumpcap reads on until packets come.  So we watch the
 * process that made the pipe.
 */
static void watch_parent(struct output *o)
{
	struct stat st;

	if (!stat(o->path, &st) && S_ISFIFO(st.st_mode) && getppid() > 1)
		o->parent_fd = (int)syscall(SYS_pidfd_open, getppid(), 0);
}

/*
 * Does not use O_CREAT: if a pipe is gone, we should not make a file.  A file that is
 * there is truncated.
 */
static void open_path(struct output *o, int64_t patience_ms)
{
	const int64_t until_ms = stop_now_ms() + patience_ms;
	struct pollfd fds[OUTPUT_POLLS];

	watch_parent(o);
	while (o->end == OUTPUT_GOES_ON && o->fd < 0) {
		o->fd = open(o->path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_CLOEXEC);
		if (o->fd >= 0)
			return;
		if (errno != ENXIO) {
			fail(o, -errno, "opening");
			return;
		}
		output_poll(o, fds);
		if (stop_poll(fds, OUTPUT_POLLS, OPEN_STEP_MS) > 0)
			output_polled(o, fds);
		else if (stop_asked() || (patience_ms >= 0 && stop_now_ms() >= until_ms))
			o->end = OUTPUT_STOPPED;
	}
}

void output_open(struct output *o, const char *path, int64_t patience_ms)
{
	const bool is_stdout = !strcmp(path, "-") || !strcmp(path, "/dev/stdout");
	struct stat st = { 0 };

	*o = (struct output){ .path = path, .fd = -1, .parent_fd = -1 };
	o->blocks.at = malloc(BUFFER_BYTES);
	if (!o->blocks.at) {
		fail(o, ENOMEM, "writing to");
		return;
	}
	o->blocks.size = BUFFER_BYTES;
	if (is_stdout && !fstat(STDOUT_FILENO, &st))
		open_stdout(o, &st);
	else
		open_path(o, patience_ms);
	if (o->end || fstat(o->fd, &st))
		return;
	o->is_socket = S_ISSOCK(st.st_mode);
	o->may_block = S_ISFIFO(st.st_mode) && !(fcntl(o->fd, F_GETFL) & O_NONBLOCK);
}

void output_close(struct output *o)
{
	if (o->fd >= 0)
		close(o->fd);
	if (o->parent_fd >= 0)
		close(o->parent_fd);
	free(o->blocks.at);
	o->blocks = (struct pcapng){ .at = NULL };
	o->fd = o->parent_fd = -1;
}

void output_poll(const struct output *o, struct pollfd fds[OUTPUT_POLLS])
{
	fds[0] = (struct pollfd){ .fd = o->fd };	/* POLLERR: it has no reader */
	fds[1] = (struct pollfd){ .fd = o->parent_fd, .events = POLLIN };
}

void output_polled(struct output *o, const struct pollfd fds[OUTPUT_POLLS])
{
	if (o->end == OUTPUT_GOES_ON && (fds[0].revents & (POLLERR | POLLHUP) || fds[1].revents))
		o->end = OUTPUT_GONE;
}

/*
 * Waits until the reader takes something.  After one request to stop, it gets some time
 * for the rest; after two, none.
 */
static void wait_for_reader(struct output *o)
{
	struct pollfd fds[OUTPUT_POLLS];
	int n;

	output_poll(o, fds);
	fds[0].events = POLLOUT;
	do {
		n = stop_poll(fds, OUTPUT_POLLS, stop_asked() ? GRACE_MS : -1);
		if (n == 0 || (n < 0 && stop_asked() > 1))
			o->end = OUTPUT_STOPPED;
	} while (n < 0 && o->end == OUTPUT_GOES_ON);
	if (n > 0)
		output_polled(o, fds);
}

/* A pipe that is writable has room for PIPE_BUF bytes (pipe(7)). */
static ssize_t write_what_fits(int fd, const unsigned char *data, size_t bytes)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	if (poll(&room, 1, 0) > 0)
		return write(fd, data, bytes < PIPE_BUF ? bytes : PIPE_BUF);
	errno = EAGAIN;
	return -1;
}

static ssize_t put(const struct output *o, const unsigned char *data, size_t bytes)
{
	if (o->is_socket)
		return send(o->fd, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (o->may_block)
		return write_what_fits(o->fd, data, bytes);
	return write(o->fd, data, bytes);
}

bool output_flush(struct output *o)
{
	size_t written = 0;

	while (o->end == OUTPUT_GOES_ON && written < o->blocks.len) {
		ssize_t n = put(o, o->blocks.at + written, o->blocks.len - written);

		if (n >= 0)
			written += (size_t)n;
		else if (errno == EAGAIN)
			wait_for_reader(o);
		else if (errno != EINTR)
			fail(o, -errno, "writing to");
	}
	o->blocks.len = 0;
	return o->end == OUTPUT_GOES_ON;
}

bool output_room(struct output *o, size_t bytes)
{
	if (o->blocks.size - o->blocks.len >= bytes)
		return true;
	return output_flush(o);
}

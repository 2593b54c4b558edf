// SPDX-License-Identifier: BSD-3-Clause
/*
 * main.c: the helper as a process: how it begins, what it is asked for, how it ends.
 *
 * The engine starts this program, with the socket on descriptor 0.  All privilege of
 * xdpsample is in this process.  It serves one capture (capture.c) until the socket
 * closes, or answers queries if the engine only asks for information.  Anything that ends
 * this process ends the capture: the kernel closes the link.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "../common/error.h"
#include "../common/protocol.h"

#include "door/message.h"
#include "door/query.h"
#include "door/reply.h"
#include "door/request.h"
#include "host/debug.h"

#include "capture.h"

#define SOCK 0
#define USAGE_RC 64			/* EX_USAGE */
static bool is_called_by_engine(void)
{
	socklen_t size = sizeof(int);
	int domain, type;

	return !getsockopt(SOCK, SOL_SOCKET, SO_DOMAIN, &domain, &size) &&
	       !getsockopt(SOCK, SOL_SOCKET, SO_TYPE, &type, &size) &&
	       domain == AF_UNIX && type == SOCK_SEQPACKET;
}

static int talk_to_person(int argc, char **argv)
{
	static const char about[] =
		"xdpsample-helper does the privileged work for programs that capture on\n"
		"\"xdpsample:INTERFACE\".  libpcap starts it; do not start it by hand.\n"
		"See xdpsample-helper(8) and pcap-xdpsample(7).\n";

	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("xdpsample-helper " PACKAGE_VERSION ", made with libpcap " LIBPCAP_VERSION);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(about, stdout);
		return 0;
	}
	fputs("xdpsample-helper: descriptor 0 is not a socket connected to a capturing program\n",
	      stderr);
	fputs(about, stderr);
	return USAGE_RC;
}

/* For kernels before 5.9, which have no close_range(). */
static void close_one_by_one(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
}

/*
 * Until here 1 and 2 were the socket, for the dynamic loader's error messages; except 2,
 * if debugging output is wanted.
 */
static void leave_stdio(void)
{
	bool debug = xdps_debug_is_wanted(SOCK);
	int null_fd = open("/dev/null", O_RDWR);

	if (debug)
		xdps_debug_enable();
	if (null_fd < 0) {		/* a chroot without it */
		close(1);
		if (!debug)
			close(2);
		return;
	}
	dup2(null_fd, 1);
	if (!debug)
		dup2(null_fd, 2);
	if (null_fd > 2)
		close(null_fd);
}

/*
 * We come from another process, with whatever it had open, its limits, its directory and
 * its environment.
 */
static void isolate(void)
{
	const struct timeval patience = { .tv_sec = XDPS_PATIENCE_MS / 1000 };
	struct rlimit files;

	if (syscall(SYS_close_range, 3, ~0U, 0))
		close_one_by_one();
	leave_stdio();
	clearenv();
	if (chdir("/"))
		errno = 0;		/* then we only keep a directory busy */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	setsockopt(SOCK, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

/* Runs until the engine has no more questions; attaches nothing. */
static void answer_queries(struct xdps_received *msg, struct xdps_error *err)
{
	struct xdps_request_query request;

	do {
		if (!err->status)
			xdps_request_check_query(msg->buf, msg->bytes, &request, err);
		if (!err->status)
			xdps_query(SOCK, request.ifname, err);
	} while (!err->status && xdps_message_await(SOCK, msg, err));
}

/* When the engine sees the end of the socket, or an error, nothing is attached any more. */
static void say_end(const struct xdps_error *err)
{
	if (err->status)
		xdps_reply_error(SOCK, err);
	shutdown(SOCK, SHUT_RDWR);
}

int main(int argc, char **argv)
{
	struct xdps_error err = { .status = XDPS_OK };
	static struct xdps_capture capture;

	if (argc > 1 || !is_called_by_engine())
		return talk_to_person(argc, argv);

	isolate();
	xdps_capture_init(&capture, SOCK);
	if (xdps_message_await(SOCK, &capture.msg, &err)) {
		if (xdps_request_is_query(capture.msg.buf, capture.msg.bytes))
			answer_queries(&capture.msg, &err);
		else if (!err.status)
			xdps_capture_serve(&capture, &err);
		xdps_capture_leave(&capture);
		say_end(&err);
		xdps_capture_close(&capture);
	}
	return err.status ? EXIT_FAILURE : EXIT_SUCCESS;
}

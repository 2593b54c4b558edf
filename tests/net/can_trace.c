// SPDX-License-Identifier: BSD-3-Clause
/*
 * usage: can_trace PINNED_PROGRAM
 *
 * Whether this kernel lets a program be traced, found out by doing it, and without
 * anything of xdpsample's.  If not, says why and ends with status 77.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tracer.h"

#define CANNOT 77

static int refused(const char *what)
{
	printf("this kernel refuses to trace a program: %s: %s\n", what, strerror(errno));
	return CANNOT;
}

static int trace(int target_fd, uint32_t function)
{
	int fd = load_tracer("can_trace", BPF_TRACE_FEXIT, target_fd, function);

	if (fd < 0)
		return refused("loading what traces it");
	if (bpf_raw_tracepoint_open(NULL, fd) < 0)
		return refused("attaching what traces it");
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t function;
	int fd;

	fd = argc == 2 ? bpf_obj_get(argv[1]) : -1;
	if (fd < 0) {
		fprintf(stderr, "usage: can_trace PINNED_PROGRAM\n");
		return 2;
	}
	function = main_function(fd);
	if (!function) {
		fprintf(stderr, "can_trace: the program has no type\n");
		return 2;
	}
	return trace(fd, function);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * cputime.c: the CPU time that a running process has used so far.
 *
 *	cputime PID
 *
 * Prints it in nanoseconds, user and system time together.  The times in the kernel's
 * files are rounded to its tick.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec t;
	clockid_t clock;

	if (argc != 2 || clock_getcpuclockid(atoi(argv[1]), &clock) || clock_gettime(clock, &t)) {
		fprintf(stderr, "usage: cputime PID (of a running process)\n");
		return 1;
	}
	printf("%lld\n", t.tv_sec * 1000000000ll + t.tv_nsec);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * count_fds.h: whether a descriptor was left open.
 */
#ifndef XDPS_COUNT_FDS_H
#define XDPS_COUNT_FDS_H

#include <dirent.h>
#include <stdio.h>
#include <sys/types.h>

#include "sentence.h"

/*
 * The entries of a process's list of descriptors, which are always as many more as its
 * descriptors: what is compared is the number before with the number after.
 */
static unsigned int count_fds(pid_t pid)
{
	unsigned int n = 0;
	char path[64];
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#endif

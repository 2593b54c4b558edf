/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * helpers.h: the helpers that are at work in this network namespace.
 */
#ifndef XDPS_HELPERS_H
#define XDPS_HELPERS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline bool is_in_this_network(const char *pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.16s/ns/net", pid);
	return !stat(path, &theirs) && !stat("/proc/self/ns/net", &ours) &&
	       theirs.st_ino == ours.st_ino;
}

/* Does this process run this file, here? */
static inline bool is_helper(const char *pid, const char *file)
{
	char path[64], exe[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.16s/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	return !strcmp(exe, file) && is_in_this_network(pid);
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * verifier.c: why the kernel's verifier rejected a program.
 */
#include "verifier.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_statistics(const char *line)
{
	return !strncmp(line, "processed ", 10) || !strncmp(line, "verification time", 17) ||
	       !strncmp(line, "stack depth", 11);
}

void xdps_verifier_last_line(char *log, char *line, size_t size)
{
	char *each, *rest;

	for (each = strtok_r(log, "\n", &rest); each; each = strtok_r(NULL, "\n", &rest))
		if (!is_statistics(each))
			snprintf(line, size, "%s", each);
}

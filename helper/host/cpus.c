// SPDX-License-Identifier: BSD-3-Clause
/*
 * cpus.c: which CPUs there are.
 */
#include "cpus.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../common/error.h"

#define CPU_DIR "/sys/devices/system/cpu/"

static int parse_number(const char **s, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return -1;
	errno = 0;
	*value = strtoul(*s, &end, 10);
	*s = end;
	return errno ? -1 : 0;
}

int xdps_cpus_parse(const char *list, uint16_t *numbers, unsigned int max)
{
	unsigned int n = 0;
	unsigned long first, last;

	for (;;) {
		if (parse_number(&list, &first))
			return -1;
		last = first;
		if (*list == '-') {
			list++;
			if (parse_number(&list, &last))
				return -1;
		}
		if (last < first || last >= max || n + (last - first) >= max)
			return -1;
		while (first <= last)
			numbers[n++] = (uint16_t)first++;
		if (*list != ',')
			break;
		list++;
	}
	return !*list || *list == '\n' ? (int)n : -1;
}

/* Returns how many CPUs are in the file, or -1 with a sentence. */
static int read_list(const char *path, uint16_t *numbers, struct xdps_error *err)
{
	size_t size = 0;
	char *line = NULL;
	FILE *f;
	int n;

	f = fopen(path, "re");
	if (!f) {
		xdps_fail_errno(err, -errno, "reading %s", path);
		return -1;
	}
	n = getline(&line, &size, f) > 0 ?
		xdps_cpus_parse(line, numbers, XDPS_RINGS_MAX) : -1;
	fclose(f);
	if (n < 0)
		xdps_fail(err, XDPS_FAILED, "%s: not a list of CPUs below %d",
			  path, XDPS_RINGS_MAX);
	free(line);
	return n;
}

enum xdps_status xdps_cpus_read(struct xdps_cpus *cpus, struct xdps_error *err)
{
	int n;

	/* Only the last possible CPU matters, so the array is used twice. */
	n = read_list(CPU_DIR "possible", cpus->online, err);
	if (n < 0)
		return err->status;
	cpus->n_possible = cpus->online[n - 1] + 1u;

	n = read_list(CPU_DIR "online", cpus->online, err);
	if (n < 0)
		return err->status;
	cpus->n_online = n;
	return XDPS_OK;
}

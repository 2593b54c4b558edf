// SPDX-License-Identifier: BSD-3-Clause
/*
 * kernel.c: what the kernel says about itself, for messages.
 */
#include "kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>

/* The number in the first line of `path` that begins with `prefix`. */
static int64_t read_number(const char *path, const char *prefix, int64_t unknown)
{
	FILE *f = fopen(path, "re");
	char line[128], format[64];
	int64_t value = unknown;
	bool found = false;

	if (!f)
		return unknown;
	snprintf(format, sizeof(format), "%s %%" SCNd64, prefix);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, format, &value) == 1;
	fclose(f);
	return value;
}

bool xdps_kernel_is_before(unsigned int major, unsigned int minor)
{
	unsigned int have_major, have_minor;
	struct utsname kernel;

	if (uname(&kernel) ||
	    sscanf(kernel.release, "%u.%u", &have_major, &have_minor) != 2)
		return false;
	return have_major < major || (have_major == major && have_minor < minor);
}

int xdps_kernel_perf_paranoid(void)
{
	return (int)read_number("/proc/sys/kernel/perf_event_paranoid", "", -2);
}

uint64_t xdps_kernel_perf_mlock_kib(void)
{
	return read_number("/proc/sys/kernel/perf_event_mlock_kb", "", 0);
}

uint64_t xdps_kernel_available_kib(void)
{
	return read_number("/proc/meminfo", "MemAvailable:", 0);
}

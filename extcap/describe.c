// SPDX-License-Identifier: BSD-3-Clause
/*
 * describe.c: the texts in the file.
 */
#include "describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../common/option_table.h"

#include "list.h"

#define HOST_BYTES 65			/* HOST_NAME_MAX and a NUL */

static void append(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t len = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + len, size - len, fmt, args);
	va_end(args);
}

void describe_hardware(char *buf, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256], *name;

	buf[0] = '\0';
	while (f && !buf[0] && fgets(line, sizeof(line), f)) {
		name = strchr(line, ':');
		if (strncmp(line, "model name", strlen("model name")) || !name)
			continue;
		name += 1 + strspn(name + 1, " ");
		name[strcspn(name, "\n")] = '\0';
		snprintf(buf, size, "%s", name);
	}
	if (f)
		fclose(f);
}

void describe_os(char *buf, size_t size)
{
	struct utsname os;

	buf[0] = '\0';
	if (!uname(&os))
		snprintf(buf, size, "%s %s", os.sysname, os.release);
}

static void append_option(char *buf, size_t size, const struct xdps_option *o,
			  const struct xdps_options *opt)
{
	size_t len = strlen(buf);

	xdps_option_print(buf + len, size - len, o, opt);
}

static bool is_default(const struct xdps_option *o, const struct xdps_options *opt)
{
	if (o->kind == XDPS_PROGRAM)
		return !opt->request.prog[0];
	/* That verdicts are known after the program goes without saying. */
	if (!strcmp(o->key, "point") && opt->request.actions)
		return true;
	return xdps_option_get(o, opt) == o->initial;
}

void describe_device(char *buf, size_t size, const struct xdps_options *opt)
{
	const struct xdps_option *o;

	snprintf(buf, size, "xdpsample:%s", opt->request.ifname);
	for (unsigned int i = 0; (o = xdps_option_at(i)); i++) {
		if (!o->selects || is_default(o, opt))
			continue;
		append(buf, size, ":%s=", o->key);
		append_option(buf, size, o, opt);
	}
}

static bool is_asked_for(const struct xdps_options *opt, const struct xdps_listed *l,
			 unsigned int i)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", l->programs[i].id);
	return !strcmp(opt->request.prog, id) || !strcmp(opt->request.prog, l->programs[i].name);
}

static void append_program(char *buf, size_t size, const struct xdps_options *opt,
			   const struct xdps_listed *l)
{
	unsigned int i = 0;

	while (opt->request.prog[0] && i + 1 < l->n_programs && !is_asked_for(opt, l, i))
		i++;
	if (opt->request.prog[0] && !is_asked_for(opt, l, i))
		append(buf, size, "XDP program %s", opt->request.prog);
	else
		append(buf, size, "XDP program %s%s(id %u, %s%s)", l->programs[i].name,
		       l->programs[i].name[0] ? " " : "", l->programs[i].id,
		       list_mode_word(l->mode), l->mode == XDPS_MODE_AUTO ? "" : " mode");
}

static void append_hook(char *buf, size_t size, const struct xdps_options *opt,
			const struct xdps_listed *before)
{
	append(buf, size, " at the XDP hook, ");
	if (!before->n_programs) {
		append(buf, size, "no other XDP program");
		return;
	}
	append(buf, size, opt->request.point == XDPS_POINT_EXIT || before->mode == XDPS_MODE_AUTO ?
	       "after " : "before ");
	append_program(buf, size, opt, before);
}

void describe_point(char *buf, size_t size, const struct xdps_options *opt,
		    const struct xdps_listed *before, enum xdps_sent_place sent)
{
	char host[HOST_BYTES] = "";

	gethostname(host, sizeof(host) - 1);
	snprintf(buf, size, "%s: %s", host, opt->request.ifname);
	if (opt->request.dir != XDPS_DIR_OUT)
		append_hook(buf, size, opt, before);
	if (sent != XDPS_SENT_NOWHERE)
		append(buf, size, "%s sent packets %s", opt->request.dir == XDPS_DIR_OUT ? "," : ";",
		       sent == XDPS_SENT_AT_TCX ? "at tcx egress" : "at a packet socket");
}

void describe_conditions(char *buf, size_t size, const struct xdps_options *opt,
			 struct xdps *x)
{
	const char *why, *notice;

	buf[0] = '\0';
	if (opt->request.actions) {
		append(buf, size, "Only packets with the verdict ");
		append_option(buf, size, xdps_option_find("action"), opt);
		append(buf, size, ". ");
	}
	if (opt->request.rate > 1)
		append(buf, size, "This is a random sample of 1 in %u packets: multiply counts by %u. ",
		       opt->request.rate, opt->request.rate);
	if (xdps_warning(x))
		append(buf, size, "%s. ", xdps_warning(x));
	notice = xdps_notice(x);
	if (notice)
		append(buf, size, "%s. ", notice);
	if (xdps_filter_place(x, &why) == XDPS_FILTER_USER)
		append(buf, size, "The filter runs in user space%s%s. ", why ? ": " : "",
		       why ? why : "");
	if (buf[0])
		buf[strlen(buf) - 1] = '\0';
}

void describe_statistics(char *buf, size_t size, const struct xdps_options *opt,
			 const struct xdps_stats *stats, uint64_t delivered,
			 const char *notice)
{
	snprintf(buf, size, "%llu packets seen", (unsigned long long)stats->seen);
	if (opt->request.dir == XDPS_DIR_BOTH)
		append(buf, size, ", %llu of them sent", (unsigned long long)stats->sent.seen);
	append(buf, size, ": %llu rejected by %s, ", (unsigned long long)stats->rejected,
	       opt->request.actions ? "verdict or filter" : "the filter");
	if (opt->request.rate > 1)
		append(buf, size, "%llu skipped by the sampling rate of 1 in %u, ",
		       (unsigned long long)stats->unsampled, opt->request.rate);
	append(buf, size, "%llu lost because the buffer was full, %llu written to this file, %llu of them late",
	       (unsigned long long)stats->lost, (unsigned long long)delivered,
	       (unsigned long long)stats->late);
	if (notice[0])
		append(buf, size, ". %s", notice);
}

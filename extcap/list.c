// SPDX-License-Identifier: BSD-3-Clause
/*
 * list.c: answers what extcap asks before a capture.
 */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "../common/error.h"
#include "../common/names.h"

#include "args.h"

/* An argument of the dialog; its values refer to this number. */
enum number { POINT, ACTION, PROG, RATE, SNAPLEN, MODE, BUFFER, HOLD, RING, IMMEDIATE,
	      NO_PROMISC };

#define COMPONENTS_NAMED 3

struct choice {
	const char *value;
	const char *display;
	bool is_default;
};

static const struct choice points[] = {
	{ "auto", "Before the XDP program, or after it if verdicts are selected", true },
	{ "exit", "After the XDP program, with its verdict", false },
	{ "both", "Before and after it, as two interfaces", false },
};

static const struct choice actions[] = {
	{ "aborted", "XDP_ABORTED: the program failed", false },
	{ "drop", "XDP_DROP: dropped", false },
	{ "pass", "XDP_PASS: passed to the network stack", false },
	{ "tx", "XDP_TX: sent back out of the interface", false },
	{ "redirect", "XDP_REDIRECT: sent to another interface, CPU or socket", false },
};

static const struct choice modes[] = {
	{ "auto", "Native if the driver supports it, otherwise generic; generic on a veth", true },
	{ "native", "Native: in the driver", false },
	{ "generic", "Generic: after the driver", false },
};

static const struct choice rings[] = {
	{ "auto", "Automatic: the cheaper one", true },
	{ "bpf", "Map rings (memory of a BPF map)", false },
	{ "perf", "Perf rings", false },
};

enum xdps_status list_find(struct xdps_listed *found, const char *ifname,
			   struct xdps_error *err)
{
	char name[IF_NAMESIZE];
	enum xdps_status status;
	struct xdps_listed *list;
	bool is_there = false;
	size_t n;

	status = xdps_list(&list, &n, err);
	if (status)
		return status;
	xdps_list_name(name, ifname);
	for (size_t i = 0; i < n && !is_there; i++) {
		is_there = !strcmp(list[i].ifname, name);
		if (is_there)
			*found = list[i];
	}
	free(list);
	if (is_there)
		return XDPS_OK;
	return xdps_fail(err, XDPS_NO_DEVICE,
			 "%s: no interface of this name in this network namespace can be captured at the XDP hook",
			 ifname);
}

enum xdps_status list_look(struct xdps_listed *found, const char *ifname,
			   struct xdps_error *err)
{
	enum xdps_status status = list_find(found, ifname, err);
	struct xdps_error ignored;

	/* Without privilege there are only ids, which will do. */
	if (!status)
		xdps_list_programs(found, 1, &ignored);
	return status;
}

const char *list_mode_word(enum xdps_mode mode)
{
	return mode == XDPS_MODE_AUTO ? "offloaded" : xdps_mode_word(mode);
}

/* Writes " with A, B", the programs that a dispatcher calls, as many as a list line holds. */
static void describe_components(char *buf, size_t size, const struct xdps_listed *l)
{
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned int i = 1; i < l->n_programs && len < size; i++) {
		if (i > COMPONENTS_NAMED) {
			snprintf(buf + len, size - len, ", ...");
			return;
		}
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i == 1 ? " with " : ", ",
					l->programs[i].name);
	}
}

void list_describe(char *buf, size_t size, const struct xdps_listed *l)
{
	char components[TITLE_BYTES];

	describe_components(components, sizeof(components), l);
	if (!l->n_programs)
		snprintf(buf, size, "no program");
	else if (l->programs[0].name[0])
		snprintf(buf, size, "%.128s%.96s %s, id %u", l->programs[0].name, components,
			 list_mode_word(l->mode), l->programs[0].id);
	else
		snprintf(buf, size, "program id %u, %s", l->programs[0].id, list_mode_word(l->mode));
}

static void print_interface(FILE *f, const struct xdps_listed *l)
{
	char name[ESCAPED_BYTES], programs[TITLE_BYTES];

	args_escape(name, l->ifname);
	list_describe(programs, sizeof(programs), l);
	fprintf(f, "interface {value=" PREFIX "%s}{display=XDP: %s (%s)}\n", name, name, programs);
}

enum xdps_status list_interfaces(FILE *f, struct xdps_error *err)
{
	struct xdps_error ignored;
	struct xdps_listed *list;
	enum xdps_status status;
	size_t n;

	fprintf(f, "extcap {version=" PACKAGE_VERSION "}{display=Packets at the XDP hook}\n");
	status = xdps_list(&list, &n, err);
	if (status)
		return status;
	xdps_list_programs(list, n, &ignored);
	for (size_t i = 0; i < n; i++)
		print_interface(f, &list[i]);
	free(list);
	return XDPS_OK;
}

enum xdps_status list_dlts(FILE *f, const char *ifname, struct xdps_error *err)
{
	struct xdps_listed l;

	if (list_find(&l, ifname, err))
		return err->status;
	if (l.link == XDPS_LINK_ETHERNET)
		fprintf(f, "dlt {number=1}{name=EN10MB}{display=Ethernet}\n");
	else
		fprintf(f, "dlt {number=12}{name=RAW}{display=Raw IP}\n");
	return XDPS_OK;
}

static void print_choices(FILE *f, enum number arg, const struct choice *choices, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(f, "value {arg=%d}{value=%s}{display=%s}{default=%s}\n", arg,
			choices[i].value, choices[i].display,
			choices[i].is_default ? "true" : "false");
}

/* Counts the name among the attached program and its components. */
static bool is_only_one(const struct xdps_listed *l, const char *name)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < l->n_programs; i++)
		n += !strcmp(l->programs[i].name, name);
	return n == 1;
}

/* Uses its name, which is also good for the next session, or its id if necessary. */
static void print_program(FILE *f, const struct xdps_listed *l, unsigned int i)
{
	const char *what = i ? "called by that program" : list_mode_word(l->mode);
	const char *name = l->programs[i].name;
	uint32_t id = l->programs[i].id;

	if (name[0] && is_only_one(l, name))
		fprintf(f, "value {arg=%d}{value=%s}{display=%s (id %u, %s)}{default=false}\n",
			PROG, name, name, id, what);
	else
		fprintf(f, "value {arg=%d}{value=%u}{display=%s%sid %u (%s)}{default=false}\n",
			PROG, id, name, name[0] ? ", " : "", id, what);
}

static void print_programs(FILE *f, const struct xdps_listed *l)
{
	fprintf(f, "value {arg=%d}{value=-}{display=%s}{default=true}\n", PROG,
		l->n_programs ? "The attached program" : "No program is attached");
	for (unsigned int i = 0; i < l->n_programs; i++)
		print_program(f, l, i);
}

enum xdps_status list_programs(FILE *f, const char *ifname, struct xdps_error *err)
{
	struct xdps_listed l;

	if (list_look(&l, ifname, err))
		return err->status;
	print_programs(f, &l);
	return XDPS_OK;
}

static void print_capture_arguments(FILE *f, const struct xdps_listed *l)
{
	fprintf(f, "arg {number=%d}{call=--point}{display=Capture}{type=selector}"
		"{tooltip=If no XDP program is attached, packets are captured as they arrive}"
		"{group=Capture}\n", POINT);
	print_choices(f, POINT, points, sizeof(points) / sizeof(*points));
	fprintf(f, "arg {number=%d}{call=--action}{display=Only these verdicts}{type=multicheck}"
		"{tooltip=Verdicts of the XDP program to capture; if none is selected, all of them.  There is no verdict before the program runs, so selecting one captures after it}"
		"{group=Capture}\n", ACTION);
	print_choices(f, ACTION, actions, sizeof(actions) / sizeof(*actions));
	fprintf(f, "arg {number=%d}{call=--prog}{display=XDP program}{type=selector}{reload=true}"
		"{placeholder=Reload}"
		"{tooltip=Which one to trace, if there are several: a dispatcher of libxdp calls other programs}"
		"{group=Capture}\n", PROG);
	print_programs(f, l);
	fprintf(f, "arg {number=%d}{call=--rate}{display=Sampling rate (1 in N packets)}{type=unsigned}"
		"{range=1,2147483647}{default=1}"
		"{tooltip=Packets are selected at random in the kernel, before anything is copied; 1 captures all packets}"
		"{group=Capture}\n", RATE);
	fprintf(f, "arg {number=%d}{call=--snaplen}{display=Snapshot length (bytes)}{type=unsigned}"
		"{range=1,%u}{default=%u}"
		"{tooltip=Bytes beyond this are not copied from the kernel; the original length is recorded}"
		"{group=Capture}\n", SNAPLEN, XDPS_SNAPLEN_MAX, SNAPLEN_DEFAULT);
}

static void print_advanced_arguments(FILE *f)
{
	fprintf(f, "arg {number=%d}{call=--mode}{display=XDP mode}{type=selector}"
		"{tooltip=How to attach if no other XDP program is attached}"
		"{group=Advanced}\n", MODE);
	print_choices(f, MODE, modes, sizeof(modes) / sizeof(*modes));
	fprintf(f, "arg {number=%d}{call=--buffer}{display=Buffer (MiB)}{type=unsigned}"
		"{range=0,%u}{default=0}"
		"{tooltip=For all CPUs together; 0 is the default: 32 MiB, and at least 2 MiB for each CPU}"
		"{group=Advanced}\n", BUFFER, BUFFER_MIB_MAX);
	fprintf(f, "arg {number=%d}{call=--hold}{display=Hold (microseconds)}{type=unsigned}"
		"{range=0,%u}{default=%u}"
		"{tooltip=How long a packet waits for an older one from another CPU}"
		"{group=Advanced}\n", HOLD, XDPS_HOLD_MAX_US, XDPS_HOLD_DEFAULT_US);
	fprintf(f, "arg {number=%d}{call=--ring}{display=Transport}{type=selector}"
		"{tooltip=How packets are transferred from the kernel}"
		"{group=Advanced}\n", RING);
	print_choices(f, RING, rings, sizeof(rings) / sizeof(*rings));
	fprintf(f, "arg {number=%d}{call=--immediate}{display=Deliver each packet immediately}{type=boolflag}"
		"{default=false}"
		"{tooltip=Wakes the reader for each packet; suitable only for low packet rates}"
		"{group=Advanced}\n", IMMEDIATE);
	fprintf(f, "arg {number=%d}{call=--no-promisc}{display=No promiscuous mode}{type=boolflag}"
		"{default=false}"
		"{tooltip=Captures only packets that are addressed to this host}"
		"{group=Advanced}\n", NO_PROMISC);
}

enum xdps_status list_config(FILE *f, const char *ifname, struct xdps_error *err)
{
	struct xdps_listed l;

	if (list_look(&l, ifname, err))
		return err->status;
	print_capture_arguments(f, &l);
	print_advanced_arguments(f);
	return XDPS_OK;
}

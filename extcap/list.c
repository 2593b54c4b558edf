// SPDX-License-Identifier: BSD-3-Clause
/*
 * list.c: answers what extcap asks before a capture.
 */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "../common/error.h"
#include "../common/names.h"
#include "../common/option_table.h"

#include "args.h"

#define COMPONENTS_NAMED 3

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

/* Chosen as long as the user chooses nothing. */
static bool is_default(const struct xdps_option *o, const struct xdps_word *w)
{
	if (o->kind == XDPS_WORDS)
		return false;
	return o->unset ? !strcmp(w->word, o->unset) : w->value == o->initial;
}

static void print_choices(FILE *f, const struct xdps_option *o)
{
	for (const struct xdps_word *w = o->words; w->word; w++)
		if (w->label)
			fprintf(f, "value {arg=%u}{value=%s}{display=%s}{default=%s}\n",
				o->place, w->word, w->label,
				is_default(o, w) ? "true" : "false");
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
static void print_program(FILE *f, const struct xdps_option *o, const struct xdps_listed *l,
			  unsigned int i)
{
	const char *what = i ? "called by that program" : list_mode_word(l->mode);
	const char *name = l->programs[i].name;
	uint32_t id = l->programs[i].id;

	if (name[0] && is_only_one(l, name))
		fprintf(f, "value {arg=%u}{value=%s}{display=%s (id %u, %s)}{default=false}\n",
			o->place, name, name, id, what);
	else
		fprintf(f, "value {arg=%u}{value=%u}{display=%s%sid %u (%s)}{default=false}\n",
			o->place, id, name, name[0] ? ", " : "", id, what);
}

static void print_programs(FILE *f, const struct xdps_option *o, const struct xdps_listed *l)
{
	fprintf(f, "value {arg=%u}{value=%s}{display=%s}{default=true}\n", o->place, o->unset,
		l->n_programs ? "The attached program" : "No program is attached");
	for (unsigned int i = 0; i < l->n_programs; i++)
		print_program(f, o, l, i);
}

enum xdps_status list_programs(FILE *f, const char *ifname, struct xdps_error *err)
{
	struct xdps_listed l;

	if (list_look(&l, ifname, err))
		return err->status;
	print_programs(f, xdps_option_find("prog"), &l);
	return XDPS_OK;
}

/* Wireshark stores a number as a signed one of 32 bits. */
static void print_range(FILE *f, const struct xdps_option *o)
{
	uint32_t max = o->max < INT32_MAX ? o->max : INT32_MAX;

	fprintf(f, "{range=%u,%u}{default=%u}", o->min, max, o->initial);
}

static void print_type(FILE *f, const struct xdps_option *o)
{
	static const char *const types[] = {
		[XDPS_NUMBER] = "{type=unsigned}",
		[XDPS_WORD] = "{type=selector}",
		[XDPS_WORDS] = "{type=multicheck}",
		[XDPS_PROGRAM] = "{type=selector}{reload=true}{placeholder=Reload}",
		[XDPS_FLAG] = "{type=boolflag}{default=false}",
	};

	fputs(types[o->kind], f);
	if (o->kind == XDPS_NUMBER)
		print_range(f, o);
}

static void print_argument(FILE *f, const struct xdps_option *o, const struct xdps_listed *l)
{
	fprintf(f, "arg {number=%u}{call=--%s}{display=%s}", o->place, o->key, o->label);
	print_type(f, o);
	fprintf(f, "{tooltip=%s}{group=%s}\n", o->tooltip, o->group);
	if (o->kind == XDPS_PROGRAM)
		print_programs(f, o, l);
	else if (o->words)
		print_choices(f, o);
}

enum xdps_status list_config(FILE *f, const char *ifname, struct xdps_error *err)
{
	const struct xdps_option *o;
	struct xdps_listed l;

	if (list_look(&l, ifname, err))
		return err->status;
	for (unsigned int i = 0; (o = xdps_option_at(i)); i++)
		print_argument(f, o, &l);
	return XDPS_OK;
}

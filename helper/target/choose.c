// SPDX-License-Identifier: BSD-3-Clause
/*
 * choose.c: chooses, among the XDP programs of an interface, the one that the user means.
 *
 * target.c has already found the programs; this file only deals with names and sentences.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/error.h"

#include "target.h"

/* How much of a name is quoted in a sentence that has to say more. */
#define QUOTE_CHARS 60

#define MORE ", ..."

/* Pointers into a target. */
struct candidates {
	const struct xdps_program *at[1 + XDPS_COMPONENTS_MAX];
	unsigned int n;
};

/* What the value of prog= may be. */
enum meaning {
	ID,
	NAME,
	SHORT_NAME,		/* a longer name, as truncated by the kernel */
};

static struct candidates all(const struct xdps_target *t)
{
	struct candidates c = { .at[0] = &t->attached, .n = 1 };

	for (unsigned int i = 0; i < t->n_components; i++)
		c.at[c.n++] = &t->components[i];
	return c;
}

/* No C function has such a name. */
static bool is_number(const char *prog)
{
	return prog[strspn(prog, "0123456789")] == '\0';
}

/*
 * The long name of a program for which the kernel has only the short one matches, too:
 * then the error can say more than that there is no such program.
 */
static bool has_short_name(const struct xdps_program *p, const char *prog)
{
	return !strcmp(p->short_name, prog) ||
	       (!p->btf_id && strlen(p->short_name) == XDPS_SHORT_NAME_CHARS &&
		!strncmp(p->short_name, prog, XDPS_SHORT_NAME_CHARS));
}

static bool is_meant(const struct xdps_program *p, const char *prog, enum meaning meaning)
{
	switch (meaning) {
	case ID:
		return p->id == strtoull(prog, NULL, 10);
	case NAME:
		return !strcmp(p->name, prog);
	case SHORT_NAME:
		return has_short_name(p, prog);
	}
	return false;
}

static struct candidates find(const struct xdps_target *t, const char *prog,
			      enum meaning meaning)
{
	struct candidates from = all(t), found = { .n = 0 };

	for (unsigned int i = 0; i < from.n; i++)
		if (is_meant(from.at[i], prog, meaning))
			found.at[found.n++] = from.at[i];
	return found;
}

static const char *dots(const char *name)
{
	return strlen(name) > QUOTE_CHARS ? "..." : "";
}

/* "NAME (id 7)"; not all programs have a name. */
static int write_item(char *buf, size_t size, const struct xdps_program *p)
{
	if (!p->name[0])
		return snprintf(buf, size, "id %u", p->id);
	return snprintf(buf, size, "%.*s%s (id %u)", QUOTE_CHARS, p->name, dots(p->name),
			p->id);
}

/* Fails with `head`, and as many of the candidates as there is room for. */
static enum xdps_status fail_with_list(struct xdps_error *err, const char *head,
				       const struct candidates *c)
{
	char text[sizeof(err->text)], item[QUOTE_CHARS + 32];
	size_t len, room;

	len = snprintf(text, sizeof(text), "%s", head);
	for (unsigned int i = 0; i < c->n; i++) {
		const char *separator = i ? ", " : " ";
		size_t item_len = write_item(item, sizeof(item), c->at[i]);

		room = sizeof(text) - len;
		if (i + 1 < c->n)
			room -= strlen(MORE);
		if (strlen(separator) + item_len >= room) {
			strcpy(text + len, MORE);
			break;
		}
		len += sprintf(text + len, "%s%s", separator, item);
	}
	return xdps_fail(err, XDPS_BAD_OPTION, "%s", text);
}

static enum xdps_status fail_unknown(const struct xdps_target *t, const char *ifname,
				     const char *prog, struct xdps_error *err)
{
	struct candidates c = all(t);
	char head[160];

	snprintf(head, sizeof(head), "%s: no attached XDP program %s %.*s%s; there %s", ifname,
		 is_number(prog) ? "has the id" : "is named", QUOTE_CHARS, prog,
		 dots(prog), c.n == 1 ? "is only" : "are");
	return fail_with_list(err, head, &c);
}

static enum xdps_status fail_ambiguous(const struct candidates *c, const char *ifname,
				       const char *prog, struct xdps_error *err)
{
	char head[160];

	snprintf(head, sizeof(head),
		 "%s: several attached XDP programs are named %.*s%s; select one by its id:",
		 ifname, QUOTE_CHARS, prog, dots(prog));
	return fail_with_list(err, head, c);
}

static enum xdps_status choose_named(struct xdps_target *t, const char *ifname,
				     const char *prog, struct xdps_error *err)
{
	struct candidates found;

	if (is_number(prog)) {
		found = find(t, prog, ID);
	} else {
		found = find(t, prog, NAME);
		if (!found.n)
			found = find(t, prog, SHORT_NAME);
	}
	if (!found.n)
		return fail_unknown(t, ifname, prog, err);
	if (found.n > 1)
		return fail_ambiguous(&found, ifname, prog, err);
	t->traced = found.at[0];
	return XDPS_OK;
}

/* The user asked for something that only another program can provide. */
static enum xdps_status fail_without(const char *ifname, const struct xdps_request *request,
				     struct xdps_error *err)
{
	static const char text[] =
		"%s: no XDP program is attached, but %s%.*s%s needs one; without it, all packets are captured as they arrive";

	if (request->prog[0])
		return xdps_fail(err, XDPS_UNSUPPORTED, text, ifname, "prog=", QUOTE_CHARS,
				 request->prog, dots(request->prog));
	return xdps_fail(err, XDPS_UNSUPPORTED, text, ifname,
			 request->actions ? "action=" : "point=exit", 0, "", "");
}

static bool asks_for_one(const struct xdps_request *request)
{
	return request->prog[0] || request->actions || request->point != XDPS_POINT_ENTRY;
}

enum xdps_status xdps_target_choose(struct xdps_target *t, const char *ifname,
				    const struct xdps_request *request, struct xdps_error *err)
{
	t->traced = NULL;
	if (!t->attached.id)
		return asks_for_one(request) ? fail_without(ifname, request, err) : XDPS_OK;
	if (request->prog[0])
		return choose_named(t, ifname, request->prog, err);
	if (t->mode != XDPS_MODE_AUTO || asks_for_one(request))
		t->traced = &t->attached;
	return XDPS_OK;
}

bool xdps_target_use_only_component(struct xdps_target *t)
{
	if (t->traced != &t->attached || t->n_components != 1)
		return false;
	t->traced = &t->components[0];
	return true;
}

static const char *mode_words(enum xdps_mode mode)
{
	switch (mode) {
	case XDPS_MODE_NATIVE:
		return "native mode";
	case XDPS_MODE_GENERIC:
		return "generic mode";
	case XDPS_MODE_AUTO:
		break;
	}
	return "offloaded to the card";
}

void xdps_target_describe(const struct xdps_target *t, char *buf, size_t size)
{
	const struct xdps_program *p = t->traced ? t->traced : &t->attached;
	char tail[64];
	int room;

	if (!p->id) {
		snprintf(buf, size, "no XDP program");
		return;
	}
	snprintf(tail, sizeof(tail), "%s(id %u, %s)", p->name[0] ? " " : "", p->id,
		 mode_words(t->mode));
	room = (int)size - 1 - (int)strlen("XDP program ") - (int)strlen(tail);
	snprintf(buf, size, "XDP program %.*s%s", room > 0 ? room : 0, p->name, tail);
}

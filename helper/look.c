// SPDX-License-Identifier: BSD-3-Clause
/*
 * look.c: reports what is on an interface, to a user who has not chosen one yet.
 */
#include "look.h"

#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "interface.h"
#include "target.h"

_Static_assert(XDPS_LISTED_PROGRAMS_MAX == 1 + XDPS_COMPONENTS_MAX, "a target fits");

static enum xdps_status say_program(int sock, const struct xdps_target *t,
				    const struct xdps_program *p, struct xdps_error *err)
{
	struct xdps_say say = {
		.kind = XDPS_SAY_PROGRAM,
		.prog_id = p->id,
		.prog_mode = t->mode,
	};

	snprintf(say.text, sizeof(say.text), "%s", p->name);
	return xdps_answer(sock, &say, NULL, 0, err);
}

static enum xdps_status say_programs(int sock, const struct xdps_target *t,
				     struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;

	if (t->attached.id)
		status = say_program(sock, t, &t->attached, err);
	for (unsigned int i = 0; !status && i < t->n_components; i++)
		status = say_program(sock, t, &t->components[i], err);
	return status;
}

enum xdps_status xdps_look(int sock, const struct xdps_ask_look *ask, struct xdps_error *err)
{
	struct xdps_say looked = { .kind = XDPS_SAY_LOOKED };
	struct xdps_error why = { .status = XDPS_OK };
	struct xdps_interface iface;
	struct xdps_target target;
	enum xdps_status status;

	xdps_target_init(&target);
	looked.status = xdps_interface_find(&iface, ask->ifname, &why);
	if (!looked.status)
		looked.status = xdps_target_survey(&target, &iface, &why);
	memcpy(looked.text, why.text, sizeof(looked.text));
	status = looked.status ? XDPS_OK : say_programs(sock, &target, err);
	xdps_target_free(&target);
	if (!status)
		status = xdps_answer(sock, &looked, NULL, 0, err);
	return status;
}

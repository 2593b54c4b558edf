// SPDX-License-Identifier: BSD-3-Clause
/*
 * query.c: reports what is on an interface, to a user who has not chosen one yet.
 */
#include "query.h"

#include <stdio.h>

#include "../host/interface.h"
#include "../target/target.h"

#include "reply.h"

_Static_assert(XDPS_LISTED_PROGRAMS_MAX == 1 + XDPS_COMPONENTS_MAX, "a target fits");

static enum xdps_status reply_program(int sock, const struct xdps_target *t,
				      const struct xdps_program *p, struct xdps_error *err)
{
	struct xdps_reply reply = {
		.kind = XDPS_REPLY_PROGRAM,
		.program.id = p->id,
		.program.mode = t->mode,
	};

	snprintf(reply.program.name, sizeof(reply.program.name), "%s", p->name);
	return xdps_reply_send(sock, &reply, NULL, 0, err);
}

static enum xdps_status reply_programs(int sock, const struct xdps_target *t,
				       struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;

	if (t->attached.id)
		status = reply_program(sock, t, &t->attached, err);
	for (unsigned int i = 0; !status && i < t->n_components; i++)
		status = reply_program(sock, t, &t->components[i], err);
	return status;
}

enum xdps_status xdps_query(int sock, const char *ifname, struct xdps_error *err)
{
	struct xdps_reply end = { .kind = XDPS_REPLY_QUERY };
	struct xdps_error why = { .status = XDPS_OK };
	struct xdps_interface iface;
	struct xdps_target target;
	enum xdps_status status;

	xdps_target_init(&target);
	if (!xdps_interface_find(&iface, ifname, &why))
		xdps_target_survey(&target, &iface, &why);
	end.query.status = why.status;
	snprintf(end.query.text, sizeof(end.query.text), "%s", why.text);
	status = why.status ? XDPS_OK : reply_programs(sock, &target, err);
	xdps_target_free(&target);
	if (!status)
		status = xdps_reply_send(sock, &end, NULL, 0, err);
	return status;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loaded.h: a sampler that is loaded, and that no packet will meet.
 */
#ifndef LOADED_H
#define LOADED_H

#include "../../helper/program/loader.h"

struct loaded {
	struct xdps_rings rings;
	struct xdps_object object;
};

static const struct xdps_request all_of_all = { .rate = 1, .snaplen = XDPS_SNAPLEN_MAX };

/* On failure there is nothing to unload. */
static enum xdps_status load_with(struct loaded *l, const struct xdps_fragments *fragments,
				  struct xdps_error *err)
{
	static const struct xdps_cpus one = { .n_possible = 1, .n_online = 1 };
	const struct xdps_load load = {
		.request = &all_of_all, .fragments = fragments, .rings = &l->rings, .n_cpus = 1,
		.doing = "loading",
	};
	enum xdps_status status;

	xdps_object_init(&l->object);
	xdps_rings_init(&l->rings);
	status = xdps_rings_open(&l->rings, &all_of_all, &one, NULL, "loading", err);
	if (status)
		return status;
	status = xdps_object_load(&l->object, &load, err);
	if (status)
		xdps_rings_close(&l->rings);
	return status;
}

static inline enum xdps_status load_alone(struct loaded *l, struct xdps_error *err)
{
	static const struct xdps_fragments none;

	return load_with(l, &none, err);
}

static void unload(struct loaded *l)
{
	xdps_object_free(&l->object);
	xdps_rings_close(&l->rings);
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * of_kind.h: the same tests in rings of one kind, and of the other.
 */
#ifndef XDPS_OF_KIND_H
#define XDPS_OF_KIND_H

#include <stdio.h>

#include "../../engine/ring.h"
#include "sentence.h"

/*
 * Adds `n_tests` tests at `to`, with the kind behind the sentence and, in *state, a
 * pointer to it; how many they are.
 */
static size_t of_kind(struct CMUnitTest *to, enum xdps_ring_kind kind,
		      const struct CMUnitTest *tests, size_t n_tests,
		      CMFixtureFunction setup, CMFixtureFunction teardown)
{
	static enum xdps_ring_kind kinds[] = { XDPS_RING_AUTO, XDPS_RING_PERF, XDPS_RING_MAP };
	static char names[96][128];
	static size_t n_names;

	for (size_t i = 0; i < n_tests; i++) {
		snprintf(names[n_names], sizeof(names[0]), "%s (%s)", tests[i].name,
			 kind == XDPS_RING_PERF ? "perf ring" : "map ring");
		to[i] = tests[i];
		to[i].name = names[n_names++];
		to[i].setup_func = setup;
		to[i].teardown_func = teardown;
		to[i].initial_state = &kinds[kind];
	}
	return n_tests;
}

#endif

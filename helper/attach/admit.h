/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admit.h: lets other captures into our hook, if they prove that they may be there.
 *
 * The protocol is in admission.h.
 */
#ifndef XDPS_ADMIT_H
#define XDPS_ADMIT_H

#include "../host/interface.h"

#include "admission.h"

#define XDPS_GUESTS_MAX 4

/* Somebody who is connected, and has not proved anything yet. */
struct xdps_guest {
	int sock;			/* -1: nobody */
	int challenge_fd;
	int64_t until_ms;		/* CLOCK_MONOTONIC */
};

struct xdps_admit {
	int fd;				/* readable: a guest has come or gone; or -1 */
	int slot;			/* ours, as long as ... */
	int name_fd;			/* ... this socket has its name; -1: we have none */
	int64_t next_ms;		/* CLOCK_MONOTONIC: a second is over */
	struct xdps_guest guests[XDPS_GUESTS_MAX];
	unsigned int n_accepted;	/* in this second */
	bool listens;
};

void xdps_admit_init(struct xdps_admit *a);

/*
 * Takes a slot that nobody has, and listens.  Does nothing if it has one.  False: all
 * have owners.
 */
bool xdps_admit_open(struct xdps_admit *a, const struct xdps_interface *iface);

/* Is it time for xdps_admit_serve(), whether or not the descriptor is readable? */
bool xdps_admit_is_due(const struct xdps_admit *a);

/*
 * Goes on with every guest, without waiting; a guest that has proved itself gets the
 * descriptors in `grant` (XDPS_N_GRANT).  Returns true about once a second, for the
 * caller's own work.
 */
bool xdps_admit_serve(struct xdps_admit *a, const int *grant);

void xdps_admit_close(struct xdps_admit *a);	/* `*a` is then as after init */

#endif

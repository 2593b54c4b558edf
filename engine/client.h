/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.h: the helper, seen from the program that captures.
 *
 * It is nobody's child (launch.h), keeps its privilege when the program gives
 * up its own, and lives until the socket closes.  What is said on the socket is
 * in helper/protocol.h.
 */
#ifndef XDPS_CLIENT_H
#define XDPS_CLIENT_H

#include "guard.h"
#include "xdpsample.h"

#pragma GCC visibility push(hidden)

struct xdps_client {
	int sock;		/* -1: not connected */
	int pidfd;		/* of the helper; -1: none, or a kernel before 5.3 */
	struct xdps_guard guard;	/* of the call that is under way */
	char notice[sizeof(((struct xdps_error *)0)->text)];	/* the last one ... */
	bool has_notice;	/* ... which nobody has asked for yet */
	unsigned int n_unheard;	/* filters that were asked for, and have no answer yet */
	char path[256];		/* of the helper, for sentences */
	struct xdps_grant *grant;	/* not ours: what it adds later goes there */
};

/* What the helper gave: owned by whoever has the struct, fds are -1 if not there. */
struct xdps_grant {
	enum xdps_ring_kind ring_kind;
	int *ring_fds;		/* a perf event for each ring; or their memory, the bell, */
				/* and the memory of each ring that was added later */
	unsigned int n_ring_fds;
	unsigned int n_rings;	/* grows when a CPU comes that had none */
	uint32_t ring_bytes;	/* of data, each */
	int cpus_fd;
	unsigned int n_cpus;
	int inject_fd;
	enum xdps_link link;
	char warning[sizeof(((struct xdps_error *)0)->text)];	/* "": none */
};

/* The filter that is set. */
struct xdps_filtering {
	uint32_t number;
	enum xdps_filter place;
	char why[sizeof(((struct xdps_error *)0)->text)];	/* not in the kernel; "" */
	bool refused;		/* the one asked for last: this is still the one before */
};

void xdps_client_init(struct xdps_client *c);
void xdps_grant_init(struct xdps_grant *g);
void xdps_grant_free(struct xdps_grant *g);	/* closes, frees; half-made is fine */

/*
 * Starts the helper (XDPSAMPLE_HELPER in the environment names another than the
 * one compiled in), asks, and waits for its answer, at most 10 seconds.  While it
 * waits the thread may leave (c->guard); xdps_client_close() and xdps_grant_free()
 * are good for what is then there.  On
 * failure both are as after init, and the status and sentence are the helper's
 * if it had any; else XDPS_NO_PERMISSION or XDPS_FAILED.
 */
enum xdps_status xdps_client_open(struct xdps_client *c,
				  const struct xdps_options *opt,
				  struct xdps_grant *g, struct xdps_error *err);

/*
 * Has the helper put a filter into the kernel, or, if it cannot be there, nothing
 * in its place.  XDPS_OK: `*f` describes it.  Else, if f->refused, nothing has
 * changed but that; if not, the capture is over.  Waits at most 10 seconds.  A thread
 * that leaves meanwhile (c->guard) does not know which of the two filters it is.
 */
enum xdps_status xdps_client_filter(struct xdps_client *c, uint32_t number,
				    const struct xdps_insn *insns, size_t n_insns,
				    struct xdps_filtering *f, struct xdps_error *err);

/*
 * Starts a helper, has it look at the interfaces of the list on which there is a
 * program, and ends it.  What it says takes the place of what is there; the entries that
 * it could not look at are as they were, and of the last one err says why.  Waits at most
 * 2 seconds for all answers together.
 */
enum xdps_status xdps_client_look(struct xdps_listed *list, size_t n,
				  struct xdps_error *err);

/*
 * What the helper says unasked, when the socket is readable: the end of the capture, as
 * a status and a sentence; or XDPS_OK: nothing, a notice, which is then in `*c`, or one
 * more ring, which is then in the grant.
 */
enum xdps_status xdps_client_listen(struct xdps_client *c,
				    struct xdps_error *err);

/*
 * Ends the helper and waits until it is gone.  One that is deaf is killed after
 * a second, if that is allowed.  Nothing if not connected.
 */
void xdps_client_close(struct xdps_client *c);

#pragma GCC visibility pop

#endif

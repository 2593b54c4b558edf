/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.h: the helper, as the application sees it.
 *
 * The helper is not a child of the application (launch.h).  It keeps its privilege when
 * the application gives up its own, and lives until the socket closes.  The messages on
 * the socket are in common/protocol.h.
 */
#ifndef XDPS_CLIENT_H
#define XDPS_CLIENT_H

#include "guard.h"
#include "xdpsample.h"

#pragma GCC visibility push(hidden)

struct xdps_client {
	int sock;		/* -1: not connected */
	int pidfd;		/* of the helper; -1: none, or a kernel before 5.3 */
	struct xdps_guard guard;	/* for the call in progress */
	char notice[sizeof(((struct xdps_error *)0)->text)];	/* the last one ... */
	bool has_notice;	/* ... and whether it is still unread */
	unsigned int n_unheard;	/* requests for filters and directions without an answer */
	char path[256];		/* of the helper, for error messages */
	struct xdps_session *session;	/* not owned: gets the rings that are added later */
};

/* What the helper opened, owned by the holder of the struct; a missing fd is -1. */
struct xdps_session {
	enum xdps_ring_kind ring_kind;
	int *ring_fds;		/* perf: an event per ring; map: their memory, the doorbell, ... */
				/* ... and the memory of each ring added later */
	unsigned int n_ring_fds;
	unsigned int n_rings;	/* grows when a CPU without a ring comes online */
	uint32_t ring_bytes;	/* data of each ring */
	int cpus_fd;
	unsigned int n_cpus;
	int inject_fd;
	enum xdps_link link;
	enum xdps_sent_place sent_place;
	char warning[sizeof(((struct xdps_error *)0)->text)];	/* "": none */
};

/* The filter that is set. */
struct xdps_filtering {
	uint32_t number;
	enum xdps_filter place;
	char why[sizeof(((struct xdps_error *)0)->text)];	/* why not in kernel, or "" */
	bool refused;		/* the last one was refused: this is the previous one */
};

void xdps_client_init(struct xdps_client *c);
void xdps_session_init(struct xdps_session *g);
void xdps_session_free(struct xdps_session *g);	/* closes and frees; may be half-made */

/*
 * Starts the helper (XDPSAMPLE_HELPER in the environment names another one than that
 * compiled in), sends the request, and waits for the answer, at most 10 seconds plus the
 * time to clear a large buffer.  While it waits, the thread may leave (c->guard);
 * xdps_client_close() and xdps_session_free() can then release what there is.  On failure
 * both are as after init.  The status and the sentence are the helper's if it sent any;
 * else the status is XDPS_NO_PERMISSION or XDPS_FAILED.
 */
enum xdps_status xdps_client_open(struct xdps_client *c,
				  const struct xdps_options *opt,
				  struct xdps_session *g, struct xdps_error *err);

/*
 * Has the helper put a filter into the kernel or, if it cannot run there, run none there
 * in its place.  XDPS_OK: `*f` describes the filter.  Otherwise, if f->refused is set,
 * nothing else has changed; if it is not set, the capture is over.  Waits at most 10
 * seconds.  A thread that leaves meanwhile (c->guard) does not know which of the two
 * filters is set.
 */
enum xdps_status xdps_client_filter(struct xdps_client *c, uint32_t number,
				    const struct xdps_insn *insns, size_t n_insns,
				    struct xdps_filtering *f, struct xdps_error *err);

/*
 * Has the helper capture the packets of another direction.  Otherwise, if `*is_over` is
 * false, nothing has changed; if it is true, the capture is over.  As
 * xdps_client_filter() in all else.
 */
enum xdps_status xdps_client_direction(struct xdps_client *c, enum xdps_dir dir,
				       bool *is_over, struct xdps_error *err);

/*
 * Starts a helper, queries the listed interfaces that have a program, and ends it.  The
 * replies replace the entries.  Entries about which it could not find out are unchanged, and
 * `err` says why for the last of them.  Waits at most 2 seconds for all answers together.
 */
enum xdps_status xdps_client_query(struct xdps_listed *list, size_t n,
				   struct xdps_error *err);

/*
 * Receives an unsolicited message when the socket is readable.  Returns the end of the
 * capture as a status and a sentence, or XDPS_OK: there was no message, or it was a
 * notice, which is then in `*c`, or one more ring, which is then in the session.
 */
enum xdps_status xdps_client_listen(struct xdps_client *c,
				    struct xdps_error *err);

/*
 * Ends the helper and waits until it is gone.  If it does not react it is killed after a
 * second, if that is permitted.  Does nothing if not connected.
 */
void xdps_client_close(struct xdps_client *c);

#pragma GCC visibility pop

#endif

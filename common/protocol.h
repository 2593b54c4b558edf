/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * protocol.h: the messages between the engine and its helper.
 *
 * They use a SOCK_SEQPACKET socket pair; the helper has its end on descriptor 0.  The
 * engine sends one XDPS_ASK_OPEN.  The helper answers
 *
 *	XDPS_SAY_RINGS	as often as needed, each with up to XDPS_FDS_MAX
 *			descriptors (SCM_RIGHTS): perf events, already mapped by
 *			the helper, so that mapping them again is free; or the
 *			map with the memory of all rings, and the bell
 *	XDPS_SAY_READY	with the map of what is shared for each CPU and, if it says
 *			so, a packet socket; the program is attached from here on
 * or
 *	XDPS_SAY_ERROR	at any time: a status and a sentence; then the helper ends
 *
 * Alternatively, the engine sends XDPS_ASK_LOOK, any number of times, about interfaces on
 * which nothing is to be attached.  For each one the helper answers
 *
 *	XDPS_SAY_PROGRAM	for each XDP program there, the attached one first
 *	XDPS_SAY_LOOKED		that was all of them, or why it could not look
 *
 * This goes on until either side closes.  After XDPS_SAY_READY the engine may send
 * XDPS_ASK_FILTER, one at a time, and gets XDPS_SAY_FILTER for each.  Without being
 * asked, the helper sends XDPS_SAY_ERROR and
 *
 *	XDPS_SAY_NOTICE	at any time after XDPS_SAY_READY: a sentence for the user; the
 *			capture goes on
 *	XDPS_SAY_RINGS	with one descriptor, when a CPU without a ring comes online: that
 *			of one more perf event, or of the memory of one more ring
 *
 * A message that does not begin with XDPS_MAGIC is text from the dynamic loader, whose
 * stderr is the socket.
 *
 * Neither side trusts the other.  A message of the wrong size, kind or range ends the
 * connection; the helper says why first, if it can.
 */
#ifndef XDPS_PROTOCOL_H
#define XDPS_PROTOCOL_H

#include <net/if.h>
#include <stdint.h>

#include "types.h"

/* Changes with every change of this file; engine and helper are installed together. */
#define XDPS_MAGIC 0x58445307u

#define XDPS_FDS_MAX 64			/* SCM_RIGHTS allows 253 */

enum xdps_message {
	XDPS_ASK_OPEN = 1,
	XDPS_SAY_RINGS,
	XDPS_SAY_READY,
	XDPS_SAY_ERROR,
	XDPS_ASK_FILTER,
	XDPS_SAY_FILTER,
	XDPS_ASK_LOOK,
	XDPS_SAY_PROGRAM,
	XDPS_SAY_LOOKED,
	XDPS_SAY_NOTICE,
};

/* The request for a capture. */
struct xdps_ask {
	uint32_t magic;
	uint32_t kind;			/* XDPS_ASK_OPEN */
	struct xdps_request request;
};

/*
 * A filter, followed by its instructions (struct xdps_insn).  Packets that it accepts are
 * marked with `filter`, a number above XDPS_FILTER_NUMBER that the engine chooses.
 * Packets that user space has to judge are marked with 0.
 */
struct xdps_ask_filter {
	uint32_t magic;
	uint32_t kind;			/* XDPS_ASK_FILTER */
	uint32_t filter;		/* its number */
	uint32_t in_user_space;		/* 0; 1: leave all packets to it, n_insns is 0 */
	uint32_t n_insns;		/* 1..XDPS_FILTER_INSNS_MAX */
};

/* The request to look at an interface. */
struct xdps_ask_look {
	uint32_t magic;
	uint32_t kind;			/* XDPS_ASK_LOOK */
	char ifname[IF_NAMESIZE];	/* NUL-terminated */
};

/* A message from the helper. */
struct xdps_say {
	uint32_t magic;
	uint32_t kind;			/* enum xdps_message */
	uint32_t n_fds;			/* with this message */

	/* XDPS_SAY_READY; XDPS_SAY_RINGS after that: n_rings, including this one */
	uint32_t ring_kind;		/* XDPS_RING_PERF: one descriptor per ring was sent; ... */
					/*
					 * ... XDPS_RING_BPF: one for their memory, one
					 * for the bell
					 */
	uint32_t n_rings;
	uint32_t ring_bytes;		/* data of each ring, a power of two */
	uint32_t n_cpus;		/* one struct xdps_cpu for each possible CPU */
	uint32_t link;			/* enum xdps_link */
	uint32_t has_inject;		/* 0, 1: a packet socket follows the counters */

	/* XDPS_SAY_FILTER */
	uint32_t filter;		/* the number in the request */
	uint32_t place;			/* enum xdps_filter: kernel; user, because of `text` */

	/* XDPS_SAY_PROGRAM */
	uint32_t prog_id;
	uint32_t prog_mode;		/* enum xdps_mode; auto: offloaded to the card */

	/*
	 * XDPS_SAY_ERROR; XDPS_SAY_READY: a warning, or ""; XDPS_SAY_FILTER: XDPS_OK, or
	 * why the previous filter remains; XDPS_SAY_PROGRAM: its name, or "";
	 * XDPS_SAY_LOOKED: XDPS_OK, or why not; XDPS_SAY_NOTICE: the sentence
	 */
	uint32_t status;		/* enum xdps_status */
	char text[sizeof(((struct xdps_error *)0)->text)];
};

_Static_assert(sizeof(struct xdps_ask) == 304, "no padding");
_Static_assert(sizeof(struct xdps_ask_filter) == 20, "no padding");
_Static_assert(sizeof(struct xdps_ask_look) == 24, "no padding");
_Static_assert(sizeof(struct xdps_insn) == 8, "no padding");
_Static_assert(sizeof(struct xdps_say) == 312, "no padding");

#endif

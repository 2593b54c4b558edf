/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * protocol.h: the messages between the engine and its helper.
 *
 * They use a SOCK_SEQPACKET socket pair; the helper has its end on descriptor 0.  The
 * engine sends one XDPS_REQUEST_OPEN.  The helper replies
 *
 *	XDPS_REPLY_RINGS	as often as needed, each with up to XDPS_FDS_MAX
 *				descriptors (SCM_RIGHTS): perf events, already mapped by
 *				the helper, so that mapping them again is free; or the
 *				map with the memory of all rings, and the doorbell
 *	XDPS_REPLY_READY	with the map of what is shared for each CPU and, if it
 *				says so, a packet socket; the program is attached from
 *				here on
 * or
 *	XDPS_REPLY_ERROR	at any time: a status and a sentence; then the helper
 *				ends
 *
 * Alternatively, the engine sends XDPS_REQUEST_QUERY, any number of times, about
 * interfaces on which nothing is to be attached.  For each one the helper replies
 *
 *	XDPS_REPLY_PROGRAM	for each XDP program there, the attached one first
 *	XDPS_REPLY_QUERY	that was all of them, or why it could not find out
 *
 * This goes on until either side closes.  After XDPS_REPLY_READY the engine may send
 * XDPS_REQUEST_FILTER and XDPS_REQUEST_DIRECTION, one at a time, and gets
 * XDPS_REPLY_FILTER or XDPS_REPLY_DIRECTION for each.  Without being asked, the helper
 * sends XDPS_REPLY_ERROR and
 *
 *	XDPS_REPLY_NOTICE	at any time after XDPS_REPLY_READY: a sentence for the
 *				user; the capture goes on
 *	XDPS_REPLY_RINGS	with one descriptor, when a CPU without a ring comes
 *				online: that of one more perf event, or of the memory of
 *				one more ring
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
#include <stddef.h>
#include <stdint.h>

#include "types.h"

/* Changes with every change of this file; engine and helper are installed together. */
#define XDPS_MAGIC 0x5844530au

#define XDPS_FDS_MAX 64			/* SCM_RIGHTS allows 253 */

enum xdps_message {
	XDPS_REQUEST_OPEN = 1,
	XDPS_REPLY_RINGS,
	XDPS_REPLY_READY,
	XDPS_REPLY_ERROR,
	XDPS_REQUEST_FILTER,
	XDPS_REPLY_FILTER,
	XDPS_REQUEST_QUERY,
	XDPS_REPLY_PROGRAM,
	XDPS_REPLY_QUERY,
	XDPS_REPLY_NOTICE,
	XDPS_REQUEST_DIRECTION,
	XDPS_REPLY_DIRECTION,
};

/* The request for a capture. */
struct xdps_request_open {
	uint32_t magic;
	uint32_t kind;			/* XDPS_REQUEST_OPEN */
	struct xdps_request request;
};

/*
 * A filter, followed by its instructions (struct xdps_insn).  Packets that it accepts are
 * marked with `number`, which is above XDPS_FILTER_NUMBER and chosen by the engine.
 * Packets that user space has to judge are marked with 0.
 */
struct xdps_request_filter {
	uint32_t magic;
	uint32_t kind;			/* XDPS_REQUEST_FILTER */
	uint32_t number;
	uint32_t in_user_space;		/* 0; 1: leave all packets to it, n_insns is 0 */
	uint32_t n_insns;		/* 1..XDPS_FILTER_INSNS_MAX */
};

/* From now on, capture these packets. */
struct xdps_request_direction {
	uint32_t magic;
	uint32_t kind;			/* XDPS_REQUEST_DIRECTION */
	uint32_t dir;			/* enum xdps_dir */
};

/* The question which programs are on an interface. */
struct xdps_request_query {
	uint32_t magic;
	uint32_t kind;			/* XDPS_REQUEST_QUERY */
	char ifname[IF_NAMESIZE];	/* NUL-terminated */
};

/* The sentences in replies, NUL-terminated. */
#define XDPS_REPLY_TEXT_BYTES sizeof(((struct xdps_error *)0)->text)

/* With up to XDPS_FDS_MAX descriptors before XDPS_REPLY_READY, and with one after it. */
struct xdps_reply_rings {
	uint32_t n_rings;		/* 0; after XDPS_REPLY_READY: including this one */
};

struct xdps_reply_ready {
	uint32_t ring_kind;		/* XDPS_RING_PERF: one descriptor per ring was sent; ... */
					/*
					 * ... XDPS_RING_MAP: one for their memory, one
					 * for the doorbell
					 */
	uint32_t n_rings;
	uint32_t ring_bytes;		/* data of each ring, a power of two */
	uint32_t n_cpus;		/* one struct xdps_cpu for each possible CPU */
	uint32_t link;			/* enum xdps_link */
	uint32_t has_inject;		/* 0, 1: a packet socket follows the counters */
	uint32_t sent_place;		/* enum xdps_sent_place */
	char warning[XDPS_REPLY_TEXT_BYTES];	/* "": none */
};

struct xdps_reply_error {
	uint32_t status;		/* enum xdps_status */
	char text[XDPS_REPLY_TEXT_BYTES];
};

struct xdps_reply_filter {
	uint32_t number;		/* that in the request */
	uint32_t place;			/* XDPS_FILTER_KERNEL; XDPS_FILTER_USER, see `text` */
	uint32_t status;		/* XDPS_OK; else the previous filter remains */
	char text[XDPS_REPLY_TEXT_BYTES];	/* why it does, or why in user space, or "" */
};

struct xdps_reply_direction {
	uint32_t status;		/* XDPS_OK; else everything is as before ... */
	char text[XDPS_REPLY_TEXT_BYTES];	/* ... for this reason */
};

struct xdps_reply_program {
	uint32_t id;
	uint32_t mode;			/* enum xdps_mode; auto: offloaded to the card */
	char name[XDPS_PROG_CHARS + 1];	/* NUL-terminated; "": it has none */
};

struct xdps_reply_query {
	uint32_t status;		/* XDPS_OK: that was all; else it could not find out ... */
	char text[XDPS_REPLY_TEXT_BYTES];	/* ... for this reason */
};

struct xdps_reply_notice {
	char text[XDPS_REPLY_TEXT_BYTES];
};

/* A message from the helper: a head, and what its kind has, and no more than that. */
struct xdps_reply {
	uint32_t magic;
	uint32_t kind;			/* enum xdps_message */
	uint32_t n_fds;			/* with this message */
	union {
		struct xdps_reply_rings rings;
		struct xdps_reply_ready ready;
		struct xdps_reply_error error;
		struct xdps_reply_filter filter;
		struct xdps_reply_direction direction;
		struct xdps_reply_program program;
		struct xdps_reply_query query;
		struct xdps_reply_notice notice;
	};
};

_Static_assert(sizeof(struct xdps_request_open) == 320, "no padding");
_Static_assert(sizeof(struct xdps_request_filter) == 20, "no padding");
_Static_assert(sizeof(struct xdps_request_direction) == 12, "no padding");
_Static_assert(sizeof(struct xdps_request_query) == 24, "no padding");
_Static_assert(sizeof(struct xdps_insn) == 8, "no padding");
_Static_assert(sizeof(struct xdps_reply_rings) == 4, "no padding");
_Static_assert(sizeof(struct xdps_reply_ready) == 284, "no padding");
_Static_assert(sizeof(struct xdps_reply_error) == 260, "no padding");
_Static_assert(sizeof(struct xdps_reply_filter) == 268, "no padding");
_Static_assert(sizeof(struct xdps_reply_direction) == 260, "no padding");
_Static_assert(sizeof(struct xdps_reply_program) == 136, "no padding");
_Static_assert(sizeof(struct xdps_reply_query) == 260, "no padding");
_Static_assert(sizeof(struct xdps_reply_notice) == 256, "no padding");
_Static_assert(offsetof(struct xdps_reply, rings) == 12, "no padding");
_Static_assert(sizeof(struct xdps_reply) == 296, "no padding");

/* How many bytes a reply of this kind has; 0: no reply is of this kind. */
static inline size_t xdps_reply_bytes(uint32_t kind)
{
#define BYTES_UP_TO_THE_END_OF(body) \
	(offsetof(struct xdps_reply, body) + sizeof(((struct xdps_reply *)0)->body))
	switch (kind) {
	case XDPS_REPLY_RINGS:
		return BYTES_UP_TO_THE_END_OF(rings);
	case XDPS_REPLY_READY:
		return BYTES_UP_TO_THE_END_OF(ready);
	case XDPS_REPLY_ERROR:
		return BYTES_UP_TO_THE_END_OF(error);
	case XDPS_REPLY_FILTER:
		return BYTES_UP_TO_THE_END_OF(filter);
	case XDPS_REPLY_DIRECTION:
		return BYTES_UP_TO_THE_END_OF(direction);
	case XDPS_REPLY_PROGRAM:
		return BYTES_UP_TO_THE_END_OF(program);
	case XDPS_REPLY_QUERY:
		return BYTES_UP_TO_THE_END_OF(query);
	case XDPS_REPLY_NOTICE:
		return BYTES_UP_TO_THE_END_OF(notice);
	}
	return 0;
#undef BYTES_UP_TO_THE_END_OF
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream.h: one capture point, and its packets one after the other.
 */
#ifndef EXTCAP_STREAM_H
#define EXTCAP_STREAM_H

#include "filter.h"
#include "xdpsample.h"

struct stream {
	struct xdps_options opt;
	const struct filter *filter;	/* not owned; NULL: none */
	struct xdps *x;			/* NULL: not open */
	struct xdps_error over;		/* why it has ended; XDPS_OK: it goes on */

	/* the next packet, if there is one in hand */
	bool has_head;
	struct xdps_packet head;	/* truncated as the filter wants it */

	/* the account */
	uint64_t start_ns;		/* since the epoch */
	uint64_t delivered;
	uint64_t rejected;		/* by us, after the kernel took them */
	uint64_t lost_until_now;
	uint64_t lost_to_say;		/* to be reported with the next packet */

	/* what has turned out meanwhile (xdps_notice()) */
	char notice[sizeof(((struct xdps_error *)0)->text)];	/* "": nothing */
	bool has_notice;		/* it is not written yet */
};

/* Attaches, and sets the filter.  On failure nothing is left attached. */
enum xdps_status stream_open(struct stream *s, const struct xdps_options *opt,
			     const struct filter *filter, struct xdps_error *err);
void stream_close(struct stream *s);

/* Looks for packets, without waiting, if there is none in hand. */
void stream_look(struct stream *s);

/* Puts all packets until now in hand, one after the other; takes as long as `hold`. */
void stream_drain(struct stream *s);

/* The packet in hand was written; has_head says whether there is another one. */
void stream_next(struct stream *s);

/* How long a packet may be held back. */
uint32_t stream_hold_ms(const struct stream *s);

/* Everything until now; packets that we rejected are counted as rejected. */
struct xdps_stats stream_stats(const struct stream *s);

#endif

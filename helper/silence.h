/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * silence.h: does a capture see nothing of what its interface receives?
 *
 * Beside another program we see what that program is called for.  That may be nothing,
 * though packets arrive: it is behind another program that decides first, or packets come
 * in by an interface on which it does not run.  Nobody else would say so.
 */
#ifndef XDPS_SILENCE_H
#define XDPS_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

/* So many looks in which the interface has received something, and we nothing. */
#define XDPS_SILENT_LOOKS 4

struct xdps_silence {
	bool has_begun, was_said;
	uint64_t seen, received;	/* packets, at the last look */
	uint64_t since_received;	/* at the last look at which we had seen any */
	unsigned int n_silent;		/* looks since then in which `received` grew */
};

/*
 * To be called about once a second with what both have counted by now.  True, once: this
 * is silence, and `s->received - s->since_received` packets were not seen.  A counter of
 * a card that is some seconds late does not matter.
 */
bool xdps_silence_look(struct xdps_silence *s, uint64_t seen, uint64_t received);

#endif

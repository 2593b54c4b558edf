/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * silence.h: detects that a capture sees nothing of what its interface receives.
 *
 * Beside another program, we see what that program is called for.  That may be nothing,
 * although packets arrive: another program may decide before it, or packets may come in
 * on an interface on which it does not run.  Nothing else would report that.
 */
#ifndef XDPS_SILENCE_H
#define XDPS_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

/* So many looks in which the interface has received something, and we have not. */
#define XDPS_SILENT_LOOKS 4

struct xdps_silence {
	bool has_begun, was_said;
	uint64_t seen, received;	/* packets, at the last look */
	uint64_t since_received;	/* at the last look at which we had seen any */
	unsigned int n_silent;		/* looks since then in which `received` grew */
};

/*
 * Call this about once a second with what both have counted by now.  Returns true, once,
 * if this is silence: `s->received - s->since_received` packets were not seen.  It does
 * not matter if the counter of a card is some seconds late.
 */
bool xdps_silence_look(struct xdps_silence *s, uint64_t seen, uint64_t received);

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * silence.c: detects that a capture sees nothing of what its interface receives.
 */
#include "silence.h"

static void begin(struct xdps_silence *s, uint64_t seen, uint64_t received)
{
	s->has_begun = true;
	s->seen = seen;
	s->received = s->since_received = received;
	s->n_silent = 0;
}

bool xdps_silence_look(struct xdps_silence *s, uint64_t seen, uint64_t received)
{
	if (!s->has_begun || seen != s->seen || received < s->received) {
		begin(s, seen, received);
		return false;
	}
	if (received == s->received)
		return false;
	s->received = received;
	s->n_silent++;
	if (s->was_said || s->n_silent < XDPS_SILENT_LOOKS)
		return false;
	s->was_said = true;
	return true;
}

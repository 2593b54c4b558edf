/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.h: the filter in the sampler, and the sampler in its slot.
 *
 * The loaded sampler calls filter(), which takes everything.  For another filter
 * a second sampler is loaded, the same but for the instructions of that function,
 * and put into the slot from which the attached program calls it: every packet
 * meets the one or the other.
 */
#ifndef XDPS_FILTER_H
#define XDPS_FILTER_H

#include "loader.h"
#include "translate.h"

/*
 * Loads a sampler with `code` as its filter.  A descriptor that is the caller's,
 * or -1 and a sentence: what the verifier says.
 */
int xdps_filter_load(const struct xdps_programs *p, const struct xdps_code *code,
		     struct xdps_error *err);

/*
 * What the engine asks (checked by xdps_request_check_filter()), done: `say` is
 * filled in to be sent.  Whatever comes of it, there is a sampler in the slot.
 */
void xdps_filter_set(const struct xdps_programs *p, const struct xdps_ask_filter *ask,
		     const struct xdps_insn *insns, struct xdps_say *say);

#endif

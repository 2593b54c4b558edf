/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.h: puts the filter into the sampler, and the sampler into its slot.
 *
 * The loaded sampler calls filter(), which accepts everything.  For another filter, a
 * second sampler is loaded, which differs only in the instructions of that function.  It
 * is put into the slot from which the attached program calls it: every packet meets one
 * or the other.
 */
#ifndef XDPS_FILTER_H
#define XDPS_FILTER_H

#include "loader.h"
#include "translate.h"

/*
 * Loads a sampler with `code` as its filter.  Returns a descriptor that is the caller's,
 * or -1 and a sentence with what the verifier says.
 */
int xdps_filter_load(const struct xdps_programs *p, const struct xdps_code *code,
		     struct xdps_error *err);

/*
 * Does what the engine asks for (checked by xdps_request_check_filter()), and fills in
 * `say` to be sent.  Whatever the result is, there is a sampler in the slot.
 */
void xdps_filter_set(const struct xdps_programs *p, const struct xdps_ask_filter *ask,
		     const struct xdps_insn *insns, struct xdps_say *say);

#endif

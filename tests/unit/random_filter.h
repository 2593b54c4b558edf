/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * random_filter.h: filters that nobody would write, and that are valid.
 */
#ifndef XDPS_RANDOM_FILTER_H
#define XDPS_RANDOM_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../engine/xdpsample.h"

/* A number below `n`, which is not 0.  The same state gives the same numbers. */
uint32_t random_below(uint64_t *state, uint32_t n);

/*
 * A program of at most `max` (at least 1) instructions, mostly of some ten; how
 * many it has.  xdps_classic_check() takes it, and what it does is defined, which
 * for libpcap's machine means: no word of M[] is read before it is written, and
 * nothing is shifted by a constant above 31.  It has no backward jumps.
 */
unsigned int random_filter(uint64_t *state, struct xdps_insn *insns, unsigned int max);

/* Does the program jump backward anywhere? */
bool has_loop(const struct xdps_insn *insns, size_t n);

/*
 * Behind the comparison X is above 31 and at most A, which is 0.  Nothing comes there;
 * older verifiers look, and add that X to a pointer.
 */
#define IMPOSSIBLE_X_INSNS 7
extern const struct xdps_insn impossible_x_filter[IMPOSSIBLE_X_INSNS];

#endif

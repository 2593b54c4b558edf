/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * random_filter.h: filters that nobody would write, and that are valid.
 */
#ifndef XDPS_RANDOM_FILTER_H
#define XDPS_RANDOM_FILTER_H

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

#endif

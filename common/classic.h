/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * classic.h: is it a program that a filter could be?
 *
 * The rules are those of libpcap's validator (bpf_filter.c): jumps stay inside,
 * scratch memory has 16 words, nothing is divided by a constant zero, the last
 * instruction returns.  And every code is one that libpcap's own machine knows:
 * it calls abort() for others.
 *
 * Backward jumps are valid, as they are there; a program with one may loop for
 * ever, which is why it is not translated.
 */
#ifndef XDPS_CLASSIC_H
#define XDPS_CLASSIC_H

#include "protocol.h"

/* Words of scratch memory, M[]: BPF_MEMWORDS. */
#define XDPS_CLASSIC_WORDS 16

/*
 * Pure.  XDPS_OK, or XDPS_BAD_FILTER and a sentence that names the instruction
 * (counted from 0) and what is wrong with it.  The long ones are for who runs them in
 * user space: they may have more than XDPS_FILTER_INSNS_MAX.
 */
enum xdps_status xdps_classic_check_long(const struct xdps_insn *insns, size_t n_insns,
					 struct xdps_error *err);
enum xdps_status xdps_classic_check(const struct xdps_insn *insns, size_t n_insns,
				    struct xdps_error *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * classic.h: checks whether a filter is a valid program.
 *
 * The rules are those of libpcap's validator (bpf_filter.c): jumps stay inside the
 * program, scratch memory has 16 words, nothing is divided by a constant zero, and the
 * last instruction returns.  In addition, libpcap's interpreter has to know every code:
 * it calls abort() for others.
 *
 * Backward jumps are valid, as they are for libpcap.  A program with one may loop for
 * ever, which is why it is not translated.
 */
#ifndef XDPS_CLASSIC_H
#define XDPS_CLASSIC_H

#include "types.h"

/* Words of scratch memory, M[]: BPF_MEMWORDS. */
#define XDPS_CLASSIC_WORDS 16

/*
 * These have no side effects.  They return XDPS_OK, or XDPS_BAD_FILTER and a sentence
 * that names the instruction (counted from 0) and what is wrong with it.
 * xdps_classic_check_long() is for filters that run in user space: they may have more
 * than XDPS_FILTER_INSNS_MAX instructions.
 */
enum xdps_status xdps_classic_check_long(const struct xdps_insn *insns, size_t n_insns,
					 struct xdps_error *err);
enum xdps_status xdps_classic_check(const struct xdps_insn *insns, size_t n_insns,
				    struct xdps_error *err);

/*
 * libpcap's "inbound" and "outbound" load the direction of a packet from an offset that no
 * packet has, which Linux's socket filters know.  Does the filter do that?
 */
bool xdps_classic_asks_direction(const struct xdps_insn *insns, size_t n_insns);

/* Replaces these loads by what they give for a packet that was received, or sent. */
void xdps_classic_answer_direction(struct xdps_insn *insns, size_t n_insns, bool sent);

#endif

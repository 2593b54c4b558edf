/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inject.h: what inject.c and its program agree on.
 */
#ifndef BENCH_INJECT_H
#define BENCH_INJECT_H

/*
 * Frames in a row to the same interface: a multiple of the kernel's batch, of
 * which the last is over before the next turn begins.  Longer turns would let
 * the machine change its speed between two of them, shorter ones would measure
 * how caches fill.
 */
#define BATCH_FRAMES 64
#define TURN_FRAMES (16 * BATCH_FRAMES)

#endif

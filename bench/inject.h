/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inject.h: what inject.c and its BPF programs agree on.
 */
#ifndef BENCH_INJECT_H
#define BENCH_INJECT_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

/*
 * A turn is so many frames in a row to the same interface: a multiple of the kernel's
 * batch, the last of which ends before the next turn begins.  With longer turns, the
 * machine could change its speed between two of them; shorter ones measure how caches
 * fill, unless instructions are what is counted.
 */
#define BATCH_FRAMES 64
#define TURN_SHIFT_MIN 6	/* a turn of one batch */
#define TURN_SHIFT_DEFAULT 10

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

/* In network byte order: "discard", and "domain" in a marked frame. */
#define PLAIN_PORT __constant_htons(9)
#define MARKED_PORT __constant_htons(53)

#endif

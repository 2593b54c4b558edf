/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packets.h: some thousands of packets for filters to judge.
 *
 * First crafted ones of all kinds, and captured ones; then each of them cut at
 * every length, wrapped in tags and labels, and changed by chance; then noise; then
 * each so long that a part of it is in fragments.  The same ones in every run with
 * the same seed, but for those that are captured or made of these.
 */
#ifndef PACKETS_H
#define PACKETS_H

#include <stddef.h>
#include <stdint.h>

#define PACKET_BYTES_MIN 14		/* less is no packet for the kernel */
#define PACKET_BYTES_FRAGS_MAX 9000
#define PACKET_BYTES_FAR 1000		/* at least so many of these in fragments */
#define PACKET_BYTES_MAX 70000		/* what a test run takes, and a record does not */

struct packet {
	char name[64];
	const char *expression;		/* crafted: what libpcap finds it to be; or NULL */
	uint32_t len;
	unsigned char *data;
};

struct packets {
	struct packet *all;
	size_t n;
	size_t n_crafted;		/* the first ones ... */
	size_t n_captured;		/* ... and those behind them */
	size_t n_long;			/* the last ones: longer than `linear` bytes */
};

struct captured;

/*
 * `linear`: how many bytes of a long packet can be read directly; 0: this kernel
 * has no fragments, and none of the packets is long.
 */
void packets_make(struct packets *p, const struct captured *captured, uint32_t linear,
		  uint64_t seed);
void packets_free(struct packets *p);

/* Numbers by chance, the same ones after the same seed. */
struct chance {
	uint64_t state;
};

uint32_t chance_below(struct chance *c, uint32_t n);

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * merge.c: the cost of bringing the packets of many rings into one order.
 *
 *	merge ROUNDS PACKETS
 *
 * Measures the engine's ring reader and merge, with map rings in plain memory.  The rings
 * together have the same number of packets, however many rings there are: what 64 CPUs
 * write that take turns at random, one ring would hold as well.  Prints, for each round
 * and each number of rings, that number and the nanoseconds per packet.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/merge.h"
#include "../tests/unit/fake_ring.h"
#include "clock.h"

#define PACKET_BYTES 64
#define STEP_NS_MAX 1000		/* from one packet to the next, at most */
#define N_RINGS_MAX 64

static const unsigned int n_rings_of[] = { 1, 2, 8, 32, 64 };

struct bench {
	unsigned int n_rings;
	unsigned int n_packets;
	uint64_t ring_bytes;
	struct fake_ring writers[N_RINGS_MAX];
	struct xdps_ring readers[N_RINGS_MAX];
	struct xdps_merge merge;
};

/* The only place that knows how a record gets into a ring. */
static void put(struct fake_ring *ring, uint64_t mono_ns)
{
	static const unsigned char packet[PACKET_BYTES];
	struct xdps_record rec = { .mono_ns = mono_ns, .len = PACKET_BYTES,
				   .caplen = PACKET_BYTES };

	if (!fake_ring_put(ring, &rec, packet))
		errx(1, "a ring is full");
}

/* Puts each packet into a random ring, a little younger than the previous packet. */
static uint64_t fill(struct bench *b)
{
	uint64_t mono_ns = 1;

	for (unsigned int i = 0; i < b->n_packets; i++) {
		mono_ns += 1 + random() % STEP_NS_MAX;
		put(&b->writers[random() % b->n_rings], mono_ns);
	}
	return mono_ns;
}

/* Reads as the engine does; `hold_ns` is 0, because nothing more will come. */
static double read_all_ns(struct bench *b, uint64_t end_ns)
{
	struct xdps_packet pkt;
	int64_t tai_offset_ns;
	unsigned int n = 0;
	double start_ns = now_ns();

	xdps_merge_look(&b->merge, end_ns, 0);
	while (xdps_merge_next(&b->merge, &pkt, &tai_offset_ns))
		n += pkt.caplen == PACKET_BYTES && !pkt.data[0];
	start_ns = now_ns() - start_ns;
	if (n != b->n_packets || b->merge.late)
		errx(1, "packets were lost or out of order");
	return start_ns;
}

/* Room for twice what a ring gets on average, and some more. */
static uint64_t ring_bytes_for(unsigned int n_packets, unsigned int n_rings)
{
	uint64_t wanted = (2 * n_packets / n_rings + 64) *
			  (sizeof(struct xdps_record) + PACKET_BYTES);
	uint64_t bytes = 4096;

	while (bytes < wanted)
		bytes *= 2;
	return bytes;
}

static void measure(unsigned int n_rings, unsigned int n_packets)
{
	struct bench b = { .n_rings = n_rings, .n_packets = n_packets };
	uint64_t end_ns;
	unsigned int i;

	b.ring_bytes = ring_bytes_for(n_packets, n_rings);
	for (i = 0; i < n_rings; i++) {
		fake_ring_init(&b.writers[i], XDPS_RING_MAP, b.ring_bytes, 0);
		fake_ring_open(&b.writers[i], &b.readers[i]);
	}
	if (xdps_merge_init(&b.merge, b.readers, n_rings))
		errx(1, "no memory");
	end_ns = fill(&b);
	printf("%u %.2f\n", n_rings, read_all_ns(&b, end_ns) / n_packets);
	xdps_merge_free(&b.merge);
	for (i = 0; i < n_rings; i++)
		fake_ring_free(&b.writers[i]);
}

int main(int argc, char **argv)
{
	int rounds = argc == 3 ? atoi(argv[1]) : 0;
	int n_packets = argc == 3 ? atoi(argv[2]) : 0;

	if (rounds < 1 || n_packets < 1)
		errx(1, "usage: merge ROUNDS PACKETS");
	while (rounds--)
		for (size_t i = 0; i < sizeof(n_rings_of) / sizeof(*n_rings_of); i++)
			measure(n_rings_of[i], n_packets);
	return 0;
}

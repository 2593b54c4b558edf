/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traced_lab.h: the sampler's lab beside another XDP program, which the tests have.
 */
#ifndef TRACED_LAB_H
#define TRACED_LAB_H

#include "sampler_lab.h"
#include "traced.h"

extern struct xdps_program traced;	/* the other program */
extern bool traced_has_frags;		/* it takes packets in fragments */

/*
 * Loads it.  NULL, or why this kernel lets nobody trace it: asked with the smallest
 * program that there is.
 */
const char *traced_open(void);
void traced_close(void);

/* Ours beside it, as lab_load(): what comes from interface `ifindex` is taken. */
void traced_lab_load(struct xdps_request request, int ifindex);

/* Nothing is traced from then on. */
void traced_lab_detach(void);

/* Any packet comes in, which is no order and passes as it is. */
void traced_pass(const unsigned char *data, uint32_t bytes);

/* What it made of a packet. */
struct outcome {
	uint32_t verdict;
	uint32_t bytes;
	unsigned char data[LAB_PACKET_BYTES + TRACED_ROOM_BYTES];
};

/*
 * The first `bytes` of packet[], at least 14, with `order` in front, come in from the
 * loopback interface of this network namespace.
 */
void traced_receive(struct traced_order order, uint32_t bytes, struct outcome *out);

/* The same, `times` times; what became of them does not matter. */
void traced_receive_times(struct traced_order order, uint32_t bytes, int times);

/* The same from a queue of an interface; -errno: this kernel knows only the loopback. */
int traced_receive_from(int ifindex, uint32_t queue, uint32_t bytes);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * doorbell.h: how the BPF program wakes the reader of map rings.
 *
 * The doorbell is a BPF ring buffer of one page.  Nobody reads what is written to it.  It is
 * there for two properties: poll() and epoll accept its descriptor, and a BPF program may
 * wake the processes that wait on it.
 *
 * Layout: kernel/bpf/ringbuf.c; one page with the consumer position, which we write, and
 * one with the producer position.
 */
#ifndef XDPS_DOORBELL_H
#define XDPS_DOORBELL_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct xdps_doorbell {
	int fd;				/* not owned; -1: there is none */
	size_t page_bytes;
	uint64_t *answered_at;		/* both NULL if not mapped */
	const uint64_t *rung_at;
};

void xdps_doorbell_init(struct xdps_doorbell *b);

/* Returns 0 or -errno; on failure xdps_doorbell_close() must still be called. */
int xdps_doorbell_open(struct xdps_doorbell *b, int fd, size_t page_bytes);
void xdps_doorbell_close(struct xdps_doorbell *b);

/* The descriptor is readable until this is called, and again when the doorbell rings again. */
void xdps_doorbell_answer(struct xdps_doorbell *b);

#pragma GCC visibility pop

#endif

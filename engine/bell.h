/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bell.h: how the BPF program wakes the reader of map rings.
 *
 * The bell is a BPF ring buffer of one page.  Nobody reads what is written to it.  It is
 * there for two properties: poll() and epoll accept its descriptor, and a BPF program may
 * wake the processes that wait on it.
 *
 * Layout: kernel/bpf/ringbuf.c; one page with the consumer position, which we write, and
 * one with the producer position.
 */
#ifndef XDPS_BELL_H
#define XDPS_BELL_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct xdps_bell {
	int fd;				/* not owned; -1: there is none */
	size_t page_bytes;
	uint64_t *answered_at;		/* both NULL if not mapped */
	const uint64_t *rung_at;
};

void xdps_bell_init(struct xdps_bell *b);

/* Returns 0 or -errno; on failure xdps_bell_close() must still be called. */
int xdps_bell_open(struct xdps_bell *b, int fd, size_t page_bytes);
void xdps_bell_close(struct xdps_bell *b);

/* The descriptor is readable until this is called, and again when the bell rings again. */
void xdps_bell_answer(struct xdps_bell *b);

#pragma GCC visibility pop

#endif

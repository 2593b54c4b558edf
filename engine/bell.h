/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bell.h: what the kernel's program rings to wake the reader of map rings.
 *
 * A BPF ring buffer of one page, to which nothing is written that anybody reads.  It
 * is there for what comes with it: a descriptor that poll() and epoll know, and a
 * program's right to wake those who wait for it.
 *
 * Layout: kernel/bpf/ringbuf.c; a page with the consumer's position, which is ours to
 * write, and one with the producer's.
 */
#ifndef XDPS_BELL_H
#define XDPS_BELL_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct xdps_bell {
	int fd;				/* not ours; -1: there is none */
	size_t page_bytes;
	uint64_t *answered_at;		/* both NULL if not mapped */
	const uint64_t *rung_at;
};

void xdps_bell_init(struct xdps_bell *b);

/* 0 or -errno; then xdps_bell_close() is owed all the same. */
int xdps_bell_open(struct xdps_bell *b, int fd, size_t page_bytes);
void xdps_bell_close(struct xdps_bell *b);

/* Its descriptor is readable until this is called, and when it is rung again. */
void xdps_bell_answer(struct xdps_bell *b);

#pragma GCC visibility pop

#endif

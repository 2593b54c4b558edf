// SPDX-License-Identifier: BSD-3-Clause
/*
 * bell.c: how the BPF program wakes the reader of map rings.
 */
#include "bell.h"

#include <errno.h>
#include <sys/mman.h>

void xdps_bell_init(struct xdps_bell *b)
{
	*b = (struct xdps_bell){ .fd = -1 };
}

int xdps_bell_open(struct xdps_bell *b, int fd, size_t page_bytes)
{
	void *consumer, *producer;

	b->fd = fd;
	b->page_bytes = page_bytes;
	consumer = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	b->answered_at = consumer;
	producer = mmap(NULL, page_bytes, PROT_READ, MAP_SHARED, fd, (off_t)page_bytes);
	if (producer == MAP_FAILED)
		return -errno;
	b->rung_at = producer;
	return 0;
}

void xdps_bell_close(struct xdps_bell *b)
{
	if (b->answered_at)
		munmap(b->answered_at, b->page_bytes);
	if (b->rung_at)
		munmap((void *)b->rung_at, b->page_bytes);
	xdps_bell_init(b);
}

void xdps_bell_answer(struct xdps_bell *b)
{
	uint64_t rung_at = __atomic_load_n(b->rung_at, __ATOMIC_ACQUIRE);

	__atomic_store_n(b->answered_at, rung_at, __ATOMIC_RELEASE);
}

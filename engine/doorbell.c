// SPDX-License-Identifier: BSD-3-Clause
/*
 * doorbell.c: how the BPF program wakes the reader of map rings.
 */
#include "doorbell.h"

#include <errno.h>
#include <sys/mman.h>

void xdps_doorbell_init(struct xdps_doorbell *b)
{
	*b = (struct xdps_doorbell){ .fd = -1 };
}

int xdps_doorbell_open(struct xdps_doorbell *b, int fd, size_t page_bytes)
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

void xdps_doorbell_close(struct xdps_doorbell *b)
{
	if (b->answered_at)
		munmap(b->answered_at, b->page_bytes);
	if (b->rung_at)
		munmap((void *)b->rung_at, b->page_bytes);
	xdps_doorbell_init(b);
}

void xdps_doorbell_answer(struct xdps_doorbell *b)
{
	uint64_t rung_at = __atomic_load_n(b->rung_at, __ATOMIC_ACQUIRE);

	__atomic_store_n(b->answered_at, rung_at, __ATOMIC_RELEASE);
}

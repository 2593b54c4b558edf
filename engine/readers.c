// SPDX-License-Identifier: BSD-3-Clause
/*
 * readers.c: which process reads, and how far the rings have been read.
 */
#include "readers.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

struct xdps_readers_shared {
	pthread_mutex_t reading;
	uint64_t n_processes;		/* that have ever read */
	uint64_t last;			/* number of the one that read last */
	uint64_t n_released;		/* packets */
	uint64_t positions[];		/* in bytes, one for each ring */
};

void xdps_readers_init(struct xdps_readers *r)
{
	*r = (struct xdps_readers){ .page_bytes = (size_t)sysconf(_SC_PAGESIZE) };
}

static void *map(size_t bytes, int flags)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* The mutex is shared by all processes, and the kernel frees it if its owner dies. */
static int make_mutex(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;
	int rc = pthread_mutexattr_init(&attr);

	if (rc)
		return -rc;
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	rc = pthread_mutex_init(mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return -rc;
}

int xdps_readers_open(struct xdps_readers *r, unsigned int n_rings)
{
	r->shared_bytes = sizeof(*r->shared) + n_rings * sizeof(*r->shared->positions);
	r->shared = map(r->shared_bytes, MAP_SHARED);
	r->is_known = map(r->page_bytes, MAP_PRIVATE);
	if (!r->shared || !r->is_known || madvise(r->is_known, r->page_bytes, MADV_WIPEONFORK))
		return -errno;
	xdps_readers_enter(r);
	r->shared->last = r->number;
	return make_mutex(&r->shared->reading);
}

/*
 * Returns false if the owner is another thread, which left the reading by a longjmp() or
 * was cancelled.  Nobody else can unlock the mutex for it; after its death the next
 * reader is told.
 */
static bool unlock(struct xdps_readers *r)
{
	bool is_reading = r->is_reading;

	r->is_reading = false;
	return !is_reading || !pthread_mutex_unlock(&r->shared->reading);
}

/*
 * Keeps a locked mutex mapped: a thread's list of robust mutexes must not lead into
 * memory that is gone.
 */
void xdps_readers_close(struct xdps_readers *r)
{
	if (r->shared && unlock(r))
		munmap(r->shared, r->shared_bytes);
	if (r->is_known)
		munmap(r->is_known, r->page_bytes);
	xdps_readers_init(r);
}

bool xdps_readers_has_forked(const struct xdps_readers *r)
{
	return r->is_known && !*r->is_known;
}

void xdps_readers_enter(struct xdps_readers *r)
{
	r->number = __atomic_add_fetch(&r->shared->n_processes, 1, __ATOMIC_RELAXED);
	r->is_reading = false;
	*r->is_known = true;
}

int xdps_readers_begin(struct xdps_readers *r, bool *changed)
{
	int rc;

	*changed = false;
	if (r->is_reading)
		return 0;
	rc = pthread_mutex_trylock(&r->shared->reading);
	if (rc == EOWNERDEAD)
		rc = pthread_mutex_consistent(&r->shared->reading);
	if (rc)
		return -rc;
	r->is_reading = true;
	*changed = r->shared->last != r->number;
	r->shared->last = r->number;
	return 0;
}

void xdps_readers_end(struct xdps_readers *r)
{
	unlock(r);
}

uint64_t *xdps_readers_position(const struct xdps_readers *r, unsigned int ring)
{
	return &r->shared->positions[ring];
}

uint64_t *xdps_readers_released(const struct xdps_readers *r)
{
	return &r->shared->n_released;
}

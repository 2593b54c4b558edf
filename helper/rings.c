// SPDX-License-Identifier: BSD-3-Clause
/*
 * rings.c: one perf ring for each CPU that is online.
 *
 * A CPU that comes later has none; what arrives there is counted as lost.
 */
#include "rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../bpf/record.h"
#include "../engine/error.h"

#include "kernel.h"
#include "privilege.h"

/* What perf puts around a record: its header, a 32-bit size, padding to 8. */
#define PERF_OVERHEAD_BYTES (sizeof(struct perf_event_header) + 4 + 8)

static uint64_t round_up_power_of_two(uint64_t n)
{
	uint64_t power = 1;

	while (power < n)
		power <<= 1;
	return power;
}

/* Room for two of the largest records, or one of them could block for ever. */
static uint64_t ring_bytes_wanted(const struct xdps_ask *ask, unsigned int n_rings)
{
	uint64_t page_bytes = sysconf(_SC_PAGESIZE);
	uint64_t record_bytes = PERF_OVERHEAD_BYTES +
				sizeof(struct xdps_record) + ask->snaplen;
	uint64_t bytes = XDPS_RING_BYTES_DEFAULT;

	if (ask->buffer_bytes)
		bytes = (ask->buffer_bytes + n_rings - 1) / n_rings;
	if (bytes < 2 * record_bytes)
		bytes = 2 * record_bytes;
	if (bytes < page_bytes)
		bytes = page_bytes;
	return round_up_power_of_two(bytes);
}

/*
 * The kernel would go looking for that much memory in other processes, and
 * it is our user who asks for too much, not they.
 */
static enum xdps_status check_memory(uint64_t total_bytes, struct xdps_error *err)
{
	uint64_t available_kib = xdps_kernel_available_kib();

	if (!available_kib || total_bytes / 1024 <= available_kib / 2)
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "the rings would take %" PRIu64 " KiB of memory, and half of what is available is %" PRIu64 " KiB; ask for a smaller buffer",
			 total_bytes / 1024, available_kib / 2);
}

static enum xdps_status choose_size(struct xdps_rings *r, const struct xdps_ask *ask,
				    unsigned int n_rings, struct xdps_error *err)
{
	uint64_t bytes = ring_bytes_wanted(ask, n_rings);
	enum xdps_status status;

	if (bytes > XDPS_RING_BYTES_MAX)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "a buffer of %" PRIu64 " bytes is %" PRIu64 " for each of %u rings, and a ring takes at most %u; ask for a smaller buffer",
				 ask->buffer_bytes, bytes, n_rings, XDPS_RING_BYTES_MAX);
	status = check_memory(bytes * n_rings, err);
	if (!status)
		r->ring_bytes = (uint32_t)bytes;
	return status;
}

static enum xdps_status explain_open(struct xdps_error *err, int errnum,
				     unsigned int cpu)
{
	char doing[96];

	if (errnum == EACCES || errnum == EPERM)
		snprintf(doing, sizeof(doing),
			 "a perf ring (kernel.perf_event_paranoid is %d)",
			 xdps_kernel_perf_paranoid());
	else
		snprintf(doing, sizeof(doing), "opening the perf ring of CPU %u",
			 cpu);
	return xdps_privilege_fail(err, errnum, doing);
}

static enum xdps_status explain_map(struct xdps_error *err, int errnum,
				    const struct xdps_rings *r, unsigned int n_rings)
{
	static const char format[] =
		"%u rings of %u KiB: EPERM; CAP_IPC_LOCK%s; smaller buffer or %s";
	char remedy[sizeof(err->text)], limits[128];
	struct rlimit locked = { 0 };
	unsigned int ring_kib = r->ring_bytes / 1024;

	if (errnum != EPERM || xdps_has_capability(CAP_IPC_LOCK))
		return xdps_fail_errno(err, errnum, "mapping %u rings of %u KiB",
				       n_rings, ring_kib);
	getrlimit(RLIMIT_MEMLOCK, &locked);
	xdps_privilege_remedy(remedy, sizeof(remedy));
	snprintf(limits, sizeof(limits),
		 " lifts the limits perf_event_mlock_kb (%" PRIu64 ") and RLIMIT_MEMLOCK (%" PRIu64 " KiB)",
		 xdps_kernel_perf_mlock_kib(), (uint64_t)locked.rlim_cur / 1024);
	/* The command must not be cut: with a long path, the limits give way. */
	if (snprintf(NULL, 0, format, n_rings, ring_kib, limits, remedy) >=
	    (int)sizeof(err->text))
		strcpy(limits, " would help");
	return xdps_fail(err, XDPS_NO_PERMISSION, format, n_rings, ring_kib, limits, remedy);
}

static int open_event(unsigned int cpu, const struct xdps_ask *ask,
		      uint32_t ring_bytes)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
	};

	if (ask->immediate) {
		attr.wakeup_events = 1;
	} else {
		attr.watermark = 1;
		attr.wakeup_watermark = ring_bytes / XDPS_WATERMARK_PART;
	}
	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

/* One more ring, unless the CPU went offline meanwhile. */
static enum xdps_status add_ring(struct xdps_rings *r, const struct xdps_ask *ask,
				 const struct xdps_cpus *cpus, uint32_t cpu,
				 int map_fd, struct xdps_error *err)
{
	size_t map_bytes = sysconf(_SC_PAGESIZE) + r->ring_bytes;
	void *map;
	int fd;

	fd = open_event(cpu, ask, r->ring_bytes);
	if (fd < 0)
		return errno == ENODEV ? XDPS_OK : explain_open(err, errno, cpu);
	r->fds[r->n++] = fd;

	map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return explain_map(err, errno, r, cpus->n_online);
	r->maps[r->n - 1] = map;

	if (bpf_map_update_elem(map_fd, &cpu, &fd, BPF_ANY))
		return xdps_fail_errno(err, errno,
				       "giving the BPF program the ring of CPU %u", cpu);
	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return xdps_fail_errno(err, errno, "enabling the ring of CPU %u", cpu);
	return XDPS_OK;
}

void xdps_rings_init(struct xdps_rings *r)
{
	*r = (struct xdps_rings){ 0 };
}

enum xdps_status xdps_rings_open(struct xdps_rings *r, const struct xdps_ask *ask,
				 const struct xdps_cpus *cpus, int map_fd,
				 struct xdps_error *err)
{
	enum xdps_status status;

	status = choose_size(r, ask, cpus->n_online, err);
	if (status)
		return status;
	r->fds = calloc(cpus->n_online, sizeof(*r->fds));
	r->maps = calloc(cpus->n_online, sizeof(*r->maps));
	if (!r->fds || !r->maps)
		status = xdps_fail_errno(err, ENOMEM, "making a list of %u rings",
					 cpus->n_online);
	for (unsigned int i = 0; !status && i < cpus->n_online; i++)
		status = add_ring(r, ask, cpus, cpus->online[i], map_fd, err);
	if (status)
		xdps_rings_close(r);
	return status;
}

void xdps_rings_close(struct xdps_rings *r)
{
	size_t map_bytes = sysconf(_SC_PAGESIZE) + r->ring_bytes;

	while (r->n) {
		r->n--;
		if (r->maps[r->n])
			munmap(r->maps[r->n], map_bytes);
		close(r->fds[r->n]);
	}
	free(r->fds);
	free(r->maps);
	xdps_rings_init(r);
}

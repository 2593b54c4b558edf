// SPDX-License-Identifier: BSD-3-Clause
/*
 * perf.c: perf rings, one for each CPU that is online.
 */
#include "perf.h"

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

#include "../engine/error.h"

#include "kernel.h"
#include "privilege.h"

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
	return xdps_privilege_fail_perf(err, errnum, doing);
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
				 struct xdps_error *err)
{
	size_t map_bytes = sysconf(_SC_PAGESIZE) + r->ring_bytes;
	void *map;
	int fd;

	fd = open_event(cpu, ask, r->ring_bytes);
	if (fd < 0)
		return errno == ENODEV ? XDPS_OK : explain_open(err, errno, cpu);
	r->fds[r->n_fds++] = fd;

	map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return explain_map(err, errno, r, cpus->n_online);
	r->maps[r->n++] = map;

	if (bpf_map_update_elem(r->map_fd, &cpu, &fd, BPF_ANY))
		return xdps_fail_errno(err, errno,
				       "giving the BPF program the ring of CPU %u", cpu);
	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return xdps_fail_errno(err, errno, "enabling the ring of CPU %u", cpu);
	return XDPS_OK;
}

enum xdps_status xdps_perf_open(struct xdps_rings *r, const struct xdps_ask *ask,
				const struct xdps_cpus *cpus, const char *doing,
				struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;

	r->fds = calloc(cpus->n_online, sizeof(*r->fds));
	r->maps = calloc(cpus->n_online, sizeof(*r->maps));
	if (!r->fds || !r->maps)
		return xdps_fail_errno(err, ENOMEM, "making a list of %u rings",
				       cpus->n_online);
	r->map_fd = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "rings", sizeof(uint32_t),
				   sizeof(uint32_t), cpus->n_possible, NULL);
	if (r->map_fd < 0)
		return xdps_privilege_fail(err, errno, doing);
	for (unsigned int i = 0; !status && i < cpus->n_online; i++)
		status = add_ring(r, ask, cpus, cpus->online[i], err);
	return status;
}

void xdps_perf_close(struct xdps_rings *r)
{
	const size_t map_bytes = sysconf(_SC_PAGESIZE) + r->ring_bytes;

	if (r->kind != XDPS_RING_PERF)
		return;
	for (unsigned int i = 0; r->maps && i < r->n; i++)
		munmap(r->maps[i], map_bytes);
	free(r->maps);
	r->maps = NULL;
	while (r->n_fds)
		close(r->fds[--r->n_fds]);
}

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

#include "../../common/error.h"
#include "../../common/fd.h"

#include "../host/kernel.h"
#include "../host/privilege.h"

static enum xdps_status explain_open(struct xdps_error *err, int rc,
				     unsigned int cpu)
{
	char doing[96];

	if (rc == -EACCES || rc == -EPERM)
		snprintf(doing, sizeof(doing),
			 "perf rings (kernel.perf_event_paranoid is %d)",
			 xdps_kernel_perf_paranoid());
	else
		snprintf(doing, sizeof(doing), "opening the perf ring of CPU %u",
			 cpu);
	return xdps_privilege_fail_perf(err, rc, doing);
}

static enum xdps_status explain_map(struct xdps_error *err, int rc,
				    const struct xdps_rings *r, unsigned int n_rings)
{
	static const char format[] =
		"mapping %u rings of %u KiB: EPERM; CAP_IPC_LOCK%s; use a smaller buffer or %s";
	char remedy[sizeof(err->text)], limits[128];
	struct rlimit locked = { 0 };
	unsigned int ring_kib = r->ring_bytes / 1024;

	if (rc != -EPERM || xdps_privilege_has(CAP_IPC_LOCK))
		return xdps_fail_errno(err, rc, "mapping %u rings of %u KiB",
				       n_rings, ring_kib);
	getrlimit(RLIMIT_MEMLOCK, &locked);
	xdps_privilege_remedy(remedy, sizeof(remedy));
	snprintf(limits, sizeof(limits),
		 " lifts perf_event_mlock_kb (%" PRIu64 ") and RLIMIT_MEMLOCK (%" PRIu64 " KiB)",
		 xdps_kernel_perf_mlock_kib(), (uint64_t)locked.rlim_cur / 1024);
	/* The command must not be truncated: with a long path, the limits are left out. */
	if (snprintf(NULL, 0, format, n_rings, ring_kib, limits, remedy) >=
	    (int)sizeof(err->text))
		strcpy(limits, " would help");
	return xdps_fail(err, XDPS_NO_PERMISSION, format, n_rings, ring_kib, limits, remedy);
}

static int open_event(unsigned int cpu, const struct xdps_request *request,
		      uint32_t ring_bytes)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
	};

	if (request->immediate) {
		attr.wakeup_events = 1;
	} else {
		attr.watermark = 1;
		attr.wakeup_watermark = ring_bytes / XDPS_WATERMARK_PART;
	}
	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

/* From here on, the program writes to the ring. */
static enum xdps_status use_event(const struct xdps_rings *r, int fd, uint32_t cpu,
				  struct xdps_error *err)
{
	if (bpf_map_update_elem(r->map_fd, &cpu, &fd, BPF_ANY))
		return xdps_fail_errno(err, -errno,
				       "passing the ring of CPU %u to the BPF program", cpu);
	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return xdps_fail_errno(err, -errno, "enabling the ring of CPU %u", cpu);
	return XDPS_OK;
}

/* Makes the event a ring, one of `n_rings`. */
static enum xdps_status make_ring(struct xdps_rings *r, int fd, uint32_t cpu,
				  unsigned int n_rings, struct xdps_error *err)
{
	const size_t map_bytes = sysconf(_SC_PAGESIZE) + r->ring_bytes;
	enum xdps_status status;
	void *map;

	map = mmap(NULL, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return explain_map(err, -errno, r, n_rings);
	status = use_event(r, fd, cpu, err);
	if (status) {
		munmap(map, map_bytes);
		return status;
	}
	r->fds[r->n_fds++] = fd;
	r->cpus[r->n] = cpu;
	r->renewed[r->n] = -1;
	r->maps[r->n++] = map;
	return XDPS_OK;
}

/* Adds a ring, unless the CPU is offline. */
static enum xdps_status add_ring(struct xdps_rings *r, const struct xdps_request *request,
				 uint32_t cpu, unsigned int n_rings, struct xdps_error *err)
{
	int fd = open_event(cpu, request, r->ring_bytes);
	enum xdps_status status;

	if (fd < 0)
		return errno == ENODEV ? XDPS_OK : explain_open(err, -errno, cpu);
	status = make_ring(r, fd, cpu, n_rings, err);
	if (status)
		close(fd);
	return status;
}

static enum xdps_status make_lists(struct xdps_rings *r, struct xdps_error *err)
{
	r->fds = calloc(r->n_max, sizeof(*r->fds));
	r->maps = calloc(r->n_max, sizeof(*r->maps));
	r->renewed = calloc(r->n_max, sizeof(*r->renewed));
	r->cpus = calloc(r->n_max, sizeof(*r->cpus));
	if (!r->fds || !r->maps || !r->renewed || !r->cpus)
		return xdps_fail_errno(err, -ENOMEM, "allocating the list of %u rings", r->n_max);
	return XDPS_OK;
}

enum xdps_status xdps_perf_open(struct xdps_rings *r, const struct xdps_request *request,
				const struct xdps_cpus *cpus, const char *doing,
				struct xdps_error *err)
{
	enum xdps_status status;

	r->n_max = cpus->n_possible;
	status = make_lists(r, err);
	if (status)
		return status;
	r->map_fd = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "perf_rings", sizeof(uint32_t),
				   sizeof(uint32_t), cpus->n_possible, NULL);
	if (r->map_fd < 0)
		return xdps_privilege_fail(err, -errno, doing);
	for (unsigned int i = 0; !status && i < cpus->n_online; i++)
		status = add_ring(r, request, cpus->online[i], cpus->n_online, err);
	return status;
}

enum xdps_supply xdps_perf_add(struct xdps_rings *r, const struct xdps_request *request,
			       uint32_t cpu, struct xdps_error *why)
{
	const unsigned int n = r->n;

	if (add_ring(r, request, cpu, n + 1, why))
		return XDPS_SUPPLY_REFUSED;
	return r->n == n ? XDPS_SUPPLY_NOTHING : XDPS_SUPPLY_ADDED;
}

/*
 * Sends the output of another event to the ring of the first one.  The reader has that
 * ring mapped and waits for it, and need not know.
 */
static enum xdps_status put_in_place(const struct xdps_rings *r, unsigned int ring, int fd,
				     struct xdps_error *err)
{
	if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, r->fds[ring]))
		return xdps_fail_errno(err, -errno, "reusing the ring of CPU %u",
				       r->cpus[ring]);
	return use_event(r, fd, r->cpus[ring], err);
}

enum xdps_supply xdps_perf_renew(struct xdps_rings *r, const struct xdps_request *request,
				 unsigned int ring, struct xdps_error *why)
{
	int fd = open_event(r->cpus[ring], request, r->ring_bytes);

	if (fd < 0 && errno == ENODEV)
		return XDPS_SUPPLY_NOTHING;
	if (fd < 0) {
		explain_open(why, -errno, r->cpus[ring]);
		return XDPS_SUPPLY_REFUSED;
	}
	if (put_in_place(r, ring, fd, why)) {
		close(fd);
		return XDPS_SUPPLY_REFUSED;
	}
	xdps_fd_close(&r->renewed[ring]);
	r->renewed[ring] = fd;
	return XDPS_SUPPLY_RENEWED;
}

void xdps_perf_close(struct xdps_rings *r)
{
	const size_t map_bytes = sysconf(_SC_PAGESIZE) + r->ring_bytes;

	if (r->kind != XDPS_RING_PERF)
		return;
	for (unsigned int i = 0; r->maps && i < r->n; i++)
		munmap(r->maps[i], map_bytes);
	for (unsigned int i = 0; r->renewed && i < r->n; i++)
		xdps_fd_close(&r->renewed[i]);
	free(r->maps);
	free(r->renewed);
	r->maps = NULL;
	r->renewed = NULL;
	while (r->n_fds)
		close(r->fds[--r->n_fds]);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * rings.c: the rings through which packets come: which kind, and how large.
 */
#include "rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../common/error.h"
#include "../../common/fd.h"

#include "../host/kernel.h"

#include "map_rings.h"
#include "perf.h"

/* What perf adds to a record: its header, a 32-bit size, padding to 8. */
#define OVERHEAD_BYTES 20

/* The part of the available memory that rings take without being asked to. */
#define SPARE_PART 64

static uint64_t round_up_power_of_two(uint64_t n)
{
	uint64_t power = 1;

	while (power < n)
		power <<= 1;
	return power;
}

/*
 * With few CPUs there is more for each: at several million packets a second, 2 MiB last
 * for 6 ms, and a reader may be kept from a CPU, or by a disk, for that long.  More than
 * a small part of the available memory is for the user to ask for.
 */
static uint64_t default_bytes(const struct xdps_request *request, unsigned int n_rings,
			      const char *no_map_rings)
{
	uint64_t all_bytes = XDPS_MAP_RINGS_BYTES_DEFAULT;
	uint64_t spare_bytes = xdps_kernel_available_kib() * 1024 / SPARE_PART;
	uint64_t bytes = XDPS_RING_BYTES_DEFAULT;

	if (request->ring == XDPS_RING_PERF || no_map_rings || !xdps_map_rings_exists())
		return bytes;
	if (all_bytes > spare_bytes)
		all_bytes = spare_bytes;
	while (2 * bytes * n_rings <= all_bytes)
		bytes *= 2;
	return bytes;
}

/* Leaves room for two of the largest records, or one of them could block for ever. */
static uint64_t ring_bytes_wanted(const struct xdps_request *request, unsigned int n_rings,
				  const char *no_map_rings)
{
	uint64_t page_bytes = sysconf(_SC_PAGESIZE);
	uint64_t record_bytes = OVERHEAD_BYTES + sizeof(struct xdps_record) + request->snaplen;
	uint64_t bytes;

	if (!request->buffer_bytes)
		bytes = default_bytes(request, n_rings, no_map_rings);
	else
		bytes = (request->buffer_bytes + n_rings - 1) / n_rings;
	if (bytes < 2 * record_bytes)
		bytes = 2 * record_bytes;
	if (bytes < page_bytes)
		bytes = page_bytes;
	return round_up_power_of_two(bytes);
}

/*
 * The kernel would look for that much memory in other processes, and it is our user who
 * asks for too much, not they.
 */
static enum xdps_status check_memory(uint64_t total_bytes, struct xdps_error *err)
{
	uint64_t available_kib = xdps_kernel_available_kib();

	if (!available_kib || total_bytes / 1024 <= available_kib / 2)
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "the rings would take %" PRIu64 " KiB of memory, but the limit is half of the available memory, %" PRIu64 " KiB; use a smaller buffer",
			 total_bytes / 1024, available_kib / 2);
}

static enum xdps_status choose_size(struct xdps_rings *r, const struct xdps_request *request,
				    unsigned int n_rings, const char *no_map_rings,
				    struct xdps_error *err)
{
	uint32_t max = request->ring == XDPS_RING_MAP ? XDPS_MAP_RING_BYTES_MAX :
						    XDPS_RING_BYTES_MAX;
	uint64_t bytes = ring_bytes_wanted(request, n_rings, no_map_rings);
	enum xdps_status status;

	if (bytes > max)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "a buffer of %" PRIu64 " bytes is %" PRIu64 " bytes for each of %u rings, but a ring has at most %u; use a smaller buffer%s",
				 request->buffer_bytes, bytes, n_rings, max,
				 max < XDPS_RING_BYTES_MAX ? ", or leave ring=map out" : "");
	status = check_memory(bytes * n_rings, err);
	if (!status)
		r->ring_bytes = (uint32_t)bytes;
	return status;
}

static bool takes_map_rings(const struct xdps_rings *r, const struct xdps_request *request,
			    const char *no_map_rings)
{
	if (request->ring != XDPS_RING_AUTO)
		return request->ring == XDPS_RING_MAP;
	return xdps_map_rings_exists() && !no_map_rings && r->ring_bytes <= XDPS_MAP_RING_BYTES_MAX;
}

static enum xdps_status check_kind(const struct xdps_request *request, const char *no_map_rings,
				   struct xdps_error *err)
{
	if (request->ring != XDPS_RING_MAP)
		return XDPS_OK;
	if (!xdps_map_rings_exists())
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "ring=map: not on this processor; leave it out");
	if (no_map_rings)
		return xdps_fail(err, XDPS_UNSUPPORTED, "%s: ring=map: %s", request->ifname,
				 no_map_rings);
	return XDPS_OK;
}

/* The kernel's errors for one value of a map, and for all of them together. */
static bool is_too_much(int rc)
{
	return rc == -E2BIG || rc == -ENOMEM;
}

static void close_but_size(struct xdps_rings *r)
{
	uint32_t ring_bytes = r->ring_bytes;

	xdps_rings_close(r);
	r->ring_bytes = ring_bytes;
}

/*
 * Returns 0 or a negative errno.  If no size was asked for, and the kernel does not put
 * that much into a map (4 MiB in 5.10), uses the default size.
 */
static int open_map_rings(struct xdps_rings *r, const struct xdps_request *request,
			  const struct xdps_cpus *cpus)
{
	int rc = xdps_map_rings_open(r, cpus);

	if (!is_too_much(rc) || request->buffer_bytes || r->ring_bytes <= XDPS_RING_BYTES_DEFAULT)
		return rc;
	close_but_size(r);
	r->ring_bytes = XDPS_RING_BYTES_DEFAULT;
	return xdps_map_rings_open(r, cpus);
}

/* Uses perf rings if the kernel's maps are too small and nobody asked for map rings. */
static enum xdps_status open_kind(struct xdps_rings *r, const struct xdps_request *request,
				  const struct xdps_cpus *cpus, const char *no_map_rings,
				  const char *doing, struct xdps_error *err)
{
	int rc;

	if (takes_map_rings(r, request, no_map_rings)) {
		rc = open_map_rings(r, request, cpus);
		if (!rc)
			return XDPS_OK;
		if (!is_too_much(rc) || request->ring == XDPS_RING_MAP)
			return xdps_map_rings_explain(err, rc, r, doing);
		close_but_size(r);
	}
	r->kind = XDPS_RING_PERF;
	return xdps_perf_open(r, request, cpus, doing, err);
}

void xdps_rings_init(struct xdps_rings *r)
{
	*r = (struct xdps_rings){ .map_fd = -1, .more_fd = -1, .doorbell_fd = -1 };
}

enum xdps_status xdps_rings_open(struct xdps_rings *r, const struct xdps_request *request,
				 const struct xdps_cpus *cpus, const char *no_map_rings,
				 const char *doing, struct xdps_error *err)
{
	enum xdps_status status;

	status = check_kind(request, no_map_rings, err);
	if (!status)
		status = choose_size(r, request, cpus->n_online, no_map_rings, err);
	if (!status)
		status = open_kind(r, request, cpus, no_map_rings, doing, err);
	if (status)
		xdps_rings_close(r);
	return status;
}

/* Sets the ring of one CPU.  Only CPUs that are online have one. */
static enum xdps_status assign(uint32_t cpu, uint32_t ring, int cpus_fd, struct xdps_error *err)
{
	const struct xdps_cpu state = { .ring = ring, .wake_at = XDPS_NEVER };

	if (bpf_map_update_elem(cpus_fd, &cpu, &state, BPF_ANY))
		return xdps_fail_errno(err, -errno, "assigning a ring to CPU %u", cpu);
	return XDPS_OK;
}

enum xdps_status xdps_rings_assign(const struct xdps_rings *r, const struct xdps_cpus *cpus,
				   int cpus_fd, struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;
	unsigned int ring = 0;

	if (r->kind == XDPS_RING_PERF)
		return XDPS_OK;
	for (unsigned int cpu = 0; !status && cpu < cpus->n_possible; cpu++) {
		bool has_ring = ring < cpus->n_online && cpus->online[ring] == cpu;

		status = assign(cpu, has_ring ? ring : XDPS_NO_RING, cpus_fd, err);
		ring += has_ring;
	}
	return status;
}

/* Returns r->n if it has none. */
static unsigned int ring_of(const struct xdps_rings *r, uint32_t cpu)
{
	unsigned int i = 0;

	while (i < r->n && r->cpus[i] != cpu)
		i++;
	return i;
}

enum xdps_supply xdps_rings_supply(struct xdps_rings *r, const struct xdps_request *request,
				   uint32_t cpu, struct xdps_cpu *state,
				   struct xdps_error *why)
{
	unsigned int i = ring_of(r, cpu);

	if (i == r->n_max)
		return XDPS_SUPPLY_NOTHING;
	if (r->kind == XDPS_RING_PERF)
		return i < r->n ? xdps_perf_renew(r, request, i, why) :
				  xdps_perf_add(r, request, cpu, why);
	return i < r->n ? XDPS_SUPPLY_NOTHING : xdps_map_rings_add(r, cpu, state, why);
}

void xdps_rings_close(struct xdps_rings *r)
{
	xdps_perf_close(r);
	xdps_map_rings_close(r);
	xdps_fd_close(&r->map_fd);
	free(r->fds);
	free(r->cpus);
	xdps_rings_init(r);
}

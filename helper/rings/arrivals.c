// SPDX-License-Identifier: BSD-3-Clause
/*
 * arrivals.c: CPUs that come online while a capture runs.
 */
#include "arrivals.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../common/error.h"
#include "../../common/fd.h"

#define KERNEL_GROUP 1			/* of uevents; udev sends to another one */
#define UEVENT_BYTES 2048		/* UEVENT_BUFFER_SIZE in the kernel */
#define ONLINE 0x6f6e6c69u		/* "onli", the beginning of such a uevent */

/* What is known about one CPU. */
struct xdps_arrival {
	uint64_t ringless_seen;		/* by xdps_arrivals_next() */
	uint64_t ringless_told;		/* by xdps_arrivals_note() */
	bool refused;
};

void xdps_arrivals_init(struct xdps_arrivals *a)
{
	*a = (struct xdps_arrivals){ .uevent_fd = -1 };
}

/* Drops all other uevents: a host that starts containers has many, none about a CPU. */
static int take_online_only(int fd)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ONLINE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog filter = { sizeof(insns) / sizeof(insns[0]), insns };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

/* Returns -1 if uevents are not available; then the counters have to do. */
static int open_uevents(void)
{
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -1;
	if (take_online_only(fd) || bind(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		return -1;
	}
	return fd;
}

enum xdps_status xdps_arrivals_open(struct xdps_arrivals *a, int cpus_fd, unsigned int n_cpus,
				    struct xdps_error *err)
{
	void *map = mmap(NULL, n_cpus * sizeof(*a->cpus), PROT_READ | PROT_WRITE, MAP_SHARED,
			 cpus_fd, 0);

	if (map == MAP_FAILED)
		return xdps_fail_errno(err, -errno, "mapping the counters of %u CPUs", n_cpus);
	a->cpus = map;
	a->n_cpus = n_cpus;
	a->known = calloc(n_cpus, sizeof(*a->known));
	if (!a->known)
		return xdps_fail_errno(err, -ENOMEM, "allocating the list of %u CPUs", n_cpus);
	a->uevent_fd = open_uevents();
	return XDPS_OK;
}

static uint64_t ringless(const struct xdps_arrivals *a, uint32_t cpu)
{
	return __atomic_load_n(&a->cpus[cpu].ringless, __ATOMIC_RELAXED);
}

/* Anybody may have sent it: it is only a hint, and perf_event_open() knows better. */
static bool hear(const struct xdps_arrivals *a, uint32_t *cpu)
{
	char buf[UEVENT_BYTES];
	ssize_t n;

	while ((n = recv(a->uevent_fd, buf, sizeof(buf) - 1, MSG_DONTWAIT)) > 0) {
		buf[n] = '\0';
		if (sscanf(buf, "online@/devices/system/cpu/cpu%" SCNu32, cpu) == 1 &&
		    *cpu < a->n_cpus)
			return true;
	}
	return false;
}

bool xdps_arrivals_next(struct xdps_arrivals *a, uint32_t *cpu)
{
	if (a->uevent_fd >= 0 && hear(a, cpu))
		return true;
	for (*cpu = 0; *cpu < a->n_cpus; ++*cpu) {
		uint64_t now = ringless(a, *cpu);

		if (now != a->known[*cpu].ringless_seen) {
			a->known[*cpu].ringless_seen = now;
			return true;
		}
	}
	return false;
}

bool xdps_arrivals_note(struct xdps_arrivals *a, uint32_t cpu, enum xdps_supply supply,
			uint64_t *n_lost)
{
	struct xdps_arrival *known = &a->known[cpu];
	bool was_refused = known->refused;

	known->ringless_seen = ringless(a, cpu);
	*n_lost = known->ringless_seen - known->ringless_told;
	if (supply == XDPS_SUPPLY_NOTHING)
		return false;
	known->refused = supply == XDPS_SUPPLY_REFUSED;
	if (known->refused)
		return !was_refused;
	known->ringless_told = known->ringless_seen;
	return true;
}

void xdps_arrivals_close(struct xdps_arrivals *a)
{
	xdps_fd_close(&a->uevent_fd);
	if (a->cpus)
		munmap(a->cpus, a->n_cpus * sizeof(*a->cpus));
	free(a->known);
	xdps_arrivals_init(a);
}

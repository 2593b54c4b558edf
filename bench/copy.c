// SPDX-License-Identifier: BSD-3-Clause
/*
 * copy.c: how long it takes to copy a packet to a map ring, and to a perf ring.
 *
 *	copy
 *
 * Prints a line for each length of packet: bytes, and for each kind of ring nanoseconds for
 * one packet, medians of runs that alternate.  It runs on the CPU that it is started on.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "copy.h"
#include "copy.skel.h"

#define N_RUNS 401
#define PAGE_BYTES 4096

static struct perf_event_mmap_page *open_perf_ring(const struct copy *skel)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.wakeup_events = 1u << 30,	/* never */
	};
	int cpu = sched_getcpu();
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, 0);
	void *ring;

	if (fd < 0)
		err(1, "opening a perf ring");
	ring = mmap(NULL, PAGE_BYTES + RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		err(1, "mapping a perf ring");
	if (bpf_map_update_elem(bpf_map__fd(skel->maps.perf_rings), &cpu, &fd, BPF_ANY) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		err(1, "using a perf ring");
	return ring;
}

/* Stays on the CPU whose perf ring it is. */
static void stay(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "staying on one CPU");
}

static double run(struct copy *skel, const struct bpf_program *prog,
		  struct perf_event_mmap_page *ring)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int rc;

	skel->bss->took_ns = 0;
	ring->data_tail = ring->data_head;
	rc = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	if (rc || skel->bss->n_failed)
		errx(1, "copying: %s", strerror(-rc));
	return (double)skel->bss->took_ns / N_COPIES;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, N_RUNS, sizeof(*values), by_size);
	return values[N_RUNS / 2];
}

static void measure(uint32_t packet_bytes)
{
	static double map_ns[N_RUNS], perf_ns[N_RUNS];
	struct perf_event_mmap_page *ring;
	struct copy *skel = copy__open();

	if (!skel)
		err(1, "opening the programs");
	skel->rodata->packet_bytes = packet_bytes;
	bpf_map__set_max_entries(skel->maps.perf_rings, (uint32_t)libbpf_num_possible_cpus());
	if (copy__load(skel))
		errx(1, "loading the programs: %s", strerror(errno));
	ring = open_perf_ring(skel);
	for (int i = 0; i < N_RUNS; i++) {
		map_ns[i] = run(skel, skel->progs.to_map_ring, ring);
		perf_ns[i] = run(skel, skel->progs.to_perf_ring, ring);
	}
	printf("%u %.1f %.1f\n", packet_bytes, median(map_ns), median(perf_ns));
	munmap(ring, PAGE_BYTES + RING_BYTES);
	copy__destroy(skel);
}

int main(void)
{
	stay();
	measure(64);
	measure(512);
	measure(1500);
	return 0;
}

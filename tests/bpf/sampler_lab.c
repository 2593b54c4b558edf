// SPDX-License-Identifier: BSD-3-Clause
/*
 * sampler_lab.c: the programs, run by the kernel on packets of ours.
 */
#define _GNU_SOURCE
#include "sampler_lab.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../helper/host/privilege.h"
#include "../../helper/program/filter.h"
#include "trace.skel.h"
#include "xdpsample.skel.h"

struct sampler_lab lab;
unsigned char packet[LAB_PACKET_BYTES];

static struct xdps_error err;
static unsigned char scratch[XDPS_SCRATCH_BYTES];

static size_t counters_bytes(void)
{
	return lab.cpus.n_possible * sizeof(struct xdps_cpu);
}

static void open_reader(unsigned int i)
{
	const size_t page_bytes = sysconf(_SC_PAGESIZE);
	const struct xdps_rings *r = &lab.rings;

	if (r->kind == XDPS_RING_PERF)
		assert_int_equal(xdps_ring_init_perf(&lab.readers[i], r->maps[i],
						     page_bytes + r->ring_bytes, page_bytes), 0);
	else
		assert_int_equal(xdps_ring_init_map(&lab.readers[i],
						    (char *)lab.memory +
						    xdps_ring_map_bytes(i, r->ring_bytes),
						    r->ring_bytes, i, lab.counters,
						    lab.cpus.n_possible), 0);
}

static void open_readers(void)
{
	if (lab.rings.kind == XDPS_RING_MAP) {
		lab.memory_bytes = xdps_ring_map_bytes(lab.rings.n, lab.rings.ring_bytes);
		lab.memory = mmap(NULL, lab.memory_bytes, PROT_READ, MAP_SHARED,
				  lab.rings.map_fd, 0);
		assert_ptr_not_equal(lab.memory, MAP_FAILED);
	}
	lab.readers = calloc(lab.rings.n, sizeof(*lab.readers));
	assert_non_null(lab.readers);
	for (unsigned int i = 0; i < lab.rings.n; i++)
		open_reader(i);
}

void lab_load_beside(struct xdps_request request, const struct xdps_interface *iface,
		     const struct xdps_program *traced)
{
	const struct xdps_load load = {
		.request = &request,
		.iface = iface,
		.traced = traced,
		.fragments = &lab.fragments,
		.rings = &lab.rings,
		.n_cpus = lab.cpus.n_possible,
		.doing = "loading",
	};

	if (!request.ring)
		request.ring = lab.kind;
	xdps_fragments_find(&lab.fragments, traced);
	if (xdps_rings_open(&lab.rings, &request, &lab.cpus, NULL, "loading", &err) ||
	    xdps_object_load(&lab.object, &load, &err) ||
	    xdps_rings_assign(&lab.rings, &lab.cpus, lab.object.cpus_fd, &err))
		fail_msg("%s", err.text);
	assert_int_equal(xdps_object_put(&lab.object, bpf_program__fd(lab.object.sampler)), 0);
	lab.counters = mmap(NULL, counters_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED,
			    lab.object.cpus_fd, 0);
	assert_ptr_not_equal(lab.counters, MAP_FAILED);
	open_readers();
}

void lab_load(struct xdps_request request)
{
	lab_load_beside(request, NULL, NULL);
}

void run_on_cpu(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

static int make_lab(enum xdps_ring_kind kind)
{
	memset(&lab, 0, sizeof(lab));
	lab.kind = kind;
	lab.link_fd = -1;
	xdps_object_init(&lab.object);
	xdps_rings_init(&lab.rings);
	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = i * 7 + (i >> 8);
	if (xdps_cpus_read(&lab.cpus, &err)) {
		print_message("# %s\n", err.text);
		return -1;
	}
	run_on_cpu(lab.cpus.online[0]);
	return 0;
}

static int begin(void **state)
{
	const enum xdps_ring_kind *kind = *state;

	return make_lab(kind ? *kind : XDPS_RING_AUTO);
}

static int end(void **state)
{
	if (lab.memory && lab.memory != MAP_FAILED)
		munmap(lab.memory, lab.memory_bytes);
	if (lab.counters && lab.counters != MAP_FAILED)
		munmap(lab.counters, counters_bytes());
	if (lab.link_fd >= 0)
		close(lab.link_fd);
	free(lab.readers);
	xdps_rings_close(&lab.rings);
	xdps_object_free(&lab.object);
	return 0;
}

void lab_renew(void)
{
	end(NULL);
	assert_int_equal(make_lab(lab.kind), 0);
}

void lab_receive(uint32_t bytes, int times)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = packet, .data_size_in = bytes, .repeat = times);

	if (bpf_prog_test_run_opts(bpf_program__fd(lab.object.entry), &opts))
		fail_msg("%u bytes, %d times: %s", bytes, times, strerror(errno));
	assert_int_equal(opts.retval, XDP_PASS);
}

struct xdps_ring *reader(void)
{
	const unsigned int cpu = sched_getcpu();

	for (unsigned int i = 0; i < lab.cpus.n_online; i++)
		if (lab.cpus.online[i] == cpu)
			return &lab.readers[i];
	fail_msg("CPU %u has no ring", cpu);
	return NULL;
}

struct xdps_cpu *counters(void)
{
	return &lab.counters[sched_getcpu()];
}

struct xdps_packet lab_take_dated(int64_t *tai_offset_ns)
{
	struct xdps_packet pkt = { 0 };
	uint64_t mono_ns;

	assert_true(xdps_ring_peek(reader(), &mono_ns));
	xdps_ring_packet(reader(), scratch, &pkt, tai_offset_ns);
	assert_int_equal(pkt.mono_ns, mono_ns);
	xdps_ring_advance(reader());
	return pkt;
}

struct xdps_packet lab_take(void)
{
	int64_t tai_offset_ns;

	return lab_take_dated(&tai_offset_ns);
}

struct xdps_packet lab_take_part(uint32_t len, uint32_t caplen)
{
	const struct xdps_packet pkt = lab_take();

	assert_int_equal(pkt.len, len);
	assert_int_equal(pkt.caplen, caplen);
	assert_memory_equal(pkt.data, packet, caplen);
	return pkt;
}

uint64_t drain(void)
{
	uint64_t mono_ns, n = 0;

	while (xdps_ring_peek(reader(), &mono_ns)) {
		xdps_ring_advance(reader());
		n++;
	}
	assert_int_equal(reader()->broken, 0);
	return n;
}

void set_filter(uint32_t number, const struct xdps_insn *insns, uint32_t n)
{
	const struct xdps_filter_spec spec = {
		.number = number, .n_insns = n, .in_user_space = !n, .insns = insns,
	};
	enum xdps_filter place = XDPS_FILTER_NONE;
	struct xdps_error why;

	xdps_filter_set(&lab.object, &spec, &place, &why);
	if (why.status || place != (n ? XDPS_FILTER_KERNEL : XDPS_FILTER_USER))
		fail_msg("status %u, place %u: \"%s\"", why.status, place, why.text);
}

void want_from(uint32_t number, uint32_t len, uint32_t caplen)
{
	const struct xdps_insn insns[] = {
		{ .code = BPF_LD | BPF_W | BPF_LEN },
		{ .code = BPF_JMP | BPF_JGE | BPF_K, .jf = 1, .k = len },
		{ .code = BPF_RET | BPF_K, .k = caplen },
		{ .code = BPF_RET | BPF_K, .k = 0 },
	};

	set_filter(number, insns, ARRAY_SIZE(insns));
}

bool lab_has_no_fragments(void)
{
	if (lab.object.own ? lab.object.own->rodata->config.frags
			     : lab.object.trace->rodata->config.frags)
		return false;
	print_message("# this kernel has no XDP fragments (before 5.18)\n");
	return true;
}

int lab_run_sampler(const char *name, const struct CMUnitTest *tests, size_t n_tests)
{
	struct CMUnitTest in_a_lab[n_tests];

	if (!xdps_privilege_has(CAP_BPF) || !xdps_privilege_has(CAP_NET_ADMIN) ||
	    !xdps_privilege_has(CAP_PERFMON)) {
		puts("1..0 # SKIP needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON to load BPF programs");
		return 0;
	}
	for (size_t i = 0; i < n_tests; i++) {
		in_a_lab[i] = tests[i];
		in_a_lab[i].setup_func = begin;
		in_a_lab[i].teardown_func = end;
	}
	return _cmocka_run_group_tests(name, in_a_lab, n_tests, NULL, NULL);
}

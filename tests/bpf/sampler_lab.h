/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sampler_lab.h: the programs, run by the kernel on packets of ours.
 *
 * Loaded by the helper's loader, with the helper's rings, and read by the
 * engine's reader; BPF_PROG_TEST_RUN stands in for a network card.
 */
#ifndef SAMPLER_LAB_H
#define SAMPLER_LAB_H

#include "../../bpf/record.h"
#include "../../engine/ring.h"
#include "../../helper/host/cpus.h"
#include "../../helper/program/loader.h"
#include "../../helper/rings/rings.h"
#include "../unit/sentence.h"

#define LAB_PACKET_BYTES 9000

struct sampler_lab {
	enum xdps_ring_kind kind;	/* of the rings, unless asked otherwise */
	struct xdps_cpus cpus;
	struct xdps_fragments fragments;
	struct xdps_object object;
	struct xdps_rings rings;
	struct xdps_cpu *counters;	/* one for each CPU */
	struct xdps_ring *readers;	/* one for each ring */
	void *memory;			/* of the first map rings */
	size_t memory_bytes;
	int link_fd;			/* beside another program; else -1 */
};

extern struct sampler_lab lab;		/* of this test: empty before and after it */
extern unsigned char packet[LAB_PACKET_BYTES];

/*
 * Runs the tests, each in a lab of its own; or says why they are all skipped.  With
 * rings of the kind that the test's initial state points to, if it has one.
 */
int lab_run_sampler(const char *name, const struct CMUnitTest *tests, size_t n_tests);
#define LAB_RUN(name, tests) lab_run_sampler(name, tests, ARRAY_SIZE(tests))

void lab_load(struct xdps_request request);

/* The same for beside `traced`; nothing is attached. */
void lab_load_beside(struct xdps_request request, const struct xdps_interface *iface,
		     const struct xdps_program *traced);

/* Another lab within a test, to be loaded. */
void lab_renew(void);

void run_on_cpu(unsigned int cpu);

/* The first `bytes` of packet[] come in, `times` times, and pass. */
void lab_receive(uint32_t bytes, int times);

/* Of the CPU that we run on. */
struct xdps_ring *reader(void);
struct xdps_cpu *counters(void);

/* Takes the next packet, which has to be there; also with the offset of its record. */
struct xdps_packet lab_take(void);
struct xdps_packet lab_take_dated(int64_t *tai_offset_ns);

/* It is packet[], of which `len` bytes came in and `caplen` were taken. */
struct xdps_packet lab_take_part(uint32_t len, uint32_t caplen);

/* Takes all that is there, and says how many packets that was. */
uint64_t drain(void);

/* The filter is in the kernel from then on; no instructions: it is for user space. */
void set_filter(uint32_t number, const struct xdps_insn *insns, uint32_t n);

/* A filter that wants packets of this length and above, and so many of their bytes. */
void want_from(uint32_t number, uint32_t len, uint32_t caplen);

/* True, and says why: a packet cannot be longer than a page. */
bool lab_has_no_fragments(void);

#endif

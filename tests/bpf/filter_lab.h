/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter_lab.h: a translated filter alone, run by the kernel on packets of ours.
 *
 * An XDP program calls it, as the sampler does, with the packet or with a copy of its
 * first bytes, and writes down what it says.
 */
#ifndef FILTER_LAB_H
#define FILTER_LAB_H

#include "../../helper/program/translate.h"

/* What the filter said, and how much of the packet lay before its eyes. */
struct verdict {
	uint64_t filter;		/* XDPS_VERDICT */
	uint64_t linear;		/* bytes, or as many as were copied */
};

struct filter_lab {
	bool has_frags;
	enum xdps_memory memory;
	int copy_fd;			/* the map that has the copy */
	int map_fd;
	volatile struct verdict *said;	/* the map's only element */
};

/* For filters of this memory.  NULL, or why nothing can be tested here. */
const char *filter_lab_open(struct filter_lab *lab, enum xdps_memory memory);
void filter_lab_close(struct filter_lab *lab);

/*
 * A descriptor that is the caller's; -1: refused, and `why` (if not NULL) says by
 * which line of the verifier's log.
 */
int filter_lab_load(const struct filter_lab *lab, const struct xdps_code *code,
		    char *why, size_t size);

/* Fails the test if the kernel does not run it, or if it does not return XDP_PASS. */
struct verdict filter_lab_run(const struct filter_lab *lab, int prog_fd,
			      const unsigned char *data, uint32_t len);

/* How many bytes of a long packet can be read directly; 0: there are no fragments. */
uint32_t filter_lab_linear(const struct filter_lab *lab);

#endif

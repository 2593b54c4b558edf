/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ebpf.h: runs what the translator emits, and is as strict as the verifier.
 *
 * Stricter, even: it knows only the instructions that the translator has a use
 * for, jumps only go forward, and R1 to R3 stay as they are unless it has to call.  What
 * it cannot see is a way that no packet took; the verifier can.
 */
#ifndef XDPS_EBPF_H
#define XDPS_EBPF_H

#include "../../helper/program/translate.h"

/* A packet of which `linear` bytes can be read directly, or were copied, and `len` are there. */
struct ebpf_packet {
	const unsigned char *data;
	uint32_t linear;
	uint32_t len;
};

struct ebpf_fault {
	char text[128];
};

/*
 * Known instructions, with nothing in fields that they do not use; jumps to
 * instructions; none that no way leads to; nothing behind the last.
 */
bool ebpf_check(const struct xdps_code *code, struct ebpf_fault *fault);

/*
 * One that ebpf_check() takes.  Nothing is read before it is written; no byte of a
 * packet before a comparison with its end has shown that it is there; of a copy none
 * that was not copied, and only where comparisons with constants have shown that it
 * is in the map's value; of the kernel's memory none but the packet's, by a cast.
 */
bool ebpf_run(const struct xdps_code *code, enum xdps_memory memory,
	      const struct ebpf_packet *pkt, uint64_t *verdict, struct ebpf_fault *fault);

#endif

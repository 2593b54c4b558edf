/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * overhear.h: notices that somebody could not attach an XDP program because of ours.
 *
 * A BPF program at the kernel's tracepoint for errors of netlink notices it, before the
 * process that was refused is told.  The loaders of xdp-tools do not ask the kernel: one
 * that has ended, and has left our program where it is, did not succeed.
 *
 * That takes CAP_BPF and CAP_PERFMON, and a kernel that has the tracepoints, what the
 * program calls, and its own BTF (5.15).
 */
#ifndef XDPS_OVERHEAR_H
#define XDPS_OVERHEAR_H

#include "../../common/types.h"

#include "../host/interface.h"

struct xdpsrefusal;		/* the skeleton of bpf/refusal.bpf.c */
struct ring_buffer;

#define XDPS_WHO_BYTES 48

struct xdps_overhear {
	struct xdpsrefusal *skeleton;
	struct ring_buffer *ring;
	int fd;				/* readable if there may be something; -1: not open ... */
	int pidfd;			/* ... and when this loader has ended; -1: none */
	char loader[XDPS_WHO_BYTES];	/* its name */

	const struct xdps_interface *iface;
	char who[XDPS_WHO_BYTES];	/* the last one; "": nobody */
};

void xdps_overhear_init(struct xdps_overhear *o);

/*
 * From here on, nobody is missed.  `iface` has to outlive `*o`.  Takes some 10 ms, for
 * the kernel's BTF.  On failure `*o` is as after init, and `err` says why.
 */
enum xdps_status xdps_overhear_open(struct xdps_overhear *o, const struct xdps_interface *iface,
				    struct xdps_error *err);

/*
 * Was somebody refused since the last call because of the program on our interface, as far
 * as that can be known?  Then `o->who` is "NAME (process ID)".
 */
bool xdps_overhear_next(struct xdps_overhear *o);

void xdps_overhear_close(struct xdps_overhear *o);

#endif

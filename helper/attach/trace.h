/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace.h: runs our programs beside another one.
 *
 * The other program is traced (fentry, fexit): it stays what it is and where it is, and
 * its verdicts do not change.  The link ends with this process, as that to an interface
 * does.
 */
#ifndef XDPS_TRACE_H
#define XDPS_TRACE_H

#include "../program/loader.h"

/*
 * Can `t->traced` be traced as `ask` requires?  XDPS_UNSUPPORTED: it has no BTF, was not
 * compiled, or is in the card; XDPS_BAD_OPTION: its mode is not the one asked for.
 */
enum xdps_status xdps_trace_check(const struct xdps_target *t,
				  const struct xdps_interface *iface,
				  const struct xdps_request *request, struct xdps_error *err);

#define XDPS_REFUSAL_BYTES 192

/*
 * Writes the beginning of an error: "eth0: XDP program NAME (id 7, native mode) cannot be
 * traced, and is left alone"; or that a capture is there, which this one has to trace.
 */
void xdps_trace_refusal(const struct xdps_target *t, const struct xdps_interface *iface,
			const struct xdps_request *request, char *buf, size_t size);

/* Does it ask for what only tracing shows?  If not, captures can share their program. */
bool xdps_trace_is_asked_for(const struct xdps_request *request);

/*
 * `*link_fd` is then the caller's; closing it ends the tracing.  XDPS_BUSY: the kernel
 * does not trace the program, because another program replaces it
 * (xdps_target_use_only_component()).
 */
enum xdps_status xdps_trace_attach(int *link_fd, const struct xdps_object *p,
				   const char *refusal, struct xdps_error *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.h: a filter in libpcap's syntax.
 *
 * This is the only part that knows libpcap: its compiler and its interpreter for filters,
 * and the netmask of an interface, which the compiler needs.
 */
#ifndef EXTCAP_FILTER_H
#define EXTCAP_FILTER_H

#include "xdpsample.h"

struct filter;			/* compiled */

/*
 * Compiles a filter for packets of the interface `ifname`.  `*out` must then be passed to
 * filter_free(); it is NULL if there is no expression.  XDPS_BAD_FILTER: it is not a
 * valid filter, or it cannot run at the XDP hook.
 */
enum xdps_status filter_compile(struct filter **out, const char *expression,
				const char *ifname, enum xdps_link link, enum xdps_dir dir,
				struct xdps_error *err);
void filter_free(struct filter *f);

const struct xdps_insn *filter_insns(const struct filter *f, size_t *n);

/* Returns how many bytes of this packet the filter wants; 0: it rejects the packet. */
uint32_t filter_wants(const struct filter *f, const struct xdps_packet *pkt);

#endif

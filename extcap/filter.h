/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.h: a filter in libpcap's syntax.
 *
 * The only part that knows libpcap: its compiler and its machine for filters, and the
 * netmask of an interface, which the compiler wants.
 */
#ifndef EXTCAP_FILTER_H
#define EXTCAP_FILTER_H

#include "xdpsample.h"

struct filter;			/* compiled */

/*
 * For packets of the interface `ifname`.  `*out` is then to be given to filter_free();
 * NULL if there is no expression.
 * XDPS_BAD_FILTER: it is none, or none for the XDP hook.
 */
enum xdps_status filter_compile(struct filter **out, const char *expression,
				const char *ifname, enum xdps_link link, struct xdps_error *err);
void filter_free(struct filter *f);

const struct xdps_insn *filter_insns(const struct filter *f, size_t *n);

/* How many bytes of this packet it wants; 0: it rejects it. */
uint32_t filter_wants(const struct filter *f, const struct xdps_packet *pkt);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * describe.h: what the file says in words.
 */
#ifndef EXTCAP_DESCRIBE_H
#define EXTCAP_DESCRIBE_H

#include "pcapng.h"
#include "xdpsample.h"

#define WORDS_BYTES 768

/* All texts are cut where they end; `size` is that of `buf`. */

/* The processor; "" if it does not say. */
void describe_hardware(char *buf, size_t size);

/* "Linux 6.1.0-21-amd64" */
void describe_os(char *buf, size_t size);

/* The device that a program of libpcap would open for the same packets. */
void describe_device(char *buf, size_t size, const struct xdps_options *opt);

/* Which machine, which interface, where, beside what: `before` as it was then. */
void describe_point(char *buf, size_t size, const struct xdps_options *opt,
		    const struct xdps_listed *before);

/* What does not go without saying of what was asked for, notices too; "" if nothing. */
void describe_conditions(char *buf, size_t size, const struct xdps_options *opt,
			 struct xdps *x);

/* The account, `delivered` being what is in the file, and a notice, or "". */
void describe_statistics(char *buf, size_t size, const struct xdps_options *opt,
			 const struct xdps_stats *stats, uint64_t delivered,
			 const char *notice);

#endif

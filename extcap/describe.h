/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * describe.h: the texts in the file.
 */
#ifndef EXTCAP_DESCRIBE_H
#define EXTCAP_DESCRIBE_H

#include "pcapng.h"
#include "xdpsample.h"

#define WORDS_BYTES 768

/* All texts are truncated if they do not fit; `size` is that of `buf`. */

/* The processor; "" if it is not known. */
void describe_hardware(char *buf, size_t size);

/* "Linux 6.1.0-21-amd64" */
void describe_os(char *buf, size_t size);

/* The device that an application would open with libpcap for the same packets. */
void describe_device(char *buf, size_t size, const struct xdps_options *opt);

/* The machine, the interface, where, and beside what: `before` as it was at the start. */
void describe_point(char *buf, size_t size, const struct xdps_options *opt,
		    const struct xdps_listed *before, enum xdps_sent_place sent);

/* What the user should know about this capture, notices included; "" if nothing. */
void describe_conditions(char *buf, size_t size, const struct xdps_options *opt,
			 struct xdps *x);

/* The account, with `delivered` packets in the file, and a notice, or "". */
void describe_statistics(char *buf, size_t size, const struct xdps_options *opt,
			 const struct xdps_stats *stats, uint64_t delivered,
			 const char *notice);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kernel.h: what the kernel says about itself, for messages.
 *
 * No decision depends on a version: we try what the kernel can do.
 */
#ifndef XDPS_KERNEL_H
#define XDPS_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* From this value on, Debian's kernels require CAP_SYS_ADMIN and not CAP_PERFMON. */
#define XDPS_PARANOID_ADMIN 3

/* Returns false if the version cannot be read. */
bool xdps_kernel_is_before(unsigned int major, unsigned int minor);

/* kernel.perf_event_paranoid; -2 if it cannot be read. */
int xdps_kernel_perf_paranoid(void);

/* kernel.perf_event_mlock_kb, and the memory that is available; 0 if not known. */
uint64_t xdps_kernel_perf_mlock_kib(void);
uint64_t xdps_kernel_available_kib(void);

#endif

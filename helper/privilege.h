/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * privilege.h: the capabilities the helper has, lacks and gives up.
 */
#ifndef XDPS_PRIVILEGE_H
#define XDPS_PRIVILEGE_H

#include "../common/protocol.h"

/* Is CAP_... effective in this process? */
bool xdps_has_capability(int cap);

/* Is anything missing of what every capture needs? */
bool xdps_privilege_is_short(void);

/*
 * The kernel answered `errnum` to what `doing` says.  If that is EPERM or
 * EACCES, XDPS_NO_PERMISSION: which capabilities are missing, why they cannot
 * be had, and what helps; or XDPS_UNSUPPORTED where none is missing, and something
 * else forbids it.  Everything else is xdps_fail_errno().
 */
enum xdps_status xdps_privilege_fail(struct xdps_error *err, int errnum,
				     const char *doing);

/* The same of a perf ring. */
enum xdps_status xdps_privilege_fail_perf(struct xdps_error *err, int errnum,
					  const char *doing);

/* The same for what takes CAP_... `cap`, and most captures do without. */
enum xdps_status xdps_privilege_fail_for(struct xdps_error *err, int errnum, int cap,
					 const char *doing);

/* The same after xdps_privilege_drop(), when rings need nothing any more. */
enum xdps_status xdps_privilege_fail_filter(struct xdps_error *err, int errnum,
					    const char *doing);

/* The command that gives the helper's file all that perf rings need, for root to run. */
void xdps_privilege_remedy(char *buf, size_t size);

/* What a capture may have to do while it runs, besides changing the filter; or'ed. */
enum xdps_purpose {
	XDPS_TO_FIND = 1,		/* a program (target.h) */
	XDPS_TO_OPEN_PERF = 2,		/* rings, for CPUs that come online (arrivals.h) */
};

/*
 * Keeps what changing the filter needs, as far as it is there: CAP_BPF,
 * CAP_NET_ADMIN and CAP_PERFMON; CAP_SYS_ADMIN only where that stands for one of these, to
 * find a program, or to open perf rings where they take it, with CAP_IPC_LOCK.  Makes sure
 * that nothing can come back.
 */
enum xdps_status xdps_privilege_drop(enum xdps_purpose purpose, struct xdps_error *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * privilege.h: the capabilities that the helper has, lacks and gives up.
 */
#ifndef XDPS_PRIVILEGE_H
#define XDPS_PRIVILEGE_H

#include "../../common/types.h"

/* Is CAP_... effective in this process? */
bool xdps_privilege_has(int cap);

/* Is anything missing that every capture needs? */
bool xdps_privilege_is_short(void);

/*
 * Reports that the kernel returned `rc`, a negative errno, for what `doing` says.  If it
 * is -EPERM or -EACCES, the status is XDPS_NO_PERMISSION, and the sentence says which
 * capabilities are missing, why they cannot be obtained, and what helps; or it is
 * XDPS_UNSUPPORTED, if none is missing and something else forbids it.  Any other errno
 * goes to xdps_fail_errno().
 */
enum xdps_status xdps_privilege_fail(struct xdps_error *err, int rc,
				     const char *doing);

/* The same for a perf ring. */
enum xdps_status xdps_privilege_fail_perf(struct xdps_error *err, int rc,
					  const char *doing);

/* The same for what requires the capability `cap`, which most captures do not need. */
enum xdps_status xdps_privilege_fail_for(struct xdps_error *err, int rc, int cap,
					 const char *doing);

/* The same after xdps_privilege_drop(), when rings need no privilege any more. */
enum xdps_status xdps_privilege_fail_filter(struct xdps_error *err, int rc,
					    const char *doing);

/* The command, for root, that gives the helper's file everything that perf rings need. */
void xdps_privilege_remedy(char *buf, size_t size);

/* What a capture may have to do while it runs, besides changing the filter; or'ed. */
enum xdps_purpose {
	XDPS_TO_FIND = 1,		/* a program (target.h) */
	XDPS_TO_OPEN_PERF = 2,		/* rings, for CPUs that come online (arrivals.h) */
};

/*
 * Keeps what changing the filter needs, as far as it is there: CAP_BPF, CAP_NET_ADMIN and
 * CAP_PERFMON.  Keeps CAP_SYS_ADMIN only if it stands for one of these, to find a
 * program, or to open perf rings where they require it.  To open perf rings, it also
 * keeps CAP_IPC_LOCK.  Makes sure that nothing can come back.
 */
enum xdps_status xdps_privilege_drop(enum xdps_purpose purpose, struct xdps_error *err);

#endif

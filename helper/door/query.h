/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * query.h: reports what is on an interface, to a user who has not chosen one yet.
 */
#ifndef XDPS_QUERY_H
#define XDPS_QUERY_H

#include "../../common/types.h"

/*
 * Sends a reply for each program on the interface, and then one that says that these were
 * all, or why it could not find out, which is no failure of ours.  Attaches nothing and
 * keeps nothing.
 */
enum xdps_status xdps_query(int sock, const char *ifname, struct xdps_error *err);

#endif

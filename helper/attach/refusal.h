/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refusal.h: what somebody wanted who could not attach or detach an XDP program.
 */
#ifndef XDPS_ATTACH_REFUSAL_H
#define XDPS_ATTACH_REFUSAL_H

#include <net/if.h>
#include <stdbool.h>

#include "../../bpf/refusal.h"

/* Where the program is that is in the way, seen from the interface that was asked for. */
enum xdps_obstacle {
	XDPS_OBSTACLE_NONE,		/* something else was the matter */
	XDPS_OBSTACLE_THERE,
	XDPS_OBSTACLE_ABOVE,		/* on a bond or a VLAN, for example */
	XDPS_OBSTACLE_BELOW,		/* there, or on an interface of this bond */
};

struct xdps_wish {
	enum xdps_obstacle obstacle;
	bool is_known;			/* one of these two says which interface was meant */
	int ifindex;			/* 0: `name` does */
	char name[IF_NAMESIZE];
};

/* Reads the request, which is some process's own.  Makes no system call. */
struct xdps_wish xdps_refusal_read(const struct xdps_refusal *r);

/* Is it a command of xdp-tools that is to load a program on this interface? */
bool xdps_refusal_is_loader(const struct xdps_refusal *r, const char *ifname);

#endif

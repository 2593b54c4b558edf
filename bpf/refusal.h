/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refusal.h: what refusal.bpf.c tells the helper: somebody could not attach an XDP program,
 * or is about to find out.
 *
 * Fixed widths, explicit padding, no pointers.
 */
#ifndef XDPS_REFUSAL_H
#define XDPS_REFUSAL_H

#include <linux/types.h>

#define XDPS_REFUSAL_TEXT_BYTES 96	/* the longest that is looked for has 62 characters */
#define XDPS_REFUSED_BYTES 512		/* the first of the request; an XDP request has some 60 */

/* In which namespace to look, and the numbers of the system calls that can be read. */
struct xdps_refusal_config {
	__u32 netns;		/* its inode */
	__s32 nr_sendmsg;
	__s32 nr_sendto;
	__s32 nr_bpf;
};

/* What the request is. */
enum xdps_refused {
	XDPS_REFUSED_UNKNOWN,	/* it came by another system call */
	XDPS_REFUSED_NETLINK,	/* messages of rtnetlink */
	XDPS_REFUSED_LINK,	/* union bpf_attr of BPF_LINK_CREATE */
	XDPS_STARTED_COMMAND,	/* not refused: it starts, with these arguments */
};

struct xdps_refusal {
	__u32 pid;		/* of that process */
	__u32 what;		/* enum xdps_refused */
	__u32 bytes;		/* in `request`, which is cut off if it has more */
	__u32 reserved;
	char comm[16];
	char text[XDPS_REFUSAL_TEXT_BYTES];	/* what the kernel says, NUL-terminated; or "" */
	__u8 request[XDPS_REFUSED_BYTES];
};

_Static_assert(sizeof(struct xdps_refusal_config) == 16, "no padding");
_Static_assert(sizeof(struct xdps_refusal) == 32 + XDPS_REFUSAL_TEXT_BYTES + XDPS_REFUSED_BYTES,
	       "no padding");

#endif

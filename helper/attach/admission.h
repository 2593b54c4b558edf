/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admission.h: how one capture lets another one into its hook.
 *
 * Helpers of different users do this with each other, and strangers can try.  Each capture
 * that has its own program on an interface listens on a socket (AF_UNIX, SOCK_SEQPACKET)
 * with an abstract name, which the kernel keeps unique for each network namespace.  The name
 * has the number of its slot in the chain: whoever has the name owns the slot, and the kernel
 * takes it back when that process ends.
 *
 *	host	XDPS_ADMISSION_CHALLENGE with a map of programs, made for this guest
 *	guest	puts an XDP program into it, and sends XDPS_ADMISSION_PROVED
 *	host	XDPS_ADMISSION_GRANT with its link and the maps of the chain
 *
 * Descriptors of links and maps are as good as the privilege to replace what is attached.
 * So they go only to a process that may load XDP programs itself.  The name of the map has
 * the guest's process ID: a guest proves nothing in a map that was made for somebody else,
 * who would have it do so in its place.
 *
 * Closing a descriptor can block, so none is accepted from a guest, and what a host sends is
 * received by a process of its own (join.c).
 */
#ifndef XDPS_ADMISSION_H
#define XDPS_ADMISSION_H

#include <sys/types.h>

#include "../host/interface.h"

/* A part of the name.  Changes with what the samplers of one chain have to agree on. */
#define XDPS_CHAIN_VERSION 2

/*
 * How long a guest waits for all hosts together, and a host for each guest.  On a busy machine,
 * a host can be half a second away: it is loading a filter, or has begun itself just now.
 */
#define XDPS_ADMISSION_MS 2000

enum xdps_admission_step {
	XDPS_ADMISSION_CHALLENGE = 0x58445331,
	XDPS_ADMISSION_PROVED,
	XDPS_ADMISSION_GRANT,
};

/* The descriptors of a grant, in this order. */
enum {
	XDPS_GRANT_LINK,		/* the entry's, to the interface */
	XDPS_GRANT_SLOTS,
	XDPS_GRANT_MEMBERS,
	XDPS_GRANT_TAGS,
	XDPS_N_GRANT,
};

/* A socket that has the name of a slot.  Returns -1 if somebody else has it, or -errno. */
int xdps_admission_bind(const struct xdps_interface *iface, int slot);

/* A socket that is connected to the owner of a slot.  Never waits.  -1: there is none. */
int xdps_admission_connect(const struct xdps_interface *iface, int slot);

/* Never waits.  Return false if the peer is gone, or did something else. */
bool xdps_admission_send(int sock, enum xdps_admission_step step, const int *fds,
			 unsigned int n_fds);
bool xdps_admission_receive(int sock, enum xdps_admission_step step, int *fds,
			    unsigned int n_fds);

/* Makes a map in which only process `pid` can prove something.  Returns it, or -errno. */
int xdps_admission_challenge(pid_t pid);

/* Proves it for the process `pid`, for which the map has to be made. */
bool xdps_admission_prove(int map_fd, pid_t pid);
bool xdps_admission_is_proved(int map_fd);

#endif

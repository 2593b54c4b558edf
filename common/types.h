/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * types.h: the vocabulary that the engine and the helper share.
 *
 * Enumerations, structures and limits, and no behaviour.
 */
#ifndef XDPS_TYPES_H
#define XDPS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum xdps_status {
	XDPS_OK,
	XDPS_TIMEOUT,		/* nothing came in time */
	XDPS_WOKEN,		/* by xdps_wake() */
	XDPS_BAD_OPTION,
	XDPS_BAD_FILTER,	/* no program that a filter could be */
	XDPS_NO_DEVICE,
	XDPS_NO_PERMISSION,	/* a privilege is lacking that would do */
	XDPS_BUSY,		/* another XDP program is on the interface, or another reader reads */
	XDPS_UNSUPPORTED,	/* by the kernel, what guards it, the driver or the interface */
	XDPS_GONE,		/* the interface disappeared while capturing */
	XDPS_FAILED,
};

/*
 * What went wrong: a status to act on, a sentence to show.  The sentence is
 * complete by itself: it names the thing, what was tried, what the system
 * answered and, where there is something, what would work.
 */
struct xdps_error {
	enum xdps_status status;
	char text[256];		/* as long as libpcap's errbuf */
};

enum xdps_mode {
	XDPS_MODE_AUTO,		/* native, else generic; on a veth generic */
	XDPS_MODE_NATIVE,
	XDPS_MODE_GENERIC,
};

/* Where, beside another XDP program. */
enum xdps_point {
	XDPS_POINT_ENTRY,	/* before it runs */
	XDPS_POINT_EXIT,	/* after it has decided */
};

/* What an XDP program can decide: enum xdp_action of Linux. */
enum xdps_action {
	XDPS_ACTION_ABORTED,
	XDPS_ACTION_DROP,
	XDPS_ACTION_PASS,
	XDPS_ACTION_TX,
	XDPS_ACTION_REDIRECT,
	XDPS_N_ACTIONS,
	XDPS_ACTION_UNDECIDED = 255,
};

/* Through what packets come. */
enum xdps_ring_kind {
	XDPS_RING_AUTO,		/* as said at ring= in pcap-xdpsample(7) */
	XDPS_RING_PERF,		/* the kernel's perf rings */
	XDPS_RING_BPF,		/* memory of a BPF map */
};

enum xdps_link {
	XDPS_LINK_ETHERNET,
	XDPS_LINK_IP,		/* packets begin with the IP header */
};

enum xdps_filter {
	XDPS_FILTER_NONE,	/* none was set */
	XDPS_FILTER_KERNEL,	/* at the hook: what it rejects costs next to nothing */
	XDPS_FILTER_USER,	/* every packet comes, and the caller has to ask it */
};

/*
 * An instruction of classic BPF, which filters are made of: struct bpf_insn of
 * libpcap, struct sock_filter of Linux.
 */
struct xdps_insn {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

#define XDPS_SNAPLEN_MAX 65000u		/* a perf record can carry no more */
#define XDPS_IFNAME_CHARS 127		/* of an alternative name (ip-link(8), altname) */
#define XDPS_PROG_CHARS 127		/* of a program's name: KSYM_NAME_LEN before 6.1 */
#define XDPS_LISTED_PROGRAMS_MAX 11	/* one, and the components of libxdp's dispatcher */
#define XDPS_HOLD_MAX_US 1000000u
#define XDPS_HOLD_DEFAULT_US 1000u

/* What is asked of a capture: by the device name, by the program, by the engine. */
struct xdps_request {
	char ifname[XDPS_IFNAME_CHARS + 1];	/* or an alternative name; NUL-terminated */
	uint32_t mode;		/* enum xdps_mode */
	uint32_t rate;		/* one packet in so many; 1: all */
	uint32_t snaplen;	/* bytes to copy, 1..XDPS_SNAPLEN_MAX */
	uint32_t immediate;	/* 0, 1: wake the reader for each packet */
	uint32_t promisc;	/* 0, 1 */
	uint32_t point;		/* enum xdps_point */
	uint32_t actions;	/* 1 << enum xdps_action, or'ed: only these; 0: all */
	char prog[XDPS_PROG_CHARS + 1];	/* name or id of the program to trace; "": any */
	uint32_t ring;		/* enum xdps_ring_kind */
	uint64_t buffer_bytes;	/* for all rings together; 0: at least 2 MiB a CPU */
};

/*
 * What became of the packets that passed the hook since xdps_open(), all CPUs
 * together.  Exact at any moment: seen = rejected + passed_over + taken + lost.
 */
struct xdps_stats {
	uint64_t seen;
	uint64_t rejected;	/* by the filter, in the kernel */
	uint64_t passed_over;	/* not chosen by the sampling rate */
	uint64_t taken;		/* in a ring or about to be, or delivered from there */
	uint64_t lost;		/* there was no room in the ring */
	uint64_t released;	/* of those taken: xdps_release() let them go */
	uint64_t late;		/* delivered, but younger ones had gone before */
};

#endif

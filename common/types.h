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
	XDPS_BAD_FILTER,	/* not a valid filter program */
	XDPS_NO_DEVICE,
	XDPS_NO_PERMISSION,	/* a privilege is missing */
	XDPS_BUSY,		/* another XDP program is attached, or another reader reads */
	XDPS_UNSUPPORTED,	/* by kernel, security policy, driver or interface */
	XDPS_GONE,		/* the interface disappeared while capturing */
	XDPS_FAILED,
};

/*
 * What went wrong: a status to act on and a sentence to show.  The sentence is complete
 * by itself: it names the object, what was tried, what the system answered and, if there
 * is something, what would work.
 */
struct xdps_error {
	enum xdps_status status;
	char text[256];		/* as long as libpcap's errbuf */
};

enum xdps_mode {
	XDPS_MODE_AUTO,		/* native, else generic; generic on a veth */
	XDPS_MODE_NATIVE,
	XDPS_MODE_GENERIC,
};

/* Where to capture, beside another XDP program. */
enum xdps_point {
	XDPS_POINT_ENTRY,	/* before it runs */
	XDPS_POINT_EXIT,	/* after it has decided */
};

/* What an XDP program can decide: enum xdp_action in Linux. */
enum xdps_action {
	XDPS_ACTION_ABORTED,
	XDPS_ACTION_DROP,
	XDPS_ACTION_PASS,
	XDPS_ACTION_TX,
	XDPS_ACTION_REDIRECT,
	XDPS_N_ACTIONS,
	XDPS_ACTION_UNDECIDED = 255,
};

/* Which packets of the interface: those that it receives, sends, or both. */
enum xdps_dir {
	XDPS_DIR_IN,
	XDPS_DIR_OUT,
	XDPS_DIR_BOTH,
};

/* Where sent packets are captured. */
enum xdps_sent_place {
	XDPS_SENT_NOWHERE,
	XDPS_SENT_AT_TCX,	/* a program at tcx egress (Linux 6.6) */
	XDPS_SENT_AT_SOCKET,	/* a program at a packet socket that takes nothing */
};

/* How packets are transported. */
enum xdps_ring_kind {
	XDPS_RING_AUTO,		/* see ring= in pcap-xdpsample(7) */
	XDPS_RING_PERF,		/* the kernel's perf rings */
	XDPS_RING_MAP,		/* map rings: values of an array map */
};

enum xdps_link {
	XDPS_LINK_ETHERNET,
	XDPS_LINK_IP,		/* packets begin with the IP header */
};

enum xdps_filter {
	XDPS_FILTER_NONE,	/* none was set */
	XDPS_FILTER_KERNEL,	/* at the hook: a rejected packet costs next to nothing */
	XDPS_FILTER_USER,	/* the caller gets every packet and has to run the filter */
};

/*
 * An instruction of classic BPF, of which filters are made: struct bpf_insn in libpcap,
 * struct sock_filter in Linux.
 */
struct xdps_insn {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

#define XDPS_SNAPLEN_MAX 65000u		/* more does not fit into a perf record */
#define XDPS_IFNAME_CHARS 127		/* longest alternative name (ip-link(8), altname) */
#define XDPS_PROG_CHARS 127		/* longest program name: KSYM_NAME_LEN before 6.1 */
#define XDPS_LISTED_PROGRAMS_MAX 11	/* one, and the components of libxdp's dispatcher */
#define XDPS_HOLD_MAX_US 1000000u
#define XDPS_HOLD_DEFAULT_US 1000u

#define XDPS_RINGS_MAX 4096
#define XDPS_RING_BYTES_DEFAULT (2u << 20)	/* for each CPU, at least ... */
#define XDPS_MAP_RINGS_BYTES_DEFAULT (32u << 20)	/* ... and for all map rings together */
#define XDPS_RING_BYTES_MAX (1u << 30)		/* for each CPU, of a perf ring */
#define XDPS_MAP_RING_BYTES_MAX (1u << 28)	/* of a map ring: the verifier's BPF_MAX_VAR_OFF */
#define XDPS_WATERMARK_PART 4			/* wake the reader at a quarter full */
#define XDPS_FILTER_NUMBER 1u			/* of the filter loaded first: accepts all */
#define XDPS_FILTER_INSNS_MAX 4096u		/* BPF_MAXINSNS in libpcap and Linux */

/* Why dir=out is refused; after what it is refused for. */
#define XDPS_ONLY_SENT_TEXT \
	"dir=out cannot be combined with point=exit, action= or prog=: no XDP program runs for packets that are sent; use dir=both, or remove them"

/* What a capture is asked for, by the device name, the application and the engine. */
struct xdps_request {
	char ifname[XDPS_IFNAME_CHARS + 1];	/* or an alternative name; NUL-terminated */
	uint32_t mode;		/* enum xdps_mode */
	uint32_t rate;		/* sample 1 in so many packets; 1: all */
	uint32_t snaplen;	/* bytes to copy, 1..XDPS_SNAPLEN_MAX */
	uint32_t immediate;	/* 0, 1: no batching, one wake-up for each packet */
	uint32_t promisc;	/* 0, 1 */
	uint32_t point;		/* enum xdps_point */
	uint32_t actions;	/* 1 << enum xdps_action, or'ed: only these; 0: all */
	char prog[XDPS_PROG_CHARS + 1];	/* name or id of the program to trace; "": any */
	uint32_t ring;		/* enum xdps_ring_kind */
	uint32_t follow;	/* 0, 1: go on when the program beside it is replaced or gone */
	uint32_t yield;		/* 0, 1: make room for a program that could not be attached */
	uint32_t dir;		/* enum xdps_dir */
	uint32_t reserved;
	uint64_t buffer_bytes;	/* for all rings together; 0: at least 2 MiB per CPU */
};

/*
 * Everything that a capture can be asked for: what the helper is told, and what only the
 * engine needs.  xdps_options_parse() sets the fields that a device name can hold; the
 * application's own calls set snaplen, immediate, promisc and buffer_bytes.
 */
struct xdps_options {
	struct xdps_request request;
	uint32_t hold_us;	/* how long to wait for older packets, if ... */
	bool hold_given;	/* ... this; else XDPS_HOLD_DEFAULT_US, or 0 if immediate */
	uint32_t batch_us;	/* how long packets may be batched */
};

/* For one direction; exact at any moment: seen = rejected + unsampled + taken + lost. */
struct xdps_counts {
	uint64_t seen;
	uint64_t rejected;	/* by the filter, in the kernel */
	uint64_t unsampled;	/* skipped by the sampling rate */
	uint64_t taken;		/* in a ring or about to be, or delivered from one */
	uint64_t lost;		/* no room in the ring */
};

/*
 * What became of the packets that passed since xdps_open(), on all CPUs together.  The
 * first five are the sums of both directions, and as exact.
 */
struct xdps_stats {
	uint64_t seen;
	uint64_t rejected;
	uint64_t unsampled;
	uint64_t taken;
	uint64_t lost;
	struct xdps_counts sent;	/* of those; the others were received */
	uint64_t released;	/* of those taken: released by xdps_release() */
	uint64_t late;		/* delivered after younger ones */
};

#endif

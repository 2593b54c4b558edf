/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record.h: everything that the BPF programs and user space agree on.
 *
 * It is included by the BPF programs, by the helper, which configures and loads them, and
 * by the engine's ring.c and counters.c, which read what they wrote.  Fixed widths,
 * explicit padding, no pointers.
 */
#ifndef XDPS_RECORD_H
#define XDPS_RECORD_H

#include <linux/types.h>

/*
 * In bytes.  A perf record stores its size in 16 bits and wraps silently above that
 * (struct perf_event_header); this is the round number safely below.
 */
#define XDPS_CAPLEN_MAX 65000

/*
 * The offset between the clocks in a record is at most this much too large, and never too
 * small: it includes the time between the two readings.
 */
#define XDPS_TAI_OFFSET_ERROR_NS 1000

/*
 * What a filter returns for a packet; 0: the packet is rejected.  The lower half is how many
 * bytes of it are wanted, at most the snapshot length, or XDPS_CAPLEN_MAX if user space has
 * to judge the packet.  The upper half is the number of the filter, which goes into the
 * record.  From that the reader knows which packets passed which filter.
 */
#define XDPS_VERDICT(filter, bytes) ((__u64)(filter) << 32 | (__u32)(bytes))

/*
 * A filter that returns the same for every packet is not called, and the length of
 * packets is not determined for it.  Two constants in the sampler's instructions say
 * which it is (helper/program/filter.c).  The first has this value in its upper half, and 1 in
 * its lower half if the filter has to be called.  The second is what the filter always
 * returns, if not.
 */
#define XDPS_FILTER_MARK 0x58445053

/* A constant in filter_tagged() of bpf/xdpsample.bpf.c, by which it is told from filter(). */
#define XDPS_FILTER_TAGGED_MARK 0x58445054

#define XDPS_FILTER_UNDECIDED 0u	/* user space has to judge the packet */
#define XDPS_FILTER_FIRST 1u		/* the one loaded first: accepts everything */

#define XDPS_ACTION_NONE 0xff

/* Which way a packet goes. */
#define XDPS_RECEIVED 0
#define XDPS_SENT 1

/*
 * Beside another program, on kernels before 6.2, a filter sees a copy of the first bytes:
 * a tracing program has no direct access to a packet.
 */
#define XDPS_COPY_BYTES 512

/*
 * How the address of a page is computed (x86_64): the kernel has all memory in one piece,
 * and a struct page for each page of it in another.  bpf/pages.bpf.c finds them.
 */
struct xdps_pages {
	__u64 memory_at;
	__u64 pages_at;
};

/* How a program is to work.  It is read-only for the program, and set before it is loaded. */
struct xdps_config {
	__u64 n_gaps;		/* 0..n_gaps-1 packets are skipped between two; 1: none */
	__u32 snaplen;		/* bytes to copy, 1..XDPS_CAPLEN_MAX */
	__u32 ring_bytes;	/* of a map ring, without its margin; a power of two */
	__u8 frags;		/* bpf_xdp_get_buff_len() and ..._load_bytes() exist (5.18) */
	__u8 tai;		/* bpf_ktime_get_tai_ns() exists (6.1) */
	__u8 lowers;		/* beside a program that may run on lower interfaces, too */
	__u8 tags;		/* the entry leaves VLAN tags for the samplers (6.8) */

	/* beside another program, which may be on other interfaces too */
	__u32 ifindex;		/* take only packets of this one ... */
	__u32 netns;		/* ... in this namespace (its inode); 0: in all */
	__u32 actions;		/* a bit for each action; 0: all */

	__u32 more_rings;	/* 1: map rings may be added while the program runs */
	__u32 reserved1;

	struct xdps_pages pages;	/* beside another program, if frags is set */

	__u64 later_members;	/* alone: a mask of the bytes of all later slots in the chain */
};

/*
 * Captures that share a hook have their samplers in a chain: the entry calls the one in the
 * first slot, and each sampler the next one.
 */
#define XDPS_CHAIN_MAX 8

/* What the captures of a chain share besides the program array, in a mapped array. */
struct xdps_members {
	/*
	 * A byte for each slot; 0: nobody is there.  The helpers set it
	 * (helper/attach/chain.h).  A capture that is alone does not try seven empty slots.
	 */
	__u64 slots;
	__u64 has_tags;		/* 1: the entry is the one of bpf/tag.bpf.c */
};

/* Beside another program, the entry and the sampler call these by their index in "slot". */
#define XDPS_SLOT_SAMPLER 0
#define XDPS_SLOT_FRAGMENTS 1	/* for packets in fragments */
#define XDPS_N_SLOTS 2

/*
 * A map ring: the memory of one CPU's ring is a value of an array map, which the program
 * and the reader share.  A record lies at its position modulo the ring's size, at a
 * multiple of 8, and is never split: a record that begins near the end continues in the
 * margin behind it.  The margin is larger than the largest record: beside another program
 * the verifier has to see that there is room for one more piece of a packet.
 */
#define XDPS_RING_MARGIN_BYTES (68 << 10)

/*
 * The rings of the CPUs that were online at first are the values of one map.  Each ring
 * that is made later is the only value of a map of its own.
 */
#define XDPS_NO_RING (~0U)
#define XDPS_NEVER (~0ULL)

/*
 * Counters of the packets of one direction on one CPU, and written by it only; they never
 * go back.  Every packet is rejected, unsampled or chosen, so the sum of those three is the
 * number of packets seen, at any moment.  A packet that was chosen and not lost was taken.
 */
struct xdps_tally {
	__u64 rejected;		/* by the filter */
	__u64 unsampled;	/* by the sampling rate */
	__u64 chosen;		/* counted before the reader can see the packet */
	__u64 lost;		/* of those: the ring had no room, or there was no ring */

	__u64 gap;		/* packets to skip before one is chosen */
};

/*
 * What the program and the reader share for one CPU, in a mapped array that holds one of
 * these for each possible CPU.  The program writes the first half and the reader the
 * second, because each write to a cache line takes it from the other's cache.
 */
struct xdps_cpu {
	struct xdps_tally received;
	__u64 head;		/* bytes ever written to the map ring */
	__u32 ring;		/* its index, or XDPS_NO_RING; the helper sets it */
	__u32 writing;		/* 1: the program is writing a record */
	__u64 ringless;		/* of all lost ones: there was no ring, or it was dead */

	/* the program's own state */
	__s64 tai_offset_ns;	/* CLOCK_TAI - CLOCK_MONOTONIC ... */
	__u64 tai_read_ns;	/* ... as it was at this monotonic time */
	struct xdps_tally sent;
	__u64 reserved1;

	/* written by the reader */
	__u64 tail;		/* bytes ever read from the map ring */
	__u64 wake_at;		/* ring the doorbell when the head gets here, and set this ... */
	__u64 reserved2[14];	/* ... to XDPS_NEVER */
} __attribute__((aligned(64)));

/* The header of a packet in the ring. */
struct xdps_record {
	__u64 mono_ns;		/* CLOCK_MONOTONIC when the program ran */
	__s64 tai_offset_ns;	/* CLOCK_TAI - CLOCK_MONOTONIC; 0: not known */
	__u32 len;		/* bytes of the packet, fragments included */
	__u32 caplen;		/* bytes that follow */
	__u16 queue;		/* on which it was received, or will be sent */
	__u8 action;		/* enum xdp_action; XDPS_ACTION_NONE: not decided yet */
	__u8 direction;		/* XDPS_RECEIVED, XDPS_SENT */
	__u32 filter;		/* number of the filter that accepted it */
};

_Static_assert(sizeof(struct xdps_config) == 64, "no padding");
_Static_assert(sizeof(struct xdps_cpu) == 256, "a power of two, to be found by a shift");
_Static_assert(sizeof(struct xdps_record) == 32, "no padding");
_Static_assert(XDPS_RING_MARGIN_BYTES >= sizeof(struct xdps_record) + XDPS_CAPLEN_MAX,
	       "room for the largest record");

#endif

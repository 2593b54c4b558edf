/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * sample.h: what all samplers have in common: maps, sampling rate, time, length.
 *
 * Each object includes it once.  What does not depend on the packet is in .rodata, so
 * that the verifier removes the branches that a configuration does not take.
 */
#ifndef XDPS_SAMPLE_H
#define XDPS_SAMPLE_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>

#include "record.h"

#define NSEC_PER_USEC 1000

/*
 * The maximum age of the offset between the clocks.  It changes only when somebody sets
 * the clock.  Reading it for each packet would double the cost of the time stamp, which
 * is a third of what a packet costs.
 */
#define TAI_OFFSET_AGE_NS (100 * NSEC_PER_USEC)

const volatile struct xdps_config config;

/* One perf ring for each CPU; the loader sets how many there are. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} perf_rings SEC(".maps");

/* One value for each of these CPUs; the reader maps the whole array. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct xdps_cpu);
} cpus SEC(".maps");

static __always_inline struct xdps_cpu *this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpus, &cpu);
}

/* A random number below n, which has at most 33 bits: scales 31 random bits. */
static __always_inline __u64 random_below(__u64 n)
{
	return (bpf_get_prandom_u32() >> 1) * n >> 31;
}

/*
 * How many packets to skip before the first one: the smaller of two different random
 * numbers, which is what remains of a gap at a random time.  So the first packets have
 * the same chance as all others.
 */
static __always_inline __u64 first_gap(void)
{
	__u64 a = random_below(config.n_gaps + 1), b = random_below(config.n_gaps);

	if (b >= a)
		b++;
	return a < b ? a : b;
}

/*
 * Samples 1 in N packets, at the cost of a decrement.  When a packet is chosen, this
 * draws how many to skip before the next one: any number from none to twice the mean.
 */
static __always_inline int chosen(struct xdps_tally *t)
{
	if (config.n_gaps == 1)
		return 1;
	if (!t->gap && !t->chosen && !t->unsampled)
		t->gap = first_gap();
	if (t->gap) {
		t->gap--;
		return 0;
	}
	t->gap = random_below(config.n_gaps);
	return 1;
}

/*
 * CLOCK_TAI is CLOCK_MONOTONIC plus an offset that a BPF program cannot read by itself.
 * An interrupt between the two readings would be taken for a part of the offset.  In that
 * case the old one stays, and the next packet tries again.
 */
static __always_inline void read_tai_offset(struct xdps_cpu *c, __u64 mono_ns)
{
	__u64 tai_ns = bpf_ktime_get_tai_ns();

	if (bpf_ktime_get_ns() - mono_ns >= XDPS_TAI_OFFSET_ERROR_NS)
		return;
	c->tai_offset_ns = tai_ns - mono_ns;
	c->tai_read_ns = mono_ns;
}

/*
 * Packets are ordered by the monotonic clock, which nobody can set, and dated by the
 * offset to a clock that somebody may set.
 */
static __always_inline void stamp(struct xdps_record *rec, struct xdps_cpu *c)
{
	rec->mono_ns = bpf_ktime_get_ns();
	if (config.tai && rec->mono_ns - c->tai_read_ns > TAI_OFFSET_AGE_NS)
		read_tai_offset(c, rec->mono_ns);
	rec->tai_offset_ns = c->tai_offset_ns;
}

/*
 * Always true: a packet has so many bytes.  Before 6.8, only this shows the verifier that
 * the number is not 0.
 */
static __always_inline int is_plausible(__u64 *bytes)
{
	(*bytes)--;
	asm volatile("" : "+r"(*bytes));
	if (*bytes >= XDPS_CAPLEN_MAX)
		return 0;
	(*bytes)++;
	return 1;
}

#define TEXT_OF(x) TEXT(x)
#define TEXT(x) #x

/*
 * The two constants described at XDPS_FILTER_MARK, for the filter that is loaded first.
 * The verifier knows their values, and removes the branches that are not taken.
 */
static __always_inline int is_filter_called(__u64 *verdict)
{
	__u64 mark;

	asm volatile("%0 = " TEXT_OF(XDPS_FILTER_MARK) "00000000 ll\n"
		     "%1 = 0x1ffffffff ll"	/* XDPS_VERDICT(XDPS_FILTER_FIRST, ~0U) */
		     : "=&r"(mark), "=r"(*verdict));
	if (mark & 1)
		return 1;
	/* A filter that is called has seen to this itself. */
	if (*verdict >> 32 != XDPS_FILTER_UNDECIDED && (__u32)*verdict > config.snaplen)
		*verdict = XDPS_VERDICT(*verdict >> 32, config.snaplen);
	return 0;
}

/* Is the packet to be taken?  If not, this counts it. */
static __always_inline int wanted(struct xdps_tally *t, __u64 verdict)
{
	if (!verdict) {
		t->rejected++;
		return 0;
	}
	if (!chosen(t)) {
		t->unsampled++;
		return 0;
	}
	return 1;
}

/* How many bytes of a packet of this length are wanted. */
static __always_inline __u32 packet_caplen(__u32 len, __u64 verdict)
{
	__u32 most = verdict;

	return len < most ? len : most;
}

/* Completes the record, which already has the length of the packet. */
static __always_inline void fill(struct xdps_record *rec, struct xdps_cpu *c, __u64 verdict)
{
	stamp(rec, c);
	rec->filter = verdict >> 32;
	rec->caplen = packet_caplen(rec->len, verdict);
}

/*
 * The packet is not taken after all.  A CPU without a ring gets one from the helper,
 * which watches `ringless`: a perf ring is dead once its CPU has been offline.
 */
static __always_inline void lose(struct xdps_cpu *c, struct xdps_tally *t, int had_ring)
{
	if (!had_ring)
		c->ringless++;
	t->lost++;
}

/* The kernel returns these errors if the map has no event, or a dead one. */
static __always_inline int had_perf_ring(long answer)
{
	return answer != -ENOENT && answer != -EOPNOTSUPP;
}

/* Flags for the kernel's output to a perf ring: how much of the packet itself to append. */
static __always_inline __u64 output_flags(const struct xdps_record *rec)
{
	return (__u64)rec->caplen << 32 | BPF_F_CURRENT_CPU;	/* BPF_F_CTXLEN_MASK */
}

/* The GPL half is for the kernel, which requires it of programs that write to perf rings. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

#endif

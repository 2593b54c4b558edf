// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * trace.bpf.c: samples beside another XDP program: before it runs, or after it.
 *
 * These programs promise the host that they are called when the other program is, that
 * they read its input and its verdict, and that they can change neither.
 */
#include "sample.h"

#include "map_ring.h"
#include "traced_interface.h"
#include "traced_packet.h"

/*
 * The program that does the work.  The program that is attached is only an entry that
 * calls it, so that another sampler, with a filter in it, can take this one's place between
 * two packets.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, XDPS_N_SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} slot SEC(".maps");

/*
 * As in xdpsample.bpf.c, but its arguments are a copy and the number of bytes in it; or, if
 * the kernel has bpf_rdonly_cast(), the packet itself, the number of bytes there, and its
 * address (XDPS_MEMORY_COPY and XDPS_MEMORY_KERNEL in helper/program/translate.h).
 */
__hidden __noinline __u64 filter(const void *data, __u64 bytes, __u32 len, __u64 address)
{
	__u64 verdict = XDPS_VERDICT(XDPS_FILTER_FIRST, ~0U);

	asm volatile("" : "+r"(verdict) : "r"(data), "r"(bytes), "r"(len), "r"(address));
	return verdict;
}

/* The kernel treats every number that is not an action as XDP_ABORTED. */
static __always_inline __u32 action_of(__u32 verdict)
{
	return verdict > XDP_REDIRECT ? XDP_ABORTED : verdict;
}

static __always_inline int is_wanted_action(__u32 action)
{
	return !config.actions || config.actions & 1U << action;
}

/*
 * The counters of this CPU if the packet arrived on our interface and met with the action
 * that is wanted; otherwise NULL.
 */
static __always_inline struct xdps_cpu *count(struct xdp_rxq_info *rxq, __u32 action)
{
	struct xdps_cpu *c;

	if (!is_our_interface(rxq->dev))
		return NULL;
	c = this_cpu();
	if (!c || is_wanted_action(action))
		return c;
	c->received.rejected++;
	return NULL;
}

/*
 * The mask changes nothing; without it the verifier of 5.10 loses the bound on the way to
 * the call.
 */
static __always_inline __u64 bytes_to_copy(const struct packet *p)
{
	__u64 bytes = p->linear_bytes;

	if (bytes > XDPS_COPY_BYTES - 1)
		bytes = XDPS_COPY_BYTES - 1;
	asm volatile("" : "+r"(bytes));
	return bytes & (XDPS_COPY_BYTES - 1);
}

/*
 * Asks the filter about a copy of the packet's first bytes.  It is in `room`, and there are
 * `*copied_bytes`; without room, it is in scratch memory, and of no use later.
 *
 * The filter gets this number in a register that the verifier takes for another number
 * (asm): what it learns there can contradict what it knows here.
 */
static __always_inline __u64 judge_copy(const struct packet *p, void *room, __u64 *copied_bytes)
{
	__u64 bytes = bytes_to_copy(p), own_bytes;
	void *copy = room;

	if (!room) {
		struct scratch *s = this_scratch();

		if (!s)
			return 0;
		copy = s->copy;
	}
	if (bpf_probe_read_kernel(copy, bytes, p->data))
		bytes = 0;
	if (room)
		*copied_bytes = bytes;
	own_bytes = bytes;
	asm volatile("%0 |= 0" : "+r"(own_bytes));
	return filter(copy, own_bytes, p->len, 0);
}

/* Room for a record with the bytes that the filter gets a copy of, or NULL. */
static __always_inline void *room_for_copy(struct xdps_cpu *c)
{
	struct xdps_record *rec = NULL;

	if (!c->writing)
		rec = find_room(c, record_bytes(XDPS_COPY_BYTES - 1));
	return rec ? rec + 1 : NULL;
}

/* Asks the filter.  If it needs a copy, that may be in the ring, where the packet will be. */
static __always_inline __u64 judge(const struct packet *p, struct xdps_cpu *c, int to_ring,
				   __u64 *copied_bytes)
{
	if (bpf_rdonly_cast)
		return filter(cast(p->data), p->linear_bytes, p->len, (__u64)p->data);
	return judge_copy(p, to_ring ? room_for_copy(c) : NULL, copied_bytes);
}

static __always_inline int to_perf(struct xdp_buff *xdp, __u32 action)
{
	struct xdps_record rec = { .action = action };
	struct xdp_rxq_info *rxq = xdp->rxq;
	struct xdps_cpu *c = count(rxq, action);
	__u64 verdict, unused;
	struct packet p;
	long rc;

	if (!c)
		return 0;
	look_at(xdp, &p);
	if (is_filter_called(&verdict))
		verdict = judge(&p, c, 0, &unused);
	if (!wanted(&c->received, verdict))
		return 0;
	rec.len = p.len;
	rec.queue = rxq->queue_index;
	fill(&rec, c, verdict);
	c->received.chosen++;
	rc = bpf_xdp_output(xdp, &perf_rings, output_flags(&rec), &rec, sizeof(rec));
	if (rc)
		lose(c, &c->received, had_perf_ring(rc));
	return 0;
}

/*
 * Completes a record of a packet whose bytes are not all in its linear part.  This is a
 * program of its own, so that the verifier follows it once, and not after every path
 * through a sampler and its filter.
 */
static __always_inline int write_fragments(struct xdp_buff *xdp, struct xdps_cpu *c,
					   struct scratch *s)
{
	__u64 caplen = s->caplen, bytes = record_bytes(caplen), linear_bytes;
	struct xdps_record *rec = find_room(c, bytes);
	struct fragments fragments;
	const void *data = xdp->data;

	linear_bytes = xdp->data_end - data;
	if (!rec || linear_bytes >= caplen || find_fragments(xdp, &fragments) ||
	    (linear_bytes && read_bytes(rec + 1, data, linear_bytes)))
		return 0;
	s->done_bytes = linear_bytes;
	if (read_fragments(rec + 1, &fragments, s))
		return 0;
	publish(c, bytes);
	return 1;
}

static __always_inline int finish(struct xdp_buff *xdp)
{
	struct xdps_cpu *c = this_cpu();
	struct scratch *s = this_scratch();

	if (!c || !s)
		return 0;
	if (!write_fragments(xdp, c, s))
		lose(c, &c->received, 1);
	c->writing = 0;
	return 0;
}

/* Leaves the rest to finish(), and returns only if that is not there. */
static __always_inline void continue_in_fragments(__u64 *args, __u64 caplen)
{
	struct scratch *s = this_scratch();

	if (!s)
		return;
	s->caplen = caplen;
	bpf_tail_call(args, &slot, XDPS_SLOT_FRAGMENTS);
}

/*
 * Writes the record in its place, and the bytes behind the first `copied_bytes`.  Returns
 * false if there is no room, or the packet cannot be read.
 */
static __always_inline int write(__u64 *args, struct xdps_cpu *c, const struct packet *p,
				 __u64 verdict, __u32 action, __u64 copied_bytes)
{
	struct xdp_buff *xdp = (struct xdp_buff *)args[0];
	__u64 caplen = packet_caplen(p->len, verdict), bytes;
	struct xdps_record *rec;

	/*
	 * Never true.  The verifier has to see this check on the register that is used
	 * below; the asm statement keeps the compiler from removing it.
	 */
	asm volatile("" : "+r"(caplen));
	if (!caplen || caplen > XDPS_CAPLEN_MAX)
		return 0;
	bytes = record_bytes(caplen);
	rec = find_room(c, bytes);
	asm volatile("" : "+r"(rec));	/* one pointer, checked and used as such */
	if (!rec)
		return 0;
	stamp(rec, c);
	rec->len = p->len;
	rec->caplen = caplen;
	rec->queue = xdp->rxq->queue_index;
	rec->action = action;
	rec->filter = verdict >> 32;
	if (caplen > p->linear_bytes) {
		if (config.frags)
			continue_in_fragments(args, caplen);
		return 0;
	}
	if (caplen > copied_bytes &&
	    read_bytes((char *)(rec + 1) + copied_bytes, p->data + copied_bytes,
		       caplen - copied_bytes))
		return 0;
	publish(c, bytes);
	return 1;
}

static __always_inline int to_map(__u64 *args, __u32 action)
{
	struct xdp_buff *xdp = (struct xdp_buff *)args[0];
	struct xdps_cpu *c = count(xdp->rxq, action);
	__u64 verdict, copied_bytes = 0;
	struct packet p;
	int is_written;

	if (!c)
		return 0;
	/* Twice the same, for verifiers that want to see `p` set on each path (5.10). */
	if (is_filter_called(&verdict)) {
		look_at(xdp, &p);
		verdict = judge(&p, c, 1, &copied_bytes);
		if (!wanted(&c->received, verdict))
			return 0;
	} else {
		if (!wanted(&c->received, verdict))
			return 0;
		look_at(xdp, &p);
	}
	c->received.chosen++;
	/* as begin_record() in map_ring.h */
	if (c->writing) {
		lose(c, &c->received, 1);
		return 0;
	}
	c->writing = 1;
	is_written = write(args, c, &p, verdict, action, copied_bytes);
	c->writing = 0;
	if (!is_written)
		lose(c, &c->received, c->ring != XDPS_NO_RING);
	return 0;
}

/* The arguments of the traced program come as an array, followed by its return value. */
SEC("fentry")
int xdps_before(__u64 *args)
{
	return to_perf((struct xdp_buff *)args[0], XDPS_ACTION_NONE);
}

SEC("fentry")
int xdps_before_map(__u64 *args)
{
	return to_map(args, XDPS_ACTION_NONE);
}

SEC("fentry")
int xdps_before_frags(__u64 *args)
{
	return finish((struct xdp_buff *)args[0]);
}

SEC("fentry")
int xdps_at_entry(__u64 *args)
{
	bpf_tail_call(args, &slot, XDPS_SLOT_SAMPLER);
	return 0;
}

SEC("fexit")
int xdps_after(__u64 *args)
{
	return to_perf((struct xdp_buff *)args[0], action_of(args[1]));
}

SEC("fexit")
int xdps_after_map(__u64 *args)
{
	return to_map(args, action_of(args[1]));
}

SEC("fexit")
int xdps_after_frags(__u64 *args)
{
	return finish((struct xdp_buff *)args[0]);
}

SEC("fexit")
int xdps_at_exit(__u64 *args)
{
	bpf_tail_call(args, &slot, XDPS_SLOT_SAMPLER);
	return 0;
}

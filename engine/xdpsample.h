/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xdpsample.h: the engine's whole interface.
 *
 * One capture at the XDP hook of one interface, for a program that has no privilege and
 * knows neither libpcap nor BPF:
 *
 *	struct xdps_options opt;
 *	struct xdps_packet pkt;
 *	struct xdps_error err;
 *	struct xdps *x;
 *
 *	xdps_options_init(&opt);
 *	if (xdps_options_parse(&opt, "eth0:rate=100", &err) ||
 *	    xdps_open(&x, &opt, &err))
 *		die(err.text);
 *	while (!xdps_wait(x, -1, &err)) {
 *		while (xdps_next(x, &pkt))
 *			use(pkt.data, pkt.caplen);
 *		xdps_rearm(x);
 *	}
 *	xdps_close(x);
 *
 * The engine pulls: xdps_next() shows the oldest packet where it lies, and xdps_release()
 * releases it.  A caller may stop after any packet and come back later; no state is lost.
 *
 * Nothing here prints, exits, installs a signal handler or keeps state outside struct
 * xdps.  One thread uses a capture at a time; xdps_wake() and xdps_stats() are
 * exceptions, as noted there.
 */
#ifndef XDPSAMPLE_H
#define XDPSAMPLE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/types.h"

#pragma GCC visibility push(hidden)

/* One packet.  `data` is valid, and may be written to, until xdps_release(). */
struct xdps_packet {
	uint64_t mono_ns;	/* CLOCK_MONOTONIC when it passed the hook */
	uint64_t wall_ns;	/* the same moment since the epoch */
	uint32_t len;		/* bytes of the packet, fragments included */
	uint32_t caplen;	/* bytes at data */
	uint32_t queue;		/* on which it was received, or will be sent */
	enum xdps_action action;	/* the verdict, at point exit, if it was received */
	bool sent;		/* by the interface; false: received */
	uint32_t filter;	/* number of the filter that accepted it */
	bool filtered;		/* that is the one that is set; else the caller must run it */
	unsigned char *data;
};

/* An interface that can be captured, and the XDP programs on it. */
struct xdps_listed {
	char ifname[IF_NAMESIZE];
	enum xdps_link link;
	enum xdps_mode mode;	/* of the program; auto: it is offloaded to the card */
	unsigned int n_programs;	/* 0: none is attached */
	struct {
		uint32_t id;
		char name[XDPS_PROG_CHARS + 1];	/* "": not known, or it has none */
	} programs[XDPS_LISTED_PROGRAMS_MAX];	/* the attached one, and those that it calls */
};

struct xdps;			/* one capture */
struct xdps_option;

/* The defaults: all packets, whole, in batches of 100 ms; no interface yet. */
void xdps_options_init(struct xdps_options *opt);

/*
 * Parses "IFACE[:key=value]..." (pcap-xdpsample(7)) into `opt`, on top of what is there.
 * This is strict: an unknown, repeated, empty or out-of-range option is XDPS_BAD_OPTION,
 * with a sentence that says what is allowed, and leaves `opt` unchanged.  Does not check
 * whether the interface exists.
 */
enum xdps_status xdps_options_parse(struct xdps_options *opt, const char *name,
				    struct xdps_error *err);

/*
 * Reads the value of one option; `o` is a row of common/option_table.h, but not a flag.
 * If it returns false, the option does not take this value, and `opt` is unchanged.
 */
bool xdps_option_read(const struct xdps_option *o, const char *text,
		      struct xdps_options *opt);

/* Writes the option's value as xdps_option_read() reads it; "" if none or all is meant. */
void xdps_option_print(char *buf, size_t size, const struct xdps_option *o,
		       const struct xdps_options *opt);

/*
 * Lists all interfaces of this network namespace that can be captured, in the kernel's
 * order.  Starts, opens and attaches nothing, and needs no privilege: it gives only the
 * id of a program.  `*list` is then the caller's to free().
 */
enum xdps_status xdps_list(struct xdps_listed **list, size_t *n, struct xdps_error *err);

/*
 * The name of the interface in that list; `ifname` may be an alternative name.  If there
 * is no such interface, `name` becomes as much of `ifname` as fits.
 */
void xdps_list_name(char name[IF_NAMESIZE], const char *ifname);

/*
 * Has the helper look at the programs in the list, if there are any, for their names and
 * for the programs that they call; attaches nothing.  Takes some milliseconds, and gives
 * up after 2 seconds.  On failure the entries that it could not look at are unchanged,
 * and the list is as good as before.
 */
enum xdps_status xdps_list_programs(struct xdps_listed *list, size_t n,
				    struct xdps_error *err);

/*
 * Starts the helper and has it attach.  `*out` is then the caller's, to be passed to
 * xdps_close(); `opt` is copied.  On failure `*out` is untouched, nothing is left
 * attached and no process is left.  Takes about as long as the kernel needs to attach a
 * program, 10 to 30 ms.  Gives up after some 10 seconds, and more for a large buffer.
 *
 * The thread may leave this call and xdps_set_filter() without returning: by
 * cancellation, or by longjmp(), pthread_exit() or an exception in a signal handler.
 * Signals that come meanwhile are handled when the call waits or ends, so that it is left
 * in a known state.  What xdps_open() had made is closed by the thread's next call of
 * xdps_open(), xdps_set_filter() or xdps_close(), at the latest when the thread ends.
 *
 *	XDPS_BAD_OPTION     the buffer is larger than the memory that is available
 *	XDPS_NO_DEVICE, XDPS_BUSY, XDPS_UNSUPPORTED
 *	                    about the interface, or about what it must support
 *	XDPS_NO_PERMISSION  the helper lacks a privilege, or the caller may not start it
 *	XDPS_FAILED         everything else
 */
enum xdps_status xdps_open(struct xdps **out, const struct xdps_options *opt,
			   struct xdps_error *err);

/*
 * Detaches the program, and returns when it is detached (or after a second).  `x` may be
 * NULL.  Signals and cancellation wait until it returns.  After fork(), the first process
 * to close ends the capture for both.
 */
void xdps_close(struct xdps *x);

/* The header that packets begin with. */
enum xdps_link xdps_link(const struct xdps *x);

/* Where sent packets are captured, of a capture whose direction has not been changed. */
enum xdps_sent_place xdps_sent_place(const struct xdps *x);

/*
 * What the user should know from the beginning: something that was asked for is not
 * available, or VLAN tags are not visible there.  A sentence that is valid until
 * xdps_close(); NULL: nothing.
 */
const char *xdps_warning(const struct xdps *x);

/*
 * What the user should know and has turned out during the capture.  Each sentence is
 * returned once and is valid until the next call; NULL: nothing new.  xdps_wait() and
 * xdps_set_filter() receive it; of several, the last one is kept.
 */
const char *xdps_notice(struct xdps *x);

/*
 * Can this filter run where packets of this direction are captured?  Returns
 * XDPS_BAD_FILTER, with a sentence, if it asks for what the kernel learns about a packet
 * only later (libpcap's ifindex), or for the direction where all packets are received
 * ones (inbound and outbound): it could silently reject every packet.  Does not check
 * whether it is a valid program.
 */
enum xdps_status xdps_check_filter(const struct xdps_insn *insns, size_t n_insns,
				   enum xdps_dir dir, struct xdps_error *err);

/*
 * For a caller that runs the filter: replaces libpcap's question whether a packet is
 * inbound or outbound by the answer for packets that were received, or sent.
 */
void xdps_answer_direction(struct xdps_insn *insns, size_t n_insns, bool sent);

/*
 * Makes a copy of the filter for a caller that runs it in an interpreter such as
 * libpcap's.  The copy has the same result on every packet, its scratch memory begins
 * with zeros, and every loop in it ends, so that the interpreter need not take care of
 * either (libpcap's does since 1.10.7).  A packet on which the filter loops more often
 * than there can be headers is rejected.  `*out`, of `*n_out` instructions, is the
 * caller's to free().
 *
 *	XDPS_BAD_FILTER  it is not a valid program, or there is no scratch memory left to
 *	                 count its loops; `*out` is not written
 */
enum xdps_status xdps_runnable_filter(const struct xdps_insn *insns, size_t n_insns,
				      struct xdps_insn **out, size_t *n_out,
				      struct xdps_error *err);

/*
 * Sets the filter, in place of the previous one.  It is applied before the sampling rate.
 * No packet passes without a filter in between, or with half of one.  `insns` stay the
 * caller's.
 *
 * If the program can run in the kernel, it does.  Otherwise the caller has to run it,
 * with the same result; xdps_filter_place() says which.  In either case, the caller has
 * to judge a packet whose `filtered` is false: the previous filter accepted it, or the
 * kernel could not see everything that the filter asks for.  Filters see the first
 * XDPS_SNAPLEN_MAX bytes of a packet, whatever the snaplen.
 *
 *	XDPS_OK          also if the capture is over: what is left must be judged
 *	XDPS_BAD_FILTER  it is not a valid program, or xdps_check_filter() refuses it; the
 *	                 previous filter remains
 *	other            the previous filter remains, or the capture is over; the next
 *	                 wait says so
 */
enum xdps_status xdps_set_filter(struct xdps *x, const struct xdps_insn *insns,
				 size_t n_insns, struct xdps_error *err);

/*
 * Where packets are filtered.  `*why`, if `why` is not NULL, becomes a sentence that says
 * why not in the kernel, valid until the next filter is set, or NULL.
 */
enum xdps_filter xdps_filter_place(const struct xdps *x, const char **why);

/*
 * Captures the packets of another direction from now on.  Packets of the previous one that
 * are in the rings are still handed out.  XDPS_OK also if the capture is over; else
 * everything is as before, or the capture is over and the next wait says so.
 */
enum xdps_status xdps_set_direction(struct xdps *x, enum xdps_dir dir,
				    struct xdps_error *err);

/*
 * Waits until xdps_next() has packets.
 *
 * timeout_ms: 0 looks and returns, -1 waits for ever.
 * XDPS_OK       xdps_next() has at least one packet
 * XDPS_TIMEOUT  it has none, and the time is over
 * XDPS_WOKEN    xdps_wake() was called, before or during the wait, and there
 *               was no batch to hand out
 * XDPS_BUSY     another process or thread is between xdps_wait() and xdps_rearm()
 * other         the capture is over: XDPS_GONE, XDPS_FAILED or whatever else the
 *               helper reports; everything that was in the rings has been handed
 *               out before this is returned, and it is returned again each time
 *
 * Packets are batched for up to opt.batch_us, or until a quarter of a ring (512 KiB at
 * most) has come since the previous batch.  They wait for an older packet for up to
 * opt.hold_us, unless a ring is half full.  Everything handed out after one wait was
 * stamped before it returned, so a loop over xdps_next() ends under any load.
 *
 * After fork(), parent and children may read one after the other: each continues after
 * the last packet that was released.  If two read at a time, one gets XDPS_BUSY.  The
 * turn to read begins here and ends with xdps_rearm(), or with the process.
 */
enum xdps_status xdps_wait(struct xdps *x, int timeout_ms,
			   struct xdps_error *err);

/*
 * For a reader that is told to stop: makes a batch of all packets that were stamped by
 * now, including those that are being batched or that wait for an older packet.  With
 * `may_wait` it sleeps for `hold` first, so that packets that another CPU has stamped are
 * there as well.  False: there are none, or it is not this reader's turn.
 *
 * When all of them are released, xdps_rearm() closes the account: until the next
 * xdps_wait(), xdps_stats() counts as taken what was handed out, so packets that come
 * after the break are in none of its numbers.
 */
bool xdps_drain(struct xdps *x, bool may_wait);

/* Ends a wait, or the next one.  Can be called from any thread and any signal handler. */
void xdps_wake(struct xdps *x);

/*
 * Releases the packet that was shown before, and shows the oldest one of this batch;
 * false: the batch has no more.  A packet that was shown and not released, because its
 * reader left by longjmp(), is shown again after the next xdps_wait().
 */
bool xdps_next(struct xdps *x, struct xdps_packet *pkt);

/* Releases the packet that xdps_next() showed last; does not read its data. */
void xdps_release(struct xdps *x);

/*
 * For merging captures: everything stamped before this time (as mono_ns), except late
 * packets, has been handed out when xdps_next() has no more.  Grows with each
 * xdps_wait().
 */
uint64_t xdps_complete_ns(const struct xdps *x);

/*
 * A descriptor for select(), poll() and epoll, which only xdps_close() may close.  If it
 * is readable, xdps_wait(x, 0) is worth a call.  It can be relied on only after
 * xdps_rearm(), which the caller must call when it stops taking packets: then it stays
 * readable as long as anything is left to take.
 */
int xdps_fd(const struct xdps *x);
bool xdps_rearm(struct xdps *x);	/* is anything left? */

/*
 * Reads memory that is shared with the kernel, and nothing else, so it can be called from
 * any thread, from a signal handler, and after the capture has failed.
 */
void xdps_stats(const struct xdps *x, struct xdps_stats *stats);

/*
 * Sends a packet of `len` bytes out of the interface, as an AF_PACKET socket does.
 * XDPS_OK: all of it has been accepted.  Fails with XDPS_NO_PERMISSION if the helper had
 * no CAP_NET_RAW, else with the error of send().
 */
enum xdps_status xdps_inject(struct xdps *x, const void *data, size_t len,
			     struct xdps_error *err);

#pragma GCC visibility pop

#endif

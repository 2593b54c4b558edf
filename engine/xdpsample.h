/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xdpsample.h: the engine's whole interface.
 *
 * One capture at the XDP hook of one interface, for a program that has no
 * privilege and knows neither libpcap nor BPF:
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
 *		xdps_settle(x);
 *	}
 *	xdps_close(x);
 *
 * The engine pulls: xdps_next() shows the oldest packet where it lies, and
 * xdps_release() lets it go.  A caller may stop after any packet and come
 * back later; no state is lost.
 *
 * What this does not do: nothing here prints, exits, installs a signal
 * handler or keeps state outside struct xdps.  One thread uses a capture at
 * a time; xdps_wake() and xdps_stats() are the exceptions, and say so.
 */
#ifndef XDPSAMPLE_H
#define XDPSAMPLE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/types.h"

#pragma GCC visibility push(hidden)

/*
 * Everything that can be asked of a capture: what the helper hears of, and what only the
 * engine has to know.  xdps_options_parse() sets of the request what a device name can
 * say, and the program's own calls set snaplen, immediate, promisc and buffer_bytes.
 */
struct xdps_options {
	struct xdps_request request;
	uint32_t hold_us;	/* how long to wait for older packets ... */
	bool hold_given;	/* ... or XDPS_HOLD_DEFAULT_US, 0 if immediate */
	uint32_t batch_us;	/* how long packets may wait for company */
};

/* One packet: `data` is good, and may be written to, until xdps_release(). */
struct xdps_packet {
	uint64_t mono_ns;	/* CLOCK_MONOTONIC when it passed the hook */
	uint64_t wall_ns;	/* the same moment since the epoch */
	uint32_t len;		/* bytes of the packet, fragments included */
	uint32_t caplen;	/* bytes at data */
	uint32_t queue;		/* receive queue */
	enum xdps_action action;	/* what was decided, at point exit */
	uint32_t filter;	/* number of the filter that took it */
	bool filtered;		/* and that is the one that is set; else: ask it */
	unsigned char *data;
};

/* An interface that can be captured, and the XDP programs on it. */
struct xdps_listed {
	char ifname[IF_NAMESIZE];
	enum xdps_link link;
	enum xdps_mode mode;	/* of the program; auto: it was put into the card */
	unsigned int n_programs;	/* 0: none is attached */
	struct {
		uint32_t id;
		char name[XDPS_PROG_CHARS + 1];	/* ""; not known, or it has none */
	} programs[XDPS_LISTED_PROGRAMS_MAX];	/* the attached one, and those that it calls */
};

struct xdps;			/* one capture */

/* All packets of no interface yet, whole, batched by 100 ms. */
void xdps_options_init(struct xdps_options *opt);

/*
 * Reads "IFACE[:key=value]..." (pcap-xdpsample(7)) over what is in `opt`.
 * Strict: an unknown, repeated, empty or out-of-range option is XDPS_BAD_OPTION,
 * with a sentence that says what is allowed; `opt` is then unchanged.  Does not
 * ask whether the interface exists.
 */
enum xdps_status xdps_options_parse(struct xdps_options *opt, const char *name,
				    struct xdps_error *err);

/*
 * All interfaces of this network namespace that can be captured, in the kernel's order,
 * without starting, opening or attaching anything and without privilege: of a program
 * there is only its id.  `*list` is then the caller's to free().
 */
enum xdps_status xdps_list(struct xdps_listed **list, size_t *n, struct xdps_error *err);

/*
 * The name under which that list has the interface: `ifname` may be an alternative one.
 * Where there is no such interface, `name` becomes as much of `ifname` as fits.
 */
void xdps_list_name(char name[IF_NAMESIZE], const char *ifname);

/*
 * Has the helper, if there is any program in the list, look at them once more, for their
 * names and for those that they call; attaches nothing.  Takes some milliseconds, and
 * gives up after 2 seconds.  On failure the entries that it could not look at are as
 * they were, and the list is as good as before.
 */
enum xdps_status xdps_list_programs(struct xdps_listed *list, size_t n,
				    struct xdps_error *err);

/*
 * Starts the helper and has it attach.  `*out` is then the caller's, to be given
 * to xdps_close(); `opt` is copied.  On failure `*out` is untouched, nothing is
 * left attached and no process is left.  Takes about as long as the kernel
 * needs to attach a program, 10 to 30 ms, and gives up after some 10 seconds.
 *
 * The thread may leave this call and xdps_set_filter() without returning: cancelled, or
 * by longjmp(), pthread_exit() or an exception in a signal handler.  Signals that come
 * meanwhile are handled when the call waits or ends, so that it is left in a known state.
 * What xdps_open() had made is closed by the thread's next call of xdps_open(),
 * xdps_set_filter() or xdps_close(), at the latest when the thread ends.
 *
 * XDPS_BAD_OPTION     a buffer that is more than there is memory for
 * XDPS_NO_DEVICE, XDPS_BUSY, XDPS_UNSUPPORTED
 *                     the interface, or what it takes
 * XDPS_NO_PERMISSION  the helper lacks a privilege, or it is for others to start
 * XDPS_FAILED         everything else
 */
enum xdps_status xdps_open(struct xdps **out, const struct xdps_options *opt,
			   struct xdps_error *err);

/*
 * Detaches, and returns when that is true (or after a second).  NULL is fine.  Signals and
 * cancellation wait until it returns.
 * After fork(), the first process to close ends the capture for both.
 */
void xdps_close(struct xdps *x);

/* What the packets begin with. */
enum xdps_link xdps_link(const struct xdps *x);

/*
 * What the user should know from the beginning: what was asked for and could not be had,
 * or that VLAN tags are not to be seen there.  A sentence that is good until
 * xdps_close(); NULL: nothing.
 */
const char *xdps_warning(const struct xdps *x);

/*
 * What has turned out while the capture runs, and the user should know: a sentence, each
 * told once and good until the next call; NULL: nothing new.  It is heard of by
 * xdps_wait() and xdps_set_filter(); of several the last one is kept.
 */
const char *xdps_notice(struct xdps *x);

/*
 * Can this filter be asked at the XDP hook?  XDPS_BAD_FILTER, with a sentence, if it asks
 * what the kernel knows of a packet later on (libpcap's inbound, outbound and ifindex,
 * which would reject every packet without a word).  Whether it is a valid program is
 * not looked at.
 */
enum xdps_status xdps_check_filter(const struct xdps_insn *insns, size_t n_insns,
				   struct xdps_error *err);

/*
 * The filter for who runs it, with a machine such as libpcap's: a copy with the same
 * result on every packet, whose scratch memory begins with zeros and in which every loop
 * ends, so that the machine has to see to neither (libpcap's does since 1.10.7).  A packet
 * in which a filter goes round more often than there can be headers is not taken.
 * `*out`, of `*n_out` instructions, is the caller's to free().
 *
 * XDPS_BAD_FILTER  it is no valid program, or there is no scratch memory left to
 *                  count its rounds; `*out` is not written
 */
enum xdps_status xdps_runnable_filter(const struct xdps_insn *insns, size_t n_insns,
				      struct xdps_insn **out, size_t *n_out,
				      struct xdps_error *err);

/*
 * Sets the filter, in place of the one before; it is judged by before the
 * sampling rate chooses.  No packet passes without a filter in between, or with
 * half of one.  `insns` stay the caller's.
 *
 * If the program can run in the kernel it does, and else it is for the caller to
 * run, with the same result; xdps_filter_place() says which.  A packet whose
 * `filtered` is false is for the caller to judge in either case: the filter
 * before took it, or the kernel could not see all that the filter asks for.
 * Filters see the first XDPS_SNAPLEN_MAX bytes of a packet, whatever the snaplen.
 *
 * XDPS_OK          also if the capture is over: what is left has to be judged
 * XDPS_BAD_FILTER  it is no valid program, or xdps_check_filter() refuses it; the
 *                  filter before remains
 * other            the filter before remains, or the capture is over; the next
 *                  wait says so
 */
enum xdps_status xdps_set_filter(struct xdps *x, const struct xdps_insn *insns,
				 size_t n_insns, struct xdps_error *err);

/*
 * Where it is filtered.  `*why`, if not NULL, becomes a sentence that says why not
 * in the kernel, good until the next filter is set, or NULL.
 */
enum xdps_filter xdps_filter_place(const struct xdps *x, const char **why);

/*
 * Waits until there are packets to be had from xdps_next().
 *
 * timeout_ms: 0 looks and returns, -1 waits for ever.
 * XDPS_OK       xdps_next() has at least one packet
 * XDPS_TIMEOUT  it has none, and the time is over
 * XDPS_WOKEN    xdps_wake() was called, before or during the wait, and there
 *               was no batch to hand out
 * XDPS_BUSY     another process or thread is between xdps_wait() and xdps_settle()
 * other         the capture is over: XDPS_GONE, XDPS_FAILED or what else the
 *               helper says; everything that was in the rings has been handed
 *               out before this is said, and it is said again each time
 *
 * Packets wait for company up to opt.batch_us, or until a quarter of a ring (512 KiB at
 * most) has come since the batch before.  They wait for an older one up to opt.hold_us,
 * unless a ring is half full.  What is handed out after one wait was stamped before it
 * returned, so a loop over xdps_next() ends under any flood.
 *
 * After fork() parent and children may read one after the other: each goes on after the
 * last packet that was released.  Two at a time are refused with XDPS_BUSY.  The turn to
 * read begins here and ends with xdps_settle(), or with the process.
 */
enum xdps_status xdps_wait(struct xdps *x, int timeout_ms,
			   struct xdps_error *err);

/*
 * For a reader that is told to stop: makes all packets that were stamped by now the batch,
 * those too that wait for company or for an older packet.  With `may_wait` it sleeps for
 * `hold` first, so that what another CPU has stamped is there as well.  False: there are
 * none, or it is not this reader's turn.
 *
 * When they are all released, xdps_settle() closes the account: until the next
 * xdps_wait() xdps_stats() counts as taken what was handed out, so what comes after the
 * break is in none of its numbers.
 */
bool xdps_drain(struct xdps *x, bool may_wait);

/* Ends a wait, or the next one.  From any thread, from any signal handler. */
void xdps_wake(struct xdps *x);

/*
 * Releases the packet that was shown before, and shows the oldest one of this batch;
 * false: no more of it.  A packet that was shown and not released, as its reader left by
 * longjmp(), is shown again after the next xdps_wait().
 */
bool xdps_next(struct xdps *x, struct xdps_packet *pkt);

/* Releases the packet that xdps_next() showed last; nothing is read from its data. */
void xdps_release(struct xdps *x);

/*
 * To merge captures: what was stamped before this (as mono_ns) has been handed out
 * when xdps_next() has no more, but for late packets.  Grows with each xdps_wait().
 */
uint64_t xdps_complete_ns(const struct xdps *x);

/*
 * A descriptor for select(), poll() and epoll, to be closed by xdps_close() and
 * nobody else: when it is readable, xdps_wait(x, 0) is worth a call.  To be
 * believed after xdps_settle() only, which a caller owes it when it stops
 * taking packets: then it stays readable as long as there is anything left to
 * take.
 */
int xdps_fd(const struct xdps *x);
bool xdps_settle(struct xdps *x);	/* is anything left? */

/*
 * Reads memory that is shared with the kernel, nothing else: from any thread,
 * from a signal handler, after the capture has failed.
 */
void xdps_stats(const struct xdps *x, struct xdps_stats *stats);

/*
 * Sends a packet of `len` bytes out of the interface, as an AF_PACKET socket
 * does.  XDPS_OK: all of it is on its way.  Fails with XDPS_NO_PERMISSION if
 * the helper had no CAP_NET_RAW, else with what send() answered.
 */
enum xdps_status xdps_inject(struct xdps *x, const void *data, size_t len,
			     struct xdps_error *err);

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap-xdpsample.c: capturing at the XDP hook, for libpcap.
 *
 * "xdpsample:eth0:rate=100" is parsed in create, so that a bad option fails in
 * pcap_create().  Then activate passes it to the engine, together with what the
 * application set through libpcap's own calls.  It is the last step that needs
 * privilege: tcpdump and dumpcap drop theirs right after it.  Then setfilter
 * has the engine put the filter into the kernel, and read waits for the engine,
 * takes the packets one by one from where they lie, filters those that the
 * kernel did not filter, and hands them to the application.
 *
 * This file knows libpcap and engine/xdpsample.h.  It does not know BPF maps,
 * rings or the helper.
 */
#include <config.h>

#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pcap-int.h"
#include "pcap-xdpsample.h"
#include "xdpsample.h"

#define PREFIX "xdpsample:"

/* How long packets are batched if the application sets no timeout. */
#define PROMPT_BATCH_US 10000u

/* Longer batches save nothing more, and the application would seem to hang. */
#define MAX_BATCH_MS 100

/*
 * pcap_next() copies into this buffer.  scapy reads as many bytes as the packet
 * had, not as many as were captured.  So there is room for the longest packet
 * that Linux makes (GRO_MAX_SIZE, 8 * 65535), and bytes that were not captured
 * read as zeros.  Memory that nobody writes to costs nothing.
 */
#define ONESHOT_BYTES (1024 * 1024)

/*
 * A break that follows so soon is the same one: timeout(1) sends its signal to
 * the program and once more to the program's process group.  No user is as fast.
 */
#define SAME_BREAK_MS 200

#define NS_PER_MS 1000000u
#define NS_PER_S 1000000000u

/*
 * The engine has its own type for an instruction; the two are cast to each
 * other.
 */
_Static_assert(sizeof(struct xdps_insn) == sizeof(struct bpf_insn) &&
    offsetof(struct xdps_insn, k) == offsetof(struct bpf_insn, k),
    "struct xdps_insn has the layout of struct bpf_insn");

struct pcap_xdpsample {
	/* from the device name, completed by activate */
	struct xdps_options opt;

	/* since activate */
	struct xdps *capture;
	struct bpf_program sent_fcode;	/* p->fcode is for received packets */
	int nonblock;
	u_char oneshot_buffer[ONESHOT_BYTES];
	u_int oneshot_bytes;		/* bytes in use; the rest is zero */
	time_t second;			/* second of the last packet ... */
	uint64_t second_ns;		/* ... and the time at which it began */

	/* the reading thread, to tell who calls pcap_breakloop() */
	pthread_t reader;
	sigset_t reader_mask;
	int has_reader;
	volatile sig_atomic_t reading;
	volatile sig_atomic_t waiting;	/* reading, and not in the callback */
	int left;			/* the last read left packets behind */

	/* state of a break */
	volatile sig_atomic_t stop_now;	/* deliver no more packets */
	volatile sig_atomic_t draining;	/* delivering the last packets */
	volatile uint64_t break_ns;	/* CLOCK_MONOTONIC of the first one */
};

static int xdpsample_activate(pcap_t *);
static int xdpsample_read(pcap_t *, int, pcap_handler, u_char *);
static void xdpsample_oneshot(u_char *, const struct pcap_pkthdr *,
    const u_char *);
static int xdpsample_setfilter(pcap_t *, struct bpf_program *);
static int xdpsample_setdirection(pcap_t *, pcap_direction_t);
static int xdpsample_inject(pcap_t *, const void *, int);
static int xdpsample_getnonblock(pcap_t *);
static int xdpsample_setnonblock(pcap_t *, int);
static void xdpsample_breakloop(pcap_t *);
static int xdpsample_stats(pcap_t *, struct pcap_stat *);
static void xdpsample_cleanup(pcap_t *);
static int pcap_error_for(enum xdps_status);

static int
is_our_name(const char *device)
{
	return strncmp(device, PREFIX, strlen(PREFIX)) == 0;
}

static int
offer_precisions(pcap_t *p)
{
	p->tstamp_precision_list = malloc(2 * sizeof(u_int));
	if (p->tstamp_precision_list == NULL)
		return -1;
	p->tstamp_precision_list[0] = PCAP_TSTAMP_PRECISION_MICRO;
	p->tstamp_precision_list[1] = PCAP_TSTAMP_PRECISION_NANO;
	p->tstamp_precision_count = 2;
	return 0;
}

pcap_t *
xdpsample_create(const char *device, char *ebuf, int *is_ours)
{
	struct xdps_options opt;
	struct xdps_error err;
	struct pcap_xdpsample *px;
	pcap_t *p;

	/*
	 * If it is not ours, ebuf is left alone: scapy takes any text for a
	 * failure.
	 */
	*is_ours = is_our_name(device);
	if (!*is_ours)
		return NULL;

	xdps_options_init(&opt);
	if (xdps_options_parse(&opt, device + strlen(PREFIX), &err) != XDPS_OK) {
		snprintf(ebuf, PCAP_ERRBUF_SIZE, "%s", err.text);
		return NULL;
	}

	p = PCAP_CREATE_COMMON(ebuf, struct pcap_xdpsample);
	if (p == NULL)
		return NULL;
	if (offer_precisions(p) != 0) {
		pcapint_fmt_errmsg_for_errno(ebuf, PCAP_ERRBUF_SIZE, errno,
		    "malloc");
		pcap_close(p);
		return NULL;
	}
	px = p->priv;
	px->opt = opt;
	p->activate_op = xdpsample_activate;
	p->cleanup_op = xdpsample_cleanup;
	return p;
}

/*
 * Translates what the application asked for through libpcap's calls for the
 * engine.
 */
static void
complete_options(pcap_t *p)
{
	struct xdps_options *opt = &((struct pcap_xdpsample *)p->priv)->opt;

	/* As in every other module; the engine clips it to what it can copy. */
	if (p->snapshot <= 0 || p->snapshot > MAXIMUM_SNAPLEN)
		p->snapshot = MAXIMUM_SNAPLEN;
	opt->request.snaplen = (uint32_t)p->snapshot;
	opt->request.buffer_bytes = p->opt.buffer_size;
	opt->request.promisc = p->opt.promisc != 0;

	/*
	 * A timeout of 0 means "as long as it takes", but scapy and dumpcap's
	 * sparklines use it and still want their packets soon.
	 */
	opt->request.immediate = p->opt.immediate != 0;
	if (opt->request.immediate)
		opt->batch_us = 0;
	else if (p->opt.timeout > 0)
		opt->batch_us = 1000u * (u_int)min(p->opt.timeout, MAX_BATCH_MS);
	else
		opt->batch_us = PROMPT_BATCH_US;
}

static void
set_operations(pcap_t *p)
{
	p->read_op = xdpsample_read;
	p->oneshot_callback = xdpsample_oneshot;
	p->setfilter_op = xdpsample_setfilter;
	p->setdirection_op = xdpsample_setdirection;
	p->set_datalink_op = NULL;	/* there is only one link type */
	p->inject_op = xdpsample_inject;
	p->getnonblock_op = xdpsample_getnonblock;
	p->setnonblock_op = xdpsample_setnonblock;
	p->breakloop_op = xdpsample_breakloop;
	p->stats_op = xdpsample_stats;
	p->cleanup_op = xdpsample_cleanup;
}

static pcap_direction_t
direction_for(enum xdps_dir dir)
{
	switch (dir) {

	case XDPS_DIR_IN:
		return PCAP_D_IN;

	case XDPS_DIR_OUT:
		return PCAP_D_OUT;

	default:
		return PCAP_D_INOUT;
	}
}

/*
 * On failure the handle is unchanged and can be activated again.  Before 1.11
 * pcapint_cleanup_live_common() would free the device name, so it is not called
 * here, and the operations are set only when nothing can fail any more.
 *
 * xdps_open() may never return to this thread: a signal handler may call
 * longjmp().  So nothing is allocated here, before or after that call.
 */
static int
xdpsample_activate(pcap_t *p)
{
	struct pcap_xdpsample *px = p->priv;
	struct xdps_error err;
	enum xdps_status status;

	if (p->opt.rfmon)
		return PCAP_ERROR_RFMON_NOTSUP;

	complete_options(p);
	status = xdps_open(&px->capture, &px->opt, &err);
	if (status != XDPS_OK) {
		snprintf(p->errbuf, PCAP_ERRBUF_SIZE, "%s", err.text);
		return pcap_error_for(status);
	}

	p->linktype = xdps_link(px->capture) == XDPS_LINK_ETHERNET ?
	    DLT_EN10MB : DLT_RAW;
	p->fd = p->selectable_fd = xdps_fd(px->capture);
	p->direction = direction_for(px->opt.request.dir);
	set_operations(p);

	if (xdps_warning(px->capture) == NULL)
		return 0;
	snprintf(p->errbuf, PCAP_ERRBUF_SIZE, "%s", xdps_warning(px->capture));
	return PCAP_WARNING;
}

/*
 * Returns how many bytes of the packet the filter wants; 0: it rejects the
 * packet.  Packets accepted by the current kernel filter are already truncated.
 */
static u_int
wanted_bytes(pcap_t *p, const struct xdps_packet *pkt)
{
	const struct pcap_pkthdr h = { .caplen = pkt->caplen, .len = pkt->len };
	struct pcap_xdpsample *px = p->priv;

	if (pkt->filtered || p->fcode.bf_insns == NULL)
		return UINT_MAX;
	return (u_int)pcap_offline_filter(pkt->sent ? &px->sent_fcode :
	    &p->fcode, &h, pkt->data);
}

/* A packet of the previous direction may still be in a ring. */
static int
is_of_direction(const pcap_t *p, const struct xdps_packet *pkt)
{
	return p->direction != (pkt->sent ? PCAP_D_IN : PCAP_D_OUT);
}

/* Few packets are the first of their second; only those pay for a division. */
static void
set_time(pcap_t *p, uint64_t wall_ns, struct timeval *ts)
{
	struct pcap_xdpsample *px = p->priv;

	if (wall_ns - px->second_ns >= NS_PER_S) {
		px->second = (time_t)(wall_ns / NS_PER_S);
		px->second_ns = wall_ns - wall_ns % NS_PER_S;
	}
	ts->tv_sec = px->second;
	ts->tv_usec = (suseconds_t)(wall_ns - px->second_ns);
	if (p->opt.tstamp_precision != PCAP_TSTAMP_PRECISION_NANO)
		ts->tv_usec /= 1000;
}

/*
 * Hands the packet to the application if the filter accepts it.  Returns 1 if
 * so, else 0.
 */
static int
deliver(pcap_t *p, const struct xdps_packet *pkt, pcap_handler callback,
    u_char *user)
{
	struct pcap_pkthdr h;
	u_int wanted;

	if (!is_of_direction(p, pkt))
		return 0;
	wanted = wanted_bytes(p, pkt);
	if (wanted == 0)
		return 0;

	memset(&h, 0, sizeof(h));
	set_time(p, pkt->wall_ns, &h.ts);
	h.caplen = min(min(pkt->caplen, wanted), (u_int)p->snapshot);
	h.len = pkt->len;
	callback(user, &h, pkt->data);
	return 1;
}

/*
 * Delivers the packets of one wait until the application has enough.  A break
 * ends the loop, unless these are the last packets before a break.
 */
static int
deliver_batch(pcap_t *p, int max_packets, pcap_handler callback, u_char *user)
{
	struct pcap_xdpsample *px = p->priv;
	struct xdps_packet pkt;
	int count = 0;

	while (count < max_packets && !px->stop_now &&
	    (!p->break_loop || px->draining) &&
	    xdps_next(px->capture, &pkt))
		count += deliver(p, &pkt, callback, user);
	xdps_release(px->capture);
	return count;
}

static uint64_t
monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* How long a read that began at `began_ns` may still wait; -1: for ever. */
static int
patience_ms(pcap_t *p, uint64_t began_ns)
{
	struct pcap_xdpsample *px = p->priv;
	uint64_t passed_ns, timeout_ns;

	if (px->nonblock)
		return 0;
	if (p->opt.timeout <= 0)
		return -1;
	timeout_ns = (uint64_t)p->opt.timeout * NS_PER_MS;
	passed_ns = monotonic_ns() - began_ns;
	if (passed_ns >= timeout_ns)
		return 0;
	return (int)((timeout_ns - passed_ns + NS_PER_MS - 1) / NS_PER_MS);
}

/* This costs a system call, so it is not done for each packet of a batch. */
static void
note_reader(struct pcap_xdpsample *px)
{
	if (px->has_reader && px->left)
		return;
	px->reader = pthread_self();
	pthread_sigmask(SIG_BLOCK, NULL, &px->reader_mask);
	px->has_reader = 1;
}

static enum xdps_status
wait_for_batch(pcap_t *p, uint64_t began_ns, struct xdps_error *err)
{
	struct pcap_xdpsample *px = p->priv;
	enum xdps_status status;

	px->waiting = 1;
	status = xdps_wait(px->capture, patience_ms(p, began_ns), err);
	px->waiting = 0;
	return status;
}

/*
 * Delivers everything that passed the hook before the break, in as many calls
 * as it takes.
 */
static int
deliver_last(pcap_t *p, int max_packets, pcap_handler callback, u_char *user)
{
	struct pcap_xdpsample *px = p->priv;

	if (!px->draining) {
		px->waiting = 1;
		px->draining = 1;
		xdps_drain(px->capture, !px->nonblock);
		px->waiting = 0;
	}
	return deliver_batch(p, max_packets, callback, user);
}

static int
end_break(pcap_t *p)
{
	struct pcap_xdpsample *px = p->priv;

	p->break_loop = 0;
	px->stop_now = px->draining = 0;
	return PCAP_ERROR_BREAK;
}

/*
 * Returns after the first batch from which something was delivered, when the
 * timeout has expired, or when told to stop.  A wake-up alone does not mean
 * stop: it may belong to a break that has already been answered.
 *
 * If pcap_breakloop() is called after some packets were delivered, this call
 * returns their count, and the flag stays set to end the next call.  An error
 * is kept in the same way: the engine reports it again.
 */
static int
xdpsample_read(pcap_t *p, int cnt, pcap_handler callback, u_char *user)
{
	struct pcap_xdpsample *px = p->priv;
	int max_packets = PACKET_COUNT_IS_UNLIMITED(cnt) ? INT_MAX : cnt;
	uint64_t began_ns = monotonic_ns();
	enum xdps_status status = XDPS_WOKEN;
	struct xdps_error err;
	int count = 0;

	note_reader(px);
	px->reading = 1;
	while (count == 0 && !p->break_loop && (status == XDPS_WOKEN ||
	    (status == XDPS_OK && patience_ms(p, began_ns) != 0))) {
		status = wait_for_batch(p, began_ns, &err);
		if (status == XDPS_OK)
			count = deliver_batch(p, max_packets, callback, user);
	}
	if (p->break_loop && !px->stop_now)
		count += deliver_last(p, max_packets - count, callback, user);
	px->left = xdps_rearm(px->capture);
	px->reading = 0;

	if (count > 0)
		return count;
	if (p->break_loop)
		return end_break(p);
	if (status == XDPS_OK || status == XDPS_TIMEOUT)
		return 0;
	snprintf(p->errbuf, PCAP_ERRBUF_SIZE, "%s", err.text);
	return PCAP_ERROR;
}

/*
 * For pcap_next() and pcap_next_ex(): copies the packet, because the ring moves
 * on.
 */
static void
xdpsample_oneshot(u_char *user, const struct pcap_pkthdr *h,
    const u_char *data)
{
	struct oneshot_userdata *sp = (struct oneshot_userdata *)user;
	struct pcap_xdpsample *px = sp->pd->priv;

	memcpy(px->oneshot_buffer, data, h->caplen);
	if (px->oneshot_bytes > h->caplen)
		memset(px->oneshot_buffer + h->caplen, 0,
		    px->oneshot_bytes - h->caplen);
	px->oneshot_bytes = h->caplen;
	*sp->hdr = *h;
	*sp->pkt = px->oneshot_buffer;
}

static const struct xdps_insn *
insns_of(const struct bpf_program *prog)
{
	return (const struct xdps_insn *)(const void *)prog->bf_insns;
}

/*
 * Makes a copy for packets of one direction that ends on every packet, however
 * this libpcap's interpreter handles loops.
 */
static int
copy_filter(pcap_t *p, const struct bpf_program *fp, int sent,
    struct bpf_program *copy)
{
	struct xdps_insn *insns;
	struct xdps_error err;
	size_t n;

	if (xdps_runnable_filter(insns_of(fp), fp->bf_len, &insns, &n,
	    &err) != XDPS_OK) {
		snprintf(p->errbuf, PCAP_ERRBUF_SIZE, "%s", err.text);
		return -1;
	}
	xdps_answer_direction(insns, n, sent);
	copy->bf_insns = (struct bpf_insn *)(void *)insns;
	copy->bf_len = (u_int)n;
	return 0;
}

static int
install_filter(pcap_t *p, const struct bpf_program *fp)
{
	struct pcap_xdpsample *px = p->priv;
	struct bpf_program received;
	int ret;

	if (copy_filter(p, fp, 0, &received) != 0)
		return -1;
	ret = pcapint_install_bpf_program(p, &received);
	free(received.bf_insns);
	if (ret == 0)
		ret = copy_filter(p, fp, 1, &px->sent_fcode);
	if (ret != 0)
		pcap_freecode(&p->fcode);
	return ret;
}

static void
free_filters(pcap_t *p)
{
	struct pcap_xdpsample *px = p->priv;

	pcap_freecode(&p->fcode);
	pcap_freecode(&px->sent_fcode);
}

/*
 * Installs the copy first, which may fail, and then the filter in the kernel.
 * If either fails, the previous filter is still in both places.  The filter in
 * user space cannot change while it judges a packet, because only one thread
 * uses a pcap_t.
 */
static int
xdpsample_setfilter(pcap_t *p, struct bpf_program *fp)
{
	struct pcap_xdpsample *px = p->priv;
	struct bpf_program before = p->fcode, sent_before = px->sent_fcode;
	struct xdps_error err;

	memset(&p->fcode, 0, sizeof(p->fcode));
	memset(&px->sent_fcode, 0, sizeof(px->sent_fcode));
	if (install_filter(p, fp) != 0) {
		p->fcode = before;
		px->sent_fcode = sent_before;
		return -1;
	}
	if (xdps_set_filter(px->capture, insns_of(fp), fp->bf_len,
	    &err) != XDPS_OK) {
		snprintf(p->errbuf, PCAP_ERRBUF_SIZE, "%s", err.text);
		free_filters(p);
		p->fcode = before;
		px->sent_fcode = sent_before;
		return -1;
	}
	pcap_freecode(&before);
	pcap_freecode(&sent_before);
	return 0;
}

/* As dir= in the device name does it from the beginning. */
static int
xdpsample_setdirection(pcap_t *p, pcap_direction_t d)
{
	struct pcap_xdpsample *px = p->priv;
	struct xdps_error err;

	if (xdps_set_direction(px->capture, d == PCAP_D_IN ? XDPS_DIR_IN :
	    d == PCAP_D_OUT ? XDPS_DIR_OUT : XDPS_DIR_BOTH, &err) != XDPS_OK) {
		snprintf(p->errbuf, PCAP_ERRBUF_SIZE, "%s", err.text);
		return -1;
	}
	p->direction = d;
	return 0;
}

static int
xdpsample_inject(pcap_t *p, const void *buf, int size)
{
	struct pcap_xdpsample *px = p->priv;
	struct xdps_error err;

	if (xdps_inject(px->capture, buf, (size_t)size, &err) == XDPS_OK)
		return size;
	snprintf(p->errbuf, PCAP_ERRBUF_SIZE, "%s", err.text);
	return PCAP_ERROR;
}

/*
 * This is a flag of our own: O_NONBLOCK on the engine's descriptor would mean
 * nothing, because that descriptor is only good for polling.
 */
static int
xdpsample_getnonblock(pcap_t *p)
{
	struct pcap_xdpsample *px = p->priv;

	return px->nonblock;
}

static int
xdpsample_setnonblock(pcap_t *p, int nonblock)
{
	struct pcap_xdpsample *px = p->priv;

	px->nonblock = nonblock != 0;
	return 0;
}

/*
 * Does the application itself want no more packets?  Its callback runs in the
 * reading thread.  A signal handler may run there too, but then a signal is
 * blocked that the reader had not blocked.
 */
static int
breaks_by_itself(const struct pcap_xdpsample *px)
{
	sigset_t mask;

	if (!px->has_reader)
		return 1;
	if (px->waiting || !pthread_equal(px->reader, pthread_self()))
		return 0;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigismember(&mask, sig) == 1 &&
		    sigismember(&px->reader_mask, sig) == 0)
			return 0;
	return 1;
}

/* Notes the first break; is this one more, from a user who will not wait? */
static int
is_second_break(const pcap_t *p)
{
	struct pcap_xdpsample *px = p->priv;
	uint64_t now_ns = monotonic_ns();

	if (!p->break_loop)
		px->break_ns = now_ns;
	return px->draining && now_ns - px->break_ns >= SAME_BREAK_MS * NS_PER_MS;
}

/*
 * A callback that calls pcap_breakloop() gets no more packets.  A user who
 * presses Ctrl-C wants everything that came before: a break from a signal
 * handler or from another thread ends the wait, and what is in the rings is
 * delivered first.  A second break ends that, too.
 *
 * The flag must be set before the wake-up.
 */
static void
xdpsample_breakloop(pcap_t *p)
{
	struct pcap_xdpsample *px = p->priv;

	if (is_second_break(p) || breaks_by_itself(px))
		px->stop_now = 1;
	pcapint_breakloop_common(p);
	xdps_wake(px->capture);
}

/*
 * As on AF_PACKET, ps_recv includes the lost packets.  Packets that the
 * sampling rate skipped are in neither number.  tcpdump calls this in a signal
 * handler.
 *
 * An application that was told to stop and does not read on, such as dumpcap,
 * never gets what is left in the rings.  Those packets are counted as dropped.
 */
static int
xdpsample_stats(pcap_t *p, struct pcap_stat *ps)
{
	struct pcap_xdpsample *px = p->priv;
	struct xdps_stats stats;

	xdps_stats(px->capture, &stats);
	ps->ps_recv = (u_int)(stats.taken + stats.lost);
	ps->ps_drop = (u_int)stats.lost;
	if (p->break_loop && !px->reading)
		ps->ps_drop += (u_int)(stats.taken - stats.released);
	ps->ps_ifdrop = 0;
	return 0;
}

static void
xdpsample_cleanup(pcap_t *p)
{
	struct pcap_xdpsample *px = p->priv;

	/* The engine owns the descriptor, and libpcap would close it. */
	p->fd = p->selectable_fd = -1;
	/*
	 * Even without a capture: this thread may have left an activation
	 * half-way.
	 */
	xdps_close(px->capture);
	px->capture = NULL;
	pcap_freecode(&px->sent_fcode);
	pcapint_cleanup_live_common(p);
}

/*
 * Uses a specific code only where libpcap's own text for it fits, because
 * applications print that text in front of ours: "No such device exists", "You
 * don't have permission to ...".  PCAP_ERROR_CAPTURE_NOTSUP exists for
 * XDPS_UNSUPPORTED, but with it tcpdump 4.99.3 leaves out our text, which says
 * what is missing.  And a warning is not PCAP_WARNING_PROMISC_NOTSUP: "That
 * device doesn't support promiscuous mode" is not what is wrong when the helper
 * lacks a capability.
 */
static int
pcap_error_for(enum xdps_status status)
{
	switch (status) {

	case XDPS_NO_DEVICE:
		return PCAP_ERROR_NO_SUCH_DEVICE;

	case XDPS_NO_PERMISSION:
		return PCAP_ERROR_PERM_DENIED;

	default:
		return PCAP_ERROR;
	}
}

/*
 * The kernel finds an interface by an alternative name too, but finds its
 * address only by the primary name (devinet_ioctl() compares it with the
 * address's label).
 */
int
xdpsample_lookup_name(const char **device, char *ifname, char *errbuf)
{
	struct xdps_options opt;
	struct xdps_error err;
	unsigned int index;

	if (*device == NULL || !is_our_name(*device))
		return 0;
	xdps_options_init(&opt);
	if (xdps_options_parse(&opt, *device + strlen(PREFIX), &err) != XDPS_OK) {
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", err.text);
		return -1;
	}
	index = if_nametoindex(opt.request.ifname);
	if ((index == 0 || if_indextoname(index, ifname) == NULL) &&
	    snprintf(ifname, IF_NAMESIZE, "%s", opt.request.ifname) >= IF_NAMESIZE) {
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s: %s", opt.request.ifname,
		    strerror(ENODEV));
		return -1;
	}
	*device = ifname;
	return 0;
}

static int
list_device(pcap_if_list_t *devlistp, const char *ifname, char *err_str)
{
	char name[sizeof(PREFIX) + IF_NAMESIZE];
	char description[64];

	/*
	 * Not marked as up and running: we would then sort before the interface
	 * itself, and become the default of an application that is given no
	 * device name.
	 */
	snprintf(name, sizeof(name), PREFIX "%s", ifname);
	snprintf(description, sizeof(description), "%s at the XDP hook", ifname);
	if (pcapint_add_dev(devlistp, name,
	    PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE, description,
	    err_str) == NULL)
		return -1;
	return 0;
}

/*
 * Lists nothing unless asked to: Wireshark opens every listed device when it
 * starts, and each would get an XDP program attached.
 *
 * Does not use secure_getenv(): dumpcap with file capabilities should list them
 * too, and names that anybody can read give nothing away.
 *
 * Fails only if memory runs out: a failure would cost the application the
 * devices of all other modules.
 */
int
xdpsample_findalldevs(pcap_if_list_t *devlistp, char *err_str)
{
	const char *wish = getenv("XDPSAMPLE_LIST");
	struct ifaddrs *all, *ifa;
	const struct sockaddr_ll *ll;
	int ret = 0;

	if (wish == NULL || strcmp(wish, "1") != 0 || getifaddrs(&all) != 0)
		return 0;
	for (ifa = all; ifa != NULL && ret == 0; ifa = ifa->ifa_next) {
		/* Every interface has exactly one address of this family. */
		if (ifa->ifa_addr == NULL ||
		    ifa->ifa_addr->sa_family != AF_PACKET)
			continue;
		ll = (const struct sockaddr_ll *)(const void *)ifa->ifa_addr;
		if (ll->sll_hatype == ARPHRD_ETHER ||
		    ll->sll_hatype == ARPHRD_LOOPBACK)
			ret = list_device(devlistp, ifa->ifa_name, err_str);
	}
	freeifaddrs(all);
	return ret;
}

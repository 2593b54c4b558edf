// SPDX-License-Identifier: BSD-3-Clause
/*
 * capture.c: captures from the hook to the file, until it is told to stop.
 *
 * There is one capture point, or there are two: before the program and after it.  Each is
 * an interface of the file.  Their packets are written in the order of their times.
 */
#include "capture.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../common/error.h"

#include "describe.h"
#include "filter.h"
#include "list.h"
#include "output.h"
#include "stop.h"
#include "stream.h"

#define STREAMS_MAX 2
#define BLOCK_BYTES_MAX 8192		/* of a block without a packet: texts, and more */
#define UNBEGUN_PATIENCE_MS 10000	/* with the reader of a file without packets */
#define NS_PER_S 1000000000ull

struct capture {
	struct stream streams[STREAMS_MAX];	/* numbered like the file's interfaces */
	unsigned int n;
	struct filter *filter;
	struct output out;
	struct xdps_listed before;	/* what was attached when we started */
	uint64_t n_packets;
};

/* After this, only opening the file can still fail. */
static enum xdps_status open_streams(struct capture *c, const struct args *a,
				     struct xdps_error *err)
{
	struct xdps_options opt = a->opt;
	enum xdps_status status;

	status = list_look(&c->before, opt.request.ifname, err);
	if (!status)
		status = filter_compile(&c->filter, a->filter, opt.request.ifname,
					c->before.link, opt.request.dir, err);
	if (status)
		return status;
	c->n = a->both ? 2 : 1;
	/* Opens the one after the program first, because the program must be there. */
	status = stream_open(&c->streams[c->n - 1], &opt, c->filter, err);
	if (status || !a->both)
		return status;
	opt.request.point = XDPS_POINT_ENTRY;
	opt.request.actions = 0;
	opt.request.dir = XDPS_DIR_IN;		/* sent packets come once */
	return stream_open(&c->streams[0], &opt, c->filter, err);
}

static void close_streams(struct capture *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		stream_close(&c->streams[i]);
}

static void add_section(struct capture *c)
{
	char hardware[WORDS_BYTES], os[WORDS_BYTES];

	describe_hardware(hardware, sizeof(hardware));
	describe_os(os, sizeof(os));
	if (output_room(&c->out, BLOCK_BYTES_MAX))
		pcapng_add_section(&c->out.blocks, &(struct pcapng_section){
			.hardware = hardware,
			.os = os,
			.program = "xdpsample-extcap " PACKAGE_VERSION,
		});
}

static void add_interface(struct capture *c, const struct stream *s, const char *filter)
{
	char name[WORDS_BYTES], point[WORDS_BYTES], conditions[WORDS_BYTES], os[WORDS_BYTES];

	describe_device(name, sizeof(name), &s->opt);
	describe_point(point, sizeof(point), &s->opt, &c->before, xdps_sent_place(s->x));
	describe_conditions(conditions, sizeof(conditions), &s->opt, s->x);
	describe_os(os, sizeof(os));
	if (output_room(&c->out, BLOCK_BYTES_MAX))
		pcapng_add_interface(&c->out.blocks, &(struct pcapng_interface){
			.link = xdps_link(s->x) == XDPS_LINK_ETHERNET ? PCAPNG_LINK_ETHERNET
								      : PCAPNG_LINK_RAW,
			.snaplen = s->opt.request.snaplen,
			.name = name,
			.description = point,
			.filter = filter,
			.os = os,
			.comment = conditions,
		});
	if (conditions[0] && isatty(STDERR_FILENO))
		fprintf(stderr, "%s: %s\n", name, conditions);
}

void capture_write_nothing(const struct args *a, const struct xdps_error *err)
{
	static struct capture c;

	if (!strcmp(a->fifo, "-"))
		return;
	output_open(&c.out, a->fifo, UNBEGUN_PATIENCE_MS);
	if (c.out.end == OUTPUT_GOES_ON) {
		add_section(&c);
		pcapng_add_interface(&c.out.blocks, &(struct pcapng_interface){
			.link = PCAPNG_LINK_ETHERNET,
			.snaplen = a->opt.request.snaplen,
			.comment = err->text,
		});
		output_flush(&c.out);
	}
	output_close(&c.out);
}

static void begin_file(struct capture *c, const char *filter)
{
	add_section(c);
	for (unsigned int i = 0; i < c->n; i++)
		add_interface(c, &c->streams[i], filter);
	output_flush(&c->out);
}

static void add_packet(struct capture *c, struct stream *s)
{
	const struct xdps_packet *pkt = &s->head;

	if (!output_room(&c->out, pkt->caplen + PCAPNG_PACKET_BYTES_MAX))
		return;
	pcapng_add_packet(&c->out.blocks, &(struct pcapng_packet){
		.interface = (uint32_t)(s - c->streams),
		.wall_ns = pkt->wall_ns,
		.caplen = pkt->caplen,
		.len = pkt->len,
		.data = pkt->data,
		.id = ++c->n_packets,
		.queue = pkt->queue,
		.lost = s->lost_to_say,
		.sent = pkt->sent,
		.has_verdict = s->opt.request.point == XDPS_POINT_EXIT && !pkt->sent,
		.verdict = pkt->action,
	});
	stream_next(s);
}

static struct stream *oldest(struct capture *c)
{
	struct stream *found = NULL;

	for (unsigned int i = 0; i < c->n; i++) {
		struct stream *s = &c->streams[i];

		if (s->has_head && (!found || s->head.mono_ns < found->head.mono_ns))
			found = s;
	}
	return found;
}

/* True if no older packet will come from the other stream. */
static bool is_next(const struct capture *c, const struct stream *s)
{
	for (unsigned int i = 0; i < c->n; i++) {
		const struct stream *other = &c->streams[i];

		if (other != s && !other->has_head && !other->over.status &&
		    xdps_complete_ns(other->x) < s->head.mono_ns)
			return false;
	}
	return true;
}

/* Adds the current statistics, with this comment. */
static void add_statistics(struct capture *c, const struct stream *s, const char *words)
{
	const struct xdps_stats stats = stream_stats(s);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (output_room(&c->out, BLOCK_BYTES_MAX))
		pcapng_add_statistics(&c->out.blocks, &(struct pcapng_statistics){
			.interface = (uint32_t)(s - c->streams),
			.start_ns = s->start_ns,
			.end_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec,
			.received = stats.seen,
			.accepted = stats.seen - stats.rejected,
			.lost = stats.lost,
			.delivered = s->delivered,
			.comment = words,
		});
}

/* Written at once: somebody may be watching the file, and there may be no packet. */
static void add_notices(struct capture *c)
{
	for (unsigned int i = 0; i < c->n; i++) {
		struct stream *s = &c->streams[i];

		if (!s->has_notice)
			continue;
		add_statistics(c, s, s->notice);
		s->has_notice = false;
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "%s\n", s->notice);
	}
}

/*
 * Looks at each stream once, so that this ends under any load, and writes what can be
 * written in order.
 */
static void write_packets(struct capture *c)
{
	struct stream *s;

	for (unsigned int i = 0; i < c->n; i++)
		stream_look(&c->streams[i]);
	add_notices(c);
	while (c->out.end == OUTPUT_GOES_ON && (s = oldest(c)) && is_next(c, s))
		add_packet(c, s);
	output_flush(&c->out);
}

static bool is_over(const struct capture *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (c->streams[i].over.status)
			return true;
	return c->out.end != OUTPUT_GOES_ON;
}

static uint32_t hold_ms(const struct capture *c)
{
	return stream_hold_ms(&c->streams[0]);
}

/*
 * Waits for packets, unless some already wait for the other point, and for the reader's
 * end.
 */
static void wait_for_packets(struct capture *c)
{
	struct pollfd fds[STREAMS_MAX + OUTPUT_POLLS];
	int64_t timeout_ms = -1;

	for (unsigned int i = 0; i < c->n; i++) {
		struct stream *s = &c->streams[i];

		fds[i] = (struct pollfd){ .fd = s->has_head ? -1 : xdps_fd(s->x),
					  .events = POLLIN };
		if (s->has_head)
			timeout_ms = hold_ms(c);
		else
			xdps_rearm(s->x);
	}
	output_poll(&c->out, fds + c->n);
	if (stop_poll(fds, c->n + OUTPUT_POLLS, timeout_ms) > 0)
		output_polled(&c->out, fds + c->n);
}

/*
 * Writes everything that passed the hook before we were told to stop.  The account of a
 * stream is closed with its last packet.
 */
static void drain(struct capture *c)
{
	struct stream *s;

	for (unsigned int i = 0; i < c->n; i++)
		stream_drain(&c->streams[i]);
	while (c->out.end == OUTPUT_GOES_ON && (s = oldest(c)))
		add_packet(c, s);
	for (unsigned int i = 0; i < c->n; i++)
		xdps_rearm(c->streams[i].x);
}

static void add_account(struct capture *c, const struct stream *s)
{
	const struct xdps_stats stats = stream_stats(s);
	char words[WORDS_BYTES];

	describe_statistics(words, sizeof(words), &s->opt, &stats, s->delivered, s->notice);
	add_statistics(c, s, words);
}

/* Puts the account into memory, and detaches, before it waits for anything. */
static void end_file(struct capture *c)
{
	for (unsigned int i = 0; i < c->n; i++)
		add_account(c, &c->streams[i]);
	close_streams(c);
	output_flush(&c->out);
}

static enum xdps_status why_it_ended(const struct capture *c, struct xdps_error *err)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (c->streams[i].over.status)
			*err = c->streams[i].over;
	if (c->out.end == OUTPUT_FAILED)
		*err = c->out.err;
	return err->status;
}

static void capture(struct capture *c, const char *filter)
{
	begin_file(c, filter);
	while (!is_over(c) && !stop_asked()) {
		wait_for_packets(c);
		write_packets(c);
	}
	if (c->out.end == OUTPUT_GOES_ON)
		drain(c);
	if (c->out.end == OUTPUT_GOES_ON)
		end_file(c);
}

/*
 * Attaches before it opens the pipe: so an error is reported without Wireshark waiting
 * for a file that never begins.
 */
enum xdps_status capture_run(const struct args *a, bool *began, struct xdps_error *err)
{
	static struct capture c;	/* too large for a stack, because of its lists */

	stop_prepare();
	err->status = XDPS_OK;
	*began = !open_streams(&c, a, err);
	if (*began) {
		output_open(&c.out, a->fifo, -1);
		if (c.out.end == OUTPUT_GOES_ON)
			capture(&c, a->filter);
		why_it_ended(&c, err);
		output_close(&c.out);
	}
	close_streams(&c);
	filter_free(c.filter);
	return err->status;
}

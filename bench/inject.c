// SPDX-License-Identifier: BSD-3-Clause
/*
 * inject.c: sends frames into veth pairs, and measures what they cost there.
 *
 *	inject [-p] [-b BYTES] [-m EVERY] [-t SHIFT] COUNT SENDER:RECEIVER SENDER:RECEIVER
 *	inject [-p] [-b BYTES] [-m EVERY] [-r RATE] COUNT SENDER:RECEIVER
 *
 * BPF_PROG_TEST_RUN in its live-frames mode (Linux 5.18) makes the frames.  A program
 * redirects each one to a SENDER, and so they arrive at the RECEIVER's XDP hook without
 * an skb.  All of that, up to what the stack does with the packet, runs on one CPU, batch
 * after batch.
 *
 * With two pairs, the frames go to them in turns.  The time from the beginning of one
 * turn to that of the next is the time of the whole path for so many frames.  The first
 * RECEIVER is the reference: a program that returns XDP_PASS is attached to it.  The
 * program on the second one is attached by somebody else; with -p it is the same program.
 * Prints the time that the path with XDP_PASS takes, and how much longer the other one
 * is, both in nanoseconds per frame: medians of all turns, each compared with those
 * before and after it.  A turn has 2 to the power of SHIFT frames, by default 1024.
 *
 * With one pair, the frames go as fast as possible, or at RATE per second.  Prints how
 * many there were per second.
 *
 * With -m one frame in EVERY goes to another port, the first one included.  It is an
 * error if not all frames arrive.  A RECEIVER accepts them if it has an XDP program or
 * GRO.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <err.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "inject.h"
#include "inject.skel.h"

#define NSEC_PER_USEC 1000ull
#define USEC_PER_SEC 1000000ull
#define ARRIVAL_NS NSEC_PER_SEC		/* what is not there by then is lost */
#define FRAME_BYTES_MIN (sizeof(struct frame))
#define FRAME_BYTES_MAX 1514
#define TURNS_MIN 8
#define COUNT_MAX (1u << 28)
#define RATE_MAX 10000000u
#define TRIES_MAX (1u << 31)		/* most repetitions, while frames are not due */
#define RUN_EXTRA_US 200000	/* for the kernel to start */

struct path {
	const char *sender;
	const char *receiver;
};

struct job {
	struct path paths[2];
	int n_paths;
	uint32_t n_frames;
	uint32_t frame_bytes;
	uint32_t mark_every;
	uint32_t turn_shift;
	uint32_t rate_pps;		/* 0: as fast as possible */
	bool pass;			/* attach XDP_PASS to the last receiver */
};

static int index_of(const char *name)
{
	int ifindex = if_nametoindex(name);

	if (!ifindex)
		errx(1, "%s: %s", name, strerror(errno));
	return ifindex;
}

static uint16_t header_sum(const struct iphdr *ip)
{
	const uint16_t *word = (const uint16_t *)ip;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*ip) / sizeof(*word); i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/*
 * UDP between documentation addresses, to the port "discard".  Nobody has the Ethernet
 * address, so the stack releases the packet as soon as all captures have seen it.
 */
static void make_frame(unsigned char *bytes, uint32_t frame_bytes)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
		.tot_len = htons(frame_bytes - sizeof(struct ethhdr)),
		.saddr = inet_addr("198.51.100.1"),
		.daddr = inet_addr("198.51.100.2"),
	};
	struct frame f = {
		.eth = { .h_dest = { 2, 0, 0x5e, 0x10, 0xff, 2 },
			 .h_source = { 2, 0, 0x5e, 0x10, 0xff, 1 },
			 .h_proto = htons(ETH_P_IP) },
		.udp = { .source = htons(49152), .dest = PLAIN_PORT,
			 .len = htons(frame_bytes - offsetof(struct frame, udp)) },
	};

	ip.check = header_sum(&ip);
	f.ip = ip;
	memcpy(bytes, &f, sizeof(f));
}

/* The program stays attached as long as this process lives. */
static void attach_pass(const char *name)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	int prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "Dual BSD/GPL", insns, 2, NULL);
	int link;

	if (prog < 0)
		errx(1, "loading a program: %s", strerror(-prog));
	link = bpf_link_create(prog, index_of(name), BPF_XDP, &opts);
	if (link < 0)
		errx(1, "attaching a program to %s in native mode: %s", name, strerror(-link));
}

static struct inject *load_programs(const struct job *job)
{
	struct inject *skel = inject__open();

	if (!skel)
		errx(1, "opening the programs: %s", strerror(errno));
	for (int i = 0; i < job->n_paths; i++)
		skel->rodata->ifindex[i] = index_of(job->paths[i].sender);
	skel->rodata->mark_every = job->mark_every;
	skel->rodata->turn_shift = job->turn_shift;
	skel->rodata->n_wanted = job->n_frames;
	skel->rodata->interval_ns = job->rate_pps ? NSEC_PER_SEC / job->rate_pps : 0;
	bpf_map__set_max_entries(skel->maps.starts_ns, (job->n_frames >> job->turn_shift) + 1);
	if (inject__load(skel))
		errx(1, "loading the programs: %s", strerror(errno));
	return skel;
}

/* This is a veth's only counter of what XDP has seen; it wraps. */
static uint32_t packets_received(const char *name)
{
	struct ifaddrs *all, *one;
	uint32_t packets = 0;

	if (getifaddrs(&all))
		errx(1, "getifaddrs: %s", strerror(errno));
	for (one = all; one; one = one->ifa_next) {
		if (one->ifa_addr && one->ifa_addr->sa_family == AF_PACKET && one->ifa_data &&
		    !strcmp(one->ifa_name, name))
			packets = ((struct rtnl_link_stats *)one->ifa_data)->rx_packets;
	}
	freeifaddrs(all);
	return packets;
}

/*
 * The kernel may leave the last of the work to ksoftirqd.  More frames may arrive, if
 * somebody else sends as well.
 */
static void check_arrival(const struct path *path, uint32_t before, uint32_t sent)
{
	uint64_t end_ns = now_ns() + ARRIVAL_NS;
	uint32_t arrived;

	do
		arrived = packets_received(path->receiver) - before;
	while (arrived < sent && now_ns() < end_ns);
	if (arrived < sent)
		errx(1, "%u frames were sent to %s, and %u arrived at %s", sent, path->sender, arrived,
		    path->receiver);
}

/* Sends at most `repeat` frames.  Returns 0, or -EINTR if a signal came. */
static int run_program(const struct job *job, int prog, uint32_t repeat)
{
	unsigned char bytes[FRAME_BYTES_MAX] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = job->frame_bytes,
		    .repeat = repeat, .batch_size = BATCH_FRAMES,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	int status;

	make_frame(bytes, job->frame_bytes);
	status = bpf_prog_test_run_opts(prog, &opts);
	if (status && status != -EINTR)
		errx(1, "BPF_PROG_TEST_RUN with live frames (Linux 5.18 or later): %s",
		    strerror(-status));
	return status;
}

static void end_run(int signal)
{
	(void)signal;
}

/*
 * A run ends when a signal tells it to: when everything left should have been sent.  The
 * kernel takes a tenth of a second to begin and end a run, so one should be enough.
 */
static void send_at_rate(const struct job *job, const struct inject *skel)
{
	struct sigaction action = { .sa_handler = end_run };
	uint64_t left_us;

	sigaction(SIGALRM, &action, NULL);
	while (skel->bss->n_frames < job->n_frames) {
		left_us = (job->n_frames - skel->bss->n_frames) * skel->rodata->interval_ns /
			  NSEC_PER_USEC + RUN_EXTRA_US;
		setitimer(ITIMER_REAL,
			  &(struct itimerval){ .it_value = { .tv_sec = left_us / USEC_PER_SEC,
							     .tv_usec = left_us % USEC_PER_SEC } },
			  NULL);
		run_program(job, bpf_program__fd(skel->progs.send_paced), TRIES_MAX);
	}
}

static void send_frames(const struct job *job, const struct inject *skel)
{
	uint32_t before[2], sent = job->n_frames / job->n_paths;
	int i;

	for (i = 0; i < job->n_paths; i++)
		before[i] = packets_received(job->paths[i].receiver);
	if (job->n_paths == 2) {
		run_program(job, bpf_program__fd(skel->progs.take_turns), job->n_frames);
	} else if (!job->rate_pps) {
		run_program(job, bpf_program__fd(skel->progs.send_paced), job->n_frames);
	} else {
		send_at_rate(job, skel);
	}
	for (i = 0; i < job->n_paths; i++)
		check_arrival(&job->paths[i], before[i], sent);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_size);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/*
 * The machine's speed changes from one moment to the next, and both paths change with it.
 * So their ratio is kept for every three turns.
 */
static void report_cost(const struct job *job, const struct inject *skel)
{
	size_t n_turns = job->n_frames >> job->turn_shift, n = n_turns / 2 - 1;
	size_t map_bytes = n_turns * sizeof(uint64_t);
	double *pass_ns = calloc(n, sizeof(*pass_ns)), *excess = calloc(n, sizeof(*excess));
	uint64_t *starts_ns = mmap(NULL, map_bytes, PROT_READ, MAP_SHARED,
				   bpf_map__fd(skel->maps.starts_ns), 0);
	double pass;

	if (!pass_ns || !excess || starts_ns == MAP_FAILED)
		errx(1, "no memory");
	for (size_t i = 0; i < n; i++) {
		const uint64_t *t = &starts_ns[2 * i];

		pass_ns[i] = (t[1] - t[0] + t[3] - t[2]) / 2.0;
		excess[i] = (t[2] - t[1]) / pass_ns[i] - 1;
	}
	pass = median(pass_ns, n) / (1u << job->turn_shift);
	printf("%.1f %.2f\n", pass, pass * median(excess, n));
	free(pass_ns);
	free(excess);
	munmap(starts_ns, map_bytes);
}

static void report_rate(const struct job *job, const struct inject *skel)
{
	uint64_t took_ns = skel->bss->last_ns - skel->bss->first_ns;

	printf("%.0f\n", (job->n_frames - 1) * (double)NSEC_PER_SEC / took_ns);
}

static uint32_t number(const char *text, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n < min || n > max)
		errx(1, "%s: not a number from %u to %u", text, min, max);
	return n;
}

static struct path path_of(char *text)
{
	struct path p = { .sender = strsep(&text, ":"), .receiver = text };

	if (!text)
		errx(1, "%s: not SENDER:RECEIVER", p.sender);
	return p;
}

static const char usage[] =
	"usage: inject [-p] [-b BYTES] [-m EVERY] [-t SHIFT] COUNT SENDER:RECEIVER SENDER:RECEIVER, "
	"or inject [-p] [-b BYTES] [-m EVERY] [-r RATE] COUNT SENDER:RECEIVER";

static struct job read_arguments(int argc, char **argv)
{
	struct job job = { .frame_bytes = 64, .turn_shift = TURN_SHIFT_DEFAULT };
	int option, i;

	while ((option = getopt(argc, argv, "b:m:pr:t:")) != -1) {
		if (option == 'b')
			job.frame_bytes = number(optarg, FRAME_BYTES_MIN, FRAME_BYTES_MAX);
		else if (option == 'm')
			job.mark_every = number(optarg, 1, COUNT_MAX);
		else if (option == 'p')
			job.pass = true;
		else if (option == 'r')
			job.rate_pps = number(optarg, 1, RATE_MAX);
		else if (option == 't')
			job.turn_shift = number(optarg, TURN_SHIFT_MIN, TURN_SHIFT_DEFAULT);
		else
			exit(2);
	}
	job.n_paths = argc - optind - 1;
	if (job.n_paths < 1 || job.n_paths > 2 || (job.n_paths == 2 && job.rate_pps))
		errx(1, "%s", usage);
	job.n_frames = number(argv[optind], 2, COUNT_MAX);
	if (job.n_paths == 2)	/* whole turns */
		job.n_frames = number(argv[optind], TURNS_MIN << job.turn_shift, COUNT_MAX) >>
			       (job.turn_shift + 1) << (job.turn_shift + 1);
	for (i = 0; i < job.n_paths; i++)
		job.paths[i] = path_of(argv[optind + 1 + i]);
	return job;
}

int main(int argc, char **argv)
{
	struct job job = read_arguments(argc, argv);
	struct inject *skel = load_programs(&job);

	if (job.n_paths == 2)
		attach_pass(job.paths[0].receiver);
	if (job.pass)
		attach_pass(job.paths[job.n_paths - 1].receiver);
	send_frames(&job, skel);
	if (job.n_paths == 2)
		report_cost(&job, skel);
	else
		report_rate(&job, skel);
	inject__destroy(skel);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * inject.c: frames into two veth pairs in turns, and what they cost there.
 *
 *	inject [-p] [-b BYTES] COUNT SENDER:RECEIVER SENDER:RECEIVER
 *
 * BPF_PROG_TEST_RUN in its live-frames mode (Linux 5.18) makes the frames, a
 * program redirects each to a SENDER, and so they arrive at the RECEIVER's XDP
 * hook without an skb.  All of that, up to what the stack does with the packet,
 * runs on one CPU, batch after batch: the time from one turn's begin to the
 * next one's is the time of the whole path for so many frames.
 *
 * The first RECEIVER is the measure: a program that returns XDP_PASS is
 * attached to it.  What is attached to the second one is somebody else's; with
 * -p it is the same program.
 *
 * Prints what the path with XDP_PASS takes, and how much longer the other one
 * is, both in nanoseconds per frame: medians of all turns, each compared with
 * those before and after it.  It is an error if not all frames arrive.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "inject.h"
#include "inject.skel.h"

#define NSEC_PER_SEC 1000000000ull
#define ARRIVAL_NS NSEC_PER_SEC		/* what is not there by then is lost */
#define FRAME_BYTES_MIN (sizeof(struct frame))
#define FRAME_BYTES_MAX 1514
#define COUNT_MIN (8 * TURN_FRAMES)
#define COUNT_MAX (1u << 28)

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

struct path {
	const char *sender;
	const char *receiver;
};

struct job {
	struct path paths[2];
	uint32_t n_turns;
	uint32_t frame_bytes;
	bool both_pass;
};

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("inject: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static int index_of(const char *name)
{
	int ifindex = if_nametoindex(name);

	if (!ifindex)
		die("%s: %s", name, strerror(errno));
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
 * UDP between documentation addresses, to the port "discard".  The Ethernet
 * address is nobody's, so that the stack lets go of the packet as soon as all
 * captures have seen it.
 */
static void make_frame(unsigned char *bytes, uint32_t frame_bytes)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
		.tot_len = htons(frame_bytes - sizeof(struct ether_header)),
		.saddr = inet_addr("198.51.100.1"),
		.daddr = inet_addr("198.51.100.2"),
	};
	struct frame f = {
		.eth = { .ether_dhost = { 2, 0, 0x5e, 0x10, 0xff, 2 },
			 .ether_shost = { 2, 0, 0x5e, 0x10, 0xff, 1 },
			 .ether_type = htons(ETHERTYPE_IP) },
		.udp = { .source = htons(49152), .dest = htons(9),
			 .len = htons(frame_bytes - offsetof(struct frame, udp)) },
	};

	ip.check = header_sum(&ip);
	f.ip = ip;
	memcpy(bytes, &f, sizeof(f));
}

/* Attached as long as this process lives. */
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
		die("loading a program: %s", strerror(-prog));
	link = bpf_link_create(prog, index_of(name), BPF_XDP, &opts);
	if (link < 0)
		die("attaching a program to %s in native mode: %s", name, strerror(-link));
}

static struct inject *load_program(const struct job *job)
{
	struct inject *skel = inject__open();

	if (!skel)
		die("opening the program: %s", strerror(errno));
	for (int i = 0; i < 2; i++)
		skel->rodata->ifindex[i] = index_of(job->paths[i].sender);
	bpf_map__set_max_entries(skel->maps.starts_ns, job->n_turns);
	if (inject__load(skel))
		die("loading the program: %s", strerror(errno));
	return skel;
}

/* A veth's only count of what XDP has seen; it wraps. */
static uint32_t packets_received(const char *name)
{
	struct ifaddrs *all, *one;
	uint32_t packets = 0;

	if (getifaddrs(&all))
		die("getifaddrs: %s", strerror(errno));
	for (one = all; one; one = one->ifa_next) {
		if (one->ifa_addr && one->ifa_addr->sa_family == AF_PACKET && one->ifa_data &&
		    !strcmp(one->ifa_name, name))
			packets = ((struct rtnl_link_stats *)one->ifa_data)->rx_packets;
	}
	freeifaddrs(all);
	return packets;
}

/* The kernel may leave the last of the work to ksoftirqd. */
static void check_arrival(const struct path *path, uint32_t before, uint32_t sent)
{
	uint64_t end_ns = now_ns() + ARRIVAL_NS;
	uint32_t arrived;

	do
		arrived = packets_received(path->receiver) - before;
	while (arrived != sent && now_ns() < end_ns);
	if (arrived != sent)
		die("%u frames were sent to %s, and %u arrived at %s", sent, path->sender, arrived,
		    path->receiver);
}

static void send_frames(const struct job *job, int prog)
{
	unsigned char bytes[FRAME_BYTES_MAX] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = job->frame_bytes,
		    .repeat = job->n_turns * TURN_FRAMES, .batch_size = BATCH_FRAMES,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	uint32_t before[2];
	int i, status;

	make_frame(bytes, job->frame_bytes);
	for (i = 0; i < 2; i++)
		before[i] = packets_received(job->paths[i].receiver);
	status = bpf_prog_test_run_opts(prog, &opts);
	if (status)
		die("BPF_PROG_TEST_RUN with live frames, which Linux has since 5.18: %s",
		    strerror(-status));
	for (i = 0; i < 2; i++)
		check_arrival(&job->paths[i], before[i], job->n_turns / 2 * TURN_FRAMES);
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
 * The machine's speed changes from one moment to the next, and with it both
 * paths: so it is their ratio that is kept of every three turns.
 */
static void report(const struct job *job, const uint64_t *starts_ns)
{
	size_t n = job->n_turns / 2 - 1;
	double *pass_ns = calloc(n, sizeof(*pass_ns)), *excess = calloc(n, sizeof(*excess));
	double pass;

	if (!pass_ns || !excess)
		die("no memory");
	for (size_t i = 0; i < n; i++) {
		const uint64_t *t = &starts_ns[2 * i];

		pass_ns[i] = (t[1] - t[0] + t[3] - t[2]) / 2.0;
		excess[i] = (t[2] - t[1]) / pass_ns[i] - 1;
	}
	pass = median(pass_ns, n) / TURN_FRAMES;
	printf("%.1f %.2f\n", pass, pass * median(excess, n));
	free(pass_ns);
	free(excess);
}

static uint32_t number(const char *text, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n < min || n > max)
		die("%s: not a number from %u to %u", text, min, max);
	return n;
}

static struct path path_of(char *text)
{
	struct path p = { .sender = strsep(&text, ":"), .receiver = text };

	if (!text)
		die("%s: not SENDER:RECEIVER", p.sender);
	return p;
}

static struct job read_arguments(int argc, char **argv)
{
	struct job job = { .frame_bytes = 64 };
	int option;

	while ((option = getopt(argc, argv, "b:p")) != -1) {
		if (option == 'b')
			job.frame_bytes = number(optarg, FRAME_BYTES_MIN, FRAME_BYTES_MAX);
		else if (option == 'p')
			job.both_pass = true;
		else
			exit(2);
	}
	if (argc - optind != 3)
		die("usage: inject [-p] [-b BYTES] COUNT SENDER:RECEIVER SENDER:RECEIVER");
	job.n_turns = number(argv[optind], COUNT_MIN, COUNT_MAX) / TURN_FRAMES / 2 * 2;
	for (int i = 0; i < 2; i++)
		job.paths[i] = path_of(argv[optind + 1 + i]);
	return job;
}

int main(int argc, char **argv)
{
	struct job job = read_arguments(argc, argv);
	struct inject *skel = load_program(&job);
	size_t map_bytes = job.n_turns * sizeof(uint64_t);
	uint64_t *starts_ns;

	attach_pass(job.paths[0].receiver);
	if (job.both_pass)
		attach_pass(job.paths[1].receiver);
	starts_ns = mmap(NULL, map_bytes, PROT_READ, MAP_SHARED,
			 bpf_map__fd(skel->maps.starts_ns), 0);
	if (starts_ns == MAP_FAILED)
		die("mapping the times: %s", strerror(errno));
	send_frames(&job, bpf_program__fd(skel->progs.take_turns));
	report(&job, starts_ns);
	munmap(starts_ns, map_bytes);
	inject__destroy(skel);
	return 0;
}

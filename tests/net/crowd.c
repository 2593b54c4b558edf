// SPDX-License-Identifier: BSD-3-Clause
/*
 * crowd.c: captures that come, end and are killed on one interface, in a flood.
 *
 *	crowd STEPS SEED NETNS SENDER INTERFACE RATE HELPER DEVICE...
 *
 * Sends numbered packets on SENDER of NETNS to INTERFACE, RATE of them a second, and never
 * more than there is room for on the way.  A socket behind the hook counts them, so each of
 * them has passed it.  In each step a capture on a DEVICE begins, or one of those that run
 * ends, is killed, or loses its HELPER.  Each of them has to have every packet between its
 * first and its last one, once, or to say that it lost it.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "consumer.h"
#include "flood.h"
#include "helpers.h"

#define BURST 32		/* packets that a veth pair has room for */
#define LIVE_MAX 5
#define CAPTURES_MAX 400
#define MOMENT_US 20000		/* random moments are up to so late */

struct frame {
	struct headers headers;
	uint32_t number;	/* big endian */
	uint8_t rest[14];
} __attribute__((packed));

/* Written by the capture's own process, also while it is killed. */
struct record {
	atomic_bool is_open;
	_Atomic uint64_t n, missing, twice, lost;
	uint32_t last;
};

struct shared {
	_Atomic uint64_t sent;
	atomic_bool stop;
	struct record captures[CAPTURES_MAX];
};

struct capture {
	pid_t pid, helper;	/* 0: it has ended */
};

static struct {
	int steps, rate;
	unsigned int seed;
	const char *netns, *sender, *interface, *helper;
	char **devices;
	int n_devices;

	struct shared *shared;
	struct capture captures[CAPTURES_MAX];
	int n, n_live;
	pid_t flood;
	int n_ended, n_killed, n_helpers;
	double opening_s;	/* the longest time */
} lab;

/* The flood. */

static void send_burst(int fd, int witness, struct frame *frame, uint64_t *passed)
{
	double end = deadline_s();

	for (int i = 0; i < BURST; i++) {
		frame->number = htonl((uint32_t)lab.shared->sent++);
		must(send(fd, frame, sizeof(*frame), 0) == sizeof(*frame), "send: %s",
		     strerror(errno));
	}
	while ((*passed += newly_passed(witness)) < lab.shared->sent)
		must(now_s() < end, "packets that have not passed");
}

static void run_flood(void)
{
	struct frame frame = { .headers = headers_to(9, sizeof(frame)) };
	int witness = open_witness(lab.interface), fd = open_sender(lab.netns, lab.sender);
	double start = now_s();
	uint64_t passed = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!lab.shared->stop) {
		while (lab.shared->sent > (now_s() - start) * lab.rate)
			sched_yield();
		send_burst(fd, witness, &frame, &passed);
	}
	_exit(0);
}

/* A capture. */

static pcap_t *breaking;

static void on_term(int sig)
{
	(void)sig;
	pcap_breakloop(breaking);
}

static void check_one(unsigned char *user, const struct pcap_pkthdr *h,
		      const unsigned char *data)
{
	struct record *r = (struct record *)user;
	uint32_t number;

	if (h->caplen < offsetof(struct frame, rest))
		return;
	memcpy(&number, data + offsetof(struct frame, number), sizeof(number));
	number = ntohl(number);
	if (r->n && number <= r->last)
		r->twice++;
	else if (r->n)
		r->missing += number - r->last - 1;
	r->last = number;
	r->n++;
}

static void run_capture(const char *device, struct record *r)
{
	const struct settings usual = { .snaplen = 96, .timeout_ms = 10 };
	struct pcap_stat stats;
	int n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	breaking = open_with(device, &usual);
	signal(SIGTERM, on_term);
	set_filter(breaking, "udp port 9");
	r->is_open = true;
	do {
		n = pcap_dispatch(breaking, -1, check_one, (unsigned char *)r);
		if (!pcap_stats(breaking, &stats))
			r->lost = stats.ps_drop;
	} while (n >= 0);
	pcap_close(breaking);
	_exit(n == PCAP_ERROR_BREAK ? 0 : 2);
}

/* Their helpers. */

static bool is_known(pid_t pid)
{
	for (int i = 0; i < lab.n; i++)
		if (lab.captures[i].helper == pid)
			return true;
	return false;
}

/* The one that belongs to no other capture.  A helper that asks is two for a moment. */
static pid_t find_helper(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;
	int n = 0;

	must(dir, "/proc: %s", strerror(errno));
	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && is_helper(entry->d_name, lab.helper) &&
		    !is_known(atoi(entry->d_name))) {
			found = atoi(entry->d_name);
			n++;
		}
	closedir(dir);
	return n == 1 ? found : 0;
}

/* What happens to them. */

static void begin_one(void)
{
	const char *device = lab.devices[random() % lab.n_devices];
	struct record *r = &lab.shared->captures[lab.n];
	struct capture *c = &lab.captures[lab.n];
	double start = now_s(), end = deadline_s();

	must(lab.n < CAPTURES_MAX, "too many captures");
	c->pid = fork();
	must(c->pid >= 0, "fork: %s", strerror(errno));
	if (!c->pid)
		run_capture(device, r);
	lab.n++;
	lab.n_live++;
	while (!r->is_open) {
		must(!waitpid(c->pid, NULL, WNOHANG), "capture %d on %s ended", lab.n, device);
		must(now_s() < end, "capture %d on %s did not begin", lab.n, device);
		usleep(200);
	}
	if (now_s() - start > lab.opening_s)
		lab.opening_s = now_s() - start;
	while (!(c->helper = find_helper())) {
		must(now_s() < end, "capture %d on %s has no helper", lab.n, device);
		usleep(200);
	}
}

static void await_end(struct capture *c, int number)
{
	double end = deadline_s();

	while (!waitpid(c->pid, NULL, WNOHANG)) {
		must(now_s() < end, "capture %d did not end", number);
		usleep(200);
	}
	c->pid = 0;
	lab.n_live--;
}

static void end_one(struct capture *c, int how)
{
	if (how == 0) {
		kill(c->pid, SIGTERM);
		lab.n_ended++;
	} else if (how == 1) {
		kill(c->pid, SIGKILL);
		lab.n_killed++;
	} else {
		kill(c->helper, SIGKILL);
		lab.n_helpers++;
	}
	await_end(c, (int)(c - lab.captures) + 1);
}

static struct capture *any_live(void)
{
	int i = (int)(random() % lab.n_live);
	struct capture *c = lab.captures;

	for (; !c->pid || i--; c++)
		;
	return c;
}

/* At least one runs at any time, so that the packets are always somebody's. */
static void step(void)
{
	must(!waitpid(lab.flood, NULL, WNOHANG), "no flood any more");
	if (lab.n_live <= 1 || (lab.n_live < LIVE_MAX && random() % 2))
		begin_one();
	else
		end_one(any_live(), (int)(random() % 3));
	usleep(random() % MOMENT_US);
}

static void check(int i)
{
	const struct record *r = &lab.shared->captures[i];

	must(!r->twice, "capture %d has %lu packets twice, or out of order", i + 1,
	     (unsigned long)r->twice);
	must(r->missing <= r->lost, "capture %d misses %lu packets, and says that it lost %lu",
	     i + 1, (unsigned long)r->missing, (unsigned long)r->lost);
}

static void report(void)
{
	uint64_t n = 0, lost = 0;

	for (int i = 0; i < lab.n; i++) {
		check(i);
		n += lab.shared->captures[i].n;
		lost += lab.shared->captures[i].missing;
	}
	printf("%d captures with seed %u: %d ended, %d killed, %d lost their helper; %lu packets sent, %lu taken, %lu missing of these and said to be lost; the slowest one began in %.0f ms\n",
	       lab.n, lab.seed, lab.n_ended, lab.n_killed, lab.n_helpers,
	       (unsigned long)lab.shared->sent, (unsigned long)n, (unsigned long)lost,
	       1e3 * lab.opening_s);
}

static void prepare(char **argv)
{
	lab.steps = atoi(argv[1]);
	lab.seed = strtoul(argv[2], NULL, 10);
	lab.netns = argv[3];
	lab.sender = argv[4];
	lab.interface = argv[5];
	lab.rate = atoi(argv[6]);
	lab.helper = argv[7];
	lab.devices = argv + 8;
	while (lab.devices[lab.n_devices])
		lab.n_devices++;
	srandom(lab.seed);
	lab.shared = mmap(NULL, sizeof(*lab.shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(lab.shared != MAP_FAILED, "mmap: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	must(argc > 8, "usage: crowd STEPS SEED NETNS SENDER INTERFACE RATE HELPER DEVICE...");
	prepare(argv);
	begin_one();
	lab.flood = fork();
	must(lab.flood >= 0, "fork: %s", strerror(errno));
	if (!lab.flood)
		run_flood();
	for (int i = 0; i < lab.steps; i++)
		step();
	lab.shared->stop = true;
	waitpid(lab.flood, NULL, 0);
	while (lab.n_live)
		end_one(any_live(), 0);
	report();
	return 0;
}

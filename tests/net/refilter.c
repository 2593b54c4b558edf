// SPDX-License-Identifier: BSD-3-Clause
/*
 * refilter.c: a program that changes its filter while it captures.
 *
 *	refilter TEST DEVICE [ARGUMENT]...
 *
 * Two of the tests flood the device themselves, from another network namespace:
 * they have to know what was sent, and to send no more than the rings have room
 * for where nothing may be lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "consumer.h"
#include "flood.h"

#define SENDERS 2
#define NUMBERS (1u << 28)	/* more than a sender comes to */
#define WINDOW 20000		/* packets of a sender that nobody has read, if limited */
#define NICENESS 5		/* of the senders: filters are changed meanwhile */
#define PATIENCE_S 10

static const struct settings usual = { .snaplen = 65535, .timeout_ms = 250 };
static const struct settings at_once = { .snaplen = 128, .timeout_ms = 250, .nonblock = true };

static const char *device;
static char **args;		/* of the test, ended by NULL */

static int number_of(const char *text)
{
	must(text, "an argument is missing");
	return atoi(text);
}

static int dispatch(pcap_t *p, int count, pcap_handler handler, void *user)
{
	int got = pcap_dispatch(p, count, handler, user);

	must(got >= 0, "pcap_dispatch: %d: %s", got, pcap_geterr(p));
	return got;
}

/* What a sender sends: its number among senders is in the port. */

#define PORT 1000

struct frame {
	struct headers headers;
	uint32_t number;
	char rest[14];
} __attribute__((packed));

/* Of all processes. */
struct flood {
	uint32_t window;
	atomic_bool begin, stop;
	struct {
		_Atomic uint32_t sent;
		_Atomic uint32_t read;
		pid_t pid;
	} by[SENDERS];
};

static void send_on(struct flood *fl, int sender, int fd)
{
	struct frame f = { .headers = headers_to(PORT + sender, sizeof(f)) };
	uint32_t n = 0;

	while (!fl->begin)
		usleep(1000);
	while (!fl->stop && n < NUMBERS) {
		f.number = htonl(n);
		if (n - fl->by[sender].read >= fl->window)
			usleep(100);
		else if (send(fd, &f, sizeof(f), 0) == sizeof(f))
			fl->by[sender].sent = ++n;
		else
			must(errno == ENOBUFS || errno == EINTR, "send: %s", strerror(errno));
	}
}

static void run_sender(struct flood *fl, int sender)
{
	cpu_set_t cpus;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&cpus);
	CPU_SET(sender, &cpus);
	must(!sched_setaffinity(0, sizeof(cpus), &cpus), "CPU %d: %s", sender, strerror(errno));
	must(nice(NICENESS) == NICENESS, "nice: %s", strerror(errno));
	send_on(fl, sender, open_sender(args[1], args[2]));
	_exit(0);
}

/* Before the device is opened: a child would have what belongs to it. */
static struct flood *start_flood(uint32_t window)
{
	struct flood *fl = mmap(NULL, sizeof(*fl), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(fl != MAP_FAILED, "mmap: %s", strerror(errno));
	fl->window = window;
	for (int i = 0; i < SENDERS; i++) {
		pid_t pid = fork();

		must(pid >= 0, "fork: %s", strerror(errno));
		if (!pid)
			run_sender(fl, i);
		fl->by[i].pid = pid;
	}
	return fl;
}

static uint32_t end_flood(struct flood *fl)
{
	uint32_t sent = 0;
	int status;

	fl->stop = true;
	for (int i = 0; i < SENDERS; i++) {
		must(waitpid(fl->by[i].pid, &status, 0) == fl->by[i].pid && !status,
		     "sender %d ended with status %#x", i, status);
		sent += fl->by[i].sent;
	}
	printf("sent %u\n", sent);
	return sent;
}

/* What has come of it. */
struct harvest {
	struct flood *flood;
	uint8_t *seen[SENDERS];		/* a bit for each number */
	uint32_t n[SENDERS];
	int only;			/* packets of this sender may come; -1: of both */
	int change;			/* for the error's sentence */
};

static void harvest_init(struct harvest *h, struct flood *fl)
{
	*h = (struct harvest){ .flood = fl, .only = -1 };
	for (int i = 0; i < SENDERS; i++) {
		h->seen[i] = calloc(NUMBERS / 8, 1);
		must(h->seen[i], "no memory");
	}
}

static void reap(unsigned char *user, const struct pcap_pkthdr *head, const unsigned char *data)
{
	struct harvest *h = (struct harvest *)user;
	const struct frame *f = (const void *)data;
	uint32_t number = ntohl(f->number);
	int sender = ntohs(f->headers.udp.dest) - PORT;

	must(head->caplen == sizeof(*f) && head->len == sizeof(*f), "caplen %u, len %u",
	     head->caplen, head->len);
	must(sender >= 0 && sender < SENDERS && number < NUMBERS, "sender %d, number %u", sender,
	     number);
	must(h->only < 0 || sender == h->only,
	     "after change %d: packet %u of sender %d, when only those of %d are wanted",
	     h->change, number, sender, h->only);
	must(!(h->seen[sender][number / 8] & 1 << number % 8),
	     "after change %d: packet %u of sender %d a second time", h->change, number, sender);
	h->seen[sender][number / 8] |= 1 << number % 8;
	h->flood->by[sender].read = ++h->n[sender];
}

static void compile(pcap_t *p, struct bpf_program *to, const char *expression)
{
	must(!pcap_compile(p, to, expression, 1, PCAP_NETMASK_UNKNOWN), "%s: %s", expression,
	     pcap_geterr(p));
}

static void change_to(pcap_t *p, struct bpf_program *program)
{
	must(!pcap_setfilter(p, program), "pcap_setfilter: %s", pcap_geterr(p));
}

/* The script looks at the counters then. */
static void hold_on(void)
{
	say("done");
	wait_for_packets();
}

/*
 * All filters take all packets, one in user space: each packet must come, and
 * come once.  Now and then all that is there is read, so that there are packets
 * of the filter of now, and else too little, so that there are those of before.
 */
static void numbered(void)
{
	static const char *const filters[] = {
		"udp", "ip host 192.0.2.1", "", "ip[9] = 17", "dst portrange 1000-1001",
		"ip protochain 17",
	};
	struct bpf_program programs[ARRAY_SIZE(filters)];
	struct flood *fl = start_flood(WINDOW);
	pcap_t *p = open_with(device, &at_once);
	int i, changes = number_of(args[0]);
	struct pcap_stat stat;
	struct harvest h;
	uint32_t sent;
	double end;

	harvest_init(&h, fl);
	for (i = 0; i < (int)ARRAY_SIZE(filters); i++)
		compile(p, &programs[i], filters[i]);
	fl->begin = true;
	for (h.change = 0; h.change < changes; h.change++) {
		change_to(p, &programs[h.change % ARRAY_SIZE(filters)]);
		dispatch(p, h.change % 8 ? 1 + h.change % 301 : -1, reap, &h);
	}
	sent = end_flood(fl);
	end = now_s() + PATIENCE_S;
	while (h.n[0] + h.n[1] < sent && now_s() < end)
		dispatch(p, -1, reap, &h);
	for (i = 0; i < SENDERS; i++)
		must(h.n[i] == fl->by[i].sent, "%u packets of sender %d, who sent %u", h.n[i], i,
		     fl->by[i].sent);
	must(!pcap_stats(p, &stat) && stat.ps_recv == sent && !stat.ps_drop,
	     "received %u, dropped %u of %u", stat.ps_recv, stat.ps_drop, sent);
	hold_on();
	pcap_close(p);
}

/*
 * Each filter takes the packets of one sender only; some stay until one has come.
 * What the rings have no room for may be lost.
 */
static void kinds(void)
{
	static const char *const filters[] = {
		"udp dst port 1000", "udp dst port 1001",
		"ip[22:2] = 1000 and len < 100", "ip[22:2] & 1 = 1",
		"udp dst port 1000 and ip protochain 17", "udp dst port 1001 and ip protochain 17",
	};
	struct bpf_program programs[ARRAY_SIZE(filters)];
	struct flood *fl = start_flood(UINT32_MAX);
	pcap_t *p = open_with(device, &at_once);
	int i, changes = number_of(args[0]);
	struct harvest h;
	uint32_t before;
	double end;

	harvest_init(&h, fl);
	for (i = 0; i < (int)ARRAY_SIZE(filters); i++)
		compile(p, &programs[i], filters[i]);
	fl->begin = true;
	for (h.change = 0; h.change < changes; h.change++) {
		i = h.change % ARRAY_SIZE(filters);
		change_to(p, &programs[i]);
		h.only = i % 2;
		before = h.n[h.only];
		end = now_s() + PATIENCE_S;
		do {
			dispatch(p, 1 + h.change % 301, reap, &h);
			must(now_s() < end, "no packet by \"%s\" in %d s", filters[i], PATIENCE_S);
		} while (h.n[h.only] == before && h.change % 7 == 0);
	}
	end_flood(fl);
	hold_on();
	pcap_close(p);
}

#define WARM_UP 50

/* Until SIGUSR1, or until there is an error, which is said. */
static void change(void)
{
	static const char *const filters[] = {
		"udp port 53", "icmp", "ip protochain 50", "ether[1000:4] = 0x12345678", "less 1",
		"host 192.0.2.1 and (tcp port 80 or tcp port 443 or udp portrange 1-1024)", "",
	};
	struct bpf_program programs[ARRAY_SIZE(filters)];
	const struct timespec no_time = { 0 };
	pcap_t *p = open_with(device, &at_once);
	int changes = 0, n = 0;
	sigset_t set;

	for (int i = 0; i < (int)ARRAY_SIZE(filters); i++)
		compile(p, &programs[i], filters[i]);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	while (sigtimedwait(&set, NULL, &no_time) < 0) {
		if (changes == WARM_UP)
			say("ready");
		if (pcap_setfilter(p, &programs[changes++ % ARRAY_SIZE(filters)])) {
			printf("pcap_setfilter: %s\n", pcap_geterr(p));
			break;
		}
		if (pcap_dispatch(p, -1, count_one, (unsigned char *)&n) < 0) {
			printf("pcap_dispatch: %s\n", pcap_geterr(p));
			break;
		}
	}
	printf("%d changes\n", changes);
	pcap_close(p);
}

struct range {
	int next, last;
};

static void in_turn(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *data)
{
	struct range *r = (struct range *)user;

	(void)h;
	must(data[18] << 8 == (r->next & 0xff00) && data[19] == (r->next & 0xff),
	     "packet %d, when %d is next", data[18] << 8 | data[19], r->next);
	r->next++;
}

/* refilter rejudge DEVICE FILTER FILTER FIRST LAST: the packets are in the rings */
static void rejudge(void)
{
	pcap_t *p = open_with(device, &usual);
	struct range r = { 0 };
	double end;

	set_filter(p, args[0]);
	wait_for_packets();
	set_filter(p, args[1]);
	r.next = number_of(args[2]);
	r.last = number_of(args[3]);
	for (end = now_s() + PATIENCE_S; r.next <= r.last && now_s() < end;)
		dispatch(p, -1, in_turn, &r);
	must(r.next == r.last + 1, "packet %d is missing", r.next);
	must(!dispatch(p, -1, in_turn, &r), "there are more");
	pcap_close(p);
}

#define TAKE BPF_STMT(BPF_RET | BPF_K, 65535)
#define INSNS_MAX 100000

static const struct bpf_insn invalid[][3] = {
	{ BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_LD | BPF_IMM, 1),
	  BPF_STMT(BPF_LD | BPF_IMM, 1) },
	{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2), TAKE, TAKE },
	{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 255, 0), TAKE, TAKE },
	{ BPF_STMT(BPF_JMP | BPF_JA, 7), TAKE, TAKE },
	{ BPF_STMT(BPF_JMP | BPF_JA, 0x7fffffff), TAKE, TAKE },
	{ BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), TAKE, TAKE },
	{ BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0), TAKE, TAKE },
	{ BPF_STMT(BPF_ST, BPF_MEMWORDS), TAKE, TAKE },
	{ BPF_STMT(BPF_LDX | BPF_MEM, 0xffffffff), TAKE, TAKE },
	{ BPF_STMT(BPF_MISC | 0x40, 0), TAKE, TAKE },
	{ BPF_STMT(BPF_ALU | 0xe0, 0), TAKE, TAKE },
	{ BPF_STMT(BPF_LD | BPF_MSH, 0), TAKE, TAKE },
	{ BPF_STMT(0xffff, 0), TAKE, TAKE },
};

static void refused(pcap_t *p, const struct bpf_insn *insns, unsigned int n, const char *what)
{
	struct bpf_program program = { n, (struct bpf_insn *)insns };
	int status = pcap_setfilter(p, &program);

	must(status == -1, "%s: pcap_setfilter returned %d", what, status);
	must(strlen(pcap_geterr(p)) > 10, "%s: no sentence: \"%s\"", what, pcap_geterr(p));
}

/* Half of the packets come, whatever was tried after their filter. */
static void wrong(void)
{
	pcap_t *p = open_with(device, &usual);
	char what[32];

	set_filter(p, "ip[4:2] & 1 = 0");
	for (int i = 0; i < (int)ARRAY_SIZE(invalid); i++) {
		snprintf(what, sizeof(what), "program %d", i);
		refused(p, invalid[i], 3, what);
	}
	refused(p, invalid[0], 0, "no instructions");
	wait_for_packets();
	take_all(p, number_of(args[0]) / 2);
	must(!dispatch(p, -1, count_one, &(int){ 0 }), "there are more");
	pcap_close(p);
}

/* refilter length DEVICE PACKETS INSTRUCTIONS: every other packet jumps over them */
static void length(void)
{
	static struct bpf_insn insns[INSNS_MAX] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 18),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
	};
	unsigned int n = (unsigned int)number_of(args[1]);
	struct bpf_program program = { n, insns };
	pcap_t *p = open_with(device, &usual);

	must(n >= 5 && n <= INSNS_MAX, "%u instructions", n);
	insns[2] = (struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, n - 4);
	for (unsigned int i = 3; i < n - 2; i++)
		insns[i] = (struct bpf_insn)BPF_STMT(BPF_LDX | BPF_IMM, i);
	insns[n - 2] = (struct bpf_insn)TAKE;
	insns[n - 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0);
	change_to(p, &program);
	wait_for_packets();
	take_all(p, number_of(args[0]) / 2);
	must(!dispatch(p, -1, count_one, &(int){ 0 }), "there are more");
	pcap_close(p);
}

/* A child may do all of it, if its parent does nothing then. */
static void change_in_child(pcap_t *p)
{
	for (int i = 0; i < 20; i++) {
		set_filter(p, "ip[4:2] < 200");
		set_filter(p, i % 2 ? "tcp" : "ip protochain 6");
	}
	set_filter(p, "ip[4:2] >= 100");
	wait_for_packets();
	take_all(p, number_of(args[0]) - 100);
	pcap_close(p);
	_exit(0);
}

static void forked(void)
{
	pcap_t *p = open_with(device, &usual);
	pid_t pid;
	int status;

	set_filter(p, "ip[4:2] < 300");
	pid = fork();
	if (!pid)
		change_in_child(p);
	printf("child %d\n", pid);
	fflush(stdout);
	must(waitpid(pid, &status, 0) == pid, "waitpid: %s", strerror(errno));
	must(!status, "the child ended with status %#x", status);
	pcap_close(p);
}

/*
 * refilter steps DEVICE [FILTER COUNT]...: sets a filter, says "ready", and once
 * SIGUSR1 has come, so many packets and no more; then the next.
 */
static void steps(void)
{
	pcap_t *p = open_with(device, &usual);

	for (char **step = args; *step; step += 2) {
		set_filter(p, step[0]);
		wait_for_packets();
		take_all(p, number_of(step[1]));
		must(!dispatch(p, -1, count_one, &(int){ 0 }), "\"%s\": there are more", step[0]);
	}
	pcap_close(p);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "change", change },
	{ "forked", forked },
	{ "kinds", kinds },
	{ "length", length },
	{ "numbered", numbered },
	{ "rejudge", rejudge },
	{ "steps", steps },
	{ "wrong", wrong },
};

int main(int argc, char **argv)
{
	must(argc >= 3, "usage: refilter TEST DEVICE [ARGUMENT]...");
	device = argv[2];
	args = argv + 3;
	block_usr1();
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		if (!strcmp(argv[1], tests[i].name)) {
			tests[i].run();
			return 0;
		}
	}
	must(false, "no test %s", argv[1]);
}

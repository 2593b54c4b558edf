// SPDX-License-Identifier: BSD-3-Clause
/*
 * consumer.c: libpcap's contract, as programs rely on it.
 *
 *	consumer TEST DEVICE [COUNT]
 *
 * Each test is told in a word what to do; consumer.h has what they have in
 * common, also with refilter.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "consumer.h"

#define NOBODY 65534

static const struct settings usual = { .snaplen = 65535, .timeout_ms = 250 };

static const char *device;
static int wanted;		/* packets */

/* Seconds since the packet passed the hook. */
static double age_s(const struct pcap_pkthdr *h)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec - h->ts.tv_sec + t.tv_nsec / 1e9 - h->ts.tv_usec / 1e6;
}

static bool readable(int fd, int timeout_ms)
{
	struct timeval t = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, &t) > 0;
}

/* As dumpcap reads: select, then one packet, and no reading without it. */
static void read_burst(const struct settings *s)
{
	pcap_t *p = open_with(device, s);
	int fd = pcap_get_selectable_fd(p), n = 0, spins = 0, got;
	double end;

	must(fd >= 0, "no selectable descriptor");
	wait_for_packets();
	while (n < wanted) {
		must(readable(fd, 2000), "select said nothing was left after %d of %d", n, wanted);
		got = pcap_dispatch(p, 1, count_one, (unsigned char *)&n);
		must(got >= 0 && got <= 1, "pcap_dispatch(1) returned %d", got);
		must(got || ++spins < 20, "readable, and nothing to read, %d times", spins);
	}
	for (spins = 0, end = now_s() + 1; now_s() < end; spins++) {
		must(spins < 20, "readable again and again when all was read");
		if (readable(fd, 200))
			pcap_dispatch(p, 1, count_one, (unsigned char *)&n);
	}
	must(n == wanted, "%d packets of %d", n, wanted);
	pcap_close(p);
}

static void burst(void)
{
	read_burst(&usual);
}

/* Here no timer ticks: that packets are left is told, or nothing is. */
static void immediate_burst(void)
{
	const struct settings s = { .snaplen = 65535, .timeout_ms = 250, .immediate = true };

	read_burst(&s);
}

/* Counts are kept to, and none is taken twice or forgotten. */
static void count(void)
{
	const struct settings s = { .snaplen = 65535, .timeout_ms = 100, .nonblock = true };
	pcap_t *p = open_with(device, &s);
	int n = 0, called, got, size = 1;

	wait_for_packets();
	while (n < wanted) {
		called = 0;
		got = pcap_dispatch(p, size, count_one, (unsigned char *)&called);
		must(got == called, "returned %d for %d packets", got, called);
		must(got <= size, "%d packets, not %d", got, size);
		must(got > 0, "nothing left after %d of %d", n, wanted);
		n += got;
		size = size % 7 + 1;
	}
	must(n == wanted, "%d packets of %d", n, wanted);
	must(pcap_dispatch(p, -1, count_one, (unsigned char *)&called) == 0,
	     "more than was sent");
	pcap_close(p);
}

/* What pcap_next_ex() showed stays until the next call, for `len` bytes. */
static void next(void)
{
	const struct settings s = { .snaplen = 64, .timeout_ms = 250 };
	pcap_t *p = open_with(device, &s);
	const unsigned char *data;
	struct pcap_pkthdr *h;
	unsigned char copy[64];
	unsigned int sum = 0, i;
	int n = 0, status;

	wait_for_packets();
	while (n < wanted) {
		status = pcap_next_ex(p, &h, &data);
		must(status >= 0, "pcap_next_ex: %s", pcap_geterr(p));
		if (!status)
			continue;
		must(h->caplen == 64 && h->len > 64, "caplen %u, len %u", h->caplen, h->len);
		memcpy(copy, data, sizeof(copy));
		for (i = 0; i < h->len; i++)	/* scapy's reading */
			sum += data[i];
		usleep(n % 50 ? 0 : 2000);
		must(!memcmp(copy, data, sizeof(copy)), "packet %d changed", n);
		must((data[18] << 8 | data[19]) == n % 65536, "packet %d is another", n);
		n++;
	}
	must(sum, "all bytes are zero");
	pcap_close(p);
}

static void twice(void)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create("xdpsample:nosuch0", text);
	int i, status;

	must(p, "pcap_create: %s", text);
	for (i = 0; i < 2; i++) {
		status = pcap_activate(p);
		must(status == PCAP_ERROR_NO_SUCH_DEVICE, "time %d: %d: %s", i, status,
		     pcap_geterr(p));
		must(strstr(pcap_geterr(p), "nosuch0"), "time %d: %s", i, pcap_geterr(p));
	}
	pcap_can_set_rfmon(p);
	pcap_close(p);
	p = open_with(device, &usual);
	must(pcap_activate(p) == PCAP_ERROR_ACTIVATED, "activated twice");
	pcap_close(p);
}

/* A filter holds for the next packet that is delivered, queued or not. */
static void refilter(void)
{
	pcap_t *p = open_with(device, &usual);
	int n = 0;

	wait_for_packets();
	set_filter(p, "ip[4:2] & 1 = 0");
	must(pcap_dispatch(p, 3, count_one, (unsigned char *)&n) == 3, "not three packets");
	set_filter(p, "ip[4:2] >= 500");
	take_all(p, wanted - 500);
	set_filter(p, "");
	pcap_close(p);
}

static void drop(void)
{
	pcap_t *p = open_with(device, &usual);
	struct pcap_stat stat;

	must(!setgid(NOBODY) && !setuid(NOBODY), "setuid: %s", strerror(errno));
	wait_for_packets();
	set_filter(p, "udp");
	take_all(p, wanted);
	must(!pcap_stats(p, &stat), "pcap_stats: %s", pcap_geterr(p));
	must((int)stat.ps_recv == wanted && !stat.ps_drop, "received %u, dropped %u", stat.ps_recv,
	     stat.ps_drop);
	pcap_close(p);
}

static void two(void)
{
	pcap_t *a = open_with(device, &usual), *b = open_with("xdpsample:rx1", &usual);
	struct pcap_stat stat;

	wait_for_packets();
	take_all(b, 10);
	take_all(a, wanted);
	must(!pcap_stats(b, &stat) && stat.ps_recv == 10, "rx1 has %u", stat.ps_recv);
	pcap_close(a);
	pcap_close(b);
}

/*
 * Memory of a child's own, more than the rings have, so that some of it lies
 * where they were in the parent.
 */
#define OWN_BYTES (64 << 20)

static void check_own(const unsigned char *own, const char *when)
{
	for (size_t i = 0; i < OWN_BYTES; i++)
		must(own[i] == 0xa5, "byte %zu of the child's memory has changed %s", i, when);
}

static void use_in_child(pcap_t *p, bool reads)
{
	unsigned char *own = malloc(OWN_BYTES);

	must(own, "no memory");
	memset(own, 0xa5, OWN_BYTES);
	if (reads)
		take_all(p, wanted);
	check_own(own, "after reading");
	pcap_close(p);
	check_own(own, "after closing");
	_exit(0);
}

static void forked_and(bool reads)
{
	pcap_t *p = open_with(device, &usual);
	int status;
	pid_t pid;

	wait_for_packets();
	pid = fork();
	if (!pid)
		use_in_child(p, reads);
	must(waitpid(pid, &status, 0) == pid, "waitpid: %s", strerror(errno));
	must(!status, "the child ended with status 0x%x", status);
	pcap_close(p);
}

static void forked(void)
{
	forked_and(true);
}

static void closed_in_child(void)
{
	forked_and(false);
}

/* How often each packet was read, by whichever process. */
static unsigned char *times_read;

static void note_packet(unsigned char *n, const struct pcap_pkthdr *h, const unsigned char *data)
{
	(void)h;
	times_read[(data[18] << 8 | data[19]) % wanted]++;
	++*(int *)n;
}

/* In portions that leave something of a batch behind. */
static void read_some(pcap_t *p, int most)
{
	int n = 0, got;

	while (n < most) {
		got = pcap_dispatch(p, most - n < 7 ? most - n : 7, note_packet,
				    (unsigned char *)&n);
		must(got > 0, "pcap_dispatch returned %d after %d of %d: %s", got, n, most,
		     pcap_geterr(p));
	}
}

static void read_in_child(pcap_t *p, int most)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		read_some(p, most);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && !status, "the child ended with status 0x%x", status);
}

/*
 * A child reads and ends, the parent goes on, then more of both; what the parent has of
 * pcap_next_ex() stays as it is.
 */
static void successors(void)
{
	pcap_t *p = open_with(device, &usual);
	const unsigned char *data;
	unsigned char copy[60];
	struct pcap_pkthdr *h;
	int n = 1;

	times_read = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(times_read != MAP_FAILED, "mmap: %s", strerror(errno));
	wait_for_packets();
	must(pcap_next_ex(p, &h, &data) == 1, "pcap_next_ex: %s", pcap_geterr(p));
	memcpy(copy, data, sizeof(copy));
	times_read[data[18] << 8 | data[19]]++;
	for (int i = 0; i < 4; i++, n += 80) {
		read_in_child(p, 50);
		must(!memcmp(copy, data, sizeof(copy)), "the parent's packet has changed");
		if (i % 2)
			read_some(p, 30);
		else
			read_in_child(p, 30);
	}
	read_some(p, wanted - n);
	for (int i = 0; i < wanted; i++)
		must(times_read[i] == 1, "packet %d was read %d times", i, times_read[i]);
	pcap_close(p);
}

/* While the parent is in its callback. */
static void read_beside(unsigned char *p, const struct pcap_pkthdr *h, const unsigned char *data)
{
	int n = 0, status, got;
	pid_t pid = fork();

	(void)h, (void)data;
	if (!pid) {
		got = pcap_dispatch((pcap_t *)p, -1, count_one, (unsigned char *)&n);
		must(got == PCAP_ERROR && !n, "the child got %d, %d packets", got, n);
		must(strstr(pcap_geterr((pcap_t *)p), "another process"), "no sentence: %s",
		     pcap_geterr((pcap_t *)p));
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && !status, "the child ended with status 0x%x", status);
}

/* Refused, and no packet is lost by it. */
static void two_readers(void)
{
	pcap_t *p = open_with(device, &usual);

	wait_for_packets();
	must(pcap_dispatch(p, 1, read_beside, (unsigned char *)p) == 1, "pcap_dispatch: %s",
	     pcap_geterr(p));
	take_all(p, wanted - 1);
	pcap_close(p);
}

/* Opened by a parent that then ends, as a daemon's does. */
static void daemonized(void)
{
	pcap_t *p = open_with(device, &usual);
	pid_t pid = fork();

	if (pid) {
		printf("%d\n", pid);
		return;
	}
	wait_for_packets();
	take_all(p, wanted);
	pcap_close(p);
	say("captured all");
}

static void timeout(void)
{
	const struct settings s = { .snaplen = 65535, .timeout_ms = 300 };
	pcap_t *p = open_with(device, &s);
	double start = now_s();
	int n = 0, got = pcap_dispatch(p, -1, count_one, (unsigned char *)&n);
	double took = now_s() - start;

	must(got == 0, "returned %d", got);
	must(took > 0.25 && took < 2, "after %.3f s", took);
	pcap_close(p);
}

static void *break_soon(void *p)
{
	usleep(700000);		/* long enough to be told from returning at once */
	pcap_breakloop(p);
	return NULL;
}

static int break_from_thread(pcap_t *p)
{
	double start = now_s(), took;
	pthread_t thread;
	int n = 0, got;

	must(!pthread_create(&thread, NULL, break_soon, p), "pthread_create");
	got = pcap_loop(p, -1, count_one, (unsigned char *)&n);
	took = now_s() - start;
	pthread_join(thread, NULL);
	must(took > 0.6, "returned %d after %.3f s", got, took);
	must(took < 3, "took %.3f s to break", took);
	return got;
}

static void got_one(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *data)
{
	(void)data;
	*(double *)user = age_s(h);
}

/* Without a timeout it blocks, and delivers promptly all the same. */
static void no_timeout(void)
{
	const struct settings s = { .snaplen = 65535 };
	pcap_t *p = open_with(device, &s);
	double age = -1;
	int got;

	got = break_from_thread(p);
	must(got == PCAP_ERROR_BREAK, "pcap_loop returned %d", got);
	say("ready");
	got = pcap_dispatch(p, -1, got_one, (unsigned char *)&age);
	must(got == 1, "returned %d", got);
	must(age >= -1e-5 && age < 0.5, "delivered after %.3f s", age);
	pcap_close(p);
}

/* The break is one time to wake up for, and nothing else is. */
static void idle(void)
{
	const struct settings s = { .snaplen = 65535 };
	pcap_t *p = open_with(device, &s);
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	must(break_from_thread(p) == PCAP_ERROR_BREAK, "no break");
	getrusage(RUSAGE_THREAD, &after);
	must(after.ru_nvcsw - before.ru_nvcsw < 8, "slept %ld times while nothing came",
	     after.ru_nvcsw - before.ru_nvcsw);
	pcap_close(p);
}

static void immediate(void)
{
	const struct settings s = { .snaplen = 65535, .timeout_ms = 20000, .immediate = true };
	pcap_t *p = open_with(device, &s);
	double age = -1;
	int got;

	say("ready");
	got = pcap_dispatch(p, -1, got_one, (unsigned char *)&age);
	must(got == 1, "returned %d", got);
	must(age >= -1e-5 && age < 0.5, "delivered after %.3f s", age);
	pcap_close(p);
}

static void youngest(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *data)
{
	double age = age_s(h);

	(void)data;
	if (age < *(double *)user)
		*(double *)user = age;
}

/* In immediate mode no packet waits for older ones, unless that was asked for. */
static void unheld(void)
{
	const struct settings s = { .snaplen = 65535, .timeout_ms = 20000, .immediate = true };
	pcap_t *p = open_with(device, &s);
	double age = 1;
	int n, got;

	say("ready");
	for (n = 0; n < wanted; n += got) {
		got = pcap_dispatch(p, -1, youngest, (unsigned char *)&age);
		must(got > 0, "returned %d", got);
	}
	/* what is held by default is never younger than a millisecond */
	must(age >= -1e-5 && age < 9e-4, "the youngest of %d came after %.6f s", n, age);
	pcap_close(p);
}

/*
 * Asked for, it is kept to, also towards who selects: no timer ticks in
 * immediate mode but the one that ends the hold.
 */
static void held(void)
{
	const struct settings s = { .snaplen = 65535, .timeout_ms = 20000, .immediate = true,
				    .nonblock = true };
	pcap_t *p = open_with(device, &s);
	int fd = pcap_get_selectable_fd(p), calls = 0;
	double age = -1;

	say("ready");
	must(readable(fd, 10000), "no packet in 10 s");
	for (; age < 0; calls++) {
		must(pcap_dispatch(p, -1, got_one, (unsigned char *)&age) >= 0, "pcap_dispatch: %s",
		     pcap_geterr(p));
		must(age >= 0 || readable(fd, 5000), "select does not tell of the end of the hold");
	}
	must(age > 0.49 && age < 2, "held for 0.5 s, it came after %.6f s", age);
	must(calls < 10, "woken %d times for one packet", calls);
	pcap_close(p);
}

/* A break that was answered does not keep the descriptor readable. */
static void quiet(void)
{
	const struct settings s = { .snaplen = 65535, .timeout_ms = 1000, .immediate = true,
				    .nonblock = true };
	pcap_t *p = open_with(device, &s);
	int fd = pcap_get_selectable_fd(p), spins = 0, n = 0, got;

	pcap_breakloop(p);
	must(readable(fd, 1000), "select is not told of a break");
	got = pcap_dispatch(p, -1, count_one, (unsigned char *)&n);
	must(got == PCAP_ERROR_BREAK, "returned %d", got);
	while (readable(fd, 100)) {
		must(++spins < 5, "readable again and again after a break");
		got = pcap_dispatch(p, -1, count_one, (unsigned char *)&n);
		must(got == 0, "then %d", got);
	}
	pcap_close(p);
}

/* A child that lives on has the helper's socket too. */
static void outlived(void)
{
	pcap_t *p = open_with(device, &usual);
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	pcap_close(p);
	wait_for_packets();
	must(!kill(pid, SIGKILL), "the child was gone: %s", strerror(errno));
	waitpid(pid, NULL, 0);
}

/* An unlimited dispatch is about what is there now. */
static void flood(void)
{
	pcap_t *p = open_with(device, &usual);
	double start;
	int i, n = 0;

	wait_for_packets();
	for (i = 0; i < 30; i++) {
		start = now_s();
		must(pcap_dispatch(p, -1, count_one, (unsigned char *)&n) >= 0, "pcap_dispatch: %s",
		     pcap_geterr(p));
		must(now_s() - start < 5, "one pcap_dispatch took %.1f s", now_s() - start);
	}
	must(n > 1000, "%d packets only: no flood", n);
	pcap_close(p);
}

/* Not one wake-up for each packet. */
static void batches(void)
{
	const struct settings s = { .snaplen = 128, .timeout_ms = 100 };
	pcap_t *p = open_with(device, &s);
	struct rusage before, after;
	int n = 0, calls = 0;

	say("ready");
	getrusage(RUSAGE_SELF, &before);
	for (; n < wanted; calls++)
		must(pcap_dispatch(p, -1, count_one, (unsigned char *)&n) >= 0, "pcap_dispatch: %s",
		     pcap_geterr(p));
	getrusage(RUSAGE_SELF, &after);
	after.ru_nvcsw -= before.ru_nvcsw;
	must(calls < wanted / 50, "%d calls for %d packets", calls, wanted);
	must(after.ru_nvcsw < wanted / 50, "%ld wake-ups for %d packets", after.ru_nvcsw, wanted);
	pcap_close(p);
}

static void inject(void)
{
	static const unsigned char frame[60] = { 2, 0, 0x5e, 0x10, 0, 1, 2, 0, 0x5e, 0x10, 0, 2,
						 0x88, 0xb5, 'i', 'n', 'j', 'e', 'c', 't' };
	pcap_t *p = open_with(device, &usual);
	int got = pcap_inject(p, frame, sizeof(frame));

	must(got == sizeof(frame), "pcap_inject returned %d: %s", got, pcap_geterr(p));
	must(!pcap_sendpacket(p, frame, sizeof(frame)), "pcap_sendpacket: %s", pcap_geterr(p));
	got = pcap_inject(p, frame, 3);
	must(got == PCAP_ERROR && *pcap_geterr(p), "3 bytes: %d: %s", got, pcap_geterr(p));
	pcap_close(p);
}

static void direction(void)
{
	pcap_t *p = open_with(device, &usual);

	must(!pcap_setdirection(p, PCAP_D_IN), "in: %s", pcap_geterr(p));
	must(!pcap_setdirection(p, PCAP_D_INOUT), "inout: %s", pcap_geterr(p));
	must(!pcap_setdirection(p, PCAP_D_OUT), "out: %s", pcap_geterr(p));
	pcap_close(p);
}

#define TURN_S 0.06

/* What came of one half of pings: `last` is the number of the last one, or -1. */
struct half {
	int last;
	int n;
};

static struct half halves[2] = { { .last = -1 }, { .last = -1 } };	/* received, sent */

/* Each ping once, and none is missing; packets of before a turn may still come. */
static void check_ping(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *data)
{
	const bool is_sent = data[11] == 2;	/* the lab's rx0 has 02:00:5e:10:00:02 */
	struct half *half = &halves[is_sent];
	int number;

	(void)user;
	if (h->caplen < 42 || data[12] != 8 || data[13] || data[23] != 1)
		return;
	number = data[40] << 8 | data[41];
	must(half->last < 0 || number == half->last + 1, "%s ping %d after %d",
	     is_sent ? "sent" : "received", number, half->last);
	half->last = number;
	half->n++;
}

/* So many turns under a flow of pings: a half that both directions have has no gap. */
static void turns(void)
{
	static const pcap_direction_t next[] = { PCAP_D_IN, PCAP_D_OUT, PCAP_D_INOUT };
	pcap_t *p = open_with(device, &(struct settings){ 128, 20, .nonblock = true });
	double end;

	say("turning");
	for (int i = 0; i < wanted; i++) {
		const pcap_direction_t now = next[i % 3], before = next[(i + 2) % 3];

		must(!pcap_setdirection(p, now), "turn %d: %s", i, pcap_geterr(p));
		must(pcap_dispatch(p, -1, check_ping, NULL) >= 0, "%s", pcap_geterr(p));
		if (now == PCAP_D_OUT || before == PCAP_D_OUT)
			halves[false].last = -1;
		if (now == PCAP_D_IN || before == PCAP_D_IN)
			halves[true].last = -1;
		for (end = now_s() + TURN_S; now_s() < end;)
			must(pcap_dispatch(p, -1, check_ping, NULL) >= 0, "%s", pcap_geterr(p));
	}
	printf("%d received and %d sent\n", halves[false].n, halves[true].n);
	must(halves[false].n > wanted && halves[true].n > wanted, "too few pings");
	pcap_close(p);
}

static pcap_t *breaking;

static void break_at_3(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *data)
{
	count_one(user, h, data);
	if (*(int *)user == 3)
		pcap_breakloop(breaking);
}

static void breakloop(void)
{
	pcap_t *p = open_with(device, &usual);
	int n = 0, got;

	breaking = p;
	got = break_from_thread(p);
	must(got == PCAP_ERROR_BREAK, "idle pcap_loop returned %d", got);
	wait_for_packets();
	got = pcap_dispatch(p, -1, break_at_3, (unsigned char *)&n);
	must(n == 3, "%d packets before the break took effect", n);
	must(got == 3, "returned %d, not the packets of before", got);
	got = pcap_dispatch(p, -1, break_at_3, (unsigned char *)&n);
	must(got == PCAP_ERROR_BREAK && n == 3, "then %d, and %d packets", got, n);
	take_all(p, wanted - 3);
	pcap_close(p);
}

static volatile sig_atomic_t children_ended;

static void on_child(int number)
{
	(void)number;
	children_ended++;
}

/* The host's own children are its only ones. */
static void children(void)
{
	pcap_t *p;
	pid_t pid;
	int status, n = 0;

	signal(SIGCHLD, on_child);
	p = open_with(device, &usual);
	must(waitpid(-1, &status, WNOHANG) < 0 && errno == ECHILD, "the program has a child");
	pid = fork();
	if (!pid)
		_exit(7);
	must(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7, "own child: 0x%x", status);
	pcap_dispatch(p, -1, count_one, (unsigned char *)&n);
	pcap_close(p);
	must(children_ended == 1, "%d children ended", (int)children_ended);
	must(wait(&status) < 0 && errno == ECHILD, "a child is left");
}

/* Each round opens at once what the one before has closed. */
static void reopen(void)
{
	int i, before = count_fds();

	for (i = 0; i < wanted; i++)
		pcap_close(open_with(device, &usual));
	must(count_fds() == before, "%d descriptors before, %d after", before, count_fds());
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "batches", batches },
	{ "breakloop", breakloop },
	{ "burst", burst },
	{ "children", children },
	{ "closed_in_child", closed_in_child },
	{ "count", count },
	{ "daemon", daemonized },
	{ "direction", direction },
	{ "turns", turns },
	{ "drop", drop },
	{ "flood", flood },
	{ "forked", forked },
	{ "held", held },
	{ "idle", idle },
	{ "immediate", immediate },
	{ "immediate_burst", immediate_burst },
	{ "inject", inject },
	{ "next", next },
	{ "no_timeout", no_timeout },
	{ "outlived", outlived },
	{ "quiet", quiet },
	{ "refilter", refilter },
	{ "reopen", reopen },
	{ "successors", successors },
	{ "timeout", timeout },
	{ "twice", twice },
	{ "two", two },
	{ "two_readers", two_readers },
	{ "unheld", unheld },
};

int main(int argc, char **argv)
{
	size_t i;

	must(argc >= 3, "usage: consumer TEST DEVICE [COUNT]");
	device = argv[2];
	wanted = argc > 3 ? atoi(argv[3]) : 0;
	block_usr1();
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (!strcmp(argv[1], tests[i].name)) {
			tests[i].run();
			return 0;
		}
	}
	must(false, "no test %s", argv[1]);
}

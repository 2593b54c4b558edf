// SPDX-License-Identifier: BSD-3-Clause
/*
 * client.c: a program that captures with pcap_open_live(), which is all that a
 * program needs for rpcap:// names where libpcap knows them.
 *
 *	client DEVICE FILE COUNT [FILTER [LATER-FILTER]]
 *
 * Writes so many packets to FILE, or until SIGINT; SIGUSR1 puts in the later
 * filter.  Says "open" and "reading", after how many milliseconds, "started" with
 * the first packet, "filtered" after SIGUSR1, its counts at the end.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t ending, filtering;

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_signal(int sig)
{
	if (sig == SIGINT)
		ending = 1;
	else
		filtering = 1;
}

static void put_in(pcap_t *p, const char *filter)
{
	struct bpf_program program;

	if (pcap_compile(p, &program, filter, 1, PCAP_NETMASK_UNKNOWN) ||
	    pcap_setfilter(p, &program)) {
		printf("filter: %s\n", pcap_geterr(p));
		exit(1);
	}
	pcap_freecode(&program);
}

static void say_counts(pcap_t *p, int n)
{
	struct pcap_stat s;

	if (pcap_stats(p, &s)) {
		printf("stats: %s\n", pcap_geterr(p));
		exit(1);
	}
	printf("%d captured, %u received, %u dropped, %u by the interface\n",
	       n, s.ps_recv, s.ps_drop, s.ps_ifdrop);
}

/* Until COUNT packets are there; false if reading failed. */
static int capture(pcap_t *p, pcap_dumper_t *file, int wanted, const char *later)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	long start_ms = now_ms();
	int n = 0, calls = 0;

	while (n < wanted && !ending) {
		int got = pcap_next_ex(p, &header, &data);

		if (calls++ == 0)
			printf("reading after %ld ms\n", now_ms() - start_ms);
		if (filtering) {
			filtering = 0;
			put_in(p, later);
			puts("filtered");
		}
		if (got < 0)
			return -1;
		if (got == 0)
			continue;
		if (n++ == 0)
			puts("started");
		pcap_dump((u_char *)file, header, data);
	}
	return n;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	char text[PCAP_ERRBUF_SIZE] = "";
	pcap_dumper_t *file;
	long start_ms = now_ms();
	pcap_t *p;
	int n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4) {
		fputs("usage: client DEVICE FILE COUNT [FILTER [LATER-FILTER]]\n", stderr);
		return 2;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	p = pcap_open_live(argv[1], 65535, 1, 100, text);
	if (!p) {
		printf("open: %s\n", text);
		return 1;
	}
	put_in(p, argc > 4 ? argv[4] : "");
	printf("open after %ld ms\n", now_ms() - start_ms);
	file = pcap_dump_open(p, argv[2]);
	n = file ? capture(p, file, atoi(argv[3]), argc > 5 ? argv[5] : "") : -1;
	if (n < 0) {
		printf("read: %s\n", pcap_geterr(p));
		return 1;
	}
	pcap_dump_close(file);
	say_counts(p, n);
	pcap_close(p);
	return 0;
}

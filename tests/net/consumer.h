/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * consumer.h: what consumer.c, leaver.c and refilter.c have in common.
 *
 * Programs on libpcap that a script starts: they open the device as some real
 * program does, say "ready", and wait, where they need packets to be queued, for
 * SIGUSR1.  They end with status 0, or with a sentence on stderr and 1.
 */
#ifndef XDPS_CONSUMER_H
#define XDPS_CONSUMER_H

#include <dirent.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"
#include "patience.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct settings {
	int snaplen;
	int timeout_ms;
	bool immediate;
	bool nonblock;
};

/* For a comparison: the list has more entries than there are descriptors. */
static inline int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	must(d, "/proc/self/fd: %s", strerror(errno));
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static inline pcap_t *open_with(const char *name, const struct settings *s)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(name, text);
	int status;

	must(p, "pcap_create: %s", text);
	pcap_set_snaplen(p, s->snaplen);
	pcap_set_timeout(p, s->timeout_ms);
	pcap_set_immediate_mode(p, s->immediate);
	pcap_set_buffer_size(p, 16 << 20);
	status = pcap_activate(p);
	must(status == 0, "pcap_activate: %d: %s", status, pcap_geterr(p));
	if (s->nonblock)
		must(pcap_setnonblock(p, 1, text) == 0, "pcap_setnonblock: %s", text);
	return p;
}

static inline void say(const char *word)
{
	puts(word);
	fflush(stdout);
}

/* First thing in main(), so that none is too early. */
static inline void block_usr1(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Until the test's script says that all packets are sent. */
static inline void wait_for_packets(void)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	say("ready");
	sigwait(&set, &got);
}

static inline void count_one(unsigned char *user, const struct pcap_pkthdr *h,
			     const unsigned char *data)
{
	(void)h;
	(void)data;
	(*(int *)user)++;
}

static inline void set_filter(pcap_t *p, const char *expression)
{
	struct bpf_program program;

	must(!pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN), "pcap_compile: %s",
	     pcap_geterr(p));
	must(!pcap_setfilter(p, &program), "pcap_setfilter: %s", pcap_geterr(p));
	pcap_freecode(&program);
}

static inline void take_all(pcap_t *p, int n_wanted)
{
	double end = now_s() + 10;
	int n = 0;

	while (n < n_wanted && now_s() < end)
		must(pcap_dispatch(p, -1, count_one, (unsigned char *)&n) >= 0, "pcap_dispatch: %s",
		     pcap_geterr(p));
	must(n == n_wanted, "%d packets of %d", n, n_wanted);
}

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * latency.c: how long a packet takes from the kernel to an application.
 *
 *	latency [-i] DEVICE COUNT
 *
 * Measures from the packet's time stamp to the callback, for the first COUNT packets, in
 * libpcap's default mode with a time-out of 100 ms or, with -i, in immediate mode.
 * Prints "listening on" when it is ready and, at the end, the median and the 99th
 * percentile in microseconds.
 */
#include <err.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SNAPLEN 96
#define TIMEOUT_MS 100
#define PATIENCE_SECONDS 60

struct sample {
	double *took_us;
	int n;
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The second part of the time stamp is in nanoseconds. */
static void note(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *data)
{
	struct sample *sample = (struct sample *)user;
	struct timespec now;

	(void)data;
	clock_gettime(CLOCK_REALTIME, &now);
	sample->took_us[sample->n++] = (now.tv_sec - h->ts.tv_sec) * 1e6 +
				       (now.tv_nsec - h->ts.tv_usec) / 1e3;
}

static pcap_t *open_device(const char *device, int immediate)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(device, text);

	if (!p)
		errx(1, "%s", text);
	pcap_set_snaplen(p, SNAPLEN);
	pcap_set_timeout(p, TIMEOUT_MS);
	pcap_set_immediate_mode(p, immediate);
	if (pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO))
		errx(1, "%s: does not offer time stamps in nanoseconds", device);
	if (pcap_activate(p) < 0)
		errx(1, "%s: %s", device, pcap_geterr(p));
	return p;
}

int main(int argc, char **argv)
{
	int immediate = argc == 4 && !strcmp(argv[1], "-i");
	struct sample sample = { 0 };
	pcap_t *p;
	int count;

	argv += immediate;
	argc -= immediate;
	if (argc != 3 || (count = atoi(argv[2])) < 1)
		errx(1, "usage: latency [-i] DEVICE COUNT");
	sample.took_us = calloc(count, sizeof(*sample.took_us));
	if (!sample.took_us)
		errx(1, "no memory");
	p = open_device(argv[1], immediate);
	fprintf(stderr, "listening on %s\n", argv[1]);
	alarm(PATIENCE_SECONDS);
	if (pcap_loop(p, count, note, (unsigned char *)&sample))
		errx(1, "%s: %s", argv[1], pcap_geterr(p));
	pcap_close(p);
	qsort(sample.took_us, count, sizeof(*sample.took_us), by_size);
	printf("%.1f %.1f\n", sample.took_us[count / 2], sample.took_us[count * 99ll / 100]);
	free(sample.took_us);
	return 0;
}

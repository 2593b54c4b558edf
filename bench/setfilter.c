// SPDX-License-Identifier: BSD-3-Clause
/*
 * setfilter.c: how long a change of the filter takes.
 *
 *	setfilter DEVICE COUNT
 *
 * Prints the median of COUNT calls of pcap_setfilter() in microseconds.
 */
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("setfilter: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct bpf_program compile(pcap_t *p, const char *expression)
{
	struct bpf_program program;

	if (pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN))
		die("%s", pcap_geterr(p));
	return program;
}

int main(int argc, char **argv)
{
	char text[PCAP_ERRBUF_SIZE];
	struct bpf_program filters[2];
	double *took_us;
	pcap_t *p;
	int i, n;

	if (argc != 3 || (n = atoi(argv[2])) < 1)
		die("usage: setfilter DEVICE COUNT");
	p = pcap_open_live(argv[1], 256, 1, 100, text);
	if (!p)
		die("%s", text);
	filters[0] = compile(p, "udp port 53");
	filters[1] = compile(p, "host 192.0.2.77 and tcp port 443");
	took_us = calloc(n, sizeof(*took_us));
	for (i = 0; took_us && i < n; i++) {
		took_us[i] = now_us();
		if (pcap_setfilter(p, &filters[i % 2]))
			die("%s", pcap_geterr(p));
		took_us[i] = now_us() - took_us[i];
	}
	if (!took_us)
		die("no memory");
	qsort(took_us, n, sizeof(*took_us), by_size);
	printf("%.1f\n", took_us[n / 2]);
	free(took_us);
	pcap_freecode(&filters[0]);
	pcap_freecode(&filters[1]);
	pcap_close(p);
	return 0;
}

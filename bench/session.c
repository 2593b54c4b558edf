// SPDX-License-Identifier: BSD-3-Clause
/*
 * session.c: how long it takes to begin a capture, to change its filter and to end it.
 *
 *	session COUNT DEVICE...
 *
 * COUNT times in turn for each DEVICE, this prints the device's number, from 0, and how
 * long pcap_activate(), pcap_setfilter() in place of another filter, and pcap_close()
 * took, in microseconds.
 */
#include <err.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

static double now_us(void)
{
	return now_ns() / 1e3;
}

static double set_filter_us(pcap_t *p, const char *expression)
{
	struct bpf_program program;
	double start_us;

	if (pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN))
		errx(1, "%s", pcap_geterr(p));
	start_us = now_us();
	if (pcap_setfilter(p, &program))
		errx(1, "%s", pcap_geterr(p));
	start_us = now_us() - start_us;
	pcap_freecode(&program);
	return start_us;
}

/* Does what pcap_open_live() does. */
static void one_session(int number, const char *device)
{
	char text[PCAP_ERRBUF_SIZE];
	double activate_us, filter_us, close_us;
	pcap_t *p = pcap_create(device, text);

	if (!p)
		errx(1, "%s", text);
	pcap_set_promisc(p, 1);
	pcap_set_timeout(p, 100);
	activate_us = now_us();
	if (pcap_activate(p) < 0)
		errx(1, "%s: %s", device, pcap_geterr(p));
	activate_us = now_us() - activate_us;
	set_filter_us(p, "udp port 53");
	filter_us = set_filter_us(p, "host 192.0.2.77 and tcp port 443");
	close_us = now_us();
	pcap_close(p);
	close_us = now_us() - close_us;
	printf("%d %.1f %.1f %.1f\n", number, activate_us, filter_us, close_us);
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[1]) : 0;

	if (count < 1)
		errx(1, "usage: session COUNT DEVICE...");
	while (count--)
		for (int i = 2; i < argc; i++)
			one_session(i - 2, argv[i]);
	return 0;
}

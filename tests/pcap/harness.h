/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * harness.h: what the tests of the module share.
 *
 * Each test starts with a handle `p` of "xdpsample:eth0" that is created and
 * not yet activated, and with an empty script (fake_xdps.h).
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <pcap.h>

#include "../unit/sentence.h"
#include "fake_xdps.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define RECEIVED_MAX 16

/* The tests of one file. */
struct suite {
	const struct CMUnitTest *tests;
	size_t n_tests;
};

extern const struct suite open_suite, read_suite, packet_suite, filter_suite;

/* What came to the callback. */
struct received {
	int n;
	struct pcap_pkthdr hdr[RECEIVED_MAX];
	unsigned char fill[RECEIVED_MAX];

	int act_at;			/* see act_at() */
	void (*act)(void);
};

extern pcap_t *p;
extern struct received got;
extern char errbuf[PCAP_ERRBUF_SIZE];

int set_up(void **state);
int tear_down(void **state);

void activate(void);
void activate_with_timeout(int to_ms);
void activate_nonblocking(void);

/*
 * pcap_dispatch() and pcap_loop() into `got`; they also see to it that every
 * read leaves the selectable descriptor in order.
 */
int dispatch(int cnt);
int loop(int cnt);

/* So many came, numbered from 0 as fake_batch() does. */
void assert_received(int n);

int set_filter(const char *expression);
int set_program(struct bpf_insn *insns, u_int n);
void reject_all(void);

/* In the callback of packet number `packet`, from 1. */
void act_at(int packet, void (*act)(void));

/* pcap_breakloop(), as a hook for fake_during() */
void break_loop_in(void *arg);

/*
 * A line of the script: a wait that pcap_breakloop() ends without a packet.  After it
 * xdps_drain() finds `left` packets.
 */
void break_in_wait(unsigned int left);

#endif

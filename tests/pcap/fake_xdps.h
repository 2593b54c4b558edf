/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_xdps.h: the engine as a script.
 *
 * The functions of engine/xdpsample.h, without an engine: a test writes down
 * what each xdps_wait() is to find, runs libpcap over it, and looks at what
 * was asked.  There is one script and at most one open capture.
 *
 * The fake is stricter than the engine.  A packet lies in memory of exactly
 * its length that is freed by xdps_release(), so that a sanitizer sees who
 * keeps or overreads it; calls out of order fail the test, and so does a wait
 * that would never end.
 */
#ifndef FAKE_XDPS_H
#define FAKE_XDPS_H

#include <semaphore.h>

#include "xdpsample.h"

#define FAKE_WAITS 64

struct fake_answer {
	enum xdps_status status;
	const char *text;
};

/* A packet of a script: `caplen` bytes, all of them `fill` if not given. */
struct fake_packet {
	const unsigned char *bytes;
	unsigned char fill;
	uint32_t len;
	uint32_t caplen;
	uint64_t wall_ns;
	bool sent;
	bool filtered;			/* by the filter of now, in the kernel */
};

struct fake {
	/* what to answer */
	struct fake_answer parse;
	struct fake_answer open;
	struct fake_answer inject;
	struct fake_answer filter;
	struct fake_answer direction;
	enum xdps_link link;
	const char *warning;
	struct xdps_stats stats;
	unsigned int flood;		/* packets in each wait after the script */
	unsigned int left;		/* packets that only xdps_drain() finds */

	/* what was asked */
	char parsed[64];
	struct xdps_options opened;
	unsigned int n_opens;		/* that succeeded */
	unsigned int n_closes;
	unsigned int n_waits;
	unsigned int n_wakes;
	int timeouts_ms[FAKE_WAITS];	/* of the first waits */
	bool timeouts_rose;		/* one was longer than that before it */
	bool unsettled;			/* xdps_rearm() is owed */
	unsigned int n_drains;
	bool drained_in_hold;		/* the last time, it might sleep */
	unsigned char injected[64];
	size_t injected_bytes;
	unsigned int n_filters;		/* times that one came */
	struct xdps_insn *insns;	/* a copy of the last one */
	size_t n_insns;
	enum xdps_dir dir;		/* the last one */

	int fd;				/* what xdps_fd() says; stays open */
	sem_t asleep;			/* posted when a wait begins to sleep for ever */
};

extern struct fake fake;

void fake_reset(void);
void fake_free(void);

/*
 * What the next waits are to find, one line of script for each wait.  Packets
 * of fake_batch() have 60 bytes and are numbered from 0 by their fill.
 */
void fake_batch(unsigned int n_packets);
void fake_packets(const struct fake_packet *packets, unsigned int n_packets);
void fake_timeout(void);
void fake_woken(void);
void fake_over(enum xdps_status status, const char *text);

/* Has `hook` called in the wait that the last line is about. */
void fake_during(void (*hook)(void *arg), void *arg);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * helper_lab.h: a helper to try things on, and an interface for it.
 *
 * The helper is our own child here, so that its end has an exit status.  The
 * whole test program lives in a network namespace of its own, which goes with
 * it: there is nothing to clean up after a crash.
 */
#ifndef XDPS_HELPER_LAB_H
#define XDPS_HELPER_LAB_H

#include <sys/types.h>

#include "../../common/protocol.h"
#include "../unit/sentence.h"

#define NEAR "xa"			/* the interface that is captured ... */
#define FAR "xb"			/* ... and the other end of the cable */

#define FRAME_TYPE 0x88b5		/* IEEE: for experiments */

/* How the helper is to be started; all zeros: as root, by its usual path. */
struct how {
	const char *path;
	uid_t uid;
	uint64_t without;		/* capabilities taken from the bounding set */
	bool no_new_privs;
	bool in_user_namespace;
	bool with_closed_stdio;
	uint64_t locked_bytes;		/* RLIMIT_MEMLOCK if not 0 */
	unsigned int n_files;		/* soft RLIMIT_NOFILE if not 0 */
	int err_fd;			/* its standard error if not 0, else the socket */
};

struct helper {
	pid_t pid;			/* 0: none */
	int sock;
	struct xdps_reply reply;	/* the last one */
	struct xdps_reply_ready ready;	/* of when it was ready */
	int fds[2 * XDPS_FDS_MAX];	/* all it gave */
	unsigned int n_fds;
	unsigned int n_ring_fds;	/* of these, the first ones are for rings */
};

extern const struct how as_usual;
extern struct helper helper;		/* of this test: killed at its end */

/*
 * Runs the tests, each with a cable and a helper of its own; or says why they
 * are all skipped.
 */
int lab_run(const char *name, const struct CMUnitTest *tests, size_t n_tests,
	    CMFixtureFunction setup, CMFixtureFunction teardown);
#define LAB_RUN(name, tests, setup, teardown) \
	lab_run(name, tests, ARRAY_SIZE(tests), setup, teardown)

/* What `ip` says to that; fails the test if it fails, and must not. */
void lab_ip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool lab_try_ip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Takes an interface up, and returns when it and the other end of its cable
 * are ready to send: the kernel sees to that later, and drops until then.
 */
void lab_up(const char *ifname, const char *other);

/* A cable from NEAR to FAR, both up. */
void lab_cable(void);
void lab_no_cable(void);

struct xdps_request_open lab_request(const char *ifname);

void helper_start(struct helper *h, const struct how *how);
void helper_send(struct helper *h, const void *msg, size_t bytes);
void helper_send_with_fd(struct helper *h, const void *msg, size_t bytes, int fd);

/* False: it has closed.  Else h->reply is what it said, h->fds grew. */
bool helper_hear(struct helper *h);

/* The sentence or the name in its last reply; "": that has none. */
const char *helper_text(const struct helper *h);

/* Starts, asks, hears: until it is ready, or says an error. */
void helper_open(struct helper *h, const struct how *how,
		 const struct xdps_request_open *request);

void open_near(const struct how *how);	/* the usual question, about NEAR */

/* The same, and it has to be ready. */
void helper_capture(struct helper *h, const struct how *how,
		    const struct xdps_request_open *request);
void capture_near(const struct how *how);

/* Asks for a filter and hears; no instructions: for one in user space. */
void helper_filter(struct helper *h, uint32_t number, const struct xdps_insn *insns,
		   uint32_t n_insns);

/* What it said to that: XDPS_FILTER_KERNEL or XDPS_FILTER_USER. */
void assert_filter(const struct helper *h, uint32_t number, enum xdps_filter place);

void assert_ready(const struct helper *h);
void assert_error(const struct helper *h, enum xdps_status status, const char *words);

/* Waits for its end: its exit status, or minus the signal. */
int helper_wait(struct helper *h);

/* Closes all that it gave and its socket, and waits. */
int helper_end(struct helper *h);

/* After a failed test. */
void helper_kill(struct helper *h);

/* A hexadecimal number of its /proc/PID/status. */
uint64_t helper_status_hex(const char *field);

/*
 * The next packet comes out of a ring, and is this one, whole.  Returns the number
 * of the filter that took it.
 */
uint32_t assert_captured(const unsigned char *data, uint32_t bytes);

/*
 * A frame of FRAME_BYTES and FRAME_TYPE is sent from FAR, passes NEAR, and is
 * captured or rejected.  From byte 14 on it counts up, from the seed + 14.
 */
#define FRAME_BYTES 100
void make_frame(unsigned char *frame, unsigned char seed);
uint32_t assert_captures(unsigned char seed);
void assert_rejects(unsigned char seed);

/* What the helper's program has counted. */
struct xdps_stats lab_stats(void);

/* The socket for injection, which it has to have given. */
int lab_inject_fd(void);

/* What /proc calls it: "perf_event", "bpf-map", "socket:". */
void assert_is(int fd, const char *kind);

/* Of XDP programs on the interface: "native", "generic" or "none". */
const char *lab_xdp(const char *ifname, uint32_t *prog_id);

/* A packet socket on the interface that hears FRAME_TYPE only. */
int lab_packet_socket(const char *ifname);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stop.h: requests to stop, by SIGINT, SIGTERM or SIGHUP.
 *
 * These signals arrive only within stop_poll(), so that none comes between a look at
 * stop_asked() and a sleep.
 */
#ifndef EXTCAP_STOP_H
#define EXTCAP_STOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Takes requests from here on.  A reader that has gone causes EPIPE, and no signal. */
void stop_prepare(void);

/* How often we were asked to stop; signals within 200 ms are one request. */
unsigned int stop_asked(void);

/* As ppoll(); timeout_ms -1: for ever.  Returns early when a signal comes. */
int stop_poll(struct pollfd *fds, unsigned int n, int64_t timeout_ms);

/* The time of CLOCK_MONOTONIC. */
int64_t stop_now_ms(void);

#endif

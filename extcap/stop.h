/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stop.h: being told to stop, by SIGINT, SIGTERM or SIGHUP.
 *
 * They arrive within stop_poll() only, so that none comes between a look at
 * stop_asked() and a sleep.
 */
#ifndef EXTCAP_STOP_H
#define EXTCAP_STOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* From here on; a reader that has gone is no signal, but EPIPE. */
void stop_prepare(void);

/* How often we were told. */
unsigned int stop_asked(void);

/* ppoll(); timeout_ms -1: for ever.  Returns early when a signal comes. */
int stop_poll(struct pollfd *fds, unsigned int n, int64_t timeout_ms);

/* CLOCK_MONOTONIC */
int64_t stop_now_ms(void);

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * stop.c: requests to stop.
 */
#define _GNU_SOURCE
#include "stop.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

/*
 * A request that follows so soon is the same one: timeout(1) sends its signal to the
 * program and once more to the program's process group.
 */
#define SAME_REQUEST_MS 200

static volatile sig_atomic_t n_asked;
static volatile int64_t asked_ms;	/* the last time, CLOCK_MONOTONIC */
static sigset_t outside;		/* what was blocked before */

static void note(int sig)
{
	int64_t now_ms = stop_now_ms();

	(void)sig;
	if (n_asked && now_ms - asked_ms < SAME_REQUEST_MS)
		return;
	asked_ms = now_ms;
	n_asked++;
}

void stop_prepare(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = note }, before;
	sigset_t ours;

	sigemptyset(&ours);
	sigemptyset(&act.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		/* honours nohup; a script's background job can be interrupted all the same */
		sigaction(signals[i], NULL, &before);
		if (signals[i] == SIGHUP && before.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &act, NULL);
		sigaddset(&ours, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &ours, &outside);
	signal(SIGPIPE, SIG_IGN);
}

unsigned int stop_asked(void)
{
	return (unsigned int)n_asked;
}

int stop_poll(struct pollfd *fds, unsigned int n, int64_t timeout_ms)
{
	const struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000 };
	int n_ready = ppoll(fds, n, timeout_ms < 0 ? NULL : &timeout, &outside);

	/* If something was ready at once, the kernel has not let a signal in. */
	if (n_ready > 0)
		ppoll(NULL, 0, &(struct timespec){ 0 }, &outside);
	return n_ready;
}

int64_t stop_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

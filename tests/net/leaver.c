// SPDX-License-Identifier: BSD-3-Clause
/*
 * leaver.c: threads that leave libpcap's calls without returning from them.
 *
 *	leaver HOW DEVICE ROUNDS SEED
 *
 * In each round a call of pcap_activate() is left at a random moment: by
 * pthread_cancel(), by longjmp() or pthread_exit() in a signal handler.  The next one
 * has to work, and no descriptor may be left.
 */
#define _GNU_SOURCE
#include <pcap/pcap.h>
#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "consumer.h"

#define OPENING_US 40000	/* random moments are up to so late */

static const char *device;
static sigjmp_buf out;
static struct {
	int left, finished;
	int late;		/* the call was over, but for its return */
} done;

static pcap_t *create(void)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(device, text);

	must(p, "pcap_create: %s", text);
	return p;
}

/* Whatever was left is no longer in the way; NULL: it is. */
static pcap_t *open_next(void)
{
	pcap_t *p = create();
	int status = pcap_activate(p);

	if (status == 0)
		return p;
	fprintf(stderr, "after %d rounds of which %d were left: %s\n",
		done.left + done.finished, done.left, pcap_geterr(p));
	pcap_close(p);
	return NULL;
}

static void next_works(void)
{
	pcap_t *p = open_next();

	must(p, "the next capture could not be opened");
	pcap_close(p);
}

/* By another thread, from outside or by itself. */

static void *activate(void *p)
{
	pcap_activate(p);
	return p;
}

static void exit_thread(int sig)
{
	(void)sig;
	pthread_exit(PTHREAD_CANCELED);
}

static void leave_thread(bool cancel)
{
	pcap_t *p = create();
	pthread_t thread;
	void *returned;

	must(!pthread_create(&thread, NULL, activate, p), "no thread");
	usleep(random() % OPENING_US);
	if (cancel)
		pthread_cancel(thread);
	else
		pthread_kill(thread, SIGUSR2);
	pthread_join(thread, &returned);
	if (returned == p) {
		pcap_close(p);
		done.finished++;
		return;
	}
	done.left++;
	/* A thread that exits by itself may do so when the capture is p's already. */
	if (!cancel)
		pcap_close(p);
	next_works();
	if (cancel)
		pcap_close(p);
}

static void cancel(int round)
{
	(void)round;
	leave_thread(true);
}

static void leave_by_exit(int round)
{
	(void)round;
	leave_thread(false);
}

/* By longjmp(). */

static void jump(int sig)
{
	(void)sig;
	siglongjmp(out, 1);
}

static void set_alarm(long us)
{
	struct itimerval t = { .it_value.tv_usec = us };

	setitimer(ITIMER_REAL, &t, NULL);
}

/* Every other time the handle is closed only when the next capture has come. */
static void jump_from_activate(int round)
{
	pcap_t *p = create(), *next = NULL;

	if (!sigsetjmp(out, 1)) {
		set_alarm(1 + random() % OPENING_US);
		pcap_activate(p);
		set_alarm(0);
		pcap_close(p);
		done.finished++;
		return;
	}
	done.left++;
	if (round % 2)
		next = open_next();
	if (round % 2 && !next)
		done.late++;
	pcap_close(p);
	if (next)
		pcap_close(next);
	else
		next_works();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(int round);
	} ways[] = {
		{ "cancel", cancel },
		{ "exit", leave_by_exit },
		{ "jump", jump_from_activate },
	};
	void (*run)(int round) = NULL;
	int rounds, fds;

	must(argc == 5, "usage: leaver HOW DEVICE ROUNDS SEED");
	device = argv[2];
	rounds = atoi(argv[3]);
	srandom((unsigned int)atoi(argv[4]));
	signal(SIGALRM, jump);
	signal(SIGUSR2, exit_thread);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(ways[i].name, argv[1]))
			run = ways[i].run;
	must(run, "%s: no such way to leave", argv[1]);
	next_works();
	fds = count_fds();
	for (int round = 0; round < rounds; round++)
		run(round);
	must(count_fds() == fds, "%d descriptors before, %d after", fds, count_fds());
	printf("seed %s: %d of %d left, %d late\n", argv[4], done.left, rounds, done.late);
	must(done.left >= rounds / 5, "too few were left to say anything");
	must(done.late <= 1 + rounds / 50, "too many captures were in the way of the next");
	return 0;
}

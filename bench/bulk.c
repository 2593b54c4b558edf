// SPDX-License-Identifier: BSD-3-Clause
/*
 * bulk.c: the throughput of the host's own traffic through a veth pair.
 *
 *	bulk [-u BYTES] SECONDS PID ADDRESS
 *
 * Sends to ADDRESS, which is in this network namespace, from the network namespace of
 * process PID: one TCP connection as fast as possible or, with -u, UDP datagrams of BYTES
 * each.  The sender runs on CPU 1, the receiver on CPU 0.  The sender's CPU does the work
 * of the veth's receiving end.
 *
 * Prints for TCP: the throughput in Gbit/s, the time that the sender's and the receiver's
 * CPU were busy in milliseconds per gigabyte, how many segments were sent again, and the
 * longest time without data in milliseconds.  For UDP: the sender's time per datagram in
 * nanoseconds.  Nobody reads the datagrams; the stack drops them at the socket.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define BYTES_PER_GB 1e9
#define RECEIVER_CPU 0
#define SENDER_CPU 1
#define N_CPUS 2
#define CHUNK_BYTES (128 * 1024)
#define DATAGRAM_BYTES_MAX 1472		/* what fits into an Ethernet packet */
#define DATAGRAMS_A_TURN 64		/* between two looks at the clock */
#define SECONDS_MAX 3600

struct job {
	unsigned int datagram_bytes;	/* 0: TCP */
	unsigned int seconds;
	int namespace_fd;		/* the sender's */
	struct sockaddr_in address;
};

struct received {
	uint64_t bytes;
	uint64_t took_ns;
	uint64_t longest_gap_ns;
};

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		errx(1, "CPU %d: %s", cpu, strerror(errno));
}

/*
 * Measures whole CPUs, not processes: the kernel does much of the work in the context of
 * whichever process happens to run.
 */
static void read_busy_ms(double busy_ms[N_CPUS])
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq;
	double ms_per_tick = 1000.0 / sysconf(_SC_CLK_TCK);
	FILE *f = fopen("/proc/stat", "r");
	char line[512];
	int cpu;

	if (!f)
		errx(1, "/proc/stat: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "cpu%d %llu %llu %llu %llu %llu %llu %llu", &cpu, &user, &nice,
			   &system, &idle, &iowait, &irq, &softirq) == 8 && cpu < N_CPUS)
			busy_ms[cpu] = (user + nice + system + irq + softirq) * ms_per_tick;
	}
	fclose(f);
}

/* In the sender's process: makes a connected socket in the other namespace. */
static int connect_sender(const struct job *job, int type)
{
	int fd;

	run_on(SENDER_CPU);
	if (setns(job->namespace_fd, CLONE_NEWNET))
		errx(1, "entering the sender's network namespace: %s", strerror(errno));
	fd = socket(AF_INET, type, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&job->address, sizeof(job->address)))
		errx(1, "connecting: %s", strerror(errno));
	return fd;
}

static unsigned int segments_sent_again(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t bytes = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes);
	return info.tcpi_total_retrans;
}

static void send_stream(const struct job *job, int result_fd)
{
	static const char chunk[CHUNK_BYTES];
	int fd = connect_sender(job, SOCK_STREAM);
	uint64_t end_ns = now_ns() + job->seconds * NSEC_PER_SEC;
	unsigned int again;

	while (now_ns() < end_ns)
		if (send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL) < 0)
			errx(1, "sending: %s", strerror(errno));
	again = segments_sent_again(fd);
	if (write(result_fd, &again, sizeof(again)) != sizeof(again))
		errx(1, "reporting: %s", strerror(errno));
}

static struct received receive_stream(int fd)
{
	static char chunk[CHUNK_BYTES];
	uint64_t start_ns = now_ns(), last_ns = start_ns, t_ns;
	struct received r = { 0 };
	ssize_t n;

	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0) {
		t_ns = now_ns();
		if (t_ns - last_ns > r.longest_gap_ns)
			r.longest_gap_ns = t_ns - last_ns;
		last_ns = t_ns;
		r.bytes += n;
	}
	if (n < 0)
		errx(1, "receiving: %s", strerror(errno));
	r.took_ns = last_ns - start_ns;
	return r;
}

static void wait_for(pid_t sender)
{
	int status;

	if (waitpid(sender, &status, 0) != sender || status)
		errx(1, "the sender failed");
}

static void measure_stream(const struct job *job, int listen_fd)
{
	double before_ms[N_CPUS] = { 0 }, after_ms[N_CPUS] = { 0 };
	struct received r;
	unsigned int again;
	int fd, result[2];
	pid_t sender;

	if (listen(listen_fd, 1) || pipe(result) || (sender = fork()) < 0)
		errx(1, "%s", strerror(errno));
	if (!sender) {
		send_stream(job, result[1]);
		_exit(0);
	}
	fd = accept(listen_fd, NULL, NULL);
	if (fd < 0)
		errx(1, "accepting: %s", strerror(errno));
	read_busy_ms(before_ms);
	r = receive_stream(fd);
	read_busy_ms(after_ms);
	wait_for(sender);
	if (read(result[0], &again, sizeof(again)) != sizeof(again) || !r.bytes)
		errx(1, "nothing was received");
	printf("%.3f %.1f %.1f %u %.2f\n", 8.0 * r.bytes / r.took_ns,
	       (after_ms[SENDER_CPU] - before_ms[SENDER_CPU]) * BYTES_PER_GB / r.bytes,
	       (after_ms[RECEIVER_CPU] - before_ms[RECEIVER_CPU]) * BYTES_PER_GB / r.bytes, again,
	       r.longest_gap_ns / 1e6);
}

/* A full socket drops datagrams, so the path is the same for each of them. */
static void measure_datagrams(const struct job *job)
{
	static const char datagram[DATAGRAM_BYTES_MAX];
	int fd = connect_sender(job, SOCK_DGRAM);
	uint64_t start_ns = now_ns(), n = 0, took_ns;

	do {
		for (int i = 0; i < DATAGRAMS_A_TURN; i++, n++)
			if (send(fd, datagram, job->datagram_bytes, 0) < 0)
				errx(1, "sending: %s", strerror(errno));
		took_ns = now_ns() - start_ns;
	} while (took_ns < job->seconds * NSEC_PER_SEC);
	printf("%.1f\n", (double)took_ns / n);
}

static int bind_receiver(struct job *job)
{
	socklen_t bytes = sizeof(job->address);
	int fd = socket(AF_INET, job->datagram_bytes ? SOCK_DGRAM : SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&job->address, bytes) ||
	    getsockname(fd, (struct sockaddr *)&job->address, &bytes))
		errx(1, "opening a socket to receive with: %s", strerror(errno));
	return fd;
}

static unsigned int number(const char *text, unsigned int max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n < 1 || n > max)
		errx(1, "%s: not a number from 1 to %u", text, max);
	return n;
}

static struct job read_arguments(int argc, char **argv)
{
	struct job job = { .address.sin_family = AF_INET };
	char path[64];
	int option;

	while ((option = getopt(argc, argv, "u:")) != -1) {
		if (option != 'u')
			exit(2);
		job.datagram_bytes = number(optarg, DATAGRAM_BYTES_MAX);
	}
	if (argc - optind != 3)
		errx(1, "usage: bulk [-u BYTES] SECONDS PID ADDRESS");
	job.seconds = number(argv[optind], SECONDS_MAX);
	snprintf(path, sizeof(path), "/proc/%u/ns/net", number(argv[optind + 1], INT32_MAX));
	job.namespace_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (job.namespace_fd < 0)
		errx(1, "%s: %s", path, strerror(errno));
	if (inet_pton(AF_INET, argv[optind + 2], &job.address.sin_addr) != 1)
		errx(1, "%s: no IPv4 address", argv[optind + 2]);
	return job;
}

int main(int argc, char **argv)
{
	struct job job = read_arguments(argc, argv);
	int fd;

	run_on(RECEIVER_CPU);
	fd = bind_receiver(&job);
	if (job.datagram_bytes)
		measure_datagrams(&job);
	else
		measure_stream(&job, fd);
	return 0;
}

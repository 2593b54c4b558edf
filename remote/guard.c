// SPDX-License-Identifier: BSD-3-Clause
/*
 * See guard.h.  Built in rpcapd's directory, as a part of it.
 */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "xdpsample.h"

#define TICK_MS		50
#define COMING_MS	10000		/* how long a client may take for its data connection */

/*
 * The least time for which the control connection may be without an answer.  The kernel
 * sends a probe each second, never repeats one, and does not count them if there is a
 * time limit.  Three in a row do not get lost by chance.
 */
#define CONTROL_MS	3500

struct guarded {
	pid_t parent;			/* this process ends with it; 0: none */
	int control;
	_Atomic int data;		/* -1 while no capture runs */
	_Atomic bool filtering;		/* another thread waits for the handle */
	_Atomic pthread_t reader;	/* 0: has not started */
	unsigned char nothing[8];	/* the header of an empty message */
	pthread_mutex_t sending, reading;
};

static struct guarded guarded = {
	.data = -1,
	.sending = PTHREAD_MUTEX_INITIALIZER,
	.reading = PTHREAD_MUTEX_INITIALIZER,
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A number from the environment; one that is invalid or out of range counts as missing. */
static long number(const char *name, long low, long high, long otherwise)
{
	const char *text = getenv(name);
	char *end;
	long n;

	if (!text || !*text)
		return otherwise;
	n = strtol(text, &end, 10);
	return *end || n < low || n > high ? otherwise : n;
}

static long patience_ms(void)
{
	long ms = number("XDPSAMPLE_RPCAPD_PATIENCE_MS", 0, 3600000, 500);

	return ms && ms < 300 ? 300 : ms;
}

/* A parent that died before the kernel was told sends no signal. */
static void end_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guarded.parent)
		raise(SIGKILL);
}

void guard_with_parent(void)
{
	guarded.parent = getppid();
	end_with_parent();
}

int guard_become(const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) || setgid(user->pw_gid) ||
	    setuid(user->pw_uid))
		return -1;
	/* the kernel forgets this when the user changes (prctl(2)) */
	if (guarded.parent)
		end_with_parent();
	return 0;
}

static void set(int sock, int level, int option, int value)
{
	setsockopt(sock, level, option, &value, sizeof(value));
}

void guard_control(int control)
{
	int patience = (int)patience_ms();

	if (!patience)
		return;
	set(control, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set(control, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set(control, IPPROTO_TCP, TCP_USER_TIMEOUT, patience > CONTROL_MS ? patience : CONTROL_MS);
	set(control, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void guard_address(int control, struct addrinfo *where)
{
	long port = number("XDPSAMPLE_RPCAPD_DATA_PORT", 1, 65535, 0);
	struct sockaddr_storage mine;
	socklen_t size = sizeof(mine);

	if (getsockname(control, (struct sockaddr *)&mine, &size) ||
	    mine.ss_family != where->ai_family || size > where->ai_addrlen)
		return;
	if (mine.ss_family == AF_INET)
		((struct sockaddr_in *)&mine)->sin_port = htons((uint16_t)port);
	else if (mine.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&mine)->sin6_port = htons((uint16_t)port);
	else
		return;
	memcpy(where->ai_addr, &mine, size);
}

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a->ss_family == AF_INET6 &&
		!memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr));
}

/* Accepts the next connection if it comes from `peer`; else returns -1 with EAGAIN. */
static int accept_from(int listener, const struct sockaddr_storage *peer)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	int sock = accept(listener, (struct sockaddr *)&from, &size);

	if (sock < 0 || same_host(&from, peer))
		return sock;
	close(sock);
	errno = EAGAIN;
	return -1;
}

/*
 * Waits for `events`; -1 with errno: the control connection has ended, or the time is
 * over.
 */
static int wait_for(int sock, short events, int control, uint64_t end_ms)
{
	struct pollfd fds[] = {
		{ .fd = sock, .events = events },
		{ .fd = control, .events = POLLRDHUP },
	};
	int n;

	do {
		int64_t left_ms = (int64_t)(end_ms - now_ms());

		n = left_ms > 0 ? poll(fds, 2, (int)left_ms) : 0;
	} while (n < 0 && errno == EINTR);
	if (n > 0 && !fds[1].revents)
		return 0;
	if (n >= 0)
		errno = n ? ECONNRESET : ETIMEDOUT;
	return -1;
}

int guard_accept(int listener, int control)
{
	uint64_t end_ms = now_ms() + COMING_MS;
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	int sock;

	if (getpeername(control, (struct sockaddr *)&peer, &size))
		return -1;
	do {
		if (wait_for(listener, POLLIN, control, end_ms))
			return -1;
		sock = accept_from(listener, &peer);
	} while (sock < 0 && (errno == EINTR || errno == EAGAIN || errno == ECONNABORTED));
	return sock;
}

/* Returns 0 or an errno. */
static int finish_connect(int sock, int control)
{
	socklen_t size = sizeof(int);
	int rc;

	if (wait_for(sock, POLLOUT, control, now_ms() + COMING_MS) ||
	    getsockopt(sock, SOL_SOCKET, SO_ERROR, &rc, &size))
		return errno;
	return rc;
}

/* Connects; afterwards the socket is a blocking one.  Returns 0 or an errno. */
static int connect_beside(int sock, const struct addrinfo *there, int control)
{
	int rc = 0;

	if (connect(sock, there->ai_addr, there->ai_addrlen))
		rc = errno == EINPROGRESS ? finish_connect(sock, control) : errno;
	if (!rc && fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) & ~O_NONBLOCK))
		rc = errno;
	return rc;
}

int guard_connect(const struct addrinfo *there, int control, char *errbuf)
{
	int sock = socket(there->ai_family, there->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  there->ai_protocol);
	int rc = sock < 0 ? errno : connect_beside(sock, there, control);

	if (!rc)
		return sock;
	if (sock >= 0)
		close(sock);
	snprintf(errbuf, PCAP_ERRBUF_SIZE, "Opening the data connection to the client: %s", strerror(rc));
	return -1;
}

void guard_lock(void)
{
	pthread_mutex_lock(&guarded.sending);
}

void guard_unlock(void)
{
	pthread_mutex_unlock(&guarded.sending);
}

/* The message fits: nothing else is in the socket's buffer. */
static void send_nothing(int data)
{
	if (pthread_mutex_trylock(&guarded.sending))
		return;
	if (atomic_load(&guarded.data) == data)
		send(data, guarded.nothing, sizeof(guarded.nothing), MSG_DONTWAIT | MSG_NOSIGNAL);
	pthread_mutex_unlock(&guarded.sending);
}

/*
 * For how long the peer has acknowledged nothing of what was sent, minus two round trips.
 * 0 while its window is closed: then it is alive, and does not read.
 */
static uint32_t silence_ms(int data, int *unacknowledged_bytes)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);
	uint32_t allowed_ms;

	*unacknowledged_bytes = 0;
	if (getsockopt(data, IPPROTO_TCP, TCP_INFO, &info, &size) ||
	    ioctl(data, SIOCOUTQ, unacknowledged_bytes))
		return 0;
	if (size >= offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof(info.tcpi_snd_wnd) &&
	    !info.tcpi_snd_wnd)
		return 0;
	/* uses the shortest round trip: in others the peer waited for more to acknowledge */
	allowed_ms = 2 * (info.tcpi_min_rtt && ~info.tcpi_min_rtt ?
			  info.tcpi_min_rtt : info.tcpi_rtt) / 1000;
	if (!*unacknowledged_bytes || info.tcpi_last_ack_recv < allowed_ms)
		return 0;
	return info.tcpi_last_ack_recv - allowed_ms;
}

static void *watch(void *unused)
{
	const uint64_t limit_ms = (uint64_t)patience_ms();
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
	uint64_t before_ms = now_ms(), waiting_since_ms = before_ms;

	(void)unused;
	for (;; nanosleep(&tick, NULL)) {
		int data = atomic_load(&guarded.data), unacknowledged_bytes;
		uint64_t t_ms = now_ms();
		uint32_t silent_ms;

		if (data < 0)
			break;
		silent_ms = silence_ms(data, &unacknowledged_bytes);
		/* if the tick is so late, it was us who slept */
		if (!silent_ms || t_ms - before_ms >= limit_ms)
			waiting_since_ms = t_ms;
		before_ms = t_ms;
		if (!unacknowledged_bytes) {
			send_nothing(data);
		} else if (silent_ms >= limit_ms && t_ms - waiting_since_ms >= limit_ms) {
			shutdown(data, SHUT_RDWR);
			shutdown(guarded.control, SHUT_RDWR);
			break;
		}
	}
	return NULL;
}

void guard_capture(int control, int data, int protocol_version)
{
	int type;
	socklen_t size = sizeof(type);
	pthread_t thread;

	guarded.control = control;
	atomic_store(&guarded.reader, 0);
	guarded.nothing[0] = (unsigned char)protocol_version;
	atomic_store(&guarded.data, data);
	if (!patience_ms() || getsockopt(data, SOL_SOCKET, SO_TYPE, &type, &size) ||
	    type != SOCK_STREAM)
		return;
	if (!pthread_create(&thread, NULL, watch, NULL))
		pthread_detach(thread);
}

void guard_let_go(void)
{
	int data = atomic_exchange(&guarded.data, -1);

	if (data < 0)
		return;
	shutdown(data, SHUT_RDWR);
	/* the caller closes it, so nobody may be using it */
	guard_lock();
	guard_unlock();
}

void guard_capture_over(void)
{
	int data = atomic_exchange(&guarded.data, -1);

	if (data < 0)
		return;
	shutdown(data, SHUT_RDWR);
	shutdown(guarded.control, SHUT_RD);
}

/* A thread that waits for a mutex may lose it to the one that takes it again and again. */
static void give_way(void)
{
	const struct timespec moment = { .tv_nsec = 100000 };

	while (atomic_load(&guarded.filtering))
		nanosleep(&moment, NULL);
}

int guard_next(pcap_t *p, struct pcap_pkthdr **header, const u_char **data)
{
	int n;

	if (!atomic_load(&guarded.reader))
		atomic_store(&guarded.reader, pthread_self());
	do {
		give_way();
		pthread_mutex_lock(&guarded.reading);
		n = pcap_next_ex(p, header, data);
		pthread_mutex_unlock(&guarded.reading);
		/* interrupted, but not to end: there is a new filter */
	} while (n == PCAP_ERROR_BREAK && atomic_load(&guarded.data) >= 0);
	return n;
}

/*
 * A client sends a program, not an expression, and may choose any interface.  A program
 * that libpcap itself runs, because the kernel did not take it, must end on every packet.
 */
static int set_filter(pcap_t *p, const struct bpf_program *filter)
{
	struct bpf_program runnable;
	struct xdps_insn *insns;
	struct xdps_error err;
	size_t n;
	int rc;

	if (xdps_runnable_filter((const struct xdps_insn *)(const void *)filter->bf_insns,
				 filter->bf_len, &insns, &n, &err)) {
		snprintf(pcap_geterr(p), PCAP_ERRBUF_SIZE, "%s", err.text);
		return PCAP_ERROR;
	}
	runnable.bf_insns = (struct bpf_insn *)(void *)insns;
	runnable.bf_len = n;
	rc = pcap_setfilter(p, &runnable);
	free(insns);
	return rc;
}

int guard_filter(pcap_t *p, struct bpf_program *filter)
{
	pthread_t reader;
	int rc;

	atomic_store(&guarded.filtering, true);
	reader = atomic_load(&guarded.reader);
	if (atomic_load(&guarded.data) >= 0 && reader) {
		pcap_breakloop(p);
		pthread_kill(reader, SIGUSR1);
	}
	pthread_mutex_lock(&guarded.reading);
	rc = set_filter(p, filter);
	atomic_store(&guarded.filtering, false);
	pthread_mutex_unlock(&guarded.reading);
	return rc;
}

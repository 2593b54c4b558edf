// SPDX-License-Identifier: BSD-3-Clause
/*
 * fake_helper.c: a helper that behaves as the name says by which it is run.
 *
 * test_client.c makes a link to this program for each behaviour, because a
 * helper gets no arguments and no environment.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../common/protocol.h"

extern char **environ;

#define RING_BYTES (64u << 10)

static struct xdps_ask ask;

static struct {
	struct xdps_ask_filter ask;
	struct xdps_insn insns[XDPS_FILTER_INSNS_MAX + 1];
} filter;

static struct xdps_say say_of(uint32_t kind)
{
	return (struct xdps_say){ .magic = XDPS_MAGIC, .kind = kind };
}

static void send_with_fds(const void *msg, size_t bytes, const int *fds, unsigned int n)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(XDPS_FDS_MAX * sizeof(int))];
	} control = {0};
	struct iovec iov = { (void *)msg, bytes };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (n) {
		hdr.msg_control = &control;
		hdr.msg_controllen = CMSG_SPACE(n * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&hdr);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
	}
	if (sendmsg(0, &hdr, MSG_NOSIGNAL) < 0)
		exit(2);
}

static void say_fds(struct xdps_say say, unsigned int n)
{
	int fds[XDPS_FDS_MAX] = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		fds[i] = memfd_create("ring", MFD_CLOEXEC);
		if (fds[i] < 0 || ftruncate(fds[i], RING_BYTES * 2))
			exit(2);
	}
	say.n_fds = n;
	send_with_fds(&say, sizeof(say), fds, n);
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
}

static struct xdps_say ready(void)
{
	struct xdps_say say = say_of(XDPS_SAY_READY);

	say.ring_kind = XDPS_RING_PERF;
	say.n_rings = 2;
	say.ring_bytes = RING_BYTES;
	say.n_cpus = 4;
	return say;
}

static void say_text(uint32_t status, const char *text)
{
	struct xdps_say say = say_of(XDPS_SAY_ERROR);

	say.status = status;
	snprintf(say.text, sizeof(say.text), "%s", text);
	send_with_fds(&say, sizeof(say), NULL, 0);
}

static void say_notice(const char *text)
{
	struct xdps_say say = say_of(XDPS_SAY_NOTICE);

	snprintf(say.text, sizeof(say.text), "%s", text);
	send_with_fds(&say, sizeof(say), NULL, 0);
}

/* What came, for the test to read. */
static void describe_filter(struct xdps_say *say, ssize_t bytes)
{
	const struct xdps_insn *last = &filter.insns[filter.ask.n_insns ?
						     filter.ask.n_insns - 1 : 0];

	say->place = XDPS_FILTER_USER;
	snprintf(say->text, sizeof(say->text),
		 "%zd bytes, magic %#x, kind %u, user space %u, %u instructions, last %#x %u %u %#x",
		 bytes, filter.ask.magic, filter.ask.kind, filter.ask.in_user_space,
		 filter.ask.n_insns, last->code, last->jt, last->jf, last->k);
}

static struct xdps_say say_filter(const char *name)
{
	struct xdps_say say = say_of(XDPS_SAY_FILTER);

	say.filter = filter.ask.filter;
	say.place = XDPS_FILTER_KERNEL;
	if (!strcmp(name, "filter-nothing")) {
		say.place = XDPS_FILTER_USER;
	} else if (!strcmp(name, "filter-user")) {
		say.place = XDPS_FILTER_USER;
		snprintf(say.text, sizeof(say.text), "it goes backwards");
	} else if (!strcmp(name, "filter-refused")) {
		say.status = XDPS_BAD_FILTER;
		snprintf(say.text, sizeof(say.text), "it never ends");
	} else if (!strcmp(name, "filter-other-number")) {
		say.filter++;
	} else if (!strcmp(name, "filter-no-place")) {
		say.place = XDPS_FILTER_NONE;
	} else if (!strcmp(name, "filter-other-place")) {
		say.place = XDPS_FILTER_USER + 1;
	} else if (!strcmp(name, "filter-other-kind")) {
		say.kind = XDPS_SAY_READY;
	} else if (!strcmp(name, "filter-unknown-kind")) {
		say.kind = 77;
	} else if (!strcmp(name, "filter-odd-refusal")) {
		say.status = XDPS_TIMEOUT;
	} else if (!strcmp(name, "filter-unknown-refusal")) {
		say.status = XDPS_FAILED + 1;
	} else if (!strcmp(name, "filter-no-end")) {
		memset(say.text, 'x', sizeof(say.text));
	}
	return say;
}

static void answer_filter(const char *name, ssize_t bytes)
{
	struct xdps_say say = say_filter(name);

	if (!strcmp(name, "filter-dies"))
		exit(0);
	if (!strcmp(name, "filter-nothing") &&
	    (bytes != sizeof(filter.ask) || filter.ask.n_insns || !filter.ask.in_user_space))
		exit(3);
	if (!strcmp(name, "filter-silent"))
		return;
	if (!strcmp(name, "filter-gone")) {
		say_text(XDPS_GONE, "The interface disappeared");
		return;
	}
	if (!strcmp(name, "filter-noted")) {
		say_notice("first");
		say_notice("then");
	}
	if (!strcmp(name, "filter-late")) {
		say.filter--;
		send_with_fds(&say, sizeof(say), NULL, 0);
		say.filter++;
	}
	if (!strcmp(name, "filter-described"))
		describe_filter(&say, bytes);
	if (!strcmp(name, "filter-with-descriptor"))
		say_fds(say, 1);
	else
		send_with_fds(&say, sizeof(say) - !strcmp(name, "filter-short"), NULL, 0);
}

/* Answers filters. */
static void until_closed(const char *name)
{
	ssize_t bytes;

	while ((bytes = recv(0, &filter, sizeof(filter), 0)) > 0)
		answer_filter(name, bytes);
}

/* What a helper could have inherited; of descriptors it rids itself. */
static void report(void)
{
	unsigned int n_env = 0, n_handled = 0;
	char text[512];
	struct sigaction sa;
	sigset_t mask;

	while (environ[n_env])
		n_env++;
	for (int sig = 1; sig < NSIG; sig++)
		if (!sigaction(sig, NULL, &sa) && sa.sa_handler != SIG_DFL)
			n_handled++;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	snprintf(text, sizeof(text),
		 "env %u handlers %u blocked %d leader %d ifname %s rate %u point %u actions %#x prog %s",
		 n_env, n_handled, sigismember(&mask, SIGINT),
		 getsid(0) == getpid(), ask.request.ifname, ask.request.rate, ask.request.point,
		 ask.request.actions, ask.request.prog);
	say_text(XDPS_FAILED, text);
}

/* One more, of two that there were. */
static void add_ring(uint32_t n_rings, unsigned int n_fds)
{
	struct xdps_say say = say_of(XDPS_SAY_RINGS);

	say.n_rings = n_rings;
	say_fds(say, n_fds);
}

/* What is said unasked of CPUs that came. */
static void add_rings(const char *name)
{
	if (!strcmp(name, "adds-two") || !strcmp(name, "filter-adds"))
		add_ring(3, 1);
	if (!strcmp(name, "adds-two"))
		add_ring(4, 1);
	if (!strcmp(name, "adds-after-another"))
		add_ring(4, 1);
	if (!strcmp(name, "adds-none"))
		add_ring(3, 0);
	if (!strcmp(name, "adds-two-at-once"))
		add_ring(3, 2);
	if (!strcmp(name, "adds-again"))
		add_ring(2, 1);
	if (!strcmp(name, "adds-too-many"))
		add_ring(5, 1);
}

static void behave(const char *name)
{
	struct xdps_say say = ready();

	if (!strcmp(name, "silent"))
		return;
	if (!strcmp(name, "mute")) {
		until_closed(name);
		return;
	}
	if (!strcmp(name, "report")) {
		report();
		return;
	}
	if (!strcmp(name, "busy")) {
		say_text(XDPS_BUSY, "eth0: taken");
		return;
	}
	if (!strcmp(name, "other-version")) {
		say.magic++;
		send_with_fds(&say, sizeof(say), NULL, 0);
		return;
	}
	if (!strcmp(name, "short")) {
		send_with_fds(&say, sizeof(say) - 1, NULL, 0);
		return;
	}
	if (!strcmp(name, "no-status")) {
		say_text(XDPS_OK, "fine");
		return;
	}
	if (!strcmp(name, "no-rings")) {
		say_fds(say, 1);
		return;
	}

	/* the others are right so far */
	say_fds(say_of(XDPS_SAY_RINGS), 1);
	if (!strcmp(name, "dies-halfway"))
		return;
	if (!strcmp(name, "rings-without-rings")) {
		say_fds(say_of(XDPS_SAY_RINGS), 0);
		return;
	}
	say_fds(say_of(XDPS_SAY_RINGS), 1);
	if (!strcmp(name, "odd-size"))
		say.ring_bytes--;
	if (!strcmp(name, "wrong-count"))
		say.n_rings++;
	if (!strcmp(name, "odd-kind"))
		say.ring_kind = XDPS_RING_AUTO;
	if (!strcmp(name, "map-rings") || !strcmp(name, "no-map-rings"))
		say.ring_kind = XDPS_RING_BPF;
	if (!strcmp(name, "map-rings"))
		say.n_rings = say.n_cpus = 100;
	if (!strcmp(name, "too-few-cpus"))
		say.n_cpus = 1;
	if (!strcmp(name, "too-many-cpus"))
		say.n_cpus = XDPS_RINGS_MAX + 1;
	if (!strcmp(name, "no-map-rings"))
		say.n_rings = 0;
	if (!strcmp(name, "no-end"))
		memset(say.text, 'x', sizeof(say.text));
	if (!strcmp(name, "unknown-link"))
		say.link = 77;
	if (!strcmp(name, "warns"))
		snprintf(say.text, sizeof(say.text), "not all of it");
	if (!strcmp(name, "injects")) {
		say.has_inject = 1;
		say_fds(say, 2);
	} else {
		say_fds(say, !strcmp(name, "too-many") ? 3 : 1);
	}
	if (!strcmp(name, "then-gone") || !strcmp(name, "gone-and-dead"))
		say_text(XDPS_GONE, "The interface disappeared");
	if (!strcmp(name, "then-dies") || !strcmp(name, "gone-and-dead"))
		exit(0);
	if (!strcmp(name, "then-notes"))
		say_notice("nothing is seen");
	if (!strcmp(name, "then-babbles"))
		send_with_fds("babble", 6, NULL, 0);
	add_rings(name);
	until_closed(name);
	if (!strcmp(name, "lingers"))
		sleep(3);
}

static void say_program(uint32_t id, uint32_t mode, const char *program)
{
	struct xdps_say say = say_of(XDPS_SAY_PROGRAM);

	say.prog_id = id;
	say.prog_mode = mode;
	snprintf(say.text, sizeof(say.text), "%s", program);
	send_with_fds(&say, sizeof(say), NULL, 0);
}

static void say_looked(uint32_t status, const char *text)
{
	struct xdps_say say = say_of(XDPS_SAY_LOOKED);

	say.status = status;
	snprintf(say.text, sizeof(say.text), "%s", text);
	send_with_fds(&say, sizeof(say), NULL, 0);
}

/* The second interface is the one about which something is wrong. */
static void answer_look(const char *name, const struct xdps_ask_look *look, unsigned int nth)
{
	if (!strcmp(name, "look-silent"))
		return;
	if (nth == 2 && !strcmp(name, "look-denied")) {
		say_looked(XDPS_NO_PERMISSION, "not for you");
		return;
	}
	if (nth == 2 && !strcmp(name, "look-gone")) {
		say_looked(XDPS_NO_DEVICE, "gone");
		return;
	}
	if (nth == 2 && !strcmp(name, "look-dies"))
		exit(0);
	for (uint32_t i = 0; nth == 2 && !strcmp(name, "look-many") && i < 12; i++)
		say_program(i + 1, XDPS_MODE_NATIVE, "many");
	if (nth == 2 && !strcmp(name, "look-no-id"))
		say_program(0, XDPS_MODE_NATIVE, "none");
	if (nth == 2 && !strcmp(name, "look-odd-mode"))
		say_program(1, XDPS_MODE_GENERIC + 1, "odd");
	if (nth == 2 && !strcmp(name, "look-ready"))
		send_with_fds(&(struct xdps_say){ .magic = XDPS_MAGIC, .kind = XDPS_SAY_READY },
			      sizeof(struct xdps_say), NULL, 0);
	say_program(100 + nth, XDPS_MODE_GENERIC, look->ifname);
	say_program(200 + nth, XDPS_MODE_GENERIC, "component");
	say_looked(XDPS_OK, "");
}

static void look_around(const char *name)
{
	struct xdps_ask_look look;
	unsigned int nth = 0;

	while (recv(0, &look, sizeof(look), 0) == sizeof(look)) {
		if (look.magic != XDPS_MAGIC || look.kind != XDPS_ASK_LOOK)
			exit(3);
		answer_look(name, &look, ++nth);
	}
}

int main(void)
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	const char *name = strrchr(path, '/') + 1;

	/* what the dynamic loader does: speak on stderr and end, the request unread */
	if (!strcmp(name, "loader")) {
		dprintf(2, "xdpsample-helper: error while loading shared libraries: libx.so.1\n");
		return 127;
	}
	if (!strcmp(name, "unread"))
		return 1;
	if (!strncmp(name, "look", 4)) {
		look_around(name);
		return 0;
	}
	if (recv(0, &ask, sizeof(ask), 0) != sizeof(ask))
		return 2;
	behave(name);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_helper.c: a capture, as the helper serves it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../helper/door/reply.h"
#include "../../helper/host/cpus.h"
#include "../unit/sentence.h"
#include "default_size.h"
#include "helper_lab.h"

static struct xdps_error err;

/* How many descriptors are for rings, and what each of them is. */
static void gives(enum xdps_ring_kind asked, enum xdps_ring_kind kind, unsigned int n_ring_fds,
		  const char *what)
{
	struct xdps_request_open request = lab_request(NEAR);
	struct xdps_cpus cpus;
	unsigned int i;

	assert_int_equal(xdps_cpus_read(&cpus, &err), XDPS_OK);
	request.request.ring = asked;
	helper_capture(&helper, &as_usual, &request);
	assert_int_equal(helper.reply.ready.ring_kind, kind);
	assert_int_equal(helper.reply.ready.n_rings, cpus.n_online);
	assert_int_equal(helper.reply.ready.n_cpus, cpus.n_possible);
	assert_default_size(kind, helper.reply.ready.n_rings, helper.reply.ready.ring_bytes);
	assert_int_equal(helper.reply.ready.link, XDPS_LINK_ETHERNET);
	assert_int_equal(helper.reply.ready.has_inject, 1);
	assert_string_equal(helper_text(&helper), "");
	assert_int_equal(helper.n_ring_fds, n_ring_fds);
	assert_int_equal(helper.n_fds, n_ring_fds + 2);
	for (i = 0; i < n_ring_fds; i++)
		assert_is(helper.fds[i], what);
	assert_is(helper.fds[i], "bpf-map");
	assert_is(helper.fds[i + 1], "socket");
	assert_captures(1);
	assert_int_equal(helper_end(&helper), 0);
}

static void gives_map_rings(void **state)
{
	gives(XDPS_RING_AUTO, XDPS_RING_MAP, 2, "bpf-map");
	gives(XDPS_RING_MAP, XDPS_RING_MAP, 2, "bpf-map");
}

static void gives_perf_rings(void **state)
{
	gives(XDPS_RING_PERF, XDPS_RING_PERF, sysconf(_SC_NPROCESSORS_ONLN), "perf_event");
}

static void captures(void **state)
{
	capture_near(&as_usual);
	for (int seed = 0; seed < 10; seed++)
		assert_captures(seed);
	assert_int_equal(helper_end(&helper), 0);
}

static void counts(void **state)
{
	struct xdps_stats stats;

	capture_near(&as_usual);
	assert_captures(1);
	assert_captures(2);
	stats = lab_stats();
	assert_int_equal(stats.taken, 2);
	assert_int_equal(stats.seen, 2);
	assert_int_equal(stats.rejected, 0);
}

static void attaches_as_asked(void **state)
{
	static const struct {
		enum xdps_mode mode;
		const char *found;
	} modes[] = {
		{ XDPS_MODE_AUTO, "generic" },	/* it is a veth */
		{ XDPS_MODE_NATIVE, "native" },
		{ XDPS_MODE_GENERIC, "generic" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct xdps_request_open request = lab_request(NEAR);

		request.request.mode = modes[i].mode;
		helper_capture(&helper, &as_usual, &request);
		assert_string_equal(lab_xdp(NEAR, NULL), modes[i].found);
		assert_captures(i);
		assert_int_equal(helper_end(&helper), 0);
		assert_string_equal(lab_xdp(NEAR, NULL), "none");
	}
}

static void captures_lo(void **state)
{
	const struct xdps_request_open request = lab_request("lo");

	helper_capture(&helper, &as_usual, &request);
	assert_int_equal(helper.reply.ready.link, XDPS_LINK_ETHERNET);
	assert_string_equal(lab_xdp("lo", NULL), "generic");
}

static void captures_what_is_down(void **state)
{
	lab_ip("link set " NEAR " down");
	capture_near(&as_usual);
	lab_up(NEAR, FAR);
	assert_captures(1);
}

static int make_tun(void)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		print_message("# /dev/net/tun: %s\n", strerror(errno));
		skip();
	}
	snprintf(req.ifr_name, sizeof(req.ifr_name), "xt");
	assert_int_equal(ioctl(fd, TUNSETIFF, &req), 0);
	return fd;
}

static void captures_tun(void **state)
{
	static const unsigned char ipv4[] = {
		0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0,
		192, 0, 2, 2, 192, 0, 2, 1, 0, 7, 0, 7, 0, 8, 0, 0,
	};
	static const unsigned char ipv6[44] = {
		0x60, 0, 0, 0, 0, 4, 59, 64,
		0x20, 0x01, 0x0d, 0xb8, [23] = 2, 0x20, 0x01, 0x0d, 0xb8, [39] = 1,
	};
	const struct xdps_request_open request = lab_request("xt");
	int fd = make_tun();

	lab_ip("link set xt up");
	helper_capture(&helper, &as_usual, &request);
	assert_int_equal(helper.reply.ready.link, XDPS_LINK_IP);
	assert_int_equal(write(fd, ipv4, sizeof(ipv4)), sizeof(ipv4));
	assert_captured(ipv4, sizeof(ipv4));
	assert_int_equal(write(fd, ipv6, sizeof(ipv6)), sizeof(ipv6));
	assert_captured(ipv6, sizeof(ipv6));
	close(fd);
}

/* A tun interface can say that it is anything. */
static void refuses_other_links(void **state)
{
	static const int types[] = { ARPHRD_PPP, ARPHRD_SIT, ARPHRD_IPGRE, ARPHRD_IEEE80211 };
	const struct xdps_request_open request = lab_request("xt");
	char words[64];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int fd = make_tun();

		assert_int_equal(ioctl(fd, TUNSETLINK, types[i]), 0);
		lab_ip("link set xt up");
		helper_open(&helper, &as_usual, &request);
		snprintf(words, sizeof(words),
			 "xt: its packets have no Ethernet header (link type %d,", types[i]);
		assert_error(&helper, XDPS_UNSUPPORTED, words);
		assert_int_equal(helper_end(&helper), 1);
		close(fd);
	}
}

static unsigned int promiscuity(void)
{
	FILE *f = popen("ip -d link show " NEAR, "re");
	unsigned int n = 0;
	char line[512];
	char *found;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		found = strstr(line, "promiscuity ");
		if (found)
			n = atoi(found + strlen("promiscuity "));
	}
	pclose(f);
	return n;
}

static void promiscuity_goes_with_it(void **state)
{
	struct xdps_request_open request = lab_request(NEAR);

	capture_near(&as_usual);
	assert_int_equal(promiscuity(), 0);
	helper_end(&helper);

	request.request.promisc = 1;
	helper_capture(&helper, &as_usual, &request);
	assert_int_equal(promiscuity(), 1);
	helper_end(&helper);
	assert_int_equal(promiscuity(), 0);

	helper_capture(&helper, &as_usual, &request);
	assert_int_equal(promiscuity(), 1);
	helper_kill(&helper);
	assert_int_equal(promiscuity(), 0);
}

static void inject_socket_sends(void **state)
{
	unsigned char frame[FRAME_BYTES], got[FRAME_BYTES + 1];
	int far = lab_packet_socket(FAR);
	struct pollfd p = { .fd = far, .events = POLLIN };

	capture_near(&as_usual);
	make_frame(frame, 9);
	assert_int_equal(send(lab_inject_fd(), frame, sizeof(frame), 0), sizeof(frame));
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(recv(far, got, sizeof(got), 0), sizeof(frame));
	assert_memory_equal(got, frame, sizeof(frame));
	close(far);
}

static void inject_socket_is_deaf(void **state)
{
	const struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(0x0003),		/* ETH_P_ALL */
		.sll_ifindex = if_nametoindex(NEAR),
	};
	unsigned char byte;
	const int off = 0;

	capture_near(&as_usual);
	assert_int_equal(bind(lab_inject_fd(), (const void *)&all, sizeof(all)), 0);
	assert_int_equal(setsockopt(lab_inject_fd(), SOL_SOCKET, SO_DETACH_FILTER, &off,
				    sizeof(off)), -1);
	assert_captures(3);
	assert_int_equal(recv(lab_inject_fd(), &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void inherits_no_descriptor(void **state)
{
	const int stray = open("/etc/passwd", O_RDONLY);	/* not close-on-exec */
	char path[64], target[256];
	struct dirent *entry;
	DIR *d;
	ssize_t n;

	assert_true(stray > 2);
	capture_near(&as_usual);
	close(stray);
	snprintf(path, sizeof(path), "/proc/%d/fd", helper.pid);
	d = opendir(path);
	assert_non_null(d);
	while ((entry = readdir(d))) {
		n = readlinkat(dirfd(d), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (!strcmp(entry->d_name, "1") || !strcmp(entry->d_name, "2"))
			assert_string_equal(target, "/dev/null");
		else if (!strstr(target, "socket:") && !strstr(target, "bpf") &&
			 !strstr(target, "btf") && !strstr(target, "perf_event") &&
			 !strstr(target, "eventpoll"))
			fail_msg("%s is %s", entry->d_name, target);
	}
	closedir(d);
}

static void lives_without_stdio(void **state)
{
	const struct how how = { .with_closed_stdio = true };

	capture_near(&how);
	assert_captures(1);
}

static void raises_its_limit_of_files(void **state)
{
	const struct how how = { .n_files = 8 };

	capture_near(&how);
	assert_captures(1);
}

static void is_small(void **state)
{
	char path[64], line[512];
	unsigned long kib = 0;
	FILE *f;

	capture_near(&as_usual);
	snprintf(path, sizeof(path), "/proc/%d/maps", helper.pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, "libasan")) {
			print_message("# built with a sanitizer, which takes more by itself\n");
			fclose(f);
			skip();
		}
	}
	fclose(f);
	snprintf(path, sizeof(path), "/proc/%d/status", helper.pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %lu kB", &kib) == 1)
			break;
	fclose(f);
	assert_in_range(kib, 1, 8 << 10);	/* with the kernel's BTF: 13 MiB */
}

/* No machine here has so many CPUs: straight to what sends them. */
static void many_rings_come_in_parts(void **state)
{
	int many[2 * XDPS_FDS_MAX - 3], pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = pair[1];
	assert_int_equal(xdps_reply_rings(pair[1], many, ARRAY_SIZE(many), &err),
			 XDPS_OK);
	close(pair[1]);

	memset(&helper, 0, sizeof(helper));
	helper.sock = pair[0];
	assert_true(helper_hear(&helper));
	assert_int_equal(helper.reply.kind, XDPS_REPLY_RINGS);
	assert_int_equal(helper.n_ring_fds, XDPS_FDS_MAX);
	assert_true(helper_hear(&helper));
	assert_int_equal(helper.n_ring_fds, ARRAY_SIZE(many));
	assert_int_equal(helper.n_fds, ARRAY_SIZE(many));
	assert_is(helper.fds[ARRAY_SIZE(many) - 1], "socket:");
}

static int exit_of(const char *arguments)
{
	char command[512];
	int status;

	snprintf(command, sizeof(command), "'%s' %s </dev/null >/dev/null 2>&1",
		 getenv("XDPSAMPLE_HELPER"), arguments);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void talks_to_people(void **state)
{
	assert_int_equal(exit_of(""), 64);
	assert_int_equal(exit_of("--frobnicate"), 64);
	assert_int_equal(exit_of("--version"), 0);
	assert_int_equal(exit_of("--help"), 0);
}

static void cpu_lists_are_read(void **state)
{
	uint16_t numbers[16];

	assert_int_equal(xdps_cpus_parse("0\n", numbers, 16), 1);
	assert_int_equal(numbers[0], 0);
	assert_int_equal(xdps_cpus_parse("0-1,5,8-10\n", numbers, 16), 6);
	assert_int_equal(numbers[2], 5);
	assert_int_equal(numbers[5], 10);
	assert_int_equal(xdps_cpus_parse("0-15", numbers, 16), 16);
	assert_int_equal(xdps_cpus_parse("0-16", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("0-15,0", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("\n", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("3-1", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("1,,2", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("1-", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("-1", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("1 2", numbers, 16), -1);
	assert_int_equal(xdps_cpus_parse("99999999999999999999", numbers, 16), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("It gives map rings, counters and a socket, if nothing else is asked for", gives_map_rings),
		SENTENCE("It gives perf rings, counters and a socket, if these are asked for", gives_perf_rings),
		SENTENCE("What arrives at the interface comes out of a ring", captures),
		SENTENCE("What comes out of a ring is counted", counts),
		SENTENCE("It attaches in the mode that is asked for", attaches_as_asked),
		SENTENCE("The loopback interface is captured", captures_lo),
		SENTENCE("An interface that is down is captured", captures_what_is_down),
		SENTENCE("A tun interface is captured, from the IP header on", captures_tun),
		SENTENCE("Interfaces with other headers are refused", refuses_other_links),
		SENTENCE("Promiscuity goes with the helper", promiscuity_goes_with_it),
		SENTENCE("A packet is sent through the socket that it gives", inject_socket_sends),
		SENTENCE("That socket hears nothing, however it is bound", inject_socket_is_deaf),
		SENTENCE("It has no descriptor of its parent's", inherits_no_descriptor),
		SENTENCE("More rings than a message takes come in several", many_rings_come_in_parts),
		SENTENCE("It lives without stdout and stderr", lives_without_stdio),
		SENTENCE("It raises its limit of open files", raises_its_limit_of_files),
		SENTENCE("It is small", is_small),
		SENTENCE("A person who starts it is told what it is", talks_to_people),
		SENTENCE("Lists of CPUs are read as the kernel writes them", cpu_lists_are_read),
	};

	return LAB_RUN("helper", tests, NULL, NULL);
}

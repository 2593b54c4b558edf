// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_helper_end.c: all that ends a capture.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/sentence.h"
#include "helper_lab.h"

/* One that nobody asks, from the first test on: its patience takes its time. */
static struct helper patient;

static int begin_group(void **state)
{
	helper_start(&patient, &as_usual);
	return 0;
}

static int end_group(void **state)
{
	helper_kill(&patient);
	return 0;
}

static void ends_unasked(void **state)
{
	helper_start(&helper, &as_usual);
	assert_int_equal(helper_end(&helper), 0);

	helper_start(&helper, &as_usual);
	assert_int_equal(shutdown(helper.sock, SHUT_WR), 0);
	assert_false(helper_hear(&helper));
	assert_int_equal(helper_end(&helper), 0);
}

static void loses_patience(void **state)
{
	assert_false(helper_hear(&patient));
	assert_int_equal(helper_end(&patient), 0);
}

static void detaches_before_it_says_so(void **state)
{
	for (int round = 0; round < 20; round++) {
		capture_near(&as_usual);
		assert_string_equal(lab_xdp(NEAR, NULL), "generic");
		assert_int_equal(shutdown(helper.sock, SHUT_WR), 0);
		assert_false(helper_hear(&helper));
		assert_string_equal(lab_xdp(NEAR, NULL), "none");
		assert_int_equal(helper_end(&helper), 0);
	}
}

static void killed_leaves_nothing(void **state)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGSEGV };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		capture_near(&as_usual);
		assert_int_equal(kill(helper.pid, signals[i]), 0);
		assert_false(helper_hear(&helper));
		assert_int_not_equal(helper_wait(&helper), 0);
		assert_string_equal(lab_xdp(NEAR, NULL), "none");
		helper_kill(&helper);
	}
}

static void assert_gone(void)
{
	assert_true(helper_hear(&helper));
	assert_int_equal(helper.reply.kind, XDPS_REPLY_ERROR);
	assert_int_equal(helper.reply.error.status, XDPS_GONE);
	assert_string_equal(helper_text(&helper), "The interface disappeared");
	assert_false(helper_hear(&helper));
	assert_int_equal(helper_end(&helper), 1);
}

static void says_that_interface_went(void **state)
{
	capture_near(&as_usual);
	lab_ip("link del " NEAR);
	assert_gone();
}

static void says_that_peer_took_it_along(void **state)
{
	capture_near(&as_usual);
	lab_ip("link del " FAR);
	assert_gone();
}

/* A process in another network namespace: waits, looks at the interface, reports. */
static pid_t start_other_namespace(int look)
{
	char byte;
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* not to outlive a failed test */
	if (unshare(CLONE_NEWNET) || write(look, "", 1) != 1 || read(look, &byte, 1) != 1)
		_exit(2);
	_exit(strcmp(lab_xdp(NEAR, NULL), "none") != 0);
}

static void says_that_interface_moved(void **state)
{
	int look[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, look), 0);
	pid = start_other_namespace(look[1]);
	assert_int_equal(read(look[0], &byte, 1), 1);
	capture_near(&as_usual);
	lab_ip("link set " NEAR " netns %d", pid);
	assert_gone();

	/* it lives on there, without our program */
	assert_int_equal(write(look[0], "", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(look[0]);
	close(look[1]);
}

/* Something waits and does not come: the one thing that takes time to see. */
static void assert_goes_on(void)
{
	struct pollfd p = { .fd = helper.sock, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 300), 0);
	assert_captures(77);
}

static void stays_when_a_bridge_lets_go(void **state)
{
	if (!lab_try_ip("link add xbr type bridge")) {
		print_message("# this kernel makes no bridges\n");
		skip();
	}
	capture_near(&as_usual);
	lab_ip("link set " NEAR " master xbr");
	lab_ip("link set " NEAR " nomaster");
	lab_ip("link del xbr");
	assert_goes_on();
}

static void stays_when_renamed_and_down(void **state)
{
	capture_near(&as_usual);
	lab_ip("link set " NEAR " down");
	lab_ip("link set " NEAR " name xn");
	lab_up("xn", FAR);
	assert_goes_on();
	lab_ip("link set xn down");
	lab_ip("link set xn name " NEAR);
}

/* As an administrator would, with bpftool link detach. */
static void detach_by_force(const char *ifname)
{
	struct bpf_link_info info;
	uint32_t id = 0, prog_id, bytes;
	int fd;

	lab_xdp(ifname, &prog_id);
	while (!bpf_link_get_next_id(id, &id)) {
		fd = bpf_link_get_fd_by_id(id);
		if (fd < 0)
			continue;
		memset(&info, 0, sizeof(info));
		bytes = sizeof(info);
		if (!bpf_obj_get_info_by_fd(fd, &info, &bytes) &&
		    info.type == BPF_LINK_TYPE_XDP && info.prog_id == prog_id) {
			assert_int_equal(bpf_link_detach(fd), 0);
			close(fd);
			return;
		}
		close(fd);
	}
	fail_msg("no link of program %u", prog_id);
}

/* On lo, too: there nothing at all comes by netlink to wake the helper. */
static void says_that_somebody_detached(void **state)
{
	static const char *const ifnames[] = { NEAR, "lo" };
	char words[96];

	for (size_t i = 0; i < ARRAY_SIZE(ifnames); i++) {
		const struct xdps_request_open request = lab_request(ifnames[i]);

		helper_capture(&helper, &as_usual, &request);
		detach_by_force(ifnames[i]);
		assert_true(helper_hear(&helper));
		snprintf(words, sizeof(words),
			 "%s: the capture has ended, because another process detached",
			 ifnames[i]);
		assert_error(&helper, XDPS_FAILED, words);
		assert_false(helper_hear(&helper));
		assert_int_equal(helper_end(&helper), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("It ends silently if nobody asks", ends_unasked),
		SENTENCE("Nothing is attached any more when the socket ends", detaches_before_it_says_so),
		SENTENCE("Killed, it leaves nothing attached", killed_leaves_nothing),
		SENTENCE("It says when the interface is deleted", says_that_interface_went),
		SENTENCE("It says when the interface goes with its peer", says_that_peer_took_it_along),
		SENTENCE("It says when the interface moves to another namespace", says_that_interface_moved),
		SENTENCE("It stays when the interface leaves a bridge", stays_when_a_bridge_lets_go),
		SENTENCE("It stays when the interface goes down and is renamed", stays_when_renamed_and_down),
		SENTENCE("It says when somebody detaches the program", says_that_somebody_detached),
		SENTENCE("It does not wait for ever to be asked", loses_patience),
	};

	return LAB_RUN("helper end", tests, begin_group, end_group);
}

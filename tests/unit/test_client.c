// SPDX-License-Identifier: BSD-3-Clause
/* test_client.c: starting a helper and hearing it, with helpers of every kind. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../engine/client.h"
#include "../../common/protocol.h"

#include "count_fds.h"
#include "sentence.h"

/* Links to fake_helper in a directory of our own: its path and the link's. */
static char dir[] = "/tmp/xdps-client.XXXXXX";
static char fake[PATH_MAX];
static char helper[PATH_MAX + 64];

static struct xdps_client client;
static struct xdps_session session;
static struct xdps_error err;
static unsigned int fds_before;

/*
 * The engine's patience with a helper that does not answer is long.  Its ppoll()
 * is ours here: it waits no longer than this, and notes the longest that was asked.
 */
static int patience_ms = INT_MAX;
static int longest_ms;

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *signals)
{
	const int timeout_ms = (int)(timeout->tv_sec * 1000 + timeout->tv_nsec / 1000000);
	const int ms = timeout_ms < patience_ms ? timeout_ms : patience_ms;
	struct timespec shorter = { ms / 1000, ms % 1000 * 1000000l };

	if (timeout_ms > longest_ms)
		longest_ms = timeout_ms;
	return (int)syscall(SYS_ppoll, fds, n, &shorter, signals, _NSIG / 8);
}

/* What it is called where the C library's checks are compiled in (_FORTIFY_SOURCE). */
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		const sigset_t *signals, size_t bytes);
int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		const sigset_t *signals, size_t bytes)
{
	(void)bytes;
	return ppoll(fds, n, timeout, signals);
}

static void use_helper(const char *behaviour)
{
	snprintf(helper, sizeof(helper), "%s/%s", dir, behaviour);
	if (symlink(fake, helper) && errno != EEXIST)
		fail_msg("%s: %s", helper, strerror(errno));
	setenv("XDPSAMPLE_HELPER", helper, 1);
}

static enum xdps_status open_with(const char *behaviour)
{
	struct xdps_options opt;

	xdps_options_init(&opt);
	strcpy(opt.request.ifname, "eth0");
	opt.request.rate = 7;
	opt.request.point = XDPS_POINT_EXIT;
	opt.request.actions = 1 << XDPS_ACTION_TX;
	strcpy(opt.request.prog, "xdp_filter");
	use_helper(behaviour);
	return xdps_client_open(&client, &opt, &session, &err);
}

static int before_each(void **state)
{
	xdps_client_init(&client);
	xdps_session_init(&session);
	memset(&err, 0, sizeof(err));
	patience_ms = INT_MAX;
	longest_ms = 0;
	fds_before = count_fds(getpid());
	return 0;
}

static void close_capture(void)
{
	xdps_client_close(&client);
	xdps_session_free(&session);
}

static int after_each(void **state)
{
	close_capture();
	if (count_fds(getpid()) == fds_before)
		return 0;
	print_message("# descriptors before: %u, after: %u\n", fds_before, count_fds(getpid()));
	return -1;
}

static void assert_fails(const char *behaviour, enum xdps_status status, const char *words)
{
	assert_int_equal(open_with(behaviour), status);
	assert_int_equal(err.status, status);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
	assert_int_equal(client.sock, -1);
	assert_int_equal(session.n_rings, 0);
	assert_int_equal(count_fds(getpid()), fds_before);
}

static void gets_rings_and_counters(void **state)
{
	assert_int_equal(open_with("good"), XDPS_OK);
	assert_int_equal(session.n_rings, 2);
	assert_int_equal(session.ring_bytes, 64 << 10);
	assert_int_equal(session.n_cpus, 4);
	assert_true(session.cpus_fd >= 0);
	assert_int_equal(session.inject_fd, -1);
	assert_string_equal(session.warning, "");
	for (unsigned int i = 0; i < session.n_rings; i++)
		assert_int_equal(fcntl(session.ring_fds[i], F_GETFD), FD_CLOEXEC);
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
}

static void gets_map_rings(void **state)
{
	assert_int_equal(open_with("map-rings"), XDPS_OK);
	assert_int_equal(session.ring_kind, XDPS_RING_MAP);
	assert_int_equal(session.n_rings, 100);
	assert_int_equal(session.n_ring_fds, 2);
}

static void gets_a_socket_for_sending(void **state)
{
	assert_int_equal(open_with("injects"), XDPS_OK);
	assert_true(session.inject_fd >= 0);
}

static void passes_a_warning_on(void **state)
{
	assert_int_equal(open_with("warns"), XDPS_OK);
	assert_string_equal(session.warning, "not all of it");
}

/* Until the client says in `err` why there is nothing more to hear. */
static void listen_to_the_end(void)
{
	while (!xdps_client_listen(&client, &err))
		;
}

static void hears_that_the_interface_disappeared(void **state)
{
	assert_int_equal(open_with("then-gone"), XDPS_OK);
	listen_to_the_end();
	assert_int_equal(err.status, XDPS_GONE);
	assert_string_equal(err.text, "The interface disappeared");
}

static void hears_that_the_helper_died(void **state)
{
	assert_int_equal(open_with("then-dies"), XDPS_OK);
	listen_to_the_end();
	assert_int_equal(err.status, XDPS_FAILED);
	assert_non_null(strstr(err.text, "exited unexpectedly"));
}

static void takes_babble_for_the_end(void **state)
{
	assert_int_equal(open_with("then-babbles"), XDPS_OK);
	listen_to_the_end();
	assert_int_equal(err.status, XDPS_FAILED);
}

/* What is said unasked comes when it comes. */
static void listen_until_there_are(unsigned int n_rings)
{
	while (session.n_rings < n_rings)
		assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
	assert_int_equal(session.n_rings, n_rings);
}

static void gets_rings_that_are_added(void **state)
{
	assert_int_equal(open_with("adds-two"), XDPS_OK);
	assert_int_equal(session.n_rings, 2);
	listen_until_there_are(4);
	assert_int_equal(session.n_ring_fds, 4);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(fcntl(session.ring_fds[i], F_GETFD), FD_CLOEXEC);
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
}

/* A forked child has heard of the third one. */
static void does_without_a_ring_behind_one_that_it_missed(void **state)
{
	struct pollfd p;

	assert_int_equal(open_with("adds-after-another"), XDPS_OK);
	p = (struct pollfd){ .fd = client.sock, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
	assert_int_equal(session.n_rings, 2);
	assert_int_equal(session.n_ring_fds, 2);
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void refuses_added_rings_that_make_no_sense(void **state)
{
	static const char *const kinds[] = {
		"adds-none", "adds-two-at-once", "adds-again", "adds-too-many",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		assert_int_equal(open_with(kinds[i]), XDPS_OK);
		listen_to_the_end();
		assert_int_equal(err.status, XDPS_FAILED);
		assert_non_null(strstr(err.text, "invalid reply"));
		assert_int_equal(session.n_rings, 2);
		close_capture();
	}
}

static void refuses_a_notice_without_an_end(void **state)
{
	struct pollfd p;

	assert_int_equal(open_with("then-notes-no-end"), XDPS_OK);
	p = (struct pollfd){ .fd = client.sock, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_FAILED);
	assert_non_null(strstr(err.text, "invalid reply"));
	assert_false(client.has_notice);
}

static void passes_the_helpers_error_on(void **state)
{
	assert_fails("busy", XDPS_BUSY, "eth0: taken");
	assert_string_equal(err.text, "eth0: taken");
}

static void says_that_the_helper_ended_without_a_word(void **state)
{
	assert_fails("silent", XDPS_FAILED, "exited without an error message");
	assert_non_null(strstr(err.text, "/silent"));
}

static void reads_through_a_request_that_was_never_read(void **state)
{
	assert_fails("unread", XDPS_FAILED, "exited without an error message");
}

static void repeats_the_dynamic_loaders_last_words(void **state)
{
	assert_fails("loader", XDPS_FAILED,
		     "error while loading shared libraries: libx.so.1");
	assert_null(strchr(err.text, '\n'));
}

static void refuses_a_helper_of_another_version(void **state)
{
	assert_fails("other-version", XDPS_FAILED, "from the same build");
}

static void refuses_answers_that_make_no_sense(void **state)
{
	static const char *const kinds[] = {
		"short", "long", "error-no-end", "no-status", "no-rings", "rings-without-rings", "odd-kind", "no-map-rings",
		"odd-size", "wrong-count", "no-end", "unknown-link", "too-many", "too-few-cpus",
		"too-many-cpus",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_fails(kinds[i], XDPS_FAILED, "invalid reply");
}

static void does_not_wait_for_ever_to_be_served(void **state)
{
	patience_ms = 10;
	assert_fails("mute", XDPS_FAILED, "the helper did not reply within 10 seconds");
	assert_in_range(longest_ms, 9000, 100000);
}

static void keeps_nothing_of_a_helper_that_died_halfway(void **state)
{
	assert_fails("dies-halfway", XDPS_FAILED, "exited without an error message");
}

static void names_a_helper_that_is_not_there(void **state)
{
	struct xdps_options opt;

	xdps_options_init(&opt);
	setenv("XDPSAMPLE_HELPER", "/nonexistent/helper", 1);
	assert_int_equal(xdps_client_open(&client, &opt, &session, &err), XDPS_FAILED);
	assert_non_null(strstr(err.text, "/nonexistent/helper: No such file or directory"));
}

static void says_that_a_helper_is_not_executable(void **state)
{
	struct xdps_options opt;
	FILE *f;

	xdps_options_init(&opt);
	snprintf(helper, sizeof(helper), "%s/not-executable", dir);
	f = fopen(helper, "w");
	assert_non_null(f);
	fclose(f);
	setenv("XDPSAMPLE_HELPER", helper, 1);
	assert_int_equal(xdps_client_open(&client, &opt, &session, &err), XDPS_FAILED);
	assert_non_null(strstr(err.text, "it is not executable"));
}

static void the_helper_starts_from_a_clean_slate(void **state)
{
	signal(SIGINT, SIG_IGN);
	assert_int_equal(open_with("report"), XDPS_FAILED);
	signal(SIGINT, SIG_DFL);
	assert_string_equal(err.text,
			    "env 0 handlers 0 blocked 0 leader 1 ifname eth0 rate 7 point 1 actions 0x8 prog xdp_filter");
}

static volatile sig_atomic_t n_sigchld;

static void count_sigchld(int sig)
{
	(void)sig;
	n_sigchld++;
}

static void the_helper_is_nobodys_child(void **state)
{
	n_sigchld = 0;
	signal(SIGCHLD, count_sigchld);
	assert_int_equal(open_with("good"), XDPS_OK);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	xdps_client_close(&client);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(n_sigchld, 0);
}

static void starts_where_the_program_ignores_its_children(void **state)
{
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(open_with("good"), XDPS_OK);
	signal(SIGCHLD, SIG_DFL);
}

static void starts_where_standard_input_is_closed(void **state)
{
	int in = dup(0);

	close(0);
	assert_int_equal(open_with("good"), XDPS_OK);
	close_capture();
	dup2(in, 0);
	close(in);
}

static void leaves_the_signal_mask_alone(void **state)
{
	sigset_t before, after;

	sigprocmask(SIG_BLOCK, NULL, &before);
	assert_int_equal(open_with("good"), XDPS_OK);
	sigprocmask(SIG_BLOCK, NULL, &after);
	for (int sig = 1; sig < NSIG; sig++)
		assert_int_equal(sigismember(&before, sig), sigismember(&after, sig));
}

static void closing_waits_for_the_helpers_end(void **state)
{
	char c;
	int peek;

	assert_int_equal(open_with("good"), XDPS_OK);
	peek = dup(client.sock);
	xdps_client_close(&client);
	/* its end is closed: the socket says so at once */
	assert_int_equal(recv(peek, &c, 1, MSG_DONTWAIT), 0);
	close(peek);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static void closing_waits_for_a_second_at_most(void **state)
{
	uint64_t before_ms;

	assert_int_equal(open_with("lingers"), XDPS_OK);
	before_ms = now_ms();
	xdps_client_close(&client);
	assert_in_range(now_ms() - before_ms, 900, 2000);
}

static void closing_twice_is_harmless(void **state)
{
	assert_int_equal(open_with("good"), XDPS_OK);
	xdps_client_close(&client);
	close_capture();
	xdps_session_free(&session);
}

/* Filters. */

static const struct xdps_insn take_all = { .code = 0x06, .k = 0xffffffff };

static struct xdps_filtering filtering;

static enum xdps_status filter_with(const char *behaviour, const struct xdps_insn *insns,
				    size_t n_insns)
{
	filtering = (struct xdps_filtering){ 1, XDPS_FILTER_NONE, "before", true };
	assert_int_equal(open_with(behaviour), XDPS_OK);
	return xdps_client_filter(&client, 7, insns, n_insns, &filtering, &err);
}

static void assert_unchanged(bool refused)
{
	assert_int_equal(filtering.number, 1);
	assert_int_equal(filtering.place, XDPS_FILTER_NONE);
	assert_string_equal(filtering.why, "before");
	assert_int_equal(filtering.refused, refused);
}

static void hears_that_a_filter_is_in_the_kernel(void **state)
{
	assert_int_equal(filter_with("filter-kernel", &take_all, 1), XDPS_OK);
	assert_int_equal(filtering.number, 7);
	assert_int_equal(filtering.place, XDPS_FILTER_KERNEL);
	assert_string_equal(filtering.why, "");
	assert_false(filtering.refused);
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
}

static void hears_of_a_ring_before_a_filter(void **state)
{
	assert_int_equal(filter_with("filter-adds", &take_all, 1), XDPS_OK);
	assert_int_equal(filtering.number, 7);
	assert_int_equal(filtering.place, XDPS_FILTER_KERNEL);
	assert_int_equal(session.n_rings, 3);
	assert_int_equal(session.n_ring_fds, 3);
}

static void hears_why_a_filter_is_not_in_the_kernel(void **state)
{
	assert_int_equal(filter_with("filter-user", &take_all, 1), XDPS_OK);
	assert_int_equal(filtering.number, 7);
	assert_int_equal(filtering.place, XDPS_FILTER_USER);
	assert_string_equal(filtering.why, "it goes backwards");
	assert_false(filtering.refused);
}

static void hears_that_a_filter_is_refused_and_goes_on(void **state)
{
	assert_int_equal(filter_with("filter-refused", &take_all, 1), XDPS_BAD_FILTER);
	assert_string_equal(err.text, "it never ends");
	assert_unchanged(true);
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
	assert_int_equal(xdps_client_filter(&client, 8, &take_all, 1, &filtering, &err),
			 XDPS_BAD_FILTER);
	assert_unchanged(true);
}

static void sends_a_filter_as_it_is(void **state)
{
	const struct xdps_insn insns[] = {
		{ 0x28, 0, 0, 12 }, { 0x15, 1, 2, 0x800 }, { 0x15, 255, 254, 0xfedcba98 },
	};
	char words[128];

	assert_int_equal(filter_with("filter-described", insns, 3), XDPS_OK);
	snprintf(words, sizeof(words),
		 "44 bytes, magic %#x, kind 5, user space 0, 3 instructions, last 0x15 255 254 0xfedcba98",
		 XDPS_MAGIC);
	assert_string_equal(filtering.why, words);
}

static struct xdps_insn *many_insns(size_t n)
{
	struct xdps_insn *insns = calloc(n, sizeof(*insns));

	assert_non_null(insns);
	insns[n - 1] = take_all;
	return insns;
}

static void sends_4096_instructions(void **state)
{
	struct xdps_insn *insns = many_insns(4096);

	assert_int_equal(filter_with("filter-described", insns, 4096), XDPS_OK);
	assert_non_null(strstr(filtering.why, "32788 bytes, "));
	assert_non_null(strstr(filtering.why, "user space 0, 4096 instructions, last 0x6 0 0 "));
	free(insns);
}

/* The helper would not take so many; this one ends if it gets any. */
static void asks_to_filter_nothing_for_what_is_too_long(void **state)
{
	static const size_t sizes[] = { 4097, 100000 };
	char words[128];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct xdps_insn *insns = many_insns(sizes[i]);

		assert_int_equal(filter_with("filter-nothing", insns, sizes[i]), XDPS_OK);
		free(insns);
		snprintf(words, sizeof(words),
			 "the filter has %zu instructions, but at most 4096 can run in the kernel",
			 sizes[i]);
		assert_int_equal(filtering.number, 7);
		assert_int_equal(filtering.place, XDPS_FILTER_USER);
		assert_string_equal(filtering.why, words);
		close_capture();
	}
}

static void assert_over(const char *behaviour, enum xdps_status status, const char *words)
{
	assert_int_equal(filter_with(behaviour, &take_all, 1), status);
	assert_int_equal(err.status, status);
	if (!strstr(err.text, words))
		fail_msg("%s: \"%s\" does not say \"%s\"", behaviour, err.text, words);
	assert_unchanged(false);
	close_capture();
	assert_int_equal(count_fds(getpid()), fds_before);
}

static void an_error_instead_of_an_answer_is_the_end(void **state)
{
	assert_over("filter-gone", XDPS_GONE, "The interface disappeared");
	assert_over("then-gone", XDPS_GONE, "The interface disappeared");
}

static void a_helper_that_dies_over_a_filter_is_the_end(void **state)
{
	assert_over("filter-dies", XDPS_FAILED, "exited without an error message");
}

static void a_dead_helpers_last_words_are_the_answer(void **state)
{
	struct pollfd closed = { .events = 0 };

	assert_int_equal(open_with("gone-and-dead"), XDPS_OK);
	closed.fd = client.sock;
	assert_int_equal(poll(&closed, 1, 10000), 1);
	filtering.refused = true;
	assert_int_equal(xdps_client_filter(&client, 7, &take_all, 1, &filtering, &err),
			 XDPS_GONE);
	assert_string_equal(err.text, "The interface disappeared");
	assert_false(filtering.refused);
}

/* The answer to a question that somebody left comes before that to the next one. */
static void an_answer_that_nobody_waited_for_is_passed_over(void **state)
{
	assert_int_equal(open_with("filter-late"), XDPS_OK);
	client.n_unheard = 1;
	assert_int_equal(xdps_client_filter(&client, 7, &take_all, 1, &filtering, &err), XDPS_OK);
	assert_int_equal(filtering.number, 7);
	assert_int_equal(client.n_unheard, 0);
}

static void hears_a_notice_and_goes_on(void **state)
{
	assert_int_equal(open_with("then-notes"), XDPS_OK);
	while (!client.has_notice)
		assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
	assert_string_equal(client.notice, "nothing is seen");
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
}

static void a_notice_is_no_answer(void **state)
{
	assert_int_equal(open_with("filter-noted"), XDPS_OK);
	assert_int_equal(xdps_client_filter(&client, 7, &take_all, 1, &filtering, &err), XDPS_OK);
	assert_int_equal(filtering.number, 7);
	assert_true(client.has_notice);
	assert_string_equal(client.notice, "then");
}

static void a_silent_helper_is_the_end_after_ten_seconds(void **state)
{
	assert_int_equal(open_with("filter-silent"), XDPS_OK);
	patience_ms = 10;
	filtering.refused = true;
	assert_int_equal(xdps_client_filter(&client, 7, &take_all, 1, &filtering, &err),
			 XDPS_FAILED);
	assert_in_range(longest_ms, 9000, 10000);
	assert_non_null(strstr(err.text, "the helper did not reply within 10 seconds"));
	assert_false(filtering.refused);
}

static void an_answer_that_makes_no_sense_is_the_end(void **state)
{
	static const char *const kinds[] = {
		"filter-other-number", "filter-no-place", "filter-other-place",
		"filter-other-kind", "filter-unknown-kind", "filter-with-descriptor",
		"filter-odd-refusal", "filter-unknown-refusal", "filter-short", "filter-long",
		"filter-no-end",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_over(kinds[i], XDPS_FAILED, "invalid reply");
}

/* Directions. */

static enum xdps_status turn_with(const char *behaviour, bool *is_over)
{
	assert_int_equal(open_with(behaviour), XDPS_OK);
	return xdps_client_direction(&client, XDPS_DIR_BOTH, is_over, &err);
}

static void hears_that_a_direction_is_captured(void **state)
{
	bool is_over;

	assert_int_equal(turn_with("direction", &is_over), XDPS_OK);
	assert_false(is_over);
	assert_int_equal(xdps_client_filter(&client, 7, &take_all, 1, &filtering, &err), XDPS_OK);
	assert_int_equal(client.n_unheard, 0);
}

static void hears_that_a_direction_is_refused_and_goes_on(void **state)
{
	bool is_over;

	assert_int_equal(turn_with("direction-refused", &is_over), XDPS_NO_PERMISSION);
	assert_string_equal(err.text, "not 2");
	assert_false(is_over);
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
}

static void a_bad_answer_about_a_direction_is_the_end(void **state)
{
	static const struct { const char *behaviour, *words; } cases[] = {
		{ "direction-dies", "exited without an error message" },
		{ "direction-odd-refusal", "invalid reply" },
		{ "direction-other-kind", "invalid reply" },
		{ "direction-no-end", "invalid reply" },
		{ "direction-with-descriptor", "invalid reply" },
	};
	bool is_over;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(turn_with(cases[i].behaviour, &is_over), XDPS_FAILED);
		assert_non_null(strstr(err.text, cases[i].words));
		assert_true(is_over);
		close_capture();
		assert_int_equal(count_fds(getpid()), fds_before);
	}
}

/* Debugging output. */

/* What goes to our standard error meanwhile; `debug` is XDPSAMPLE_DEBUG. */
static void open_loader_with(const char *debug, char *written, size_t size)
{
	const int err_fd = dup(2);
	int pair[2];
	ssize_t n;

	assert_int_equal(pipe(pair), 0);
	fflush(stderr);
	dup2(pair[1], 2);
	close(pair[1]);
	setenv("XDPSAMPLE_DEBUG", debug, 1);
	fds_before = count_fds(getpid());
	assert_int_equal(open_with("loader"), XDPS_FAILED);
	unsetenv("XDPSAMPLE_DEBUG");
	dup2(err_fd, 2);
	close(err_fd);
	n = read(pair[0], written, size - 1);
	assert_true(n >= 0);
	written[n] = '\0';
	close(pair[0]);
	fds_before = count_fds(getpid());
}

static void a_helper_to_be_debugged_has_our_stderr(void **state)
{
	char written[256];

	open_loader_with("1", written, sizeof(written));
	assert_string_equal(written, "xdpsample-helper: error while loading shared libraries: libx.so.1\n");
	assert_non_null(strstr(err.text, "exited without an error message"));
}

static void no_other_helper_has(void **state)
{
	static const char *const values[] = { "", "0", "2", "yes", "11" };
	char written[256];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		open_loader_with(values[i], written, sizeof(written));
		assert_string_equal(written, "");
		assert_non_null(strstr(err.text, "libx.so.1"));
	}
}

static void debugging_starts_where_standard_error_is_closed(void **state)
{
	const int err_fd = dup(2);
	enum xdps_status status;

	close(2);
	setenv("XDPSAMPLE_DEBUG", "1", 1);
	status = open_with("good");
	unsetenv("XDPSAMPLE_DEBUG");
	close_capture();
	dup2(err_fd, 2);
	close(err_fd);
	assert_int_equal(status, XDPS_OK);
}

static int make_dir(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	return rmdir(dir);
}

#define EACH(text, function) { .name = text, .test_func = function, \
	.setup_func = before_each, .teardown_func = after_each }

/* Of four interfaces all but the third have a program. */
static struct xdps_listed list[4];

static enum xdps_status query_with(const char *behaviour)
{
	memset(list, 0, sizeof(list));
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(list[i].ifname, sizeof(list[i].ifname), "eth%u", i);
		list[i].n_programs = i != 2;
		list[i].programs[0].id = i + 1;
		list[i].mode = XDPS_MODE_NATIVE;
	}
	use_helper(behaviour);
	return xdps_client_query(list, 4, &err);
}

static void assert_known(unsigned int i, unsigned int nth)
{
	assert_int_equal(list[i].n_programs, 2);
	assert_int_equal(list[i].mode, XDPS_MODE_GENERIC);
	assert_int_equal(list[i].programs[0].id, 100 + nth);
	assert_string_equal(list[i].programs[0].name, list[i].ifname);
	assert_int_equal(list[i].programs[1].id, 200 + nth);
	assert_string_equal(list[i].programs[1].name, "component");
}

static void assert_as_before(unsigned int i)
{
	assert_int_equal(list[i].n_programs, 1);
	assert_int_equal(list[i].programs[0].id, i + 1);
	assert_string_equal(list[i].programs[0].name, "");
	assert_int_equal(list[i].mode, XDPS_MODE_NATIVE);
}

static void queries_where_there_is_a_program(void **state)
{
	assert_int_equal(query_with("query"), XDPS_OK);
	assert_known(0, 1);
	assert_known(1, 2);
	assert_int_equal(list[2].n_programs, 0);
	assert_known(3, 3);
}

static void an_interface_that_is_gone_ends_no_query(void **state)
{
	assert_int_equal(query_with("query-gone"), XDPS_OK);
	assert_known(0, 1);
	assert_as_before(1);
	assert_known(3, 3);
}

static void one_that_cannot_be_looked_at_ends_no_query(void **state)
{
	assert_int_equal(query_with("query-denied"), XDPS_NO_PERMISSION);
	assert_non_null(strstr(err.text, "not for you"));
	assert_known(0, 1);
	assert_as_before(1);
	assert_known(3, 3);
}

static void what_cannot_be_looked_at_stays_as_it_was(void **state)
{
	static const struct {
		const char *behaviour;
		enum xdps_status status;
	} rows[] = {
		{ "query-dies", XDPS_FAILED },
		{ "query-many", XDPS_FAILED }, { "query-no-id", XDPS_FAILED },
		{ "query-odd-mode", XDPS_FAILED }, { "query-ready", XDPS_FAILED },
		{ "query-endless-program", XDPS_FAILED }, { "query-endless-reason", XDPS_FAILED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(query_with(rows[i].behaviour), rows[i].status);
		assert_known(0, 1);
		assert_as_before(1);
		assert_as_before(3);
		assert_int_equal(count_fds(getpid()), fds_before);
	}
}

static void a_list_does_not_wait_for_ever(void **state)
{
	patience_ms = 50;
	assert_int_equal(query_with("query-silent"), XDPS_FAILED);
	assert_in_range(longest_ms, 1500, 2000);
	assert_as_before(0);
}

static void a_list_without_a_helper_stays_as_it_was(void **state)
{
	query_with("query");
	setenv("XDPSAMPLE_HELPER", "/nonexistent/helper", 1);
	list[0].programs[0].name[0] = '\0';
	assert_int_equal(xdps_client_query(list, 4, &err), XDPS_FAILED);
	assert_int_equal(list[0].programs[0].id, 101);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		EACH("gets rings and counters",
		     gets_rings_and_counters),
		EACH("gets map rings", gets_map_rings),
		EACH("gets a socket for sending",
		     gets_a_socket_for_sending),
		EACH("passes a warning on",
		     passes_a_warning_on),
		EACH("hears that the interface disappeared",
		     hears_that_the_interface_disappeared),
		EACH("hears that the helper died",
		     hears_that_the_helper_died),
		EACH("a message that is no reply ends the capture",
		     takes_babble_for_the_end),
		EACH("passes the helper's error on",
		     passes_the_helpers_error_on),
		EACH("says that the helper exited without an error message",
		     says_that_the_helper_ended_without_a_word),
		EACH("reads through a request that was never read",
		     reads_through_a_request_that_was_never_read),
		EACH("repeats the dynamic loader's error message",
		     repeats_the_dynamic_loaders_last_words),
		EACH("refuses a helper of another version",
		     refuses_a_helper_of_another_version),
		EACH("refuses answers that make no sense",
		     refuses_answers_that_make_no_sense),
		EACH("does not wait for ever to be served",
		     does_not_wait_for_ever_to_be_served),
		EACH("keeps nothing of a helper that died halfway",
		     keeps_nothing_of_a_helper_that_died_halfway),
		EACH("names a helper that is not there",
		     names_a_helper_that_is_not_there),
		EACH("says that a helper is not executable",
		     says_that_a_helper_is_not_executable),
		EACH("the helper starts from a clean slate",
		     the_helper_starts_from_a_clean_slate),
		EACH("the helper is nobody's child",
		     the_helper_is_nobodys_child),
		EACH("starts where the program ignores its children",
		     starts_where_the_program_ignores_its_children),
		EACH("starts where standard input is closed",
		     starts_where_standard_input_is_closed),
		EACH("leaves the signal mask alone",
		     leaves_the_signal_mask_alone),
		EACH("closing waits for the helper's end",
		     closing_waits_for_the_helpers_end),
		EACH("closing waits for a second at most",
		     closing_waits_for_a_second_at_most),
		EACH("closing twice is harmless",
		     closing_twice_is_harmless),
		EACH("hears that a filter is in the kernel",
		     hears_that_a_filter_is_in_the_kernel),
		EACH("hears of a ring that was added before it hears of a filter",
		     hears_of_a_ring_before_a_filter),
		EACH("gets rings that are added",
		     gets_rings_that_are_added),
		EACH("does without a ring that comes behind one that it missed",
		     does_without_a_ring_behind_one_that_it_missed),
		EACH("refuses added rings that make no sense",
		     refuses_added_rings_that_make_no_sense),
		EACH("refuses a notice without an end",
		     refuses_a_notice_without_an_end),
		EACH("hears why a filter is not in the kernel",
		     hears_why_a_filter_is_not_in_the_kernel),
		EACH("hears that a filter is refused, and goes on",
		     hears_that_a_filter_is_refused_and_goes_on),
		EACH("sends a filter as it is",
		     sends_a_filter_as_it_is),
		EACH("sends 4096 instructions",
		     sends_4096_instructions),
		EACH("asks to filter nothing for what is too long, and says why",
		     asks_to_filter_nothing_for_what_is_too_long),
		EACH("an error instead of an answer is the end",
		     an_error_instead_of_an_answer_is_the_end),
		EACH("hears that a direction is captured",
		     hears_that_a_direction_is_captured),
		EACH("hears that a direction is refused, and goes on",
		     hears_that_a_direction_is_refused_and_goes_on),
		EACH("a bad answer about a direction is the end",
		     a_bad_answer_about_a_direction_is_the_end),
		EACH("a helper that dies over a filter is the end",
		     a_helper_that_dies_over_a_filter_is_the_end),
		EACH("the error that a dead helper has left is the answer",
		     a_dead_helpers_last_words_are_the_answer),
		EACH("an answer that nobody waited for is passed over",
		     an_answer_that_nobody_waited_for_is_passed_over),
		EACH("hears a notice and goes on",
		     hears_a_notice_and_goes_on),
		EACH("a notice is no answer",
		     a_notice_is_no_answer),
		EACH("a silent helper is the end after ten seconds",
		     a_silent_helper_is_the_end_after_ten_seconds),
		EACH("an answer that makes no sense is the end",
		     an_answer_that_makes_no_sense_is_the_end),
		EACH("a helper is queried where there is a program",
		     queries_where_there_is_a_program),
		EACH("an interface that is gone ends no query",
		     an_interface_that_is_gone_ends_no_query),
		EACH("an interface that cannot be looked at ends no query",
		     one_that_cannot_be_looked_at_ends_no_query),
		EACH("what cannot be looked at stays as it was",
		     what_cannot_be_looked_at_stays_as_it_was),
		EACH("a list does not wait for ever",
		     a_list_does_not_wait_for_ever),
		EACH("a list without a helper stays as it was",
		     a_list_without_a_helper_stays_as_it_was),
		EACH("a helper to be debugged has our stderr",
		     a_helper_to_be_debugged_has_our_stderr),
		EACH("no other helper has",
		     no_other_helper_has),
		EACH("debugging starts where standard error is closed",
		     debugging_starts_where_standard_error_is_closed),
	};

	(void)argc;
	if (!realpath(getenv("FAKE_HELPER") ? getenv("FAKE_HELPER") : "fake_helper", fake)) {
		fprintf(stderr, "%s: needs fake_helper beside it or in FAKE_HELPER\n", argv[0]);
		return 99;
	}
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

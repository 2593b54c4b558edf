// SPDX-License-Identifier: BSD-3-Clause
/* test_client.c: starting a helper and hearing it, with helpers of every kind. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../engine/client.h"
#include "sentence.h"

/* Links to fake_helper in a directory of our own: its path and the link's. */
static char dir[] = "/tmp/xdps-client.XXXXXX";
static char fake[PATH_MAX];
static char helper[PATH_MAX + 64];

static struct xdps_client client;
static struct xdps_grant grant;
static struct xdps_error err;
static unsigned int fds_before;

static unsigned int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static enum xdps_status open_with(const char *behaviour)
{
	struct xdps_options opt;

	xdps_options_init(&opt);
	strcpy(opt.ifname, "eth0");
	opt.rate = 7;
	snprintf(helper, sizeof(helper), "%s/%s", dir, behaviour);
	if (symlink(fake, helper) && errno != EEXIST)
		fail_msg("%s: %s", helper, strerror(errno));
	setenv("XDPSAMPLE_HELPER", helper, 1);
	return xdps_client_open(&client, &opt, &grant, &err);
}

static int before_each(void **state)
{
	(void)state;
	xdps_client_init(&client);
	xdps_grant_init(&grant);
	memset(&err, 0, sizeof(err));
	fds_before = count_fds();
	return 0;
}

static int after_each(void **state)
{
	(void)state;
	xdps_client_close(&client);
	xdps_grant_free(&grant);
	if (count_fds() == fds_before)
		return 0;
	print_message("# descriptors before: %u, after: %u\n", fds_before, count_fds());
	return -1;
}

static void assert_fails(const char *behaviour, enum xdps_status status, const char *words)
{
	assert_int_equal(open_with(behaviour), status);
	assert_int_equal(err.status, status);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
	assert_int_equal(client.sock, -1);
	assert_int_equal(grant.n_rings, 0);
	assert_int_equal(count_fds(), fds_before);
}

static void gets_rings_and_counters(void **state)
{
	(void)state;
	assert_int_equal(open_with("good"), XDPS_OK);
	assert_int_equal(grant.n_rings, 2);
	assert_int_equal(grant.ring_bytes, 64 << 10);
	assert_int_equal(grant.n_counters, 4);
	assert_true(grant.counters_fd >= 0);
	assert_int_equal(grant.inject_fd, -1);
	assert_string_equal(grant.warning, "");
	for (unsigned int i = 0; i < grant.n_rings; i++)
		assert_int_equal(fcntl(grant.ring_fds[i], F_GETFD), FD_CLOEXEC);
	assert_int_equal(xdps_client_listen(&client, &err), XDPS_OK);
}

static void gets_a_socket_for_sending(void **state)
{
	(void)state;
	assert_int_equal(open_with("injects"), XDPS_OK);
	assert_true(grant.inject_fd >= 0);
}

static void passes_a_warning_on(void **state)
{
	(void)state;
	assert_int_equal(open_with("warns"), XDPS_OK);
	assert_string_equal(grant.warning, "not all of it");
}

static void hears_that_the_interface_disappeared(void **state)
{
	(void)state;
	assert_int_equal(open_with("then-gone"), XDPS_OK);
	while (!xdps_client_listen(&client, &err))
		;
	assert_int_equal(err.status, XDPS_GONE);
	assert_string_equal(err.text, "The interface disappeared");
}

static void hears_that_the_helper_died(void **state)
{
	(void)state;
	assert_int_equal(open_with("then-dies"), XDPS_OK);
	while (!xdps_client_listen(&client, &err))
		;
	assert_int_equal(err.status, XDPS_FAILED);
	assert_non_null(strstr(err.text, "ended by somebody"));
}

static void takes_babble_for_the_end(void **state)
{
	(void)state;
	assert_int_equal(open_with("then-babbles"), XDPS_OK);
	while (!xdps_client_listen(&client, &err))
		;
	assert_int_equal(err.status, XDPS_FAILED);
}

static void passes_the_helpers_error_on(void **state)
{
	(void)state;
	assert_fails("busy", XDPS_BUSY, "eth0: taken");
	assert_string_equal(err.text, "eth0: taken");
}

static void says_that_the_helper_ended_without_a_word(void **state)
{
	(void)state;
	assert_fails("silent", XDPS_FAILED, "ended without a word");
	assert_non_null(strstr(err.text, "/silent"));
}

static void reads_through_a_request_that_was_never_read(void **state)
{
	(void)state;
	assert_fails("unread", XDPS_FAILED, "ended without a word");
}

static void repeats_the_dynamic_loaders_last_words(void **state)
{
	(void)state;
	assert_fails("loader", XDPS_FAILED,
		     "error while loading shared libraries: libx.so.1");
	assert_null(strchr(err.text, '\n'));
}

static void refuses_a_helper_of_another_version(void **state)
{
	(void)state;
	assert_fails("other-version", XDPS_FAILED, "of one version?");
}

static void refuses_answers_that_make_no_sense(void **state)
{
	static const char *const kinds[] = {
		"short", "no-status", "no-rings", "rings-without-rings",
		"odd-size", "wrong-count", "no-end", "unknown-link", "too-many",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		assert_fails(kinds[i], XDPS_FAILED, "makes no sense");
}

static void keeps_nothing_of_a_helper_that_died_halfway(void **state)
{
	(void)state;
	assert_fails("dies-halfway", XDPS_FAILED, "ended without a word");
}

static void names_a_helper_that_is_not_there(void **state)
{
	struct xdps_options opt;

	(void)state;
	xdps_options_init(&opt);
	setenv("XDPSAMPLE_HELPER", "/nonexistent/helper", 1);
	assert_int_equal(xdps_client_open(&client, &opt, &grant, &err), XDPS_FAILED);
	assert_non_null(strstr(err.text, "/nonexistent/helper: No such file or directory"));
}

static void says_that_a_helper_is_not_executable(void **state)
{
	struct xdps_options opt;
	FILE *f;

	(void)state;
	xdps_options_init(&opt);
	snprintf(helper, sizeof(helper), "%s/not-executable", dir);
	f = fopen(helper, "w");
	assert_non_null(f);
	fclose(f);
	setenv("XDPSAMPLE_HELPER", helper, 1);
	assert_int_equal(xdps_client_open(&client, &opt, &grant, &err), XDPS_NO_PERMISSION);
	assert_non_null(strstr(err.text, "it is not executable"));
}

static void the_helper_starts_from_a_clean_slate(void **state)
{
	(void)state;
	signal(SIGINT, SIG_IGN);
	assert_int_equal(open_with("report"), XDPS_FAILED);
	signal(SIGINT, SIG_DFL);
	assert_string_equal(err.text,
			    "env 0 handlers 0 blocked 0 leader 1 ifname eth0 rate 7");
}

static volatile sig_atomic_t n_sigchld;

static void count_sigchld(int sig)
{
	(void)sig;
	n_sigchld++;
}

static void the_helper_is_nobodys_child(void **state)
{
	(void)state;
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
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(open_with("good"), XDPS_OK);
	signal(SIGCHLD, SIG_DFL);
}

static void starts_where_standard_input_is_closed(void **state)
{
	int in = dup(0);

	(void)state;
	close(0);
	assert_int_equal(open_with("good"), XDPS_OK);
	xdps_client_close(&client);
	xdps_grant_free(&grant);
	dup2(in, 0);
	close(in);
}

static void leaves_the_signal_mask_alone(void **state)
{
	sigset_t before, after;

	(void)state;
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

	(void)state;
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

	(void)state;
	assert_int_equal(open_with("lingers"), XDPS_OK);
	before_ms = now_ms();
	xdps_client_close(&client);
	assert_in_range(now_ms() - before_ms, 900, 2000);
}

static void closing_twice_is_harmless(void **state)
{
	(void)state;
	assert_int_equal(open_with("good"), XDPS_OK);
	xdps_client_close(&client);
	xdps_client_close(&client);
	xdps_grant_free(&grant);
	xdps_grant_free(&grant);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	(void)state;
	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	return rmdir(dir);
}

#define EACH(text, function) { .name = text, .test_func = function, \
	.setup_func = before_each, .teardown_func = after_each }

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		EACH("gets rings and counters",
		     gets_rings_and_counters),
		EACH("gets a socket for sending",
		     gets_a_socket_for_sending),
		EACH("passes a warning on",
		     passes_a_warning_on),
		EACH("hears that the interface disappeared",
		     hears_that_the_interface_disappeared),
		EACH("hears that the helper died",
		     hears_that_the_helper_died),
		EACH("takes babble for the end",
		     takes_babble_for_the_end),
		EACH("passes the helper's error on",
		     passes_the_helpers_error_on),
		EACH("says that the helper ended without a word",
		     says_that_the_helper_ended_without_a_word),
		EACH("reads through a request that was never read",
		     reads_through_a_request_that_was_never_read),
		EACH("repeats the dynamic loader's last words",
		     repeats_the_dynamic_loaders_last_words),
		EACH("refuses a helper of another version",
		     refuses_a_helper_of_another_version),
		EACH("refuses answers that make no sense",
		     refuses_answers_that_make_no_sense),
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
	};

	(void)argc;
	if (!realpath(getenv("FAKE_HELPER") ? getenv("FAKE_HELPER") : "fake_helper", fake)) {
		fprintf(stderr, "%s: needs fake_helper beside it or in FAKE_HELPER\n", argv[0]);
		return 99;
	}
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_error.c: sentences come out whole, on one line, and never too long.
 */
#include <errno.h>
#include <string.h>

#include "../../common/error.h"

#include "sentence.h"

static struct xdps_error err;

static void test_fail(void **state)
{
	assert_int_equal(xdps_fail(&err, XDPS_BUSY, "%s: %d of %d", "eth0", 1, 2),
			 XDPS_BUSY);
	assert_int_equal(err.status, XDPS_BUSY);
	assert_string_equal(err.text, "eth0: 1 of 2");
}

static void test_fail_errno(void **state)
{
	assert_int_equal(xdps_fail_errno(&err, -ENOENT, "starting %s", "it"),
			 XDPS_FAILED);
	assert_int_equal(err.status, XDPS_FAILED);
	assert_string_equal(err.text, "starting it: No such file or directory");
}

static void test_forbidden(void **state)
{
	assert_int_equal(xdps_fail_errno(&err, -EPERM, "a"), XDPS_FAILED);
	assert_string_equal(err.text, "a: Operation not permitted");
	assert_int_equal(xdps_fail_errno(&err, -EACCES, "a"), XDPS_FAILED);
	assert_string_equal(err.text, "a: Permission denied");
}

static void test_unknown_errno(void **state)
{
	/* ENOTSUPP of the kernel, for which user space has no name */
	xdps_fail_errno(&err, -524, "attaching");
	assert_string_equal(err.text, "attaching: Unknown error 524");
}

static void test_long(void **state)
{
	char word[1000];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';

	xdps_fail(&err, XDPS_FAILED, "first %s", word);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "first xxx", 9);

	xdps_fail_errno(&err, -ENOENT, "first %s", word);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "first xxx", 9);

	word[252] = '\0';
	xdps_fail_errno(&err, -ENOENT, "%s", word);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_string_equal(err.text + 252, ": N");
}

static void test_one_line(void **state)
{
	xdps_fail(&err, XDPS_FAILED, "a\nb\tc\033[2Jd\x7f" "e \n\n");
	assert_string_equal(err.text, "a b c [2Jd e");
	xdps_fail(&err, XDPS_FAILED, "\n");
	assert_string_equal(err.text, "");
}

static void test_utf8(void **state)
{
	xdps_fail(&err, XDPS_FAILED, "%s: down", "m\xc3\xbchle0");
	assert_string_equal(err.text, "m\xc3\xbchle0: down");
}

static void test_wraps_itself(void **state)
{
	xdps_fail(&err, XDPS_FAILED, "the cause");
	xdps_fail(&err, err.status, "the effect: %s", err.text);
	assert_string_equal(err.text, "the effect: the cause");
	xdps_fail_errno(&err, -EIO, "%s", err.text);
	assert_string_equal(err.text,
			    "the effect: the cause: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("A failure is a status and a sentence", test_fail),
		SENTENCE("A failed call adds the system's words", test_fail_errno),
		SENTENCE("A call that the system forbids is no lack of privilege yet", test_forbidden),
		SENTENCE("An error number without words is still shown", test_unknown_errno),
		SENTENCE("A sentence that is too long is cut at its end", test_long),
		SENTENCE("A sentence is one line without control characters", test_one_line),
		SENTENCE("A name that is not ASCII stays as it is", test_utf8),
		SENTENCE("A sentence can be a part of the one that replaces it", test_wraps_itself),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}

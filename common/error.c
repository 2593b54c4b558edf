// SPDX-License-Identifier: BSD-3-Clause
/*
 * error.c: a status and a sentence.
 */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * Sentences contain names and logs from elsewhere, and are shown on a terminal: so they
 * must not contain newlines or escape sequences.
 */
static void make_one_line(char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = ' ';
	}
	while (len && text[len - 1] == ' ')
		text[--len] = '\0';
}

/* `text` is a buffer of its own, because the arguments may point into `err`. */
static enum xdps_status record(struct xdps_error *err, enum xdps_status status,
			       char *text)
{
	make_one_line(text);
	err->status = status;
	memcpy(err->text, text, strlen(text) + 1);
	return status;
}

enum xdps_status xdps_fail(struct xdps_error *err, enum xdps_status status,
			   const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return record(err, status, text);
}

enum xdps_status xdps_fail_errno(struct xdps_error *err, int rc,
				 const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list args;
	size_t len;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	len = strlen(text);
	errno = -rc;
	snprintf(text + len, sizeof(text) - len, ": %m");
	return record(err, XDPS_FAILED, text);
}

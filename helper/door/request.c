// SPDX-License-Identifier: BSD-3-Clause
/*
 * request.c: checks what the engine asks for.
 */
#include "request.h"

#include <stddef.h>
#include <string.h>

#include "../../common/error.h"
#include "../../common/names.h"
#include "../../common/option_table.h"

static enum xdps_status check_version(const void *msg, size_t msg_bytes,
				      struct xdps_error *err)
{
	uint32_t magic;

	if (msg_bytes < sizeof(magic))
		return XDPS_OK;		/* then check_size() says that it is too short */
	memcpy(&magic, msg, sizeof(magic));
	if (magic == XDPS_MAGIC)
		return XDPS_OK;
	return xdps_fail(err, XDPS_FAILED,
			 "the request's protocol version (%#x) is not the helper's (%#x); install the library and the helper from the same build",
			 magic, XDPS_MAGIC);
}

static enum xdps_status check_size(size_t msg_bytes, size_t bytes, struct xdps_error *err)
{
	if (msg_bytes == bytes)
		return XDPS_OK;
	return xdps_fail(err, XDPS_FAILED, "the request to the helper has %zu bytes, not %zu",
			 msg_bytes, bytes);
}

static enum xdps_status check_kind(uint32_t kind, enum xdps_message expected,
				   struct xdps_error *err)
{
	if (kind == expected)
		return XDPS_OK;
	return xdps_fail(err, XDPS_FAILED,
			 "the request to the helper is of kind %u, but only kind %u is valid at this point",
			 kind, expected);
}

static enum xdps_status check_range(const char *what, uint64_t value, uint64_t min, uint64_t max,
				    struct xdps_error *err)
{
	if (value >= min && value <= max)
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "the request to the helper has a %s of %llu, which is not between %llu and %llu",
			 what, (unsigned long long)value,
			 (unsigned long long)min, (unsigned long long)max);
}

/* The fields of options.  A program's name has a check of its own. */
static enum xdps_status check_ranges(const struct xdps_request *request, struct xdps_error *err)
{
	const struct xdps_options opt = { .request = *request };
	enum xdps_status status = XDPS_OK;
	const struct xdps_option *o = xdps_option_table;
	uint64_t min, max;

	for (; !status && o < xdps_option_table + xdps_n_options; o++) {
		if (o->kind == XDPS_PROGRAM || o->offset >= sizeof(*request))
			continue;
		xdps_option_range(o, &min, &max);
		status = check_range(o->key, xdps_option_get(o, &opt), min, max, err);
	}
	return status;
}

/* Which program, where, and what it decided.  The name gets into sentences. */
static enum xdps_status check_target(const struct xdps_request *request, struct xdps_error *err)
{
	size_t len = strnlen(request->prog, sizeof(request->prog));

	if (request->actions && request->point != XDPS_POINT_EXIT)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "the request to the helper selects by verdict at a point where the program has not decided yet");
	if (request->dir == XDPS_DIR_OUT &&
	    (request->point == XDPS_POINT_EXIT || request->prog[0]))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "the request to the helper asks for an XDP program's packets, but only for those that are sent");
	if (len == sizeof(request->prog) || !xdps_is_program_name(request->prog, len))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "the request to the helper has a prog that is not a valid program name");
	return XDPS_OK;
}

static enum xdps_status check_ifname(const char *ifname, size_t size, struct xdps_error *err)
{
	size_t len = strnlen(ifname, size);

	if (len < size && xdps_is_interface_name(ifname, len))
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "the request to the helper has no valid interface name");
}

/* Checks a message of this length and kind; copies it, because it may not be aligned. */
static enum xdps_status check_whole(const void *msg, size_t msg_bytes,
				    enum xdps_message kind, void *copy, size_t bytes,
				    struct xdps_error *err)
{
	uint32_t words[2];		/* magic, kind */

	if (check_version(msg, msg_bytes, err) || check_size(msg_bytes, bytes, err))
		return err->status;
	memcpy(copy, msg, bytes);
	memcpy(words, msg, sizeof(words));
	return check_kind(words[1], kind, err);
}

enum xdps_status xdps_request_check_open(const void *msg, size_t msg_bytes,
					 struct xdps_request *request,
					 struct xdps_error *err)
{
	struct xdps_request_open copy;
	enum xdps_status status;

	status = check_whole(msg, msg_bytes, XDPS_REQUEST_OPEN, &copy, sizeof(copy), err);
	if (!status)
		status = check_ifname(copy.request.ifname, sizeof(copy.request.ifname), err);
	if (!status)
		status = check_ranges(&copy.request, err);
	if (!status)
		status = check_target(&copy.request, err);
	if (!status)
		*request = copy.request;
	return status;
}

enum xdps_status xdps_request_check_filter(const void *msg, size_t msg_bytes,
					   struct xdps_request_filter *request,
					   const struct xdps_insn **insns,
					   struct xdps_error *err)
{
	struct xdps_request_filter copy;
	enum xdps_status status;

	status = check_version(msg, msg_bytes, err);
	if (!status && msg_bytes < sizeof(copy))
		status = check_size(msg_bytes, sizeof(copy), err);
	if (status)
		return status;
	memcpy(&copy, msg, sizeof(copy));
	status = check_kind(copy.kind, XDPS_REQUEST_FILTER, err);
	if (!status)
		status = check_size(msg_bytes, sizeof(copy) + copy.n_insns * sizeof(**insns), err);
	if (!status)
		status = check_range("filter number", copy.number, XDPS_FILTER_NUMBER + 1,
				     UINT32_MAX, err);
	if (!status)
		status = check_range("in_user_space", copy.in_user_space, 0, 1, err);
	if (!status && copy.in_user_space)
		status = check_range("number of instructions", copy.n_insns, 0, 0, err);
	if (status)
		return status;

	*request = copy;
	*insns = (const void *)((const char *)msg + sizeof(copy));
	return XDPS_OK;
}

enum xdps_status xdps_request_check_direction(const void *msg, size_t msg_bytes,
					      enum xdps_dir *dir, struct xdps_error *err)
{
	struct xdps_request_direction copy;

	if (check_whole(msg, msg_bytes, XDPS_REQUEST_DIRECTION, &copy, sizeof(copy), err) ||
	    check_range("direction", copy.dir, XDPS_DIR_IN, XDPS_DIR_BOTH, err))
		return err->status;
	*dir = copy.dir;
	return XDPS_OK;
}

static bool is_of_kind(const void *msg, size_t msg_bytes, enum xdps_message kind)
{
	uint32_t words[2];		/* magic, kind */

	if (msg_bytes < sizeof(words))
		return false;
	memcpy(words, msg, sizeof(words));
	return words[0] == XDPS_MAGIC && words[1] == kind;
}

bool xdps_request_is_direction(const void *msg, size_t msg_bytes)
{
	return is_of_kind(msg, msg_bytes, XDPS_REQUEST_DIRECTION);
}

bool xdps_request_is_query(const void *msg, size_t msg_bytes)
{
	return is_of_kind(msg, msg_bytes, XDPS_REQUEST_QUERY);
}

enum xdps_status xdps_request_check_query(const void *msg, size_t msg_bytes,
					  struct xdps_request_query *request,
					  struct xdps_error *err)
{
	struct xdps_request_query copy;
	enum xdps_status status;

	status = check_whole(msg, msg_bytes, XDPS_REQUEST_QUERY, &copy, sizeof(copy), err);
	if (!status)
		status = check_ifname(copy.ifname, sizeof(copy.ifname), err);
	if (!status)
		*request = copy;
	return status;
}

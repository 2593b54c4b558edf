// SPDX-License-Identifier: BSD-3-Clause
/*
 * request.c: what the engine asks, checked.
 */
#include "request.h"

#include <string.h>

#include "../engine/error.h"

/* What the kernel takes for a name (dev_valid_name), said by ourselves. */
static bool is_name(const char *name, size_t size)
{
	size_t len = strnlen(name, size);

	if (!len || len == size)
		return false;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = name[i];

		if (c <= ' ' || c == 0x7f || c == '/' || c == ':')
			return false;
	}
	return true;
}

/*
 * What the kernel allows in a program's name (bpf_obj_name_cpy()); an id is made of
 * these, too, and "" is nothing asked for.  It gets into sentences.
 */
static bool is_program(const char *prog, size_t size)
{
	size_t len = strnlen(prog, size);

	if (len == size)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = prog[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '_' && c != '.')
			return false;
	}
	return true;
}

static enum xdps_status check_version(const void *msg, size_t msg_bytes,
				      struct xdps_error *err)
{
	uint32_t magic;

	if (msg_bytes < sizeof(magic))
		return XDPS_OK;		/* it is too short, then */
	memcpy(&magic, msg, sizeof(magic));
	if (magic == XDPS_MAGIC)
		return XDPS_OK;
	return xdps_fail(err, XDPS_FAILED,
			 "the request is of another version of xdpsample (%#x) than the helper (%#x); install both from one build",
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
			 "the request to the helper is of kind %u, and only %u may come now",
			 kind, expected);
}

static enum xdps_status out_of_range(struct xdps_error *err, const char *field,
				     uint64_t value, uint64_t min, uint64_t max)
{
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "the request to the helper has a %s of %llu, which is not within %llu and %llu",
			 field, (unsigned long long)value,
			 (unsigned long long)min, (unsigned long long)max);
}

/* Which program, where, and what it decided. */
static enum xdps_status check_target(const struct xdps_ask *a, struct xdps_error *err)
{
	const uint32_t actions_max = (1u << XDPS_N_ACTIONS) - 1;

	if (a->point > XDPS_POINT_EXIT)
		return out_of_range(err, "point", a->point, 0, XDPS_POINT_EXIT);
	if (a->actions > actions_max)
		return out_of_range(err, "actions", a->actions, 0, actions_max);
	if (a->actions && a->point != XDPS_POINT_EXIT)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "the request to the helper has actions to choose by, and a point where the program has not decided yet");
	if (!is_program(a->prog, sizeof(a->prog)))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "the request to the helper has a prog that no program can be named");
	return XDPS_OK;
}

static enum xdps_status check_ifname(const char *ifname, size_t size, struct xdps_error *err)
{
	if (is_name(ifname, size))
		return XDPS_OK;
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "the request to the helper has no name that an interface can have");
}

static enum xdps_status check_capture(const struct xdps_ask *a, struct xdps_error *err)
{
	const uint64_t buffer_max = (uint64_t)XDPS_RINGS_MAX * XDPS_RING_BYTES_MAX;

	if (check_ifname(a->ifname, sizeof(a->ifname), err))
		return err->status;
	if (a->mode > XDPS_MODE_GENERIC)
		return out_of_range(err, "mode", a->mode, 0, XDPS_MODE_GENERIC);
	if (!a->rate)
		return out_of_range(err, "rate", a->rate, 1, UINT32_MAX);
	if (!a->snaplen || a->snaplen > XDPS_SNAPLEN_MAX)
		return out_of_range(err, "snaplen", a->snaplen, 1, XDPS_SNAPLEN_MAX);
	if (a->immediate > 1)
		return out_of_range(err, "immediate", a->immediate, 0, 1);
	if (a->promisc > 1)
		return out_of_range(err, "promisc", a->promisc, 0, 1);
	if (a->ring > XDPS_RING_BPF)
		return out_of_range(err, "ring", a->ring, 0, XDPS_RING_BPF);
	if (a->buffer_bytes > buffer_max)
		return out_of_range(err, "buffer_bytes", a->buffer_bytes, 0, buffer_max);
	return XDPS_OK;
}

/* A message of this one length and kind, into `copy`, for it may not be aligned. */
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

enum xdps_status xdps_request_check(const void *msg, size_t msg_bytes,
				    struct xdps_ask *ask,
				    struct xdps_error *err)
{
	enum xdps_status status;
	struct xdps_ask a;

	status = check_whole(msg, msg_bytes, XDPS_ASK_OPEN, &a, sizeof(a), err);
	if (!status)
		status = check_capture(&a, err);
	if (!status)
		status = check_target(&a, err);
	if (!status)
		*ask = a;
	return status;
}

enum xdps_status xdps_request_check_filter(const void *msg, size_t msg_bytes,
					   struct xdps_ask_filter *ask,
					   const struct xdps_insn **insns,
					   struct xdps_error *err)
{
	struct xdps_ask_filter a;
	enum xdps_status status;

	status = check_version(msg, msg_bytes, err);
	if (!status && msg_bytes < sizeof(a))
		status = check_size(msg_bytes, sizeof(a), err);
	if (status)
		return status;
	memcpy(&a, msg, sizeof(a));
	status = check_kind(a.kind, XDPS_ASK_FILTER, err);
	if (!status)
		status = check_size(msg_bytes, sizeof(a) + a.n_insns * sizeof(**insns), err);
	if (status)
		return status;
	if (a.filter <= XDPS_FILTER_NUMBER)
		return out_of_range(err, "filter number", a.filter, XDPS_FILTER_NUMBER + 1,
				    UINT32_MAX);
	if (a.in_user_space > 1)
		return out_of_range(err, "in_user_space", a.in_user_space, 0, 1);
	if (a.in_user_space && a.n_insns)
		return out_of_range(err, "number of instructions", a.n_insns, 0, 0);

	*ask = a;
	*insns = (const void *)((const char *)msg + sizeof(a));
	return XDPS_OK;
}

bool xdps_request_is_look(const void *msg, size_t msg_bytes)
{
	uint32_t words[2];		/* magic, kind */

	if (msg_bytes < sizeof(words))
		return false;
	memcpy(words, msg, sizeof(words));
	return words[0] == XDPS_MAGIC && words[1] == XDPS_ASK_LOOK;
}

enum xdps_status xdps_request_check_look(const void *msg, size_t msg_bytes,
					 struct xdps_ask_look *ask,
					 struct xdps_error *err)
{
	enum xdps_status status;
	struct xdps_ask_look a;

	status = check_whole(msg, msg_bytes, XDPS_ASK_LOOK, &a, sizeof(a), err);
	if (!status)
		status = check_ifname(a.ifname, sizeof(a.ifname), err);
	if (!status)
		*ask = a;
	return status;
}

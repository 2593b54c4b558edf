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

/* Is it a request at all, and of this version? */
static enum xdps_status check_shape(const void *msg, size_t msg_bytes,
				    struct xdps_ask *ask,
				    struct xdps_error *err)
{
	if (msg_bytes >= sizeof(ask->magic)) {
		memcpy(&ask->magic, msg, sizeof(ask->magic));
		if (ask->magic != XDPS_MAGIC)
			return xdps_fail(err, XDPS_FAILED,
					 "the request is of another version of xdpsample (%#x) than the helper (%#x); install both from one build",
					 ask->magic, XDPS_MAGIC);
	}
	if (msg_bytes != sizeof(*ask))
		return xdps_fail(err, XDPS_FAILED,
				 "the request to the helper has %zu bytes, not %zu",
				 msg_bytes, sizeof(*ask));
	memcpy(ask, msg, sizeof(*ask));
	if (ask->kind != XDPS_ASK_OPEN)
		return xdps_fail(err, XDPS_FAILED,
				 "the request to the helper is of kind %u, and only %u may come",
				 ask->kind, XDPS_ASK_OPEN);
	return XDPS_OK;
}

static enum xdps_status out_of_range(struct xdps_error *err, const char *field,
				     uint64_t value, uint64_t min, uint64_t max)
{
	return xdps_fail(err, XDPS_BAD_OPTION,
			 "the request to the helper has a %s of %llu, which is not within %llu and %llu",
			 field, (unsigned long long)value,
			 (unsigned long long)min, (unsigned long long)max);
}

enum xdps_status xdps_request_check(const void *msg, size_t msg_bytes,
				    struct xdps_ask *ask,
				    struct xdps_error *err)
{
	uint64_t buffer_max = (uint64_t)XDPS_RINGS_MAX * XDPS_RING_BYTES_MAX;
	struct xdps_ask a;
	enum xdps_status status;

	status = check_shape(msg, msg_bytes, &a, err);
	if (status)
		return status;
	if (!is_name(a.ifname, sizeof(a.ifname)))
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "the request to the helper has no name that an interface can have");
	if (a.mode > XDPS_MODE_GENERIC)
		return out_of_range(err, "mode", a.mode, 0, XDPS_MODE_GENERIC);
	if (!a.rate)
		return out_of_range(err, "rate", a.rate, 1, UINT32_MAX);
	if (!a.snaplen || a.snaplen > XDPS_SNAPLEN_MAX)
		return out_of_range(err, "snaplen", a.snaplen, 1, XDPS_SNAPLEN_MAX);
	if (a.immediate > 1)
		return out_of_range(err, "immediate", a.immediate, 0, 1);
	if (a.promisc > 1)
		return out_of_range(err, "promisc", a.promisc, 0, 1);
	if (a.reserved)
		return out_of_range(err, "reserved", a.reserved, 0, 0);
	if (a.buffer_bytes > buffer_max)
		return out_of_range(err, "buffer_bytes", a.buffer_bytes, 0, buffer_max);

	*ask = a;
	return XDPS_OK;
}

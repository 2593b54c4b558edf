// SPDX-License-Identifier: BSD-3-Clause
/*
 * fuzz_protocol.c: any bytes as the engine's request to the helper.
 *
 * What is accepted is the message itself with every field in range; what is
 * refused leaves a printable sentence and nothing else.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_accepted(const struct xdps_ask *ask)
{
	assert(ask->magic == XDPS_MAGIC);
	assert(ask->kind == XDPS_ASK_OPEN);
	assert(ask->ifname[0]);
	assert(memchr(ask->ifname, '\0', sizeof(ask->ifname)));
	assert(!strpbrk(ask->ifname, "/: \t\n\v\f\r"));
	assert(ask->mode <= XDPS_MODE_GENERIC);
	assert(ask->rate >= 1);
	assert(ask->snaplen >= 1 && ask->snaplen <= XDPS_SNAPLEN_MAX);
	assert(ask->immediate <= 1);
	assert(ask->promisc <= 1);
	assert(ask->reserved == 0);
	assert(ask->buffer_bytes <=
	       (uint64_t)XDPS_RINGS_MAX * XDPS_RING_BYTES_MAX);
}

static void check_sentence(enum xdps_status status, const struct xdps_error *err)
{
	size_t len = strnlen(err->text, sizeof(err->text));
	size_t i;

	assert(err->status == status);
	assert(len > 0 && len < sizeof(err->text) - 1);
	for (i = 0; i < len; i++)
		assert(err->text[i] >= ' ' && err->text[i] <= '~');
}

static void check(const void *msg, size_t msg_bytes)
{
	struct xdps_ask ask, before;
	struct xdps_error err = { .text = "" };
	enum xdps_status status;

	memset(&ask, 0x5a, sizeof(ask));
	before = ask;
	status = xdps_request_check(msg, msg_bytes, &ask, &err);
	if (status) {
		check_sentence(status, &err);
		assert(!memcmp(&ask, &before, sizeof(ask)));
		return;
	}
	assert(msg_bytes == sizeof(ask));
	assert(!memcmp(&ask, msg, sizeof(ask)));
	check_accepted(&ask);
}

/*
 * As it is, and with magic and kind put right: guessing those 64 bits would
 * take all of the time.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint32_t intro[] = { XDPS_MAGIC, XDPS_ASK_OPEN };
	unsigned char *msg = malloc(size ? size : 1);

	assert(msg);
	memcpy(msg, data, size);
	check(msg, size);
	if (size >= sizeof(intro)) {
		memcpy(msg, intro, sizeof(intro));
		check(msg, size);
	}
	free(msg);
	return 0;
}

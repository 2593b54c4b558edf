// SPDX-License-Identifier: BSD-3-Clause
/*
 * fuzz_protocol.c: any bytes as what the engine asks of the helper: a capture, a
 * filter, and the program in that.
 *
 * What is accepted is the message itself with every field in range; what is
 * refused leaves a printable sentence and nothing else.
 */
#include <assert.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/door/request.h"
#include "../../common/classic.h"
#include "fuzz.h"

static void check_accepted(const struct xdps_request *request)
{
	assert(request->ifname[0]);
	assert(memchr(request->ifname, '\0', sizeof(request->ifname)));
	assert(!strpbrk(request->ifname, "/: \t\n\v\f\r"));
	assert(request->mode <= XDPS_MODE_GENERIC);
	assert(request->rate >= 1);
	assert(request->snaplen >= 1 && request->snaplen <= XDPS_SNAPLEN_MAX);
	assert(request->immediate <= 1);
	assert(request->promisc <= 1);
	assert(request->point <= XDPS_POINT_EXIT);
	assert(request->actions < 1u << XDPS_N_ACTIONS);
	assert(!request->actions || request->point == XDPS_POINT_EXIT);
	assert(memchr(request->prog, '\0', sizeof(request->prog)));
	assert(request->prog[strspn(request->prog, PROG_CHARS)] == '\0');
	assert(request->ring <= XDPS_RING_MAP);
	assert(request->buffer_bytes <=
	       (uint64_t)XDPS_RINGS_MAX * XDPS_RING_BYTES_MAX);
}

static void check(const void *msg, size_t msg_bytes)
{
	const struct xdps_request_open *open = msg;
	struct xdps_request request, before;
	struct xdps_error err = { .text = "" };
	enum xdps_status status;

	memset(&request, 0x5a, sizeof(request));
	before = request;
	status = xdps_request_check_open(msg, msg_bytes, &request, &err);
	if (status) {
		check_sentence(status, &err);
		assert(!memcmp(&request, &before, sizeof(request)));
		return;
	}
	assert(msg_bytes == sizeof(*open));
	assert(open->magic == XDPS_MAGIC);
	assert(open->kind == XDPS_REQUEST_OPEN);
	assert(!memcmp(&request, &open->request, sizeof(request)));
	check_accepted(&request);
}

/* Wherever it goes from here is inside. */
static void check_ways(const struct xdps_insn *insns, uint32_t n, uint32_t at)
{
	const struct xdps_insn *insn = &insns[at];
	int64_t next = (int64_t)at + 1;

	if (BPF_CLASS(insn->code) != BPF_JMP)
		return;
	if (BPF_OP(insn->code) == BPF_JA) {
		next += (int32_t)insn->k;
		assert(next >= 0 && next < n);
		return;
	}
	assert(next + insn->jt < n);
	assert(next + insn->jf < n);
}

static void check_program(const struct xdps_insn *insns, uint32_t n)
{
	struct xdps_error err = { .text = "" };
	enum xdps_status status = xdps_classic_check(insns, n, &err);

	if (status) {
		assert(status == XDPS_BAD_FILTER);
		check_sentence(status, &err);
		return;
	}
	assert(n >= 1 && n <= XDPS_FILTER_INSNS_MAX);
	assert(BPF_CLASS(insns[n - 1].code) == BPF_RET);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t code = insns[i].code;

		check_ways(insns, n, i);
		if (code == BPF_ST || code == BPF_STX || code == (BPF_LD | BPF_MEM) ||
		    code == (BPF_LDX | BPF_MEM))
			assert(insns[i].k < XDPS_CLASSIC_WORDS);
		if (code == (BPF_ALU | BPF_DIV | BPF_K) || code == (BPF_ALU | BPF_MOD | BPF_K))
			assert(insns[i].k);
	}
}

static void check_filter(const void *msg, size_t msg_bytes)
{
	const struct xdps_insn *insns = NULL;
	struct xdps_request_filter request, before;
	struct xdps_error err = { .text = "" };
	enum xdps_status status;

	memset(&request, 0x5a, sizeof(request));
	before = request;
	status = xdps_request_check_filter(msg, msg_bytes, &request, &insns, &err);
	if (status) {
		check_sentence(status, &err);
		assert(!memcmp(&request, &before, sizeof(request)));
		assert(!insns);
		return;
	}
	assert(!memcmp(&request, msg, sizeof(request)));
	assert(request.magic == XDPS_MAGIC);
	assert(request.kind == XDPS_REQUEST_FILTER);
	assert(request.number > XDPS_FILTER_NUMBER);
	assert(request.in_user_space <= 1);
	assert(!request.in_user_space || !request.n_insns);
	assert((const char *)insns == (const char *)msg + sizeof(request));
	assert(msg_bytes == sizeof(request) + request.n_insns * sizeof(*insns));
	check_program(insns, request.n_insns);
}

static void check_query(const void *msg, size_t msg_bytes)
{
	struct xdps_request_query request, before;
	struct xdps_error err = { .text = "" };
	enum xdps_status status;

	memset(&request, 0x5a, sizeof(request));
	before = request;
	status = xdps_request_check_query(msg, msg_bytes, &request, &err);
	if (status) {
		check_sentence(status, &err);
		assert(!memcmp(&request, &before, sizeof(request)));
		return;
	}
	assert(xdps_request_is_query(msg, msg_bytes));
	assert(msg_bytes == sizeof(request));
	assert(!memcmp(&request, msg, sizeof(request)));
	assert(memchr(request.ifname, '\0', sizeof(request.ifname)));
	assert(request.ifname[0] && !strpbrk(request.ifname, " \t\n/:"));
}

/*
 * As it is, and with magic, kind and count put right: guessing those 96 bits would
 * take all of the time.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint32_t open[] = { XDPS_MAGIC, XDPS_REQUEST_OPEN };
	const uint32_t query[] = { XDPS_MAGIC, XDPS_REQUEST_QUERY };
	struct xdps_request_filter filter = { .magic = XDPS_MAGIC, .kind = XDPS_REQUEST_FILTER };
	unsigned char *msg = malloc(size ? size : 1);

	assert(msg);
	memcpy(msg, data, size);
	check(msg, size);
	check_filter(msg, size);
	check_query(msg, size);
	if (size >= sizeof(open)) {
		memcpy(msg, open, sizeof(open));
		check(msg, size);
		memcpy(msg, query, sizeof(query));
		check_query(msg, size);
	}
	if (size >= sizeof(filter)) {
		memcpy(&filter.number, data + 8, 8);
		filter.n_insns = (size - sizeof(filter)) / sizeof(struct xdps_insn);
		memcpy(msg, &filter, sizeof(filter));
		check_filter(msg, sizeof(filter) + filter.n_insns * sizeof(struct xdps_insn));
	}
	free(msg);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_helper_refusal.c: what the kernel or the interface refuses, and how it is told.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/attach.h"
#include "../../helper/interface.h"
#include "../../helper/kernel.h"
#include "../unit/sentence.h"
#include "helper_lab.h"

#define BIT64(n) (1ULL << (n))

static struct xdps_error err;

static void no_such_interface(void **state)
{
	const struct xdps_ask ask = lab_ask("nope");

	(void)state;
	helper_open(&helper, &as_usual, &ask);
	assert_error(&helper, XDPS_NO_DEVICE, "nope: no interface of this name");
	assert_int_equal(helper_end(&helper), 1);
}

static void native_on_lo(void **state)
{
	struct xdps_ask ask = lab_ask("lo");

	(void)state;
	ask.mode = XDPS_MODE_NATIVE;
	helper_open(&helper, &as_usual, &ask);
	assert_error(&helper, XDPS_UNSUPPORTED, "lo: its driver does not do XDP in native mode");
	assert_non_null(strstr(helper.say.text, "mode=generic"));
}

/* A program that knows no fragments: only passes. */
static int load_passing(const char *name)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, name, "Dual BSD/GPL", insns,
			   ARRAY_SIZE(insns), NULL);
	assert_true(fd >= 0);
	return fd;
}

static void somebody_elses(uint32_t flags, const char *mode)
{
	const int prog_fd = load_passing("somebody_else");
	const int index = if_nametoindex(NEAR);
	struct xdps_ask ask = lab_ask(NEAR);
	uint32_t id, id_after;
	char words[64];

	assert_int_equal(bpf_xdp_attach(index, prog_fd, flags, NULL), 0);
	lab_xdp(NEAR, &id);
	for (ask.mode = 0; ask.mode <= XDPS_MODE_GENERIC; ask.mode++) {
		helper_open(&helper, &as_usual, &ask);
		snprintf(words, sizeof(words), NEAR ": XDP program somebody_else (id %u)",
			 id);
		assert_error(&helper, XDPS_BUSY, words);
		assert_non_null(strstr(helper.say.text, mode));
		assert_non_null(strstr(helper.say.text, "left alone"));
		assert_int_equal(helper_end(&helper), 1);
		assert_string_equal(lab_xdp(NEAR, &id_after), mode);
		assert_int_equal(id_after, id);
	}
	assert_int_equal(bpf_xdp_detach(index, flags, NULL), 0);
	close(prog_fd);
}

static void leaves_others_alone(void **state)
{
	(void)state;
	somebody_elses(XDP_FLAGS_DRV_MODE, "native");
	somebody_elses(XDP_FLAGS_SKB_MODE, "generic");
}

static void names_no_name_without_right(void **state)
{
	const struct how how = { .without = BIT64(CAP_SYS_ADMIN) };
	const int prog_fd = load_passing("somebody_else");
	const int index = if_nametoindex(NEAR);
	char words[64];
	uint32_t id;

	(void)state;
	if (xdps_kernel_perf_paranoid() >= XDPS_PARANOID_ADMIN) {
		print_message("# kernel.perf_event_paranoid asks for CAP_SYS_ADMIN here\n");
		skip();
	}
	assert_int_equal(bpf_xdp_attach(index, prog_fd, XDP_FLAGS_SKB_MODE, NULL), 0);
	lab_xdp(NEAR, &id);
	open_near(&how);
	snprintf(words, sizeof(words), NEAR ": XDP program (id %u)", id);
	assert_error(&helper, XDPS_BUSY, words);
	close(prog_fd);
}

static void one_capture_at_a_time(void **state)
{
	const struct xdps_ask ask = lab_ask(NEAR);
	struct helper second;

	(void)state;
	open_near(&as_usual);
	assert_ready(&helper);
	helper_open(&second, &as_usual, &ask);
	assert_error(&second, XDPS_BUSY, NEAR ": another xdpsample capture is running there");
	assert_int_equal(helper_end(&second), 1);
	assert_captures(5);
}

static void large_mtu_is_named(void **state)
{
	const int prog_fd = load_passing("no_frags");
	struct xdps_interface iface;
	int link_fd = -1;

	(void)state;
	lab_ip("link set " NEAR " mtu 9000");
	lab_ip("link set " FAR " mtu 9000");
	assert_int_equal(xdps_interface_find(&iface, NEAR, &err), XDPS_OK);
	assert_int_equal(iface.mtu, 9000);
	assert_int_equal(xdps_attach(&link_fd, prog_fd, &iface, XDPS_MODE_NATIVE, &err),
			 XDPS_UNSUPPORTED);
	assert_int_equal(link_fd, -1);
	if (!strstr(err.text, "the MTU (9000 here") || !strstr(err.text, "mode=generic") ||
	    !strstr(err.text, "(veth)"))
		fail_msg("\"%s\"", err.text);

	assert_int_equal(xdps_attach(&link_fd, prog_fd, &iface, XDPS_MODE_GENERIC, &err),
			 XDPS_OK);
	assert_true(xdps_is_attached(link_fd));
	close(link_fd);
	close(prog_fd);
}

static void large_mtu_works_with_frags(void **state)
{
	struct xdps_ask ask = lab_ask(NEAR);

	(void)state;
	if (xdps_kernel_is_before(5, 18)) {
		print_message("# this kernel has no XDP fragments (before 5.18)\n");
		skip();
	}
	lab_ip("link set " NEAR " mtu 9000");
	lab_ip("link set " FAR " mtu 9000");
	ask.mode = XDPS_MODE_NATIVE;
	helper_open(&helper, &as_usual, &ask);
	assert_ready(&helper);
	assert_captures(6);
}

static void driver_refuses(void **state)
{
	struct xdps_ask ask = lab_ask("xq");

	(void)state;
	/* native mode wants a receive queue for each transmit queue of the peer */
	lab_ip("link add xq numrxqueues 1 numtxqueues 1 type veth peer name xr numrxqueues 4 numtxqueues 4");
	ask.mode = XDPS_MODE_NATIVE;
	helper_open(&helper, &as_usual, &ask);
	assert_error(&helper, XDPS_UNSUPPORTED, "xq: its driver (veth) refuses XDP in native mode: ");
	assert_non_null(strstr(helper.say.text, "mode=generic"));
	assert_int_equal(helper_end(&helper), 1);

	ask.mode = XDPS_MODE_GENERIC;
	helper_open(&helper, &as_usual, &ask);
	assert_ready(&helper);
	lab_ip("link del xq");
}

static void buffer_has_limits(void **state)
{
	struct xdps_ask ask = lab_ask(NEAR);

	(void)state;
	ask.buffer_bytes = 1ull << 42;
	helper_open(&helper, &as_usual, &ask);
	assert_error(&helper, XDPS_BAD_OPTION, "a ring takes at most 1073741824");
	assert_int_equal(helper_end(&helper), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("An interface that is not there is named", no_such_interface),
		SENTENCE("Native mode where the driver has none is explained", native_on_lo),
		SENTENCE("A program that is there is named and left alone", leaves_others_alone),
		SENTENCE("Without the right to ask for its name it has its id", names_no_name_without_right),
		SENTENCE("A second capture is told of the first", one_capture_at_a_time),
		SENTENCE("An MTU too large for native mode is named", large_mtu_is_named),
		SENTENCE("An MTU of 9000 works in native mode, with fragments", large_mtu_works_with_frags),
		SENTENCE("A driver that refuses is named, and generic mode works", driver_refuses),
		SENTENCE("A buffer above the limit is refused with the limit", buffer_has_limits),
	};

	return LAB_RUN("helper refusal", tests, NULL, NULL);
}

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

#include "../../helper/attach/attach.h"
#include "../../helper/host/interface.h"
#include "../../helper/host/kernel.h"
#include "../../helper/program/fragments.h"
#include "../unit/sentence.h"
#include "helper_lab.h"

#define BIT64(n) (1ULL << (n))

static struct xdps_error err;

static void no_such_interface(void **state)
{
	const struct xdps_request_open request = lab_request("nope");

	helper_open(&helper, &as_usual, &request);
	assert_error(&helper, XDPS_NO_DEVICE, "nope: no interface of this name");
	assert_int_equal(helper_end(&helper), 1);
}

static void native_on_lo(void **state)
{
	struct xdps_request_open request = lab_request("lo");

	request.request.mode = XDPS_MODE_NATIVE;
	helper_open(&helper, &as_usual, &request);
	assert_error(&helper, XDPS_UNSUPPORTED, "lo: the driver does not support XDP in native mode");
	assert_non_null(strstr(helper_text(&helper), "mode=generic"));
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

/* By itself it can be traced by nobody: it has no BTF. */
static void somebody_elses(uint32_t flags, enum xdps_mode mode, const char *mode_name)
{
	const int prog_fd = load_passing("somebody_else");
	const int index = if_nametoindex(NEAR);
	struct xdps_request_open request = lab_request(NEAR);
	uint32_t id, id_after;
	char words[128];

	assert_int_equal(bpf_xdp_attach(index, prog_fd, flags, NULL), 0);
	lab_xdp(NEAR, &id);
	snprintf(words, sizeof(words), "XDP program somebody_else (id %u, %s mode) ", id,
		 mode_name);
	for (uint32_t wanted = 0; wanted <= XDPS_MODE_GENERIC; wanted++) {
		bool is_other = wanted != XDPS_MODE_AUTO && wanted != mode;

		request.request.mode = wanted;
		helper_open(&helper, &as_usual, &request);
		assert_error(&helper, is_other ? XDPS_BAD_OPTION : XDPS_UNSUPPORTED, words);
		assert_non_null(strstr(helper_text(&helper), is_other ? "mode=" : "(BTF)"));
		assert_int_equal(helper_end(&helper), 1);
		assert_string_equal(lab_xdp(NEAR, &id_after), mode_name);
		assert_int_equal(id_after, id);
	}
	assert_int_equal(bpf_xdp_detach(index, flags, NULL), 0);
	close(prog_fd);
}

static void leaves_others_alone(void **state)
{
	somebody_elses(XDP_FLAGS_DRV_MODE, XDPS_MODE_NATIVE, "native");
	somebody_elses(XDP_FLAGS_SKB_MODE, XDPS_MODE_GENERIC, "generic");
}

/* What comes after it was seen that nothing is there. */
static void is_in_the_way(const char *name, const char *format)
{
	const int prog_fd = load_passing(name), our_fd = load_passing("ours");
	const int index = if_nametoindex(NEAR);
	struct xdps_interface iface;
	char sentence[256];
	int link_fd = -1;
	uint32_t id;

	assert_int_equal(xdps_interface_find(&iface, NEAR, &err), XDPS_OK);
	assert_int_equal(bpf_xdp_attach(index, prog_fd, XDP_FLAGS_SKB_MODE, NULL), 0);
	lab_xdp(NEAR, &id);
	assert_int_equal(xdps_attach(&link_fd, our_fd, &iface, XDPS_MODE_AUTO, &err),
			 XDPS_BUSY);
	assert_int_equal(link_fd, -1);
	snprintf(sentence, sizeof(sentence), format, id);
	assert_string_equal(err.text, sentence);
	assert_int_equal(bpf_xdp_detach(index, XDP_FLAGS_SKB_MODE, NULL), 0);
	close(prog_fd);
	close(our_fd);
}

static void came_before_us(void **state)
{
	is_in_the_way("somebody_else",
		      NEAR ": XDP program somebody_else (id %u, generic mode) is already attached; an interface takes one XDP program at a time");
	is_in_the_way("xdpsample_entry",
		      NEAR ": another xdpsample capture is already running: XDP program xdpsample_entry (id %u, generic mode); an interface takes one XDP program at a time");
}

static void names_no_name_without_right(void **state)
{
	const struct how how = { .without = BIT64(CAP_SYS_ADMIN) };
	const int prog_fd = load_passing("somebody_else");
	const int index = if_nametoindex(NEAR);
	char words[128];
	uint32_t id;

	assert_int_equal(bpf_xdp_attach(index, prog_fd, XDP_FLAGS_SKB_MODE, NULL), 0);
	lab_xdp(NEAR, &id);
	open_near(&how);
	snprintf(words, sizeof(words),
		 NEAR ": opening XDP program (id %u, generic mode): the helper cannot have CAP_SYS_ADMIN: ",
		 id);
	assert_error(&helper, XDPS_NO_PERMISSION, words);
	close(prog_fd);
}

/* It shares the hook, whether or not the kernel lets programs be traced. */
static void beside_a_capture(void **state)
{
	const struct xdps_request_open request = lab_request(NEAR);
	struct helper second;

	capture_near(&as_usual);
	helper_open(&second, &as_usual, &request);
	assert_int_equal(second.reply.kind, XDPS_REPLY_READY);
	assert_int_equal(helper_end(&second), 0);
	assert_captures(5);
}

/* Known before anything is traced, so also where that is refused. */
static void no_map_rings_beside(void **state)
{
	const struct how how = { .without = BIT64(CAP_SYSLOG) };
	struct xdps_request_open request = lab_request(NEAR);
	struct xdps_fragments fragments;
	struct helper second;

	xdps_fragments_find(&fragments, false);
	if (!fragments.exist) {
		print_message("# this kernel has no XDP fragments (before 5.18)\n");
		skip();
	}
	if (xdps_kernel_perf_paranoid() <= 1) {
		print_message("# kernel.perf_event_paranoid is below 2: everybody sees addresses\n");
		skip();
	}
	capture_near(&as_usual);
	request.request.point = XDPS_POINT_EXIT;
	request.request.ring = XDPS_RING_MAP;
	helper_open(&second, &how, &request);
	assert_error(&second, XDPS_UNSUPPORTED,
		     NEAR ": ring=map: an XDP program is attached, and the kernel does not show");
	assert_non_null(strstr(helper_text(&second), "CAP_SYSLOG"));
	assert_int_equal(helper_end(&second), 1);
	assert_captures(6);
}

static void large_mtu_is_named(void **state)
{
	const int prog_fd = load_passing("no_frags");
	struct xdps_interface iface;
	int link_fd = -1;

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
	assert_true(xdps_attach_is_in_place(link_fd));
	close(link_fd);
	close(prog_fd);
}

static void large_mtu_works_with_frags(void **state)
{
	struct xdps_request_open request = lab_request(NEAR);

	if (xdps_kernel_is_before(5, 18)) {
		print_message("# this kernel has no XDP fragments (before 5.18)\n");
		skip();
	}
	lab_ip("link set " NEAR " mtu 9000");
	lab_ip("link set " FAR " mtu 9000");
	request.request.mode = XDPS_MODE_NATIVE;
	helper_capture(&helper, &as_usual, &request);
	assert_captures(6);
}

static void driver_refuses(void **state)
{
	struct xdps_request_open request = lab_request("xq");

	/* native mode wants a receive queue for each transmit queue of the peer */
	lab_ip("link add xq numrxqueues 1 numtxqueues 1 type veth peer name xr numrxqueues 4 numtxqueues 4");
	request.request.mode = XDPS_MODE_NATIVE;
	helper_open(&helper, &as_usual, &request);
	assert_error(&helper, XDPS_UNSUPPORTED, "xq: the driver (veth) refuses XDP in native mode: ");
	assert_non_null(strstr(helper_text(&helper), "mode=generic"));
	assert_int_equal(helper_end(&helper), 1);

	request.request.mode = XDPS_MODE_GENERIC;
	helper_capture(&helper, &as_usual, &request);
	lab_ip("link del xq");
}

static void buffer_has_limits(void **state)
{
	struct xdps_request_open request = lab_request(NEAR);

	request.request.buffer_bytes = 1ull << 42;
	helper_open(&helper, &as_usual, &request);
	assert_error(&helper, XDPS_BAD_OPTION, "a ring has at most 1073741824");
	assert_int_equal(helper_end(&helper), 1);

	request.request.ring = XDPS_RING_MAP;
	request.request.buffer_bytes = (1ull << 29) * sysconf(_SC_NPROCESSORS_ONLN);
	helper_open(&helper, &as_usual, &request);
	assert_error(&helper, XDPS_BAD_OPTION, "a ring has at most 268435456");
	assert_non_null(strstr(helper_text(&helper), "leave ring=map out"));
	assert_int_equal(helper_end(&helper), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("An interface that is not there is named", no_such_interface),
		SENTENCE("Native mode where the driver has none is explained", native_on_lo),
		SENTENCE("A program that is there is named and left alone", leaves_others_alone),
		SENTENCE("A program that came just before ours is named and left alone", came_before_us),
		SENTENCE("Without the right to ask for its name it has its id", names_no_name_without_right),
		SENTENCE("A second capture traces the first, or says why not, and leaves it alone", beside_a_capture),
		SENTENCE("Map rings beside a program are refused without CAP_SYSLOG, and it is left alone", no_map_rings_beside),
		SENTENCE("An MTU too large for native mode is named", large_mtu_is_named),
		SENTENCE("An MTU of 9000 works in native mode, with fragments", large_mtu_works_with_frags),
		SENTENCE("A driver that refuses is named, and generic mode works", driver_refuses),
		SENTENCE("A buffer above the limit is refused with the limit", buffer_has_limits),
	};

	return LAB_RUN("helper refusal", tests, NULL, NULL);
}

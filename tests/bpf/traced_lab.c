// SPDX-License-Identifier: BSD-3-Clause
/*
 * traced_lab.c: the sampler's lab beside another XDP program, which the tests have.
 */
#define _GNU_SOURCE
#include "traced_lab.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../helper/attach/trace.h"
#include "traced.skel.h"

struct xdps_program traced = { .fd = -1 };
bool traced_has_frags;

static struct traced_by_tests *skeleton;

/* With room for fragments, where the kernel has them. */
static int load_with(uint32_t flags)
{
	skeleton = traced_by_tests__open();
	if (!skeleton)
		return -errno;
	bpf_program__set_flags(skeleton->progs.traced_by_the_tests, flags);
	if (!traced_by_tests__load(skeleton))
		return 0;
	traced_close();
	return -1;
}

static int load(void)
{
	const libbpf_print_fn_t print = libbpf_set_print(NULL);
	int rc = load_with(BPF_F_XDP_HAS_FRAGS);

	libbpf_set_print(print);
	traced_has_frags = !rc;
	return rc ? load_with(0) : 0;
}

/* "r0 = 0; exit". */
static int trace_with_nothing(enum bpf_attach_type point)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = point,
		    .attach_prog_fd = traced.fd,
		    .attach_btf_id = traced.btf_id);
	int fd, link_fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "nothing", "Dual BSD/GPL", insns,
			   ARRAY_SIZE(insns), &opts);
	if (fd < 0)
		return fd;
	link_fd = bpf_raw_tracepoint_open(NULL, fd);
	close(fd);
	if (link_fd >= 0)
		close(link_fd);
	return link_fd < 0 ? link_fd : 0;
}

const char *traced_open(void)
{
	const char *name;
	static char why[128];
	int rc;

	if (load()) {
		puts("# the program that is to be traced cannot be loaded");
		return NULL;		/* no reason to skip: the tests will say so */
	}
	name = bpf_program__name(skeleton->progs.traced_by_the_tests);
	traced.fd = bpf_program__fd(skeleton->progs.traced_by_the_tests);
	traced.btf_id = btf__find_by_name_kind(bpf_object__btf(skeleton->obj), name,
					       BTF_KIND_FUNC);
	snprintf(traced.name, sizeof(traced.name), "%s", name);

	rc = trace_with_nothing(BPF_TRACE_FENTRY);
	if (!rc)
		rc = trace_with_nothing(BPF_TRACE_FEXIT);
	if (!rc)
		return NULL;
	snprintf(why, sizeof(why), "this kernel does not let an XDP program be traced: %s",
		 strerror(-rc));
	return why;
}

void traced_close(void)
{
	traced_by_tests__destroy(skeleton);
	skeleton = NULL;
	traced = (struct xdps_program){ .fd = -1 };
}

void traced_lab_load(struct xdps_request request, int ifindex)
{
	const struct xdps_interface iface = { .index = ifindex };
	struct xdps_error err;

	lab_load_beside(request, &iface, &traced);
	if (xdps_trace_attach(&lab.link_fd, &lab.object, "attaching", &err))
		fail_msg("%s", err.text);
}

void traced_lab_detach(void)
{
	assert_int_equal(close(lab.link_fd), 0);
	lab.link_fd = -1;
}

void traced_pass(const unsigned char *data, uint32_t bytes)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = data, .data_size_in = bytes, .repeat = 1);

	skeleton->data->obeys = 0;
	if (bpf_prog_test_run_opts(traced.fd, &opts))
		fail_msg("%u bytes: %s", bytes, strerror(errno));
	skeleton->data->obeys = 1;
	assert_int_equal(opts.retval, XDP_PASS);
}

static void put_order(struct traced_order order)
{
	memcpy(packet, &order, sizeof(order));
}

void traced_receive(struct traced_order order, uint32_t bytes, struct outcome *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = packet, .data_size_in = bytes,
		    .data_out = out->data, .data_size_out = sizeof(out->data),
		    .repeat = 1);

	put_order(order);
	if (bpf_prog_test_run_opts(traced.fd, &opts))
		fail_msg("%u bytes: %s", bytes, strerror(errno));
	out->verdict = opts.retval;
	out->bytes = opts.data_size_out;
}

void traced_receive_times(struct traced_order order, uint32_t bytes, int times)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = packet, .data_size_in = bytes, .repeat = times);

	put_order(order);
	if (bpf_prog_test_run_opts(traced.fd, &opts))
		fail_msg("%u bytes, %d times: %s", bytes, times, strerror(errno));
	assert_int_equal(opts.retval, order.verdict);
}

int traced_receive_from(int ifindex, uint32_t queue, uint32_t bytes)
{
	struct xdp_md ctx = {
		.data_end = bytes, .ingress_ifindex = ifindex, .rx_queue_index = queue,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = packet, .data_size_in = bytes,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = 1);

	put_order((struct traced_order){ .verdict = XDP_PASS });
	if (bpf_prog_test_run_opts(traced.fd, &opts))
		return -errno;
	assert_int_equal(opts.retval, XDP_PASS);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * trace.c: runs our programs beside another one.
 */
#include "trace.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../common/error.h"
#include "../../common/names.h"

#include "../host/privilege.h"

#define DESCRIPTION_BYTES 90
#define ENOTSUPP 524			/* the kernel's own; strerror() does not know it */

enum xdps_status xdps_trace_check(const struct xdps_target *t,
				  const struct xdps_interface *iface,
				  const struct xdps_request *request, struct xdps_error *err)
{
	char program[DESCRIPTION_BYTES], refusal[XDPS_REFUSAL_BYTES];

	xdps_target_describe(t, program, sizeof(program));
	xdps_trace_refusal(t, iface, request, refusal, sizeof(refusal));
	if (t->mode == XDPS_MODE_AUTO)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: it is offloaded to the network card, where it cannot be traced",
				 refusal);
	if (request->mode != XDPS_MODE_AUTO && request->mode != t->mode)
		return xdps_fail(err, XDPS_BAD_OPTION,
				 "%s: mode=%s: %s is already attached, and is traced in the mode that it runs in; remove mode=",
				 iface->name, xdps_mode_word(request->mode), program);
	if (!t->traced->btf_id)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: it has no type information (BTF); compile it with -g",
				 refusal);
	if (!t->traced->is_compiled)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: it was loaded while the kernel's BPF JIT compiler was off (sysctl net.core.bpf_jit_enable)",
				 refusal);
	return XDPS_OK;
}

bool xdps_trace_is_asked_for(const struct xdps_request *request)
{
	return request->point == XDPS_POINT_EXIT || request->prog[0];
}

/* It is traced only if it cannot be shared. */
static void second_capture_refusal(const struct xdps_interface *iface,
				   const struct xdps_request *request, char *buf, size_t size)
{
	snprintf(buf, size, "%s: a capture is already running%s", iface->name,
		 xdps_trace_is_asked_for(request) ?
		 ", and one with point=exit or prog= cannot trace it" :
		 " that does not share its XDP program with this one, and it cannot be traced");
}

void xdps_trace_refusal(const struct xdps_target *t, const struct xdps_interface *iface,
			const struct xdps_request *request, char *buf, size_t size)
{
	char program[DESCRIPTION_BYTES];

	if (xdps_target_is_own(t)) {
		second_capture_refusal(iface, request, buf, size);
		return;
	}
	xdps_target_describe(t, program, sizeof(program));
	snprintf(buf, size, "%s: %s stays attached, but cannot be traced", iface->name,
		 program);
}

enum xdps_status xdps_trace_attach(int *link_fd, const struct xdps_object *p,
				   const char *refusal, struct xdps_error *err)
{
	int fd = bpf_raw_tracepoint_open(NULL, bpf_program__fd(p->entry));

	if (fd >= 0) {
		*link_fd = fd;
		return XDPS_OK;
	}
	if (fd == -EBUSY)
		return xdps_fail(err, XDPS_BUSY,
				 "%s: %s; another program replaces its main function: select that one with prog=",
				 refusal, strerror(-fd));
	if (fd == -E2BIG)
		return xdps_fail(err, XDPS_FAILED,
				 "%s: %s; the kernel lets about 38 programs trace one, and that many already do",
				 refusal, strerror(-fd));
	if (fd == -ENOTSUPP)
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: this kernel does not support BPF trampolines on this processor",
				 refusal);
	return xdps_privilege_fail(err, fd, refusal);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * fragments.c: what this kernel does with packets that are not in one piece.
 */
#include "fragments.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "pages.skel.h"

/*
 * Packets in fragments need two things, which came together: the program flag, and the
 * BPF helper that returns the length of a whole packet.  One load tries both.  The
 * kernel's version would say little about what was backported.
 */
static bool exist(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_xdp_get_buff_len },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_XDP,
		    .prog_flags = BPF_F_XDP_HAS_FRAGS);
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xdps_probe", "Dual BSD/GPL",
			   insns, sizeof(insns) / sizeof(insns[0]), &opts);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Returns 0, a negative errno, or what the program returned. */
static int run(const struct xdpspages *skeleton, struct xdps_pages *pages)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = pages, .ctx_size_in = sizeof(*pages));
	int rc = bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.xdps_find_pages), &opts);

	return rc ? rc : (int)opts.retval;
}

static int find_pages(struct xdps_pages *pages)
{
#ifdef __x86_64__
	struct xdpspages *skeleton = xdpspages__open_and_load();
	int rc = skeleton ? run(skeleton, pages) : -errno;

	xdpspages__destroy(skeleton);
	return rc;
#else
	(void)pages;
	(void)run;
	return -ENOTSUP;
#endif
}

void xdps_fragments_find(struct xdps_fragments *f, bool traced)
{
	*f = (struct xdps_fragments){ .exist = exist() };
	if (!f->exist || !traced)
		return;
	f->rc = find_pages(&f->pages);
	f->are_readable = !f->rc;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * loader.c: the programs and maps, from the object in the helper to the kernel.
 *
 * Nothing here needs the kernel's own BTF, and libbpf does not read it unless
 * asked: it is 6 MiB and 7 ms for somebody who only wants packets.
 */
#define _GNU_SOURCE
#include "loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bpf/record.h"
#include "../engine/error.h"
#include "xdpsample.skel.h"

#include "privilege.h"
#include "verifier.h"

#define LOG_HEAD "BEGIN PROG LOAD LOG"
#define LOG_TAIL "-- END PROG LOAD LOG --"

/* libbpf's hook takes no argument of ours, so this cannot be in a struct. */
static struct {
	char warning[160];	/* the first one */
	char verifier[160];	/* the end of its log */
} said;

/* The log is what stands between two lines of libbpf's. */
static void keep_verifier_line(char *text)
{
	char *end = strstr(text, LOG_TAIL);
	char *log = strchr(strstr(text, LOG_HEAD), '\n');

	if (end)
		*end = '\0';
	if (log)
		xdps_verifier_last_line(log, said.verifier, sizeof(said.verifier));
}

static int listen_to_libbpf(enum libbpf_print_level level, const char *fmt,
			    va_list args)
{
	char *text;
	int len;

	if (level != LIBBPF_WARN)
		return 0;
	len = vasprintf(&text, fmt, args);
	if (len < 0)
		return 0;
	if (strstr(text, LOG_HEAD))
		keep_verifier_line(text);
	else if (!said.warning[0])
		snprintf(said.warning, sizeof(said.warning), "%s",
			 strncmp(text, "libbpf: ", 8) ? text : text + 8);
	free(text);
	return len;
}

/*
 * Packets in fragments need two things, which came together: the flag on the
 * program and the helper that counts all of a packet.  Asked at once, and not
 * by the kernel's version, which says little about what was ported back.
 */
static bool has_frags(void)
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

static bool has_tai(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP,
				       BPF_FUNC_ktime_get_tai_ns, NULL) == 1;
}

/* Of the 2^64 values of two random numbers, 2^64 / rate are chosen; 0: all. */
static void set_rate(struct xdps_config *config, uint32_t rate)
{
	uint64_t chosen = -(uint64_t)rate / rate + 1;

	config->threshold = (uint32_t)(chosen >> 32);
	config->fraction = (uint32_t)chosen;
}

static int configure(struct xdpsample *skel, const struct xdps_ask *ask,
		     unsigned int n_cpus)
{
	bool frags = has_frags();
	uint32_t flags = frags ? BPF_F_XDP_HAS_FRAGS : 0;
	int rc;

	skel->rodata->config.snaplen = ask->snaplen;
	set_rate(&skel->rodata->config, ask->rate);
	skel->rodata->config.frags = frags;
	skel->rodata->config.tai = has_tai();

	/* The slot takes only what has the entry's flags (bpf_prog_map_compatible()). */
	rc = bpf_program__set_flags(skel->progs.xdps_entry, flags);
	if (!rc)
		rc = bpf_program__set_flags(skel->progs.xdps_sampler, flags);
	if (!rc)
		rc = bpf_map__set_max_entries(skel->maps.rings, n_cpus);
	if (!rc)
		rc = bpf_map__set_max_entries(skel->maps.counters, n_cpus);
	return rc;
}

static int load(struct xdpsample *skel)
{
	const uint32_t first = 0;
	int rc, sampler_fd;

	rc = xdpsample__load(skel);
	if (rc)
		return rc;
	sampler_fd = bpf_program__fd(skel->progs.xdps_sampler);
	return bpf_map__update_elem(skel->maps.slot, &first, sizeof(first),
				    &sampler_fd, sizeof(sampler_fd), BPF_ANY);
}

static enum xdps_status explain(struct xdps_error *err, int errnum)
{
	static const char doing[] = "loading the BPF programs";

	/* What it says about permission is misleading: the verifier is asked twice. */
	if (errnum == EPERM)
		return xdps_privilege_fail(err, errnum, doing);
	if (said.verifier[0])
		return xdps_fail(err, XDPS_FAILED, "%s: %s; the verifier says: %s",
				 doing, strerror(errnum), said.verifier);
	if (said.warning[0])
		return xdps_fail(err, XDPS_FAILED, "%s: %s; libbpf says: %s",
				 doing, strerror(errnum), said.warning);
	return xdps_fail_errno(err, errnum, "%s", doing);
}

void xdps_programs_init(struct xdps_programs *p)
{
	*p = (struct xdps_programs){
		.entry_fd = -1,
		.slot_fd = -1,
		.rings_fd = -1,
		.counters_fd = -1,
	};
}

enum xdps_status xdps_programs_load(struct xdps_programs *p,
				    const struct xdps_ask *ask,
				    unsigned int n_cpus, struct xdps_error *err)
{
	struct xdpsample *skel;
	int rc;

	libbpf_set_print(listen_to_libbpf);
	memset(&said, 0, sizeof(said));
	skel = xdpsample__open();
	if (!skel)
		return explain(err, errno);
	rc = configure(skel, ask, n_cpus);
	if (!rc)
		rc = load(skel);
	if (rc) {
		xdpsample__destroy(skel);
		return explain(err, -rc);
	}

	p->skel = skel;
	p->entry_fd = bpf_program__fd(skel->progs.xdps_entry);
	p->slot_fd = bpf_map__fd(skel->maps.slot);
	p->rings_fd = bpf_map__fd(skel->maps.rings);
	p->counters_fd = bpf_map__fd(skel->maps.counters);
	return XDPS_OK;
}

void xdps_programs_free(struct xdps_programs *p)
{
	xdpsample__destroy(p->skel);
	xdps_programs_init(p);
}

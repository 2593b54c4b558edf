// SPDX-License-Identifier: BSD-3-Clause
/*
 * loader.c: loads programs and maps from the objects in the helper into the kernel.
 *
 * Only tracing another program needs the kernel's own BTF, and libbpf does not read it
 * unless asked: that takes 6 MiB and 7 ms, even for a user who only wants packets.  Hence
 * an object of its own for that; and one for what is sent, which few captures need.
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

#include "../../bpf/record.h"
#include "../../common/error.h"

#include "../host/privilege.h"
#include "../rings/map_rings.h"

#include "sent.skel.h"
#include "trace.skel.h"
#include "verifier.h"
#include "xdpsample.skel.h"

#define LOG_HEAD "BEGIN PROG LOAD LOG"
#define LOG_TAIL "-- END PROG LOAD LOG --"

/* libbpf's print hook takes no argument of ours, so this has to be global. */
static struct {
	char warning[160];	/* the first one */
	char verifier[160];	/* the end of its log */
} said;

/* The verifier's log is between two lines of libbpf's. */
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

static bool has_tai(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP,
				       BPF_FUNC_ktime_get_tai_ns, NULL) == 1;
}

/* Loads only those programs of the object that are used. */
static void leave_the_others(struct xdps_object *p)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, p->obj)
		if (prog != p->entry && prog != p->sampler && prog != p->in_fragments)
			bpf_program__set_autoload(prog, false);
}

/* Returns 0 or -errno. */
static int open_own(struct xdps_object *p, const struct xdps_load *want,
		    struct xdps_config **config)
{
	p->own = xdpsample__open();
	if (!p->own)
		return -errno;
	p->obj = p->own->obj;
	p->entry = want->chain ? NULL : p->own->progs.xdpsample_entry;
	p->sampler = want->rings->kind == XDPS_RING_MAP ? p->own->progs.xdps_to_map :
							  p->own->progs.xdps_to_perf;
	p->slot = want->slot;
	p->has_tags = want->chain && want->chain->has_tags;
	leave_the_others(p);
	p->memory = XDPS_MEMORY_PACKET;
	p->own->rodata->config.tags = p->has_tags;
	*config = &p->own->rodata->config;
	return 0;
}

/* Returns 0 or -errno. */
static int open_sent(struct xdps_object *p, const struct xdps_load *want,
		     struct xdps_config **config)
{
	const bool to_map = want->rings->kind == XDPS_RING_MAP;

	p->sent = xdpssent__open();
	if (!p->sent)
		return -errno;
	p->obj = p->sent->obj;
	if (want->sent == XDPS_SENT_AT_TCX) {
		p->entry = p->sent->progs.xdpsample_sent;
		p->sampler = to_map ? p->sent->progs.xdps_tcx_to_map :
				      p->sent->progs.xdps_tcx_to_perf;
	} else {
		p->entry = p->sent->progs.xdpsample_tap;
		p->sampler = to_map ? p->sent->progs.xdps_tap_to_map :
				      p->sent->progs.xdps_tap_to_perf;
	}
	p->slot = XDPS_SLOT_SAMPLER;
	leave_the_others(p);
	p->memory = XDPS_MEMORY_COPY;
	*config = &p->sent->rodata->config;
	return 0;
}

/* Chooses the programs for the point and the rings, of all that are in the object. */
static void choose_traced(struct xdps_object *p, enum xdps_point point, bool to_map,
			  bool has_frags)
{
	bool before = point == XDPS_POINT_ENTRY;

	p->entry = before ? p->trace->progs.xdps_at_entry : p->trace->progs.xdps_at_exit;
	if (to_map)
		p->sampler = before ? p->trace->progs.xdps_before_map :
				      p->trace->progs.xdps_after_map;
	else
		p->sampler = before ? p->trace->progs.xdps_before : p->trace->progs.xdps_after;
	if (to_map && has_frags)
		p->in_fragments = before ? p->trace->progs.xdps_before_frags :
					   p->trace->progs.xdps_after_frags;
}

/* Returns 0 or -errno. */
static int open_trace(struct xdps_object *p, const struct xdps_load *want,
		      struct xdps_config **config)
{
	struct bpf_program *prog;
	int rc = 0;

	p->trace = xdpstrace__open();
	if (!p->trace)
		return -errno;
	p->obj = p->trace->obj;
	choose_traced(p, want->request->point, want->rings->kind == XDPS_RING_MAP,
		      want->fragments->exist);
	p->slot = XDPS_SLOT_SAMPLER;
	p->memory = XDPS_MEMORY_COPY;
	*config = &p->trace->rodata->config;

	leave_the_others(p);
	bpf_object__for_each_program(prog, p->obj)
		if (!rc && bpf_program__autoload(prog))
			rc = bpf_program__set_attach_target(prog, p->traced->fd, p->traced->name);
	return rc;
}

static void configure(struct xdps_config *config, const struct xdps_load *want)
{
	const struct xdps_interface *iface = want->iface;
	const struct xdps_request *request = want->request;

	config->snaplen = request->snaplen;
	config->n_gaps = 2 * (uint64_t)request->rate - 1;
	config->ring_bytes = want->rings->ring_bytes;
	config->more_rings = xdps_map_rings_may_grow(want->rings);
	config->frags = want->fragments->exist;
	config->pages = want->fragments->pages;
	config->tai = has_tai();
	config->ifindex = iface ? iface->index : 0;
	config->netns = iface ? iface->netns : 0;
	config->actions = request->actions;
	config->lowers = want->has_lowers;
	config->later_members = ~0ULL << 8 * want->slot << 8;
}

/*
 * The slot accepts only programs with the entry's flags (bpf_prog_map_compatible());
 * only XDP programs have any.
 */
static int set_flags(struct xdps_object *p, bool frags)
{
	uint32_t flags = frags ? BPF_F_XDP_HAS_FRAGS : 0;
	int rc = 0;

	if (!p->own)
		return 0;
	if (p->entry)
		rc = bpf_program__set_flags(p->entry, flags);
	if (!rc)
		rc = bpf_program__set_flags(p->sampler, flags);
	return rc;
}

static int map_fd(const struct xdps_object *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->obj, name);
}

/* Makes the object use the maps of the captures whose hook it is to share. */
static int join(struct xdps_object *p, const struct xdps_chain_maps *chain)
{
	int rc = bpf_map__reuse_fd(p->own->maps.chain, chain->slots_fd);

	if (!rc)
		rc = bpf_map__reuse_fd(p->own->maps.bss, chain->members_fd);
	return rc ? rc : bpf_map__reuse_fd(p->own->maps.tags, chain->tags_fd);
}

/* What samplers need that put tags into packets: a copy for the filter, and for perf rings. */
static int set_copies(struct xdps_object *p, bool has_tags, const struct xdps_load *want)
{
	struct bpf_map *copies = bpf_object__find_map_by_name(p->obj, "copies");
	struct bpf_map *scratches = bpf_object__find_map_by_name(p->obj, "scratches");
	int rc = bpf_map__set_autocreate(copies, has_tags);

	if (rc)
		return rc;
	return has_tags && want->rings->kind == XDPS_RING_PERF ?
	       bpf_map__set_max_entries(scratches, want->n_cpus) :
	       bpf_map__set_autocreate(scratches, false);
}

/* Makes the object use this map; if `fd` is negative, the map is not needed. */
static int reuse_map(const struct xdps_object *p, const char *name, int fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(p->obj, name);

	if (!map)
		return 0;
	return fd < 0 ? bpf_map__set_autocreate(map, false) : bpf_map__reuse_fd(map, fd);
}

/* Uses the rings there are, and counters for n_cpus CPUs, or those already in use. */
static int set_maps(struct xdps_object *p, const struct xdps_load *want)
{
	const struct xdps_rings *r = want->rings;
	bool are_perf = r->kind == XDPS_RING_PERF;
	int rc;

	rc = reuse_map(p, "perf_rings", are_perf ? r->map_fd : -1);
	if (!rc)
		rc = reuse_map(p, "map_rings", are_perf ? -1 : r->map_fd);
	if (!rc)
		rc = reuse_map(p, "more", r->more_fd);
	if (!rc)
		rc = reuse_map(p, "doorbell", r->doorbell_fd);
	if (!rc && want->chain)
		rc = join(p, want->chain);
	if (!rc && !p->traced)
		rc = set_copies(p, p->sent || p->has_tags, want);
	if (rc)
		return rc;
	if (want->before)
		return reuse_map(p, "cpus", want->before->cpus_fd);
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(p->obj, "cpus"),
					want->n_cpus);
}

/*
 * If this kernel has bpf_rdonly_cast(), the sampler calls it, and its filter can.  The
 * second argument is set before each call.
 */
static void find_cast(struct xdps_object *p)
{
	const struct bpf_insn *insns = bpf_program__insns(p->sampler);
	const size_t n = bpf_program__insn_cnt(p->sampler);
	int type_id = 0;

	for (size_t i = 0; i < n; i++) {
		const struct bpf_insn *insn = &insns[i];

		if (insn->dst_reg == BPF_REG_2 && insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			type_id = insn->imm;
		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_KFUNC_CALL)
			continue;
		if (!insn->imm)		/* a weak reference to nothing; never called */
			return;
		p->memory = XDPS_MEMORY_KERNEL;
		p->cast = (struct xdps_cast){ .function_id = insn->imm, .type_id = type_id };
		return;
	}
}

static int put(const struct xdps_object *p, uint32_t slot, int prog_fd)
{
	return bpf_map_update_elem(p->slots_fd, &slot, &prog_fd, BPF_ANY);
}

static int load(struct xdps_object *p)
{
	int rc;

	rc = bpf_object__load(p->obj);
	if (rc)
		return rc;
	p->slots_fd = map_fd(p, p->own ? "chain" : "slot");
	p->members_fd = p->own ? bpf_map__fd(p->own->maps.bss) : -1;
	p->tags_fd = p->own ? bpf_map__fd(p->own->maps.tags) : -1;
	p->cpus_fd = map_fd(p, "cpus");
	if (p->traced)
		find_cast(p);
	if (!p->in_fragments)
		return 0;
	return put(p, XDPS_SLOT_FRAGMENTS, bpf_program__fd(p->in_fragments));
}

int xdps_object_put(const struct xdps_object *p, int prog_fd)
{
	return put(p, p->slot, prog_fd);
}

static enum xdps_status explain(struct xdps_error *err, int rc, const char *doing)
{
	/*
	 * What libbpf says about permission is misleading: the verifier is asked twice.
	 * And without CAP_PERFMON, the error is EACCES, with a message about pointers.
	 */
	if (rc == -EPERM || (rc == -EACCES && xdps_privilege_is_short()))
		return xdps_privilege_fail(err, rc, doing);
	if (rc == -ESRCH)		/* libbpf's, if the kernel has no BTF */
		return xdps_fail(err, XDPS_UNSUPPORTED,
				 "%s: /sys/kernel/btf/vmlinux cannot be read; the kernel was built without CONFIG_DEBUG_INFO_BTF, or /sys is not mounted",
				 doing);
	if (said.verifier[0])
		return xdps_fail(err, XDPS_FAILED, "%s: %s; the verifier says: %s",
				 doing, strerror(-rc), said.verifier);
	if (said.warning[0])
		return xdps_fail(err, XDPS_FAILED, "%s: %s; libbpf says: %s",
				 doing, strerror(-rc), said.warning);
	return xdps_fail_errno(err, rc, "%s", doing);
}

void xdps_object_init(struct xdps_object *p)
{
	*p = (struct xdps_object){
		.slots_fd = -1,
		.members_fd = -1,
		.tags_fd = -1,
		.cpus_fd = -1,
	};
}

enum xdps_status xdps_object_load(struct xdps_object *p, const struct xdps_load *want,
				  struct xdps_error *err)
{
	struct xdps_config *config;
	int rc;

	libbpf_set_print(listen_to_libbpf);
	memset(&said, 0, sizeof(said));
	p->traced = want->traced;
	p->snaplen = want->request->snaplen;
	rc = want->sent ? open_sent(p, want, &config) :
	     p->traced ? open_trace(p, want, &config) :
			 open_own(p, want, &config);
	if (!rc) {
		configure(config, want);
		rc = set_flags(p, config->frags);
	}
	if (!rc)
		rc = set_maps(p, want);
	if (!rc)
		rc = load(p);
	if (rc) {
		xdps_object_free(p);
		return explain(err, rc, want->doing);
	}
	return XDPS_OK;
}

void xdps_object_free(struct xdps_object *p)
{
	xdpsample__destroy(p->own);
	xdpssent__destroy(p->sent);
	xdpstrace__destroy(p->trace);
	xdps_object_init(p);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * filter.c: puts the filter into the sampler, and the sampler into its slot.
 */
#include "filter.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bpf/record.h"
#include "../../common/classic.h"
#include "../../common/error.h"

#include "../host/privilege.h"

#include "verifier.h"

#define LOG_BYTES (256 << 10)

_Static_assert(XDPS_FILTER_NUMBER == XDPS_FILTER_FIRST,
	       "the engine knows the number of what is loaded first");

/* A whole sampler: the loaded one up to its filter(), followed by another filter. */
struct sampler {
	struct bpf_insn *insns;
	size_t n;
	size_t filter_at;
};

/*
 * Finds where filter() begins: libbpf puts subprograms behind the program that calls
 * them, and there is only this one.
 */
static size_t find_filter(const struct bpf_insn *insns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) &&
		    insns[i].src_reg == BPF_PSEUDO_CALL)
			return i + 1 + insns[i].imm;
	return n;
}

/* A constant of 64 bits takes two instructions, with one half in each. */
static void set_constant(struct bpf_insn *insns, uint64_t value)
{
	insns[0].imm = (int32_t)value;
	insns[1].imm = (int32_t)(value >> 32);
}

/* Sets the sampler's two constants about its filter: see XDPS_FILTER_MARK in bpf/record.h. */
static void set_constants(struct bpf_insn *insns, size_t n, const struct xdps_code *code)
{
	for (size_t i = 0; i + 3 < n; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW) ||
		    insns[i + 1].imm != XDPS_FILTER_MARK)
			continue;
		set_constant(&insns[i], (uint64_t)XDPS_FILTER_MARK << 32 | !code->is_constant);
		set_constant(&insns[i + 2], code->verdict);
		return;
	}
}

/* Sets the numbers that the filter's calls need: see xdps_code in translate.h. */
static void set_cast(struct bpf_insn *insns, size_t n, const struct xdps_cast *cast)
{
	for (size_t i = 1; i < n; i++) {
		if (insns[i].code != (BPF_JMP | BPF_CALL))
			continue;
		insns[i].imm = cast->function_id;
		insns[i - 1].imm = cast->type_id;
	}
}

static bool splice(const struct xdps_object *p, const struct xdps_code *code, struct sampler *s)
{
	const struct bpf_insn *insns = bpf_program__insns(p->sampler);

	s->filter_at = find_filter(insns, bpf_program__insn_cnt(p->sampler));
	s->n = s->filter_at + code->n;
	s->insns = malloc(s->n * sizeof(*insns));
	if (!s->insns)
		return false;
	memcpy(s->insns, insns, s->filter_at * sizeof(*insns));
	memcpy(s->insns + s->filter_at, code->insns, code->n * sizeof(*insns));
	set_constants(s->insns, s->filter_at, code);
	set_cast(s->insns + s->filter_at, code->n, &p->cast);
	return true;
}

/*
 * Uses the type, flags and function names of the first sampler: the slot accepts no other
 * flags (bpf_prog_map_compatible()), and tools can show the functions.
 */
static int load(const struct xdps_object *p, const struct sampler *s, char *log)
{
	const char *name = bpf_program__name(p->sampler);
	const struct btf *btf = bpf_object__btf(p->obj);
	struct bpf_func_info functions[] = {
		{ 0, btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) },
		{ s->filter_at, btf__find_by_name_kind(btf, "filter", BTF_KIND_FUNC) },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = bpf_program__expected_attach_type(p->sampler),
		    .prog_flags = bpf_program__flags(p->sampler),
		    .log_buf = log,
		    .log_size = log ? LOG_BYTES : 0,
		    .log_level = log ? 1 : 0);

	if (p->traced) {
		opts.attach_prog_fd = p->traced->fd;
		opts.attach_btf_id = p->traced->btf_id;
	}
	if (bpf_object__btf_fd(p->obj) >= 0) {
		opts.prog_btf_fd = bpf_object__btf_fd(p->obj);
		opts.func_info = functions;
		opts.func_info_cnt = sizeof(functions) / sizeof(functions[0]);
		opts.func_info_rec_size = sizeof(functions[0]);
	}
	return bpf_prog_load(bpf_program__type(p->sampler), name, "Dual BSD/GPL",
			     s->insns, s->n, &opts);
}

/*
 * Tries once more, to learn the reason.  Does not if the verifier took its million steps,
 * which take some seconds.
 */
static void explain(const struct xdps_object *p, const struct sampler *s, int rc,
		    struct xdps_error *err)
{
	static const char doing[] = "loading the filter into the kernel";
	char line[160] = "";
	char *log;
	int fd;

	if (rc == -E2BIG) {
		xdps_fail(err, XDPS_UNSUPPORTED,
			  "%s: %s; it has more paths than the verifier explores",
			  doing, strerror(-rc));
		return;
	}
	log = malloc(LOG_BYTES);
	if (log) {
		log[0] = '\0';
		fd = load(p, s, log);
		if (fd >= 0)
			close(fd);
		xdps_verifier_last_line(log, line, sizeof(line));
		free(log);
	}
	if (line[0])
		xdps_fail(err, XDPS_UNSUPPORTED, "%s: %s; the verifier says: %s", doing,
			  strerror(-rc), line);
	else
		xdps_privilege_fail_filter(err, rc, doing);
}

int xdps_filter_load(const struct xdps_object *p, const struct xdps_code *code,
		     struct xdps_error *err)
{
	struct sampler s;
	int fd;

	if (!splice(p, code, &s)) {
		xdps_fail_errno(err, -ENOMEM, "building the sampler with the filter");
		return -1;
	}
	fd = load(p, &s, NULL);
	if (fd < 0)
		explain(p, &s, fd, err);
	free(s.insns);
	return fd < 0 ? -1 : fd;
}

/* Frees the code. */
static enum xdps_status put(const struct xdps_object *p, struct xdps_code *code,
			    struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;
	int fd, rc;

	fd = xdps_filter_load(p, code, err);
	xdps_code_free(code);
	if (fd < 0)
		return err->status;
	rc = xdps_object_put(p, fd);
	if (rc)
		status = xdps_fail_errno(err, rc, "installing the filter");
	close(fd);
	return status;
}

/* If the kernel does not take the filter, the reason stays in `err`. */
enum xdps_status xdps_filter_set(const struct xdps_object *p,
				 const struct xdps_filter_spec *spec,
				 enum xdps_filter *place, struct xdps_error *err)
{
	struct xdps_code code;

	*err = (struct xdps_error){ .status = XDPS_OK };
	if (!spec->in_user_space) {
		if (xdps_classic_check(spec->insns, spec->n_insns, err))
			return err->status;
		*place = XDPS_FILTER_KERNEL;
		if (!xdps_translate(spec->insns, spec->n_insns, spec->number, p->snaplen,
				    p->memory, &code, err) &&
		    !put(p, &code, err))
			return XDPS_OK;
	}
	*place = XDPS_FILTER_USER;
	err->status = xdps_translate_nothing(&code, err);
	if (!err->status)
		err->status = put(p, &code, err);
	return err->status;
}

/* With its own copy of the instructions. */
static void keep(struct xdps_filter_kept *kept, const struct xdps_filter_spec *spec)
{
	memcpy(kept->insns, spec->insns, spec->n_insns * sizeof(*spec->insns));
	kept->spec = *spec;
	kept->spec.insns = kept->insns;
}

enum xdps_status xdps_filter_change(struct xdps_filter_kept *kept, const struct xdps_object *p,
				    const struct xdps_filter_spec *spec, bool sent,
				    enum xdps_filter *place, struct xdps_error *err)
{
	struct xdps_filter_kept answered;

	*err = (struct xdps_error){ .status = XDPS_OK };
	if (spec->n_insns > XDPS_FILTER_INSNS_MAX)	/* then they are not all there */
		return xdps_classic_check(spec->insns, spec->n_insns, err);
	keep(&answered, spec);
	xdps_classic_answer_direction(answered.insns, spec->n_insns, sent);
	if (p && xdps_filter_set(p, &answered.spec, place, err))
		return err->status;
	keep(kept, &answered.spec);
	return XDPS_OK;
}

enum xdps_status xdps_filter_put(const struct xdps_filter_kept *kept,
				 const struct xdps_object *p, struct xdps_error *err)
{
	enum xdps_filter place;
	int rc;

	if (kept->spec.number)
		return xdps_filter_set(p, &kept->spec, &place, err);
	rc = xdps_object_put(p, bpf_program__fd(p->sampler));
	return rc ? xdps_fail_errno(err, rc, "installing the sampler") : XDPS_OK;
}

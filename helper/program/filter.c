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

#define N_FILTERS_MAX 2

/*
 * libbpf puts subprograms behind the program that calls them.  There are these: filter(), and
 * in the object for XDP filter_tagged().
 */
struct function {
	const char *name;
	size_t from, to;		/* in the loaded sampler */
	size_t at;			/* in the new one */
	const struct xdps_code *code;	/* what it becomes; NULL: what it is */
};

/* A whole sampler: the loaded one, with other filters. */
struct sampler {
	struct bpf_insn *insns;
	size_t n;
	struct function functions[N_FILTERS_MAX];
	unsigned int n_functions;
};

static bool is_own_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static struct function *function_from(struct sampler *s, size_t from)
{
	for (unsigned int i = 0; i < s->n_functions; i++)
		if (s->functions[i].from == from)
			return &s->functions[i];
	return NULL;
}

/* In the order in which they are there. */
static void add_function(struct sampler *s, size_t from)
{
	unsigned int i = s->n_functions;

	if (function_from(s, from) || i == N_FILTERS_MAX)
		return;
	for (; i && s->functions[i - 1].from > from; i--)
		s->functions[i] = s->functions[i - 1];
	s->functions[i] = (struct function){ .from = from };
	s->n_functions++;
}

static bool is_for_tagged(const struct function *f, const struct bpf_insn *insns)
{
	for (size_t i = f->from; i < f->to; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    insns[i].imm == XDPS_FILTER_TAGGED_MARK)
			return true;
	return false;
}

static void find_functions(struct sampler *s, const struct bpf_insn *insns, size_t n,
			   const struct xdps_code *code, const struct xdps_code *tagged)
{
	for (size_t i = 0; i < n; i++)
		if (is_own_call(&insns[i]))
			add_function(s, i + 1 + insns[i].imm);
	for (unsigned int i = 0; i < s->n_functions; i++) {
		struct function *f = &s->functions[i];
		bool for_tagged;

		f->to = i + 1 < s->n_functions ? f[1].from : n;
		for_tagged = is_for_tagged(f, insns);
		f->name = for_tagged ? "filter_tagged" : "filter";
		f->code = for_tagged ? tagged : code;
	}
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

static size_t size_of(const struct function *f)
{
	return f->code ? f->code->n : f->to - f->from;
}

/* Appends it to what the sampler has so far. */
static void append(struct sampler *s, struct function *f, const struct bpf_insn *loaded,
		   const struct xdps_cast *cast)
{
	const size_t n = size_of(f);

	f->at = s->n;
	memcpy(s->insns + s->n, f->code ? f->code->insns : loaded + f->from,
	       n * sizeof(*loaded));
	if (f->code)
		set_cast(s->insns + s->n, n, cast);
	s->n += n;
}

/* Calls are relative. */
static void set_calls(struct sampler *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bpf_insn *insn = &s->insns[i];

		if (is_own_call(insn))
			insn->imm = (int)(function_from(s, i + 1 + insn->imm)->at - i - 1);
	}
}

static bool splice(const struct xdps_object *p, const struct xdps_code *code,
		   const struct xdps_code *tagged, struct sampler *s)
{
	const struct bpf_insn *loaded = bpf_program__insns(p->sampler);
	size_t n = bpf_program__insn_cnt(p->sampler), most;

	*s = (struct sampler){ .n = 0 };
	find_functions(s, loaded, n, code, tagged);
	most = n;
	for (unsigned int i = 0; i < s->n_functions; i++)
		most += size_of(&s->functions[i]);
	s->insns = malloc(most * sizeof(*loaded));
	if (!s->insns)
		return false;
	s->n = s->functions[0].from;
	memcpy(s->insns, loaded, s->n * sizeof(*loaded));
	set_constants(s->insns, s->n, code);
	for (unsigned int i = 0; i < s->n_functions; i++)
		append(s, &s->functions[i], loaded, &p->cast);
	set_calls(s, s->functions[0].from);
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
	struct bpf_func_info functions[1 + N_FILTERS_MAX] = {
		{ 0, btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = bpf_program__expected_attach_type(p->sampler),
		    .prog_flags = bpf_program__flags(p->sampler),
		    .log_buf = log,
		    .log_size = log ? LOG_BYTES : 0,
		    .log_level = log ? 1 : 0);

	for (unsigned int i = 0; i < s->n_functions; i++)
		functions[1 + i] = (struct bpf_func_info){
			(uint32_t)s->functions[i].at,
			btf__find_by_name_kind(btf, s->functions[i].name, BTF_KIND_FUNC),
		};
	if (p->traced) {
		opts.attach_prog_fd = p->traced->fd;
		opts.attach_btf_id = p->traced->btf_id;
	}
	if (bpf_object__btf_fd(p->obj) >= 0) {
		opts.prog_btf_fd = bpf_object__btf_fd(p->obj);
		opts.func_info = functions;
		opts.func_info_cnt = 1 + s->n_functions;
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
		     const struct xdps_code *tagged, struct xdps_error *err)
{
	struct sampler s;
	int fd;

	if (!splice(p, code, tagged, &s)) {
		xdps_fail_errno(err, -ENOMEM, "building the sampler with the filter");
		return -1;
	}
	fd = load(p, &s, NULL);
	if (fd < 0)
		explain(p, &s, fd, err);
	free(s.insns);
	return fd < 0 ? -1 : fd;
}

/* Frees the codes; `tagged` may be empty. */
static enum xdps_status put(const struct xdps_object *p, struct xdps_code *code,
			    struct xdps_code *tagged, struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;
	int fd, rc;

	fd = xdps_filter_load(p, code, tagged->n ? tagged : NULL, err);
	xdps_code_free(code);
	xdps_code_free(tagged);
	if (fd < 0)
		return err->status;
	rc = xdps_object_put(p, fd);
	if (rc)
		status = xdps_fail_errno(err, rc, "installing the filter");
	close(fd);
	return status;
}

/* For packets as they are, and, where the sampler puts tags back, for those with a tag. */
static enum xdps_status translate(const struct xdps_object *p, const struct xdps_filter_spec *spec,
				  struct xdps_code *code, struct xdps_code *tagged,
				  struct xdps_error *err)
{
	enum xdps_status status;

	status = xdps_translate(spec->insns, spec->n_insns, spec->number, p->snaplen, p->memory,
				code, err);
	if (status || !p->has_tags)
		return status;
	status = xdps_translate(spec->insns, spec->n_insns, spec->number, p->snaplen,
				XDPS_MEMORY_COPY, tagged, err);
	if (status)
		xdps_code_free(code);
	return status;
}

/* If the kernel does not take the filter, the reason stays in `err`. */
enum xdps_status xdps_filter_set(const struct xdps_object *p,
				 const struct xdps_filter_spec *spec,
				 enum xdps_filter *place, struct xdps_error *err)
{
	struct xdps_code code, tagged = { 0 };

	*err = (struct xdps_error){ .status = XDPS_OK };
	if (!spec->in_user_space) {
		if (xdps_classic_check(spec->insns, spec->n_insns, err))
			return err->status;
		*place = XDPS_FILTER_KERNEL;
		if (!translate(p, spec, &code, &tagged, err) && !put(p, &code, &tagged, err))
			return XDPS_OK;
	}
	*place = XDPS_FILTER_USER;
	err->status = xdps_translate_nothing(&code, err);
	if (!err->status)
		err->status = put(p, &code, &tagged, err);
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

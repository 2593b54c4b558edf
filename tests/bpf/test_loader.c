// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_loader.c: what the loader says when the verifier does not like a program.
 *
 * No kernel refuses ours, so a program is made wrong on its way: the loader
 * itself is in this file, with its parts.
 */
#include "../../helper/program/loader.c"

#include <linux/capability.h>

#include "../unit/sentence.h"
#include "loaded.h"

static struct xdps_error err;

static void verifier_is_quoted(void **state)
{
	static const struct xdps_cpus one = { .n_possible = 1, .n_online = 1 };
	static const struct xdps_fragments none;
	struct xdps_rings rings;
	const struct xdps_load want = {
		.request = &all_of_all, .fragments = &none, .rings = &rings, .n_cpus = 1,
		.doing = "loading",
	};
	struct xdps_object object;
	struct xdps_config *config;
	const char *words;
	int rc;

	libbpf_set_print(listen_to_libbpf);
	memset(&said, 0, sizeof(said));
	xdps_object_init(&object);
	xdps_rings_init(&rings);
	assert_int_equal(xdps_rings_open(&rings, &all_of_all, &one, NULL, "loading", &err),
			 XDPS_OK);
	assert_int_equal(open_own(&object, &want, &config), 0);
	configure(config, &want);
	assert_int_equal(set_maps(&object, &want), 0);
	/* whose context ends before the receive queue */
	assert_int_equal(bpf_program__set_type(object.sampler, BPF_PROG_TYPE_CGROUP_DEVICE), 0);
	rc = load(&object);
	assert_true(rc < 0);
	assert_int_equal(explain(&err, -rc, "loading the BPF programs"), XDPS_FAILED);
	/* the words are the kernel's, and change: "cannot use helper", "invalid access" */
	words = strstr(err.text, "; the verifier says: ");
	if (strncmp(err.text, "loading the BPF programs: ", 26) || !words ||
	    strlen(words) < 30 || strstr(words, "processed"))
		fail_msg("\"%s\"", err.text);
	xdps_object_free(&object);
	xdps_rings_close(&rings);
}

static void last_line_that_says_something(void **state)
{
	char log[] = "libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n"
		     "0: (b7) r0 = 2\n"
		     "R1 is not what it should be\n"
		     "verification time 12 usec\n"
		     "stack depth 8\n"
		     "processed 5 insns (limit 1000000)\n"
		     "-- END PROG LOAD LOG --\n"
		     "libbpf: and more\n";

	memset(&said, 0, sizeof(said));
	keep_verifier_line(log);
	assert_string_equal(said.verifier, "R1 is not what it should be");
}

static void frags_are_asked_for(void **state)
{
	const struct xdps_object *p;
	struct xdps_fragments f;
	struct loaded loaded;
	uint32_t flags;

	xdps_fragments_find(&f, false);
	flags = f.exist ? BPF_F_XDP_HAS_FRAGS : 0;
	assert_int_equal(load_with(&loaded, &f, &err), XDPS_OK);
	p = &loaded.object;
	assert_int_equal(p->own->rodata->config.frags, f.exist);
	assert_int_equal(bpf_program__flags(p->entry), flags);
	assert_int_equal(bpf_program__flags(p->sampler), flags);
	assert_int_equal(bpf_program__expected_attach_type(p->entry), BPF_XDP);
	assert_int_equal(bpf_program__expected_attach_type(p->sampler), BPF_XDP);
	unload(&loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("The verifier's message is quoted if there is one", verifier_is_quoted),
		SENTENCE("The last line of the verifier's log that is not statistics is quoted", last_line_that_says_something),
		SENTENCE("What goes into the slot has the flags and the type of the entry", frags_are_asked_for),
	};

	if (!xdps_privilege_has(CAP_BPF) || !xdps_privilege_has(CAP_NET_ADMIN) ||
	    !xdps_privilege_has(CAP_PERFMON)) {
		puts("1..0 # SKIP needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON to load BPF programs");
		return 0;
	}
	return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}

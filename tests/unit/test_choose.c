// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_choose.c: of the XDP programs of an interface, the one that is meant.
 */
#include <stdio.h>
#include <string.h>

#include "../../helper/target/target.h"
#include "sentence.h"

static struct xdps_error err;
static struct xdps_target target;
static struct xdps_request request;

static struct xdps_program program(uint32_t id, const char *name)
{
	struct xdps_program p = { .fd = -1, .id = id, .btf_id = 1 };

	snprintf(p.name, sizeof(p.name), "%s", name);
	snprintf(p.short_name, sizeof(p.short_name), "%.15s", name);
	return p;
}

static struct xdps_program without_btf(uint32_t id, const char *name)
{
	struct xdps_program p = program(id, name);

	p.btf_id = 0;
	strcpy(p.name, p.short_name);
	return p;
}

static void attach(struct xdps_program p)
{
	target = (struct xdps_target){ .attached = p, .mode = XDPS_MODE_NATIVE };
	request = (struct xdps_request){ .point = XDPS_POINT_ENTRY };
}

static void component(struct xdps_program p)
{
	target.components[target.n_components++] = p;
}

static enum xdps_status choose(const char *prog)
{
	snprintf(request.prog, sizeof(request.prog), "%s", prog);
	memset(&err, 0, sizeof(err));
	return xdps_target_choose(&target, "eth0", &request, &err);
}

static void assert_chosen(const char *prog, uint32_t id)
{
	if (choose(prog))
		fail_msg("%s: \"%s\"", prog, err.text);
	assert_non_null(target.traced);
	assert_int_equal(target.traced->id, id);
	assert_string_equal(err.text, "");
}

static void assert_refused(const char *prog, const char *sentence)
{
	assert_int_equal(choose(prog), XDPS_BAD_OPTION);
	assert_int_equal(err.status, XDPS_BAD_OPTION);
	assert_string_equal(err.text, sentence);
	assert_null(target.traced);
}

static void test_nothing(void **state)
{
	attach((struct xdps_program){ .fd = -1 });
	assert_int_equal(choose(""), XDPS_OK);
	assert_null(target.traced);
}

static void test_nothing_but_wanted(void **state)
{
	attach((struct xdps_program){ .fd = -1 });
	assert_int_equal(choose("xdp_drop"), XDPS_UNSUPPORTED);
	assert_string_equal(err.text, "eth0: no XDP program is attached, but prog=xdp_drop needs one; without it, all packets are captured as they arrive");
	request.point = XDPS_POINT_EXIT;
	assert_int_equal(choose(""), XDPS_UNSUPPORTED);
	assert_string_equal(err.text, "eth0: no XDP program is attached, but point=exit needs one; without it, all packets are captured as they arrive");
	request.actions = 1u << XDPS_ACTION_DROP;
	assert_int_equal(choose(""), XDPS_UNSUPPORTED);
	assert_string_equal(err.text, "eth0: no XDP program is attached, but action= needs one; without it, all packets are captured as they arrive");
}

static void test_attached(void **state)
{
	attach(program(7, "xdp_dispatcher"));
	component(program(9, "xdp_drop"));
	assert_chosen("", 7);
	assert_ptr_equal(target.traced, &target.attached);
}

static void test_names_and_ids(void **state)
{
	attach(program(7, "xdp_dispatcher"));
	component(program(9, "xdp_drop"));
	component(program(10, "xdp_pass"));
	assert_chosen("xdp_dispatcher", 7);
	assert_chosen("xdp_drop", 9);
	assert_chosen("xdp_pass", 10);
	assert_chosen("7", 7);
	assert_chosen("9", 9);
	assert_chosen("010", 10);
}

static void test_short_name(void **state)
{
	attach(program(7, "xdp_dispatcher"));
	component(program(9, "drop_what_comes_from_there"));
	component(program(10, "pass_what_comes_from_there"));
	assert_chosen("drop_what_comes_from_there", 9);
	assert_chosen("pass_what_comes", 10);
	assert_refused("pass_what_come", "eth0: no attached XDP program is named pass_what_come; there are xdp_dispatcher (id 7), drop_what_comes_from_there (id 9), pass_what_comes_from_there (id 10)");
	assert_refused("pass_what_comes_from_her", "eth0: no attached XDP program is named pass_what_comes_from_her; there are xdp_dispatcher (id 7), drop_what_comes_from_there (id 9), pass_what_comes_from_there (id 10)");
}

static void test_whole_name_first(void **state)
{
	attach(program(7, "drop_what_comes_from_there"));
	component(program(9, "drop_what_comes"));
	component(program(10, "drop_what_comes_from_here"));
	assert_chosen("drop_what_comes", 9);
}

static void test_long_name_without_btf(void **state)
{
	attach(without_btf(7, "drop_what_comes_from_there"));
	assert_chosen("drop_what_comes_from_there", 7);
	assert_chosen("drop_what_comes", 7);
	assert_refused("drop_what", "eth0: no attached XDP program is named drop_what; there is only drop_what_comes (id 7)");
	attach(without_btf(7, "xdp_drop"));
	assert_refused("xdp_drop_and_more", "eth0: no attached XDP program is named xdp_drop_and_more; there is only xdp_drop (id 7)");
}

/* Some loaders give the program another name than its function has. */
static void test_name_of_loader(void **state)
{
	attach(program(7, "firewall"));
	strcpy(target.attached.short_name, "edge_fw");
	assert_chosen("firewall", 7);
	assert_chosen("edge_fw", 7);
}

static void test_unknown_id(void **state)
{
	attach(program(7, "xdp_dispatcher"));
	component(program(4294967295, "xdp_drop"));
	assert_refused("70", "eth0: no attached XDP program has the id 70; there are xdp_dispatcher (id 7), xdp_drop (id 4294967295)");
	assert_refused("0", "eth0: no attached XDP program has the id 0; there are xdp_dispatcher (id 7), xdp_drop (id 4294967295)");
	assert_refused("4294967303", "eth0: no attached XDP program has the id 4294967303; there are xdp_dispatcher (id 7), xdp_drop (id 4294967295)");
	assert_refused("18446744073709551623", "eth0: no attached XDP program has the id 18446744073709551623; there are xdp_dispatcher (id 7), xdp_drop (id 4294967295)");
}

static void test_nameless(void **state)
{
	attach(without_btf(7, ""));
	assert_chosen("7", 7);
	assert_refused("x", "eth0: no attached XDP program is named x; there is only id 7");
}

static void test_ambiguous(void **state)
{
	attach(program(7, "xdp_dispatcher"));
	component(program(9, "xdp_drop"));
	component(program(12, "xdp_pass"));
	component(program(10, "xdp_drop"));
	assert_refused("xdp_drop", "eth0: several attached XDP programs are named xdp_drop; select one by its id: xdp_drop (id 9), xdp_drop (id 10)");
	assert_chosen("10", 10);

	attach(program(7, "xdp_dispatcher"));
	component(program(9, "drop_what_comes_from_there"));
	component(program(10, "drop_what_comes_from_here"));
	assert_refused("drop_what_comes", "eth0: several attached XDP programs are named drop_what_comes; select one by its id: drop_what_comes_from_there (id 9), drop_what_comes_from_here (id 10)");
}

static void test_as_many_as_fit(void **state)
{
	char name[128];

	for (int len = 1; len < 128; len++) {
		memset(name, 'n', len);
		name[len] = '\0';
		attach(program(1000000000, name));
		for (int i = 0; i < XDPS_COMPONENTS_MAX; i++)
			component(program(1000000001 + i, name));
		for (int id = 0; id < 2; id++) {
			size_t end;

			assert_int_equal(choose(id ? "12" : name), XDPS_BAD_OPTION);
			end = strlen(err.text);
			assert_in_range(end, 1, sizeof(err.text) - 1);
			assert_non_null(strstr(err.text, " (id 1000000000)"));
			if (strcmp(err.text + end - strlen("), ..."), "), ...") &&
			    !strstr(err.text, "(id 1000000010)"))
				fail_msg("\"%s\"", err.text);
		}
	}
}

static void test_all_fit(void **state)
{
	attach(program(10, "a"));
	for (int i = 0; i < XDPS_COMPONENTS_MAX; i++)
		component(program(11 + i, "b"));
	assert_refused("c", "eth0: no attached XDP program is named c; there are a (id 10), b (id 11), b (id 12), b (id 13), b (id 14), b (id 15), b (id 16), b (id 17), b (id 18), b (id 19), b (id 20)");
}

static void test_offloaded(void **state)
{
	attach(program(7, "in_the_card"));
	target.mode = XDPS_MODE_AUTO;
	assert_int_equal(choose(""), XDPS_OK);
	assert_null(target.traced);
	request.point = XDPS_POINT_EXIT;
	assert_chosen("", 7);
	request.point = XDPS_POINT_ENTRY;
	assert_chosen("in_the_card", 7);
}

static void test_only_component(void **state)
{
	attach(program(7, "xdp_dispatcher"));
	assert_chosen("", 7);
	assert_false(xdps_target_use_only_component(&target));
	assert_int_equal(target.traced->id, 7);

	component(program(9, "xdp_drop"));
	assert_chosen("", 7);
	assert_true(xdps_target_use_only_component(&target));
	assert_int_equal(target.traced->id, 9);
	assert_false(xdps_target_use_only_component(&target));

	component(program(10, "xdp_pass"));
	assert_chosen("", 7);
	assert_false(xdps_target_use_only_component(&target));
	assert_int_equal(target.traced->id, 7);
}

static void test_describe(void **state)
{
	char buf[128];

	attach((struct xdps_program){ .fd = -1 });
	xdps_target_describe(&target, buf, sizeof(buf));
	assert_string_equal(buf, "no XDP program");

	attach(program(7, "xdp_dispatcher"));
	component(program(9, "xdp_drop"));
	xdps_target_describe(&target, buf, sizeof(buf));
	assert_string_equal(buf, "XDP program xdp_dispatcher (id 7, native mode)");
	assert_chosen("xdp_drop", 9);
	target.mode = XDPS_MODE_GENERIC;
	xdps_target_describe(&target, buf, sizeof(buf));
	assert_string_equal(buf, "XDP program xdp_drop (id 9, generic mode)");

	attach(without_btf(7, ""));
	xdps_target_describe(&target, buf, sizeof(buf));
	assert_string_equal(buf, "XDP program (id 7, native mode)");

	attach(program(4294967295, "in_the_card"));
	target.mode = XDPS_MODE_AUTO;
	xdps_target_describe(&target, buf, sizeof(buf));
	assert_string_equal(buf, "XDP program in_the_card (id 4294967295, offloaded to the card)");
}

static void test_describe_in_little_room(void **state)
{
	static const char all[] = "XDP program xdp_dispatcher (id 7, native mode)";
	char buf[sizeof(all)];

	attach(program(7, "xdp_dispatcher"));
	xdps_target_describe(&target, buf, sizeof(all));
	assert_string_equal(buf, all);
	xdps_target_describe(&target, buf, sizeof(all) - 1);
	assert_string_equal(buf, "XDP program xdp_dispatche (id 7, native mode)");
	xdps_target_describe(&target, buf, sizeof(all) - 14);
	assert_string_equal(buf, "XDP program  (id 7, native mode)");
	xdps_target_describe(&target, buf, 20);
	assert_string_equal(buf, "XDP program  (id 7,");
	xdps_target_describe(&target, buf, 1);
	assert_string_equal(buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Where no program is, none is traced", test_nothing),
		SENTENCE("Where no program is, what needs one is refused, and named", test_nothing_but_wanted),
		SENTENCE("Without prog= the attached program is traced", test_attached),
		SENTENCE("A program is found by its name and by its id", test_names_and_ids),
		SENTENCE("A long name is found by the kernel's 15 characters", test_short_name),
		SENTENCE("A whole name goes before a cut one", test_whole_name_first),
		SENTENCE("A program that has only a cut name is found by its long one", test_long_name_without_btf),
		SENTENCE("The name that a loader gave is as good as the function's", test_name_of_loader),
		SENTENCE("An id that no program there has is answered with those that they have", test_unknown_id),
		SENTENCE("A program without a name has its id", test_nameless),
		SENTENCE("A name of several is answered with their ids", test_ambiguous),
		SENTENCE("A list has as many as fit, whole, and says that there are more", test_as_many_as_fit),
		SENTENCE("A list that fits is complete", test_all_fit),
		SENTENCE("A program in the card is chosen only if one is asked for", test_offloaded),
		SENTENCE("The only component takes the place of its dispatcher, one of two does not", test_only_component),
		SENTENCE("A description has name, id and mode", test_describe),
		SENTENCE("Where there is little room for a description, the name is cut", test_describe_in_little_room),
	};

	return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}

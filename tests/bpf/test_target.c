// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_target.c: which XDP program is on the interface, and what that calls.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../helper/target/target.h"
#include "../unit/count_fds.h"
#include "../unit/sentence.h"
#include "helper_lab.h"
#include "others.h"

#define LONG_NAME "drop_what_comes_from_there_and_is_not_wanted_here"

static struct xdps_error err;
static struct xdps_target target = { .attached.fd = -1 };
static struct xdps_interface near;

/* What happens meanwhile: once in each, and NULL: nothing. */
static void (*while_it_looks)(void);
static void (*while_it_waits)(void);
static unsigned int n_waits;

int __real_bpf_prog_get_fd_by_id(__u32 id);
int __wrap_bpf_prog_get_fd_by_id(__u32 id);
int __real_nanosleep(const struct timespec *time, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);

static void happen(void (**what)(void))
{
	void (*now)(void) = *what;

	*what = NULL;
	if (now)
		now();
}

int __wrap_bpf_prog_get_fd_by_id(__u32 id)
{
	happen(&while_it_looks);
	return __real_bpf_prog_get_fd_by_id(id);
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
	n_waits++;
	happen(&while_it_waits);
	return __real_nanosleep(time, rest);
}

static void attach(int prog_fd, uint32_t flags)
{
	assert_int_equal(bpf_xdp_attach(near.index, prog_fd, flags, NULL), 0);
}

static void detach(uint32_t flags)
{
	assert_int_equal(bpf_xdp_detach(near.index, flags, NULL), 0);
}

static enum xdps_status find_as(const char *prog, enum xdps_point point)
{
	struct xdps_request_open request = lab_request(NEAR);

	request.request.point = point;
	snprintf(request.request.prog, sizeof(request.request.prog), "%s", prog);
	return xdps_target_find(&target, &near, &request.request, &err);
}

static void find(const char *prog)
{
	if (find_as(prog, XDPS_POINT_ENTRY))
		fail_msg("%s: \"%s\"", prog, err.text);
}

static void assert_traced(int prog_fd, const char *name)
{
	assert_non_null(target.traced);
	assert_int_equal(target.traced->id, other_id(prog_fd));
	assert_int_equal(other_id(target.traced->fd), target.traced->id);
	assert_string_equal(target.traced->name, name);
}

static void set_admin(bool on)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	assert_int_equal(syscall(SYS_capget, &head, data), 0);
	if (on)
		data[0].effective |= 1u << CAP_SYS_ADMIN;
	else
		data[0].effective &= ~(1u << CAP_SYS_ADMIN);
	assert_int_equal(syscall(SYS_capset, &head, data), 0);
}

/* Of what the test before may have left. */
static void begin(void **state)
{
	set_admin(true);
	while_it_looks = while_it_waits = NULL;
	n_waits = 0;
	xdps_target_free(&target);
	memset(&err, 0, sizeof(err));
	assert_int_equal(xdps_interface_find(&near, NEAR, &err), XDPS_OK);
}

static void nothing_there(void **state)
{
	begin(state);
	find("");
	assert_null(target.traced);
	assert_int_equal(target.attached.id, 0);
	assert_int_equal(target.attached.fd, -1);
	assert_int_equal(find_as("", XDPS_POINT_EXIT), XDPS_UNSUPPORTED);
	assert_string_equal(err.text, NEAR ": no XDP program is attached, but point=exit needs one; without it, all packets are captured as they arrive");
}

static void by_any_name(void **state)
{
	const int prog_fd = other(LONG_NAME);
	const char *names[] = { "", LONG_NAME, "drop_what_comes", NULL };
	char id[16];

	begin(state);
	attach(prog_fd, XDP_FLAGS_SKB_MODE);
	snprintf(id, sizeof(id), "%u", other_id(prog_fd));
	names[ARRAY_SIZE(names) - 1] = id;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		find(names[i]);
		assert_traced(prog_fd, LONG_NAME);
		assert_string_equal(target.traced->short_name, "drop_what_comes");
		assert_int_not_equal(target.traced->btf_id, 0);
		assert_int_equal(target.traced->type, BPF_PROG_TYPE_XDP);
		assert_int_equal(target.n_components, 0);
	}
	assert_int_equal(n_waits, 0);
	close(prog_fd);
}

static void no_btf(void **state)
{
	const int prog_fd = other_without_btf(LONG_NAME);

	begin(state);
	attach(prog_fd, XDP_FLAGS_SKB_MODE);
	find("");
	assert_traced(prog_fd, "drop_what_comes");
	assert_int_equal(target.traced->btf_id, 0);
	find(LONG_NAME);
	assert_traced(prog_fd, "drop_what_comes");
	close(prog_fd);
}

static void unknown_name(void **state)
{
	const int prog_fd = other("xdp_drop");
	char sentence[256];

	begin(state);
	attach(prog_fd, XDP_FLAGS_SKB_MODE);
	assert_int_equal(find_as("xdp_dorp", XDPS_POINT_ENTRY), XDPS_BAD_OPTION);
	snprintf(sentence, sizeof(sentence), NEAR ": no attached XDP program is named xdp_dorp; there is only xdp_drop (id %u)",
		 other_id(prog_fd));
	assert_string_equal(err.text, sentence);
	close(prog_fd);
}

static void either_mode(void **state)
{
	static const struct {
		uint32_t flags;
		enum xdps_mode mode;
		const char *words;
	} rows[] = {
		{ XDP_FLAGS_DRV_MODE, XDPS_MODE_NATIVE, "native" },
		{ XDP_FLAGS_SKB_MODE, XDPS_MODE_GENERIC, "generic" },
	};
	const int prog_fd = other("xdp_drop"), next_fd = other("xdp_drop");
	char description[128], expected[128];

	begin(state);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		attach(prog_fd, rows[i].flags);
		find("");
		assert_traced(prog_fd, "xdp_drop");
		assert_int_equal(target.mode, rows[i].mode);
		xdps_target_describe(&target, description, sizeof(description));
		snprintf(expected, sizeof(expected), "XDP program xdp_drop (id %u, %s mode)",
			 other_id(prog_fd), rows[i].words);
		assert_string_equal(description, expected);

		assert_true(xdps_target_is_attached(&target, &near));
		attach(next_fd, rows[i].flags);
		assert_false(xdps_target_is_attached(&target, &near));
		attach(prog_fd, rows[i].flags);
		assert_true(xdps_target_is_attached(&target, &near));
		detach(rows[i].flags);
		assert_false(xdps_target_is_attached(&target, &near));
	}
	close(prog_fd);
	close(next_fd);
}

static void other_mode(void **state)
{
	const int prog_fd = other("xdp_drop");

	begin(state);
	attach(prog_fd, XDP_FLAGS_DRV_MODE);
	find("");
	detach(XDP_FLAGS_DRV_MODE);
	attach(prog_fd, XDP_FLAGS_SKB_MODE);
	assert_false(xdps_target_is_attached(&target, &near));
	close(prog_fd);
}

static void by_link(void **state)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);
	const int prog_fd = other("xdp_drop"), next_fd = other("xdp_drop");
	int link_fd;

	begin(state);
	link_fd = bpf_link_create(prog_fd, near.index, BPF_XDP, &opts);
	assert_true(link_fd >= 0);
	find("");
	assert_traced(prog_fd, "xdp_drop");
	assert_true(xdps_target_is_attached(&target, &near));
	assert_int_equal(bpf_link_update(link_fd, next_fd, NULL), 0);
	assert_false(xdps_target_is_attached(&target, &near));
	find("");
	assert_traced(next_fd, "xdp_drop");
	close(link_fd);
	assert_false(xdps_target_is_attached(&target, &near));
	close(prog_fd);
	close(next_fd);
}

static void no_right(void **state)
{
	const int prog_fd = other("xdp_drop");
	char words[128];

	begin(state);
	attach(prog_fd, XDP_FLAGS_SKB_MODE);
	set_admin(false);
	assert_int_equal(find_as("", XDPS_POINT_ENTRY), XDPS_NO_PERMISSION);
	assert_int_equal(n_waits, XDPS_LEAVING_STEPS);
	assert_int_equal(target.attached.id, other_id(prog_fd));
	assert_true(xdps_target_is_attached(&target, &near));
	xdps_target_look(&target, &near);
	set_admin(true);

	snprintf(words, sizeof(words), NEAR ": opening XDP program (id %u, generic mode): ",
		 other_id(prog_fd));
	if (strncmp(err.text, words, strlen(words)) || !strstr(err.text, "lacks CAP_SYS_ADMIN; ") ||
	    (!strstr(err.text, ",cap_sys_admin=ep ") && !strstr(err.text, "nosuid")))
		fail_msg("\"%s\"", err.text);
	assert_int_equal(target.attached.id, other_id(prog_fd));
	assert_int_equal(target.mode, XDPS_MODE_GENERIC);
	assert_string_equal(target.attached.name, "");
	assert_false(xdps_target_is_own(&target));
	xdps_target_look(&target, &near);
	assert_string_equal(target.attached.name, "xdp_drop");
	close(prog_fd);
}

static void nothing_without_right(void **state)
{
	begin(state);
	set_admin(false);
	find("");
	set_admin(true);
	assert_null(target.traced);
}

static int former_fd, latter_fd;

static void detach_it(void)
{
	detach(XDP_FLAGS_SKB_MODE);
}

static void leaves_without_right(void **state)
{
	begin(state);
	former_fd = other("xdpsample_entry");
	attach(former_fd, XDP_FLAGS_SKB_MODE);
	while_it_waits = detach_it;
	set_admin(false);
	find("");
	set_admin(true);
	assert_int_equal(n_waits, 1);
	assert_null(target.traced);
	assert_int_equal(target.attached.id, 0);
	close(former_fd);
}

static void replace_it(void)
{
	const __u32 id = other_id(former_fd);

	attach(latter_fd, XDP_FLAGS_SKB_MODE);
	close(former_fd);
	assert_int_equal(__real_bpf_prog_get_fd_by_id(id), -ENOENT);
}

static void replaced_meanwhile(void **state)
{
	begin(state);
	former_fd = other("former");
	latter_fd = other("latter");
	attach(former_fd, XDP_FLAGS_SKB_MODE);
	while_it_looks = replace_it;
	find("");
	assert_null(while_it_looks);
	assert_traced(latter_fd, "latter");
	close(latter_fd);
}

static void vanish(void)
{
	const __u32 id = other_id(former_fd);

	detach_it();
	close(former_fd);
	assert_int_equal(__real_bpf_prog_get_fd_by_id(id), -ENOENT);
}

static void gone_meanwhile(void **state)
{
	begin(state);
	former_fd = other("former");
	attach(former_fd, XDP_FLAGS_SKB_MODE);
	while_it_looks = vanish;
	find("");
	assert_null(while_it_looks);
	assert_null(target.traced);
	assert_int_equal(target.attached.id, 0);
}

/* One new for each look: there is an end to it. */
static void replace_again(void)
{
	latter_fd = other("latter");
	replace_it();
	former_fd = latter_fd;
	while_it_looks = replace_again;
}

static void replaced_for_ever(void **state)
{
	begin(state);
	former_fd = other("former");
	attach(former_fd, XDP_FLAGS_SKB_MODE);
	while_it_looks = replace_again;
	assert_int_equal(find_as("", XDPS_POINT_ENTRY), XDPS_FAILED);
	while_it_looks = NULL;
	if (strncmp(err.text, NEAR ": opening XDP program (id ", 26))
		fail_msg("\"%s\"", err.text);
	close(former_fd);
}

static void own(void **state)
{
	const int entry_fd = other("xdpsample_entry"), prog_fd = other("xdpsample_entry_of_mine");

	begin(state);
	attach(prog_fd, XDP_FLAGS_SKB_MODE);
	xdps_target_look(&target, &near);
	assert_false(xdps_target_is_own(&target));
	attach(entry_fd, XDP_FLAGS_SKB_MODE);
	xdps_target_look(&target, &near);
	assert_true(xdps_target_is_own(&target));
	find("");
	assert_true(xdps_target_is_own(&target));
	assert_traced(entry_fd, "xdpsample_entry");
	close(entry_fd);
	close(prog_fd);
}

/* A file system for pins, in a mount namespace of our own. */
static void mount_pins(void)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL), 0);
	assert_int_equal(mkdir("/sys/fs/bpf/xdp", 0700), 0);
}

static void pin(int prog_fd, int dispatcher_fd, unsigned int nth)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/fs/bpf/xdp/dispatch-%d-%u", near.index,
		 other_id(dispatcher_fd));
	if (mkdir(path, 0700))
		assert_int_equal(errno, EEXIST);
	snprintf(path, sizeof(path), "/sys/fs/bpf/xdp/dispatch-%d-%u/prog%u-prog", near.index,
		 other_id(dispatcher_fd), nth);
	assert_int_equal(bpf_obj_pin(prog_fd, path), 0);
}

static int component_or_skip(const char *name, int dispatcher_fd, unsigned int nth)
{
	int fd = other_component(name, dispatcher_fd, nth);

	if (fd == -EPERM) {
		print_message("# this machine refuses programs that replace functions (freplace): %s\n",
			      strerror(-fd));
		skip();
	}
	if (fd < 0)
		fail_msg("%s: %s", name, strerror(-fd));
	return fd;
}

/* The 9 before the 2: by number, not as they were put there. */
static void components_by_pins(void **state)
{
	const int dispatcher_fd = other_dispatcher(10);
	int last_fd, first_fd;

	begin(state);
	attach(dispatcher_fd, XDP_FLAGS_SKB_MODE);
	last_fd = component_or_skip("xdp_last_of_all_there_are", dispatcher_fd, 9);
	first_fd = component_or_skip("xdp_first_of_all_there_are", dispatcher_fd, 2);
	mount_pins();
	pin(last_fd, dispatcher_fd, 9);
	pin(first_fd, dispatcher_fd, 2);

	find("");
	assert_traced(dispatcher_fd, "xdp_dispatcher");
	assert_int_equal(target.n_components, 2);
	assert_int_equal(target.components[0].id, other_id(first_fd));
	assert_int_equal(target.components[1].id, other_id(last_fd));
	assert_int_equal(target.components[0].type, BPF_PROG_TYPE_EXT);
	find("xdp_last_of_all_there_are");
	assert_traced(last_fd, "xdp_last_of_all_there_are");
	close(dispatcher_fd);
	close(last_fd);
	close(first_fd);
}

static void other_pins(void **state)
{
	const int dispatcher_fd = other_dispatcher(2), prog_fd = other("xdp_drop");

	begin(state);
	attach(dispatcher_fd, XDP_FLAGS_SKB_MODE);
	mount_pins();
	pin(prog_fd, dispatcher_fd, 0);
	find("");
	assert_traced(dispatcher_fd, "xdp_dispatcher");
	assert_int_equal(target.n_components, 0);
	close(dispatcher_fd);
	close(prog_fd);
}

static void components_by_links(void **state)
{
	const int dispatcher_fd = other_dispatcher(3), elsewhere_fd = other_dispatcher(1);
	int fds[4], links[4];
	char sentence[256];

	begin(state);
	attach(dispatcher_fd, XDP_FLAGS_SKB_MODE);
	fds[0] = component_or_skip("xdp_drop", dispatcher_fd, 2);
	fds[1] = component_or_skip("xdp_drop", dispatcher_fd, 0);
	fds[2] = component_or_skip("xdp_pass", dispatcher_fd, 1);
	fds[3] = component_or_skip("xdp_elsewhere", elsewhere_fd, 0);
	for (int i = 0; i < 4; i++)
		links[i] = other_put(fds[i]);
	if (!other_says_where(links[0])) {
		print_message("# links of this kernel do not say where they lead to (before 6.1)\n");
		skip();
	}

	find("");
	assert_traced(dispatcher_fd, "xdp_dispatcher");
	assert_int_equal(target.n_components, 3);
	assert_int_equal(target.components[0].id, other_id(fds[1]));
	assert_int_equal(target.components[1].id, other_id(fds[2]));
	assert_int_equal(target.components[2].id, other_id(fds[0]));
	find("xdp_pass");
	assert_traced(fds[2], "xdp_pass");
	assert_int_equal(find_as("xdp_elsewhere", XDPS_POINT_ENTRY), XDPS_BAD_OPTION);
	assert_int_equal(find_as("xdp_drop", XDPS_POINT_ENTRY), XDPS_BAD_OPTION);
	snprintf(sentence, sizeof(sentence), NEAR ": several attached XDP programs are named xdp_drop; select one by its id: xdp_drop (id %u), xdp_drop (id %u)",
		 other_id(fds[1]), other_id(fds[0]));
	assert_string_equal(err.text, sentence);

	for (int i = 0; i < 4; i++) {
		close(links[i]);
		close(fds[i]);
	}
	find("");
	assert_int_equal(target.n_components, 0);
	close(dispatcher_fd);
	close(elsewhere_fd);
}

static void nothing_stays_open(void **state)
{
	const int dispatcher_fd = other_dispatcher(1);
	int component_fd, link_fd;
	unsigned int n_fds;

	begin(state);
	attach(dispatcher_fd, XDP_FLAGS_SKB_MODE);
	component_fd = other_component("xdp_drop", dispatcher_fd, 0);
	link_fd = component_fd < 0 ? -1 : other_put(component_fd);
	xdps_target_free(&target);
	n_fds = count_fds(getpid());
	find("");
	assert_true(count_fds(getpid()) > n_fds);
	find("xdp_dispatcher");
	find_as("nope", XDPS_POINT_ENTRY);
	xdps_target_look(&target, &near);
	xdps_target_free(&target);
	assert_int_equal(count_fds(getpid()), n_fds);
	assert_int_equal(target.attached.fd, -1);
	close(link_fd);
	close(component_fd);
	close(dispatcher_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("Where no program is, none is found, and point=exit is refused", nothing_there),
		SENTENCE("A long name is whole, and it is found by that, its beginning or its id", by_any_name),
		SENTENCE("Without BTF there are 15 characters of a name", no_btf),
		SENTENCE("An unknown name is answered with those that there are", unknown_name),
		SENTENCE("A program is found in native and in generic mode, and its end is seen", either_mode),
		SENTENCE("The same program in the other mode is not the one that was found", other_mode),
		SENTENCE("A link and its update are seen", by_link),
		SENTENCE("Without CAP_SYS_ADMIN, id, mode and what helps are named", no_right),
		SENTENCE("Where no program is, CAP_SYS_ADMIN is not needed", nothing_without_right),
		SENTENCE("What leaves while it may not be looked at is not in the way", leaves_without_right),
		SENTENCE("A program that is replaced while it is looked at: its successor is found", replaced_meanwhile),
		SENTENCE("A program that goes while it is looked at is not there", gone_meanwhile),
		SENTENCE("The search gives up on programs that are replaced again and again", replaced_for_ever),
		SENTENCE("The program of another capture is known by its name", own),
		SENTENCE("Components are found by the pins of libxdp, in their order", components_by_pins),
		SENTENCE("What is pinned and replaces nothing is no component", other_pins),
		SENTENCE("Components are found by their links, in their order, and told apart by id", components_by_links),
		SENTENCE("Nothing stays open", nothing_stays_open),
	};

	return LAB_RUN("target", tests, NULL, NULL);
}

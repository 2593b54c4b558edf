// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_helper_privilege.c: the capabilities that the helper has, lacks and gives up.
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../helper/host/cpus.h"
#include "../../helper/program/filter.h"
#include "../../helper/host/kernel.h"
#include "../../helper/host/privilege.h"
#include "../unit/sentence.h"
#include "helper_lab.h"
#include "loaded.h"

#define BIT64(n) (1ULL << (n))
#define NOBODY 65534
#define CANNOT_RUN 77			/* as automake has it */

/* A copy that anybody may execute, and to which capabilities may be given. */
static char dir[] = "/tmp/xdps-helper.XXXXXX";
static char copy[sizeof(dir) + 16];

static int begin_group(void **state)
{
	char command[512];

	if (!mkdtemp(dir) || chmod(dir, 0755))
		return -1;
	snprintf(copy, sizeof(copy), "%s/helper", dir);
	snprintf(command, sizeof(command), "cp '%s' %s && chmod 755 %s",
		 getenv("XDPSAMPLE_HELPER"), copy, copy);
	if (system(command))
		return -1;
	return 0;
}

static int end_group(void **state)
{
	unlink(copy);
	return rmdir(dir);
}

#define BY_DEFAULT (BIT64(CAP_BPF) | BIT64(CAP_NET_ADMIN) | BIT64(CAP_PERFMON))

static void assert_keeps(uint64_t caps)
{
	assert_int_equal(helper_status_hex("CapPrm"), caps);
	assert_int_equal(helper_status_hex("CapEff"), caps);
	assert_int_equal(helper_status_hex("CapInh"), 0);
	assert_int_equal(helper_status_hex("CapAmb"), 0);
	assert_int_equal(helper_status_hex("NoNewPrivs"), 1);
}

/* What most filters on a port have: an offset that the packet says. */
static const struct xdps_insn indirect[] = {
	{ .code = BPF_LDX | BPF_B | BPF_MSH, .k = 14 },
	{ .code = BPF_LD | BPF_H | BPF_IND, .k = 16 },
	{ .code = BPF_RET | BPF_A },
};

static void assert_filters_in_kernel(void)
{
	helper_filter(&helper, 2, indirect, ARRAY_SIZE(indirect));
	assert_filter(&helper, 2, XDPS_FILTER_KERNEL);
	assert_string_equal(helper_text(&helper), "");
	assert_int_equal(assert_captures(1), 2);
}

static void keeps_what_filters_need(void **state)
{
	capture_near(&as_usual);
	assert_keeps(BY_DEFAULT);
	assert_filters_in_kernel();
	assert_keeps(BY_DEFAULT);
}

/* A perf ring has to be opened again when its CPU has been offline. */
static void keeps_what_perf_rings_take(void **state)
{
	const uint64_t admin = xdps_kernel_perf_paranoid() < XDPS_PARANOID_ADMIN ? 0 :
			       BIT64(CAP_SYS_ADMIN);
	struct xdps_request_open request = lab_request(NEAR);

	request.request.ring = XDPS_RING_PERF;
	helper_capture(&helper, &as_usual, &request);
	assert_keeps(BY_DEFAULT | BIT64(CAP_IPC_LOCK) | admin);
	assert_captures(1);
}

/* As in a container that was set up before there were these. */
static void sys_admin_stands_for_both(void **state)
{
	static const uint64_t lacking[] = {
		BIT64(CAP_BPF), BIT64(CAP_PERFMON), BIT64(CAP_BPF) | BIT64(CAP_PERFMON),
	};

	for (size_t i = 0; i < ARRAY_SIZE(lacking); i++) {
		const struct how how = { .without = lacking[i] };

		capture_near(&how);
		assert_keeps((BY_DEFAULT | BIT64(CAP_SYS_ADMIN)) & ~lacking[i]);
		assert_filters_in_kernel();
		assert_int_equal(helper_end(&helper), 0);
	}
}

static bool give_up(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return false;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective &= ~(uint32_t)(caps >> 32 * i);
		data[i].permitted = data[i].effective;
	}
	return !syscall(SYS_capset, &head, data);
}

static const struct xdps_insn fixed[] = {
	{ .code = BPF_LD | BPF_H | BPF_ABS, .k = 16 },
	{ .code = BPF_RET | BPF_A },
};

static enum xdps_status set_without_perfmon(const struct xdps_object *p,
					    const struct xdps_insn *insns, uint32_t n,
					    enum xdps_filter *place, struct xdps_error *err)
{
	const struct xdps_filter_spec spec = { .number = 2, .n_insns = n, .insns = insns };

	return xdps_filter_set(p, &spec, place, err);
}

static const char not_even_fixed[] = "this kernel takes no sampler at all without CAP_PERFMON";

/* In a child: what it says of the one filter and the other, or why it cannot. */
static const char *try_without_perfmon(void)
{
	static struct xdps_error err;
	static struct loaded loaded;
	enum xdps_filter place;

	if (load_alone(&loaded, &err))
		return err.text;
	if (!give_up(BIT64(CAP_PERFMON) | BIT64(CAP_SYS_ADMIN)))
		return "cannot give up capabilities";
	if (set_without_perfmon(&loaded.object, fixed, ARRAY_SIZE(fixed), &place, &err))
		return not_even_fixed;
	if (set_without_perfmon(&loaded.object, indirect, ARRAY_SIZE(indirect), &place, &err) ||
	    place != XDPS_FILTER_USER)
		return "the other one is not in user space";
	if (strncmp(err.text, "loading the filter into the kernel: ", 36))
		return err.text;
	unload(&loaded);
	return NULL;
}

static bool has_mitigations(void)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "re");

	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	return !strstr(line, "mitigations=off");
}

/* The helper itself could not open its rings then, but where everybody may. */
static void without_perfmon_user_space_filters(void **state)
{
	const char *wrong;
	int status;
	pid_t pid;

	if (!has_mitigations()) {
		print_message("# with mitigations=off nobody needs CAP_PERFMON for it\n");
		skip();
	}
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		wrong = try_without_perfmon();
		if (wrong)
			dprintf(STDOUT_FILENO, "# %s\n", wrong);
		_exit(wrong == not_even_fixed ? CANNOT_RUN : wrong != NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == CANNOT_RUN)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void missing_capability_is_named(void **state)
{
	/* with map rings some kernels do without the last one */
	static const struct {
		int cap;
		enum xdps_ring_kind ring;
		const char *words;
	} rows[] = {
		{ CAP_BPF, XDPS_RING_MAP, "cannot have CAP_BPF: not in the capturing program's bounding set" },
		{ CAP_NET_ADMIN, XDPS_RING_MAP, "cannot have CAP_NET_ADMIN: not in the capturing program's bounding set" },
		{ CAP_PERFMON, XDPS_RING_PERF, "cannot have CAP_PERFMON" },
	};
	struct xdps_request_open request = lab_request(NEAR);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct how how = {
			.without = BIT64(rows[i].cap) | BIT64(CAP_SYS_ADMIN),
		};

		request.request.ring = rows[i].ring;
		helper_open(&helper, &how, &request);
		assert_error(&helper, XDPS_NO_PERMISSION, rows[i].words);
		if (request.request.ring == XDPS_RING_MAP)
			assert_null(strstr(helper_text(&helper), ", CAP_"));
		assert_int_equal(helper_end(&helper), 1);
		assert_string_equal(lab_xdp(NEAR, NULL), "none");
	}
}

static void no_raw_is_a_warning(void **state)
{
	const struct how how = { .without = BIT64(CAP_NET_RAW) };
	struct xdps_request_open request = lab_request(NEAR);

	helper_capture(&helper, &how, &request);
	assert_string_equal(helper_text(&helper), "");
	assert_int_equal(helper.reply.ready.has_inject, 0);
	assert_captures(1);
	assert_int_equal(helper_end(&helper), 0);

	request.request.promisc = 1;
	helper_capture(&helper, &how, &request);
	assert_non_null(strstr(helper_text(&helper), "promiscuous mode"));
	assert_non_null(strstr(helper_text(&helper), "CAP_NET_RAW"));
	assert_captures(2);
	assert_int_equal(helper_end(&helper), 0);
}

/* Where perf_event_paranoid is 3, too, as on Debian's kernels. */
static void map_rings_need_neither(void **state)
{
	const struct how how = {
		.without = BIT64(CAP_SYS_ADMIN) | BIT64(CAP_IPC_LOCK),
		.locked_bytes = 1,
	};
	struct xdps_request_open request = lab_request(NEAR);

	if (xdps_kernel_is_before(5, 11)) {
		print_message("# before 5.11 maps, too, are counted against RLIMIT_MEMLOCK\n");
		skip();
	}
	request.request.buffer_bytes = 64 << 20;
	helper_capture(&helper, &how, &request);
	assert_int_equal(helper.ready.ring_kind, XDPS_RING_MAP);
	assert_captures(3);
	assert_int_equal(helper_end(&helper), 0);
}

static void perf_rings_need_sys_admin(void **state)
{
	const struct how how = { .without = BIT64(CAP_SYS_ADMIN) };
	struct xdps_request_open request = lab_request(NEAR);

	if (xdps_kernel_perf_paranoid() < XDPS_PARANOID_ADMIN) {
		print_message("# kernel.perf_event_paranoid is below 3\n");
		skip();
	}
	request.request.ring = XDPS_RING_PERF;
	helper_open(&helper, &how, &request);
	assert_error(&helper, XDPS_NO_PERMISSION, "kernel.perf_event_paranoid is 3");
	assert_non_null(strstr(helper_text(&helper), "CAP_SYS_ADMIN"));
	assert_int_equal(helper_end(&helper), 1);
}

static void memory_limit_is_named(void **state)
{
	const struct how how = { .path = copy, .without = BIT64(CAP_IPC_LOCK),
				 .locked_bytes = 1 };
	struct xdps_request_open request = lab_request(NEAR);

	if (xdps_kernel_perf_paranoid() < 0) {
		print_message("# kernel.perf_event_paranoid is below 0: no limit\n");
		skip();
	}
	if (xdps_kernel_is_before(5, 11)) {
		print_message("# before 5.11 libbpf lifts RLIMIT_MEMLOCK, for maps and so for rings\n");
		skip();
	}
	request.request.ring = XDPS_RING_PERF;
	request.request.buffer_bytes = 2 * 1024 * sysconf(_SC_NPROCESSORS_ONLN) *
			   xdps_kernel_perf_mlock_kib();
	helper_open(&helper, &how, &request);
	assert_error(&helper, XDPS_NO_PERMISSION, "CAP_IPC_LOCK");
	assert_non_null(strstr(helper_text(&helper), "perf_event_mlock_kb ("));
	assert_non_null(strstr(helper_text(&helper), "RLIMIT_MEMLOCK (0 KiB)"));
	assert_int_equal(helper_end(&helper), 1);
	assert_string_equal(lab_xdp(NEAR, NULL), "none");
}

static void no_new_privs_is_named(void **state)
{
	const struct how how = { .path = copy, .uid = NOBODY, .no_new_privs = true };

	open_near(&how);
	assert_error(&helper, XDPS_NO_PERMISSION, "cannot gain CAP_BPF, CAP_NET_ADMIN");
	assert_non_null(strstr(helper_text(&helper), "no_new_privs is set"));
}

static void user_namespace_is_named(void **state)
{
	const struct how how = { .path = copy, .in_user_namespace = true };

	open_near(&how);
	assert_error(&helper, XDPS_NO_PERMISSION, "user namespace");
}

static void plain_file_is_named(void **state)
{
	const struct how how = { .path = copy, .uid = NOBODY };
	char words[128];

	open_near(&how);
	assert_error(&helper, XDPS_NO_PERMISSION, "loading the BPF programs: the helper");
	if (strstr(helper_text(&helper), "nosuid")) {
		print_message("# /tmp is mounted nosuid\n");
		skip();
	}
	snprintf(words, sizeof(words), "cap_net_raw%s=ep %s",
		 xdps_kernel_is_before(5, 11) ? ",cap_sys_resource" : "", copy);
	assert_non_null(strstr(helper_text(&helper), words));
}

/* Does what the sentence says. */
static void advice_helps(void **state)
{
	const struct how how = { .path = copy, .uid = NOBODY };
	char *command;

	open_near(&how);
	command = strstr(helper_text(&helper), "setcap ");
	if (!command || system(command)) {
		print_message("# no file capabilities can be had in /tmp\n");
		skip();
	}
	helper_end(&helper);
	capture_near(&how);
	assert_string_equal(helper_text(&helper), "");
	assert_int_equal(helper.reply.ready.has_inject, 1);
	assert_captures(8);
	assert_keeps(BY_DEFAULT);
	assert_filters_in_kernel();
	assert_int_equal(helper_end(&helper), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE("It keeps CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON only", keeps_what_filters_need),
		SENTENCE("With perf rings it keeps what opening them takes", keeps_what_perf_rings_take),
		SENTENCE("It keeps CAP_SYS_ADMIN where that stands for CAP_BPF or CAP_PERFMON", sys_admin_stands_for_both),
		SENTENCE("Without CAP_PERFMON user space filters by computed offsets", without_perfmon_user_space_filters),
		SENTENCE("A capability that is missing is named", missing_capability_is_named),
		SENTENCE("Without CAP_NET_RAW there is a warning, if it matters", no_raw_is_a_warning),
		SENTENCE("Map rings need neither CAP_SYS_ADMIN nor CAP_IPC_LOCK", map_rings_need_neither),
		SENTENCE("Perf rings need CAP_SYS_ADMIN where the sysctl is 3", perf_rings_need_sys_admin),
		SENTENCE("Without CAP_IPC_LOCK the limits are named", memory_limit_is_named),
		SENTENCE("With no_new_privs that is named", no_new_privs_is_named),
		SENTENCE("In a user namespace that is named", user_namespace_is_named),
		SENTENCE("A file without capabilities is named, with the command", plain_file_is_named),
		SENTENCE("The command helps an ordinary user", advice_helps),
	};

	return LAB_RUN("helper privilege", tests, begin_group, end_group);
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * privilege.c: the capabilities that the helper has, lacks and gives up.
 *
 * It uses system calls: libcap is not worth a dependency for three calls.
 */
#include "privilege.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../common/error.h"

#include "kernel.h"

#ifndef CAP_PERFMON			/* kernel headers before 5.8 */
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#define BIT64(n) (1ULL << (n))

/* After xdps_privilege_drop() it says nothing about who started us. */
static bool is_no_new_privs_ours;

/* What limits the capabilities of a process. */
struct bounds {
	uint64_t bounding;
	bool no_new_privs;
	bool in_user_namespace;
};

/* In the order in which messages name them. */
static const struct {
	int cap;
	const char *name;
} names[] = {
	{ CAP_BPF, "CAP_BPF" },
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
	{ CAP_PERFMON, "CAP_PERFMON" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
};

static uint64_t effective(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

bool xdps_privilege_has(int cap)
{
	return effective() & BIT64(cap);
}

/* CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON, which were split off from it. */
static uint64_t missing(uint64_t need)
{
	uint64_t have = effective();

	if (have & BIT64(CAP_SYS_ADMIN))
		need &= ~(BIT64(CAP_BPF) | BIT64(CAP_PERFMON));
	return need & ~have;
}

/*
 * Without CAP_PERFMON, few kernels accept a sampler: those that run with mitigations=off,
 * and 6.18 for perf rings, which then cannot be opened.
 */
static const uint64_t needed_to_open = BIT64(CAP_BPF) | BIT64(CAP_NET_ADMIN) | BIT64(CAP_PERFMON);

bool xdps_privilege_is_short(void)
{
	return missing(needed_to_open);
}

/* CAP_SYS_ADMIN, if this is a Debian kernel that requires it to open a perf ring. */
static uint64_t needed_by_perf(void)
{
	return xdps_kernel_perf_paranoid() >= XDPS_PARANOID_ADMIN ? BIT64(CAP_SYS_ADMIN) : 0;
}

static void list_names(uint64_t caps, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(caps & BIT64(names[i].cap)) || len >= size)
			continue;
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
				names[i].name);
	}
}

/* The initial user namespace maps all ids to themselves. */
static bool in_user_namespace(void)
{
	unsigned long inside, outside, count;
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool is_first;

	if (!f)
		return false;
	is_first = fscanf(f, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
		   !inside && !outside && count == UINT32_MAX;
	fclose(f);
	return !is_first;
}

static void read_bounds(struct bounds *b)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int nnp;

	*b = (struct bounds){ .bounding = UINT64_MAX };
	b->in_user_namespace = in_user_namespace();
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapBnd: %" SCNx64, &b->bounding) == 1)
			continue;
		if (sscanf(line, "NoNewPrivs: %d", &nnp) == 1)
			b->no_new_privs = nnp && !is_no_new_privs_ours;
	}
	fclose(f);
}

static void own_path(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);

	snprintf(buf + (n > 0 ? n : 0), size - (n > 0 ? n : 0), "%s",
		 n > 0 ? "" : "xdpsample-helper");
}

static bool on_nosuid(const char *path)
{
	struct statvfs fs;

	return !statvfs(path, &fs) && fs.f_flag & ST_NOSUID;
}

/* `lacking` is included even if most captures do not need it. */
static void write_remedy(char *buf, size_t size, uint64_t lacking)
{
	char path[PATH_MAX];

	own_path(path, sizeof(path));
	/* A package's own command for its file, which it also runs on upgrades. */
	if (XDPS_GRANT_COMMAND[0] && !strcmp(path, XDPS_HELPER_PATH)) {
		snprintf(buf, size, "%s", XDPS_GRANT_COMMAND);
		return;
	}
	snprintf(buf, size,
		 "setcap cap_bpf,cap_net_admin,cap_perfmon,cap_ipc_lock,cap_net_raw%s%s=ep %s",
		 xdps_kernel_is_before(5, 11) ? ",cap_sys_resource" : "",
		 lacking & BIT64(CAP_SYS_ADMIN) ? ",cap_sys_admin" : "", path);
}

void xdps_privilege_remedy(char *buf, size_t size)
{
	write_remedy(buf, size, needed_by_perf());
}

/* An ordinary user's helper has the capabilities of its file. */
static enum xdps_status fail_file(struct xdps_error *err, const char *doing,
				  uint64_t lacking)
{
	char path[sizeof(err->text)], remedy[sizeof(err->text)], list[128];

	list_names(lacking, list, sizeof(list));
	own_path(path, sizeof(path));
	if (on_nosuid(path))
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "%s: the helper lacks %s, because its file system is mounted nosuid; run as root, or move it to another file system: %s",
				 doing, list, path);
	write_remedy(remedy, sizeof(remedy), lacking);
	return xdps_fail(err, XDPS_NO_PERMISSION,
			 "%s: the helper's file lacks %s; as root: %s",
			 doing, list, remedy);
}

/*
 * The helper has everything that it needs, and was refused all the same.  That is not a
 * lack of permission, unless another privilege would help.
 */
static enum xdps_status fail_elsewhere(struct xdps_error *err, int rc,
				       const char *doing)
{
	if (in_user_namespace())
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "%s: %s; the helper has its capabilities only in a user namespace (a rootless container?), but the kernel requires them on the host",
				 doing, strerror(-rc));
	if (xdps_kernel_is_before(5, 11) && !xdps_privilege_has(CAP_SYS_RESOURCE))
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "%s: %s; this kernel counts BPF memory against RLIMIT_MEMLOCK: raise it (ulimit -l unlimited), or add cap_sys_resource to the helper's file",
				 doing, strerror(-rc));
	return xdps_fail(err, XDPS_UNSUPPORTED,
			 "%s: %s, although the helper has the capabilities; a security module, seccomp or kernel lockdown forbids it",
			 doing, strerror(-rc));
}

static enum xdps_status fail_missing(struct xdps_error *err, const char *doing,
				     uint64_t lacking)
{
	struct bounds b;
	char list[128];

	read_bounds(&b);
	if (lacking & ~b.bounding) {
		list_names(lacking & ~b.bounding, list, sizeof(list));
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "%s: the helper cannot have %s: not in the capturing program's bounding set (a container, or CapabilityBoundingSet= of its service)",
				 doing, list);
	}
	list_names(lacking, list, sizeof(list));
	if (b.no_new_privs)
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "%s: the helper cannot gain %s: no_new_privs is set for the capturing program (NoNewPrivileges= of its service, or a sandbox)",
				 doing, list);
	if (b.in_user_namespace)
		return xdps_fail(err, XDPS_NO_PERMISSION,
				 "%s: the helper lacks %s, and cannot gain it in a user namespace (a rootless container?)",
				 doing, list);
	return fail_file(err, doing, lacking);
}

static enum xdps_status fail(struct xdps_error *err, int rc, uint64_t lacking,
			     const char *doing)
{
	if (rc != -EPERM && rc != -EACCES)
		return xdps_fail_errno(err, rc, "%s", doing);
	return lacking ? fail_missing(err, doing, lacking)
		       : fail_elsewhere(err, rc, doing);
}

enum xdps_status xdps_privilege_fail(struct xdps_error *err, int rc,
				     const char *doing)
{
	return fail(err, rc, missing(needed_to_open), doing);
}

enum xdps_status xdps_privilege_fail_perf(struct xdps_error *err, int rc,
					  const char *doing)
{
	return fail(err, rc, missing(needed_to_open | needed_by_perf()), doing);
}

enum xdps_status xdps_privilege_fail_for(struct xdps_error *err, int rc, int cap,
					 const char *doing)
{
	return fail(err, rc, BIT64(cap) & ~effective(), doing);
}

/*
 * CAP_PERFMON: without it the verifier rejects computed offsets into a packet
 * (sanitize_ptr_alu()), which every filter on a port behind an IP header has.
 */
static uint64_t needed_by_filters(void)
{
	uint64_t caps = BIT64(CAP_BPF) | BIT64(CAP_NET_ADMIN) | BIT64(CAP_PERFMON);

	if (!xdps_privilege_has(CAP_BPF) || !xdps_privilege_has(CAP_PERFMON))
		caps |= BIT64(CAP_SYS_ADMIN);
	return caps;
}

enum xdps_status xdps_privilege_fail_filter(struct xdps_error *err, int rc,
					    const char *doing)
{
	return fail(err, rc, missing(needed_by_filters() & ~BIT64(CAP_SYS_ADMIN)), doing);
}

static uint64_t needed_for(enum xdps_purpose purpose)
{
	uint64_t caps = needed_by_filters();

	if (purpose & XDPS_TO_FIND)
		caps |= BIT64(CAP_SYS_ADMIN);
	if (purpose & XDPS_TO_OPEN_PERF)
		caps |= needed_by_perf() | BIT64(CAP_IPC_LOCK);
	return caps;
}

enum xdps_status xdps_privilege_drop(enum xdps_purpose purpose, struct xdps_error *err)
{
	const uint64_t keep = needed_for(purpose);
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (!prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))
		is_no_new_privs_ours = true;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
	    syscall(SYS_capget, &head, data))
		return xdps_fail_errno(err, -errno, "dropping privileges");

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data))
		return xdps_fail_errno(err, -errno, "dropping capabilities");
	return XDPS_OK;
}

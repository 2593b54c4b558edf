// SPDX-License-Identifier: BSD-3-Clause
/*
 * launch.c: starts the helper so that it is not a child of the application.
 *
 * The application may do anything with its children: wait for all of them, count
 * SIGCHLDs, ignore them.  So the helper must not be one of them.  It is spawned by a
 * short-lived process that shares our memory and is cloned without an exit signal.  That
 * process is reaped with __WCLONE, which nobody else uses, and leaves the helper to init.
 * (The application would notice a plain child, a double fork, and a clone that executes
 * the helper itself.)
 */
#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES (256 << 10)		/* for posix_spawn() in the clone */

/* What the clone needs, and what it returns through the shared memory. */
struct start {
	const char *path;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;				/* of posix_spawn() */
	int pidfd;			/* of the helper */
};

/*
 * A caller that is not root but has capabilities (from its file, for example) would lose
 * them on exec.  Ambient capabilities are kept, unless the helper's file has its own.
 * This changes the clone's credentials, not the application's.
 */
static void pass_on_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (!geteuid() || syscall(SYS_capget, &head, data))
		return;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].inheritable |= data[i].permitted;
	if (syscall(SYS_capset, &head, data))
		return;
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (data[CAP_TO_INDEX(cap)].permitted & CAP_TO_MASK(cap))
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

/*
 * Runs on its own stack in our memory, while we sleep.  As the helper's parent it can
 * open a pidfd that certainly refers to the helper.
 */
static int spawn_orphan(void *arg)
{
	struct start *s = arg;
	char *argv[] = { (char *)"xdpsample-helper", NULL };
	char *envp[] = { NULL };	/* keeps LD_PRELOAD and the like out */
	pid_t pid;

	pass_on_capabilities();
	s->rc = posix_spawn(&pid, s->path, &s->files, &s->attr, argv, envp);
	if (!s->rc)
		s->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	_exit(0);
}

/*
 * The helper has the socket on descriptor 0 and, until its main() runs, on 1 and 2.  So
 * the dynamic loader's error messages reach us as a message, and nothing needs /dev/null,
 * which an application in a chroot may not have.  If the helper is given our stderr, it
 * keeps that on descriptor 2 for good (helper/host/debug.h).  It has its own session, so that
 * Ctrl-C in the application's terminal does not reach it.  Returns 0 or a negative errno.
 */
static int describe_helper(struct start *s, int sock, bool with_stderr)
{
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	rc = posix_spawn_file_actions_adddup2(&s->files, sock, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&s->files, 0, 1);
	if (!rc && !with_stderr)
		rc = posix_spawn_file_actions_adddup2(&s->files, 0, 2);
	if (!rc)
		rc = posix_spawnattr_setsigmask(&s->attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(&s->attr, &all);
	if (!rc)
		rc = posix_spawnattr_setflags(&s->attr, POSIX_SPAWN_SETSID |
					      POSIX_SPAWN_SETSIGMASK |
					      POSIX_SPAWN_SETSIGDEF);
	return -rc;
}

/*
 * Signals are blocked, because a handler must not run in two processes that share memory.
 * CLONE_FILES makes the pidfd that the clone opens ours.  Returns 0 or a negative errno.
 */
static int clone_and_reap(struct start *s)
{
	sigset_t all, old;
	char *stack;
	pid_t pid;
	int rc = 0;

	stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return -errno;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = clone(spawn_orphan, stack + STACK_BYTES,
		    CLONE_VM | CLONE_FILES | CLONE_VFORK, s);
	if (pid < 0)
		rc = -errno;
	else
		while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &old, NULL);

	munmap(stack, STACK_BYTES);
	return rc ? rc : -s->rc;
}

int xdps_launch(const char *path, int sock, bool with_stderr, int *pidfd)
{
	struct start s = { .path = path, .pidfd = -1 };
	int rc;

	rc = -posix_spawn_file_actions_init(&s.files);
	if (rc)
		return rc;
	rc = -posix_spawnattr_init(&s.attr);
	if (!rc) {
		rc = describe_helper(&s, sock, with_stderr);
		if (!rc)
			rc = clone_and_reap(&s);
		posix_spawnattr_destroy(&s.attr);
	}
	posix_spawn_file_actions_destroy(&s.files);
	*pidfd = s.pidfd;
	return rc;
}

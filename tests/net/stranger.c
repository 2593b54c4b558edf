// SPDX-License-Identifier: BSD-3-Clause
/*
 * stranger.c: what others do to the interface that is captured, where ip and bpftool
 * cannot.
 *
 *	stranger link INTERFACE OBJECT PROGRAM
 *		attaches it by a bpf_link, in native mode, and says "at ID"; on SIGUSR1
 *		another one takes its place there, and "at ID" is said again.  The link
 *		goes when this process does.
 *	stranger crowd ID
 *		traces this XDP program as often as the kernel allows, and says how often
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "must.h"
#include "tracer.h"

#define CROWD_MAX 1000

/* SIGUSR1 is blocked. */
static void wait_for_script(void)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &got);
}

static uint32_t id_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 bytes = sizeof(info);

	must(!bpf_obj_get_info_by_fd(fd, &info, &bytes), "program: %s", strerror(errno));
	return info.id;
}

static int load(const char *path, const char *name)
{
	struct bpf_object *obj = bpf_object__open(path);
	struct bpf_program *prog;

	must(obj && !bpf_object__load(obj), "%s: %s", path, strerror(errno));
	prog = bpf_object__find_program_by_name(obj, name);
	must(prog, "%s: no program %s", path, name);
	return bpf_program__fd(prog);
}

static void say_at(int prog_fd)
{
	printf("at %u\n", id_of(prog_fd));
	fflush(stdout);
}

static void link_it(char **args)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	int prog_fd = load(args[1], args[2]), link_fd;

	link_fd = bpf_link_create(prog_fd, (int)if_nametoindex(args[0]), BPF_XDP, &opts);
	must(link_fd >= 0, "%s: %s", args[0], strerror(-link_fd));
	for (;;) {
		say_at(prog_fd);
		wait_for_script();
		prog_fd = load(args[1], args[2]);
		must(!bpf_link_update(link_fd, prog_fd, NULL), "update: %s", strerror(errno));
	}
}

/* False: the kernel allows no more. */
static bool join(int target_fd, uint32_t function)
{
	int fd = load_tracer("stranger", BPF_TRACE_FENTRY, target_fd, function), link_fd;

	must(fd >= 0, "loading what traces it: %s", strerror(-fd));
	link_fd = bpf_raw_tracepoint_open(NULL, fd);
	must(link_fd >= 0 || link_fd == -E2BIG, "tracing it: %s", strerror(-link_fd));
	return link_fd >= 0;
}

static void crowd(const char *id)
{
	int fd = bpf_prog_get_fd_by_id((uint32_t)atoi(id)), n;
	uint32_t function;

	must(fd >= 0, "program %s: %s", id, strerror(-fd));
	function = main_function(fd);
	must(function, "the program has no type");
	for (n = 0; join(fd, function); n++)
		must(n < CROWD_MAX, "there is no limit");
	printf("%d trace it\n", n);
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (argc == 5 && !strcmp(argv[1], "link"))
		link_it(argv + 2);
	else if (argc == 3 && !strcmp(argv[1], "crowd"))
		crowd(argv[2]);
	fprintf(stderr, "usage: stranger link INTERFACE OBJECT PROGRAM | crowd ID\n");
	return 2;
}

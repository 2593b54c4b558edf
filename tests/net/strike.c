// SPDX-License-Identifier: BSD-3-Clause
/*
 * strike.c: captures that die at random moments beside an XDP program in a flood.
 *
 *	strike ROUNDS SEED NETNS SENDER INTERFACE ID HELPER COMMAND...
 *
 * Sends on SENDER of NETNS to INTERFACE, where the program ID of verdicts.bpf.c is.
 * In each round one COMMAND, which says "listening on" or "ready", captures; it or
 * its HELPER is killed.  Then nothing of it may be left, and the program has decided
 * about every packet as it was asked to.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flood.h"
#include "helpers.h"
#include "must.h"
#include "patience.h"

#define ACTIONS 3		/* aborted, drop, pass */
#define BURST 32		/* packets that a veth pair has room for */
#define IDS_MAX 4096
#define KINDS 2			/* programs and maps */
#define NICENESS 5
#define MOMENT_US 300000	/* random moments are up to so late */

struct frame {
	struct headers headers;
	uint8_t action;		/* ORDER_AT of verdicts.bpf.c */
	uint8_t rest[21];
} __attribute__((packed));

/* Of both processes. */
struct flood {
	_Atomic uint64_t sent[ACTIONS];
	atomic_bool pause, paused;
};

/* One kind of the kernel's objects. */
struct kind {
	const char *name;
	const char *id_name;	/* in /proc/PID/fdinfo */
	int (*next)(uint32_t, uint32_t *);
	int (*open)(uint32_t);
	uint32_t info_bytes;
	size_t name_at;		/* in that */
};

/* All that the kernel has of one kind. */
struct ids {
	uint32_t at[IDS_MAX];
	unsigned int n;
};

static struct {
	int rounds;
	unsigned int seed;
	const char *netns, *sender, *interface;
	uint32_t id;
	const char *helper;
	char **commands;
	int n_commands;

	int decided_fd;			/* the program's own counts */
	uint64_t decided_before[ACTIONS];
	int stack_fd;			/* sees what has passed */
	uint64_t passed;
	struct flood *flood;
	pid_t flood_pid;
	struct ids before[KINDS];
} lab;

static struct {
	int consumers, helpers, early;
	double opening_s;		/* the longest times */
	double leaving_s;
} done;

/* What the kernel has. */

static void list(struct ids *ids, int (*next)(uint32_t, uint32_t *))
{
	uint32_t id = 0;

	for (ids->n = 0; !next(id, &id); ids->n++) {
		must(ids->n < IDS_MAX, "too many BPF objects");
		ids->at[ids->n] = id;
	}
}

static bool has(const struct ids *ids, uint32_t id)
{
	for (unsigned int i = 0; i < ids->n; i++)
		if (ids->at[i] == id)
			return true;
	return false;
}

/* A link's program is there as long as the link. */
static const struct kind kinds[KINDS] = {
	{ "a program", "prog_id", bpf_prog_get_next_id, bpf_prog_get_fd_by_id,
	  sizeof(struct bpf_prog_info), offsetof(struct bpf_prog_info, name) },
	{ "a map", "map_id", bpf_map_get_next_id, bpf_map_get_fd_by_id,
	  sizeof(struct bpf_map_info), offsetof(struct bpf_map_info, name) },
};

static bool read_name(const struct kind *kind, int fd, char *name)
{
	union {
		struct bpf_prog_info program;
		struct bpf_map_info map;
		char bytes[1];
	} info = { 0 };
	uint32_t bytes = kind->info_bytes;

	if (bpf_obj_get_info_by_fd(fd, &info, &bytes))
		return false;
	memcpy(name, info.bytes + kind->name_at, BPF_OBJ_NAME_LEN);
	return true;
}

/* By its name; what is gone meanwhile is not. */
static bool is_of_a_helper(const struct kind *kind, uint32_t id)
{
	static const char *const names[] = {
		"perf_rings", "map_rings", "doorbell", "cpus", "chain", "slot", "scratches"
	};
	char name[BPF_OBJ_NAME_LEN];
	int fd = kind->open(id);
	bool is_named;

	if (fd < 0)
		return false;
	is_named = read_name(kind, fd, name);
	close(fd);
	for (size_t i = 0; is_named && i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(name, names[i], sizeof(name)))
			return true;
	return is_named && (!strncmp(name, "xdps_", 5) || !strncmp(name, "xdpsample_", 10));
}

static bool says_id(const char *fdinfo, const char *id_name, uint32_t id)
{
	FILE *file = fopen(fdinfo, "re");
	char line[256], wanted[64];
	bool found = false;

	snprintf(wanted, sizeof(wanted), "%s:\t%u\n", id_name, id);
	while (file && !found && fgets(line, sizeof(line), file))
		found = !strcmp(line, wanted);
	if (file)
		fclose(file);
	return found;
}

static bool process_holds(const char *pid, const struct kind *kind, uint32_t id)
{
	char path[64], file[384];
	struct dirent *entry;
	bool holds = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/fdinfo", pid);
	dir = opendir(path);
	while (dir && !holds && (entry = readdir(dir))) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		holds = says_id(file, kind->id_name, id);
	}
	if (dir)
		closedir(dir);
	return holds;
}

/* By a capture of another test, which runs in another network namespace. */
static bool is_held_elsewhere(const struct kind *kind, uint32_t id)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	bool holds = false;

	must(dir, "/proc: %s", strerror(errno));
	while (!holds && (entry = readdir(dir)))
		holds = atoi(entry->d_name) > 0 && !is_in_this_network(entry->d_name) &&
			process_holds(entry->d_name, kind, id);
	closedir(dir);
	return holds;
}

static bool has_new(const struct kind *kind, const struct ids *before)
{
	static struct ids now;

	list(&now, kind->next);
	for (unsigned int i = 0; i < now.n; i++)
		if (!has(before, now.at[i]) && is_of_a_helper(kind, now.at[i]) &&
		    !is_held_elsewhere(kind, now.at[i]))
			return true;
	return false;
}

static const char *what_is_new(void)
{
	for (int i = 0; i < KINDS; i++)
		if (has_new(&kinds[i], &lab.before[i]))
			return kinds[i].name;
	return NULL;
}

/* Its process, or 0.  There is only one, for every round waits for the last one's end. */
static pid_t find_helper(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	must(dir, "/proc: %s", strerror(errno));
	while (!found && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && is_helper(entry->d_name, lab.helper))
			found = atoi(entry->d_name);
	closedir(dir);
	return found;
}

/* The flood. */

static uint64_t decided(uint32_t action)
{
	uint64_t n;

	must(!bpf_map_lookup_elem(lab.decided_fd, &action, &n), "counts: %s", strerror(errno));
	return n - lab.decided_before[action];
}

static bool all_decided(void)
{
	uint64_t missing = 0;

	for (int i = 0; i < ACTIONS; i++)
		missing += lab.flood->sent[i] - decided(i);
	return !missing;
}

/* No more are on their way than there is room for, so that none is lost there. */
static void send_burst(int fd, struct frame *frames)
{
	double end = deadline_s();

	for (int i = 0; i < BURST; i++) {
		int action = i % ACTIONS;

		must(send(fd, &frames[action], sizeof(*frames), 0) == sizeof(*frames),
		     "send: %s", strerror(errno));
		lab.flood->sent[action]++;
	}
	while (!all_decided()) {
		must(now_s() < end, "packets that the program has not seen");
		sched_yield();
	}
}

static void run_flood(void)
{
	struct frame frames[ACTIONS];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open_sender(lab.netns, lab.sender);
	must(nice(NICENESS) == NICENESS, "nice: %s", strerror(errno));
	for (int i = 0; i < ACTIONS; i++)
		frames[i] = (struct frame){
			.headers = headers_to(9, sizeof(frames[i])), .action = i
		};
	for (;;) {
		lab.flood->paused = lab.flood->pause;
		if (lab.flood->paused)
			usleep(500);
		else
			send_burst(fd, frames);
	}
}

static void start_flood(void)
{
	lab.flood = mmap(NULL, sizeof(*lab.flood), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(lab.flood != MAP_FAILED, "mmap: %s", strerror(errno));
	lab.flood_pid = fork();
	must(lab.flood_pid >= 0, "fork: %s", strerror(errno));
	if (!lab.flood_pid)
		run_flood();
}

static void pause_flood(void)
{
	double end = deadline_s();

	lab.flood->pause = true;
	while (!lab.flood->paused) {
		must(now_s() < end && !waitpid(lab.flood_pid, NULL, WNOHANG), "no flood any more");
		usleep(500);
	}
}

/* The program beside which all this is. */

static int find_map(const char *name)
{
	int fd = bpf_prog_get_fd_by_id(lab.id), map_fd;
	uint32_t ids[8];
	struct bpf_prog_info info = { .nr_map_ids = 8, .map_ids = (uintptr_t)ids };
	__u32 bytes = sizeof(info);

	must(fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &bytes), "program %u: %s", lab.id,
	     strerror(errno));
	for (__u32 i = 0; i < info.nr_map_ids && i < 8; i++) {
		struct bpf_map_info map = { 0 };

		bytes = sizeof(map);
		map_fd = bpf_map_get_fd_by_id(ids[i]);
		must(map_fd >= 0 && !bpf_obj_get_info_by_fd(map_fd, &map, &bytes), "map %u: %s",
		     ids[i], strerror(errno));
		if (!strcmp(map.name, name))
			return close(fd), map_fd;
		close(map_fd);
	}
	must(false, "program %u has no map %s", lab.id, name);
	return -1;
}

static void check_program(int round)
{
	double end = deadline_s();
	uint32_t id = 0;

	must(!bpf_xdp_query_id((int)if_nametoindex(lab.interface), XDP_FLAGS_DRV_MODE, &id) &&
	     id == lab.id, "round %d: program %u is attached, not %u", round, id, lab.id);
	for (int i = 0; i < ACTIONS; i++)
		must(decided(i) == lab.flood->sent[i],
		     "round %d: %lu packets sent to get action %d, %lu have", round,
		     (unsigned long)lab.flood->sent[i], i, (unsigned long)decided(i));
	do
		lab.passed += newly_passed(lab.stack_fd);
	while (lab.passed < lab.flood->sent[XDP_PASS] && now_s() < end);
	must(lab.passed == lab.flood->sent[XDP_PASS], "round %d: %lu packets have passed of %lu",
	     round, (unsigned long)lab.passed, (unsigned long)lab.flood->sent[XDP_PASS]);
}

/* A round. */

static pid_t start_capture(const char *command, int *said_fd)
{
	int fds[2];
	pid_t pid;

	must(!pipe2(fds, O_CLOEXEC), "pipe: %s", strerror(errno));
	pid = fork();
	must(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	close(fds[1]);
	*said_fd = fds[0];
	return pid;
}

static void await_ready(int fd, const char *command)
{
	double end = deadline_s();
	char said[4096] = "";
	size_t len = 0;
	ssize_t n;

	while (!strstr(said, "listening on") && !strstr(said, "ready")) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		must(now_s() < end, "%s: not ready: %s", command, said);
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = read(fd, said + len, sizeof(said) - 1 - len);
		must(n > 0, "%s: ended early: %s", command, said);
		len += n;
		said[len] = '\0';
	}
}

static void await_end(pid_t pid, int round, pid_t struck)
{
	double end = deadline_s();

	while (!waitpid(pid, NULL, WNOHANG)) {
		must(now_s() < end, "round %d: capture %d did not end when process %d was killed",
		     round, pid, struck);
		usleep(1000);
	}
}

/*
 * Its orphans become our children (PR_SET_CHILD_SUBREAPER).  To look for a helper
 * is not enough: a capture that dies while it starts one leaves a process that
 * will still do so, and the next round would kill that helper for its own.
 */
static bool orphans_left(void)
{
	char path[64], children[256] = "";
	FILE *file;
	size_t len;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	file = fopen(path, "re");
	must(file, "%s: %s", path, strerror(errno));
	len = fread(children, 1, sizeof(children) - 1, file);
	fclose(file);
	children[len] = '\0';
	must(len, "no flood any more");
	return strchr(children, ' ') != children + len - 1;	/* another than the flood */
}

static void await_nothing_left(int round)
{
	double start = now_s(), end = deadline_s(), took;
	const char *left;

	for (;;) {
		left = orphans_left() ? "a process" : what_is_new();
		if (!left)
			break;
		must(now_s() < end, "round %d: %s is left", round, left);
		usleep(1000);
	}
	took = now_s() - start;
	if (took > done.leaving_s)
		done.leaving_s = took;
}

/*
 * What says nothing yet may have no helper yet: then it is the one who dies.
 * Says who did.
 */
static pid_t strike(pid_t capture, bool at_helper)
{
	pid_t helper = at_helper ? find_helper() : 0;
	pid_t struck = helper ? helper : capture;

	must(!kill(struck, SIGKILL), "kill: %s", strerror(errno));
	if (helper)
		done.helpers++;
	else
		done.consumers++;
	return struck;
}

/* While it opens, which is when -1 is given, or while it captures. */
static void wait_a_moment(int said_fd, const char *command)
{
	double start = now_s();

	if (said_fd < 0) {
		done.early++;
		usleep(random() % (MOMENT_US + (int)(1e6 * done.opening_s)));
		return;
	}
	await_ready(said_fd, command);
	if (now_s() - start > done.opening_s)
		done.opening_s = now_s() - start;
	usleep(random() % MOMENT_US);
}

static void play(int round)
{
	const char *command = lab.commands[round % lab.n_commands];
	bool early = random() % 4 == 0;
	pid_t pid, struck;
	int said_fd;

	lab.flood->pause = false;
	pid = start_capture(command, &said_fd);
	wait_a_moment(early ? -1 : said_fd, command);
	struck = strike(pid, random() % 2);
	await_end(pid, round, struck);
	close(said_fd);
	await_nothing_left(round);
	pause_flood();
	check_program(round);
}

static void prepare(char **argv)
{
	lab.rounds = atoi(argv[1]);
	lab.seed = strtoul(argv[2], NULL, 10);
	lab.netns = argv[3];
	lab.sender = argv[4];
	lab.interface = argv[5];
	lab.id = strtoul(argv[6], NULL, 10);
	lab.helper = argv[7];
	lab.commands = argv + 8;
	while (lab.commands[lab.n_commands])
		lab.n_commands++;
	srandom(lab.seed);
	lab.decided_fd = find_map("decided");
	for (int i = 0; i < ACTIONS; i++)
		lab.decided_before[i] = decided(i);
	must(!prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl: %s", strerror(errno));
	lab.stack_fd = open_witness(lab.interface);
	for (int i = 0; i < KINDS; i++)
		list(&lab.before[i], kinds[i].next);
}

int main(int argc, char **argv)
{
	must(argc > 8, "usage: strike ROUNDS SEED NETNS SENDER INTERFACE ID HELPER COMMAND...");
	prepare(argv);
	start_flood();
	for (int round = 0; round < lab.rounds; round++)
		play(round);
	printf("%d rounds with seed %u: %d captures and %d helpers killed, %d before they were ready; %lu packets; all gone %.0f ms later at most\n",
	       lab.rounds, lab.seed, done.consumers, done.helpers, done.early,
	       (unsigned long)(lab.flood->sent[0] + lab.flood->sent[1] + lab.flood->sent[2]),
	       1e3 * done.leaving_s);
	kill(lab.flood_pid, SIGKILL);
	waitpid(lab.flood_pid, NULL, 0);
	return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_admission.c: what a capture has to prove before another one shares its hook.
 */
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../helper/attach/admission.h"
#include "../unit/sentence.h"

static const struct xdps_interface lo = { .index = 1 };

static int challenge(pid_t pid)
{
	int fd = xdps_admission_challenge(pid);

	assert_true(fd >= 0);
	return fd;
}

static void proved_by_a_program(void **state)
{
	int fd = challenge(getpid());

	assert_false(xdps_admission_is_proved(fd));
	assert_true(xdps_admission_prove(fd, getpid()));
	assert_true(xdps_admission_is_proved(fd));
	close(fd);
}

/* A stranger that passes on what it was asked itself gets nothing done for it. */
static void not_in_the_place_of_another(void **state)
{
	int fd = challenge(getpid() + 1);

	assert_false(xdps_admission_prove(fd, getpid()));
	assert_false(xdps_admission_is_proved(fd));
	close(fd);
}

static void not_in_any_map(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_false(xdps_admission_prove(fd, getpid()));
	close(fd);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "xdps_1", 4, 4, 2, NULL);
	assert_true(fd >= 0);
	assert_false(xdps_admission_prove(fd, 1));
	close(fd);
}

/* A kind that every user may load, if the kernel lets every user load programs. */
static void not_by_another_kind(void **state)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int map_fd = challenge(getpid()), fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "any", "GPL", insns, 2, NULL);
	assert_true(fd >= 0);
	for (uint32_t at = 0; at < 2; at++)
		assert_true(bpf_map_update_elem(map_fd, &at, &fd, BPF_ANY) < 0);
	assert_false(xdps_admission_is_proved(map_fd));
	close(fd);
	close(map_fd);
}

static void one_owner(void **state)
{
	int fd = xdps_admission_bind(&lo, 7), peer;

	assert_true(fd >= 0);
	assert_true(xdps_admission_bind(&lo, 7) < 0);
	assert_true(xdps_admission_connect(&lo, 7) < 0);
	assert_int_equal(listen(fd, 1), 0);
	peer = xdps_admission_connect(&lo, 7);
	assert_true(peer >= 0);
	close(peer);
	close(fd);
	fd = xdps_admission_bind(&lo, 7);
	assert_true(fd >= 0);
	close(fd);
}

static void messages_in_order(void **state)
{
	int ends[2], fds[XDPS_N_GRANT], one = open("/dev/null", O_RDONLY);

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_true(xdps_admission_send(ends[0], XDPS_ADMISSION_CHALLENGE, &one, 1));
	assert_false(xdps_admission_receive(ends[1], XDPS_ADMISSION_GRANT, fds, XDPS_N_GRANT));
	assert_true(xdps_admission_send(ends[0], XDPS_ADMISSION_CHALLENGE, &one, 1));
	assert_true(xdps_admission_receive(ends[1], XDPS_ADMISSION_CHALLENGE, fds, 1));
	close(fds[0]);
	assert_false(xdps_admission_receive(ends[1], XDPS_ADMISSION_GRANT, fds, XDPS_N_GRANT));
	close(ends[0]);
	assert_false(xdps_admission_send(ends[1], XDPS_ADMISSION_PROVED, NULL, 0));
	close(ends[1]);
	close(one);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		SENTENCE("Who puts an XDP program into the map has proved it", proved_by_a_program),
		SENTENCE("Nothing is proved in a map that was made for another process", not_in_the_place_of_another),
		SENTENCE("Nothing is proved in anything else", not_in_any_map),
		SENTENCE("A program of another kind proves nothing", not_by_another_kind),
		SENTENCE("A slot has one owner until that is gone", one_owner),
		SENTENCE("A message out of order is refused", messages_in_order),
	};

	return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}

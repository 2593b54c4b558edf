#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# However a capture ends, nothing stays behind, and whoever reads is told.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# gone: at this moment, without waiting for it
gone()
{
	[ -z "$(xdp_on rx0)" ] || die "a program is still on rx0"
	equal "helpers at work" "$(helpers)" ""
	equal promiscuity "$(promiscuity_of rx0)" 0
}

# ends_well SIGNAL: and when tcpdump has ended, all is gone already
ends_well()
{
	capture dump -i "$DEV"
	send "$(frames 10)"
	until_true 10 drained dump 10 || die "not drained" dump
	stop dump "$1"
	gone
	equal status "$RC" 0
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" 10
}

it_ends_by_sigint()	{ ends_well INT; }
it_ends_by_sigterm()	{ ends_well TERM; }

# reader_dies SIGNAL: nobody can tell the helper but the socket
reader_dies()
{
	capture dump -i "$DEV"
	stop dump "$1"
	until_true 5 nothing_left || die "something is left five seconds after"
}

it_leaves_nothing_when_the_reader_is_killed()	{ reader_dies KILL; }
it_leaves_nothing_when_the_reader_crashes()	{ reader_dies SEGV; }

it_is_gone_at_close_though_a_forked_child_lives_on()
{
	build_consumer
	start_rx consumer "$WORK/consumer" outlived "$DEV"
	await consumer ready
	gone
	kill -USR1 "${PID[consumer]}"
	finish_well consumer
}

# helper_ends SIGNAL: with packets in the rings that nobody has read
helper_ends()
{
	local pid

	capture dump -i "$DEV"
	pid=$(helpers)
	kill -STOP "${PID[dump]}"
	send "$(frames 100)"
	kill -"$1" "$pid"
	until_true 5 process_gone "$pid" || die "the helper is still there"
	kill -CONT "${PID[dump]}"
	finish dump
	equal status "$RC" 1
	has "$(cat "$T/dump.err")" "tcpdump: pcap_loop: " helper ended
	read_counts "$(tail -n 3 "$T/dump.err")"
	equal captured "$CAPTURED" 100
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" 100
}

it_says_so_when_the_helper_is_killed()		{ helper_ends KILL; }
it_says_so_when_the_helper_is_terminated()	{ helper_ends TERM; }

# interface_goes COMMAND...: tcpdump must say exactly what others say too
interface_goes()
{
	capture dump -i "$DEV"
	"$@"
	finish dump
	equal status "$RC" 1
	grep -qx "tcpdump: pcap_loop: The interface disappeared" "$T/dump.err" ||
		die "not the right words" dump
	ip -n "$TX" link delete rx0 2>/dev/null || :
	links
}

it_says_that_the_interface_was_deleted()	{ interface_goes ip -n "$RX" link delete rx0; }
it_says_that_the_interface_was_moved()		{ interface_goes ip -n "$RX" link set rx0 netns "$TX"; }

it_says_so_in_dumpcap_as_a_user_expects_it()
{
	capture_by_dumpcap -i "$DEV"
	ip -n "$RX" link delete rx0
	finish dump
	links
	has "$(cat "$T/dump.err")" "is no longer attached; the capture has stopped"
	! says dump "report this" || die "dumpcap takes it for a bug" dump
}

it_refuses_a_capture_that_cannot_trace_the_first_and_goes_on_with_that()
{
	capture first -i "$DEV"
	# where the kernel lets the second trace the first, it cannot without types
	fails rx bash -c "mount -t tmpfs tmpfs /sys/kernel/btf; exec tcpdump -n -i $PLAIN:point=exit"
	equal status "$RC" 1
	has "$TEXT" "rx0: a capture is already running, and one with point=exit or prog= cannot trace it"
	send "$(frames 50)"
	end_capture first 50
	equal captured "$CAPTURED" 50
}

program_id()
{
	ip -n "$RX" -d link show rx0 | sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p'
}

# foreign NAME ACTION: a program of somebody else's, as an object file
foreign()
{
	clang -O2 -target bpf -x c -c -o "$T/$1.o" - <<-EOF
		struct xdp_md;
		__attribute__((section("xdp"), used)) int $1(struct xdp_md *ctx) { return $2; }
		__attribute__((section("license"), used)) char LICENSE[] = "GPL";
	EOF
}

# left_alone HOW MODE ACTION: ip attaches it; our capture must not touch it
left_alone()
{
	local id

	skip_test_without clang
	foreign "lab_prog" "$3"
	ip netns exec "$RX" ip link set rx0 "$1" obj "$T/lab_prog.o" sec xdp
	id=$(program_id)
	fails rx tcpdump -n -i "$PLAIN"
	equal status "$RC" 1
	has "$TEXT" rx0 lab_prog "id $id" "$2"
	equal "the program there" "$(program_id)" "$id"
	ip -n "$RX" link set rx0 "$1" off
}

it_leaves_another_program_in_the_driver_alone()		{ left_alone xdpdrv native 2; }
it_leaves_another_program_in_the_stack_alone()		{ left_alone xdpgeneric generic 2; }
it_leaves_a_program_that_drops_alone()			{ left_alone xdpdrv native 1; }

it_opens_again_at_once_forty_times()
{
	local i

	for i in $(seq 40); do
		rx tcpdump -n -c 1 -i "$DEV" -L >"$T/again" 2>&1 || die "not at time $i" again
	done
}

it_opens_again_at_once_after_the_reader_was_killed()
{
	local i

	for i in $(seq 10); do
		reader_dies KILL
	done
}

no_new_objects()
{
	bpf_objects | comm -13 "$T/before" - >"$T/new"
	[ ! -s "$T/new" ]
}

it_leaks_nothing_in_two_hundred_rounds()
{
	build_consumer
	bpf_objects >"$T/before"
	start_rx rounds "$WORK/consumer" reopen "$DEV" 200
	finish_well rounds 60
	until_true 5 no_new_objects || die "still in the kernel" new
}

# leaves HOW ROUNDS: threads leave libpcap's calls at random moments (leaver.c)
leaves()
{
	build_consumer leaver
	start_rx leaver "$WORK/leaver" "$1" "$DEV" "$2" "${SEED:-$RANDOM}"
	finish_well leaver 120
	cat "$T/leaver.out"
}

it_leaves_nothing_of_a_thread_that_is_cancelled_while_it_opens()	{ leaves cancel 60; }
it_leaves_nothing_of_a_thread_that_exits_while_it_opens()		{ leaves exit 60; }
it_leaves_nothing_of_a_signal_handler_that_jumps_while_it_opens()	{ leaves jump 60; }

# rotate OPTION...: tcpdump starts a command for each file that is full
rotate()
{
	cat >"$T/list" <<-EOF
		#!/bin/sh
		ls -l /proc/self/fd >>"$T/fds"
	EOF
	chmod 755 "$T/list"
	: >"$T/fds"
	chmod 666 "$T/fds"
	start_rx dump tcpdump -n -i "$DEV" -w "$T/dump.pcap" -W 2 -z "$T/list" "$@"
	await dump "listening on"
}

no_fds_of_ours()
{
	! grep -E 'socket:|anon_inode|bpf|perf' "$T/fds" || die "inherited" fds
}

it_passes_no_descriptor_to_the_command_of_tcpdump_C()
{
	rotate -C 1
	send "$(frames 2000 1400)"
	until_true 10 test -s "$T/fds" || die "the command was not run" dump
	stop dump
	no_fds_of_ours
}

it_passes_no_descriptor_to_the_command_of_tcpdump_G()
{
	rotate -G 1
	start_tx pings tcpreplay -q -i tx0 --pps=50 --loop=0 "$(frames 100)"
	finish dump
	until_true 10 test -s "$T/fds" || die "the command was not run" dump
	no_fds_of_ours
}

run_tests "$@"

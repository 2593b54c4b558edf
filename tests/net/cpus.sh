#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# CPUs that go and come while a capture runs.  A machine's CPUs are everybody's, so these
# tests take one offline only where XDPS_MACHINE_IS_OURS says that they may: in a guest
# (tests/vm/suite).

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"

COUNT=500

# The last CPU, to CPU, which can be stopped and is online again after each test.
needs_a_cpu()
{
	[ -n "${XDPS_MACHINE_IS_OURS:-}" ] ||
		skip_test "takes a CPU offline, which is done in guests only (XDPS_MACHINE_IS_OURS)"
	CPU=$(sed 's/.*[-,]//' /sys/devices/system/cpu/present)
	[ "$CPU" -gt 0 ] || skip_test "one CPU only"
	[ -w "/sys/devices/system/cpu/cpu$CPU/online" ] || skip_test "CPU $CPU cannot be taken offline"
	set_cpu 1
}

# set_cpu 0|1: takes it offline, or back
set_cpu()
{
	echo "$1" >"/sys/devices/system/cpu/cpu$CPU/online"
}

# send_on CPU: so many packets, received there
send_on()
{
	tx taskset -c "$1" tcpreplay -q -i tx0 --pps 5000 "$(frames $COUNT)" >"$T/send" 2>&1 ||
		die "tcpreplay failed" send
}

# what the helper says to somebody who debugs, of the CPU in question
helper_says()
{
	grep -F "CPU $CPU came online" "$T/dump.err"
}

# await_supply TEXT: the helper says so, once more than LINES times
await_supply()
{
	until_true 10 supplied "$1" || die "the helper did not say \"$1\"" dump
	LINES=$((LINES + 1))
}

supplied()
{
	[ "$(helper_says | grep -cF -e "$1")" -gt "$LINES" ]
}

capture_with_debug()
{
	LINES=0
	export XDPSAMPLE_DEBUG=1
	capture dump "$@"
}

# ends_with COUNT: all of so many were captured
ends_with()
{
	end_capture dump "$1"
	equal captured "$CAPTURED" "$1"
	equal dropped "$DROPPED" 0
	equal "in the file" "$(packets_in "$T/dump.pcap")" "$1"
}

# One that was online when the capture began.
comes_back()
{
	local i

	needs_a_cpu
	capture_with_debug -i "$@"
	send_on "$CPU"
	for i in 1 2; do
		set_cpu 0
		send_on 0
		set_cpu 1
		[[ $1 != *ring=perf ]] || await_supply "has its ring"
		send_on "$CPU"
		send_on 0
	done
	ends_with $((7 * COUNT))
}

it_captures_on_a_cpu_that_came_back_with_perf_rings()
{
	comes_back xdpsample:rx0:ring=perf
}

it_captures_on_a_cpu_that_came_back_with_map_rings()
{
	comes_back xdpsample:rx0:ring=map
	[ -z "$(helper_says)" ] || die "a ring was not missing" dump
}

comes_back_beside()
{
	needs_a_cpu
	needs_tracing
	put obeys rx0 native
	comes_back "$1"
	take_off rx0
}

it_captures_beside_a_program_on_a_cpu_that_came_back_with_perf_rings()
{
	comes_back_beside xdpsample:rx0:ring=perf
}

it_captures_beside_a_program_on_a_cpu_that_came_back_with_map_rings()
{
	comes_back_beside xdpsample:rx0:ring=map
}

# In immediate mode the kernel wakes the reader for each packet: for those, too, that
# come by the new event into the old ring.
it_wakes_the_reader_for_packets_of_a_cpu_that_came_back()
{
	needs_a_cpu
	LINES=0
	export XDPSAMPLE_DEBUG=1
	start_rx dump tcpdump -n -l --immediate-mode -i xdpsample:rx0:ring=perf
	await dump "listening on"
	set_cpu 0
	set_cpu 1
	await_supply "has its ring"
	tx taskset -c "$CPU" tcpreplay -q -i tx0 "$(frames 1)" >"$T/send" 2>&1
	until_true 5 printed 1 || die "the reader was not woken" dump
}

printed()
{
	[ "$(wc -l <"$T/dump.out")" -ge "$1" ]
}

# A descriptor that says "hang-up" for ever would have the reader go round in circles.
it_sleeps_while_a_cpu_is_offline()
{
	local before

	needs_a_cpu
	capture_with_debug -i xdpsample:rx0:ring=perf
	set_cpu 0
	before=$(cpu_ticks)
	sleep 5
	between "clock ticks of the reader in 5 s" $(($(cpu_ticks) - before)) 0 100
	set_cpu 1
	await_supply "has its ring"
	send_on "$CPU"
	ends_with $COUNT
}

# of the reader: in user space and in the kernel
cpu_ticks()
{
	awk '{ print $14 + $15 }' "/proc/$(pidof_in_rx tcpdump)/stat"
}

# One that was offline when the capture began, as if somebody had put it in.
comes_new()
{
	needs_a_cpu
	set_cpu 0
	capture_with_debug -i "$1"
	send_on 0
	set_cpu 1
	await_supply "has a ring"
	send_on "$CPU"
	set_cpu 0
	send_on 0
	set_cpu 1
	[[ $1 != *ring=perf ]] || { LINES=0; await_supply "has its ring"; }
	send_on "$CPU"
	ends_with $((4 * COUNT))
}

it_captures_on_a_cpu_that_comes_new_with_perf_rings()
{
	comes_new xdpsample:rx0:ring=perf
}

it_captures_on_a_cpu_that_comes_new_with_map_rings()
{
	comes_new xdpsample:rx0:ring=map
}

# The filter's program is loaded anew, and finds the new ring as well.
it_filters_on_a_cpu_that_comes_new()
{
	needs_a_cpu
	set_cpu 0
	capture_with_debug -i xdpsample:rx0:ring=map udp
	set_cpu 1
	await_supply "has a ring"
	send_on "$CPU"
	ends_with $COUNT
}

# As suspend and resume do it: the processes see nothing of it.
it_captures_after_a_cpu_went_and_came_while_the_helper_slept()
{
	needs_a_cpu
	capture_with_debug -i xdpsample:rx0:ring=perf
	kill -STOP "$(helpers)"
	set_cpu 0
	set_cpu 1
	kill -CONT "$(helpers)"
	await_supply "has its ring"
	send_on "$CPU"
	ends_with $COUNT
}

# Uevents may be missing, for example in the network namespace of a rootless container.
it_sees_by_its_losses_that_a_cpu_came_back()
{
	needs_a_cpu
	move_rx1_to_another_user
	LINES=0
	start dump nsenter --net="/proc/${PID[other]}/ns/net" env XDPSAMPLE_DEBUG=1 \
		"$XDPS_RUN" tcpdump -w "$T/dump.pcap" -n -i xdpsample:rx1:ring=perf
	await dump "listening on"
	set_cpu 0
	set_cpu 1
	sleep 2		# twice as long as the helper waits
	[ -z "$(helper_says)" ] || die "there are uevents in the other namespace" dump
	send_rx1
	await_supply "has its ring; 10 packets were lost there before that"
	send_rx1
	end_capture dump 20
	equal captured "$CAPTURED" 10
	equal dropped "$DROPPED" 10
}

# The other process is in a network namespace that its own user namespace owns.
move_rx1_to_another_user()
{
	start other unshare --user --map-root-user --net sh -c 'echo ready; exec sleep 1000'
	await other ready
	ip -n "$RX" link set rx1 netns "${PID[other]}"
	nsenter --net="/proc/${PID[other]}/ns/net" ip link set rx1 up
}

send_rx1()
{
	tx taskset -c "$CPU" tcpreplay -q -i tx1 "$(frames 10)" >"$T/send" 2>&1 ||
		die "tcpreplay failed" send
}

# Where perf rings take a capability that the helper has not.
it_says_that_a_cpu_gets_no_ring_and_counts_the_loss()
{
	local paranoid

	needs_a_cpu
	paranoid=$(sysctl -n kernel.perf_event_paranoid)
	[ "$paranoid" -ge 3 ] || skip_test "kernel.perf_event_paranoid is $paranoid"
	sysctl -qw kernel.perf_event_paranoid=2
	capture_without_sys_admin
	sysctl -qw kernel.perf_event_paranoid="$paranoid"
	set_cpu 0
	set_cpu 1
	await_supply "but has no ring"
	send_on "$CPU"
	end_capture dump $COUNT
	equal captured "$CAPTURED" 0
	equal dropped "$DROPPED" $COUNT
	equal "times that it was said" "$(helper_says | grep -c "but has no ring")" 1
	has "$(helper_says)" CAP_SYS_ADMIN
}

capture_without_sys_admin()
{
	LINES=0
	export XDPSAMPLE_DEBUG=1
	start_rx dump setpriv --bounding-set -sys_admin tcpdump -w "$T/dump.pcap" -n \
		-i xdpsample:rx0:ring=perf
	await dump "listening on"
}

run_tests "$@"

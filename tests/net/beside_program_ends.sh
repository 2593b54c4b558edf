#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The XDP program goes that a capture is beside, or the interface does: the capture ends,
# and says what has happened.  It outlives the program unless it is told not to.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside_captures.sh
. "$XDPS_SRC/tests/lib/beside_captures.sh"

before_each()
{
	needs_tracing
}

# The traced program goes.

# unread COUNT: captured by dump, and still in its rings
unread()
{
	kill -STOP "${PID[dump]}"
	send "$(frames "$1")"
	until_true 5 seen "$1" || die "seen $SEEN of $1"
}

# ends_when OPTIONS COMMAND...: what was captured before is in the file, and what has
# happened to the program that was there is said
ends_when()
{
	local pid was=$BESIDE now successor=

	capture dump -i "$PLAIN$1:follow=no"
	shift
	unread 100
	pid=$(helpers)
	"$@"
	until_true 5 process_gone "$pid" || die "the helper has not noticed"
	kill -CONT "${PID[dump]}"
	finish dump
	equal status "$RC" 1
	now=$(beside_on rx0)
	[ -z "$now" ] || successor="; XDP program ([a-z_]+ )?\(id ${now#* }, ${now% *} mode\) is now attached"
	grep -qxE "tcpdump: pcap_loop: rx0: the capture has ended, because XDP program obeys \(id ${was#* }, ${was% *} mode\) is no longer attached$successor" \
		"$T/dump.err" || die "not the right words; now there: $now" dump
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" 100
	await_nothing_of_ours
}

# Says by its id that another one is there.
is_another()
{
	local now

	now=$(beside_on rx0)
	[[ -n $now && $now != "$BESIDE" ]] || die "there is \"$now\", and was \"$BESIDE\""
}

replace_by_ip()
{
	ip -n "$RX" -force link set dev rx0 xdpdrv obj "$(object verdicts)" sec xdp
}

replace_by_bpftool()
{
	put obeys rx1 native
	put_over rx0 native
}

it_says_that_the_program_was_replaced_by_ip()
{
	beside native
	ends_when "" replace_by_ip
	is_another
	take_off rx0
}

it_says_that_the_program_was_replaced_by_bpftool()
{
	beside native
	ends_when :point=exit replace_by_bpftool
	is_another
	take_off rx0 rx1
}

it_says_that_the_program_was_detached()
{
	beside native
	ends_when "" ip -n "$RX" link set dev rx0 xdp off
}

it_says_that_the_program_was_detached_in_generic_mode()
{
	beside generic
	ends_when :action=aborted take_off rx0
}

# The interface is down: then netlink says nothing about it.
it_says_that_the_program_was_detached_while_the_interface_was_down()
{
	beside native
	ends_when "" eval 'ip -n "$RX" link set rx0 down; take_off rx0'
	ip -n "$RX" link set rx0 up
}

# linked: by somebody's bpf_link, which goes with the process that has it
linked()
{
	start_rx holder "$XDPS_BUILD/tests/net/stranger" link rx0 "$(object verdicts)" obeys
	await holder "^at "
	BESIDE="native $(sed -n 's/^at //p' "$T/holder.out")"
	equal "on rx0" "$(beside_on rx0)" "$BESIDE"
}

it_says_that_the_owner_of_the_programs_link_has_died()
{
	linked
	ends_when "" stop holder KILL
}

detach_link()
{
	bpftool link detach id "$(awk '$1 == "link_id:" { print $2 }' "/proc/${PID[holder]}/fdinfo/"*)"
}

it_says_that_the_programs_link_was_detached()
{
	linked
	ends_when "" detach_link
	stop holder KILL
}

update_link()
{
	kill -USR1 "${PID[holder]}"
	until_true 5 has_two_ids || die "not updated" holder
}

has_two_ids()
{
	[ "$(grep -c "^at " "$T/holder.out")" -eq 2 ]
}

it_says_that_the_program_was_replaced_through_its_link()
{
	linked
	ends_when :point=exit update_link
	is_another
	stop holder KILL
}

# A reader that is awake, at work: it has all of before, and perhaps some of after.
it_loses_nothing_of_before_while_packets_arrive()
{
	beside native
	capture dump -i "$DEV:follow=no"
	send "$(frames 1000)"
	start_tx more tcpreplay -q -i tx0 --pps=200 --loop=0 "$(frames 100)"
	until_true 10 drained dump 1100 || die "not at work" dump
	take_off rx0
	finish dump
	equal status "$RC" 1
	says dump "is no longer attached" || die "not the right words" dump
	read_counts "$(tail -n 3 "$T/dump.err")"
	equal "captured of what was received" "$CAPTURED $DROPPED" "$RECEIVED 0"
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" "$CAPTURED"
	stop more
	await_nothing_of_ours
}

# The interface goes, and the capture has nothing to follow to.

# interface_goes COMMAND...: both captures say so, the one beside and, if there is one,
# the one that it is beside
interface_goes()
{
	local name

	"$@"
	for name in "${!HELPER[@]}"; do
		finish "$name"
		equal "status of $name" "$RC" 1
		grep -qx "tcpdump: pcap_loop: The interface disappeared" "$T/$name.err" ||
			die "not the right words" "$name"
	done
	ip -n "$TX" link delete rx0 2>/dev/null || :
	links
	await_nothing_of_ours
}

it_says_that_the_interface_was_deleted()
{
	beside native
	begin dump -i "$DEV"
	interface_goes ip -n "$RX" link delete rx0
}

it_says_that_the_interface_was_moved()
{
	beside native
	begin dump -i "$DEV:point=exit"
	interface_goes ip -n "$RX" link set rx0 netns "$TX"
}

it_says_that_the_interface_of_three_captures_was_deleted()
{
	begin a -i "$DEV"
	begin b -i "$DEV"
	begin c -i "$DEV"
	interface_goes ip -n "$RX" link delete rx0
}

it_says_that_the_interface_of_three_captures_was_moved()
{
	begin a -i "$DEV"
	begin b -i "$DEV"
	begin c -i "$DEV"
	interface_goes ip -n "$RX" link set rx0 netns "$TX"
}

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A capture that is alone on its interface stands in nobody's way: who cannot attach an XDP
# program because of it can at the second attempt.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside_captures.sh
. "$XDPS_SRC/tests/lib/beside_captures.sh"

ROOM="makes room for XDP programs that cannot be attached because of this capture"

before_each()
{
	case $1 in
	it_says_to_who_debugs_*) ;;
	*) needs_notice ;;
	esac
}

# The tracepoint and what the program there calls are of 5.15.
needs_notice()
{
	! before 5 15 || skip_test "the kernel does not tell who could not attach a program before 5.15"
}

# alone NAME [TCPDUMP-OPTION]...: it says what happens to it, and listens by now
alone()
{
	XDPSAMPLE_DEBUG=1 begin "$@"
	SENT_ALL=0
	until_true 15 says_or_ended "$1" "$ROOM" && says "$1" "$ROOM" || die "it does not listen" "$1"
}

told()
{
	until_true 15 says_or_ended dump "$1" && says dump "$1" || die "it does not say \"$1\"" dump
}

see()
{
	send "$(frames "$1")"
	SENT_ALL=$((SENT_ALL + $1))
	until_true 10 seen "$SENT_ALL" || die "seen $SEEN of $SENT_ALL" dump
}

by_ip_on()
{
	ip -n "$RX" link set dev "$1" xdpdrv obj "$(object verdicts)" sec xdp
}

by_ip()
{
	by_ip_on rx0
}

is_free()
{
	[ -z "$(beside_on rx0)" ]
}

# kept_out COMMAND...: it fails, and soon the interface is free
kept_out()
{
	local begin

	fails "$@"
	begin=${EPOCHREALTIME/./}
	until_true 2 is_free || die "no room was made after: $TEXT" dump
	echo "# free after $(((${EPOCHREALTIME/./} - begin) / 1000)) ms" >&3
}

# It was alone, makes room for nobody in the end, and is alone again.
it_comes_back_by_itself_if_nobody_tries_again()
{
	alone dump -i "$DEV"
	see 20
	kept_out by_ip
	told "warning: rx0: this capture made room for ip \\(process [0-9]+\\); it waits up to 5 s for an XDP program to be attached, and sees nothing meanwhile"
	send "$(frames 10)"
	told "warning: rx0: this capture made room for ip .*; the capture goes on by itself, and saw nothing for about 5[0-9]{3} ms"
	see 30
	kept_out by_ip
	told "waits up to 10 s"
	end_capture dump "$SENT_ALL"
	equal "captured, dropped" "$CAPTURED $DROPPED" "$SENT_ALL 0"
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" "$SENT_ALL"
}

it_sets_a_filter_while_it_waits()
{
	build_consumer refilter
	start_rx steps env XDPSAMPLE_DEBUG=1 "$WORK/refilter" steps "$DEV" 'ip[4:2] < 10' 10 'ip[4:2] >= 10' 20
	await steps "$ROOM"
	SENT_ALL=0
	see 30
	kept_out by_ip
	kill -USR1 "${PID[steps]}"
	until_true 15 eval '[ "$(grep -c ready "$T/steps.out")" -eq 2 ]' || die "not at step 2" steps
	await steps "goes on by itself"
	see 30
	kill -USR1 "${PID[steps]}"
	finish_well steps
}

# stays COMMAND...: which fails for another reason than this capture
stays()
{
	local was

	was=$(beside_on rx0)
	fails "$@"
	sleep 1
	equal "on rx0" "$(beside_on rx0)" "$was"
	! says dump "made room" || die "it made room" dump
	see 10
}

it_keeps_its_place_with_yield_no()
{
	XDPSAMPLE_DEBUG=1 begin dump -i "$DEV:yield=no"
	SENT_ALL=0
	stays by_ip
	stop dump
}

it_does_not_care_who_is_kept_from_another_interface()
{
	alone dump -i "$DEV"
	capture other -i xdpsample:rx1:mode=native:yield=no
	HELPER_OF_DUMP=${HELPER[dump]}
	fails by_ip_on rx1
	sleep 1
	! says dump "made room" || die "it made room" dump
	send "$(frames 10)"
	until_true 10 seen 10 "$HELPER_OF_DUMP" || die "seen $SEEN of 10" dump
	stop other
	stop dump
}

index_of()
{
	ip -n "$1" -o link show "$2" | cut -d : -f 1
}

# An interface of the same index and the same name.
it_does_not_care_who_is_kept_out_in_another_network_namespace()
{
	ip netns add "$OTHER"
	ip -n "$OTHER" link add rx0 index "$(index_of "$RX" rx0)" \
		type veth peer name far index 4000
	alone dump -i "$DEV"
	start holder ip netns exec "$OTHER" "$XDPS_BUILD/tests/net/stranger" link rx0 "$(object verdicts)" obeys
	await holder "^at "
	stays ip -n "$OTHER" link set dev rx0 xdpdrv obj "$(object verdicts)" sec xdp
	stop holder KILL
	ip netns delete "$OTHER"
	stop dump
}

it_does_not_care_about_other_errors_there()
{
	alone dump -i "$DEV"
	stays ip -n "$RX" link set dev rx0 master rx1
	stop dump
}

# in_rx_as USER COMMAND...
in_rx_as()
{
	ip netns exec "$RX" setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"
}

made_room()
{
	says dump "made room for xdp-nothing"
}

# Anybody can give a command any name; who may not attach a program does not count.
it_does_not_care_about_a_loader_that_may_not_load()
{
	alone dump -i "$DEV"
	cp /bin/true "$T/xdp-nothing"
	in_rx_as 65534 "$T/xdp-nothing" load rx0
	in_rx_as 65534 unshare -U -r "$T/xdp-nothing" load rx0 || echo "no user namespace"
	sleep 1
	! made_room || die "it made room" dump
	see 10
	in_rx_as 0 "$T/xdp-nothing" load rx0
	until_true 5 made_room || die "it does not notice the same by root" dump
	stop dump
}

# Who detaches the program of a capture has a reason.

own_link()
{
	awk '$1 == "link_type:" { type = $2 } $1 == "link_id:" && type == "xdp" { print $2 }' \
		"/proc/${HELPER[dump]}/fdinfo/"*
}

it_waits_when_its_program_was_detached_by_force()
{
	alone dump -i "$DEV"
	see 10
	bpftool link detach id "$(own_link)"
	told "warning: rx0: another process detached its XDP program; it waits up to 5 s"
	equal "on rx0" "$(beside_on rx0)" ""
	told "another process detached its XDP program; the capture goes on by itself"
	see 10
	stop dump
}

it_is_back_at_once_with_yield_no_when_its_program_was_detached()
{
	XDPSAMPLE_DEBUG=1 begin dump -i "$DEV:yield=no"
	SENT_ALL=0
	see 10
	bpftool link detach id "$(own_link)"
	told "another process detached its XDP program; the capture goes on by itself, and saw nothing for about [0-9]{1,4} ms"
	see 10
	stop dump
}

# The second attempt.

# second_attempt COMMAND...: works; and the capture goes on, where that is possible
second_attempt()
{
	alone dump -i "$DEV"
	see 20
	kept_out "$@"
	"$@" || die "not at the second attempt" dump
	BESIDE=$(beside_on rx0)
	[ -n "$BESIDE" ] || die "nothing is on rx0" dump
	if traces; then
		told "this capture made room for .*; the capture goes on beside XDP program .*, and saw nothing for about [0-9]+ ms"
		see 30
		end_capture dump "$SENT_ALL"
		equal "captured, dropped" "$CAPTURED $DROPPED" "$SENT_ALL 0"
	else
		finish dump
		equal status "$RC" 1
		# beside it fail the tracing or, found out before, the map rings
		grep -qE "rx0: the capture has ended, because this capture made room for .* \(process [0-9]+\); XDP program .*\(id ${BESIDE#* }, ${BESIDE% *} mode\) (stays attached, but cannot be traced|is attached, and this capture's map rings cannot get all of its packets)" \
			"$T/dump.err" || die "not the right words" dump
	fi
}

it_makes_room_for_ip()
{
	second_attempt by_ip
	take_off rx0
}

it_makes_room_for_bpftool()
{
	put obeys rx1 native
	second_attempt put_also rx0 native
	take_off rx0 rx1
}

# linked: a process that attaches a program by a link of its own, or says why it cannot
linked()
{
	start_rx holder "$XDPS_BUILD/tests/net/stranger" link rx0 "$(object verdicts)" obeys
	until_true 15 says_or_ended holder "^at " || die "it says nothing" holder
	running holder || { cat "$T/holder.err"; return 1; }
}

it_makes_room_for_a_link()
{
	second_attempt linked
	stop holder KILL
}

# inside COMMAND...: in rx, with a bpf file system that is the test's own
inside()
{
	[ -n "${PID[pins]:-}" ] || {
		start pins ip netns exec "$RX" sh -c \
			'mount -t bpf bpf /sys/fs/bpf && echo mounted && exec sleep infinity'
		await pins mounted
	}
	nsenter -t "${PID[pins]}" -n -m "$@"
}

it_makes_room_for_xdp_loader()
{
	skip_test_without xdp-loader
	inside true
	second_attempt inside xdp-loader load rx0 "$(object components)"
	inside xdp-loader unload rx0 --all
}

it_makes_room_for_xdp_filter()
{
	skip_test_without xdp-filter
	inside true
	second_attempt inside xdp-filter load -f udp rx0
	inside xdp-filter unload rx0
}

it_ends_with_follow_no_when_it_has_made_room()
{
	alone dump -i "$DEV:follow=no"
	kept_out by_ip
	by_ip
	finish dump
	equal status "$RC" 1
	has "$(cat "$T/dump.err")" "with follow=no the capture does not go on beside it"
	take_off rx0
}

# It makes room all the same, and may not look at what comes.
it_ends_without_cap_sys_admin_when_it_has_made_room()
{
	CAPS=$(without cap_sys_admin)
	capable_helper
	around=(exec env XDPSAMPLE_DEBUG=1)
	start dump as_nobody tcpdump -U -n -i "$DEV:ring=map" -w "$T/dump.pcap"
	await dump "$ROOM"
	kept_out by_ip
	by_ip
	finish dump
	equal status "$RC" 1
	has "$(cat "$T/dump.err")" "rx0: the capture has ended, because this capture made room for ip" \
		"opening XDP program (id $(beside_on rx0 | cut -d ' ' -f 2)," "lacks CAP_SYS_ADMIN"
	take_off rx0
}

# Several captures, and none of them is faster than whom they make room for.
it_makes_room_together_with_a_second_capture()
{
	needs_tracing
	alone first -i "$DEV"
	alone dump -i "$DEV"
	kept_out by_ip
	sleep 1
	by_ip
	told "the capture goes on beside XDP program"
	send "$(frames 20)"
	until_true 10 drained first 20 || die "not drained" first
	until_true 10 drained dump 20 || die "not drained" dump
	take_off rx0
}

# What people see who look for it.

it_is_to_be_found_by_its_name_and_its_process()
{
	begin dump -i "$DEV"
	in_net rx0 ip -d link show rx0 | grep " name xdpsample_entry " || die "not in ip link"
	bpftool link show id "$(own_link)" >"$T/link"
	grep -q "pids xdpsample-helpe(${HELPER[dump]})" "$T/link" ||
		skip_test "this bpftool does not show processes: $(cat "$T/link")"
	stop dump
}

it_says_to_who_debugs_that_it_does_not_notice_and_why()
{
	XDPSAMPLE_DEBUG=1 start_rx dump bash -c \
		"mount -t tmpfs tmpfs /sys/kernel/btf; exec tcpdump -n -i $DEV -w $T/dump.pcap"
	await dump "other programs that cannot be attached because of this capture are not noticed: rx0: a BPF program at the tracepoint netlink_extack: "
	stop dump
}

# Captures that share a program.

it_makes_room_together_with_those_that_share_its_program()
{
	alone dump -i "$DEV"
	XDPSAMPLE_DEBUG=1 begin other -i "$DEV"
	until_true 15 says other "$ROOM" || die "it does not listen" other
	kept_out by_ip
	by_ip
	ip -n "$RX" link set dev rx0 xdpdrv off
	stop other KILL
	stop dump KILL
}

it_waits_for_a_slower_one_of_those_that_share_its_program()
{
	alone dump -i "$DEV"
	XDPSAMPLE_DEBUG=1 begin other -i "$DEV"
	until_true 15 says other "$ROOM" || die "it does not listen" other
	kill -STOP "${HELPER[other]}"
	fails by_ip
	told "this capture made room for ip"
	sleep 0.5
	! says dump "goes on" || die "it came back" dump
	kill -CONT "${HELPER[other]}"
	until_true 5 is_free || die "no room was made" other
	by_ip
	ip -n "$RX" link set dev rx0 xdpdrv off
	stop other KILL
	stop dump KILL
}

it_stays_if_one_of_those_that_share_its_program_does()
{
	alone dump -i "$DEV"
	begin other -i "$DEV:yield=no"
	fails by_ip
	sleep 0.5
	! is_free || die "it made room"
	! says dump "made room" || die "it made room" dump
	send "$(frames 20)"
	stop_when_written other 20
	stop_when_written dump 20
}

exec 3>&1
run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The XDP program goes that a capture is beside, and the capture goes on: beside what is
# there instead, by itself, or when there is something again that its options ask for.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside_captures.sh
. "$XDPS_SRC/tests/lib/beside_captures.sh"

# Some of these are about kernels that trace nothing, or about what is found out before.
before_each()
{
	case $1 in
	*_of_a_capture_alone*) ;;
	*) needs_tracing ;;
	esac
}

# watched NAME [TCPDUMP-OPTION]...: a capture that says what happens to it
watched()
{
	XDPSAMPLE_DEBUG=1 begin "$@"
	SENT_ALL=0
}

# told REGEX [NAME]: in the debugging output
told()
{
	until_true 10 says_or_ended "${2:-dump}" "$1" && says "${2:-dump}" "$1" ||
		die "it does not say \"$1\"" "${2:-dump}"
}

# see NUMBER: more packets, which the capture sees
see()
{
	send "$(frames "$1")"
	SENT_ALL=$((SENT_ALL + $1))
	until_true 10 seen "$SENT_ALL" || die "seen $SEEN of $SENT_ALL" dump
}

# goes_on_beside WHAT-THE-LOSS-WAS: the program that is there now
goes_on_beside()
{
	local now

	now=$(beside_on rx0)
	told "warning: rx0: $1; the capture goes on beside XDP program ([a-z_]+ )?\\(id ${now#* }, ${now% *} mode\\), and saw nothing for about [0-9]+ ms"
}

goes_on_alone()
{
	told "warning: rx0: $1; the capture goes on by itself, and saw nothing for about [0-9]+ ms"
}

# gone: how it says that the program at BESIDE is
gone()
{
	echo "XDP program [a-z_]+ \\(id ${BESIDE#* }, ${BESIDE% *} mode\\) is no longer attached"
}

# gap: the last one that it told, in milliseconds
gap()
{
	sed -n 's/.*saw nothing for about \([0-9]*\) ms.*/\1/p' "$T/dump.err" | tail -n 1
}

# all_of_it: what was sent is in the file, and nothing else
all_of_it()
{
	end_capture dump "$SENT_ALL"
	equal "captured, dropped" "$CAPTURED $DROPPED" "$SENT_ALL 0"
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" "$SENT_ALL"
	await_nothing_of_ours
}

it_goes_on_beside_the_program_that_replaces_it()
{
	beside native
	watched dump -i "$PLAIN"
	see 20
	ip -n "$RX" -force link set dev rx0 xdpdrv obj "$(object verdicts)" sec xdp
	goes_on_beside "$(gone)"
	see 30
	all_of_it
	take_off rx0
}

it_goes_on_beside_a_program_that_runs_in_the_other_mode()
{
	local was

	beside native
	watched dump -i "$PLAIN:point=exit"
	see 20
	was=$(gone)
	take_off rx0
	told "$was; the capture waits for an XDP program that its options ask for"
	beside generic
	goes_on_beside "$was"
	see 30
	all_of_it
	take_off rx0
}

it_goes_on_by_itself_when_the_program_is_detached()
{
	beside native
	watched dump -i "$DEV"
	see 20
	take_off rx0
	goes_on_alone "$(gone)"
	see 30
	all_of_it
}

# The kernel says nothing of what happens to a link.
it_goes_on_when_the_program_is_replaced_through_its_link()
{
	start_rx holder "$XDPS_BUILD/tests/net/stranger" link rx0 "$(object verdicts)" obeys
	await holder "^at "
	BESIDE="native $(sed -n 's/^at //p' "$T/holder.out")"
	watched dump -i "$PLAIN:point=exit"
	see 20
	kill -USR1 "${PID[holder]}"
	goes_on_beside "$(gone)"
	between "its gap in ms" "$(gap)" 1 $((1000 * ${XDPS_PATIENCE:-1}))
	see 30
	stop holder KILL
	told "the capture waits for"
	end_capture dump "$SENT_ALL"
}

# With a filter that is set while there is nothing to filter.
it_waits_for_a_program_and_takes_a_filter_meanwhile()
{
	build_consumer refilter
	beside native
	start_rx steps env XDPSAMPLE_DEBUG=1 "$WORK/refilter" steps "$DEV:point=exit" 'ip[4:2] < 10' 10 'ip[4:2] >= 10' 20
	until_true 15 says_or_ended steps ready
	SENT_ALL=0
	see 30
	take_off rx0
	told "the capture waits for an XDP program that its options ask for" steps
	kill -USR1 "${PID[steps]}"
	until_true 15 eval '[ "$(grep -c ready "$T/steps.out")" -eq 2 ]' || die "not at step 2" steps
	beside native
	told "the capture goes on beside" steps
	see 30
	kill -USR1 "${PID[steps]}"
	finish_well steps
	take_off rx0
	await_nothing_of_ours
}

it_waits_for_the_program_of_its_name_and_not_for_another_one()
{
	beside native
	watched dump -i "$PLAIN:prog=obeys"
	see 20
	put passes rx1 native
	put_over rx0 native
	told "$(gone); the capture waits for an XDP program that its options ask for"
	send "$(frames 10)"
	take_off rx0 rx1
	beside native
	told "the capture goes on beside XDP program obeys \\(id ${BESIDE#* }, native mode\\)"
	see 30
	all_of_it
	take_off rx0
}

it_says_why_it_cannot_go_on_beside_the_next_program()
{
	local was

	beside native
	watched dump -i "$PLAIN"
	see 20
	was=$(gone)
	put obeys_untyped rx1 native untyped
	put_over rx0 native
	finish dump
	equal status "$RC" 1
	grep -qE "tcpdump: pcap_loop: rx0: the capture has ended, because $was; XDP program .* cannot be traced: it has no type information" \
		"$T/dump.err" || die "not the right words" dump
	take_off rx0 rx1
	await_nothing_of_ours
}


# its own account holds, whatever it did not see
finish_counting()
{
	local seen

	tally
	seen=$SEEN
	[ "$seen" -gt 100 ] || die "it saw next to nothing: $seen" dump
	equal "taken, unsampled, rejected, lost" "$((CHOSEN - LOST)) $UNSAMPLED $REJECTED $LOST" "$seen 0 0 0"
	end_capture dump "$seen"
	equal "captured, dropped" "$CAPTURED $DROPPED" "$seen 0"
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" "$seen"
}

run_tests "$@"

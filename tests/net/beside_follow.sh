#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The XDP program that captures are beside is another capture's, which ends: those that
# remain follow it.  Captures trace each other if they cannot share one program: here,
# because a stranger has the names by which they would.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside_captures.sh
. "$XDPS_SRC/tests/lib/beside_captures.sh"

# These are also about kernels that trace nothing.
before_each()
{
	case $1 in
	it_comes_up_again_at_once_*) ;;
	*)
		needs_tracing
		stranger squat 0 8 ;;
	esac
}

# Types and ids of the links that the helpers have to packets, the oldest first.
links_of_helpers()
{
	local name

	for name in "${!HELPER[@]}"; do
		awk '$1 == "link_type:" { type = $2 }
			$1 == "link_id:" && type != "raw_tracepoint" { print type, $2 }' \
			"/proc/${HELPER[$name]}/fdinfo/"* 2>/dev/null || :
	done | sort -n -k 2
}

# What the captures have is in place: one on the interface, and later than that all
# others beside it.
settled()
{
	local types

	mapfile -t types < <(links_of_helpers | cut -d ' ' -f 1)
	[[ ${#types[@]} -eq ${#HELPER[@]} && ${types[0]} = xdp && ! "${types[*]:1}" =~ xdp ]]
}

await_settled()
{
	until_true 5 settled || die "links of ${!HELPER[*]}: $(links_of_helpers)"
}

# see NUMBER: more packets, which all captures see; SENT_ALL by now
see()
{
	local name

	send "$(frames "$1")"
	SENT_ALL=$((${SENT_ALL:-0} + $1))
	for name in "${!HELPER[@]}"; do
		until_true 5 seen $((SENT_ALL - BEFORE[$name])) "${HELPER[$name]}" ||
			die "$name has seen $SEEN of $((SENT_ALL - BEFORE[$name]))" "$name"
	done
}

# join NAME [TCPDUMP-OPTION]...: begins, and sees what is sent from here on
declare -A BEFORE=()
join()
{
	begin "$@"
	BEFORE[$1]=${SENT_ALL:-0}
}

# leave NAME MANNER
leave()
{
	"end_by_$2" "$1" $((SENT_ALL - BEFORE[$1]))
	unset "HELPER[$1]"
}

# end_in_order NAME MANNER NAME MANNER...: of captures that begin as a, b, c
end_in_order()
{
	local name

	for name in $(printf '%s\n' "$@" | grep -xE '[abc]' | sort); do
		join "$name" -i "$DEV"
		see 10
	done
	while [ $# -gt 0 ]; do
		leave "$1" "$2"
		shift 2
		[ $# -eq 0 ] || await_settled
		[ $# -eq 0 ] || see 15
	done
	await_nothing_of_ours
	equal "on rx0" "$(beside_on rx0)" ""
}

it_goes_on_when_the_first_of_two_is_interrupted()
{
	end_in_order a sigint b sigint
}

it_goes_on_when_the_first_of_two_is_killed()
{
	end_in_order a sigkill b sigkill_of_its_helper
}

it_goes_on_when_the_helper_of_the_first_of_two_is_killed()
{
	end_in_order a sigkill_of_its_helper b sigkill
}

it_goes_on_when_the_second_of_two_is_interrupted()
{
	end_in_order b sigint a sigkill
}

it_goes_on_when_the_second_of_two_is_killed()
{
	end_in_order b sigkill a sigint
}

it_goes_on_when_the_helper_of_the_second_of_two_is_killed()
{
	end_in_order b sigkill_of_its_helper a sigint
}

it_goes_on_when_three_end_in_the_order_1_2_3()
{
	end_in_order a sigint b sigkill c sigkill_of_its_helper
}

it_goes_on_when_three_end_in_the_order_1_3_2()
{
	end_in_order a sigkill c sigkill_of_its_helper b sigint
}

it_goes_on_when_three_end_in_the_order_2_1_3()
{
	end_in_order b sigkill_of_its_helper a sigint c sigkill
}

it_goes_on_when_three_end_in_the_order_2_3_1()
{
	end_in_order b sigint c sigint a sigkill
}

it_goes_on_when_three_end_in_the_order_3_1_2()
{
	end_in_order c sigkill a sigkill_of_its_helper b sigint
}

it_goes_on_when_three_end_in_the_order_3_2_1()
{
	end_in_order c sigkill_of_its_helper b sigint a sigkill
}

# It cannot count what passes in between, so it says how long that was.
it_says_for_how_long_it_saw_nothing()
{
	join a -i "$DEV"
	XDPSAMPLE_DEBUG=1 join b -i "$DEV"
	see 10
	leave a sigkill
	await_settled
	until_true 5 says b "the capture goes on by itself, and saw nothing for about [0-9]+ ms" ||
		die "it does not say so" b
	see 10
	leave b sigint
}

# Who is about to follow when it is ended itself ends as well as any other.
it_ends_when_three_are_interrupted_at_once()
{
	local name

	for name in a b c; do
		join "$name" -i "$DEV"
	done
	see 10
	for name in a b c; do
		until_true 10 drained "$name" 10 || die "not drained" "$name"
	done
	kill -INT "${PID[a]}" "${PID[b]}" "${PID[c]}"
	for name in a b c; do
		finish_well "$name"
		equal "packets in the file of $name" "$(packets_in "$T/$name.pcap")" 10
	done
	await_nothing_of_ours
}

it_leaves_nothing_when_three_are_killed_at_once()
{
	begin a -i "$DEV"
	begin b -i "$DEV"
	begin c -i "$DEV"
	kill -KILL "${PID[a]}" "${PID[b]}" "${PID[c]}"
	await_nothing_of_ours
}

it_leaves_nothing_when_three_helpers_are_killed_at_once()
{
	begin a -i "$DEV"
	begin b -i "$DEV"
	begin c -i "$DEV"
	kill -KILL "${HELPER[@]}"
	finish a
	finish b
	finish c
	await_nothing_of_ours
}

# follows OPTION...: of 30 and then 40 packets; leaves the capture b
follows()
{
	join a -i "$DEV"
	join b "$@"
	see 30
	leave a sigint
	await_settled
	see 40
}

# The numbers of these packets begin anew each time.
it_follows_with_its_filter()
{
	follows -i "$DEV" 'ip[4:2] < 10'
	tally
	equal "seen, rejected, unsampled, chosen, lost" \
		"$SEEN $REJECTED $UNSAMPLED $CHOSEN $LOST" "70 50 0 20 0"
	end_capture b 20
	equal "packets in the file" "$(packets_in "$T/b.pcap")" 20
}

# What the kernel cannot judge: all packets come, and tcpdump has the right ones.
it_follows_with_a_filter_in_user_space()
{
	follows -i "$DEV" 'ip protochain 17 and ip[4:2] < 10'
	tally
	equal "rejected in the kernel, chosen" "$REJECTED $CHOSEN" "0 70"
	stop_when_written b 20
}

it_follows_with_its_rate()
{
	local unsampled

	follows -i "$DEV:rate=3"
	tally
	equal "all counts" $((REJECTED + UNSAMPLED + CHOSEN)) 70
	unsampled=$UNSAMPLED
	see 3000
	tally
	equal "all counts" $((REJECTED + UNSAMPLED + CHOSEN)) 3070
	# 2000 of them, with a standard deviation of 26
	between "unsampled of 3000" $((UNSAMPLED - unsampled)) 1800 2200
	stop_when_written b "$CHOSEN"
}

it_follows_with_its_snapshot_length()
{
	follows -i "$DEV" -s 40
	end_capture b 70
	show "$T/b.pcap" | awk '{ print $1 }' | sort | uniq -c >"$T/lengths"
	tshark -r "$T/b.pcap" -T fields -e frame.cap_len -e frame.len 2>/dev/null |
		sort | uniq -c | tr -s ' \t' ' ' >"$T/lengths"
	equal "captured and original lengths" "$(cat "$T/lengths")" " 70 40 64"
}

it_follows_with_small_rings_and_goes_on_counting_what_is_lost()
{
	join a -i "$DEV"
	join b -i "$DEV" -B 64
	kill -STOP "${PID[b]}"
	see 3000
	tally "${HELPER[b]}"
	[ "$LOST" -gt 0 ] || die "nothing was lost"
	leave a sigint
	await_settled
	see 3000
	kill -CONT "${PID[b]}"
	tally
	end_capture b 6000
	equal "captured, dropped" "$CAPTURED $DROPPED" "$((6000 - LOST)) $LOST"
	equal "packets in the file" "$(packets_in "$T/b.pcap")" "$CAPTURED"
}

# What is set when it has followed, and then again, is for what it has by then.
it_changes_its_filter_after_it_has_followed()
{
	build_consumer refilter
	join a -i "$DEV"
	start_rx steps "$WORK/refilter" steps "$DEV" 'ip[4:2] < 10' 10 'ip[4:2] >= 10' 20 \
		'ip protochain 17 and ip[4:2] < 7' 7 '' 40
	step 1
	HELPER[b]=$(helpers | grep -vx "${HELPER[a]}")
	BEFORE[b]=0
	see 30
	kill -USR1 "${PID[steps]}"
	step 2
	leave a sigint
	await_settled
	see 30
	kill -USR1 "${PID[steps]}"
	step 3
	see 20
	kill -USR1 "${PID[steps]}"
	step 4
	see 40
	kill -USR1 "${PID[steps]}"
	finish_well steps
	await_nothing_of_ours
}

is_at_step()
{
	[ "$(grep -c ready "$T/steps.out")" -eq "$1" ] || ! running steps
}

# step NUMBER: this filter is set
step()
{
	until_true 15 is_at_step "$1" && running steps || die "not at step $1" steps
}

# A filter that is set while nobody is attached to anything is there afterwards.
it_takes_a_filter_before_it_has_followed()
{
	build_consumer refilter
	join a -i "$DEV"
	start_rx steps "$WORK/refilter" steps "$DEV" 'ip[4:2] < 10' 10 'ip[4:2] >= 10' 20
	step 1
	HELPER[b]=$(helpers | grep -vx "${HELPER[a]}")
	BEFORE[b]=0
	see 30
	kill -STOP "${HELPER[b]}"
	leave a sigint
	kill -USR1 "${PID[steps]}"
	kill -CONT "${HELPER[b]}"
	await_settled
	step 2
	see 30
	kill -USR1 "${PID[steps]}"
	finish_well steps
}

# A stranger comes in between.

it_keeps_its_place_when_it_has_followed()
{
	follows -i "$DEV:yield=no"
	put obeys rx1 native
	! put_also rx0 native 2>"$T/refused" || die "the stranger was let in"
	has "$(cat "$T/refused")" busy
	see 10
	leave b sigint
	await_nothing_of_ours
	take_off rx1
}

# traces_the_stranger: b does, who was the first after a
traces_the_stranger()
{
	local now

	now=$(links_of_helpers)
	[[ $now = tracing* && $now != "$1" ]]
}

it_traces_a_stranger_who_was_faster()
{
	local before

	join a -i "$DEV"
	join b -i "$DEV"
	see 10
	kill -STOP "${HELPER[b]}"
	leave a sigint
	before=$(links_of_helpers)
	beside native
	kill -CONT "${HELPER[b]}"
	until_true 5 traces_the_stranger "$before" || die "links: $(links_of_helpers)" b
	see 20
	still_decides
	until_true 10 drained b $((30 + $(packets_in "$(usual)"))) || die "not drained" b
	take_off rx0
	await_settled
	BEFORE[b]=$((BEFORE[b] - $(packets_in "$(usual)")))
	see 10
	leave b sigint
	await_nothing_of_ours
}

it_follows_a_capture_that_was_faster()
{
	join a -i "$DEV"
	join b -i "$DEV"
	see 10
	kill -STOP "${HELPER[b]}"
	leave a sigint
	join c -i "$DEV"
	kill -CONT "${HELPER[b]}"
	await_settled
	see 20
	leave c sigkill
	await_settled
	see 20
	leave b sigint
	await_nothing_of_ours
}

# Nobody knows who is faster; whoever it is, all packets are seen and nobody ends.
it_goes_on_whoever_is_faster()
{
	local before round strangers=0

	put obeys rx1 native
	for round in $(seq 5); do
		join a -i "$DEV:yield=no"
		join b -i "$DEV:yield=no"
		see 10
		before=$(links_of_helpers | grep tracing)
		stop a
		unset "HELPER[a]"
		if put_also rx0 native 2>"$T/refused"; then
			strangers=$((strangers + 1))
			until_true 5 traces_the_stranger "$before" ||
				die "round $round: links: $(links_of_helpers)" b
			see 10
			leave b sigint
			equal "on rx0" "$(beside_on rx0)" "native $PROGRAM_ID"
			take_off rx0
		else
			has "$(cat "$T/refused")" busy
			await_settled
			see 10
			leave b sigint
		fi
	done
	echo "the stranger was faster $strangers times of 5"
	await_nothing_of_ours
	take_off rx1
}

# Started right after the one before was killed, where the kernel traces and where not.

# comes_up_again VICTIM: the one before is on its way out
comes_up_again()
{
	local round

	for round in $(seq 5); do
		HELPER=()
		begin before -i "$DEV"
		case $1 in
		reader) kill -KILL "${PID[before]}" ;;
		helper) kill -KILL "${HELPER[before]}" ;;
		esac
		capture again -i "$DEV"
		finish before
		until_true 5 process_gone "${HELPER[before]}" || die "round $round: it is still there"
		HELPER=([again]=$(helpers))
		await_settled
		send "$(frames 10)"
		end_capture again 10
		equal "captured in round $round" "$CAPTURED" 10
	done
}

it_comes_up_again_at_once_when_the_capture_was_killed()	{ comes_up_again reader; }
it_comes_up_again_at_once_when_the_helper_was_killed()	{ comes_up_again helper; }

# Capabilities.

it_keeps_cap_sys_admin_with_follow_no_until_it_has_followed()
{
	needs_perf_rings_without_admin
	join a -i "$DEV:follow=no:ring=map"
	join b -i "$DEV:follow=no:ring=perf"
	has_only a $WITH_MAP_RINGS
	has_only b $WITH_ADMIN
	see 10
	leave a sigint
	await_settled
	until_true 5 eval '[ "$(status_of ${HELPER[b]} CapPrm)" = $WITH_PERF_RINGS ]' || :
	has_only b $WITH_PERF_RINGS
	restore_paranoid
	leave b sigint
}

# begin_as_nobody NAME: with the helper of capable_helper()
begin_as_nobody()
{
	local before

	before=$(helpers "$T/helper" | sort)
	around=(exec)		# in the place of the shell, to be stopped by its id
	start "$1" as_nobody tcpdump -U -n -i "$DEV" -w "$T/$1.pcap"
	await "$1" "listening on"
	HELPER[$1]=$(helpers "$T/helper" | sort | comm -13 <(echo "$before") -)
	BEFORE[$1]=${SENT_ALL:-0}
}

# With no more than what the helper keeps.
it_follows_for_nobody_with_a_capable_helper()
{
	CAPS=$(without cap_sys_admin),cap_sys_admin
	capable_helper
	begin_as_nobody a
	begin_as_nobody b
	see 10
	stop a
	unset "HELPER[a]"
	await_settled
	see 20
	stop_when_written b 30
	until_true 5 eval '[ -z "$(bpf_objects)" ]' || die "left behind: $(bpf_objects)"
}

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# However it ends beside another XDP program: the capture, the program, or another
# capture whose program it was.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"
# shellcheck source=tests/lib/nobody.sh
. "$XDPS_SRC/tests/lib/nobody.sh"

declare -A HELPER=()	# of the captures that begin() began, by name

# begin NAME [TCPDUMP-OPTION]...: a capture, which writes each packet at once
begin()
{
	local before

	before=$(helpers | sort)
	capture "$@" -U
	HELPER[$1]=$(helpers | sort | comm -13 <(echo "$before") -)
	[[ ${HELPER[$1]} =~ ^[0-9]+$ ]] || die "the helper of $1 is not to be found" "$1"
}

# What is ours in the kernel, links included: their programs are.
ours()
{
	bpftool prog show | grep -E ' name xdps_' || :
	bpftool map show | grep -E ' name (rings|memory|bell|cpus|slot|copies)( |$)' || :
}

nothing_of_ours()
{
	[ -z "$(helpers)$(ours)" ]
}

await_nothing_of_ours()
{
	until_true 5 nothing_of_ours || die "left behind: $(helpers) $(ours)"
}

# The traced program: does what it is told by each packet, and is untouched.

# beside MODE: it is on rx0
beside()
{
	put obeys rx0 "$1"
	redirect_to rx1
	BESIDE="$1 $PROGRAM_ID"
}

# Twelve packets for each action, and for two that there are not.  Not every packet
# has room to grow, so none is asked to.
orders()
{
	[ -e "$WORK/orders.pcap" ] || {
		"$HERE/verdicts.py" send "$WORK/all.pcap" 64 300
		tcpdump -Z root -r "$WORK/all.pcap" -w "$WORK/orders.pcap" 'ether[43] != 6' \
			2>"$T/orders" || die "no orders" orders
	}
	echo "$WORK/orders.pcap"
}

# decided_since WORDS: what was decided()
decided_since()
{
	paste <(tr ' ' '\n' <<<"$1") <(decided | tr ' ' '\n') | awk '{ print $2 - $1 }' | paste -sd ' '
}

has_decided()
{
	[ "$(decided_since "$1")" = "12 12 12 12 12 24" ]
}

# still_decides: on its place, about every packet, as the packet asks
still_decides()
{
	local before

	equal "the program on rx0" "$(beside_on rx0)" "$BESIDE"
	before=$(decided)
	send "$(orders)"
	until_true 5 has_decided "$before" || die "it decided $(decided_since "$before")"
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

	capture dump -i "$PLAIN$1"
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
	needs_tracing
	beside native
	ends_when "" replace_by_ip
	is_another
	take_off rx0
}

it_says_that_the_program_was_replaced_by_bpftool()
{
	needs_tracing
	beside native
	ends_when :point=exit replace_by_bpftool
	is_another
	take_off rx0 rx1
}

it_says_that_the_program_was_detached()
{
	needs_tracing
	beside native
	ends_when "" ip -n "$RX" link set dev rx0 xdp off
}

it_says_that_the_program_was_detached_in_generic_mode()
{
	needs_tracing
	beside generic
	ends_when :action=aborted take_off rx0
}

# The interface is down: then netlink says nothing about it.
it_says_that_the_program_was_detached_while_the_interface_was_down()
{
	needs_tracing
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
	needs_tracing
	linked
	ends_when "" stop holder KILL
}

detach_link()
{
	bpftool link detach id "$(awk '$1 == "link_id:" { print $2 }' "/proc/${PID[holder]}/fdinfo/"*)"
}

it_says_that_the_programs_link_was_detached()
{
	needs_tracing
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
	needs_tracing
	linked
	ends_when :point=exit update_link
	is_another
	stop holder KILL
}

# A reader that is awake, at work: it has all of before, and perhaps some of after.
it_loses_nothing_of_before_while_packets_arrive()
{
	needs_tracing
	beside native
	capture dump -i "$DEV"
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
	needs_tracing
	beside native
	begin dump -i "$DEV"
	interface_goes ip -n "$RX" link delete rx0
}

it_says_that_the_interface_was_moved()
{
	needs_tracing
	beside native
	begin dump -i "$DEV:point=exit"
	interface_goes ip -n "$RX" link set rx0 netns "$TX"
}

it_says_that_the_interface_of_three_captures_was_deleted()
{
	needs_tracing
	begin a -i "$DEV"
	begin b -i "$DEV"
	begin c -i "$DEV"
	interface_goes ip -n "$RX" link delete rx0
}

it_says_that_the_interface_of_three_captures_was_moved()
{
	needs_tracing
	begin a -i "$DEV"
	begin b -i "$DEV"
	begin c -i "$DEV"
	interface_goes ip -n "$RX" link set rx0 netns "$TX"
}

# The capture goes: by itself, or with its helper.

# end_by_* NAME COUNT: NAME has captured COUNT packets, and ends

end_by_sigint()
{
	end_capture "$1" "$2"
	equal "packets in the file of $1" "$(packets_in "$T/$1.pcap")" "$2"
}

end_by_sigkill()
{
	until_true 10 has_written "$1" "$2" || die "$(packets_in "$T/$1.pcap") of $2 packets" "$1"
	stop "$1" KILL
}

has_written()
{
	[ "$(packets_in "$T/$1.pcap" 2>/dev/null)" = "$2" ]
}

end_by_sigkill_of_its_helper()
{
	kill -KILL "${HELPER[$1]}"
	finish "$1"
	equal "status of $1" "$RC" 1
	says "$1" "the helper exited unexpectedly" || die "it does not say why" "$1"
	equal "packets in the file of $1" "$(packets_in "$T/$1.pcap")" "$2"
}

# leaves_the_program MANNER: as it was
leaves_the_program()
{
	needs_tracing
	beside native
	begin dump -i "$DEV:point=exit"
	still_decides
	"end_by_$1" dump "$(packets_in "$(orders)")"
	await_nothing_of_ours
	still_decides
	take_off rx0
}

it_leaves_the_program_after_sigint()			{ leaves_the_program sigint; }
it_leaves_the_program_after_sigkill()			{ leaves_the_program sigkill; }
it_leaves_the_program_after_sigkill_of_the_helper()	{ leaves_the_program sigkill_of_its_helper; }

# The traced program is another capture's: those that remain follow.

# Types and ids of the links that the helpers have, the oldest first.
links_of_helpers()
{
	local name

	for name in "${!HELPER[@]}"; do
		awk '$1 == "link_type:" { type = $2 } $1 == "link_id:" { print type, $2 }' \
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

	needs_tracing
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

# Who is about to follow when it is ended itself ends as well as any other.
it_ends_when_three_are_interrupted_at_once()
{
	local name

	needs_tracing
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
	needs_tracing
	begin a -i "$DEV"
	begin b -i "$DEV"
	begin c -i "$DEV"
	kill -KILL "${PID[a]}" "${PID[b]}" "${PID[c]}"
	await_nothing_of_ours
}

it_leaves_nothing_when_three_helpers_are_killed_at_once()
{
	needs_tracing
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
	needs_tracing
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
	equal "seen, rejected, passed over, chosen, lost" \
		"$SEEN $REJECTED $PASSED_OVER $CHOSEN $LOST" "70 50 0 20 0"
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

# stop_when_written NAME COUNT
stop_when_written()
{
	until_true 10 has_written "$1" "$2" || die "$(packets_in "$T/$1.pcap") of $2 packets" "$1"
	stop "$1"
	equal status "$RC" 0
	equal "packets in the file" "$(packets_in "$T/$1.pcap")" "$2"
}

it_follows_with_its_rate()
{
	local passed_over

	follows -i "$DEV:rate=3"
	tally
	equal "all counts" $((REJECTED + PASSED_OVER + CHOSEN)) 70
	passed_over=$PASSED_OVER
	see 3000
	tally
	equal "all counts" $((REJECTED + PASSED_OVER + CHOSEN)) 3070
	# 2000 of them, with a standard deviation of 26
	between "passed over of 3000" $((PASSED_OVER - passed_over)) 1800 2200
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
	needs_tracing
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
	needs_tracing
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
	needs_tracing
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
	follows -i "$DEV"
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

	needs_tracing
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
	until_true 10 drained b $((30 + $(packets_in "$(orders)"))) || die "not drained" b
	take_off rx0
	finish b
	equal status "$RC" 1
	has "$(cat "$T/b.err")" "because XDP program obeys (id ${BESIDE#* }, native mode) is no longer attached"
	equal "packets in the file" "$(packets_in "$T/b.pcap")" $((30 + $(packets_in "$(orders)")))
	await_nothing_of_ours
}

it_follows_a_capture_that_was_faster()
{
	needs_tracing
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

	needs_tracing
	put obeys rx1 native
	for round in $(seq 5); do
		join a -i "$DEV"
		join b -i "$DEV"
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

# With what only a program can give, there is nothing to follow to.
it_says_so_when_it_cannot_follow()
{
	needs_tracing
	begin a -i "$DEV"
	begin b -i "$DEV:action=pass"
	stop a
	finish b
	equal status "$RC" 1
	has "$(cat "$T/b.err")" "tcpdump: pcap_loop: rx0: no XDP program is attached, but" action=
	await_nothing_of_ours
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

it_names_cap_sys_admin_and_touches_nothing_without()
{
	CAPS=$(without cap_sys_admin)
	capable_helper
	beside native
	fails as_nobody tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "rx0: opening XDP program (id $PROGRAM_ID, native mode)" \
		"lacks CAP_SYS_ADMIN; as root: setcap" "cap_sys_admin=ep "
	still_decides
	take_off rx0
}

# CAP_NET_ADMIN is bit 12, CAP_IPC_LOCK 14, CAP_SYS_ADMIN 21, CAP_PERFMON 38, CAP_BPF 39.
# Perf rings, which a capture beside a program has, take CAP_IPC_LOCK again when a CPU
# comes online, and where the sysctl is 3 CAP_SYS_ADMIN.
WITH_MAP_RINGS=000000c000001000
WITH_PERF_RINGS=000000c000005000
WITH_ADMIN=000000c000205000

perf_rings_take_admin()
{
	[ "$(sysctl -n kernel.perf_event_paranoid)" -ge 3 ]
}

# The sysctl is the whole machine's.
needs_perf_rings_without_admin()
{
	perf_rings_take_admin || return 0
	[ -n "${XDPS_MACHINE_IS_OURS:-}" ] ||
		skip_test "kernel.perf_event_paranoid is 3, and is changed in guests only"
	sysctl -qw kernel.perf_event_paranoid=2
	PARANOID=3
}

restore_paranoid()
{
	[ -z "${PARANOID:-}" ] || sysctl -qw kernel.perf_event_paranoid="$PARANOID"
}

# has_only NAME CAPABILITIES: and can get no other ones
has_only()
{
	local set

	for set in CapPrm CapEff; do
		equal "$set of the helper of $1" "$(status_of "${HELPER[$1]}" $set)" "$2"
	done
	for set in CapInh CapAmb; do
		equal "$set of the helper of $1" "$(status_of "${HELPER[$1]}" $set)" 0000000000000000
	done
}

it_keeps_cap_sys_admin_beside_a_program_where_perf_rings_take_it()
{
	needs_tracing
	beside native
	begin dump -i "$DEV"
	if perf_rings_take_admin; then
		has_only dump $WITH_ADMIN
	else
		has_only dump $WITH_PERF_RINGS
	fi
	stop dump
	take_off rx0
}

it_gives_up_cap_sys_admin_beside_a_program()
{
	needs_tracing
	needs_perf_rings_without_admin
	beside native
	begin dump -i "$DEV"
	restore_paranoid
	has_only dump $WITH_PERF_RINGS
	stop dump
	take_off rx0
}

it_keeps_cap_sys_admin_until_it_has_followed()
{
	needs_tracing
	needs_perf_rings_without_admin
	join a -i "$DEV"
	join b -i "$DEV"
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
	needs_tracing
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
	until_true 5 eval '[ -z "$(ours)" ]' || die "left behind: $(ours)"
}

# Others beside the same program.

it_gives_each_capture_its_own_packets()
{
	local name
	declare -A options=([a]="" [b]=:point=exit [c]=:action=drop [d]=:action=pass+redirect)

	needs_tracing
	beside native
	for name in "${!options[@]}"; do
		begin "$name" -i "$DEV${options[$name]}"
	done
	still_decides
	for name in "${!options[@]}"; do
		"$HERE/verdicts.py" expect "$(orders)" "$T/wanted.pcap" "${options[$name]}"
		stop_when_written "$name" "$(packets_in "$T/wanted.pcap")"
		same_packets "$T/wanted.pcap" "$T/$name.pcap"
	done
	take_off rx0
}

it_says_that_too_many_trace_the_program()
{
	needs_tracing
	beside native
	start crowd "$XDPS_BUILD/tests/net/stranger" crowd "$PROGRAM_ID"
	await crowd "[1-9][0-9]* trace it"
	fails rx tcpdump -n -i "$DEV"
	has "$TEXT" "rx0: XDP program obeys (id $PROGRAM_ID, native mode) stays attached, but cannot be traced" \
		"about 38 programs"
	stop crowd KILL
	begin dump -i "$DEV"
	still_decides
	stop_when_written dump "$(packets_in "$(orders)")"
	take_off rx0
}

# At any moment.

# strike ROUNDS: what it says is shown, with the seed
strike()
{
	needs_tracing
	build_consumer refilter
	put obeys rx0 native
	start_rx strike "$XDPS_BUILD/tests/net/strike" "$1" "${SEED:-$RANDOM}" "$TX" tx0 rx0 "$PROGRAM_ID" \
		"$(readlink -f "$XDPS_HELPER")" \
		"exec tcpdump -n -U -i $DEV -w $T/strike.pcap" \
		"exec $WORK/refilter change $DEV" \
		"exec tcpdump -n -U -i $DEV:action=drop -w $T/strike.pcap 'udp port 9'" \
		"exec $WORK/refilter change $DEV:point=exit"
	finish strike $((30 + $1 * 5))
	cat "$T/strike.out"
	[ "$RC" -eq 0 ] || die "with status $RC" strike
	diag "$(cat "$T/strike.out")" >&3
	take_off rx0
}

it_leaves_the_program_in_15_rounds_of_sudden_death()	{ strike 15; }
it_leaves_the_program_in_100_rounds_of_sudden_death()	{ strike 100; }

exec 3>&1
run_tests "$@"

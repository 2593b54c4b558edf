#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Captures beside an XDP program: before it, after it and by what it decided.
# The program does what each packet asks for (verdicts.bpf.c), so that what has to
# be seen is known (verdicts.py).

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"

COUNT=20000

# orders SIZE...: a file of packets of these sizes, for each action and change
orders()
{
	local file=$WORK/orders.${*// /.}.pcap

	[ -e "$file" ] || "$HERE/verdicts.py" send "$file" "$@"
	echo "$file"
}

USUAL=(64 300 530 1000)
usual()
{
	orders "${USUAL[@]}"
}

# wanted FILE SPECIFICATION [FILTER]: what a capture has to show of it, in
# $T/wanted.pcap; the system's library judges the filter
wanted()
{
	# shellcheck disable=SC2086	# key=value, and nothing else
	"$HERE/verdicts.py" expect "$1" "$T/wanted.pcap" ${2//:/ }
	[ $# -lt 3 ] || {
		tcpdump -Z root -r "$T/wanted.pcap" -w "$T/selected.pcap" "$3" 2>"$T/reference" ||
			die "\"$3\" is no filter" reference
		mv "$T/selected.pcap" "$T/wanted.pcap"
	}
	WANTED=$(packets_in "$T/wanted.pcap")
	between "packets wanted by $2 ${3:-}" "$WANTED" 1 "$(packets_in "$1")"
}

# beside MODE [OBJECT]: the program is on rx0, ready for any packet
beside()
{
	put obeys rx0 "$@"
	redirect_to rx1
}

# shows FILE SPECIFICATION...: captures with these options, all at once, show
# what they have to of the file's packets
shows()
{
	local sent=$1 specification

	shift
	for specification; do
		capture "$specification" -i "$DEV:$specification" -B 8192
	done
	send "$sent"
	for specification; do
		wanted "$sent" "$specification"
		end_capture "$specification" "$WANTED"
		equal "captured with $specification" "$CAPTURED" "$WANTED"
		equal "received with $specification" "$RECEIVED" "$WANTED"
		equal "dropped with $specification" "$DROPPED" 0
		same_packets "$T/wanted.pcap" "$T/$specification.pcap"
	done
}

# shows_in MODE SPECIFICATION...: of the usual packets
shows_in()
{
	local mode=$1

	shift
	needs_tracing
	beside "$mode"
	shows "$(usual)" "$@"
	take_off rx0
}

EACH=(action=aborted action=drop action=pass action=tx action=redirect)
SETS=(action=drop+aborted action=pass+tx+redirect action=redirect+drop
      action=aborted+drop+pass+tx+redirect)

it_shows_packets_as_they_arrive_in_native_mode()	{ shows_in native point=entry hold=500; }
it_shows_packets_as_they_arrive_in_generic_mode()	{ shows_in generic point=entry; }
it_shows_packets_as_they_are_left_in_native_mode()	{ shows_in native point=exit; }
it_shows_packets_as_they_are_left_in_generic_mode()	{ shows_in generic point=exit; }
it_shows_exactly_the_packets_of_an_action_in_native_mode()	{ shows_in native "${EACH[@]}"; }
it_shows_exactly_the_packets_of_an_action_in_generic_mode()	{ shows_in generic "${EACH[@]}"; }
it_shows_exactly_the_packets_of_some_actions_in_native_mode()	{ shows_in native "${SETS[@]}"; }
it_shows_exactly_the_packets_of_some_actions_in_generic_mode()	{ shows_in generic "${SETS[@]}"; }

# Before 5.18 no program for packets in fragments can be loaded.
needs_fragments()
{
	local object

	object=$(object verdicts.frags)
	with_pins bpftool prog loadall "$object" "$WORK/pins/all" >"$T/fragments" 2>&1 ||
		skip_test "this kernel loads no program for packets in fragments: $(
			grep -o 'Error: .*\|libbpf: .*load.*failed: .*' "$T/fragments" | head -n 1)"
}

JUMBO=(64 3000 3600 5000 8000 9014)

# shows_fragments MODE: of packets that are in several buffers there
shows_fragments()
{
	needs_tracing
	needs_fragments
	MTU=9000 links
	beside "$1" verdicts.frags
	shows "$(orders "${JUMBO[@]}")" point=entry point=exit action=pass+drop
	take_off rx0
	links
}

it_shows_packets_in_fragments_in_native_mode()		{ shows_fragments native; }
it_shows_large_packets_in_generic_mode()		{ shows_fragments generic; }

# selects SPECIFICATION FILTER [TCPDUMP-OPTION]...: of the usual packets the capture
# gets those that have to be seen; what it counts is in REJECTED and the others
selects()
{
	local specification=$1 filter=$2

	shift 2
	wanted "$(usual)" "$specification" "$filter"
	capture dump -i "$DEV:$specification" -B 8192 "$@" "$filter"
	send "$(usual)"
	until_true 15 seen "$SENT" || die "$SEEN packets of $SENT seen" dump
	end_capture dump "$WANTED"
	equal dropped "$DROPPED" 0
	same_packets "$T/wanted.pcap" "$T/dump.pcap"
}

# rejects SPECIFICATION FILTER: in the kernel, all that does not have to be seen
rejects()
{
	selects "$@"
	equal "rejected with $1 and $2" "$REJECTED" $((SENT - WANTED))
}

it_filters_by_the_action_and_by_the_packet()
{
	local filter

	needs_tracing
	beside native
	for filter in 'udp port 53' 'udp[20:2] & 3 = 1' 'vlan 7 and udp port 9' 'not udp'; do
		rejects action=drop "$filter"
	done
	rejects action=pass+tx+redirect 'udp port 53 or vlan'
	take_off rx0
}

it_filters_by_the_length_that_a_packet_has_where_it_is_looked_at()
{
	needs_tracing
	beside native
	rejects point=entry 'len = 530'
	rejects point=exit 'len = 530'
	rejects point=exit 'greater 531 and less 1000'
	rejects action=drop 'len = 300 - 16 or len = 300 + 4'
	take_off rx0
}

# A filter sees a copy of the first 511 bytes there.
it_looks_into_a_packet_as_deep_as_the_filter_wants()
{
	needs_tracing
	beside native
	rejects point=entry 'ether[510] & 1 = 1 or ether[509] & 3 = 1'
	selects point=entry 'ether[511] & 1 = 1'
	[ "$CHOSEN" -gt "$WANTED" ] || die "user space had nothing to decide"
	[ "$REJECTED" -gt 0 ] || die "the kernel had nothing to decide"
	selects action=drop 'ether[900:4] % 3 = 1'
	selects point=exit 'ether[529] & 1 = 1'
	selects action=pass 'ether[999] & 1 = 1 and udp port 53'
	selects action=aborted 'ip protochain 17 and ether[600] > 99'
	take_off rx0
}

# cut_to BYTES SPECIFICATION [FILTER]: as editcap cuts, which leaves the true length
cut_to()
{
	capture dump -i "$DEV:$2" -s "$1" -B 8192 "${@:3}"
	send "$(usual)"
	wanted "$(usual)" "${@:2}"
	end_capture dump "$WANTED"
	editcap -F pcap -s "$1" "$T/wanted.pcap" "$T/cut.pcap"
	same_packets "$T/cut.pcap" "$T/dump.pcap"
}

it_cuts_to_the_snapshot_length_and_keeps_the_true_one()
{
	needs_tracing
	beside native
	cut_to 60 point=entry
	cut_to 60 point=exit
	cut_to 1 action=drop+redirect
	cut_to 310 point=exit 'ether[700] & 1 = 1'
	take_off rx0
}

# many: packets that are dropped and passed in turns, and numbered
many()
{
	local file=$WORK/many.pcap

	[ -e "$file" ] || "$HERE/verdicts.py" alternate "$file" $COUNT
	echo "$file"
}

# counted SEEN: all counts are of these packets, and tcpdump's are the same
counted()
{
	until_true 15 seen "$1" || die "$SEEN packets of $1 seen" dump
	tally
	end_capture dump "$CHOSEN"
	equal "rejected, passed over and chosen" $((REJECTED + PASSED_OVER + CHOSEN)) "$1"
	equal "received as tcpdump has it" "$RECEIVED" "$CHOSEN"
	equal "dropped as tcpdump has it" "$DROPPED" "$LOST"
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" $((CHOSEN - LOST))
}

# 6.2 sigma of a binomial count: wrong once in 10^9 runs by chance
it_samples_of_what_has_the_action_and_passes_the_filter()
{
	local half=$((COUNT / 2)) quarter=$((COUNT / 4)) bound=223	# 6.2 * sqrt(quarter * 1/2 * 1/2)

	needs_tracing
	beside native
	capture dump -i "$DEV:action=drop:rate=2" -B 65536 'ether[47] & 2 = 0'
	send "$(many)"
	counted $COUNT
	equal rejected "$REJECTED" $((half + quarter))
	equal lost "$LOST" 0
	between chosen "$CHOSEN" $((quarter / 2 - bound)) $((quarter / 2 + bound))
	take_off rx0
}

it_counts_every_packet_once_when_it_filters_samples_and_loses()
{
	needs_tracing
	beside native
	capture dump -i "$DEV:action=drop:rate=2" -B 64 'ether[47] & 14 != 0'
	kill -STOP "${PID[dump]}"
	send "$(many)"
	until_true 15 seen $COUNT || die "$SEEN packets seen"
	kill -CONT "${PID[dump]}"
	counted $COUNT
	[ "$LOST" -gt 0 ] || die "nothing was lost"
	[ "$PASSED_OVER" -gt 0 ] || die "nothing was passed over"
	[ "$REJECTED" -gt $((COUNT / 2)) ] || die "the filter rejected nothing"
	take_off rx0
}

it_counts_what_has_another_action_as_tcpdump_counts_what_a_filter_rejects()
{
	needs_tracing
	beside native
	capture dump -i "$DEV:action=drop" -B 8192
	send "$(many)"
	counted $COUNT
	equal rejected "$REJECTED" $((COUNT / 2))
	has "$(tail -n 3 "$T/dump.err")" "$((COUNT / 2)) packets captured" \
		"$((COUNT / 2)) packets received by filter" "0 packets dropped by kernel"
	take_off rx0
}

LONG_NAME=obeys_under_a_name_of_many_characters

it_finds_a_program_by_its_whole_name_and_by_its_id()
{
	needs_tracing
	put $LONG_NAME rx0 native
	redirect_to rx1
	shows "$(usual)" prog=$LONG_NAME "prog=$LONG_NAME:action=drop" "prog=$PROGRAM_ID:point=exit"
	take_off rx0
}

it_says_which_programs_there_are_when_none_is_called_so()
{
	put $LONG_NAME rx0 native
	fails rx tcpdump -n -i "$DEV:prog=nobody"
	has "$TEXT" "rx0: no XDP program there is called nobody; there is only $LONG_NAME (id $PROGRAM_ID)"
	fails rx tcpdump -n -i "$DEV:prog=4294967295"
	has "$TEXT" "has the id 4294967295" "$LONG_NAME (id $PROGRAM_ID)"
	equal "what is attached" "$(beside_on rx0)" "native $PROGRAM_ID"
	take_off rx0
}

it_says_that_there_is_no_program_to_be_beside()
{
	local option

	for option in point=exit action=drop prog=nobody; do
		fails rx tcpdump -n -i "$DEV:$option"
		has "$TEXT" "rx0: no XDP program is attached there" "${option%%=*}="
	done
}

it_says_that_a_program_runs_in_another_mode()
{
	put obeys rx0 native
	fails rx tcpdump -n -i "$DEV:mode=generic"
	has "$TEXT" "mode=generic: XDP program obeys (id $PROGRAM_ID, native mode) is attached already"
	equal "what is attached" "$(beside_on rx0)" "native $PROGRAM_ID"
	take_off rx0
}

# cannot_trace SENTENCE [COMMAND] [PROGRAM]: what is there stays, and the reason is told
cannot_trace()
{
	fails rx bash -ec "${2:-:}; exec tcpdump -n -i $DEV"
	has "$TEXT" "rx0: XDP program ${3:-obeys} (id $PROGRAM_ID, native mode) cannot be traced, and is left alone" "$1"
	equal "what is attached" "$(beside_on rx0)" "native $PROGRAM_ID"
	take_off rx0
}

it_leaves_a_program_alone_that_has_no_types()
{
	put obeys_untyped rx0 native untyped
	cannot_trace "type information (BTF)" : obeys_untyped
}

it_leaves_a_program_alone_where_the_kernel_has_no_types()
{
	needs_tracing
	put obeys rx0 native
	cannot_trace CONFIG_DEBUG_INFO_BTF "mount -t tmpfs tmpfs /sys/kernel/btf"
}

it_shows_only_the_packets_of_its_own_interface()
{
	local option

	needs_tracing
	beside native
	put_also rx1 native
	for option in point=entry point=exit; do
		capture near -i "$DEV:$option" -B 8192
		capture far -i "xdpsample:rx1:$option" -B 8192
		send "$(usual)"
		tx tcpreplay -q -i tx1 --topspeed "$(orders 64 100)" >"$T/send1" 2>&1
		wanted "$(orders 64 100)" "$option"
		end_capture far "$WANTED"
		same_packets "$T/wanted.pcap" "$T/far.pcap"
		wanted "$(usual)" "$option"
		end_capture near "$WANTED"
		same_packets "$T/wanted.pcap" "$T/near.pcap"
	done
	take_off rx0 rx1
}

# has_decided COUNT: so many packets
has_decided()
{
	[ "$(decided | awk '{ for (i = 1; i <= NF; i++) n += $i } END { print n }')" -eq "$1" ]
}

it_leaves_the_program_deciding_as_it_would_without()
{
	local alone

	needs_tracing
	beside native
	send "$(usual)"
	until_true 15 has_decided "$SENT" || die "decided: $(decided)"
	alone=$(decided)
	capture before -i "$DEV" -B 8192
	capture after -i "$DEV:action=drop" -B 8192
	send "$(usual)"
	until_true 15 has_decided $((2 * SENT)) || die "decided: $(decided)"
	equal "decided with captures" "$(decided)" "$(for n in $alone; do echo $((2 * n)); done | paste -sd ' ')"
	equal "what is attached" "$(beside_on rx0)" "native $PROGRAM_ID"
	end_capture before "$SENT"
	wanted "$(usual)" action=drop
	end_capture after "$WANTED"
	equal "what is attached" "$(beside_on rx0)" "native $PROGRAM_ID"
	take_off rx0
}

# Its one CPU at a time has to be there when its turn comes: hence the hold.
it_shows_the_packets_of_two_cpus_in_the_order_of_time()
{
	needs_tracing
	beside native
	put_also rx1 native
	capture dump -i "$DEV:hold=500000" -B 65536
	taskset -c 0 ip netns exec "$TX" tcpreplay -q -i tx0 --topspeed "$(many)" >"$T/send0" 2>&1 &
	taskset -c 1 ip netns exec "$TX" tcpreplay -q -i tx0 --topspeed "$(many)" >"$T/send1" 2>&1
	wait $!
	end_capture dump $((2 * COUNT))
	show_times "$T/dump.pcap" | sort -nc || die "not in the order of time"
	take_off rx0 rx1
}

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Captures beside an XDP program: before it, after it and by what it decided.
# The program does what each packet asks for (verdicts.bpf.c), so that what has to
# be seen is known byte for byte (verdicts.py).

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"

# What is refused is refused by every kernel.
before_each()
{
	case $1 in
	it_says_which_programs_there_are_when_none_is_called_so) ;;
	it_says_that_there_is_no_program_to_be_beside) ;;
	it_says_that_a_program_runs_in_another_mode) ;;
	it_leaves_a_program_alone_that_has_no_types) ;;
	it_leaves_a_program_alone_where_tracing_is_refused) ;;
	*) needs_tracing ;;
	esac
}

DEV=$PLAIN	# the mode is that of the program which is there

COUNT=20000

# Of the captures of a test, by name: what look() was told, the helper at work, the
# number of packets that have to be seen, and whether user space has to filter, too.
declare -A OPTIONS=() FILTER=() CUT=() WANTED=() IN_USER_SPACE=()

# Less and more than what a filter sees of a packet in the kernel.
usual()
{
	orders send 64 300 530 1000
}

# beside MODE [OBJECT]: the program is on rx0, ready for any packet
beside()
{
	put obeys rx0 "$@"
	redirect_to rx1
}

# look NAME OPTIONS [FILTER [BYTES]]: a capture, cut to so many bytes
look()
{
	OPTIONS[$1]=$2
	FILTER[$1]=${3:-}
	CUT[$1]=${4:-}
	capture_with_helper "$1" -i "$DEV${2:+:$2}" -B 8192 ${4:+-s "$4"} ${3:+"$3"}
}

# look_deep NAME OPTIONS FILTER [BYTES]: for more than the kernel's filter has of some
# packets
look_deep()
{
	look "$@"
	IN_USER_SPACE[$1]=yes
}

# The same for bytes behind the copy that the kernel's filter has before Linux 6.2.
look_behind_copy()
{
	look "$@"
	! before 6 2 || IN_USER_SPACE[$1]=yes
}

# looks OPTIONS...: one with each of these
looks()
{
	local options

	for options; do
		look "$options" "$options"
	done
}

# filter NAME: what is wanted is reduced to what the system's library selects, and
# cut as editcap cuts, which leaves the true length
filter()
{
	local wanted=$T/wanted/$1.pcap

	if [ -n "${FILTER[$1]}" ]; then
		mv "$wanted" "$T/all"
		tcpdump -Z root -r "$T/all" -w "$wanted" "${FILTER[$1]}" 2>"$T/reference" ||
			die "\"${FILTER[$1]}\" is no filter" reference
	fi
	if [ -n "${CUT[$1]}" ]; then
		mv "$wanted" "$T/all"
		editcap -F pcap -s "${CUT[$1]}" "$T/all" "$wanted"
	fi
}

# expect FILE NAME...: in $T/wanted, what these captures have to show when that is
# sent; each has to want some packets
expect()
{
	local sent=$1 name count pairs=()

	shift
	mkdir -p "$T/wanted"
	for name; do
		pairs+=("$T/wanted/$name.pcap" "${OPTIONS[$name]}")
	done
	"$HERE/verdicts.py" expect "$sent" "${pairs[@]}"
	for name; do
		filter "$name"
		count=$(packets_in "$T/wanted/$name.pcap")
		[ "$count" -gt 0 ] || die "$name wants nothing"
		WANTED[$name]=$count
	done
}

# has_received NAME: as tcpdump counts it, packets on which user space decides included
has_received()
{
	if [ -n "${IN_USER_SPACE[$1]:-}" ]; then
		between "$1 has received" "$RECEIVED" $((WANTED[$1] + 1)) "$SENT"
	else
		equal "$1 has received" "$RECEIVED" "${WANTED[$1]}"
	fi
}

# agree NAME...: these have shown what they have to, and counted it as they have to
agree()
{
	local name wanted=() got=()

	for name; do
		end_capture "$name" "${WANTED[$name]}"
		equal "$name has captured" "$CAPTURED" "${WANTED[$name]}"
		has_received "$name"
		equal "$name has dropped" "$DROPPED" 0
		wanted+=("$T/wanted/$name.pcap")
		got+=("$T/$name.pcap")
	done
	show "${wanted[@]}" >"$T/wanted.txt"
	show "${got[@]}" >"$T/got.txt"
	diff --show-function-line='pcap$' "$T/wanted.txt" "$T/got.txt" | cut -c 1-200 >"$T/difference" ||
		die "not the packets that were wanted" difference
}

# show_all FILE: it is sent, and all captures show of it what they have to
show_all()
{
	send "$1"
	expect "$1" "${!OPTIONS[@]}"
	agree "${!OPTIONS[@]}"
}

# shows MODE OPTIONS...: captures with these options, all at once
shows()
{
	beside "$1"
	looks "${@:2}"
	show_all "$(usual)"
	take_off rx0
}

POINTS=(point=entry point=exit)
EACH=(action=aborted action=drop action=pass action=tx action=redirect)
SETS=(action=drop+aborted action=pass+tx+redirect action=aborted+drop+pass+tx+redirect)

it_shows_packets_before_and_after_the_program_in_native_mode()	{ shows native "${POINTS[@]}"; }
it_shows_packets_before_and_after_the_program_in_generic_mode()	{ shows generic "${POINTS[@]}"; }
it_shows_exactly_the_packets_of_an_action_in_native_mode()	{ shows native "${EACH[@]}"; }
it_shows_exactly_the_packets_of_an_action_in_generic_mode()	{ shows generic "${EACH[@]}"; }
it_shows_exactly_the_packets_of_some_actions_in_native_mode()	{ shows native "${SETS[@]}"; }
it_shows_exactly_the_packets_of_some_actions_in_generic_mode()	{ shows generic "${SETS[@]}"; }

it_shows_packets_as_they_arrive_when_nothing_is_asked()
{
	beside native
	look plain ""
	look generic_too mode=native
	show_all "$(usual)"
	take_off rx0
}

it_shows_dumpcap_the_same()
{
	beside native
	OPTIONS[dumpcap]=action=drop FILTER[dumpcap]='udp port 53' CUT[dumpcap]=
	expect "$(usual)" dumpcap
	start_rx dumpcap dumpcap -q -P -i "$DEV:action=drop" -f 'udp port 53' \
		-c "${WANTED[dumpcap]}" -w "$T/dumpcap.pcap"
	await dumpcap "File: "
	send "$(usual)"
	finish_well dumpcap
	same_packets "$T/wanted/dumpcap.pcap" "$T/dumpcap.pcap"
	take_off rx0
}

# fragments: whether the kernel loads a program for packets in several buffers, which
# none does before 5.18; if not, its words are in $T/fragments
fragments()
{
	with_pins bpftool prog loadall "$(object verdicts.frags)" "$WORK/pins/all" >"$T/fragments" 2>&1
}

# Before 5.18 a program cannot take anything off the end of a packet that is larger
# than a page: those that ask for it, with 5 in their second byte, are left out there.
large()
{
	local all few=$WORK/large.pcap

	all=$(orders send 64 3000 3600 5000 8000 9014)
	if before 5 18; then
		tcpdump -Z root -r "$all" -w "$few" 'ether[43] != 5' 2>"$T/large" || die "no orders" large
		all=$few
	fi
	echo "$all"
}

# shows_large MODE OBJECT
shows_large()
{
	MTU=9000 links
	beside "$@"
	looks "${POINTS[@]}" action=drop action=pass+redirect
	look_deep deep action=drop+aborted 'ether[5000] & 1 = 1'
	look cut action=tx "" 5000
	show_all "$(large)"
	take_off rx0
	links
}

it_shows_packets_in_fragments_in_native_mode()
{
	fragments || skip_test "no packets in fragments: $(grep -m 1 -i error "$T/fragments")"
	shows_large native verdicts.frags
}

it_shows_large_packets_in_generic_mode()
{
	local object=verdicts

	! fragments || object=verdicts.frags
	shows_large generic $object
}

has_seen()
{
	tally "${HELPER[$1]}" && [ "$SEEN" -eq "$SENT" ]
}

# reject NAME...: the kernel did, all that these do not have to show
reject()
{
	local name

	for name; do
		until_true 15 has_seen "$name" || die "$name has seen $SEEN packets of $SENT" "$name"
		equal "rejected by $name" "$REJECTED" $((SENT - WANTED[$name]))
		equal "chosen by $name" "$CHOSEN" "${WANTED[$name]}"
	done
}

# reject_all FILE: what has not to be shown of it
reject_all()
{
	send "$1"
	expect "$1" "${!OPTIONS[@]}"
	reject "${!OPTIONS[@]}"
	agree "${!OPTIONS[@]}"
}

it_filters_in_the_kernel_by_the_action_and_by_the_packet()
{
	beside native
	look port action=drop 'udp port 53'
	look bytes action=drop+aborted 'udp[10:4] & 3 = 1'
	look tagged action=redirect+tx 'vlan 7 and udp port 9'
	look untyped action=tx 'not ip and not vlan'
	look any action=pass+tx+redirect 'udp port 53 or vlan'
	reject_all "$(usual)"
	take_off rx0
}

it_filters_in_the_kernel_by_the_length_that_a_packet_has_there()
{
	beside native
	look before point=entry 'len = 530'
	look after point=exit 'len = 530'
	look grown point=exit 'greater 531 and less 1000'
	look either action=drop 'len = 300 - 16 or len = 300 + 4'
	reject_all "$(usual)"
	take_off rx0
}

# Before Linux 6.2, a filter has a copy of 511 bytes there, and what those do not decide
# user space decides.
it_looks_into_a_packet_as_deep_as_the_filter_wants()
{
	beside native
	look kernel point=entry 'ether[510] & 1 = 1 or ether[509] & 3 = 1'
	look_behind_copy user point=entry 'ether[511] & 1 = 1'
	look_behind_copy deep point=exit 'ether[529] & 1 = 1'
	look_behind_copy words action=drop+aborted 'ether[900:4] & 3 = 1'
	look_behind_copy both action=pass+tx 'ether[983] & 1 = 1 and not udp port 53'
	look_deep loop action=aborted 'ip protochain 17 and ether[600] > 99'
	send "$(usual)"
	expect "$(usual)" "${!OPTIONS[@]}"
	reject kernel
	until_true 15 has_seen user || die "$SEEN packets of $SENT seen" user
	if before 6 2; then
		[ "$CHOSEN" -gt "${WANTED[user]}" ] || die "user space had nothing to decide"
	else
		equal "packets that the kernel chose" "$CHOSEN" "${WANTED[user]}"
	fi
	[ "$REJECTED" -gt 0 ] || die "the kernel had nothing to decide"
	agree "${!OPTIONS[@]}"
	take_off rx0
}

it_cuts_to_the_snapshot_length_and_keeps_the_true_one()
{
	beside native
	look headers point=entry "" 60
	look left point=exit "" 310
	look byte action=drop+redirect "" 1
	look_behind_copy deep point=exit 'ether[700] & 1 = 1' 310
	show_all "$(usual)"
	take_off rx0
}

# many [SOURCE]: packets that are dropped and passed in turns, and numbered
many()
{
	orders alternate $COUNT "$@"
}

# counted: all that was sent is in one count, and tcpdump's are the same
counted()
{
	until_true 15 has_seen dump || die "$SEEN packets of $SENT seen" dump
	end_capture dump "$CHOSEN"
	equal "received as tcpdump has it" "$RECEIVED" "$CHOSEN"
	equal "dropped as tcpdump has it" "$DROPPED" "$LOST"
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" $((CHOSEN - LOST))
}

# 6.2 sigma of a binomial count: wrong once in 10^9 runs by chance
it_samples_of_what_has_the_action_and_passes_the_filter()
{
	local half=$((COUNT / 2)) quarter=$((COUNT / 4)) bound=219	# 6.2 * sqrt(quarter * 1/2 * 1/2)

	beside native
	look dump action=drop:rate=2 'ether[47] & 2 = 0'
	send "$(many)"
	counted
	equal rejected "$REJECTED" $((half + quarter))
	equal lost "$LOST" 0
	equal "unsampled and chosen" $((UNSAMPLED + CHOSEN)) $quarter
	between chosen "$CHOSEN" $((quarter / 2 - bound)) $((quarter / 2 + bound))
	take_off rx0
}

# Of the numbers of those that are dropped every fourth one ends in 00 or 10.
it_counts_every_packet_once_when_it_filters_samples_and_loses()
{
	beside native
	capture dump -i "$DEV:action=drop:rate=2" -B 64 'ether[47] & 6 != 0'
	HELPER[dump]=$(helpers)
	kill -STOP "${PID[dump]}"
	send "$(many)"
	until_true 15 has_seen dump || die "$SEEN packets of $SENT seen" dump
	kill -CONT "${PID[dump]}"
	counted
	equal rejected "$REJECTED" $((COUNT / 2 + COUNT / 8))
	[ "$LOST" -gt 0 ] || die "nothing was lost"
	[ "$UNSAMPLED" -gt 0 ] || die "nothing was left unsampled"
	take_off rx0
}

it_tells_tcpdump_of_no_packet_that_has_another_action()
{
	beside native
	look dump action=drop
	send "$(many)"
	counted
	equal rejected "$REJECTED" $((COUNT / 2))
	has "$(tail -n 3 "$T/dump.err")" "$((COUNT / 2)) packets captured" \
		"$((COUNT / 2)) packets received by filter" "0 packets dropped by kernel"
	take_off rx0
}

# All filters take all packets; what they send asks for nothing of the program.
it_loses_no_packet_and_brings_none_twice_while_filters_change()
{
	[ "$(nproc)" -ge 2 ] || skip_test "one CPU only"
	put passes rx0 native
	build_consumer refilter
	start_rx flood "$WORK/refilter" numbered "$DEV:action=pass" 200 "$TX" tx0
	until_true 50 says_or_ended flood "done" || die "it takes too long" flood
	says flood "done" || die "it went wrong" flood
	SENT=$(sed -n 's/^sent //p' "$T/flood.out")
	tally
	kill -USR1 "${PID[flood]}"
	finish_well flood
	equal "packets seen" "$SEEN" "$SENT"
	equal rejected "$REJECTED" 0
	equal lost "$LOST" 0
	take_off rx0
}

it_stamps_packets_with_the_wall_clock()
{
	local before after name

	beside native
	capture entry -i "$DEV" --time-stamp-precision=nano
	capture exit -i "$DEV:point=exit" --time-stamp-precision=nano
	before=$(date +%s%N)
	send "$(usual)"
	after=$(date +%s%N)
	for name in entry exit; do
		end_capture $name "$SENT"
		show_times "$T/$name.pcap" | sort -n >"$T/times"
		between "first time at $name" "$(head -n 1 "$T/times")" "$before" "$after"
		between "last time at $name" "$(tail -n 1 "$T/times")" "$before" \
			$((after + 1000))	# XDPS_TAI_OFFSET_ERROR_NS
	done
	take_off rx0
}

# in_turn SOURCE: the packets of that sender are all there, in the order of their numbers
in_turn()
{
	show "$T/dump.pcap" | cut -d ' ' -f 3 | grep "^.\{52\}$1" | cut -c 89-96 >"$T/numbers"
	equal "packets of $1" "$(wc -l <"$T/numbers")" $((COUNT / 2))
	sort -c "$T/numbers" || die "the packets of $1 are not in turn"
}

# With a hold that covers also a virtual CPU that its host takes away for a while
# between the stamp and the ring.
it_puts_packets_of_both_cpus_in_time_order()
{
	local cpu

	[ "$(nproc)" -ge 2 ] || skip_test "one CPU only"
	beside native
	capture dump -i "$DEV:action=drop:hold=500000" -B 65536 --time-stamp-precision=nano
	for cpu in 0 1; do
		many "192.0.2.10$cpu" >"$T/many.$cpu"
	done
	for cpu in 0 1; do
		start_tx "send$cpu" taskset -c $cpu tcpreplay -q -i tx0 --topspeed "$(cat "$T/many.$cpu")"
	done
	finish_well send0 60
	finish_well send1 60
	counters chosen >"$T/chosen"
	end_capture dump $COUNT
	[ "$(grep -vc '^0$' "$T/chosen")" -ge 2 ] || die "only one CPU had packets" chosen
	equal dropped "$DROPPED" 0
	show_times "$T/dump.pcap" | sort -nc || die "the file is not in time order"
	in_turn c0000264
	in_turn c0000265
	take_off rx0
}

LONG_NAME=obeys_under_a_name_of_many_characters

it_finds_a_program_by_its_whole_name_and_by_its_id()
{
	put $LONG_NAME rx0 native
	redirect_to rx1
	looks prog=$LONG_NAME "prog=${LONG_NAME:0:15}:action=drop" "prog=$PROGRAM_ID:point=exit"
	show_all "$(usual)"
	take_off rx0
}

it_says_which_programs_there_are_when_none_is_called_so()
{
	put $LONG_NAME rx0 native
	fails rx tcpdump -n -i "$DEV:prog=nobody"
	has "$TEXT" "rx0: no attached XDP program is named nobody; there is only $LONG_NAME (id $PROGRAM_ID)"
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
		has "$TEXT" "rx0: no XDP program is attached, but" "${option%%=*}="
	done
}

# other_mode MODE OTHER: asked for where the program is in this one
other_mode()
{
	put obeys rx0 "$1"
	fails rx tcpdump -n -i "$DEV:mode=$2"
	has "$TEXT" "mode=$2: XDP program obeys (id $PROGRAM_ID, $1 mode) is already attached"
	equal "what is attached" "$(beside_on rx0)" "$1 $PROGRAM_ID"
	take_off rx0
}

it_says_that_a_program_runs_in_another_mode()
{
	other_mode native generic
	other_mode generic native
}

# left_alone SENTENCE [COMMAND] [PROGRAM]: what is there stays and goes on, and the
# reason is told
left_alone()
{
	local program=${3:-obeys}

	fails rx bash -ec "${2:-:}; exec tcpdump -n -i $DEV"
	has "$TEXT" "rx0: XDP program $program (id $PROGRAM_ID, native mode) stays attached, but cannot be traced" "$1"
	equal "what is attached" "$(beside_on rx0)" "native $PROGRAM_ID"
}

it_leaves_a_program_alone_that_has_no_types()
{
	put obeys_untyped rx0 native untyped
	left_alone "type information (BTF)" : obeys_untyped
	take_off rx0
}

it_leaves_a_program_alone_where_the_kernel_has_no_types()
{
	beside native
	left_alone CONFIG_DEBUG_INFO_BTF "mount -t tmpfs tmpfs /sys/kernel/btf"
	take_off rx0
}

it_leaves_a_program_alone_where_tracing_is_refused()
{
	! traces || skip_test "this kernel lets programs be traced"
	beside native
	left_alone "$(sed 's/.*: //' "$WORK/tracing")"
	send "$(usual)"
	until_true 15 has_decided "$SENT" || die "decided: $(decided)"
	take_off rx0
}

it_shows_only_the_packets_of_its_own_interface()
{
	beside native
	put_also rx1 native
	DEV=xdpsample:rx0 looks "${POINTS[@]}"
	DEV=xdpsample:rx1 look far_entry point=entry
	DEV=xdpsample:rx1 look far_exit action=drop
	send "$(usual)"
	tx tcpreplay -q -i tx1 --topspeed "$(orders send 64 100)" >"$T/send1" 2>&1
	expect "$(usual)" "${POINTS[@]}"
	expect "$(orders send 64 100)" far_entry far_exit
	agree "${!OPTIONS[@]}"
	take_off rx0 rx1
}

index_of()
{
	in_net "$1" cat "/sys/class/net/$1/ifindex"
}

# Numbers of interfaces are those of a namespace.
it_shows_no_packets_of_an_interface_with_the_same_number_elsewhere()
{
	equal "the number of tx0" "$(in_net tx0 ip -o link show tx0 | cut -d : -f 1)" \
		"$(in_net rx0 ip -o link show rx0 | cut -d : -f 1)"
	put passes rx0 native
	put_also tx0 native
	capture dump -i "$DEV"
	rx tcpreplay -q -i rx0 --topspeed "$(frames 100)" >"$T/send0" 2>&1
	send "$(frames 50 100)"
	end_capture dump 50
	same_packets "$(frames 50 100)" "$T/dump.pcap"
	take_off rx0 tx0
}

# has_decided COUNT: so many packets
has_decided()
{
	[ "$(decided | awk '{ for (i = 1; i <= NF; i++) n += $i } END { print n }')" -eq "$1" ]
}

# observe NAME: what the receiver and the peers get, when all is sent: in files of
# that name; and what the program has decided
observe()
{
	local interface got=()

	start_rx "$1.rx0" tcpdump -n -Q in -i rx0 -w "$T/$1.rx0.pcap"
	start_tx "$1.tx0" tcpdump -n -Q in -i tx0 -w "$T/$1.tx0.pcap"
	start_tx "$1.tx1" tcpdump -n -Q in -i tx1 -w "$T/$1.tx1.pcap"
	for interface in rx0 tx0 tx1; do
		await "$1.$interface" "listening on"
	done
	send "$(usual)"
	until_true 15 has_decided $((SENT + ${2:-0})) || die "decided: $(decided)"
	read -ra DECIDED < <(decided)
}

# ends_observation NAME PASSED BOUNCED REDIRECTED
end_observation()
{
	end_capture "$1.rx0" "$2"
	end_capture "$1.tx0" "$3"
	end_capture "$1.tx1" "$4"
	show "$T/$1.rx0.pcap" "$T/$1.tx0.pcap" "$T/$1.tx1.pcap" | sed "s/^$1\.//" >"$T/$1.txt"
}

# leaves_alone MODE: the program, what it decides, and what becomes of the packets
leaves_alone()
{
	local alone i

	# a sender that changes its CPU changes the order of its packets
	taskset -cp 0 $BASHPID >/dev/null
	put passes tx0 native	# a veth takes what its peer sends so if it has one
	put_also tx1 native
	beside "$1"
	observe alone
	alone=("${DECIDED[@]}")
	end_observation alone "${alone[@]:2:3}"
	looks "${POINTS[@]}" action=drop
	equal "what is attached" "$(beside_on rx0)" "$1 $PROGRAM_ID"
	observe traced "$SENT"
	for i in "${!alone[@]}"; do
		equal "number $i decided" $((DECIDED[i] - alone[i])) "${alone[i]}"
	done
	end_observation traced "${alone[@]:2:3}"
	diff "$T/alone.txt" "$T/traced.txt" | cut -c 1-200 || die "other packets than alone"
	expect "$(usual)" "${!OPTIONS[@]}"
	agree "${!OPTIONS[@]}"
	equal "what is attached" "$(beside_on rx0)" "$1 $PROGRAM_ID"
	take_off rx0 tx0 tx1
}

it_leaves_the_program_and_its_packets_as_they_are_in_native_mode()	{ leaves_alone native; }
it_leaves_the_program_and_its_packets_as_they_are_in_generic_mode()	{ leaves_alone generic; }

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The capture filter, from the program's command line to the kernel and back.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# Of the frames of "make_frames.py mixed" each wants some and leaves some; but
# the last, which looks where none has a byte.
EXPRESSIONS=(
	'host 192.0.2.77'
	'src net 198.51.100.0/25'
	'dst host 198.51.100.200 and udp'
	'ether src 02:00:5e:10:00:07'
	'ether broadcast'
	'ether multicast and not ip'
	'ether proto 0x88b5'
	'arp'
	'stp'
	'not (ip or ip6)'
	'icmp[icmptype] = icmp-echo'
	'tcp portrange 8000-8100'
	'port 443 and (host 192.0.2.77 or host 192.0.2.78)'
	'src port 53 and dst port 1053'
	'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0'
	'tcp port 80 and (((ip[2:2] - ((ip[0] & 0xf) << 2)) - ((tcp[12] & 0xf0) >> 2)) != 0)'
	'tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420'
	'ip[0] & 0xf != 5'
	'ip[6:2] & 0x1fff != 0'
	'ip[6:2] & 0x3fff != 0 and udp port 53'
	'ip proto 47 or ip proto 51'
	'ip6 host 2001:db8::77'
	'ip6 net 2001:db8:1::/48 and udp'
	'ip6 proto 44'
	'ip6 protochain 17'
	'ip protochain 6'
	'vlan 7 and udp port 53'
	'vlan 100 and vlan 200 and host 192.0.2.77'
	'mpls 16 and mpls 17 and host 192.0.2.77'
	'pppoes 1 and tcp'
	'greater 1000 and not udp'
	'len % 7 = 3'
	'len - 14 = ip[2:2]'
	'ip[4:2] & 3 = 1 and ip[4:2] / 3 > 100'
	'ip[4:2] ^ 0x55 > 0x8000'
	'ip[4:2] % ip[8] = 0'
	'1 << (ip[4:2] & 63) = 0'
	'(-ip[4:2]) & 7 = 3'
	'udp[1000:2] = 0xbeef'
	'ether[1410:4] != 0'
	'ether[ip[2:2]] > 0x5a'
	'ether[60000:1] = 0'
)


# Made once: scapy takes its time.
mixed()
{
	[ -e "$WORK/mixed.pcap" ] || "$HERE/make_frames.py" mixed "$WORK/mixed.pcap"
	echo "$WORK/mixed.pcap"
}

# expected FILE FILTER...: what tcpdump selects of the packets that are sent, by the
# system's library: a file for each filter, and all in a list
expected()
{
	local sent=$1 filter i=10

	shift
	mkdir "$T/wanted"
	for filter; do
		tcpdump ${UNOPTIMISED:+-O} -Z root -r "$sent" -w "$T/wanted/$i.pcap" "$filter" \
			2>"$T/reference" || die "\"$filter\" is no filter" reference
		i=$((i + 1))
	done
	show "$T"/wanted/*.pcap >"$T/wanted.txt"
	mapfile -t COUNTS < <(awk '/pcap$/ { if (files++) print n; n = 0; next }
		{ n++ } END { print n }' "$T/wanted.txt")
}

# Of the frames each filter has to want some, and to leave some.
counts_tell()
{
	local i last=$((${#EXPRESSIONS[@]} - 1)) all

	all=$(packets_in "$(mixed)")
	for ((i = 0; i < last; i++)); do
		between "wanted by \"${EXPRESSIONS[i]}\"" "${COUNTS[i]}" 1 $((all - 1))
	done
	equal "wanted by \"${EXPRESSIONS[last]}\"" "${COUNTS[last]}" 0
}

# end_at_the_last NAME COUNT: when so many packets have passed the hook.  A reader
# whose helper has ended reads all that the rings hold, and ends then.
end_at_the_last()
{
	until_true 15 seen "$2" || die "$SEEN packets of $2 have passed the hook" "$1"
	kill "$(helpers)"
	finish "$1"
	says "$1" "the helper exited unexpectedly" || die "$1 ended otherwise, with $RC" "$1"
}

# by_tcpdump NAME FILTER [OPTION]..., by_dumpcap: to $T/NAME.pcap, ready to receive
by_tcpdump()
{
	local name=$1 filter=$2

	shift 2
	capture "$name" -i "$DEV" "$@" "$filter"
}

# It names its file when the filter is set.
by_dumpcap()
{
	start_rx "$1" dumpcap -q -P -i "$DEV" -w "$T/$1.pcap" -f "$2"
	await "$1" "File: "
}

# The kernel rejects what is not wanted, if it can: no loops there.
rejected_by()
{
	[[ $1 == *protochain* ]] && echo 0 || echo $((SENT - $2))
}

# each_gets_its_packets HOW [ARGUMENT]...: a capture for each of the expressions
each_gets_its_packets()
{
	local how=$1 filter i=10

	shift
	needs_scapy
	expected "$(mixed)" "${EXPRESSIONS[@]}"
	counts_tell
	for filter in "${EXPRESSIONS[@]}"; do
		"$how" "$i" "$filter" "$@"
		send "$(mixed)"
		end_at_the_last "$i" "$SENT"
		equal "rejected by \"$filter\"" "$REJECTED" "$(rejected_by "$filter" "${COUNTS[i - 10]}")"
		i=$((i + 1))
	done
	show "$T"/*.pcap >"$T/got.txt"
	diff --show-function-line='pcap$' "$T/wanted.txt" "$T/got.txt" >"$T/difference" ||
		die "not the packets that were wanted" difference
}

it_captures_what_tcpdump_would_select()			{ each_gets_its_packets by_tcpdump; }
it_captures_in_dumpcap_what_tcpdump_would_select()	{ each_gets_its_packets by_dumpcap; }

it_captures_the_same_as_root_and_not_optimised()
{
	UNOPTIMISED=yes each_gets_its_packets by_tcpdump -Z root -O
}

# marked COUNT SIZE: each byte of a payload is the lowest of the packet's number
marked()
{
	local file=$WORK/marked.$1.$2.pcap

	[ -e "$file" ] || "$HERE/make_frames.py" marked "$file" "$1" "$2"
	echo "$file"
}

# selects FILE FILTER [OPTION]...: a capture of the file gets what is expected
selects()
{
	local sent=$1 filter=$2

	shift 2
	rm -rf "$T/wanted"
	expected "$sent" "$filter"
	between "wanted by \"$filter\"" "${COUNTS[0]}" 1 $(($(packets_in "$sent") - 1))
	capture dump -B 65536 "$@" "$filter"
	send "$sent"
	end_at_the_last dump "$SENT"
	equal "lost" "$LOST" 0
}

# sees_all FILTER: of packets that are cut to 60 bytes
sees_all()
{
	selects "$(marked 600 200)" "$1" -i "$DEV" -s 60
	editcap -F pcap -s 60 "$T/wanted/10.pcap" "$T/cut.pcap"
	same_packets "$T/cut.pcap" "$T/dump.pcap"
	equal rejected "$REJECTED" "$(rejected_by "$1" "${COUNTS[0]}")"
}

it_asks_for_bytes_that_the_file_does_not_get()		{ sees_all 'udp[70] & 3 = 1'; }
it_asks_for_such_bytes_in_user_space_too()
{
	sees_all 'udp[70] & 3 = 1 and ip protochain 17'
}

# A load at each offset around the ends of the buffers that a packet is in.
pointing()
{
	local file=$WORK/pointing.pcap

	[ -e "$file" ] || "$HERE/make_frames.py" pointing "$file" 9014 3200 3700 7500 7750
	echo "$file"
}

# looks_deep MODE: and what lies in a packet's second buffer counts
looks_deep()
{
	MTU=9000 links
	selects "$(marked 300 9014)" 'ether[5000] & 7 = 3' -i "$PLAIN:mode=$1"
	same_packets "$T/wanted/10.pcap" "$T/dump.pcap"
	selects "$(pointing)" 'ether[ether[14:2]:4] = 0xfeedbeef' -i "$PLAIN:mode=$1"
	same_packets "$T/wanted/10.pcap" "$T/dump.pcap"
	[ "$REJECTED" -gt 0 ] || die "nothing was rejected in the kernel"
}

it_sees_the_second_buffer_of_a_packet_in_native_mode()
{
	looks_deep native
	[ "$CHOSEN" -gt "${COUNTS[0]}" ] || die "no packet had a second buffer"
}

it_sees_the_second_buffer_of_a_packet_in_generic_mode()	{ looks_deep generic; }

it_sees_as_much_of_a_packet_as_it_can_capture()
{
	local sent

	MTU=65535 links
	sent=$(marked 60 65535)
	editcap -F pcap -s 65000 "$sent" "$T/cut.pcap"
	selects "$sent" 'ether[60000:1] & 3 = 1' -i "$DEV"
	tcpdump -Z root -r "$T/cut.pcap" -w "$T/wanted/cut.pcap" 'ether[60000:1] & 3 = 1' 2>"$T/cut"
	same_packets "$T/wanted/cut.pcap" "$T/dump.pcap"
	links
}

# pings_with FILTER COUNT: so many of three large pings and their answers on lo
pings_with()
{
	capture dump -i xdpsample:lo "$1"
	rx ping -q -c 3 -i 0.01 -p 5a -s 65507 127.0.0.1 >"$T/ping"
	end_at_the_last dump 6
	equal "packets by \"$1\"" "$(packets_in "$T/dump.pcap")" "$2"
}

it_sees_no_byte_that_cannot_be_captured()
{
	pings_with 'ether[64999] = 0x5a and icmp[icmptype] = icmp-echo' 3
	pings_with 'ether[65000] = 0x5a' 0
	pings_with 'ether[65000] = 0x5a or len = 65549' 0
	pings_with 'len = 65549' 6
}

# places FILTER PIECE...: what the helper says of it when it is asked to talk
places()
{
	local filter=$1

	shift
	start_rx dump env XDPSAMPLE_DEBUG=1 tcpdump -n -w "$T/dump.pcap" -i "$DEV" "$filter"
	await dump "listening on"
	has "$(grep "^xdpsample-helper: " "$T/dump.err")" "rx0: filter" "$@"
	stop dump
	equal "status" "$RC" 0
}

it_says_where_it_filters_when_asked()
{
	places 'udp port 53' "in the kernel"
	places 'ip protochain 17' "in user space" "jumps back" "the kernel does not accept loops"
}

it_says_nothing_when_not_asked()
{
	local filter

	for filter in 'udp port 53' 'ip protochain 17'; do
		capture dump -i "$DEV" "$filter"
		stop dump
		equal "lines of tcpdump" "$(grep -cvE 'listening on|packets? (captured|received|dropped)|^$' \
			"$T/dump.err" || :)" 0
	done
}

# tshark_says FILTER: its words for 25 packets, but for numbers, to $T/words
tshark_says()
{
	start_rx shark tshark -n -c 25 -i "$DEV" -w "$T/shark.pcap" -f "$1"
	await shark "Capture started"
	send "$(frames 100)"
	finish_well shark
	equal "packets by \"$1\"" "$(packets_in "$T/shark.pcap")" 25
	tr '\r' '\n' <"$T/shark.err" | sed 's/.*\[Main MESSAGE\] -- File.*//' | tr -d '0-9 ' |
		sort -u >"$T/words"
}

it_filters_in_tshark_without_a_word_more()
{
	local filter

	tshark_says ''
	mv "$T/words" "$T/wanted"
	for filter in 'ip[4:2] & 3 = 1' 'ip[4:2] & 3 = 1 and ip protochain 17'; do
		tshark_says "$filter"
		cmp -s "$T/wanted" "$T/words" || die "it says more" shark
	done
}

# flood TEST CHANGES: from both CPUs, while the filter changes
flood()
{
	[ "$(nproc)" -ge 2 ] || skip_test "one CPU only"
	build_consumer refilter
	start_rx flood "$WORK/refilter" "$1" "$DEV" "$2" "$TX" tx0
	until_true 50 says_or_ended flood ready || die "it takes too long" flood
	says flood ready || die "it went wrong" flood
	SENT=$(sed -n 's/^sent //p' "$T/flood.out")
	tally
	kill -USR1 "${PID[flood]}"
	finish_well flood
	equal "packets seen" "$SEEN" "$SENT"
}

it_loses_no_packet_and_brings_none_twice_while_filters_change()
{
	flood numbered 2500
	equal rejected "$REJECTED" 0
	equal lost "$LOST" 0
}

it_brings_no_packet_that_the_filter_does_not_want_while_filters_change()
{
	flood kinds 2500
	[ "$REJECTED" -gt 0 ] || die "nothing was rejected in the kernel"
}

# Counted by the kernel: the filter is first, then one in so many is chosen.  6.2
# sigma of a binomial count: wrong once in 10^9 runs by chance.
it_takes_one_in_ten_of_what_the_filter_wants()
{
	local sent=200000 wanted=20000 bound=263	# 6.2 * sqrt(wanted * 1/10 * 9/10)

	capture dump -i "$DEV:rate=10" -B 65536 'ip[4:2] % 10 = 3'
	send "$(frames 50000)" --topspeed --loop=4
	equal sent "$SENT" $sent
	end_at_the_last dump $sent
	equal rejected "$REJECTED" $((sent - wanted))
	equal lost "$LOST" 0
	between chosen "$CHOSEN" $((wanted / 10 - bound)) $((wanted / 10 + bound))
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" "$CHOSEN"
}

it_counts_every_packet_once_when_it_filters_samples_and_loses()
{
	capture dump -i "$DEV:rate=2" -B 64 'ip[4:2] % 5 != 3'
	kill -STOP "${PID[dump]}"
	send "$(frames 50000)"
	until_true 15 seen 50000 || die "$SEEN packets seen"
	kill -CONT "${PID[dump]}"
	end_at_the_last dump 50000
	equal rejected "$REJECTED" 10000
	[ "$UNSAMPLED" -gt 0 ] || die "nothing was left unsampled"
	[ "$LOST" -gt 0 ] || die "nothing was lost"
	equal "rejected, unsampled, taken and lost" $((REJECTED + UNSAMPLED + CHOSEN)) 50000
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" $((CHOSEN - LOST))
	read_counts "$(tail -n 3 "$T/dump.err")"
	equal "received as tcpdump has it" "$RECEIVED" "$CHOSEN"
	equal "dropped as tcpdump has it" "$DROPPED" "$LOST"
}

# refilter TEST [ARGUMENT]...: to its "ready"
refilter()
{
	local name=$1

	shift
	build_consumer refilter
	start_rx refilter ${DEBUG:+env XDPSAMPLE_DEBUG=1} "$WORK/refilter" "$name" "$DEV" "$@"
	await refilter ready
}

go()
{
	kill -USR1 "${PID[refilter]}"
}

# rejudged FILTER FILTER FIRST LAST: set after the packets have come, the second
# filter lets pass those from FIRST to LAST, as far as the first has taken them
rejudged()
{
	refilter rejudge "$@"
	send "$(frames 1000)"
	until_true 15 seen 1000 || die "$SEEN packets seen"
	go
	finish_well refilter
}

it_judges_packets_in_the_rings_by_the_filter_of_now()
{
	local user='ip protochain 17'

	rejudged 'ip[4:2] < 800' 'ip[4:2] >= 500' 500 799
	rejudged 'ip[4:2] < 800' "ip[4:2] >= 500 and $user" 500 799
	rejudged "ip[4:2] < 800 and $user" 'ip[4:2] >= 500' 500 999
	rejudged "ip[4:2] < 800 and $user" "ip[4:2] >= 500 and $user" 500 999
	rejudged 'ip[4:2] < 500' 'ip[4:2] >= 500' 500 499
	rejudged 'less 1' '' 0 -1
}

it_lets_all_packets_pass_unharmed_while_filters_change()
{
	refilter change
	start_rx stack tcpdump -n -Q in -i rx0 -w "$T/stack.pcap" udp
	await stack "listening on"
	start_tx ping ping -q -i 0.002 -c 1000 192.0.2.2
	send "$(marked 3000 1000)" --pps=2000
	finish_well ping
	says ping "1000 packets transmitted, 1000 received, 0% packet loss" || die "lost" ping
	go
	finish_well refilter
	end_capture stack 3000
	same_packets "$(marked 3000 1000)" "$T/stack.pcap"
	[ "$(sed -n 's/ changes$//p' "$T/refilter.out")" -ge 100 ] || die "few changes" refilter
}

it_refuses_what_is_no_filter_and_keeps_the_one_before()
{
	refilter wrong 1000
	send "$(frames 1000)"
	go
	finish_well refilter
}

# long INSTRUCTIONS PLACE
long()
{
	DEBUG=yes refilter length 1000 "$1"
	says refilter "$2" || die "$1 instructions are not $2" refilter
	send "$(frames 1000)"
	go
	finish_well refilter
}

it_takes_filters_of_any_length()
{
	long 5 "in the kernel"
	long 4096 "in the kernel"
	long 4097 "in user space"
	long 60000 "in user space"
}

it_changes_the_filter_in_a_forked_child()
{
	refilter forked 1000
	send "$(frames 1000)"
	kill -USR1 "$(sed -n 's/^child //p' "$T/refilter.out")"
	finish_well refilter
}

# over PIECE...: the program is told, in time, and nothing is left
over()
{
	finish_well refilter 40
	has "$(grep '^pcap_dispatch: ' "$T/refilter.out")" "$@"
	equal "helpers at work" "$(helpers)" ""
}

it_says_so_when_the_helper_is_killed_while_filters_change()
{
	local i

	for i in 1 2 3 4 5; do
		refilter change
		kill -KILL "$(helpers)"
		over helper "the helper exited"
	done
}

# libpcap 1.10 compiles them, to programs that reject every packet.
it_refuses_filters_on_what_is_known_after_the_hook()
{
	local filter

	for filter in inbound outbound "ifindex 3"; do
		fails rx tcpdump -ni "$DEV" "$filter"
		has "$TEXT" "only exists after the XDP hook"
	done
}

it_says_so_when_the_helper_does_not_answer()
{
	refilter change
	kill -STOP "$(helpers)"
	over "the helper did not reply within 10 seconds"
}

it_says_so_when_the_interface_is_deleted_while_filters_change()
{
	local i

	for i in 1 2 3; do
		refilter change
		ip -n "$RX" link delete rx0
		links
		over "The interface disappeared"
	done
}

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the interface sends, beside what it receives: dir=, and pcap_setdirection().

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside_captures.sh
. "$XDPS_SRC/tests/lib/beside_captures.sh"
# shellcheck source=tests/lib/extcap.sh
. "$XDPS_SRC/tests/lib/extcap.sh"

OUT=$PLAIN:dir=out	# the mode is that of the XDP hook

needs_tcx()
{
	! before 6 6 || skip_test "no tcx before Linux 6.6"
}

# The traffic.

# reply COUNT [PING-OPTION]...: rx0 receives so many requests, and sends so many replies
reply()
{
	local count=$1

	shift
	tx ping -q -c "$count" -i 0.01 "$@" 192.0.2.2 >"$T/ping" || die "no reply" ping
}

# talk COUNT PPS: so many frames of all kinds in each direction, at once
talk()
{
	local from pps

	for from in tx rx; do
		[ -e "$WORK/$from.$1.pcap" ] || "$HERE/make_frames.py" conversation \
			"$WORK/$from.$1.pcap" "$1" "$(mac $from)" "$(mac "$(peer $from)")"
	done
	pps=$(($2 / ${XDPS_PATIENCE:-1}))
	start_tx send_tx tcpreplay -q -i tx0 --pps $pps "$WORK/tx.$1.pcap"
	start_rx send_rx tcpreplay -q -i rx0 --pps $pps "$WORK/rx.$1.pcap"
	finish_well send_tx 120
	finish_well send_rx 120
}

mac()
{
	[ "$1" = tx ] && echo $TX0_MAC || echo $RX0_MAC
}

peer()
{
	[ "$1" = tx ] && echo rx || echo tx
}

# server COMMAND...: in the sender's namespace, at port 5000 of TCP
server()
{
	start_tx server timeout 30 "$@"
	until_true 5 listens || die "no server" server
}

listens()
{
	[ -n "$(ip netns exec "$TX" ss -Hltn sport = :5000)" ]
}

# Captures on AF_PACKET and on ours beside each other.

# linux NAME [TCPDUMP-OPTION]...: on AF_PACKET.  Some kernels hand on a block that is not
# full only after seconds; in immediate mode there are no blocks, and less room.
linux()
{
	capture "$1" -i rx0 --immediate-mode "${@:2}"
}

# both NAME [TCPDUMP-OPTION]...: to NAME.linux and NAME.ours, with the same options
both()
{
	local name=$1

	shift
	linux "$name.linux" "$@"
	capture "$name.ours" -i "$DEV:dir=both" "$@"
}

# end_both NAME: when there is nothing more to come; they have the same frames
end_both()
{
	settle "$1.linux"
	equal "lost by AF_PACKET" "$DROPPED" 0
	end_capture "$1.ours" "$CAPTURED"
	equal "lost" "$DROPPED" 0
	stop "$1.linux"
	"$HERE/same_conversation.py" "$T/$1.linux.pcap" "$T/$1.ours.pcap" $RX0_MAC >"$T/same" ||
		die "not the same frames" same
}

# settle NAME: until it captures no more; the number is in CAPTURED
settle()
{
	local before=-1

	CAPTURED=0
	until [ "$CAPTURED" -eq "$before" ]; do
		before=$CAPTURED
		sleep 0.5
		ask_counts "$1" || die "$1 does not answer" "$1"
	done
}

# directions FILE: how many of the pings are requests, and how many replies
directions()
{
	tcpdump -n -r "$1" 2>/dev/null |
		awk '/echo request/ { i++ } /echo reply/ { o++ } END { print i + 0, o + 0 }'
}

# of NAME FILTER: how many of its packets tshark shows with that filter
of()
{
	tshark -n -r "$T/$1" "$2" 2>/dev/null | wc -l
}

it_captures_both_halves_of_a_ping()
{
	both ping
	reply 20
	end_both ping
	equal "requests and replies" "$(directions "$T/ping.ours.pcap")" "20 20"
}

it_captures_only_what_is_sent_and_leaves_the_XDP_hook_alone()
{
	capture out -i "$OUT"
	equal "XDP program" "$(xdp_on rx0)" ""
	reply 20
	end_capture out 20
	equal "requests and replies" "$(directions "$T/out.pcap")" "0 20"
}

it_captures_TCP_UDP_ICMP_ARP_and_VLAN_both_ways_at_once_as_AF_PACKET_does()
{
	local count=${XDPS_TALK:-100000}

	[ "${XDPS_PATIENCE:-1}" -eq 1 ] || count=${XDPS_TALK:-5000}
	both talk -s 2000 -B 262144
	talk "$count" 20000
	end_both talk
	note "$(paste -sd ';' "$T/same")"
	between "captured" "$CAPTURED" $((2 * count * 95 / 100)) $((2 * count + 100))
}

it_captures_TCP_with_segments_to_be_cut_as_AF_PACKET_does()
{
	both tcp tcp
	server python3 -c '
import socket
s = socket.create_server(("192.0.2.1", 5000))
c, _ = s.accept()
while d := c.recv(1 << 20): c.sendall(d[:1000])'
	ip netns exec "$RX" python3 -c '
import socket
c = socket.create_connection(("192.0.2.1", 5000))
for i in range(20): c.sendall(b"%9d" % i * 20000); c.recv(1000)
c.shutdown(socket.SHUT_WR)
while c.recv(1000): pass'
	finish_well server
	end_both tcp
	between "frames longer than the MTU" \
		"$(of tcp.ours.pcap 'frame.len > 1514 && ip.src == 192.0.2.2')" 1 10000
}

it_captures_what_it_sends_beside_perf_rings_too()
{
	DEV=$DEV:ring=perf both talk -s 2000 -B 65536
	talk 2000 2000
	end_both talk
}

it_gives_tcpflow_both_sides_of_each_connection()
{
	local name

	skip_test_without tcpflow
	server python3 -c '
import socket
s = socket.create_server(("192.0.2.1", 5000))
for i in range(10):
    c, _ = s.accept()
    c.sendall(b"answer %d to " % i + c.recv(100))
    c.close()'
	mkdir "$T/linux" "$T/ours"
	start_rx flow.linux tcpflow -q -i rx0 -o "$T/linux" port 5000
	start_rx flow.ours tcpflow -q -i "$DEV:dir=both" -o "$T/ours" port 5000
	await_attached rx0 flow.ours
	sleep 1
	ip netns exec "$RX" python3 -c '
import socket
for i in range(10):
    c = socket.create_connection(("192.0.2.1", 5000))
    c.sendall(b"question %d" % i)
    while c.recv(100): pass'
	finish_well server
	until_true 10 has_flows ours || die "$(ls "$T/ours")"
	stop flow.linux
	stop flow.ours
	for name in linux ours; do
		equal "flows, $name" "$(flows $name)" 20
	done
	diff -r -x report.xml "$T/linux" "$T/ours" || die "not the same conversations"
}

has_flows()
{
	[ "$(flows "$1")" -ge 20 ]
}

flows()
{
	find "$T/$1" -name '192*' -size +0 | wc -l
}

# vlan_on_rx0: number 5
vlan_on_rx0()
{
	trap no_vlan EXIT
	ip -n "$RX" link add link rx0 name rx0.5 type vlan id 5 2>"$T/vlan" ||
		skip_test "no VLAN interfaces here: $(cat "$T/vlan")"
	ip -n "$RX" link set rx0.5 up multicast off
}

no_vlan()
{
	stop_all
	links
}

it_puts_the_VLAN_tag_where_it_will_be_on_the_wire()
{
	vlan_on_rx0
	linux linux vlan 5
	capture ours -i "$OUT" vlan 5
	capture port -i "$OUT" vlan 5 and udp dst port 9
	capture none -i "$OUT" vlan 6
	ip netns exec "$RX" tcpreplay -q -i rx0.5 --pps 1000 "$(frames 30)" >"$T/send" 2>&1
	ip netns exec "$RX" tcpreplay -q -i rx0.5 --pps 1000 "$(frames 30 1500)" >"$T/send" 2>&1
	end_capture port 60
	end_capture ours 60
	until_true 15 drained linux 60 || die "AF_PACKET has not all" linux
	stop linux
	stop none
	same_packets "$T/linux.pcap" "$T/ours.pcap"
	equal "with vlan 6" "$(packets_in "$T/none.pcap")" 0
	equal "tagged" "$(of port.pcap 'vlan.id == 5 && frame.len == 68')" 30
}

it_filters_by_direction_in_the_kernel()
{
	XDPSAMPLE_DEBUG=1 capture in -i "$DEV:dir=both" inbound
	XDPSAMPLE_DEBUG=1 capture out -i "$PLAIN:dir=both" outbound and icmp
	capture not -i "$OUT" inbound
	reply 10
	end_capture in 10
	end_capture out 10
	stop not
	has "$(cat "$T/in.err")" "filter 2: in the kernel"
	has "$(cat "$T/out.err")" "filter 2: in the kernel"
	equal "inbound" "$(directions "$T/in.pcap")" "10 0"
	equal "outbound" "$(directions "$T/out.pcap")" "0 10"
	equal "received, of those sent" "$(packets_in "$T/not.pcap")" 0
}

it_filters_what_is_sent_as_AF_PACKET_does()
{
	local i filters=('udp port 9 and len > 200' 'icmp or arp' 'vlan 7' 'ip6 and not tcp'
			 'ether[200] = 0' 'not icmp')

	for i in "${!filters[@]}"; do
		linux "linux$i" -s 2000 -Q out "${filters[i]}"
		capture "ours$i" -i "$OUT" "${filters[i]}"
	done
	talk 600 2000
	for i in "${!filters[@]}"; do
		settle "linux$i"
		equal "lost by AF_PACKET" "$DROPPED" 0
		end_capture "ours$i" "$CAPTURED"
		stop "linux$i"
		between "packets with ${filters[i]}" "$CAPTURED" 10 600
		same_packets "$T/linux$i.pcap" "$T/ours$i.pcap"
	done
}

it_filters_cuts_and_samples_what_is_sent()
{
	capture dump -i "$OUT" -s 50 'icmp[icmptype] = icmp-echoreply and len > 200'
	reply 10 -s 1000
	reply 10 -s 20
	end_capture dump 10
	equal "cut packets" "$(of dump.pcap 'frame.cap_len == 50 && frame.len == 1042')" 10
	capture rate -i "$OUT:rate=4"
	tx ping -q -f -c 2000 192.0.2.2 >"$T/ping"
	until_true 5 seen 2000 || die "seen $SEEN" rate
	stop rate
	read_counts "$(tail -n 3 "$T/rate.err")"
	between "of 2000, 1 in 4" "$CAPTURED" 400 600
}

# counts_of HALF: this half's counts of the one helper at work, to REJECTED, UNSAMPLED,
# CHOSEN, LOST
counts_of()
{
	# shellcheck disable=SC2034	# by their names
	read -r REJECTED UNSAMPLED CHOSEN LOST < <(
		bpftool -j map dump id "$(counters_map)" | python3 -c '
import json, sys
n = dict.fromkeys(("rejected", "unsampled", "chosen", "lost"), 0)
for row in json.load(sys.stdin):
    for key in n: n[key] += row["formatted"]["value"][sys.argv[1]][key]
print(*n.values())' "$1")
}

it_accounts_for_each_packet_of_each_direction_in_a_flood()
{
	local half count=20000 taken=0 lost=0

	[ "${XDPS_PATIENCE:-1}" -eq 1 ] || count=2000
	capture dump -i "$DEV:dir=both:rate=2" -B 64 'udp or icmp'
	kill -STOP "${PID[dump]}"
	talk $count 200000
	for half in received sent; do
		counts_of $half
		note "$half: $REJECTED rejected, $UNSAMPLED unsampled, $CHOSEN chosen, $LOST lost"
		equal "seen, $half" $((REJECTED + UNSAMPLED + CHOSEN)) $count
		between "rejected, $half" "$REJECTED" $((count / 3)) $((count * 2 / 3))
		taken=$((taken + CHOSEN - LOST)) lost=$((lost + LOST))
	done
	[ $taken -gt 0 ] && [ $lost -gt 0 ] || die "$taken taken and $lost lost"
	kill -CONT "${PID[dump]}"
	end_capture dump $((taken + lost))
	equal "captured" "$CAPTURED" $taken
	equal "dropped" "$DROPPED" $lost
}

# Turning while it runs.

it_turns_while_it_runs_as_tcpdump_asks_for_it()
{
	capture out -i "$PLAIN" -Q out
	equal "XDP program with -Q out" "$(xdp_on rx0)" ""
	reply 10
	end_capture out 10
	equal "with -Q out" "$(directions "$T/out.pcap")" "0 10"
	capture inout -i "$PLAIN" -Q inout
	reply 10
	end_capture inout 20
	equal "with -Q inout" "$(directions "$T/inout.pcap")" "10 10"
	capture in -i "$PLAIN:dir=both" -Q in
	reply 10
	end_capture in 10
	equal "with -Q in" "$(directions "$T/in.pcap")" "10 0"
}

it_turns_for_a_user_without_privilege()
{
	capable_helper
	start dump as_nobody tcpdump -n -w - -c 20 -i "$PLAIN" -Q inout icmp
	await dump "listening on"
	reply 10
	finish_well dump
	equal "with -Q inout" "$(directions "$T/dump.out")" "10 10"
}

# turns START-COMMAND...: the consumer, run by it, while pings come and go
turns()
{
	build_consumer
	start_tx pings ping -q -i 0.002 192.0.2.2
	"$@" "$WORK/consumer" turns "$DEV" $((60 / ${XDPS_PATIENCE:-1}))
	finish_well consumer 60
	note "$(tail -n 1 "$T/consumer.out")"
	stop pings INT
	await_nothing_of_ours
}

it_turns_again_and_again_under_traffic()	{ turns start_rx consumer; }

it_turns_again_and_again_for_a_user_without_privilege()
{
	capable_helper
	turns start consumer as_nobody
}

it_has_each_packet_of_lo_once()
{
	capture both -i xdpsample:lo:dir=both
	capture out -i xdpsample:lo:dir=out
	rx ping -q -c 3 -i 0.01 127.0.0.1 >"$T/ping"
	end_capture both 6
	end_capture out 6
	equal "with dir=both" "$(directions "$T/both.pcap")" "3 3"
	equal "with dir=out" "$(directions "$T/out.pcap")" "3 3"
}

# Others.

it_shows_several_captures_both_directions_each()
{
	both one
	XDPSAMPLE_DEBUG=1 capture two -i "$PLAIN:dir=both" icmp
	XDPSAMPLE_DEBUG=1 capture out -i "$OUT" icmp
	reply 20
	end_capture two 40
	end_capture out 20
	end_both one
	equal "of the second" "$(directions "$T/two.pcap")" "20 20"
	equal "of the one that has only sent ones" "$(directions "$T/out.pcap")" "0 20"
}

it_captures_both_directions_beside_an_xdp_program()
{
	needs_tracing
	put passes rx0 native
	both beside icmp
	capture exit -i "$PLAIN:dir=both:point=exit" icmp
	capture dropped -i "$PLAIN:dir=both:action=drop" icmp
	reply 20
	end_both beside
	end_capture exit 40
	end_capture dropped 20
	equal "at the exit" "$(directions "$T/exit.pcap")" "20 20"
	equal "dropped and sent" "$(directions "$T/dropped.pcap")" "0 20"
	take_off rx0
}

it_captures_what_is_sent_beside_any_xdp_program()
{
	put passes rx0 native
	capture out -i "$OUT" icmp
	reply 20
	end_capture out 20
	equal "sent" "$(directions "$T/out.pcap")" "0 20"
	take_off rx0
}

it_gives_sent_packets_no_verdict()
{
	needs_tracing
	put passes rx0 native
	grab dump --point exit --dir both --extcap-capture-filter icmp
	reply 5
	end_grab dump 10
	equal "verdicts" "$(field dump packet verdict | sort | uniq -c | tr -s ' \n' ' ')" " 5 - 5 2:0200000000000000 "
	take_off rx0
}

it_leaves_nothing_when_it_is_killed()
{
	local before

	before=$(ip netns exec "$RX" tc qdisc show)
	capture dump -i "$DEV:dir=both"
	equal "queueing disciplines" "$(ip netns exec "$RX" tc qdisc show)" "$before"
	kill -KILL "${PID[dump]}" "$(helpers)"
	await_nothing_of_ours
}

it_leaves_nothing_when_it_ends()
{
	capture dump -i "$DEV:dir=both"
	stop dump
	await_nothing_of_ours
}

it_ends_when_the_interface_goes()
{
	trap no_vlan EXIT
	capture out -i "$OUT"
	capture both -i "$PLAIN:dir=both"
	ip -n "$RX" link delete rx0
	finish out
	finish both
	has "$(cat "$T/out.err")" "The interface disappeared"
	has "$(cat "$T/both.err")" "The interface disappeared"
}

it_goes_on_when_the_interface_was_down()
{
	capture out -i "$OUT"
	reply 5
	ip -n "$RX" link set rx0 down
	ip -n "$RX" link set rx0 up
	ip -n "$RX" neighbour replace 192.0.2.1 lladdr $TX0_MAC dev rx0 nud permanent
	until_true 5 reply 5
	end_capture out 10
}

# came_in_front NAME: it says so; the gap is in GAP_MS
came_in_front()
{
	await "$1" "is in front again"
	GAP_MS=$(sed -n 's/.*sent packets of about \([0-9]*\) ms may be missing.*/\1/p' "$T/$1.err")
}

it_goes_in_front_of_a_program_that_came_in_front()
{
	needs_tcx
	XDPSAMPLE_DEBUG=1 capture dump -i "$OUT"
	start_rx blind "$XDPS_BUILD/tests/net/blind" rx0
	await blind attached
	came_in_front dump
	has "$(cat "$T/dump.err")" "came in front of the capture's"
	between "gap in ms" "$GAP_MS" 1 $((1000 * ${XDPS_PATIENCE:-1}))
	reply 10
	end_capture dump 10
	stop blind
}

it_comes_back_when_somebody_detaches_it()
{
	local link

	needs_tcx
	XDPSAMPLE_DEBUG=1 capture dump -i "$OUT"
	link=$(cat "/proc/$(helpers)/fdinfo/"* 2>/dev/null |
		awk '{ v[$1] = $2 } $1 == "link_id:" { id = $2 } $1 == "attach_type:" { print id }')
	bpftool link detach id "$link" >"$T/detach" 2>&1 || die "link $link" detach
	came_in_front dump
	has "$(cat "$T/dump.err")" "another process detached the capture's tc program"
	reply 10
	end_capture dump 10
}

it_lets_another_capture_be_in_front()
{
	needs_tcx
	XDPSAMPLE_DEBUG=1 capture first -i "$OUT"
	XDPSAMPLE_DEBUG=1 capture second -i "$OUT"
	sleep 1.5
	reply 10
	end_capture first 10
	end_capture second 10
	! grep "in front" "$T/first.err" "$T/second.err" || die "it was moved"
}

it_says_where_sent_packets_are_captured()
{
	local where="at tcx egress"

	! before 6 6 || where="at a packet socket"
	XDPSAMPLE_DEBUG=1 capture dump -i "$OUT"
	stop dump
	has "$(cat "$T/dump.err")" "rx0: sent packets are captured $where"
	grab file --dir both
	end_grab file 0
	has "$(field file interface description)" "rx0 at the XDP hook, no other XDP program; sent packets $where"
}

it_names_the_privilege_that_a_packet_socket_needs()
{
	before 6 6 || skip_test "this kernel has tcx, and needs no packet socket"
	capable_helper "$(without cap_net_raw)"
	fails as_nobody tcpdump -n -c 1 -i "$OUT"
	has "$TEXT" "the helper lacks CAP_NET_RAW" "Linux 6.6"
}

it_refuses_what_makes_no_sense()
{
	local option

	for option in point=exit action=drop prog=x; do
		fails rx tcpdump -i "$OUT:$option"
		has "$TEXT" "dir=out cannot be combined with"
	done
	fails rx tcpdump -i "$PLAIN" outbound
	has "$TEXT" "this capture has only packets that the interface received" "dir=both"
	fails rx tcpdump -i "$PLAIN:dir=up"
	has "$TEXT" "dir=up: not one of in, out, both"
}

it_refuses_to_turn_away_from_the_program_that_it_was_asked_for()
{
	needs_tracing
	put passes rx0 native
	fails rx tcpdump -i "$PLAIN:point=exit" -Q out
	has "$TEXT" "dir=out cannot be combined with"
	take_off rx0
}

it_tells_Wireshark_which_way_a_packet_went()
{
	grab file --dir both --extcap-capture-filter icmp
	reply 5
	end_grab file 10
	equal "sent" "$(of file.pcapng 'frame.packet_flags_direction == 2 && icmp.type == 0')" 5
	equal "received" "$(of file.pcapng 'frame.packet_flags_direction == 1 && icmp.type == 8')" 5
	has "$(field file statistics comment)" "10 packets seen, 5 of them sent: 0 rejected"
}

run_tests "$@"

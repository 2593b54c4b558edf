#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A link that breaks, a client or a server that dies: the interface is clean
# again within a second.  What each took is said at the end.

# shellcheck source=tests/remote/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/ssh.sh
. "$(dirname "$0")/../lib/ssh.sh"

SECOND=1000

# traffic: 200 packets a second onto the captured interface, until the test ends
traffic()
{
	start traffic ip netns exec "$TX" \
		tcpreplay -q -i tx0 --pps=200 --loop=100 "$(frames 200)"
}

# The wire is cut somewhere: both ends have a carrier, nothing arrives, nobody says so.
cut_wire()
{
	ip -n "$TX" neighbour replace "$SERVER" lladdr 02:00:5e:10:01:99 dev tx1 nud permanent
	ip -n "$RX" neighbour replace 198.51.100.1 lladdr 02:00:5e:10:01:98 dev rx1 nud permanent
}

mend()
{
	stop_all
	until_true 5 paired
	ip -n "$TX" link set tx1 up
	ip -n "$TX" neighbour replace "$SERVER" lladdr $RX1_MAC dev tx1 nud permanent
	ip -n "$RX" neighbour replace 198.51.100.1 lladdr $TX1_MAC dev rx1 nud permanent
}

# Both ends of the second pair, or a new one.
paired()
{
	local n

	n=$(ip -n "$TX" -br link show | grep -c '^tx1' || :)$(ip -n "$RX" -br link show | grep -c '^rx1' || :)
	case $n in
	00) veth 1 $TX1_MAC $RX1_MAC 198.51.100 1500 ;;
	11) ;;
	*) false ;;
	esac
}

capturing()
{
	serve_all
	client 1000000
}

it_is_clean_when_the_client_is_killed()
{
	capturing
	kill -KILL "${PID[client]}"
	clean_within $SECOND "rpcap: client killed"
}

it_is_clean_when_the_server_is_killed()
{
	capturing
	kill -KILL "${PID[rpcapd]}"
	clean_within $SECOND "rpcap: server killed"
	until_true 5 nobody_left || die "a process of the server goes on"
}

it_is_clean_when_the_servers_process_for_the_client_is_killed()
{
	capturing
	kill -KILL "$(pgrep -P "${PID[rpcapd]}")"
	clean_within $SECOND "rpcap: the client's process of the server killed"
}

it_is_clean_when_the_wire_is_cut_and_nothing_flows()
{
	capturing
	cut_wire
	clean_within $SECOND "rpcap: wire cut, no traffic"
	mend
}

it_is_clean_when_the_wire_is_cut_while_packets_flow()
{
	capturing
	traffic
	await client '^started'
	cut_wire
	clean_within $SECOND "rpcap: wire cut, 200 packets a second"
	mend
}

it_is_clean_when_the_link_goes_down()
{
	capturing
	ip -n "$TX" link set tx1 down
	clean_within $SECOND "rpcap: link down, no traffic"
	mend
}

it_is_clean_when_the_link_goes_down_while_packets_flow()
{
	capturing
	traffic
	await client '^started'
	ip -n "$TX" link set tx1 down
	clean_within $SECOND "rpcap: link down, 200 packets a second"
	mend
}

it_is_clean_when_the_link_is_deleted()
{
	capturing
	ip -n "$TX" link delete tx1
	clean_within $SECOND "rpcap: link deleted"
	mend
}

# Its window is closed then, and only the control connection tells.
it_is_clean_within_five_seconds_when_the_wire_is_cut_and_the_client_did_not_read()
{
	capturing
	stuff_client
	cut_wire
	clean_within 5000 "rpcap: wire cut, client stopped and its window closed"
	mend
}

# stuff_client: stops it, and sends until no more can be sent to it
stuff_client()
{
	kill -STOP "${PID[client]}"
	send "$(frames 5000 1400)"
	until_true 5 window_is_closed ||
		die "the window is not closed: $(ip netns exec "$RX" ss -tn)"
}

window_is_closed()
{
	ip netns exec "$RX" ss -tno "sport != :2002" | grep -q persist
}

it_waits_for_a_client_that_does_not_read_for_three_seconds()
{
	capturing
	stuff_client
	sleep 2.5
	attached rx0 || die "the capture was ended"
	kill -CONT "${PID[client]}"
	until_true 10 in_motion || die "the client got no more" client
	stop client
	says client '5000 captured, 5000 received' || says client 'captured, 5000 received' ||
		die "other counts" client
}

in_motion()
{
	! window_is_closed && sleep 0.5
}

# A client that has asked for packets and does not open the connection for them.
ask_and_stay_away()
{
	serve_all
	start_rude rude --never-come
	await rude '^data port'
	await_attached rx0
}

it_is_clean_when_a_client_asks_for_packets_never_comes_for_them_and_dies()
{
	ask_and_stay_away
	kill -KILL "${PID[rude]}"
	clean_within $SECOND "rpcap: client killed before its data connection"
}

it_is_clean_within_five_seconds_when_the_wire_is_cut_and_the_server_had_not_reached_the_client()
{
	serve_all
	start_rude mute --never-answer
	await_attached rx0
	sleep 0.2
	cut_wire
	clean_within 5000 "rpcap: wire cut before the data connection, which the server opens"
	mend
}

# has_packets FILE COUNT
has_packets()
{
	[ "$(packets_in "$1")" -eq "$2" ]
}

# Of the control connection one goes out each second, and the packets' has none.
it_goes_on_when_probes_get_lost()
{
	capturing
	sleep 1
	ip -n "$RX" rule add ipproto tcp sport 2002 blackhole
	sleep 1.5
	ip -n "$RX" rule delete ipproto tcp sport 2002 blackhole
	sleep 1.5
	attached rx0 || die "the capture was ended"
	send "$(frames 50)"
	until_true 5 has_packets "$T/got.pcap" 50 || :
	stop client
	same_packets "$(frames 50)" "$T/got.pcap"
}

it_is_clean_ten_seconds_after_a_client_did_not_come_for_its_packets()
{
	ask_and_stay_away
	clean_within 11000 "rpcap: no data connection"
}

# Over SSH, where tcpdump has the other end of a line that its user holds: cat ends
# when it is let go, and tcpdump is ended then.
LIFELINE='tcpdump -n -i xdpsample:rx0 -U -w - & cat; kill $!'

# The same with a pulse: to miss it is to let go.
PULSE='tcpdump -n -i xdpsample:rx0 -U -w - & while read -t 0.5 _; do :; done; kill $!'

# by_ssh COMMAND [SSHD-LINE]...: on the rx host, its stdin held by a sleep or a pulse
by_ssh()
{
	local command=$1

	shift
	needs_sshd
	sshd_in "$RX" alpha "$SERVER" "$@"
	# shellcheck disable=SC2016	# for the other shell
	start pulse bash -c 'while sleep 0.1; do echo || exit; done >"$1"' - "$(held_by ssh)"
	start ssh ip netns exec "$TX" bash -c 'exec ssh -F "$1" alpha "$2" <"$3"' - \
		"$WORK/ssh/config" "$command" "$(held_by ssh)"
	await_attached rx0 ssh
	until_true 5 settled
}

held_by()
{
	[ -p "$T/$1.fifo" ] || mkfifo "$T/$1.fifo"
	echo "$T/$1.fifo"
}

it_is_clean_when_the_ssh_client_is_killed()
{
	by_ssh "$LIFELINE"
	kill -KILL "${PID[ssh]}"
	clean_within $SECOND "ssh: client killed"
}

it_is_clean_when_the_process_of_sshd_for_the_client_is_killed()
{
	by_ssh "$LIFELINE"
	kill -KILL "$(pgrep -P "${PID[sshd-alpha]}")"
	clean_within $SECOND "ssh: the client's sshd killed"
}

it_is_clean_when_tcpdump_is_killed()
{
	by_ssh "$LIFELINE"
	kill -KILL "$(pidof_in_rx tcpdump)"
	clean_within $SECOND "ssh: tcpdump killed"
}

it_is_clean_within_six_seconds_when_the_wire_is_cut_under_ssh()
{
	by_ssh "$LIFELINE" "ClientAliveInterval 1" "ClientAliveCountMax 1"
	cut_wire
	clean_within 6000 "ssh: wire cut, ClientAliveInterval 1"
	mend
}

it_is_clean_when_the_wire_is_cut_under_ssh_with_a_pulse()
{
	by_ssh "$PULSE" "ClientAliveInterval 1" "ClientAliveCountMax 1"
	cut_wire
	clean_within $SECOND "ssh: wire cut, with a pulse"
	until_true 10 no_session || die "sshd keeps the session" sshd-alpha
	mend
}

no_session()
{
	[ -z "$(pgrep -P "${PID[sshd-alpha]}")" ]
}

# What doc/machines.md warns of.
it_stays_without_a_lifeline_until_the_next_packet_when_the_ssh_client_is_killed()
{
	by_ssh 'tcpdump -n -i xdpsample:rx0 -U -w -'
	kill -KILL "${PID[ssh]}"
	sleep 2
	attached rx0 || die "tcpdump noticed without a packet"
	send "$(frames 1)"
	clean_within $SECOND "ssh: client killed, no lifeline, from the next packet on"
}

it_says_how_long_each_took()
{
	sort "$WORK/took" >&3
}

exec 3>&1
run_tests "$@"

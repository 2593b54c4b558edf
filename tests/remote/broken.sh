#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A link that breaks, a client or a server that dies: the interface is clean
# again within a second.  What each took is said at the end.

# shellcheck source=tests/remote/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/remote/ssh.sh
. "$(dirname "$0")/ssh.sh"

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
	ip -n "$TX" link set tx1 address 02:00:5e:10:01:99
	ip -n "$RX" neighbour replace 198.51.100.1 lladdr 02:00:5e:10:01:98 dev rx1 nud permanent
}

mend()
{
	stop_all
	until_true 5 paired
	ip -n "$TX" link set tx1 address $TX1_MAC up
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
	until_true 1 nobody_left || die "a process of the server goes on"
}

nobody_left()
{
	[ -z "$(ip netns pids "$RX")" ]
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
it_is_clean_within_three_seconds_when_the_wire_is_cut_and_the_client_did_not_read()
{
	capturing
	stuff_client
	cut_wire
	clean_within 3000 "rpcap: wire cut, client stopped and its window closed"
	mend
}

# stuff_client: stops it, and sends until no more can be sent to it
stuff_client()
{
	kill -STOP "${PID[client]}"
	send "$(frames 5000 1400)"
	sleep 0.5
	ip netns exec "$RX" ss -tno "sport != :2002" | grep persist ||
		die "the window is not closed: $(ip netns exec "$RX" ss -tn)"
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
	! ip netns exec "$RX" ss -tno "sport != :2002" | grep persist >/dev/null && sleep 0.5
}

it_is_clean_when_a_client_asks_for_packets_never_comes_for_them_and_dies()
{
	serve_all
	start rude ip netns exec "$TX" /usr/bin/python3 "$XDPS_SRC/tests/remote/rpcap.py" \
		"$SERVER" "$DEV" --never-come
	await rude '^data port'
	await_attached rx0
	kill -KILL "${PID[rude]}"
	clean_within $SECOND "rpcap: client killed before its data connection"
}

it_is_clean_ten_seconds_after_a_client_did_not_come_for_its_packets()
{
	serve_all
	start rude ip netns exec "$TX" /usr/bin/python3 "$XDPS_SRC/tests/remote/rpcap.py" \
		"$SERVER" "$DEV" --never-come
	await rude '^data port'
	await_attached rx0
	clean_within 11000 "rpcap: no data connection"
}

it_says_how_long_each_took()
{
	sort "$WORK/took" >&3
}

exec 3>&1
run_tests "$@"

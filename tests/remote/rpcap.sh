#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# rpcap://: xdpsample-rpcapd on one host, its clients on another.

# shellcheck source=tests/remote/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/nobody.sh
. "$(dirname "$0")/../lib/nobody.sh"
# shellcheck source=tests/lib/ssh.sh
. "$(dirname "$0")/../lib/ssh.sh"

it_listens_on_the_loopback_addresses_if_nothing_is_said()
{
	local addresses

	serve -n
	addresses=$(sockets_of "${PID[rpcapd]}" | paste -sd ' ')
	[[ $addresses = "127.0.0.1:2002" || $addresses = "127.0.0.1:2002 [::1]:2002" ]] ||
		die "it listens at $addresses"
	build_client
	fails far "$WORK/client" "$REMOTE" "$T/got.pcap" 1
	has "$TEXT" "refused"
}

it_captures_what_another_host_receives()
{
	serve_all
	client 200
	send "$(frames 200)"
	finish_well client
	same_packets "$(frames 200)" "$T/got.pcap"
}

it_counts_what_was_received_and_lost()
{
	serve_all
	client 100000
	send "$(frames 300)"
	until_true 10 seen 300 || die "$SEEN packets of 300 have passed"
	until_true 10 arrived 300
	stop client
	says client '^300 captured, 300 received, 0 dropped, 0 by the interface$' ||
		die "other counts" client
}

# The client's file is written in blocks; its own counter is not to be seen.
arrived()
{
	[ "$(counter chosen)" -eq "$1" ] && sleep 0.3
}


it_takes_one_packet_in_ten()
{
	serve_all
	client -d "$REMOTE:rate=10" 100000
	send "$(frames 5000)"
	until_true 10 seen 5000 || die "$SEEN packets of 5000 have passed"
	between "chosen of 5000" "$(counter chosen)" 380 620
	between "not chosen of 5000" "$(counter unsampled)" 4380 4620
	arrived "$(counter chosen)"
	stop client
	says client "^$((5000 - UNSAMPLED)) captured" || die "not what was chosen" client
}

it_filters_in_the_kernel_of_the_other_host()
{
	serve_all
	client 100000 'dst port 9 and len > 1000'
	send "$(frames 100)"
	send "$(frames 20 1200)"
	until_true 10 seen 120 || die "$SEEN packets of 120 have passed"
	equal "rejected" "$REJECTED" 100
	arrived 20
	stop client
	same_packets "$(frames 20 1200)" "$T/got.pcap"
}

it_takes_another_filter_while_it_captures()
{
	local n

	serve_all
	client 100000 'len < 100' 'len > 1000'
	send "$(frames 20)"
	await client '^started'
	until_true 10 seen 20
	for ((n = 1; n <= 20; n++)); do
		kill -USR1 "${PID[client]}"
		until_true 5 filtered $n || die "filter $n was not put in" client
	done
	send "$(frames 20)"
	send "$(frames 20 1200)"
	until_true 10 seen 60 || die "$SEEN packets of 60 have passed"
	equal "rejected" "$REJECTED" 20
	arrived 40
	stop client
	show "$(frames 20)" "$(frames 20 1200)" >"$T/wanted.txt"
	show "$T/got.pcap" >"$T/got.txt"
	equal "the packets" "$(grep -v pcap "$T/got.txt" | md5sum)" "$(grep -v pcap "$T/wanted.txt" | md5sum)"
}

filtered()
{
	[ "$(grep -c '^filtered' "$T/client.out")" -eq "$1" ]
}

# On any interface: there libpcap's machine would be asked, which before 1.10.7 ends the
# process for some codes (14: ret x).
it_refuses_a_filter_that_no_machine_should_run()
{
	local RUDE_DEV

	for RUDE_DEV in "$DEV" rx0; do
		serve_all
		start_rude rude --program 14:0:0:0
		finish rude
		[ "$RC" -ne 0 ] || die "it took the filter" rude
		says rude "the filter's instruction 0 has the opcode 0xe, which classic BPF does not define" ||
			die "it did not say why not" rude
		stop rpcapd
	done
}

# Packets that are not longer than 1000 bytes go in circles.
it_takes_the_next_packet_after_one_in_which_a_filter_never_ends()
{
	local RUDE_DEV

	for RUDE_DEV in "$DEV" rx0; do
		serve_all
		start_rude rude --count 3 --program 128:0:0:0,37:1:0:1000,5:0:0:-1,6:0:0:65535
		await rude '^capturing'
		until_true 5 settled_or_plain
		send "$(frames 20)"
		send "$(frames 3 1200)"
		finish_well rude
		stop rpcapd
	done
}

settled_or_plain()
{
	[ "$RUDE_DEV" = rx0 ] || settled
}

it_works_for_scapys_reader_of_packets()
{
	needs_scapy
	serve_all
	start scapy ip netns exec "$TX" env "LD_LIBRARY_PATH=$XDPS_BUILD/lib-remote" \
		/usr/bin/python3 "$XDPS_SRC/tests/remote/read_scapy.py" "$REMOTE" 10 udp
	await scapy ready
	await_attached rx0 scapy
	until_true 5 settled
	send "$(frames 10)"
	finish_well scapy
	equal "packets shown" "$(grep -c 'UDP.*192.0.2' "$T/scapy.out")" 10
}

it_opens_for_libpcaps_own_test_program()
{
	serve_all
	far "$XDPS_BUILD/libpcap-remote/testprogs/opentest" -i "$REMOTE" >"$T/opentest" 2>&1 ||
		die "opentest failed" opentest
	has "$(cat "$T/opentest")" "$REMOTE opened successfully"
	until_true 5 detached || die "opentest left something"
}

it_opens_the_device_twice_in_a_second_and_leaves_none()
{
	serve_all
	client 1
	send "$(frames 1)"
	finish_well client
	until_true 5 detached || die "it left its program"
	between "ms to open" "$(after_ms open)" 0 1000
	between "ms to start" "$(after_ms reading)" 0 1000
}

# after_ms WHAT: as the client has said
after_ms()
{
	sed -n "s/^$1 after \([0-9]*\) ms$/\1/p" "$T/client.out"
}

it_says_what_the_other_host_has_to_say()
{
	serve_all
	build_client
	fails far "$WORK/client" "rpcap://$SERVER/xdpsample:nosuch0" "$T/got.pcap" 1
	has "$TEXT" "nosuch0" "no such"
	fails far "$WORK/client" "$REMOTE:rat=10" "$T/got.pcap" 1
	has "$TEXT" "rat" "rate"
	fails far "$WORK/client" "$REMOTE:rate=0" "$T/got.pcap" 1
	has "$TEXT" "rate=0" "4294967295"
	fails far "$WORK/client" "$REMOTE:point=exit" "$T/got.pcap" 1
	has "$TEXT" "no XDP program is attached"
}

it_ends_the_clients_capture_when_the_interface_disappears()
{
	serve_all
	client 1000
	ip -n "$RX" link delete rx0
	finish client 5
	equal "the client's status" "$RC" 1
	says client '^read: ' || die "it was not told" client
	links
}

it_refuses_a_client_that_does_not_say_who_it_is()
{
	serve -b "$SERVER"
	build_client
	fails far "$WORK/client" "$REMOTE" "$T/got.pcap" 1
	has "$TEXT" "NULL authentication not permitted"
}

WATCHERS=6543	# the group that may capture

# give_to_watchers HELPER: who changes a file's group takes its capabilities
give_to_watchers()
{
	local caps

	caps=$(getcap "$1")
	chgrp $WATCHERS "$1"
	chmod 750 "$1"
	setcap "${caps##* }" "$1"
}

# logged_in HELPER: rpcapd with a user of its own in its passwd, who captures with
# that helper
logged_in()
{
	local hash

	hash=$(openssl passwd -6 secret)
	sed "s/^root:[^:]*:/root:x:/; \$a watcher:x:$NOBODY:$NOBODY::/:/bin/false" /etc/passwd >"$T/passwd"
	printf 'root:*:19000:0:99999:7:::\nwatcher:%s:19000:0:99999:7:::\n' "$hash" >"$T/shadow"
	sed "\$a watchers:x:$WATCHERS:watcher" /etc/group >"$T/group"
	libraries
	# shellcheck disable=SC2016	# for the other shell
	start rpcapd ip netns exec "$RX" env XDPSAMPLE_HELPER="$1" unshare --mount bash -ec '
		mount --bind "$1/passwd" /etc/passwd
		mount --bind "$1/shadow" /etc/shadow
		mount --bind "$1/group" /etc/group
		shift
		exec "$@"' - "$T" "$XDPS_BUILD/xdpsample-rpcapd" -b "$SERVER"
	until_true 10 listening rpcapd || die "rpcapd does not listen after 10 s" rpcapd
}

with_password()
{
	far /usr/bin/python3 "$XDPS_SRC/tests/remote/rpcap.py" "$SERVER" "$DEV" "$@"
}

user_captures()
{
	skip_test_without openssl
	capable_helper
	give_to_watchers "$T/helper"
	logged_in "$T/helper"
	start_rude user --user watcher --password secret --count 10
	await user '^capturing'
}

it_captures_for_a_user_who_may_by_the_users_own_right()
{
	local helper

	user_captures
	helper=$(helpers "$T/helper")
	equal "the helper's user" "$(status_of "$helper" Uid | cut -f 1)" $NOBODY
	equal "its group" "$(status_of "$helper" Gid | cut -f 1)" $NOBODY
	equal "its other groups" "$(status_of "$helper" Groups | xargs)" "$WATCHERS $NOBODY"
	send "$(frames 10)"
	finish_well user
	says user '^10 packets$' || die "not all" user
}

it_ends_a_users_capture_with_rpcapd()
{
	user_captures
	stop rpcapd KILL
	until_true 5 nobody_left || die "a process of the server goes on"
	finish user
}

it_refuses_a_user_who_may_not_and_names_what_is_missing()
{
	skip_test_without openssl
	cp -L "$XDPS_HELPER" "$T/helper"
	chmod 755 "$T/helper"
	logged_in "$T/helper"
	fails with_password --user watcher --password secret --count 1
	has "$TEXT" "the helper's file lacks CAP_BPF"
	fails with_password --user watcher --password wrong --count 1
	has "$TEXT" "Authentication failed"
}

it_sends_packets_to_nobody_but_the_host_that_asked()
{
	local port

	serve_all
	ip -n "$TX" address add 198.51.100.77/24 dev tx1
	start_rude asking --wait-at-data-port --count 5
	await asking '^data port'
	port=$(sed -n 's/^data port //p' "$T/asking.out")
	ip netns exec "$RX" ss -Hltn "sport = :$port" | awk '{ print $4 }' >"$T/bound"
	equal "the data port's address" "$(cat "$T/bound")" "$SERVER:$port"
	fails tx timeout 5 /usr/bin/python3 -c '
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 3, ("198.51.100.77", 0))
s.settimeout(3)
sys.exit("turned away" if s.recv(1) == b"" else 0)' "$SERVER" "$port"
	has "$TEXT" "turned away"
	kill -USR1 "${PID[asking]}"
	await asking '^capturing'
	send "$(frames 5)"
	finish_well asking
}

it_opens_the_connection_for_the_packets_where_the_client_wants_it()
{
	serve_all
	start_rude called --called-back --count 10
	await called '^capturing'
	send "$(frames 10)"
	finish_well called
}

# tunnel PORT...: from the tx namespace's loopback address to the server's
tunnel()
{
	local port forward=()

	for port; do
		forward+=(-L "$port:127.0.0.1:$port")
	done
	needs_sshd
	sshd_in "$RX" server "$SERVER"
	start tunnel ip netns exec "$TX" ssh -F "$WORK/ssh/config" -N -o ExitOnForwardFailure=yes \
		"${forward[@]}" server
	until_true 10 forwarded "$1" || die "there is no tunnel" tunnel
}

forwarded()
{
	[ -n "$(ip netns exec "$TX" ss -Hltn "sport = :$1")" ]
}

it_goes_through_an_SSH_tunnel_of_two_ports()
{
	XDPSAMPLE_RPCAPD_DATA_PORT=2003 serve -n
	tunnel 2002 2003
	client -d "rpcap://127.0.0.1/$DEV" 50
	send "$(frames 50)"
	finish_well client
	same_packets "$(frames 50)" "$T/got.pcap"
}

it_fails_through_a_tunnel_of_one_port_and_leaves_nothing()
{
	serve -n
	tunnel 2002
	build_client
	fails far timeout 20 "$WORK/client" "rpcap://127.0.0.1/$DEV" "$T/got.pcap" 1
	has "$TEXT" "refused"
	until_true 5 detached || die "it left its program"
}

it_needs_no_more_capabilities_than_its_unit_allows()
{
	local caps

	caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$XDPS_SRC/packaging/systemd/xdpsample-rpcapd.service" |
		tr 'A-Z \n' 'a-z,,' | sed 's/cap_/+/g; s/,$//')
	start_rx rpcapd setpriv --bounding-set "-all,$caps" --inh-caps "-all" \
		"$XDPS_BUILD/xdpsample-rpcapd" -n -b "$SERVER"
	until_true 10 listening rpcapd || die "rpcapd does not listen after 10 s" rpcapd
	client 10
	send "$(frames 10)"
	finish_well client
}

run_tests "$@"

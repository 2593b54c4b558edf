#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Interfaces other than veth, and places that are not the machine's own.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# add ARGUMENT...: of "ip link add", in the rx namespace, if the kernel has that kind
add()
{
	ip -n "$RX" link add "$@" 2>"$T/add" || skip_test "ip link add $*: $(cat "$T/add")"
}

# on_top NAME: what was sent to rx0 and is handed on to NAME is captured there
on_top()
{
	capture dump -i "xdpsample:$1"
	says dump "link-type EN10MB" || die "not the right link type" dump
	send "$(frames 100)"
	end_capture dump 100
	same_packets "$(frames 100)" "$T/dump.pcap"
	ip -n "$RX" link delete "$1"
}

# The kernel finds those of up to 15 characters among the others.
it_captures_by_an_alternative_name_of_any_length()
{
	local name longest

	longest=$(printf 'n%.0s' {1..127})
	for name in uplink uplink-12345678 uplink-123456789 "$longest"; do
		ip -n "$RX" link property add dev rx0 altname "$name" 2>"$T/altname" ||
			skip_test "no alternative names here: $(cat "$T/altname")"
		capture dump -i "xdpsample:$name"
		send "$(frames 10)"
		end_capture dump 10
		equal captured "$CAPTURED" 10
		ip -n "$RX" link property del dev rx0 altname "$name"
	done
	fails rx tcpdump -n -i xdpsample:uplink-123456789
	has "$TEXT" "uplink-123456789: no interface of this name"
	fails rx tcpdump -n -i "xdpsample:$longest"
	has "$TEXT" "No such device"
	fails rx tcpdump -n -i "xdpsample:${longest}n"
	has "$TEXT" "an interface name has at most 15 characters, an alternative name at most 127"
}

it_captures_on_a_bridge()
{
	links
	add br0 type bridge
	ip -n "$RX" link set rx0 address 02:00:5e:10:00:99 master br0
	ip -n "$RX" link set br0 address "$RX0_MAC" multicast off up
	on_top br0
	links
}

it_captures_on_a_macvlan()
{
	links
	ip -n "$RX" link set rx0 address 02:00:5e:10:00:99
	add mac0 link rx0 type macvlan mode bridge
	ip -n "$RX" link set mac0 address "$RX0_MAC" multicast off up
	on_top mac0
	links
}

it_captures_on_a_tap_interface()
{
	[ -c /dev/net/tun ] || skip_test "no /dev/net/tun"
	start_rx tap "$HERE/send_tun.py" tap0 "$(frames 100)" tap
	await tap ready
	capture dump -i xdpsample:tap0
	kill -USR1 "${PID[tap]}"
	await tap sent
	end_capture dump 100
	same_packets "$(frames 100)" "$T/dump.pcap"
}

it_refuses_an_interface_whose_packets_it_cannot_name()
{
	add gpe0 type vxlan dev rx0 dstport 4790 external gpe
	fails rx tcpdump -ni xdpsample:gpe0
	has "$TEXT" gpe0 "Ethernet" "vxlan"
	ip -n "$RX" link delete gpe0
}

# in_time_namespace SECONDS: its monotonic clock is that much off the kernel's
in_time_namespace()
{
	unshare -T --monotonic "$1" true 2>"$T/unshare" || skip_test "$(cat "$T/unshare")"
	start_rx dump unshare -T --monotonic "$1" tcpdump -w "$T/dump.pcap" -ni "$DEV"
	await dump "listening on"
	send "$(frames 100)"
	until_true 10 file_has 100 || die "the packets did not come" dump
	stop dump
	same_packets "$(frames 100)" "$T/dump.pcap"
	between "its date, in seconds" "$(($(show_times "$T/dump.pcap" | tail -n 1) / 1000000000))" \
		$(($(date +%s) - 60)) "$(date +%s)"
}

# tcpdump writes what it has when it is told to by SIGUSR2.
file_has()
{
	kill -USR2 "$(reader)"
	[ "$(packets_in "$T/dump.pcap" 2>/dev/null)" = "$1" ]
}

# unshare has started it as a child or has become it
reader()
{
	ip netns pids "$RX" | while read -r pid; do
		[ "$(cat "/proc/$pid/comm")" != tcpdump ] || echo "$pid"
	done
}

it_captures_in_a_time_namespace_that_is_ahead()	{ in_time_namespace 100000; }
it_captures_in_a_time_namespace_that_is_behind()	{ in_time_namespace -1000; }

run_tests "$@"

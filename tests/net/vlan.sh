#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# VLAN tags that are taken off before the XDP hook: who is told of it, and who is not.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/extcap.sh
. "$XDPS_SRC/tests/lib/extcap.sh"

TAKEN_OFF='rx0: VLAN tags are stripped before the XDP hook (rx-vlan-offload)'

# offload on|off: veth hands on beside a packet what its sender has put there
offload()
{
	skip_test_without ethtool
	ip netns exec "$RX" ethtool -K rx0 rxvlan "$1" >"$T/offload" 2>&1 || die "rxvlan $1" offload
	ip netns exec "$TX" ethtool -K tx0 txvlan "$1" >"$T/offload" 2>&1 || die "txvlan $1" offload
}

# vlan: number 5 on both sides; the sender's tags are beside its packets
vlan()
{
	trap no_vlan EXIT
	ip -n "$RX" link add link rx0 name rx0.5 type vlan id 5 2>"$T/vlan" ||
		skip_test "no VLAN interfaces here: $(cat "$T/vlan")"
	ip -n "$TX" link add link tx0 name tx0.5 type vlan id 5
	ip -n "$TX" link set tx0.5 up multicast off
	ip -n "$RX" link set rx0.5 up multicast off
}

no_vlan()
{
	stop_all
	ip -n "$RX" link delete bridge0 2>/dev/null || :
	links
}

send_tagged()
{
	tx tcpreplay -q -i tx0.5 --pps 1000 "$(frames 10)" >"$T/send" 2>&1 || die "tcpreplay failed" send
}

# warns NAME, is_quiet NAME: about tags
warns()
{
	has "$(cat "$T/$1.err")" "$TAKEN_OFF" \
		'"ethtool -K rx0 rxvlan off" keeps the tags, with txvlan off for its peer'
}

is_quiet()
{
	! grep -i "vlan tags\|warning" "$T/$1.err" || die "$1 says something"
}

it_warns_in_tcpdump_where_a_vlan_is_used()
{
	vlan
	offload on
	capture dump -i "$DEV"
	warns dump
	send_tagged
	end_capture dump 10
	equal "length of a frame without its tag" "$(show "$T/dump.pcap" | cut -d ' ' -f 1 | sort -u)" 64
}

it_warns_in_dumpcap_and_goes_on()
{
	vlan
	offload on
	start_rx dump dumpcap -q -P -i "$DEV" -c 10 -w "$T/dump.pcap"
	await dump "File: "
	warns dump
	send_tagged
	finish_well dump
}

it_warns_where_a_bridge_goes_by_vlans()
{
	offload on
	trap no_vlan EXIT
	ip -n "$RX" link add bridge0 type bridge vlan_filtering 1 2>"$T/bridge" ||
		skip_test "no bridges that go by VLANs here: $(cat "$T/bridge")"
	ip -n "$RX" link set rx0 master bridge0
	capture dump -i "$DEV"
	warns dump
}

it_does_not_warn_where_no_vlan_is_used()
{
	offload on
	trap no_vlan EXIT
	ip -n "$RX" link add link rx1 name rx1.5 type vlan id 5 2>/dev/null || :
	ip -n "$RX" link add bridge0 type bridge
	ip -n "$RX" link set rx0 master bridge0
	capture dump -i "$DEV"
	is_quiet dump
}

it_finds_vlans_where_tags_are_left_in()
{
	vlan
	offload off
	export XDPSAMPLE_DEBUG=1
	capture dump -i "$DEV" 'vlan 5'
	is_quiet dump
	send_tagged
	end_capture dump 10
	equal "length of a frame with its tag" "$(show "$T/dump.pcap" | cut -d ' ' -f 1 | sort -u)" 68
}

# Each of these asks for a tag; nothing on this machine uses one.
it_says_to_who_debugs_that_a_filter_finds_no_vlan()
{
	local filter

	trap no_vlan EXIT
	offload on
	export XDPSAMPLE_DEBUG=1
	for filter in vlan 'vlan 5 and udp' 'not vlan' 'tcp or vlan 7'; do
		capture dump -i "$DEV" "$filter"
		warns dump
		stop dump
	done
	for filter in udp 'ether proto 0x88b5' 'udp port 33024'; do
		capture dump -i "$DEV" "$filter"
		is_quiet dump
		stop dump
	done
}

it_is_in_the_file_that_wireshark_gets()
{
	trap no_vlan EXIT
	offload on
	grab one --extcap-capture-filter 'vlan 5'
	grab_from rx1 other --extcap-capture-filter udp
	end_grab one 0
	end_grab other 0
	has "$(field one interface comment)" "$TAKEN_OFF"
	equal "comment" "$(field other interface comment)" -
}

run_tests "$@"

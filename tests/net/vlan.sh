#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# VLAN tags that are taken off before the XDP hook: where they are put back, and who is told
# where they are not.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/extcap.sh
. "$XDPS_SRC/tests/lib/extcap.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"

GENERIC=$PLAIN:mode=generic	# where no driver can tell tags

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

# Tags that are put back.

needs_tags()
{
	! before 6 8 || skip_test "no driver tells tags before Linux 6.8"
	offload on
}

# push FILE [SECTION]: sends its frames with a tag beside each, of VLAN 5 with priority 3
push()
{
	ip netns exec "$TX" tc qdisc add dev tx0 clsact
	ip netns exec "$TX" tc filter add dev tx0 egress bpf da \
		obj "$(object push)" sec "${2:-tc}" 2>"$T/push" || die "no tag can be pushed" push
	send "$1" --pps 2000
	ip netns exec "$TX" tc qdisc del dev tx0 clsact
}

# as_linux FILE COUNT [TCPDUMP-OPTION]...: in native mode a capture has the frames that
# AF_PACKET has when FILE is sent with tags, and COUNT of them
as_linux()
{
	local file=$1 count=$2

	shift 2
	trap no_vlan EXIT
	needs_tags
	capture linux -i rx0 --immediate-mode "$@"
	capture ours -i "$DEV" "$@"
	push "$file" "${SECTION:-tc}"
	until_true 15 drained linux "$count" || die "AF_PACKET has $CAPTURED" linux
	stop linux
	end_capture ours "$count"
	same_packets "$T/linux.pcap" "$T/ours.pcap"
}

tagged()
{
	show "$T/ours.pcap" | cut -d ' ' -f 1 | sort -u
}

it_puts_tags_back_in_native_mode()
{
	as_linux "$(frames 20)" 20
	equal "length of a frame with its tag" "$(tagged)" 68
	is_quiet ours
}

it_puts_tags_back_into_packets_of_all_lengths()
{
	"$HERE/make_frames.py" conversation "$T/talk.pcap" 300 $TX0_MAC $RX0_MAC
	as_linux "$T/talk.pcap" 300
}

it_puts_tags_of_802_1ad_back()		{ SECTION=classifier as_linux "$(frames 20)" 20; }
it_finds_the_vlan_of_a_tag()		{ as_linux "$(frames 20)" 20 vlan 5; }
it_finds_nothing_of_another_vlan()	{ as_linux "$(frames 20)" 0 vlan 6; }
it_finds_what_is_behind_a_tag()		{ as_linux "$(frames 20)" 20 vlan and udp dst port 9; }
it_cuts_within_a_tag()			{ as_linux "$(frames 20)" 20 -s 14; }
it_cuts_behind_a_tag()			{ as_linux "$(frames 20 1000)" 20 -s 100; }
it_puts_tags_back_with_perf_rings()	{ DEV=$DEV:ring=perf as_linux "$(frames 20 700)" 20 vlan 5; }

it_puts_the_tags_of_a_vlan_interface_back()
{
	vlan
	needs_tags
	capture linux -i rx0 --immediate-mode vlan 5
	capture ours -i "$DEV" vlan 5
	send_tagged
	until_true 15 drained linux 10 || die "AF_PACKET has $CAPTURED" linux
	stop linux
	end_capture ours 10
	same_packets "$T/linux.pcap" "$T/ours.pcap"
	equal "length of a frame with its tag" "$(tagged)" 68
	is_quiet ours
}

it_leaves_packets_without_a_tag_as_they_are()
{
	needs_tags
	capture ours -i "$DEV" not vlan
	send "$(frames 50)"
	end_capture ours 50
	same_packets "$(frames 50)" "$T/ours.pcap"
}

it_puts_tags_back_for_each_capture_that_shares_the_program()
{
	trap no_vlan EXIT
	needs_tags
	capture first -i "$DEV"
	capture second -i "$PLAIN" vlan 5
	capture perf -i "$PLAIN:ring=perf"
	stop first
	push "$(frames 20)"
	end_capture second 20
	end_capture perf 20
	same_packets "$T/second.pcap" "$T/perf.pcap"
	equal "lengths" "$(show "$T/second.pcap" | cut -d ' ' -f 1 | sort -u)" 68
}

it_puts_no_tag_back_where_none_is_taken_off()
{
	trap no_vlan EXIT
	offload off
	XDPSAMPLE_DEBUG=1 capture ours -i "$DEV"
	! grep "VLAN" "$T/ours.err" || die "it puts tags back"
	stop ours
}

it_says_why_tags_are_not_put_back()
{
	before 6 8 || skip_test "Linux 6.8 and later puts them back"
	trap no_vlan EXIT
	offload on
	XDPSAMPLE_DEBUG=1 capture dump -i "$DEV" vlan 5
	warns dump
	has "$(cat "$T/dump.err")" "not put back: Linux has told XDP programs about VLAN tags since 6.8"
}

it_warns_beside_a_program()
{
	needs_tracing
	trap no_vlan EXIT
	offload on
	put passes rx0 native
	XDPSAMPLE_DEBUG=1 capture dump -i "$PLAIN" vlan 5
	warns dump
}

it_warns_in_tcpdump_where_a_vlan_is_used()
{
	vlan
	offload on
	capture dump -i "$GENERIC"
	warns dump
	send_tagged
	end_capture dump 10
	equal "length of a frame without its tag" "$(show "$T/dump.pcap" | cut -d ' ' -f 1 | sort -u)" 64
}

it_warns_in_dumpcap_and_goes_on()
{
	vlan
	offload on
	start_rx dump dumpcap -q -P -i "$GENERIC" -c 10 -w "$T/dump.pcap"
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
	capture dump -i "$GENERIC"
	warns dump
}

it_does_not_warn_where_no_vlan_is_used()
{
	offload on
	trap no_vlan EXIT
	ip -n "$RX" link add link rx1 name rx1.5 type vlan id 5 2>/dev/null || :
	ip -n "$RX" link add bridge0 type bridge
	ip -n "$RX" link set rx0 master bridge0
	capture dump -i "$GENERIC"
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
		capture dump -i "$GENERIC" "$filter"
		warns dump
		stop dump
	done
	for filter in udp 'ether proto 0x88b5' 'udp port 33024'; do
		capture dump -i "$GENERIC" "$filter"
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

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Capturing with the programs that people use, on the interfaces they have.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

it_shows_packets_live_in_tcpdump()
{
	start_rx dump tcpdump -l -n -c 3 -i "$DEV"
	await dump "listening on $DEV, link-type EN10MB"
	send "$(frames 3)"
	finish_well dump
	equal "lines of packets" "$(grep -c 'IP 192.0.2.1.40000 > 192.0.2.200.9: UDP' "$T/dump.out")" 3
}

it_writes_a_file_in_tcpdump()
{
	capture dump -i "$DEV"
	send "$(frames 1000)"
	end_capture dump 1000
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" 1000
	equal captured "$CAPTURED" 1000
	equal received "$RECEIVED" 1000
	equal dropped "$DROPPED" 0
}

it_ends_after_the_count_that_was_asked_for()
{
	capture dump -i "$DEV" -c 7
	send "$(frames 1000)"
	finish_well dump
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" 7
	equal "the last one" "$(tcpdump -r "$T/dump.pcap" -n -v 2>/dev/null | grep -c 'id 6,')" 1
}

it_captures_both_directions_on_lo()
{
	capture dump -i xdpsample:lo
	rx ping -q -c 3 -i 0.01 127.0.0.1 >"$T/ping"
	end_capture dump 6
	equal "requests" "$(tcpdump -r "$T/dump.pcap" -n 2>/dev/null | grep -c 'echo request')" 3
	equal "replies" "$(tcpdump -r "$T/dump.pcap" -n 2>/dev/null | grep -c 'echo reply')" 3
}

it_captures_in_dumpcap()
{
	capture_by_dumpcap -i "$DEV" -c 200
	send "$(frames 200)"
	finish_well dump
	equal "packets in the file" "$(packets_in "$T/dump.pcapng")" 200
	has "$(capinfos "$T/dump.pcapng")" "Name = $DEV" "nanoseconds (9)"
}

it_captures_two_interfaces_at_once_in_dumpcap()
{
	capture_by_dumpcap -i "$DEV" -i xdpsample:rx1 -c 400
	await_attached rx1 dump
	send "$(frames 200)"
	tx tcpreplay -q -i tx1 --topspeed "$(frames 200 128)" >/dev/null 2>&1
	finish_well dump
	equal "on rx0" "$(tshark -n -r "$T/dump.pcapng" frame.interface_id==0 2>/dev/null | wc -l)" 200
	equal "on rx1" "$(tshark -n -r "$T/dump.pcapng" frame.interface_id==1 2>/dev/null | wc -l)" 200
	equal "of rx1's size" "$(tshark -n -r "$T/dump.pcapng" frame.len==128 2>/dev/null | wc -l)" 200
}

it_captures_in_tshark()
{
	start_rx shark tshark -n -l -c 5 -i "$DEV" -T fields -e ip.src -e frame.len
	await shark "Capturing on"
	await_attached rx0 shark
	send "$(frames 5 90)"
	finish_well shark
	equal "packets" "$(grep -c "^192.0.2.1.90$" "$T/shark.out")" 5
}

it_filters_and_writes_in_tshark()
{
	start_rx shark tshark -n -q -c 1 -i "$DEV" -f "ip[4:2] = 3" -w "$T/shark.pcapng"
	await shark "Capturing on"
	await_attached rx0 shark
	send "$(frames 5)"
	finish_well shark
	equal "the packet" "$(tshark -r "$T/shark.pcapng" -T fields -e ip.id 2>/dev/null)" 0x0003
}

it_captures_in_scapy()
{
	needs_scapy
	cat >"$T/sniff.py" <<-EOF
		from scapy.all import conf, sniff
		conf.use_pcap = True
		ready = lambda: print("ready", flush=True)
		got = sniff(iface="$DEV", count=20, timeout=30, started_callback=ready)
		print(len(got), {len(p) for p in got}, got[19].summary())
	EOF
	start_rx scapy /usr/bin/python3 "$T/sniff.py"
	await scapy ready
	send "$(frames 20 300)"
	finish_well scapy
	has "$(cat "$T/scapy.out")" "20 {300} Ether / IP / UDP 192.0.2.1:40000 > 192.0.2.200:discard"
}

it_writes_micro_and_nanoseconds()
{
	local precision

	for precision in micro nano; do
		capture "$precision" -i "$DEV" "--time-stamp-precision=$precision"
		send "$(frames 50)"
		end_capture "$precision" 50
	done
	has "$(capinfos "$T/micro.pcap")" "microseconds (6)"
	has "$(capinfos "$T/nano.pcap")" "nanoseconds (9)"
	tcpdump -r "$T/nano.pcap" -n -tt --nano 2>/dev/null | cut -d' ' -f1 |
		grep -v '000$' >/dev/null || die "no stamp has nanoseconds"
}

it_is_promiscuous_unless_told_otherwise()
{
	capture with -i "$DEV"
	equal "promiscuity" "$(promiscuity_of rx0)" 1
	stop with
	equal "promiscuity after it" "$(promiscuity_of rx0)" 0
	capture without -p -i "$DEV"
	equal "promiscuity with -p" "$(promiscuity_of rx0)" 0
	stop without
}

it_goes_on_when_the_interface_was_down_for_a_while()
{
	capture dump -i "$DEV"
	send "$(frames 10)"
	ip -n "$RX" link set rx0 down
	ip -n "$RX" link set rx0 up
	send "$(frames 10)"
	end_capture dump 20
	equal captured "$CAPTURED" 20
}

it_starts_on_an_interface_that_is_down()
{
	ip -n "$RX" link set rx0 down
	capture dump -i "$DEV"
	ip -n "$RX" link set rx0 up
	send "$(frames 10)"
	end_capture dump 10
	equal captured "$CAPTURED" 10
}

it_has_one_link_type_on_ethernet()
{
	has "$(rx tcpdump -L -i "$DEV" 2>&1)" "EN10MB (Ethernet)"
	equal "data link types" "$(rx tcpdump -L -i "$DEV" 2>&1 | grep -c '^  ')" 1
}

it_captures_ip_packets_on_a_tun_interface()
{
	[ -c /dev/net/tun ] || skip_test "no /dev/net/tun"
	"$HERE/make_frames.py" ip "$T/sent.pcap"
	start_rx tun "$HERE/send_tun.py" tun0 "$T/sent.pcap"
	await tun ready
	capture dump -i xdpsample:tun0
	says dump "link-type RAW" || die "not the right link type" dump
	kill -USR1 "${PID[tun]}"
	await tun sent
	end_capture dump 6
	same_packets "$T/sent.pcap" "$T/dump.pcap"
}

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What was sent is what is in the file, byte for byte.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# Made once: scapy takes its time.
varied()
{
	[ -e "$WORK/varied.pcap" ] || "$HERE/make_frames.py" varied "$WORK/varied.pcap"
	echo "$WORK/varied.pcap"
}

# round_trip MODE [TCPDUMP-OPTION]...: to $T/dump.pcap
round_trip()
{
	local mode=$1 count

	shift
	needs_scapy
	MTU=9000 links
	count=$(packets_in "$(varied)")
	capture dump -i "$PLAIN:mode=$mode" "$@"
	send "$(varied)"
	equal "frames sent" "$SENT" "$count"
	end_capture dump "$count"
	equal dropped "$DROPPED" 0
}

it_brings_all_sorts_of_frames_unchanged_in_native_mode()
{
	round_trip native
	same_packets "$(varied)" "$T/dump.pcap"
}

it_brings_all_sorts_of_frames_unchanged_in_generic_mode()
{
	round_trip generic
	same_packets "$(varied)" "$T/dump.pcap"
}

# cut_to BYTES MODE: as editcap cuts, which leaves the true length
cut_to()
{
	round_trip "$2" -s "$1"
	editcap -F pcap -s "$1" "$(varied)" "$T/cut.pcap"
	same_packets "$T/cut.pcap" "$T/dump.pcap"
}

it_cuts_to_the_snapshot_length_and_keeps_the_true_one()	{ cut_to 96 native; }
it_cuts_in_generic_mode_too()				{ cut_to 96 generic; }
it_cuts_within_the_second_buffer_of_a_jumbo_frame()	{ cut_to 5000 native; }
it_takes_a_single_byte()				{ cut_to 1 native; }

it_brings_frames_of_1514_bytes_at_the_usual_mtu()
{
	links
	capture dump -i "$DEV"
	send "$(frames 500 1514)"
	end_capture dump 500
	same_packets "$(frames 500 1514)" "$T/dump.pcap"
}

# The size field of a perf record has 16 bits: without a limit of ours it would
# wrap, silently.
it_cuts_at_65000_bytes_and_keeps_the_true_length()
{
	capture dump -i xdpsample:lo
	rx ping -q -c 1 -s 65507 127.0.0.1 >"$T/ping"
	end_capture dump 2
	equal "lengths and captured lengths" "$(tshark -r "$T/dump.pcap" -T fields \
		-e frame.len -e frame.cap_len 2>/dev/null | uniq)" $'65549\t65000'
	show "$T/dump.pcap" | cut -c 1-200 | grep -q '18191a1b1c1d1e1f' ||
		die "not the bytes that were sent"
}

it_sees_the_frames_while_the_receiver_gets_them_too()
{
	links
	capture dump -i "$DEV"
	start_rx stack tcpdump -n -Q in -i rx0 -w "$T/stack.pcap"
	await stack "listening on"
	send "$(frames 300 200)"
	end_capture stack 300
	end_capture dump 300
	same_packets "$(frames 300 200)" "$T/stack.pcap"
	same_packets "$(frames 300 200)" "$T/dump.pcap"
}

run_tests "$@"

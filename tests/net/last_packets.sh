#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# However a program is told to stop, nothing that was captured stays in the rings:
# captured and dropped are all that was received.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

BURST=100000
UNDER_TRAFFIC_ROUNDS=10

send_burst()
{
	send "$(frames $((BURST / 2)))" --topspeed --loop=2
}

# nothing_stayed NAME: in tcpdump's last words
nothing_stayed()
{
	read_counts "$(tail -n 3 "$T/$1.err")"
	[ -n "$RECEIVED" ] || die "$1 did not count" "$1"
	equal "captured and dropped" $((CAPTURED + DROPPED)) "$RECEIVED"
	equal "packets in the file" "$(packets_in "$T/$1.pcap")" "$CAPTURED"
}

# burst_then SECONDS SIGNAL
burst_then()
{
	capture dump -i "$DEV"
	send_burst
	sleep "$1"
	stop dump "$2"
	equal status "$RC" 0
	nothing_stayed dump
	equal received "$RECEIVED" $BURST
}

it_hands_out_all_of_a_burst_after_ctrl_c_at_once()		{ burst_then 0 INT; }
it_hands_out_all_of_a_burst_after_ctrl_c_100_ms_later()	{ burst_then 0.1 INT; }
it_hands_out_all_of_a_burst_after_ctrl_c_400_ms_later()	{ burst_then 0.4 INT; }
it_hands_out_all_of_a_burst_after_sigterm()			{ burst_then 0.05 TERM; }

# The reader is as likely to be in its callback as to wait.
it_hands_out_all_that_came_before_ctrl_c_under_traffic()
{
	local n

	start_tx flood tcpreplay -q -i tx0 --pps=150000 --loop=0 "$(frames 1000)"
	for n in $(seq $UNDER_TRAFFIC_ROUNDS); do
		capture dump$n -i "$DEV"
		until_true 5 drained dump$n 1000 || die "not in round $n" dump$n
		stop dump$n
		equal status "$RC" 0
		nothing_stayed dump$n
	done
}

it_hands_out_all_that_came_before_ctrl_c_under_a_flood()
{
	start_tx flood tcpreplay -q -i tx0 --topspeed --loop=0 "$(frames 1000)"
	capture dump -i "$DEV"
	until_true 5 drained dump 10000 || die "nothing came" dump
	stop dump
	equal status "$RC" 0
	nothing_stayed dump
}

it_hands_out_all_that_the_filter_takes()
{
	start_tx flood tcpreplay -q -i tx0 --pps=50000 --loop=0 "$(frames 1000)"
	capture dump -i "$DEV:rate=3" 'udp[8:4] & 1 = 0'
	until_true 5 drained dump 1000 || die "nothing came" dump
	stop dump
	nothing_stayed dump
}

it_hands_out_all_that_came_before_timeout_ends_tcpdump()
{
	start_tx flood tcpreplay -q -i tx0 --pps=50000 --loop=0 "$(frames 1000)"
	start_rx dump timeout 1 tcpdump -w "$T/dump.pcap" -n -i "$DEV"
	finish dump
	equal status "$RC" 124
	nothing_stayed dump
	[ "$RECEIVED" -gt 0 ] || die "nothing came" dump
}

# The packet that tcpdump ends with is counted, and not in a file.
it_hands_out_all_of_a_burst_before_the_last_file_of_tcpdump_G_W()
{
	start_rx dump tcpdump -w "$T/dump.%s.pcap" -n -i "$DEV" -G 5 -W 1
	await dump "listening on"
	send_burst
	sleep 6
	send "$(frames 1)"
	finish dump
	read_counts "$(tail -n 3 "$T/dump.err")"
	equal captured "$CAPTURED" $((BURST + 1))
	equal received "$RECEIVED" $((BURST + 1))
}

# dumpcap_counts: what it says, with what it threw away itself after it was told to stop
dumpcap_counts()
{
	local words

	words=$(grep -o "Packets received/dropped on interface .*" "$T/dump.err") ||
		die "dumpcap did not count" dump
	[[ $words =~ :\ ([0-9]+)/([0-9]+)\ \(pcap:([0-9]+)/dumpcap:([0-9]+)/flushed:([0-9]+) ]] ||
		die "no counts: $words"
	RECEIVED=${BASH_REMATCH[1]} DROPPED=${BASH_REMATCH[3]} FLUSHED=${BASH_REMATCH[5]}
}

dumpcap_burst()
{
	capture_by_dumpcap -i "$DEV" "$@"
	send_burst
}

# At Ctrl-C dumpcap asks for one more packet, throws that away and reads no more.
it_counts_what_dumpcap_leaves_when_it_is_interrupted_as_dropped()
{
	dumpcap_burst
	stop dump
	dumpcap_counts
	equal "received, dropped and flushed" $((RECEIVED + DROPPED + FLUSHED)) $BURST
	equal "packets in the file" "$(packets_in "$T/dump.pcapng")" "$RECEIVED"
}

it_hands_out_all_of_a_burst_to_dumpcap_a_duration()
{
	dumpcap_burst -a duration:6
	finish dump
	dumpcap_counts
	equal "packets in the file" "$(packets_in "$T/dump.pcapng")" $BURST
	equal received "$RECEIVED" $BURST
	equal dropped "$DROPPED" 0
}

# A second is tcpdump's time-out.
it_shows_a_packet_long_before_the_timeout_passes()
{
	local line

	start_rx dump stdbuf -oL tcpdump -l -tt -n -i "$DEV"
	await dump "listening on"
	for line in 1 2 3; do
		send "$(frames 1)" --pps=1000
		until_true 5 shown "$line" || die "line $line did not come" dump
		between "ms until line $line" "$(age_ms "$line")" 0 800
		sleep 0.3
	done
}

shown()
{
	[ "$(wc -l <"$T/dump.out")" -ge "$1" ]
}

# age_ms LINE: since the packet of that line was stamped
age_ms()
{
	local now_us=${EPOCHREALTIME/./} stamp

	stamp=$(sed -n "$1s/ .*//p" "$T/dump.out")
	echo $(((now_us - ${stamp/./}) / 1000))
}

run_tests "$@"

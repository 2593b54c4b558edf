#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Every packet is in exactly one count.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

COUNT=50000

# What the interface itself has counted.
received_by_rx0()
{
	ip -n "$RX" -s link show rx0 | sed -n '/RX:/{n;s/^ *[0-9]* *\([0-9]*\).*/\1/p}'
}

# counted: what tcpdump said against what was sent and what is in its file
counted()
{
	equal received "$RECEIVED" "$1"
	equal "captured and dropped" $((CAPTURED + DROPPED)) "$1"
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" "$CAPTURED"
}

it_captures_everything_when_there_is_room()
{
	local before

	before=$(received_by_rx0)
	capture dump -i "$DEV" -B 65536
	send "$(frames $COUNT)"
	end_capture dump "$SENT"
	equal sent "$SENT" $COUNT
	equal "counted by rx0" $(($(received_by_rx0) - before)) $COUNT
	counted $COUNT
	equal dropped "$DROPPED" 0
}

# send_unread FILE: while the reader is away
send_unread()
{
	kill -STOP "${PID[dump]}"
	send "$1"
	kill -CONT "${PID[dump]}"
}

# overload MODE: a small ring and a reader that is away
overload()
{
	capture dump -i "$PLAIN:mode=$1" -B 64
	send_unread "$(frames $COUNT)"
	end_capture dump $COUNT
	[ "$DROPPED" -gt 0 ] || die "nothing was dropped"
	[ "$CAPTURED" -gt 0 ] || die "nothing was captured"
	counted $COUNT
}

it_counts_every_packet_under_overload_in_native_mode()	{ overload native; }
it_counts_every_packet_under_overload_in_generic_mode()	{ overload generic; }

it_goes_on_after_an_overload()
{
	local lost

	capture dump -i "$DEV" -B 64
	send_unread "$(frames $COUNT)"
	until_true 15 drained dump $COUNT || die "not drained" dump
	lost=$DROPPED
	send "$(frames 100)"
	end_capture dump $((COUNT + 100))
	equal dropped "$DROPPED" "$lost"
	counted $((COUNT + 100))
}

it_counts_both_cpus_under_overload()
{
	local cpu file

	[ "$(nproc)" -ge 2 ] || skip_test "one CPU only"
	file=$(frames $COUNT)
	capture dump -i "$DEV" -B 64
	for cpu in 0 1; do
		start_tx "send$cpu" taskset -c $cpu tcpreplay -q -i tx0 --topspeed "$file"
	done
	finish_well send0 60
	finish_well send1 60
	end_capture dump $((2 * COUNT))
	counted $((2 * COUNT))
}

# 4 sigma of a binomial count: wrong once in 16,000 runs by chance
it_samples_one_packet_in_ten()
{
	local sent=200000 sigma=134		# sqrt(sent * 1/10 * 9/10)

	capture dump -i "$DEV:rate=10" -B 65536
	send "$(frames $COUNT)" --topspeed --loop=4
	equal sent "$SENT" $sent
	until_true 15 settled dump || die "no end of it" dump
	end_capture dump "$CAPTURED"
	between captured "$CAPTURED" $((sent / 10 - 4 * sigma)) $((sent / 10 + 4 * sigma))
	counted "$CAPTURED"
}

# settled NAME: two counts in a row are the same, and there are some
settled()
{
	local before

	ask_counts "$1" || return 1
	before=$CAPTURED
	sleep 0.2	# longer than any batch waits
	ask_counts "$1" && [ "$CAPTURED" -gt 0 ] && [ "$CAPTURED" = "$before" ] &&
		[ $((CAPTURED + DROPPED)) -eq "$RECEIVED" ]
}

it_takes_every_packet_at_rate_1()
{
	capture dump -i "$DEV:rate=1" -B 65536
	send "$(frames $COUNT)"
	end_capture dump $COUNT
	equal captured "$CAPTURED" $COUNT
}

it_counts_what_was_unsampled_too()
{
	capture dump -i "$DEV:rate=4" -B 64
	send_unread "$(frames $COUNT)"
	equal rejected "$(counter rejected)" 0
	equal "unsampled, taken and lost" "$(counter unsampled chosen)" $COUNT
	[ "$(counter lost)" -gt 0 ] || die "nothing was lost"
	[ "$(counter unsampled)" -gt 0 ] || die "nothing was left unsampled"
	end_capture dump "$(counter chosen)"
	counted $((CAPTURED + DROPPED))
}

# The same ten packets again and again: a count of ten would always take the same one.
it_samples_what_repeats_itself_without_a_preference()
{
	local n id

	capture dump -i "$DEV:rate=10" -B 65536 -s 64
	send "$(frames 10)" --topspeed -K --loop=5000
	end_capture dump "$(counter chosen)"
	between captured "$CAPTURED" 4700 5300
	tcpdump -r "$T/dump.pcap" -n -t -v 2>/dev/null | sed -n 's/.* id \([0-9]*\),.*/\1/p' |
		sort -n | uniq -c >"$T/times"
	equal "different packets" "$(wc -l <"$T/times")" 10
	while read -r n id; do
		between "packets of number $id" "$n" 350 650
	done <"$T/times"
}

# Of the numbers in the frames every other one is odd.
it_counts_what_the_filter_rejected_too()
{
	capture dump -i "$DEV:rate=4" -B 64 "ip[4:2] & 1 = 1"
	send_unread "$(frames $COUNT)"
	equal rejected "$(counter rejected)" $((COUNT / 2))
	equal "unsampled, taken and lost" "$(counter unsampled chosen)" $((COUNT / 2))
	[ "$(counter lost)" -gt 0 ] || die "nothing was lost"
	[ "$(counter unsampled)" -gt 0 ] || die "nothing was left unsampled"
	end_capture dump "$(counter chosen)"
	counted $((CAPTURED + DROPPED))
}

# It takes no room in the ring.
it_loses_nothing_to_what_the_filter_rejects()
{
	capture dump -i "$DEV" -B 64 "ip[4:2] < 50"
	send_unread "$(frames $COUNT)"
	end_capture dump 50
	equal dropped "$DROPPED" 0
	counted 50
}

it_captures_what_the_filter_takes()
{
	capture dump -i "$DEV" -B 65536 "ip[4:2] & 3 = 1"
	send "$(frames 1000)"
	equal rejected "$(counter rejected)" 750
	end_capture dump 250
	equal dropped "$DROPPED" 0
	counted 250
}

run_tests "$@"

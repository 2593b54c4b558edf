#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The extcap program beside an XDP program: verdicts, both capture points in one file, and
# the end of the program.  What has to be seen is known byte for byte (verdicts.py).

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"
# shellcheck source=tests/lib/extcap.sh
. "$XDPS_SRC/tests/lib/extcap.sh"

# beside MODE: the program that does as a packet says is on rx0
beside()
{
	needs_tracing
	put obeys rx0 "$1"
	redirect_to rx1
}

# of_interface NAME NUMBER: lengths and bytes of its packets, as show has them
of_interface()
{
	awk -F '\t' -v number="interface=$2" '$1 == "packet" && $2 == number {
		for (i = 2; i <= NF; i++) {
			split($i, pair, "=")
			v[pair[1]] = pair[2]
		}
		print v["len"], v["caplen"], v["data"]
	}' "$T/$1.txt"
}

# shown NAME NUMBER SENT OPTIONS: that interface of the file has what such a capture shows
shown()
{
	"$HERE/verdicts.py" expect "$3" "$T/wanted.pcap" "$4"
	show "$T/wanted.pcap" >"$T/wanted"
	of_interface "$1" "$2" >"$T/got"
	[ -s "$T/wanted" ] || die "nothing is wanted"
	diff "$T/wanted" "$T/got" | cut -c 1-200 >"$T/difference" ||
		die "not the packets of $4" difference
}

# What the program was told to decide; another number than there are is XDP_ABORTED.
verdicts_asked()
{
	show "$1" | while read -r _ _ data; do
		order=$((16#${data:84:2}))
		printf '2:%02x00000000000000\n' $((order < 5 ? order : 0))
	done
}

verdicts_of()
{
	awk -F '\t' -v number="interface=$2" '$1 == "packet" && $2 == number {
		value = "-"
		for (i = 2; i <= NF; i++)
			if ($i ~ /^verdict=/)
				value = substr($i, 9)
		print value
	}' "$T/$1.txt"
}

both_points_in()
{
	local file

	beside "$1"
	file=$(orders send 64 300 530)
	grab two --point both
	send "$file"
	end_grab two $((2 * SENT))
	shown two 0 "$file" point=entry
	shown two 1 "$file" point=exit
	equal "verdicts before" "$(verdicts_of two 0 | sort -u)" -
	verdicts_asked "$file" >"$T/asked"
	verdicts_of two 1 >"$T/verdicts"
	diff "$T/asked" "$T/verdicts" >"$T/difference" || die "not the verdicts" difference
	field two packet time | sort -n -c || die "not in the order of time"
	equal "ids" "$(field two packet id | sort -n -u | wc -l)" $((2 * SENT))
	equal "names" "$(field two interface name | paste -sd ' ')" "xdpsample:rx0 xdpsample:rx0:point=exit"
	has "$(field two interface description)" "before XDP program obeys (id $PROGRAM_ID, $1 mode)" \
		"after XDP program obeys (id $PROGRAM_ID, $1 mode)"
	equal "received" "$(field two statistics received | paste -sd ' ')" "$SENT $SENT"
	equal "delivered" "$(field two statistics delivered | paste -sd ' ')" "$SENT $SENT"
	equal "what is attached" "$(beside_on rx0)" "$1 $PROGRAM_ID"
	take_off rx0
}

it_writes_packets_before_and_after_a_native_program_in_order()	{ both_points_in native; }
it_writes_packets_before_and_after_a_generic_program_in_order()	{ both_points_in generic; }

# Tshark knows the field for verdicts.
it_shows_tshark_what_was_dropped()
{
	local file

	beside native
	file=$(orders send 64 300 530)
	"$HERE/verdicts.py" expect "$file" "$T/wanted.pcap" action=drop
	grab one --action drop
	send "$file"
	end_grab one "$(packets_in "$T/wanted.pcap")"
	shown one 0 "$file" action=drop
	equal "name" "$(field one interface name)" xdpsample:rx0:action=drop
	has "$(field one interface comment)" "Only packets with the verdict drop"
	equal "received" "$(field one statistics received)" "$SENT"
	has "$(field one statistics comment)" \
		"$((SENT - $(packets_in "$T/wanted.pcap"))) rejected by verdict or filter"
	tshark -r "$T/one.pcapng" -T fields -e frame.verdict.ebpf_xdp >"$T/fields" 2>"$T/tshark.err"
	equal "verdicts" "$(sort "$T/fields" | uniq -c | awk '{ print $1, $2 }')" \
		"$(packets_in "$T/wanted.pcap") 1"
	take_off rx0
}

it_merges_thousands_of_packets_of_both_points()
{
	local count=5000

	beside native
	grab two --point both --buffer 64
	send "$(orders alternate $count)"
	end_grab two $((2 * count))
	field two packet time | sort -n -c || die "not in the order of time"
	shown two 0 "$(orders alternate $count)" point=entry
	shown two 1 "$(orders alternate $count)" point=exit
	equal "lost" "$(field two statistics lost | paste -sd ' ')" "0 0"
	take_off rx0
}

# The other point is silent, and what it may have yet is not waited for.
it_holds_no_packet_back_for_the_other_point()
{
	beside native
	grab two --point both --action redirect
	send "$(orders alternate 2)"
	until_true 5 written two 2 || die "two packets were not written in five seconds"
	stop two
	equal "status" "$RC" 0
	take_off rx0
}

it_filters_both_points()
{
	local file wanted

	beside native
	file=$(orders send 64 300 530)
	tcpdump -Z root -r "$file" -w "$T/wanted.pcap" 'udp port 53 and len = 300' 2>"$T/reference"
	wanted=$(packets_in "$T/wanted.pcap")
	grab two --point both --extcap-capture-filter 'udp port 53 and len = 300'
	send "$file"
	until_true 10 written_at_least two "$wanted" || die "not all came" two
	sleep 0.5
	stop two
	blocks two
	show "$T/wanted.pcap" >"$T/wanted"
	of_interface two 0 >"$T/got"
	diff "$T/wanted" "$T/got" | cut -c 1-200 >"$T/difference" || die "not the packets" difference
	equal "filters" "$(field two interface filter | uniq)" "0:udp port 53 and len = 300"
	equal "received" "$(field two statistics received | paste -sd ' ')" "$SENT $SENT"
	take_off rx0
}

it_says_that_the_program_was_replaced()
{
	beside native
	grab two --point both --follow no
	send "$(orders alternate 100)"
	until_true 10 written two 200 || die "not all came" two
	put passes rx1 native
	put_over rx0 native
	finish two
	equal "status" "$RC" 1
	has "$(cat "$T/two.err")" "the capture has ended, because XDP program obeys" "is no longer attached"
	blocks two
	equal "delivered" "$(field two statistics delivered | paste -sd ' ')" "100 100"
	take_off rx0 rx1
}

says_that_it_goes_on()
{
	blocks one
	field one statistics comment | grep -qE "^rx0: XDP program obeys \(id [0-9]+, native mode\) is no longer attached; the capture goes on beside XDP program passes \(id [0-9]+, native mode\), and saw nothing for about [0-9]+ ms"
}

it_writes_into_the_file_with_what_it_goes_on_and_how_long_it_saw_nothing()
{
	beside native
	grab one --point exit
	send "$(orders alternate 100)"
	until_true 10 written one 100 || die "not all came" one
	put passes rx1 native
	put_over rx0 native
	until_true 10 says_that_it_goes_on || die "the file does not say it" one.txt
	send "$(frames 20)"
	end_grab one 120
	take_off rx0 rx1
}

it_leaves_the_program_when_it_is_killed()
{
	beside native
	grab two --point both
	kill -KILL "${PID[two]}"
	finish two
	until_true 5 no_helpers || die "a helper is left"
	equal "what is attached" "$(beside_on rx0)" "native $PROGRAM_ID"
	take_off rx0
}

no_helpers()
{
	[ -z "$(helpers)" ]
}

it_finds_nothing_after_a_program_that_is_not_there()
{
	fails extcap --capture --fifo - --point both
	has "$TEXT" "no XDP program is attached, but"
	not_attached || die "something was attached"
}

run_tests "$@"

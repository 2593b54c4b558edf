#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Packets from several CPUs come out in time order, and their time is the
# wall clock's.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

COUNT=30000	# of each sender
PPS=100000	# what a busy two-processor machine still sends evenly

now_ns()
{
	date +%s%N
}

# A file for each sender, told apart by its source address.
sender()
{
	local file=$WORK/sender$1.pcap

	[ -e "$file" ] || "$HERE/make_frames.py" numbered "$file" $COUNT 64 "192.0.2.10$1"
	echo "$file"
}

# flood [TCPREPLAY-OPTION]...: one sender on each of two CPUs, at once
flood()
{
	local cpu file

	[ "$(nproc)" -ge 2 ] || skip_test "one CPU only"
	for cpu in 0 1; do
		file=$(sender $cpu)
		start_tx "send$cpu" taskset -c $cpu tcpreplay -q -i tx0 "$@" "$file"
	done
	finish_well send0 60
	finish_well send1 60
}

# each_in_turn: the packets of each sender are in the file in their order
each_in_turn()
{
	local cpu

	for cpu in 0 1; do
		show "$T/dump.pcap" | grep -o "c000026$((4 + cpu))c00002c8" | wc -l >"$T/n$cpu"
		equal "packets of sender $cpu" "$(cat "$T/n$cpu")" $COUNT
		tcpdump -r "$T/dump.pcap" -n -t -v "src host 192.0.2.10$cpu" 2>/dev/null |
			sed -n 's/.* id \([0-9]*\),.*/\1/p' >"$T/ids$cpu"
		sort -n -c "$T/ids$cpu" || die "sender $cpu's packets are not in turn"
	done
}

# With a hold that covers also a virtual CPU that its host takes away for a while
# between the stamp and the ring.
it_puts_packets_of_both_cpus_in_time_order()
{
	capture dump -i "$DEV:hold=100000" -B 65536 --time-stamp-precision=nano
	flood --pps=$PPS
	counters chosen >"$T/taken"
	end_capture dump $((2 * COUNT))
	[ "$(grep -vc '^0$' "$T/taken")" -ge 2 ] || die "only one CPU took packets" taken
	equal dropped "$DROPPED" 0
	show_times "$T/dump.pcap" >"$T/times"
	sort -n -c "$T/times" || die "the file is not in time order"
	each_in_turn
}

it_brings_all_packets_of_both_cpus_at_full_speed()
{
	capture dump -i "$DEV" -B 65536 --time-stamp-precision=nano
	flood --topspeed
	end_capture dump $((2 * COUNT))
	equal dropped "$DROPPED" 0
	equal captured "$CAPTURED" $((2 * COUNT))
	each_in_turn
}

it_loses_none_without_holding_them()
{
	capture dump -i "$DEV:hold=0" -B 65536
	flood --pps=$PPS
	end_capture dump $((2 * COUNT))
	equal captured "$CAPTURED" $((2 * COUNT))
	each_in_turn
}

# stamps_within LOW_NS HIGH_NS: all in the file
stamps_within()
{
	show_times "$T/dump.pcap" | sort -n >"$T/sorted"
	[ "$(head -n 1 "$T/sorted")" -ge "$1" ] || die "a packet is dated before it was sent" sorted
	[ "$(tail -n 1 "$T/sorted")" -le "$2" ] || die "a packet is dated after it arrived" sorted
}

it_stamps_packets_with_the_wall_clock()
{
	local before after

	capture dump -i "$DEV" --time-stamp-precision=nano
	before=$(now_ns)
	send "$(frames 1000)"
	after=$(now_ns)
	end_capture dump 1000
	stamps_within "$before" $((after + 1000))	# XDPS_TAI_OFFSET_ERROR_NS
}

it_stamps_packets_when_they_pass_and_not_when_they_are_read()
{
	local after

	capture dump -i "$DEV" --time-stamp-precision=nano
	kill -STOP "${PID[dump]}"
	send "$(frames 100)"
	after=$(now_ns)
	sleep 1		# the reader's absence itself is what is tested
	kill -CONT "${PID[dump]}"
	end_capture dump 100
	stamps_within 0 $((after + 1000))
}

# stamp_of PHASE: of one of its ten packets
stamp_of()
{
	sed -n "$((10 * $1 + 5))p" "$T/times"
}

it_follows_a_step_of_the_clock_and_keeps_the_order()
{
	local step=5 status=0 before after

	capture dump -i "$DEV" --time-stamp-precision=nano
	before=$(now_ns)
	send "$(frames 10 100)"
	"$HERE/clock_step.py" $step ip netns exec "$TX" \
		tcpreplay -q -i tx0 --topspeed "$(frames 10 101)" >"$T/step" 2>&1 || status=$?
	[ $status -ne 77 ] || skip_test "the clock may not be set here"
	equal "status of clock_step" $status 0
	send "$(frames 10 102)"
	after=$(now_ns)
	end_capture dump 30
	show_times "$T/dump.pcap" >"$T/times"
	show "$T/dump.pcap" | cut -d ' ' -f 1 | uniq >"$T/sizes"
	equal "sizes in the order of the file" "$(paste -sd ' ' "$T/sizes")" "100 101 102"
	between "before the step" "$(stamp_of 0)" "$before" "$after"
	between "during the step" "$(stamp_of 1)" \
		$((before + step * 1000000000)) $((after + step * 1000000000))
	between "after the step" "$(stamp_of 2)" "$before" "$after"
}

run_tests "$@"

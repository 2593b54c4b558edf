#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# That the benchmark runs, and not what comes of it.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

benchmark_can_run()
{
	[ "$(nproc)" -ge 2 ] || skip_test "one CPU, and the benchmark needs two"
	[ "$(printf '5.18\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 5.18 ] ||
		skip_test "Linux $(uname -r), and live frames came with 5.18"
	skip_test_without xdpdump
	skip_test_without gnuplot
	skip_test_without ethtool
}

# start_bench [OPTION]... [SECTION]...
start_bench()
{
	start bench bash "$XDPS_SRC/bench/bench.sh" -n 16384 -o "$T/bench.csv" "$@"
}

# measurements SECTION CONTENDER QUANTITY: how many there are
measurements()
{
	awk -F , -v section="$1" -v contender="$2" -v quantity="$3" \
		'$1 == section && $3 == contender && $7 == quantity && $8 != "" { n++ }
		END { print n + 0 }' "$T/bench.csv"
}

was_measured()
{
	! grep -qF "not measured: $1:" "$T/bench.out"
}

it_measures_the_cost_of_every_contender_and_draws_it()
{
	local contender

	benchmark_can_run
	start_bench -r 1 cost
	finish_well bench 300
	for contender in "nothing attached" "XDP_PASS" "xdpsample" "xdpsample ring=perf" \
			"AF_PACKET" "xdpdump" "wake-up per packet"; do
		! was_measured "$contender" ||
			[ "$(measurements cost "$contender" cost_ns)" -ge 3 ] ||
			die "$contender was not measured with frames of three sizes" bench
	done
	equal "settings of xdpsample" "$(awk -F , '$1 == "cost" && $3 == "xdpsample" { print $4 }' \
		"$T/bench.csv" | sort -u | wc -l)" 6
	has "$(cat "$T/bench.out")" "ns per packet above XDP_PASS" "/ AF_PACKET" \
		"Linux $(uname -r)"
	has "$(cat "$T/bench.svg")" "</svg>" "xdpsample" "AF_PACKET" "xdpdump"
}

# Where nothing can be traced, there is a sentence instead.
it_measures_the_cost_beside_an_xdp_program_or_says_why_not()
{
	benchmark_can_run
	start_bench -r 1 beside
	finish_well bench 300
	if grep -qF "not measured: beside:" "$T/bench.out"; then
		has "$(cat "$T/bench.out")" "not measured: xdpsample entry ring=perf: xdpsample:rx1" \
			"make bench-beside"
		return
	fi
	equal "at exit: all, of five lengths, and four settings with three" \
		"$(measurements beside "xdpsample exit ring=perf" cost_ns)" 17
	equal "xdpdump" "$(measurements beside "xdpdump entry" cost_ns)" 5
	equal "alone" "$(measurements beside "xdpsample alone ring=map" cost_ns)" 14
	has "$(cat "$T/bench.out")" "BESIDE: ns per packet"
}

# Of AF_PACKET without a filter, as the kernel's code for it is what changes least.
instructions()
{
	awk -F , -v OFS=, '$1 == "beside" && $3 == "AF_PACKET" && $4 == "all" && $7 == "cost_ns" {
		print $2, $5, $6, int($8 + 0.5) }' "$T/bench-beside-6.12.csv"
}

it_counts_the_same_instructions_in_two_rounds_in_an_emulated_machine()
{
	cd "$T" || die "no directory"
	start guest bash "$XDPS_SRC/bench/in-guests.sh" -r2 -cAF_PACKET 6.12
	finish guest 300
	[ "$RC" -ne 77 ] || skip_test "$(tail -n 1 "$T/guest.err")"
	equal "the status" "$RC" 0
	instructions | sort -t , -k 2,3 -k 1,1 | awk -F , '
		$1 == 1 { first = $4; next }
		$4 < first - 2 || $4 > first + 2 || $4 < 500 || $4 > 1500 { exit 1 }
		{ n++ }
		END { exit n != 5 }' || die "not the same, or not what a packet costs: $(instructions)" guest
	has "$(cat "$T/guest.out")" "BESIDE: instructions per packet"
}

it_runs_every_other_section_to_its_end()
{
	local contender

	benchmark_can_run
	start_bench -r 1 sent loss reader latency growth session truth
	finish_well bench 300
	for contender in "xdpsample" "AF_PACKET"; do
		equal "$contender: full rates" "$(measurements loss "$contender" rate_pps)" 1
		equal "$contender: CPU times" "$(measurements reader "$contender" reader_ns)" 1
		equal "$contender: latencies" "$(measurements latency "$contender" p99_us)" 2
		equal "$contender: dates" "$(measurements truth "$contender" date_off_us)" 1
		equal "$contender: orders" "$(measurements truth "$contender" disordered)" 1
		equal "$contender: what stays" "$(measurements truth "$contender" stays)" 1
		equal "$contender: memory" "$(measurements session "$contender" reader_kib)" 1
		[ "$(measurements session "$contender" close_us)" -ge 1 ] ||
			die "no capture on $contender was closed" bench
	done
	equal "numbers of rings" "$(measurements growth merge merge_ns)" 5
	equal "sizes of rings, numbers of captures, VLAN tags" \
		"$(measurements growth xdpsample cost_ns)" 10
	for contender in "xdpsample" "AF_PACKET"; do
		equal "$contender: sent packets" "$(measurements sent "$contender" cost_ns)" 4
	done
	has "$(cat "$T/bench.out")" "SENT" "LOSS" "READER" "LATENCY" "GROWTH" "SESSION" "TRUTH" "RATIOS"
}

it_measures_bulk_traffic_in_both_modes()
{
	local contender

	benchmark_can_run
	start_bench -r 1 bulk
	finish_well bench 60
	equal "without a capture" "$(measurements bulk "nothing attached" gbit_ps)" 1
	for contender in "xdpsample mode=generic" "xdpsample mode=native" "AF_PACKET"; do
		equal "$contender: throughputs" "$(measurements bulk "$contender" gbit_ps)" 2
		equal "$contender: datagrams" "$(measurements bulk "$contender" datagram_ns)" 2
	done
	has "$(cat "$T/bench.out")" "BULK" "TCP, Gbit/s"
}

a_tcpdump_runs()
{
	pgrep -g "${PID[bench]}" -x tcpdump >/dev/null
}

group_is_gone()
{
	! pgrep -g "$1" >/dev/null
}

# Its directory is seen in its own namespace only; what is left is the empty one.
it_leaves_nothing_behind_when_the_benchmark_is_ended()
{
	local group

	benchmark_can_run
	mkdir -m 1777 "$T/tmp"
	TMPDIR=$T/tmp start_bench -r 1000
	group=${PID[bench]}
	until_true 15 a_tcpdump_runs || die "no tcpdump runs after 15 s" bench
	kill -TERM "$group"
	finish bench
	equal "the status" "$RC" 143
	until_true 5 group_is_gone "$group" || die "left: $(pgrep -g "$group" -a)" bench
	equal "what is left of its files" "$(ls -A "$T/tmp")" ""
}

it_says_what_it_does_not_know()
{
	fails bash "$XDPS_SRC/bench/bench.sh" -o "$T/bench.csv" speed
	has "$TEXT" "speed" "cost beside sent loss reader latency growth session bulk truth"
}

run_tests "$@"

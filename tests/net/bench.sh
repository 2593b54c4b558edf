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
}

it_runs_the_benchmark_to_its_end_and_compares_every_filter()
{
	local n_filters contender

	benchmark_can_run
	start bench bash "$XDPS_SRC/bench/bench.sh" -n 16384 -r 2 -o "$T/bench.csv"
	finish_well bench 60
	n_filters=$(grep -cE '[0-9]\)\*? +-?[0-9]+\.[0-9]{2}$' "$T/bench.out")
	[ "$n_filters" -ge 4 ] || die "$n_filters filters are compared" bench
	for contender in xdp_pass af_packet xdpsample; do
		equal "measurements of $contender" "$(grep -c ",$contender,64,16384," "$T/bench.csv")" \
			$((2 * n_filters))
	done
	has "$(cat "$T/bench.out")" "One change of the filter" "Linux $(uname -r)"
}

a_tcpdump_runs()
{
	pgrep -g "${PID[bench]}" -x tcpdump >/dev/null
}

group_is_gone()
{
	! pgrep -g "$1" >/dev/null
}

it_leaves_nothing_behind_when_the_benchmark_is_ended()
{
	local group

	benchmark_can_run
	start bench bash "$XDPS_SRC/bench/bench.sh" -r 1000 -o "$T/bench.csv"
	group=${PID[bench]}
	until_true 15 a_tcpdump_runs || die "no tcpdump runs after 15 s" bench
	kill -TERM "$group"
	finish bench
	equal "the status" "$RC" 143
	until_true 5 group_is_gone "$group" || die "left: $(pgrep -g "$group" -a)" bench
}

run_tests "$@"

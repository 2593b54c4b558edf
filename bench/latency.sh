# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# How long a packet takes from the kernel's stamp to a program's callback.
# Sourced by bench.sh.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

latency_pps=1000

# measure_latency [-i]
measure_latency()
{
	local figures

	progress "$title, $setting"
	: >"$work/said"
	taskset -c "$reader_cpu" "$src/run" "$build/bench/latency" "$@" "$device" "$latency_packets" \
		</dev/null >"$work/figures" 2>"$work/said" &
	reader_pid=$!
	listening "$reader_pid" "$work/said" || die "no capture on $device: $(cat "$work/said")"
	inject_path "$latency_packets" -r "$latency_pps"
	wait "$reader_pid" || die "the latency of $title was not measured: $(cat "$work/said")"
	reader_pid=
	figures=$(cat "$work/figures")
	record median_us "${figures% *}" p99_us "${figures#* }"
}

latency_round()
{
	local contender

	frame_bytes=64 snaplen_bytes=96
	latency_packets=$((packets / 256 > 1000 ? 1000 : packets / 256))
	for contender in "${contenders[@]}"; do
		choose "$contender"
		is_tcpdump && [ -z "$options" ] || continue
		setting=default
		measure_latency
		setting=immediate
		measure_latency -i
	done
}

# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# How it changes with the number of rings and with their size, with other captures, and with
# VLAN tags that are put back.  Sourced by bench.sh.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

ring_kib_of=(64 256 1024 4096 16384)

merge_rings()
{
	local n_rings ns

	title="merge"
	progress "1 to 64 simulated rings"
	taskset -c "$reader_cpu" "$build/bench/merge" 1 "$((packets / 4))" >"$work/figures" ||
		die "merging simulated rings failed"
	while read -r n_rings ns; do
		setting=$n_rings
		record merge_ns "$ns"
	done <"$work/figures"
}

# What was lost is known at once, and the rest need not be waited for.
measure_ring()
{
	progress "$title, rings of $setting KiB"
	must_capture "$work/dev/null" -B "$((setting * nproc))"
	warm_up "$packets"
	inject_turns
	end_capture
	record pass_ns "$pass_ns" cost_ns "$cost_ns"
	must_capture "$work/pcap" -B "$((setting * nproc))"
	warm_up "$packets"
	inject_path "$packets"
	end_capture
	sent=$((sent + warm_sent))
	record sent "$sent" rate_pps "$rate_pps" lost "$dropped"
}

# All rings that CPUs can fill: each CPU sends, and one of them also reads when
# there is no other one left.
measure_cpus()
{
	local n_cpus=$1 cpu pids=() total_pps=0

	progress "$title, $n_cpus CPUs send"
	setting=$n_cpus
	must_capture "$work/pcap"
	for cpu in $(seq $((nproc - n_cpus)) $((nproc - 1))); do
		run_inject "$cpu" "$packets" tx1:rx1 >"$work/rate.$cpu" &
		pids+=($!)
	done
	wait "${pids[@]}"
	sent=$((n_cpus * packets))
	settle
	end_capture
	for cpu in $(seq $((nproc - n_cpus)) $((nproc - 1))); do
		total_pps=$((total_pps + $(cat "$work/rate.$cpu")))
	done
	record cpus_sent "$sent" cpus_pps "$total_pps" \
		cpus_captured "$captured" cpus_lost "$dropped"
}

# Captures that share an XDP program: what a packet costs with one, two and three of them.
# The rings are as large as each round needs, for each capture.
measure_captures()
{
	local n i pids

	for n in 1 2 3; do
		setting="captures $n"
		progress "$title, $n captures"
		pids=()
		for ((i = 0; i < n; i++)); do
			must_capture "$work/dev/null" -B "$(buffer_kib)"
			pids+=("$reader_pid")
		done
		warm_up $((2 * packets))
		inject_turns
		record pass_ns "$pass_ns" cost_ns "$cost_ns"
		for reader_pid in "${pids[@]}"; do
			end_capture
		done
	done
}

# An interface that takes VLAN tags off: the capture asks for the tag of each packet.
measure_tags()
{
	for setting in "tags off" "tags on"; do
		progress "$title, VLAN $setting"
		ethtool -K rx1 rxvlan "${setting#tags }" >/dev/null
		must_capture "$work/dev/null" -B "$(buffer_kib)"
		warm_up $((2 * packets))
		inject_turns
		if [ "$setting" = "tags off" ] || grep -q "are put back" "$work/said"; then
			record pass_ns "$pass_ns" cost_ns "$cost_ns"
		fi
		end_capture
	done
	ethtool -K rx1 rxvlan off >/dev/null
}

growth_round()
{
	local contender n_cpus

	frame_bytes=64 snaplen_bytes=96
	merge_rings
	for contender in "${contenders[@]}"; do
		choose "$contender"
		[ "$how" = xdpsample ] && [ -z "$options" ] || continue
		for setting in "${ring_kib_of[@]}"; do
			measure_ring
		done
		measure_captures
		measure_tags
		for ((n_cpus = 1; n_cpus <= nproc; n_cpus *= 2)); do
			measure_cpus "$n_cpus"
		done
	done
}

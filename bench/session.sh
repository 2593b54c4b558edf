# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What a capture takes to begin, to change its filter and to end, and the memory
# that it needs besides its rings.  Sourced by bench.sh.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

sessions=5	# of each contender in a round

measure_times()
{
	local contender titles=() devices=() number activate_us filter_us close_us

	for contender in "${contenders[@]}"; do
		choose "$contender"
		is_tcpdump && [ -z "$options" ] || continue
		titles+=("$title")
		devices+=("$device")
	done
	title="all in turns"
	progress "activate, set a filter, close"
	taskset -c "$reader_cpu" "$src/run" "$build/bench/session" "$sessions" "${devices[@]}" \
		>"$work/figures" 2>"$work/said" || die "$(cat "$work/said")"
	while read -r number activate_us filter_us close_us; do
		title=${titles[number]}
		record activate_us "$activate_us" filter_us "$filter_us" close_us "$close_us"
	done <"$work/figures"
}

# memory_kib PID: the most that it ever had, without the rings that it has mapped
memory_kib()
{
	local peak_kib rings_kib

	peak_kib=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status")
	rings_kib=$(awk '/^[0-9a-f]+-/ { ring = /socket:|\[perf_event\]|bpf-map/ }
		ring && $1 == "Rss:" { kib += $2 }
		END { print kib + 0 }' "/proc/$1/smaps")
	echo $((peak_kib - rings_kib))
}

# What the kernel charges for programs and maps that are no rings: those with values
# larger than any packet are.
kernel_kib()
{
	cat "/proc/$1/fdinfo/"* 2>/dev/null | awk '
		$1 == "value_size:" { ring = $2 > 65536 }
		$1 == "prog_type:" { ring = 0 }
		$1 == "memlock:" { memlock = $2 }
		$1 ~ /^(map|prog)_id:$/ && !ring && !known[$0]++ { bytes += memlock }
		END { print int(bytes / 1024) }'
}

measure_memory()
{
	local helper kib=0 kernel=0

	progress "$title, memory"
	must_capture "$work/pcap"
	inject_path "$((packets / 4))" -r 100000
	for helper in $([ "$how" != xdpsample ] || helpers); do
		kib=$((kib + $(memory_kib "$helper")))
		kernel=$((kernel + $(kernel_kib "$helper")))
	done
	record reader_kib "$(memory_kib "$reader_pid")" helper_kib "$kib" kernel_kib "$kernel"
	end_capture
}

session_round()
{
	local contender

	frame_bytes=64 snaplen_bytes=0 setting=all
	measure_times
	for contender in "${contenders[@]}"; do
		choose "$contender"
		! is_tcpdump || [ -n "$options" ] || measure_memory
	done
}

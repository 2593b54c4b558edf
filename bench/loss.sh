# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What is lost of packets that come as fast as they can be sent, and what the
# reader takes to write the others.  Everything is as it is by default.  Sourced
# by bench.sh.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

search_steps=5

# send_and_count [INJECT-OPTION]...: a capture to a file, and what became of it: leaves
# sent, captured and dropped, with the lap that warms up, and what was measured after that
# one: reader_ns for each packet, and peak_kib
send_and_count()
{
	local cpu_ns measured warm_captured

	captured=
	must_capture "$work/pcap"
	warm_up "$packets" "$@"
	settle
	warm_captured=$captured
	cpu_ns=$(reader_cpu_ns)
	inject_path "$wanted_packets" "$@"
	sent=$((sent + warm_sent))
	settle
	cpu_ns=$(($(reader_cpu_ns) - cpu_ns))
	peak_kib=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$reader_pid/status")
	end_capture
	# who does not say how many in between is taken to have had its share
	measured=$((captured * wanted_packets / sent))
	[ -z "$warm_captured" ] || measured=$((captured - warm_captured))
	reader_ns=$((measured > 0 ? cpu_ns / measured : 0))
}

# search_rate HIGH_PPS: the highest rate without loss, by halves
search_rate()
{
	local low=0 high=$1 middle step

	for step in $(seq "$search_steps"); do
		middle=$(((low + high) / 2))
		progress "$title, $middle packets a second (step $step of $search_steps)"
		wanted_packets=$((middle / 4 < packets ? middle / 4 + 2 : packets))
		send_and_count -r "$middle"
		if [ "$captured" -eq "$sent" ]; then
			low=$middle
		else
			high=$middle
		fi
	done
	record lossless_pps "$low"
}

record_counts()
{
	record sent "$sent" rate_pps "$rate_pps" captured "$captured" lost "$dropped" \
		reader_ns "$reader_ns" peak_kib "$peak_kib"
}

# Of the rounds the first three search: a search takes its time.
loss_round()
{
	local contender

	frame_bytes=64 snaplen_bytes=0
	for contender in "${contenders[@]}"; do
		choose "$contender"
		captures || continue
		progress "$title"
		wanted_packets=$((2 * packets))
		send_and_count
		record_counts
		if [ "$captured" -ne "$sent" ] && [ "$round" -le 3 ]; then
			search_rate "${rate_pps%.*}"
		fi
	done
}

# The same at a rate that all can follow.
reader_pps=100000

reader_round()
{
	local contender

	frame_bytes=64 snaplen_bytes=0
	for contender in "${contenders[@]}"; do
		choose "$contender"
		captures || continue
		progress "$title"
		setting=$reader_pps
		wanted_packets=$((packets / 2))
		send_and_count -r "$reader_pps"
		record_counts
	done
}

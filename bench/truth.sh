# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Whether what a capture says is so: the time stamps of its packets, their order, and
# what is left of it when it is killed.  Sourced by bench.sh.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

truth_pps=1000		# for the time stamps: slow enough to have one packet at a time
order_pps=50000		# from each CPU

# dates FILE: of its packets, seconds since the epoch with nine digits
dates()
{
	env -u LD_LIBRARY_PATH tcpdump -n -tt --time-stamp-precision=nano -r "$1" 2>/dev/null |
		awk '{ print $1 }'
}

# The same packets, dated by the kernel's network stack right after XDP.
reference_pid=

start_reference()
{
	: >"$work/reference.said"
	env -u LD_LIBRARY_PATH tcpdump -n -i rx1 -s 96 --time-stamp-precision=nano \
		-c "$truth_packets" -w "$work/reference" </dev/null >"$work/reference.said" 2>&1 &
	reference_pid=$!
	listening "$reference_pid" "$work/reference.said" ||
		die "no reference: $(cat "$work/reference.said")"
}

end_reference()
{
	local pid=$reference_pid

	[ -n "$pid" ] || return 0
	reference_pid=
	kill -TERM "$pid" 2>/dev/null || return 0
	wait "$pid" || :
}

# It has them all up to a second later: what it has not read when it is ended is gone.
finish_reference()
{
	local end=$((SECONDS + 5))

	while kill -0 "$reference_pid" 2>/dev/null && [ $SECONDS -lt $end ]; do
		sleep 0.02
	done
	end_reference
}

# The median of how much later its packets are dated than the reference's.
measure_dates()
{
	progress "$title, time stamps"
	start_reference
	must_capture "$work/pcap"
	inject_path "$truth_packets" -r "$truth_pps"
	settle
	end_capture
	finish_reference
	paste <(dates "$work/pcap") <(dates "$work/reference") |
		awk 'NF == 2 { print int(($1 - $2) * 1000000) }' | sort -n >"$work/offsets"
	[ "$(wc -l <"$work/offsets")" -eq "$truth_packets" ] ||
		die "$title and its reference did not capture the same $truth_packets packets"
	record date_off_us "$(sed -n "$((truth_packets / 2))p" "$work/offsets")"
}

# Two senders' packets, which come through two CPUs.
measure_order()
{
	local cpu pids=()

	progress "$title, order"
	must_capture "$work/pcap"
	for cpu in 0 1; do
		run_inject "$cpu" -r "$order_pps" "$((packets / 4))" tx1:rx1 >/dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
	sent=$((packets / 4 * 2))
	settle
	end_capture
	record order_captured "$captured" \
		disordered "$(dates "$work/pcap" | awk '$1 < last { n++ } { last = $1 } END { print n + 0 }')"
}

# Two seconds after SIGKILL: has the interface an XDP program still?
measure_kill()
{
	progress "$title, killed"
	must_capture "$work/pcap"
	kill -KILL "$reader_pid"
	wait "$reader_pid" 2>/dev/null || :
	reader_pid=
	sleep 2
	if ip link show rx1 | grep -q 'prog/xdp'; then
		record stays 1
		ip link set rx1 xdp off
	else
		record stays 0
	fi
}

truth_round()
{
	local contender

	frame_bytes=64 snaplen_bytes=96
	truth_packets=$((packets / 256 > 1000 ? 1000 : packets / 256))
	for contender in "${contenders[@]}"; do
		choose "$contender"
		captures && [ -z "$options" ] || continue
		measure_dates
		measure_order
		measure_kill
	done
}

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the manual says of kernels under LIMITS, each on the side on which this one is.
# The rest of that table is in other files: what is found of a dispatcher in
# xdp_tools.sh, filters that change beside a program in tracing.sh.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/nobody.sh
. "$XDPS_SRC/tests/lib/nobody.sh"

# brings DEVICE: packets of 9014 bytes, whole
brings()
{
	capture dump -i "$1" -B 8192
	send "$(frames 50 9014)"
	end_capture dump 50
	same_packets "$(frames 50 9014)" "$T/dump.pcap"
}

refuses()
{
	fails rx tcpdump -n -i "$1"
	has "$TEXT" "rx0: the driver (veth) refuses XDP in native mode" "the MTU (9000 here" \
		"mode=generic works"
}

# From 5.18 on.
it_takes_large_packets_in_native_mode_where_xdp_has_fragments()
{
	MTU=9000 links
	if before 5 18; then
		refuses "$DEV"
	else
		brings "$DEV"
	fi
	brings "$PLAIN:mode=generic"
	brings "$PLAIN"
	links
}

# Before 6.1 programs cannot read that clock, and user space dates what comes.
it_dates_packets_by_the_wall_clock_on_each_kernel()
{
	local before after

	capture dump -i "$DEV" --time-stamp-precision=nano
	before=$(date +%s%N)
	send "$(frames 100)"
	after=$(date +%s%N)
	end_capture dump 100
	show_times "$T/dump.pcap" >"$T/times"
	sort -nc "$T/times" || die "not in the order of time"
	between "first time" "$(head -n 1 "$T/times")" "$before" "$after"
	between "last time" "$(tail -n 1 "$T/times")" "$before" $((after + 1000))	# XDPS_TAI_OFFSET_ERROR_NS
}

# Before 5.19 somebody without privilege cannot even read a map that he was given.
it_counts_exactly_for_a_user_who_may_not_call_bpf()
{
	capable_helper
	fails as_nobody bpftool map create "$T/map" type array key 4 value 4 entries 1 name nobodys
	start dump as_nobody tcpdump -n -i "$DEV" -w "$T/dump.pcap" -c 30 'ip[4:2] >= 20'
	await dump "listening on"
	send "$(frames 50)"
	finish_well dump
	read_counts "$(tail -n 3 "$T/dump.err")"
	equal "captured, received, dropped" "$CAPTURED $RECEIVED $DROPPED" "30 30 0"
}

# Root, but for what lifts limits.
limited()
{
	rx prlimit --memlock=65536:65536 \
		setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource "$@"
}

# From 5.11 on.
it_needs_no_room_to_lock_bpf_memory_where_that_is_not_counted()
{
	if before 5 11; then
		fails limited tcpdump -n -i "$DEV"
		has "$TEXT" "Operation not permitted" "counts BPF memory against RLIMIT_MEMLOCK" "ulimit -l unlimited"
	else
		start dump limited tcpdump -n -c 20 -i "$DEV" -w "$T/dump.pcap"
		await dump "listening on"
		send "$(frames 20)"
		finish_well dump
	fi
}

run_tests "$@"

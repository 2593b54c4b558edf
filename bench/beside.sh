# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What a packet costs that passes an XDP program, when it is captured beside that program:
# by its size, by what is copied of it, and by which packets are wanted.  The captures that
# need no tracing are measured as well, to compare with.  Sourced by bench.sh.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

# as in contenders.sh
beside_contenders=(
	"the program alone|nothing"
	"xdpsample entry ring=map|xdpsample|xdpsample:rx1:ring=map||rate filter"
	"xdpsample entry ring=perf|xdpsample|xdpsample:rx1:ring=perf||rate filter"
	"xdpsample exit ring=map|xdpsample|xdpsample:rx1:point=exit:ring=map||rate filter action"
	"xdpsample exit ring=perf|xdpsample|xdpsample:rx1:point=exit:ring=perf||rate filter action"
	"xdpdump entry|xdpdump_beside|rx1"
	"xdpdump exit|xdpdump_beside|rx1|--rx-capture exit"
	"AF_PACKET|af_packet|rx1||filter"
)

# No other program is on the interface.
alone_contenders=(
	"xdpsample alone ring=map|xdpsample|xdpsample:rx1:mode=native:ring=map||rate filter"
	"xdpsample alone ring=perf|xdpsample|xdpsample:rx1:mode=native:ring=perf||rate filter"
)
beside_settings=("takes all" "rejects all" "rate=1000" "action=drop")

attach_program()
{
	ip link set dev rx1 xdpdrv obj "$build/bench/pass.bpf.o" sec xdp ||
		die "attaching an XDP program to rx1 failed"
}

detach_program()
{
	ip link set dev rx1 xdpdrv off
}

# Sets what a setting is, of the contender that is chosen; false: it cannot.
set_up_beside()
{
	setting=$1
	case $setting in
	"takes all")	 filter="udp port 9"; [[ $can == *filter* ]] ;;
	"rejects all")	 filter=$short_filter; [[ $can == *filter* ]] ;;
	rate=*)		 device+=:$setting; [[ $can == *rate* ]] ;;
	action=*)	 device+=:$setting; [[ $can == *action* ]] ;;
	esac
}

# xdpdump's rings hold a mebibyte, which cannot be changed, and it reads only between two
# runs of the sender where both are on one CPU.
send_less()
{
	packets=1024
}

# measure_sizes BYTES...: with one capture for all of them, as starting it is what takes
# longest in an emulated machine.  What was lost may have been of any size.
measure_sizes()
{
	local n_sent=0 packets=$packets buffer=()

	! $counts_instructions || [ "$how" != xdpdump_beside ] || send_less
	frame_bytes=${*: -1}
	! is_tcpdump || buffer=(-B "$(buffer_kib)")
	! captures || must_capture "$work/dev/null" "${buffer[@]}"
	if ! $counts_instructions; then
		warm_up $((2 * packets))
		n_sent=$warm_sent
	fi
	for frame_bytes; do
		progress "$title, $setting, $frame_bytes bytes"
		inject_turns
		n_sent=$((n_sent + sent))
		record pass_ns "$pass_ns" cost_ns "$cost_ns"
	done
	captures || return 0
	end_capture
	sent=$n_sent
	check_counts
	for frame_bytes; do
		record lost "$dropped"
	done
}

measure_contender()
{
	local wanted

	snaplen_bytes=96
	choose "$1"
	measure_sizes 64 512 1500
	for wanted in "${beside_settings[@]}"; do
		choose "$1"
		! set_up_beside "$wanted" || measure_sizes 64 512 1500
	done
	choose "$1"
	snaplen_bytes=0
	! captures || measure_sizes 512 1500
}

# how many of the contenders trace the program
count_tracers()
{
	printf '%s\n' "${beside_contenders[@]}" | grep -cE '^[^|]* (entry|exit)' || :
}

# Where nothing can trace, the section "cost" has everything that is left.
try_beside()
{
	local contenders=("${beside_contenders[@]}") n_tracers

	n_tracers=$(count_tracers)
	try_contenders
	beside_contenders=("${contenders[@]}")
	if [ "$n_tracers" -gt 0 ] && [ "$(count_tracers)" -eq 0 ]; then
		echo "not measured: beside: nothing traces an XDP program here;" \
			"make bench-beside does so in emulated machines"
		beside_contenders=() alone_contenders=()
	fi
}

beside_round()
{
	local contender

	attach_program
	[ "$round" -gt 1 ] || try_beside
	for contender in "${beside_contenders[@]}"; do
		measure_contender "$contender"
	done
	detach_program
	for contender in "${alone_contenders[@]}"; do
		measure_contender "$contender"
	done
}

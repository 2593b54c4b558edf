# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What a packet costs that an interface sends.  Sourced by bench.sh.
#
# What arrives at rx0 is forwarded to out0, and what arrives at rx1 to out1, so the two
# paths differ in nothing but a capture on out1, or on rx1 to see that received packets cost
# what they cost without sent ones:
#
#	tx0 --- rx0 ==> out0 --- sink0
#	tx1 --- rx1 ==> out1 --- sink1
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

sent_contenders=(
	"not captured|pass"
	"xdpsample|xdpsample|xdpsample:out1:dir=out||filter"
	"xdpsample ring=perf|xdpsample|xdpsample:out1:dir=out:ring=perf||filter"
	"AF_PACKET|af_packet|out1|-Q out|filter"
	"received dir=in|xdpsample|xdpsample:rx1:mode=native"
	"received dir=both|xdpsample|xdpsample:rx1:mode=native:dir=both"
)

# bench/forward.bpf.c knows the interfaces by their numbers.
forward()
{
	local i number

	for i in 0 1; do
		number=$(ip -o link show "rx$i" | cut -d : -f 1)
		ip link add "out$i" index $((number + 1000)) type veth peer name "sink$i"
		ip link set "out$i" multicast off arp off up
		ip link set "sink$i" multicast off arp off up
		tc qdisc add dev "rx$i" clsact
		tc filter add dev "rx$i" ingress bpf da obj "$build/bench/forward.bpf.o" sec tc ||
			die "what rx$i receives cannot be forwarded"
	done
}

# The other sections want their packets to be released at once.
forward_no_more()
{
	local i

	for i in 0 1; do
		tc qdisc del dev "rx$i" clsact
		ip link delete "out$i"
	done
}

measure_sent()
{
	local with=() buffer=()

	progress "$title, $setting, $frame_bytes bytes"
	! captures || buffer=(-B "$(buffer_kib)")
	! captures || must_capture "$work/dev/null" "${buffer[@]}"
	[[ $device == *:rx1:* ]] || with=(-p)
	warm_up $((2 * packets)) "${with[@]}"
	inject_turns "${with[@]}"
	sent=$((sent + warm_sent))
	record pass_ns "$pass_ns" cost_ns "$cost_ns"
	captures || return 0
	end_capture
	check_counts
	record lost "$dropped"
}

try_sent()
{
	local contenders=("${sent_contenders[@]}")

	try_contenders
	sent_contenders=("${contenders[@]}")
}

sent_round()
{
	local wanted contender

	forward
	[ "$round" -gt 1 ] || try_sent
	snaplen_bytes=96
	for frame_bytes in 64 1500; do
		for wanted in "all" "rejects all"; do
			for contender in "${sent_contenders[@]}"; do
				choose "$contender"
				! set_up "$wanted" || measure_sent
			done
		done
	done
	forward_no_more
}

# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# The contenders: who they are, how each is started and ended, and what it says.
# Sourced by bench.sh.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

# What is measured is a veth, and stands for a network card: so in native mode, which a
# veth is not given by itself.

# title | how it runs | device | options | what it can do besides taking all
contenders=(
	"nothing attached|nothing"
	"XDP_PASS|pass"
	"xdpsample|xdpsample|xdpsample:rx1:mode=native||rate filter"
	"xdpsample ring=perf|xdpsample|xdpsample:rx1:mode=native:ring=perf||rate filter"
	"AF_PACKET|af_packet|rx1||filter"
	"xdpdump|xdpdump|rx1"
	"wake-up per packet|xdpsample|xdpsample:rx1:mode=native:ring=perf|--immediate-mode"
)

# add_variant KEY=VALUE: xdpsample with an option more, beside the other ones
add_variant()
{
	local mode=:mode=native

	[[ $1 != mode=* ]] || mode=
	contenders=("${contenders[@]:0:3}" "xdpsample $1|xdpsample|xdpsample:rx1$mode:$1||rate filter"
		    "${contenders[@]:3}")
}

# only_contenders PATTERN ARRAY...: what captures stays in these arrays only if its title
# matches an extended regular expression
only_contenders()
{
	local pattern=$1 array contender

	shift
	for array; do
		local -n of=$array
		local left=()

		for contender in "${of[@]}"; do
			choose "$contender"
			captures && ! [[ $title =~ $pattern ]] || left+=("$contender")
		done
		of=("${left[@]}")
	done
}

# choose CONTENDER: takes it apart, into title, how, device, options and can
choose()
{
	IFS='|' read -r title how device options can <<<"$1"
	setting=all filter='' mark=0
}

# Whether it captures; the first two are there to compare with.
captures()
{
	[ "$how" != nothing ] && [ "$how" != pass ]
}

# Whether its options and output are those of tcpdump.
is_tcpdump()
{
	[ "$how" = xdpsample ] || [ "$how" = af_packet ]
}

reader_pid=

# listening PROCESS FILE: until the process has said so there; false if it ended, or
# 15 seconds are over
listening()
{
	local end=$((SECONDS + 15))

	until grep -q "listening on" "$2"; do
		kill -0 "$1" 2>/dev/null && [ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# capture FILE [OPTION]...: the contender's reader, ready to receive
capture()
{
	local file=$1 command=() arguments=()

	shift
	read -ra arguments <<<"$options"
	[ ! -e "$work/pcap" ] || rm "$work/pcap"
	[ "$snaplen_bytes" -eq 0 ] || arguments+=(-s "$snaplen_bytes")
	case $how in
	xdpsample) command=(env XDPSAMPLE_DEBUG=1 "$src/run" tcpdump -n) ;;
	af_packet) command=(env -u LD_LIBRARY_PATH tcpdump -n) ;;
	xdpdump)   command=(env -u LD_LIBRARY_PATH xdpdump --load-xdp-program) ;;
	xdpdump_beside) command=(env -u LD_LIBRARY_PATH xdpdump) ;;
	esac
	arguments+=(-i "$device" -w "$file" "$@")
	[ -z "$filter" ] || arguments+=("$filter")
	: >"$work/said"
	taskset -c "$reader_cpu" "${command[@]}" "${arguments[@]}" \
		</dev/null >>"$work/said" 2>&1 &
	reader_pid=$!
	listening "$reader_pid" "$work/said"
}

must_capture()
{
	capture "$@" || die "$title does not capture on $device: $(cat "$work/said")"
}

reader_cpu_ns()
{
	"$build/bench/cputime" "$reader_pid"
}

# Until the reader has taken what there is.  tcpdump says so when it is asked;
# who cannot be asked has been idle for as long as tcpdump lets packets wait.
settle()
{
	local tenths

	for tenths in $(seq 100); do
		sleep 0.1
		if is_tcpdump; then
			! all_taken || return 0
		else
			[ "$tenths" -lt 11 ] || ! idle || return 0
		fi
	done
	die "$title does not become idle: $(cat "$work/said")"
}

# The answer may be that to the question before.
all_taken()
{
	kill -USR1 "$reader_pid"
	captured=$(said "captured" | tail -n 1)
	dropped=$(said "dropped by" | tail -n 1)
	[ "$((${captured:-0} + ${dropped:-0}))" -ge "$sent" ]
}

idle()
{
	local before_ns

	before_ns=$(reader_cpu_ns)
	sleep 0.1
	[ "$(reader_cpu_ns)" -eq "$before_ns" ]
}

# Leaves what it says: captured, received (by tcpdump only) and dropped.
end_capture()
{
	kill -TERM "$reader_pid"
	wait "$reader_pid" || die "$title ended with status $?: $(cat "$work/said")"
	reader_pid=
	captured=$(said "captured" | tail -n 1)
	received=$(said "received by filter" | tail -n 1)
	dropped=$(said "dropped by" | tail -n 1)
}

said()
{
	sed -nE "s/.*\b([0-9]+) packets? $1.*/\1/p" "$work/said"
}

# xdpdump is asked first: what it attached stays if it is killed.
kill_reader()
{
	local pid=$reader_pid

	[ -n "$pid" ] || return 0
	reader_pid=
	kill -TERM "$pid" 2>/dev/null || return 0
	( sleep 2; kill -KILL "$pid" ) 2>/dev/null &
	wait "$pid" || :
	kill $! 2>/dev/null || :
}

# The helpers at work in this namespace, which is ours alone.
helpers()
{
	local net pid

	net=$(readlink /proc/self/ns/net)
	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		[ "$(readlink "/proc/$pid/exe")" = "$build/xdpsample-helper" ] || continue
		[ "$(readlink "/proc/$pid/ns/net")" != "$net" ] || echo "$pid"
	done
}

# Each of them once; one that is refused here does not run.
try_contenders()
{
	local contender able=()

	snaplen_bytes=96
	for contender in "${contenders[@]}"; do
		choose "$contender"
		if captures && ! capture "$work/dev/null"; then
			kill_reader
			echo "not measured: $title: $device is refused: $(tail -n 1 "$work/said")"
			continue
		fi
		! captures || end_capture
		able+=("$contender")
	done
	contenders=("${able[@]}")
}

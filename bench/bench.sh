#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# usage: bench.sh [-n PACKETS] [-r ROUNDS] [-b BYTES] [-o CSV]
#
# What a capture costs on the packet's path: xdpsample beside the distribution's
# tcpdump on AF_PACKET, with the same filters, each as nanoseconds per packet
# above a plain XDP_PASS program.
#
# Two veth pairs in a network namespace that nobody else sees, and that goes
# when this does.  rx0 has XDP_PASS and nothing else, always; rx1 has the
# contender.  inject sends to both in turns of a third of a millisecond, so that
# every measurement has its own XDP_PASS beside it.  The contenders alternate:
# one round is each of them once, with each filter.  All measurements go to CSV,
# and report.awk makes the table.

set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

src=${XDPS_SRC:-$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)}
build=${XDPS_BUILD:-$src/build}
export XDPS_BUILD=$build

reader_cpu=0
sender_cpu=1
packets=1048576
rounds=7
bytes=64
csv=$build/bench.csv

usage="usage: bench.sh [-n PACKETS] [-r ROUNDS] [-b BYTES] [-o CSV]"
contenders=(xdp_pass af_packet xdpsample)
# the last one takes every packet, the others none
filters=(
	"udp port 53"
	"host 192.0.2.77 and tcp port 443"
	"port 22 or port 25 or port 53 or port 80 or port 110 or port 123 or port 143 or port 179 or port 389 or port 443 or port 465 or port 514 or port 587 or port 636 or port 853 or port 993 or port 995 or host 192.0.2.77 or net 203.0.113.0/24 or icmp"
	""
)

die()
{
	printf 'bench: %s\n' "$*" >&2
	exit 1
}

# The lab.

make_lab()
{
	local i

	[ ! -e /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	ip link set lo up
	for i in 0 1; do
		ip link add "tx$i" type veth peer name "rx$i"
		ip link set "tx$i" multicast off arp off up
		ip link set "rx$i" multicast off arp off up
	done
}

tcpdump_pid=
work=

clean_up()
{
	[ -z "$tcpdump_pid" ] || kill -KILL "$tcpdump_pid" || :
	[ -z "$work" ] || rm -rf "$work"
}

# The contenders, each a function of the filter that leaves its figures in
# cost, captured, received and dropped.

inject()
{
	cost=$(nice -n -20 taskset -c "$sender_cpu" "$build/bench/inject" -b "$bytes" "$@" \
		"$packets" tx0:rx0 tx1:rx1) || die "sending packets did not work"
}

# capture DEVICE FILTER COMMAND...: tcpdump, ready to receive.  Where it takes all,
# its buffer has room for all: a lost packet costs less than one that is taken.
capture()
{
	local device=$1 filter=$2 end=$((SECONDS + 15)) options=()

	shift 2
	[ -n "$filter" ] || options=(-s 96 -B 262144)
	: >"$work/said"
	taskset -c "$reader_cpu" "$@" tcpdump -n -i "$device" "${options[@]}" -w - "$filter" \
		</dev/null >/dev/null 2>>"$work/said" &
	tcpdump_pid=$!
	until grep -q "listening on" "$work/said"; do
		kill -0 "$tcpdump_pid" 2>/dev/null && [ $SECONDS -lt $end ] ||
			die "tcpdump does not capture on $device: $(cat "$work/said")"
		sleep 0.02
	done
}

end_capture()
{
	kill -TERM "$tcpdump_pid"
	wait "$tcpdump_pid" || die "tcpdump ended with status $?: $(cat "$work/said")"
	tcpdump_pid=
	captured=$(said "captured")
	received=$(said "received by filter")
	dropped=$(said "dropped by kernel")
}

said()
{
	sed -n "s/^\([0-9]*\) packets\{0,1\} $1.*/\1/p" "$work/said"
}

xdp_pass()
{
	inject -p
	captured=0 received=0 dropped=0
}

af_packet()
{
	capture rx1 "$1" env -u LD_LIBRARY_PATH
	inject -p
	end_capture
}

xdpsample()
{
	capture xdpsample:rx1 "$1" env XDPSAMPLE_DEBUG=1 "$src/run"
	inject
	end_capture
	if grep -q "in user space" "$work/said"; then
		in_user_space[xdpsample $1]=1
	fi
}

# A filter that lets through what it should not would look cheap or dear.
check_counts()
{
	local wanted=0

	[ "$1" != xdp_pass ] || return 0
	[ -n "$2" ] && [ -z "${in_user_space[$1 $2]:-}" ] || wanted=$sent
	[ "$received" -eq "$wanted" ] ||
		die "$1 with the filter \"$2\" received $received of $sent packets, not $wanted"
	[ -z "$2" ] || [ "$captured" -eq 0 ] ||
		die "$1 with the filter \"$2\" captured $captured packets"
}

# The rounds.

progress()
{
	[ ! -t 2 ] || printf '\r\033[K%s' "$*" >&2
}

run_round()
{
	local round=$1 filter contender i

	for i in "${!filters[@]}"; do
		filter=${filters[i]}
		for contender in "${contenders[@]}"; do
			progress "round $round of $rounds, filter $((i + 1)) of ${#filters[@]}: $contender"
			"$contender" "$filter"
			check_counts "$contender" "$filter"
			printf '%s,"%s",%s,%s,%s,%s,%s,%s,%s\n' "$round" "$filter" "$contender" \
				"$bytes" "$packets" "${cost/ /,}" "$captured" \
				"$received" "$dropped" >>"$csv"
		done
	done
}

setfilter_us()
{
	taskset -c "$reader_cpu" "$src/run" "$build/bench/setfilter" "$1" 200 ||
		die "changing the filter of $1 did not work"
}

machine()
{
	printf 'Linux %s, %s CPUs (%s); %s, %s\n' "$(uname -r)" "$(nproc)" \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		"$(tcpdump --version 2>&1 | sed -n 's/ version//; 1p')" \
		"$(tcpdump --version 2>&1 | sed -n 's/ version//; s/ (.*//; 2p')"
}

number()
{
	[[ $2 =~ ^[1-9][0-9]*$ ]] || die "-$1 $2: not a number"
	echo "$2"
}

if [ "${1:-}" != inside ]; then
	[ "$(id -u)" -eq 0 ] || die "not root: network namespaces and XDP need it"
	[ "$(nproc)" -ge 2 ] || die "this needs two CPUs: one that sends, one that reads"
	for tool in ip taskset unshare tcpdump; do
		command -v $tool >/dev/null || die "$tool is not installed"
	done
	[ -x "$build/bench/inject" ] || die "$build/bench/inject is not there; make bench makes it"
	exec unshare --net bash "$0" inside "$@"
fi
shift
while getopts n:r:b:o: option; do
	case $option in
	n) packets=$(number n "$OPTARG") ;;
	r) rounds=$(number r "$OPTARG") ;;
	b) bytes=$(number b "$OPTARG") ;;
	o) csv=$OPTARG ;;
	*) die "$usage" ;;
	esac
done
[ $OPTIND -gt $# ] || die "$usage"

declare -A in_user_space=()
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
work=$(mktemp -d)
sent=$((packets / 2048 * 1024))	# to the contender: whole turns
make_lab
echo "round,filter,contender,bytes,packets,pass_ns,cost_ns,captured,received,dropped" >"$csv"
for round in $(seq "$rounds"); do
	run_round "$round"
done
progress ""
awk -f "$src/bench/report.awk" "$csv"
if [ ${#in_user_space[@]} -gt 0 ]; then
	printf 'filtered in user space: %s\n' "${!in_user_space[@]}"
fi
af_packet_us=$(setfilter_us rx1)
xdpsample_us=$(setfilter_us xdpsample:rx1)
echo "One change of the filter: $af_packet_us us on AF_PACKET, $xdpsample_us us on xdpsample (median of 200)"
machine

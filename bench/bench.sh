#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# usage: bench.sh [-i] [-c PATTERN] [-n PACKETS] [-r ROUNDS] [-v KEY=VALUE]... [-o CSV]
#                 [SECTION]...
#
# What a capture costs, beside what people use instead, in sections:
#
#	cost	ns on a packet's path above a plain XDP_PASS program
#	beside	the same, of a packet that passes another XDP program, which is traced
#	sent	the same, of a packet that is sent
#	loss	what is lost at full rate, and the highest rate without loss
#	reader	CPU time and memory of what writes the packets to a file
#	latency	from the kernel's time stamp to the callback
#	growth	with more rings, and with larger ones
#	session	to begin, to change the filter, to end; memory
#	bulk	what the host's own TCP and UDP get through a veth pair
#	truth	whether time stamps and order are right, and what stays after SIGKILL
#
# In a section the contenders alternate: a round is each of them once, in each
# setting.  All measurements go to CSV, of which report.py makes tables and
# plot.gp a picture.  -v measures xdpsample with an option more.  -c measures, in the
# sections cost, beside and sent, only the contenders whose names match an extended regular
# expression.
#
# -i is for an emulated machine with one CPU that counts instructions (XDPS_VM_ICOUNT of
# tests/vm/run).  A nanosecond is an instruction there, so few packets are enough.

set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

src=${XDPS_SRC:-$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)}
build=${XDPS_BUILD:-$src/build}
export XDPS_BUILD=$build

packets=262144
rounds=5
csv=$build/bench.csv
counts_instructions=false
all_sections=(cost beside sent loss reader latency growth session bulk truth)
usage="usage: bench.sh [-i] [-c PATTERN] [-n PACKETS] [-r ROUNDS] [-v KEY=VALUE]... [-o CSV] [SECTION]..."

# shellcheck source=bench/lab.sh
. "$src/bench/lab.sh"
# shellcheck source=bench/contenders.sh
. "$src/bench/contenders.sh"
# shellcheck source=bench/cost.sh
. "$src/bench/cost.sh"
# shellcheck source=bench/beside.sh
. "$src/bench/beside.sh"
# shellcheck source=bench/sent.sh
. "$src/bench/sent.sh"
# shellcheck source=bench/loss.sh
. "$src/bench/loss.sh"
# shellcheck source=bench/latency.sh
. "$src/bench/latency.sh"
# shellcheck source=bench/growth.sh
. "$src/bench/growth.sh"
# shellcheck source=bench/session.sh
. "$src/bench/session.sh"
# shellcheck source=bench/bulk.sh
. "$src/bench/bulk.sh"
# shellcheck source=bench/truth.sh
. "$src/bench/truth.sh"

clean_up()
{
	end_reference
	kill_reader
	end_host
	remove_work
}

machine()
{
	printf 'Linux %s, %s CPUs (%s); %s, %s, %s\n' "$(uname -r)" "$nproc" \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		"$(tcpdump --version 2>&1 | sed -n 's/ version//; 1p')" \
		"$(tcpdump --version 2>&1 | sed -n 's/ version//; s/ (.*//; 2p')" \
		"$(xdpdump --version | sed -n 's/ version//; 1p')"
}

number()
{
	[[ $2 =~ ^[1-9][0-9]*$ ]] || die "-$1 $2: not a number"
	echo "$2"
}

if [ "${1:-}" != inside ]; then
	[ "$(id -u)" -eq 0 ] || die "must run as root, for network namespaces and XDP"
	[ "$(nproc)" -ge 2 ] || [[ " $* " == *" -i "* ]] ||
		die "this needs two CPUs: one to send, one to read"
	for tool in ip tc ethtool taskset unshare tcpdump xdpdump gnuplot python3; do
		command -v $tool >/dev/null || die "$tool is not installed"
	done
	[ -x "$build/bench/inject" ] || die "$build/bench/inject does not exist; make bench builds it"
	exec unshare --net --mount bash "$0" inside "$@"
fi
shift
while getopts c:in:r:v:o: option; do
	case $option in
	c) only_contenders "$OPTARG" contenders beside_contenders alone_contenders sent_contenders ;;
	i) count_instructions ;;
	n) packets=$(number n "$OPTARG") ;;
	r) rounds=$(number r "$OPTARG") ;;
	v) add_variant "$OPTARG" ;;
	o) csv=$OPTARG ;;
	*) die "$usage" ;;
	esac
done
shift $((OPTIND - 1))
sections=("$@")
[ $# -gt 0 ] || sections=("${all_sections[@]}")
for section in "${sections[@]}"; do
	[[ " ${all_sections[*]} " == *" $section "* ]] || die "$section: no such section; the sections are ${all_sections[*]}"
done

nproc=$(nproc)
declare -A in_user_space=()
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
make_work
make_lab
[[ "${sections[*]}" =~ ^(beside|sent| )+$ ]] || try_contenders	# these have their own
echo "section,round,contender,setting,frame_bytes,snaplen_bytes,quantity,value" >"$csv"
for section in "${sections[@]}"; do
	for round in $(seq "$rounds"); do
		progress_round
		"${section}_round"
	done
done
progress_end
$counts_instructions || python3 "$src/bench/report.py" "$csv"
if [[ " ${sections[*]} " == *" cost "* ]]; then
	python3 "$src/bench/report.py" --bars "$csv" >"$work/bars"
	gnuplot -e "data='$work/bars'; svg='${csv%.csv}.svg'; rounds=$rounds" "$src/bench/plot.gp"
fi
if [ ${#in_user_space[@]} -gt 0 ]; then
	printf 'filtered in user space: %s\n' "${!in_user_space[@]}"
fi
machine

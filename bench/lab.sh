# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# The benchmark's lab: two veth pairs, two CPUs, a directory in memory, and what
# is sent there.  Sourced by bench.sh.
#
#	tx0 --- rx0	XDP_PASS and nothing else, always
#	tx1 --- rx1	what is measured
#
# All of it is in namespaces that nobody else sees, and goes when they do.
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

reader_cpu=0
sender_cpu=1
send_first=(nice -n -20)	# where sender and reader are on one CPU
turn_shift=10			# of inject

# The one CPU sends and reads.  A reader that interrupts the sender would be counted with
# the path, so the sender has a real-time priority, and the kernel's thread that takes over
# what softirqs could not finish has a higher one: without it, packets wait for that thread
# until the sender ends, and are lost.  Turns are so short that few have a timer tick.
count_instructions()
{
	grep -q '^model name.*QEMU TCG' /proc/cpuinfo ||
		die "-i is for an emulated machine: make bench-beside starts one"
	counts_instructions=true
	sender_cpu=0
	send_first=(chrt --fifo 1)
	turn_shift=6
	chrt --fifo --pid 2 "$(pgrep -x ksoftirqd/0)"
}

die()
{
	printf '\nbench: %s\n' "$*" >&2
	exit 1
}

# A receiver without an XDP program takes what inject sends if it has GRO, and
# with one it has GRO anyway: so both do the same work.  Nothing takes VLAN tags off, except
# where that is measured (growth.sh).
make_lab()
{
	local i

	[ ! -e /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	ip link set lo up
	for i in 0 1; do
		ip link add "tx$i" numtxqueues "$(nproc)" numrxqueues "$(nproc)" \
			type veth peer name "rx$i" numtxqueues "$(nproc)" numrxqueues "$(nproc)"
		ip link set "tx$i" multicast off arp off up
		ip link set "rx$i" multicast off arp off up
		ethtool -K "rx$i" gro on rxvlan off >/dev/null
	done
}

# Files are written to memory: the disk is not what is measured.  tcpdump writes
# them as a user of its own, to which it gives what it writes to: with /dev/null it
# would be everybody's.
make_work()
{
	work=$(mktemp -d)
	mount -t tmpfs -o mode=1777 bench "$work"
	mkdir "$work/dev"
	mknod -m 666 "$work/dev/null" c 1 3
}

remove_work()
{
	[ -n "${work:-}" ] || return 0
	umount -l "$work" 2>/dev/null || :
	rmdir "$work"
}

run_inject()
{
	local cpu=$1

	shift
	"${send_first[@]}" taskset -c "$cpu" "$build/bench/inject" -b "$frame_bytes" "$@" ||
		die "sending packets failed"
}

# inject_turns [INJECT-OPTION]...: to both pairs in turns; leaves pass_ns, and
# cost_ns: how much more the path to rx1 took
inject_turns()
{
	local figures

	sent=$((packets >> (turn_shift + 1) << turn_shift))
	figures=$(run_inject "$sender_cpu" "$@" -t "$turn_shift" "$packets" tx0:rx0 tx1:rx1)
	read -r pass_ns cost_ns <<<"$figures"
}

# inject_path COUNT [INJECT-OPTION]...: to rx1 alone; leaves rate_pps
inject_path()
{
	sent=$1
	shift
	rate_pps=$(run_inject "$sender_cpu" "$@" "$sent" tx1:rx1)
}

# warm_up COUNT [INJECT-OPTION]...: fills the rings at least once, before anything is
# measured; leaves warm_sent.  On some virtual machines the first use of each page costs
# microseconds, which the host of the machine takes.
warm_up()
{
	inject_path "$@"
	warm_sent=$sent
}

# What is shown while it runs: where it is, in one line that changes, or where
# nobody looks, a line for each round.

progress()
{
	[ ! -t 2 ] || printf '\r\033[K%4d s  %s, round %s of %s: %s' \
		"$SECONDS" "$section" "$round" "$rounds" "$*" >&2
}

progress_round()
{
	[ -t 2 ] || printf '%4d s  %s, round %s of %s\n' "$SECONDS" "$section" "$round" "$rounds" >&2
}

progress_end()
{
	[ ! -t 2 ] || printf '\r\033[K' >&2
}

# record QUANTITY VALUE...: a line of the CSV for each, of what is measured now
record()
{
	while [ $# -gt 0 ]; do
		printf '%s,%s,%s,%s,%s,%s,%s,%s\n' "$section" "$round" "$title" "$setting" \
			"$frame_bytes" "$snaplen_bytes" "$1" "$2" >>"$csv"
		shift 2
	done
}

# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# The lab of the network tests: two namespaces, two veth pairs, and what is left
# in them.  Sourced by tests/net/lib.sh, which draws it.
#
# shellcheck disable=SC2153	# TX, RX, OTHER and WORK are lib.sh's

TX0_MAC=02:00:5e:10:00:01
RX0_MAC=02:00:5e:10:00:02
TX1_MAC=02:00:5e:10:01:01
RX1_MAC=02:00:5e:10:01:02

# veth NUMBER TX_MAC RX_MAC NETWORK MTU
veth()
{
	ip link add "tx$1" netns "$TX" address "$2" mtu "$5" numrxqueues 2 numtxqueues 2 \
		type veth peer name "rx$1" netns "$RX" address "$3" mtu "$5" \
		numrxqueues 2 numtxqueues 2
	ip -n "$TX" address add "$4.1/24" dev "tx$1"
	ip -n "$RX" address add "$4.2/24" dev "rx$1"
	ip -n "$TX" link set "tx$1" multicast off up
	ip -n "$RX" link set "rx$1" multicast off up
	ip -n "$TX" neighbour add "$4.2" lladdr "$3" dev "tx$1" nud permanent
	ip -n "$RX" neighbour add "$4.1" lladdr "$2" dev "rx$1" nud permanent
}

# Both pairs, fresh; "MTU=9000 links" for jumbo frames.
links()
{
	local i

	for i in 0 1; do
		ip -n "$TX" link delete "tx$i" 2>/dev/null || :
	done
	veth 0 $TX0_MAC $RX0_MAC 192.0.2 "${MTU:-1500}"
	veth 1 $TX1_MAC $RX1_MAC 198.51.100 "${MTU:-1500}"
}

lab_up()
{
	local ns key

	for ns in "$TX" "$RX"; do
		ip netns add "$ns"
		for key in all default; do
			ip netns exec "$ns" sysctl -qw net.ipv6.conf.$key.disable_ipv6=1
		done
		ip -n "$ns" link set lo up
	done
	links
}

# Programs first, then the links that they use.
lab_down()
{
	local ns pid

	for ns in "$TX" "$RX" "$OTHER"; do
		for pid in $(ip netns pids "$ns" 2>/dev/null); do
			kill -KILL "$pid" 2>/dev/null
		done
	done
	for ns in "$TX" "$RX" "$OTHER"; do
		ip netns delete "$ns" 2>/dev/null
	done
	rm -rf "$WORK"
}

# Run a command in a namespace; rx runs it with the library that was built.
tx()
{
	ip netns exec "$TX" timeout -k 5 $((60 * ${XDPS_PATIENCE:-1})) "$@"
}

rx()
{
	ip netns exec "$RX" timeout -k 5 $((60 * ${XDPS_PATIENCE:-1})) "$XDPS_RUN" "$@"
}

# pidof_in_rx NAME: the processes of this name there
pidof_in_rx()
{
	local pid

	for pid in $(ip netns pids "$RX"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || echo "$pid"
	done
}


# xdp_on INTERFACE: "xdp", "xdpgeneric" or nothing
xdp_on()
{
	ip -n "$RX" link show "$1" | sed -n '1s/.* mtu [0-9]* \(xdp[a-z]*\).*/\1/p'
}

attached()
{
	[ -n "$(xdp_on "$1")" ]
}

# For programs that do not say when they are ready.
await_attached()
{
	until_true 10 attached "$1" || die "nothing was attached to $1 in 10 s" "${2:-}"
}

promiscuity_of()
{
	ip -n "$RX" -d link show "$1" | sed -n 's/.* promiscuity \([0-9]*\).*/\1/p'
}

# helpers [FILE]: those at work in the lab, by process id; or those of another file
helpers()
{
	local pid

	for pid in $(ip netns pids "$RX"); do
		[[ ! /proc/$pid/exe -ef ${1:-$XDPS_HELPER} ]] || echo "$pid"
	done
}

# A process that init has not reaped yet is gone too: it has nothing any more.
process_gone()
{
	[ ! -e "/proc/$1/exe" ]
}

# counters_map [HELPER]: the map that has its counts, by id: an array of four cache
# lines each, of which it may have several descriptors.  Here and below, without a process
# id it is the one helper at work.
counters_map()
{
	cat "/proc/${1:-$(helpers)}/fdinfo/"* 2>/dev/null |
		awk '{ v[$1] = $2 } $1 == "map_id:" && v["map_type:"] == 2 && v["value_size:"] == 256 { print $2 }' |
		sort -u
}

# tally [HELPER]: all its counts, of all CPUs, to REJECTED, UNSAMPLED, CHOSEN,
# LOST and SEEN, read once
tally()
{
	# shellcheck disable=SC2034	# for the test
	read -r REJECTED UNSAMPLED CHOSEN LOST SEEN < <(
		bpftool -j map dump id "$(counters_map "$@")" | tr ',{}' '\n' |
		awk -F '[":]+' 'NF == 3 { n[$2] += $3 }
			END { print n["rejected"], n["unsampled"], n["chosen"], n["lost"],
			      n["rejected"] + n["unsampled"] + n["chosen"] }')
}

# seen COUNT [HELPER]: whether so many packets have passed the hook
seen()
{
	tally "${@:2}" && [ "${SEEN:-0}" -eq "$1" ]
}

# counters NAME...: the sum of these counts of the one helper at work, a line
# for each CPU
counters()
{
	bpftool -j map dump id "$(counters_map)" | tr ',{}' '\n' | awk -F '[":]+' -v names="$*" '
		BEGIN { split(names, list, " "); for (i in list) asked[list[i]] }
		$2 == "formatted" { rows++ }
		$2 in asked { sum[rows] += $3 }
		END { for (i = 1; i <= rows; i++) printf "%d\n", sum[i] }'
}

# counter NAME...: of all CPUs together
counter()
{
	counters "$@" | awk '{ n += $1 } END { print n }'
}

all_links()
{
	ip -n "$TX" -d link
	ip -n "$RX" -d link
}

# bpf_objects: programs and maps of captures by their names, "prog 7" or "map 12" a line, as
# far as no process of another network namespace has them: other tests run at the same time
bpf_objects()
{
	{
		bpftool prog show | sed -nE 's/^([0-9]*): .* name xdps(_|ample_).*/prog \1/p'
		bpftool map show | sed -nE 's/^([0-9]*): .* name (perf_rings|map_rings|doorbell|cpus|chain|tags|slot|scratches|copies)( .*)?$/map \1/p'
	} | sort >"$T/objects"
	[ -s "$T/objects" ] || return 0
	held_elsewhere | sort -u | comm -13 - "$T/objects"
}

held_elsewhere()
{
	local pid

	for pid in /proc/[0-9]*; do
		[ "$pid/ns/net" -ef "/run/netns/$RX" ] || cat "$pid"/fdinfo/* 2>/dev/null || :
	done | sed -nE 's/^(prog|map)_id:\t/\1 /p'
}

# No "grep -q" behind a pipe here or in a test: it leaves early, the writer dies
# of SIGPIPE, and with pipefail that is "not found".
nothing_left()
{
	! all_links | grep -E 'mtu [0-9]+ xdp|prog/xdp|promiscuity [1-9]' >/dev/null &&
		[ -z "$(ip netns pids "$TX"; ip netns pids "$RX")" ]
}

show_left()
{
	local pid

	all_links | grep -E 'mtu [0-9]+ xdp|prog/xdp|promiscuity [1-9]'
	for pid in $(ip netns pids "$TX"; ip netns pids "$RX"); do
		echo "process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
	done
}

# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Captures beside an XDP program, each with its helper, and how they end: for the
# files tests/net/beside_*.sh.  Sourced after tests/net/lib.sh.

# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"
# shellcheck source=tests/lib/nobody.sh
. "$XDPS_SRC/tests/lib/nobody.sh"

# begin NAME [TCPDUMP-OPTION]...: a capture, which writes each packet at once
begin()
{
	capture_with_helper "$@" -U
}

# stranger WHAT...: tests/net/squatter.py where captures on rx0 meet, ready
stranger()
{
	local ifindex

	ifindex=$(ip -n "$RX" -o link show rx0)
	start squatter ip netns exec "$RX" "$HERE/squatter.py" "${ifindex%%:*}" "$@"
	await squatter ready
}

# Links included: their programs are.
nothing_of_ours()
{
	[ -z "$(helpers)$(bpf_objects)" ]
}

await_nothing_of_ours()
{
	until_true 5 nothing_of_ours || die "left behind: $(helpers) $(bpf_objects)"
}

# The traced program: does what it is told by each packet, and is untouched.

# beside MODE: it is on rx0
beside()
{
	put obeys rx0 "$1"
	redirect_to rx1
	BESIDE="$1 $PROGRAM_ID"
}

# Twelve packets for each action, and for two that there are not.  Not every packet
# has room to grow, so none is asked to.
usual()
{
	local file=$WORK/usual.pcap

	[ -e "$file" ] ||
		tcpdump -Z root -r "$(orders send 64 300)" -w "$file" 'ether[43] != 6' \
			2>"$T/orders" || die "no orders" orders
	echo "$file"
}

# decided_since WORDS: what was decided()
decided_since()
{
	paste <(tr ' ' '\n' <<<"$1") <(decided | tr ' ' '\n') | awk '{ print $2 - $1 }' | paste -sd ' '
}

has_decided()
{
	[ "$(decided_since "$1")" = "12 12 12 12 12 24" ]
}

# still_decides: on its place, about every packet, as the packet asks
still_decides()
{
	local before

	equal "the program on rx0" "$(beside_on rx0)" "$BESIDE"
	before=$(decided)
	send "$(usual)"
	until_true 5 has_decided "$before" || die "it decided $(decided_since "$before")"
}

# end_by_* NAME COUNT: NAME has captured COUNT packets, and ends

end_by_sigint()
{
	end_capture "$1" "$2"
	equal "packets in the file of $1" "$(packets_in "$T/$1.pcap")" "$2"
}

end_by_sigkill()
{
	until_true 10 has_written "$1" "$2" || die "$(packets_in "$T/$1.pcap") of $2 packets" "$1"
	stop "$1" KILL
}

has_written()
{
	[ "$(packets_in "$T/$1.pcap" 2>/dev/null)" = "$2" ]
}

end_by_sigkill_of_its_helper()
{
	kill -KILL "${HELPER[$1]}"
	finish "$1"
	equal "status of $1" "$RC" 1
	says "$1" "the helper exited unexpectedly" || die "it does not say why" "$1"
	equal "packets in the file of $1" "$(packets_in "$T/$1.pcap")" "$2"
}

# stop_when_written NAME COUNT
stop_when_written()
{
	until_true 10 has_written "$1" "$2" || die "$(packets_in "$T/$1.pcap") of $2 packets" "$1"
	stop "$1"
	equal status "$RC" 0
	equal "packets in the file" "$(packets_in "$T/$1.pcap")" "$2"
}

# CAP_NET_ADMIN is bit 12, CAP_IPC_LOCK 14, CAP_SYS_ADMIN 21, CAP_PERFMON 38, CAP_BPF 39.
# Perf rings take CAP_IPC_LOCK again when a CPU comes online, and where the sysctl is 3
# CAP_SYS_ADMIN.
WITH_MAP_RINGS=000000c000001000
WITH_PERF_RINGS=000000c000005000
WITH_ADMIN=000000c000205000
WITH_FINDING=000000c000201000

perf_rings_take_admin()
{
	[ "$(sysctl -n kernel.perf_event_paranoid)" -ge 3 ]
}

# The sysctl is the whole machine's.
needs_perf_rings_without_admin()
{
	perf_rings_take_admin || return 0
	[ -n "${XDPS_MACHINE_IS_OURS:-}" ] ||
		skip_test "kernel.perf_event_paranoid is 3, and is changed in guests only"
	sysctl -qw kernel.perf_event_paranoid=2
	PARANOID=3
}

restore_paranoid()
{
	[ -z "${PARANOID:-}" ] || sysctl -qw kernel.perf_event_paranoid="$PARANOID"
}

# has_only NAME CAPABILITIES: and can get no other ones
has_only()
{
	local set

	for set in CapPrm CapEff; do
		equal "$set of the helper of $1" "$(status_of "${HELPER[$1]}" $set)" "$2"
	done
	for set in CapInh CapAmb; do
		equal "$set of the helper of $1" "$(status_of "${HELPER[$1]}" $set)" 0000000000000000
	done
}

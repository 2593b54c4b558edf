#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# A capture beside an XDP program ends, however that happens, and leaves the program as it
# was; what its helper may do until then, and who else captures there.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside_captures.sh
. "$XDPS_SRC/tests/lib/beside_captures.sh"

# This one is refused before anything is traced.
before_each()
{
	case $1 in
	it_names_cap_sys_admin_and_touches_nothing_without) ;;
	*) needs_tracing ;;
	esac
}

# leaves_the_program MANNER: as it was
leaves_the_program()
{
	beside native
	begin dump -i "$DEV:point=exit"
	still_decides
	"end_by_$1" dump "$(packets_in "$(usual)")"
	await_nothing_of_ours
	still_decides
	take_off rx0
}

it_leaves_the_program_after_sigint()			{ leaves_the_program sigint; }
it_leaves_the_program_after_sigkill()			{ leaves_the_program sigkill; }
it_leaves_the_program_after_sigkill_of_the_helper()	{ leaves_the_program sigkill_of_its_helper; }

# Capabilities.

it_names_cap_sys_admin_and_touches_nothing_without()
{
	CAPS=$(without cap_sys_admin)
	capable_helper
	beside native
	fails as_nobody tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "rx0: opening XDP program (id $PROGRAM_ID, native mode)" \
		"lacks CAP_SYS_ADMIN; as root: setcap" "cap_sys_admin=ep "
	still_decides
	take_off rx0
}

it_gives_up_all_beside_a_program_with_map_rings_and_follow_no()
{
	beside native
	begin dump -i "$DEV:follow=no:ring=map"
	has_only dump $WITH_MAP_RINGS
	stop dump
	take_off rx0
}

it_keeps_cap_sys_admin_with_follow_yes()
{
	beside native
	begin dump -i "$DEV:ring=map"
	has_only dump $WITH_FINDING
	stop dump
	take_off rx0
}

# Without CAP_SYSLOG, the kernel does not show where it has its pages (since 5.18).
it_uses_perf_rings_beside_a_program_without_cap_syslog()
{
	! before 5 18 || skip_test "this kernel has no XDP fragments"
	CAPS=$(without cap_syslog)
	capable_helper
	beside native
	fails as_nobody tcpdump -n -c 1 -i "$DEV:ring=map"
	has "$TEXT" "rx0: ring=map: an XDP program is attached" "CAP_SYSLOG"
	around=(exec)
	start dump as_nobody tcpdump -U -n -i "$DEV" -w "$T/dump.pcap"
	await dump "listening on"
	bpftool map show | grep " name perf_rings" >/dev/null || die "not with perf rings" dump
	still_decides
	stop_when_written dump "$(packets_in "$(usual)")"
	take_off rx0
}

it_keeps_cap_sys_admin_beside_a_program_where_perf_rings_take_it()
{
	beside native
	begin dump -i "$DEV:follow=no:ring=perf"
	if perf_rings_take_admin; then
		has_only dump $WITH_ADMIN
	else
		has_only dump $WITH_PERF_RINGS
	fi
	stop dump
	take_off rx0
}

it_gives_up_cap_sys_admin_beside_a_program_with_follow_no()
{
	needs_perf_rings_without_admin
	beside native
	begin dump -i "$DEV:follow=no:ring=perf"
	restore_paranoid
	has_only dump $WITH_PERF_RINGS
	stop dump
	take_off rx0
}

# Others beside the same program.

it_gives_each_capture_its_own_packets()
{
	local name
	declare -A options=([a]="" [b]=:point=exit [c]=:action=drop [d]=:action=pass+redirect)

	beside native
	for name in "${!options[@]}"; do
		begin "$name" -i "$DEV${options[$name]}"
	done
	still_decides
	for name in "${!options[@]}"; do
		"$HERE/verdicts.py" expect "$(usual)" "$T/wanted.pcap" "${options[$name]}"
		stop_when_written "$name" "$(packets_in "$T/wanted.pcap")"
		same_packets "$T/wanted.pcap" "$T/$name.pcap"
	done
	take_off rx0
}

it_says_that_too_many_trace_the_program()
{
	beside native
	start crowd "$XDPS_BUILD/tests/net/stranger" crowd "$PROGRAM_ID"
	await crowd "[1-9][0-9]* trace it"
	fails rx tcpdump -n -i "$DEV"
	has "$TEXT" "rx0: XDP program obeys (id $PROGRAM_ID, native mode) stays attached, but cannot be traced" \
		"about 38 programs"
	stop crowd KILL
	begin dump -i "$DEV"
	still_decides
	stop_when_written dump "$(packets_in "$(usual)")"
	take_off rx0
}

# At any moment.

# strike ROUNDS: what it says is shown, with the seed
strike()
{
	build_consumer refilter
	put obeys rx0 native
	start_rx strike "$XDPS_BUILD/tests/net/strike" "$1" "${SEED:-$RANDOM}" "$TX" tx0 rx0 "$PROGRAM_ID" \
		"$(readlink -f "$XDPS_HELPER")" \
		"exec tcpdump -n -U -i $DEV -w $T/strike.pcap" \
		"exec $WORK/refilter change $DEV" \
		"exec tcpdump -n -U -i $DEV:action=drop -w $T/strike.pcap 'udp port 9'" \
		"exec $WORK/refilter change $DEV:point=exit"
	finish strike $((30 + $1 * 5))
	cat "$T/strike.out"
	[ "$RC" -eq 0 ] || die "with status $RC" strike
	diag "$(cat "$T/strike.out")" >&3
	take_off rx0
}

it_leaves_the_program_in_15_rounds_of_sudden_death()	{ strike 15; }
it_leaves_the_program_in_100_rounds_of_sudden_death()	{ strike 100; }

exec 3>&1
run_tests "$@"

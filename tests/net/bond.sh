#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Captures beside the program of a bond, which runs on the interfaces below it.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"

COUNT=40

# bond NAME INTERFACE...: made of these
bond()
{
	local name=$1 lower

	shift
	modprobe bonding 2>/dev/null || :
	ip -n "$RX" link add "$name" type bond mode active-backup miimon 100 2>"$T/bond" ||
		skip_test "no bonds here: $(cat "$T/bond")"
	BONDS+=("$name")
	for lower; do
		enslave "$lower" "$name"
	done
	ip -n "$RX" link set "$name" up
}

enslave()
{
	ip -n "$RX" link set "$1" down
	ip -n "$RX" link set "$1" master "$2"
	ip -n "$RX" link set "$1" up
}

BONDS=()
no_bonds()
{
	local name

	stop_all
	for name in "${BONDS[@]}"; do
		ip -n "$RX" link delete "$name"
	done
	links
}

# needs_bond_programs: not before Linux 5.15
needs_bond_programs()
{
	needs_tracing
	! before 5 15 || skip_test "a bond takes no program in native mode before Linux 5.15"
	trap no_bonds EXIT
}

# arrive INTERFACE [FILE]: at rx0 or rx1
arrive()
{
	local file=${2:-$(frames $COUNT)} other=${1/rx/tx}

	tx tcpreplay -q -i "$other" --pps 1000 "$file" >"$T/send" 2>&1 || die "tcpreplay failed" send
}

# watch NAME INTERFACE[:OPTION...]
watch()
{
	XDPSAMPLE_DEBUG=1 capture "$1" -i "xdpsample:$2"
}

# shown NAME COUNT: so many, and no more
shown()
{
	end_capture "$1" "$2"
	equal "captured by $1" "$CAPTURED" "$2"
	equal "dropped by $1" "$DROPPED" 0
}

it_shows_what_arrives_at_each_interface_of_a_bond()
{
	needs_bond_programs
	bond bond0 rx0 rx1
	put obeys bond0 native
	watch before bond0
	watch after bond0:point=exit
	watch dropped bond0:action=drop
	has "$(cat "$T/before.err")" "bond0: XDP program obeys (id $PROGRAM_ID, native mode) runs on its lower interfaces"
	arrive rx0 "$(orders alternate $COUNT)"
	arrive rx1 "$(orders alternate $COUNT)"
	shown before $((2 * COUNT))
	shown after $((2 * COUNT))
	shown dropped $COUNT
}

it_shows_a_bond_to_a_second_capture()
{
	needs_bond_programs
	bond bond0 rx0
	watch first bond0
	watch second bond0
	arrive rx0
	shown first $COUNT
	shown second $COUNT
}

it_goes_with_interfaces_that_enter_and_leave_a_bond()
{
	needs_bond_programs
	bond bond0 rx0
	put passes bond0 native
	watch dump bond0
	arrive rx0
	enslave rx1 bond0
	arrive rx1
	ip -n "$RX" link set rx0 nomaster
	ip -n "$RX" link set rx0 up
	arrive rx0
	arrive rx1
	shown dump $((3 * COUNT))
}

it_goes_on_when_the_active_interface_of_a_bond_fails()
{
	needs_bond_programs
	bond bond0 rx0 rx1
	put passes bond0 native
	watch dump bond0
	arrive rx0
	ip -n "$TX" link set tx0 down
	sleep 1
	arrive rx1
	shown dump $((2 * COUNT))
}

it_tells_bonds_apart_that_have_the_same_program()
{
	needs_bond_programs
	bond bond0 rx0
	bond bond1 rx1
	put passes bond0 native
	put_also bond1 native
	watch one bond0
	watch other bond1
	arrive rx0
	arrive rx0
	arrive rx1
	shown one $((2 * COUNT))
	shown other $COUNT
}

it_tells_a_bond_from_an_interface_that_has_the_same_program()
{
	needs_bond_programs
	bond bond0 rx0
	put passes bond0 native
	put_also rx1 native
	watch bond bond0
	watch interface rx1
	arrive rx0
	arrive rx1
	arrive rx1
	shown bond $COUNT
	shown interface $((2 * COUNT))
	take_off rx1
}

it_tells_a_bridge_from_its_port_that_has_the_same_program()
{
	needs_tracing
	trap no_bonds EXIT
	ip -n "$RX" link add bridge0 type bridge
	BONDS=(bridge0)
	ip -n "$RX" link set rx0 master bridge0
	ip -n "$RX" link set bridge0 up
	put passes rx0 native
	put_also bridge0 generic
	watch bridge bridge0
	watch port rx0
	arrive rx0
	shown port $COUNT
	shown bridge $COUNT
	take_off bridge0 rx0
}

it_captures_the_packets_of_a_bond_without_another_program()
{
	trap no_bonds EXIT
	bond bond0 rx0 rx1
	watch dump bond0
	arrive rx0
	shown dump $COUNT
}

it_says_that_a_bond_keeps_captures_from_its_interfaces()
{
	needs_bond_programs
	bond bond0 rx0
	put passes bond0 native
	fails rx tcpdump -n -i xdpsample:rx0
	has "$TEXT" "an XDP program on an interface above it (a bond?)"
}

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Cards whose drivers want something of their own, as the emulated machines of tests/vm
# have them.  A card of any other machine is somebody's, and is left alone.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# take_card DRIVER: puts its interface into the rx namespace; leaves CARD
take_card()
{
	[ -e /run/vm/job ] || skip_test "this is no emulated machine of tests/vm"
	if find_card "$1"; then
		ip link set "$CARD" netns "$RX"
		ip -n "$RX" link set "$CARD" up
	else
		find_card "$1" ip netns exec "$RX" ||
			skip_test "there is no card of $1: tests/vm/run gives one if it is root"
	fi
}

# find_card DRIVER [COMMAND...]: where COMMAND leads to
find_card()
{
	local uevent

	uevent=$("${@:2}" grep -l "^DRIVER=$1$" /sys/class/net/*/device/uevent 2>/dev/null) || return
	CARD=${uevent#/sys/class/net/}
	CARD=${CARD%%/*}
}

it_says_what_keeps_virtio_net_from_native_mode()
{
	take_card virtio_net
	fails rx tcpdump -i "xdpsample:$CARD:mode=native"
	has "$TEXT" "its driver (virtio_net) refuses XDP in native mode"
	has "$TEXT" "its receive offloads are in the way, which the host does not let it switch off (ctrl_guest_offloads)"
	equal "program on $CARD" "$(xdp_on "$CARD")" ""
}

it_captures_on_virtio_net_in_generic_mode()
{
	take_card virtio_net
	capture dump -i "xdpsample:$CARD"
	equal "program on $CARD" "$(xdp_on "$CARD")" xdpgeneric
	stop dump
	equal status "$RC" 0
}

run_tests "$@"

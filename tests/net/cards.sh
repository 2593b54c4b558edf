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
	local uevent

	[ -e /run/vm/job ] || skip_test "this is no emulated machine of tests/vm"
	uevent=$(grep -l "^DRIVER=$1$" /sys/class/net/*/device/uevent 2>/dev/null) ||
		skip_test "there is no card of $1: tests/vm/run gives one if it is root"
	CARD=${uevent#/sys/class/net/}
	CARD=${CARD%%/*}
	ip link set "$CARD" netns "$RX"
	ip -n "$RX" link set "$CARD" up
}

it_says_what_keeps_virtio_net_from_native_mode_and_captures_in_generic_mode()
{
	take_card virtio_net
	fails rx tcpdump -i "xdpsample:$CARD:mode=native"
	has "$TEXT" "the driver (virtio_net) refuses XDP in native mode"
	has "$TEXT" "its receive offloads are on, and the host does not let it switch them off (ctrl_guest_offloads)"
	equal "program on $CARD" "$(xdp_on "$CARD")" ""

	capture dump -i "xdpsample:$CARD:mode=generic"
	equal "program on $CARD" "$(xdp_on "$CARD")" xdpgeneric
	stop dump
	equal status "$RC" 0
}

run_tests "$@"

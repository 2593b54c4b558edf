# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What tests/vm/run and tests/vm/matrix.sh both have to know.

# A card as some hosts offer it, with receive offloads that the guest cannot switch off.
# It hangs on an interface of a network namespace that nobody but qemu has.
can_give_card()
{
	[ "$(id -u)" -eq 0 ] && [ -c /dev/net/tun ] && unshare -n true 2>/dev/null
}

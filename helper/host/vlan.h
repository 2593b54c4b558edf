/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vlan.h: VLAN tags that are not visible at the XDP hook.
 *
 * Most cards, and veth, remove the tag from a packet before XDP gets it, and pass it on
 * beside the packet (rx-vlan-offload).  A capture has the packet without the tag, and a
 * filter that asks for a VLAN rejects every packet.
 */
#ifndef XDPS_VLAN_H
#define XDPS_VLAN_H

#include "../../common/types.h"

#include "interface.h"

/* Are tags removed there?  If in doubt, no. */
bool xdps_vlan_is_taken_off(const struct xdps_interface *iface);

/*
 * Does anything on this machine expect tags there: a VLAN interface above it, or a bridge
 * that filters by VLAN?  If in doubt, no.
 */
bool xdps_vlan_is_used(const struct xdps_interface *iface);

/* Does this filter ask whether a packet has a tag?  Has no side effects. */
bool xdps_vlan_is_asked(const struct xdps_insn *insns, size_t n_insns);

/* The sentence for the user: what this means, and the command that leaves tags in. */
void xdps_vlan_describe(const struct xdps_interface *iface, char *buf, size_t size);

#endif

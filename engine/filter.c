// SPDX-License-Identifier: BSD-3-Clause
/*
 * filter.c: what a filter cannot ask for at the XDP hook.
 */
#include "xdpsample.h"

#include <linux/filter.h>

#include "../common/classic.h"
#include "../common/error.h"

/*
 * From this offset on, Linux's socket filters read data that is not in the packet:
 * SKF_LL_OFF is the lowest such offset; SKF_NET_OFF and SKF_AD_OFF are above it.
 */
#define METADATA_OFFSET ((uint32_t)SKF_LL_OFF)

/* Does it read what the kernel knows about a packet, rather than the packet itself? */
static bool reads_metadata(const struct xdps_insn *insn)
{
	if (insn->k < METADATA_OFFSET)
		return false;
	if (BPF_CLASS(insn->code) == BPF_LD)
		return BPF_MODE(insn->code) == BPF_ABS || BPF_MODE(insn->code) == BPF_IND;
	return BPF_CLASS(insn->code) == BPF_LDX && BPF_MODE(insn->code) == BPF_MSH;
}

enum xdps_status xdps_check_filter(const struct xdps_insn *insns, size_t n_insns,
				   enum xdps_dir dir, struct xdps_error *err)
{
	if (dir == XDPS_DIR_IN && xdps_classic_asks_direction(insns, n_insns))
		return xdps_fail(err, XDPS_BAD_FILTER,
				 "This filter needs information that only exists after the XDP hook (inbound or outbound): this capture has only packets that the interface received; dir=both in the device name has the others, too");
	for (size_t i = 0; i < n_insns; i++)
		if (reads_metadata(&insns[i]) && !xdps_classic_asks_direction(&insns[i], 1))
			return xdps_fail(err, XDPS_BAD_FILTER,
					 "This filter needs information that only exists after the XDP hook (ifindex, or a VLAN tag that was stripped)");
	return XDPS_OK;
}

void xdps_answer_direction(struct xdps_insn *insns, size_t n_insns, bool sent)
{
	xdps_classic_answer_direction(insns, n_insns, sent);
}

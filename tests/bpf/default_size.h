/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * default_size.h: how large the rings are of which nobody says how large.
 */
#ifndef DEFAULT_SIZE_H
#define DEFAULT_SIZE_H

#include "../../helper/host/kernel.h"
#include "../../common/types.h"
#include "../unit/sentence.h"

/* Memory may come and go, and 5.10 takes no value of 4 MiB: then it is less. */
static inline void assert_default_size(enum xdps_ring_kind kind, unsigned int n_rings,
				       uint64_t ring_bytes)
{
	const bool has_plenty = xdps_kernel_available_kib() > 4u << 20;

	assert_int_equal(ring_bytes & (ring_bytes - 1), 0);
	if (kind == XDPS_RING_PERF ||
	    n_rings > XDPS_MAP_RINGS_BYTES_DEFAULT / XDPS_RING_BYTES_DEFAULT) {
		assert_int_equal(ring_bytes, XDPS_RING_BYTES_DEFAULT);
		return;
	}
	assert_true(ring_bytes >= XDPS_RING_BYTES_DEFAULT);
	assert_true(n_rings * ring_bytes <= XDPS_MAP_RINGS_BYTES_DEFAULT);
	if (has_plenty && !xdps_kernel_is_before(5, 11))
		assert_true(2 * n_rings * ring_bytes > XDPS_MAP_RINGS_BYTES_DEFAULT);
}

#endif

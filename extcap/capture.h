/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * capture.h: from the hook to the file, until somebody has enough.
 */
#ifndef EXTCAP_CAPTURE_H
#define EXTCAP_CAPTURE_H

#include "args.h"

/*
 * XDPS_OK: it was told to stop, or the reader has gone.  Else the capture could not
 * begin, or has ended by itself; what there was is written.
 */
enum xdps_status capture_run(const struct args *a, struct xdps_error *err);

#endif

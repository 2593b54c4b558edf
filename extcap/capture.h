/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * capture.h: from the hook to the file, until somebody has enough.
 */
#ifndef EXTCAP_CAPTURE_H
#define EXTCAP_CAPTURE_H

#include "args.h"

/*
 * XDPS_OK: it was told to stop, or the reader has gone.  Else the capture could not
 * begin, or has ended by itself; what there was is written.  `*began`: the file was
 * opened, or that is what failed.
 */
enum xdps_status capture_run(const struct args *a, bool *began, struct xdps_error *err);

/*
 * Of one that could not begin and whose end was told already: a named pipe gets a file
 * without packets, or Wireshark would complain of the pipe as well.  Somebody has to open
 * it within 10 seconds.
 */
void capture_write_nothing(const struct args *a, const struct xdps_error *err);

#endif

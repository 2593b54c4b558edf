/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * capture.h: captures from the hook to the file, until it is told to stop.
 */
#ifndef EXTCAP_CAPTURE_H
#define EXTCAP_CAPTURE_H

#include "args.h"

/*
 * XDPS_OK: it was told to stop, or the reader has gone.  Otherwise the capture could not
 * begin, or has ended by itself; what there was is written.  `*began`: the file was
 * opened, or opening it is what failed.
 */
enum xdps_status capture_run(const struct args *a, bool *began, struct xdps_error *err);

/*
 * For a capture that could not begin, after its error was reported: a named pipe gets a
 * file without packets; otherwise Wireshark would complain about the pipe as well.
 * Somebody has to open it within 10 seconds.
 */
void capture_write_nothing(const struct args *a, const struct xdps_error *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verifier.h: why the kernel's verifier rejected a program.
 */
#ifndef XDPS_VERIFIER_H
#define XDPS_VERIFIER_H

#include <stddef.h>

/*
 * Copies into `line` the last line of the verifier's log before the statistics at its
 * end.  Cuts `log` into pieces.  Leaves `line` as it is if there is no such line.
 */
void xdps_verifier_last_line(char *log, char *line, size_t size);

#endif

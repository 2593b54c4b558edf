/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verifier.h: what the kernel's verifier did not like.
 */
#ifndef XDPS_VERIFIER_H
#define XDPS_VERIFIER_H

#include <stddef.h>

/*
 * Copies into `line` the last line of the verifier's log that says something: the
 * statistics at its end do not.  Cuts `log` into pieces; `line` stays as it is
 * if there is nothing.
 */
void xdps_verifier_last_line(char *log, char *line, size_t size);

#endif

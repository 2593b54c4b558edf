/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * need.h: a program of the tests ends with a sentence on stderr and status 1 when
 * something is not as it has to be.
 */
#ifndef XDPS_NEED_H
#define XDPS_NEED_H

#include <stdio.h>
#include <stdlib.h>

#define need(condition, ...) do {			\
	if (!(condition)) {				\
		fprintf(stderr, __VA_ARGS__);		\
		fprintf(stderr, "\n");			\
		exit(1);				\
	}						\
} while (0)

#endif

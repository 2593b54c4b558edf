/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * must.h: a program of the tests ends with a sentence on stderr and status 1 when
 * something is not as it must be.
 */
#ifndef XDPS_MUST_H
#define XDPS_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define must(condition, ...) do {			\
	if (!(condition)) {				\
		fprintf(stderr, __VA_ARGS__);		\
		fprintf(stderr, "\n");			\
		exit(1);				\
	}						\
} while (0)

#endif

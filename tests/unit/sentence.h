/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sentence.h: cmocka, and tests that are named as sentences.
 */
#ifndef XDPS_SENTENCE_H
#define XDPS_SENTENCE_H

/* cmocka wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SENTENCE(text, function) { .name = text, .test_func = function }

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names.h: the words for modes, and which names interfaces and programs can have.
 */
#ifndef XDPS_NAMES_H
#define XDPS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "types.h"

#pragma GCC visibility push(hidden)

/* The word for it, as in mode= (option_table.h), or "?". */
const char *xdps_mode_word(enum xdps_mode mode);

/*
 * Can an interface have this name of `len` characters?  The kernel's rule is
 * dev_valid_name() in net/core/dev.c; control characters, which a terminal would obey, are
 * refused as well.  Length is not checked: an alternative name can be longer.
 */
bool xdps_is_interface_name(const char *name, size_t len);

/*
 * Has it only characters of a program's name?  The kernel's rule is bpf_obj_name_cpy() in
 * kernel/bpf/syscall.c.  True also of "" and of a program's id.
 */
bool xdps_is_program_name(const char *name, size_t len);

#pragma GCC visibility pop

#endif

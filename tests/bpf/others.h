/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * others.h: XDP programs of somebody else, made as a test needs them.
 *
 * From instructions, with BTF built for them: names, and who has the same one, are
 * what matters here.
 */
#ifndef XDPS_OTHERS_H
#define XDPS_OTHERS_H

#include <stdbool.h>

/* Passes.  Of its name, only the kernel's 15 characters are in the kernel. */
int other_without_btf(const char *name);

/* The same, with its whole name in its BTF. */
int other(const char *name);

/* Calls its functions prog0, prog1 ... in this order, then passes; at most 10. */
int other_dispatcher(unsigned int n_functions);

/*
 * A program that can take the place of function `nth` of that dispatcher, or -errno:
 * not every kernel lets one be loaded.  In place as long as what other_put() gave is open.
 */
int other_component(const char *name, int dispatcher_fd, unsigned int nth);
int other_put(int component_fd);

/* Does a link of this kernel say which program it leads to?  Before 6.1 none does. */
bool other_says_where(int link_fd);

/* The kernel's id of it. */
unsigned int other_id(int prog_fd);

#endif

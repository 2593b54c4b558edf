/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list.h: answers what extcap asks before a capture: interfaces, link types, the dialog.
 *
 * Each function prints the sentences of extcap (Wireshark's doc/extcap.adoc).  Nothing is
 * opened or attached.
 */
#ifndef EXTCAP_LIST_H
#define EXTCAP_LIST_H

#include <stdio.h>

#include "xdpsample.h"

#define TITLE_BYTES 256

/* Finds the interface of this name, or returns XDPS_NO_DEVICE. */
enum xdps_status list_find(struct xdps_listed *found, const char *ifname,
			   struct xdps_error *err);

/* The same, with the names of its programs as far as they can be found. */
enum xdps_status list_look(struct xdps_listed *found, const char *ifname,
			   struct xdps_error *err);

/* The mode of a listed program: "native", "generic", or "offloaded" (listed as auto). */
const char *list_mode_word(enum xdps_mode mode);

/*
 * Writes "no program", "xdp_filter native, id 7", "xdp_dispatcher with xdp_filter native,
 * id 7" or "program id 7, native".
 */
void list_describe(char *buf, size_t size, const struct xdps_listed *l);

enum xdps_status list_interfaces(FILE *f, struct xdps_error *err);
enum xdps_status list_dlts(FILE *f, const char *ifname, struct xdps_error *err);
enum xdps_status list_config(FILE *f, const char *ifname, struct xdps_error *err);
enum xdps_status list_programs(FILE *f, const char *ifname, struct xdps_error *err);

#endif

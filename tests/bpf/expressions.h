/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * expressions.h: filter expressions, all that pcap-filter(7) has for Ethernet.
 *
 * Numbers only: nothing is looked up.  Not all of them compile, because all
 * qualifiers are put together; that they do not is libpcap's to say.
 */
#ifndef EXPRESSIONS_H
#define EXPRESSIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct expressions {
	char **all;			/* each is there once */
	size_t n;
};

/*
 * `linear`: where a packet's fragments begin, for expressions that ask for bytes
 * there.  `n_combined` of them are combinations of the others, by chance.
 */
void expressions_make(struct expressions *e, uint32_t linear, unsigned int n_combined,
		      uint64_t seed);

/* From a stream, each ended by a NUL. */
void expressions_read(struct expressions *e, FILE *from);

void expressions_free(struct expressions *e);

#endif

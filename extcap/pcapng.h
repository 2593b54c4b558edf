/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng.h: blocks of a pcapng file, in memory.
 *
 * See https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng.  A file has one section,
 * one interface for each capture point, and times in nanoseconds.  Only what is known is
 * written.
 *
 * Nothing here makes a system call or keeps state outside the piece of memory.  A
 * function that returns false has found no room for the whole block and has written
 * nothing.
 */
#ifndef EXTCAP_PCAPNG_H
#define EXTCAP_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAPNG_LINK_ETHERNET 1
#define PCAPNG_LINK_RAW 101		/* packets begin with the IP header */

/* The size of a packet's block without its data: header, options, trailer. */
#define PCAPNG_PACKET_BYTES_MAX 112

/* The size of a text in an option; a longer one is truncated. */
#define PCAPNG_TEXT_BYTES_MAX 1024

struct pcapng {
	unsigned char *at;	/* not owned */
	size_t size;		/* bytes available */
	size_t len;		/* bytes written, a multiple of 4 */
};

/* Texts may be NULL or empty, here and below; then they are left out. */
struct pcapng_section {
	const char *hardware;
	const char *os;
	const char *program;
};

struct pcapng_interface {
	uint16_t link;		/* PCAPNG_LINK_... */
	uint32_t snaplen;
	const char *name;
	const char *description;
	const char *filter;	/* libpcap's syntax */
	const char *os;
	const char *comment;
};

struct pcapng_packet {
	uint32_t interface;	/* counted from 0 */
	uint64_t wall_ns;	/* since the epoch */
	uint32_t caplen;	/* bytes at data */
	uint32_t len;		/* bytes of the packet */
	const unsigned char *data;
	uint64_t id;
	uint32_t queue;
	bool sent;		/* or received */
	uint64_t lost;		/* since the previous packet of this interface; 0: not stated */
	bool has_verdict;
	uint64_t verdict;	/* enum xdp_action */
};

struct pcapng_statistics {
	uint32_t interface;
	uint64_t start_ns, end_ns;	/* since the epoch */
	uint64_t received;	/* all that passed the hook */
	uint64_t accepted;	/* of these, by the filter */
	uint64_t lost;
	uint64_t delivered;	/* written to this file */
	const char *comment;
};

bool pcapng_add_section(struct pcapng *p, const struct pcapng_section *s);
bool pcapng_add_interface(struct pcapng *p, const struct pcapng_interface *i);
bool pcapng_add_packet(struct pcapng *p, const struct pcapng_packet *pkt);
bool pcapng_add_statistics(struct pcapng *p, const struct pcapng_statistics *s);

#endif

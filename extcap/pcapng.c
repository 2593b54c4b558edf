// SPDX-License-Identifier: BSD-3-Clause
/*
 * pcapng.c: blocks of a pcapng file, in memory.
 *
 * They are little-endian on every machine; the section header tells the reader.
 */
#include "pcapng.h"

#include <endian.h>
#include <string.h>

enum block_type {
	SECTION_HEADER = 0x0a0d0d0a,
	INTERFACE_DESCRIPTION = 1,
	INTERFACE_STATISTICS = 5,
	ENHANCED_PACKET = 6,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define UNKNOWN_SECTION_LENGTH UINT64_MAX

enum option {
	END_OF_OPTIONS = 0,
	COMMENT = 1,

	SHB_HARDWARE = 2,
	SHB_OS = 3,
	SHB_USERAPPL = 4,

	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	IF_OS = 12,

	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
	EPB_PACKETID = 5,
	EPB_QUEUE = 6,
	EPB_VERDICT = 7,

	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_OSDROP = 7,
	ISB_USRDELIV = 8,
};

#define TSRESOL_NS 9			/* 10^-9 s */
#define FILTER_IS_LIBPCAP 0		/* the first byte of if_filter */
#define FLAGS_INBOUND 1u		/* bits 0 and 1 of epb_flags */
#define FLAGS_OUTBOUND 2u
#define VERDICT_IS_XDP 2		/* the first byte of epb_verdict */

/* A block that is being written; `full` if it did not fit. */
struct block {
	struct pcapng *p;
	size_t start;
	bool full;
};

static void put(struct block *b, const void *data, size_t bytes)
{
	static const unsigned char zeros[4];
	size_t padded = (bytes + 3) & ~(size_t)3;

	if (b->full || padded > b->p->size - b->p->len) {
		b->full = true;
		return;
	}
	if (bytes)
		memcpy(b->p->at + b->p->len, data, bytes);
	memcpy(b->p->at + b->p->len + bytes, zeros, padded - bytes);
	b->p->len += padded;
}

static void put_u32(struct block *b, uint32_t value)
{
	value = htole32(value);
	put(b, &value, sizeof(value));
}

static void put_two_u16(struct block *b, uint16_t first, uint16_t second)
{
	put_u32(b, first | (uint32_t)second << 16);
}

static void put_u64(struct block *b, uint64_t value)
{
	value = htole64(value);
	put(b, &value, sizeof(value));
}

/* A time has its high half first, whatever the byte order. */
static void put_time(struct block *b, uint64_t wall_ns)
{
	put_u32(b, (uint32_t)(wall_ns >> 32));
	put_u32(b, (uint32_t)wall_ns);
}

static void put_option(struct block *b, enum option code, const void *data, size_t bytes)
{
	put_two_u16(b, code, (uint16_t)bytes);
	put(b, data, bytes);
}

static void put_option_u32(struct block *b, enum option code, uint32_t value)
{
	put_two_u16(b, code, sizeof(value));
	put_u32(b, value);
}

static void put_option_u64(struct block *b, enum option code, uint64_t value)
{
	put_two_u16(b, code, sizeof(value));
	put_u64(b, value);
}

static void put_option_time(struct block *b, enum option code, uint64_t wall_ns)
{
	put_two_u16(b, code, sizeof(wall_ns));
	put_time(b, wall_ns);
}

/* Truncates before a UTF-8 character, not inside it. */
static size_t text_bytes(const char *text)
{
	size_t bytes = strnlen(text, PCAPNG_TEXT_BYTES_MAX + 1);

	if (bytes <= PCAPNG_TEXT_BYTES_MAX)
		return bytes;
	for (bytes = PCAPNG_TEXT_BYTES_MAX; bytes && (text[bytes] & 0xc0) == 0x80; bytes--)
		;
	return bytes;
}

static void put_option_text(struct block *b, enum option code, const char *text)
{
	if (text && *text)
		put_option(b, code, text, text_bytes(text));
}

static struct block begin(struct pcapng *p, enum block_type type)
{
	struct block b = { .p = p, .start = p->len };

	put_u32(&b, type);
	put_u32(&b, 0);			/* its length, set when it is known */
	return b;
}

static void end_options(struct block *b)
{
	put_two_u16(b, END_OF_OPTIONS, 0);
}

static bool end(struct block *b)
{
	uint32_t bytes = (uint32_t)(b->p->len - b->start + sizeof(bytes));

	put_u32(b, bytes);
	if (b->full) {
		b->p->len = b->start;
		return false;
	}
	bytes = htole32(bytes);
	memcpy(b->p->at + b->start + sizeof(uint32_t), &bytes, sizeof(bytes));
	return true;
}

bool pcapng_add_section(struct pcapng *p, const struct pcapng_section *s)
{
	struct block b = begin(p, SECTION_HEADER);

	put_u32(&b, BYTE_ORDER_MAGIC);
	put_two_u16(&b, 1, 0);		/* version 1.0 */
	put_u64(&b, UNKNOWN_SECTION_LENGTH);
	put_option_text(&b, SHB_HARDWARE, s->hardware);
	put_option_text(&b, SHB_OS, s->os);
	put_option_text(&b, SHB_USERAPPL, s->program);
	end_options(&b);
	return end(&b);
}

static void put_filter(struct block *b, const char *filter)
{
	unsigned char option[1 + PCAPNG_TEXT_BYTES_MAX] = { FILTER_IS_LIBPCAP };
	size_t bytes;

	if (!filter || !*filter)
		return;
	bytes = text_bytes(filter);
	memcpy(option + 1, filter, bytes);
	put_option(b, IF_FILTER, option, 1 + bytes);
}

bool pcapng_add_interface(struct pcapng *p, const struct pcapng_interface *i)
{
	static const unsigned char resolution = TSRESOL_NS;
	struct block b = begin(p, INTERFACE_DESCRIPTION);

	put_two_u16(&b, i->link, 0);
	put_u32(&b, i->snaplen);
	put_option_text(&b, COMMENT, i->comment);
	put_option_text(&b, IF_NAME, i->name);
	put_option_text(&b, IF_DESCRIPTION, i->description);
	put_option(&b, IF_TSRESOL, &resolution, sizeof(resolution));
	put_filter(&b, i->filter);
	put_option_text(&b, IF_OS, i->os);
	end_options(&b);
	return end(&b);
}

static void put_verdict(struct block *b, uint64_t verdict)
{
	unsigned char option[1 + sizeof(verdict)] = { VERDICT_IS_XDP };

	verdict = htole64(verdict);
	memcpy(option + 1, &verdict, sizeof(verdict));
	put_option(b, EPB_VERDICT, option, sizeof(option));
}

bool pcapng_add_packet(struct pcapng *p, const struct pcapng_packet *pkt)
{
	struct block b = begin(p, ENHANCED_PACKET);

	put_u32(&b, pkt->interface);
	put_time(&b, pkt->wall_ns);
	put_u32(&b, pkt->caplen);
	put_u32(&b, pkt->len);
	put(&b, pkt->data, pkt->caplen);
	put_option_u32(&b, EPB_FLAGS, pkt->sent ? FLAGS_OUTBOUND : FLAGS_INBOUND);
	if (pkt->lost)
		put_option_u64(&b, EPB_DROPCOUNT, pkt->lost);
	put_option_u64(&b, EPB_PACKETID, pkt->id);
	put_option_u32(&b, EPB_QUEUE, pkt->queue);
	if (pkt->has_verdict)
		put_verdict(&b, pkt->verdict);
	end_options(&b);
	return end(&b);
}

bool pcapng_add_statistics(struct pcapng *p, const struct pcapng_statistics *s)
{
	struct block b = begin(p, INTERFACE_STATISTICS);

	put_u32(&b, s->interface);
	put_time(&b, s->end_ns);
	put_option_text(&b, COMMENT, s->comment);
	put_option_time(&b, ISB_STARTTIME, s->start_ns);
	put_option_time(&b, ISB_ENDTIME, s->end_ns);
	put_option_u64(&b, ISB_IFRECV, s->received);
	/* Wireshark looks here for what the system lost, because dumpcap writes it here. */
	put_option_u64(&b, ISB_IFDROP, s->lost);
	put_option_u64(&b, ISB_FILTERACCEPT, s->accepted);
	put_option_u64(&b, ISB_OSDROP, s->lost);
	put_option_u64(&b, ISB_USRDELIV, s->delivered);
	end_options(&b);
	return end(&b);
}

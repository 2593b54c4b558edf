// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_pcapng.c: blocks of a pcapng file, byte by byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../extcap/pcapng.h"
#include "../unit/sentence.h"

#define ROOM_BYTES 8192

/* On the heap, so that the sanitizer sees a byte too many. */
static struct pcapng p;

static int before_each(void **state)
{
	p = (struct pcapng){ .at = malloc(ROOM_BYTES), .size = ROOM_BYTES };
	return p.at ? 0 : -1;
}

static int after_each(void **state)
{
	free(p.at);
	return 0;
}

/* The same, with room for so many bytes and not one more. */
static void only(size_t bytes)
{
	free(p.at);
	p = (struct pcapng){ .at = malloc(bytes ? bytes : 1), .size = bytes };
	assert_non_null(p.at);
}

#define assert_bytes(...) do {							\
	static const unsigned char wanted[] = { __VA_ARGS__ };			\
	assert_int_equal(p.len, sizeof(wanted));				\
	assert_memory_equal(p.at, wanted, sizeof(wanted));			\
} while (0)

static uint32_t u32_at(size_t at)
{
	return p.at[at] | (uint32_t)p.at[at + 1] << 8 | (uint32_t)p.at[at + 2] << 16 |
	       (uint32_t)p.at[at + 3] << 24;
}

/* As a reader does: where an option of this code begins, of those from `at` on; 0: nowhere. */
static size_t find_option(size_t at, uint16_t code, uint16_t *bytes)
{
	while (u32_at(at)) {
		*bytes = (uint16_t)(u32_at(at) >> 16);
		if ((uint16_t)u32_at(at) == code)
			return at + 4;
		at += 4 + ((*bytes + 3u) & ~3u);
		assert_true(at + 4 <= p.len);
	}
	return 0;
}

/* The length is at both ends, and all of it. */
static void assert_is_one_block(void)
{
	assert_int_equal(p.len % 4, 0);
	assert_int_equal(u32_at(4), p.len);
	assert_int_equal(u32_at(p.len - 4), p.len);
}

static void section(void **state)
{
	static const struct pcapng_section s = {
		.hardware = "8086", .os = "Linux", .program = "us",
	};

	assert_true(pcapng_add_section(&p, &s));
	assert_bytes(0x0a, 0x0d, 0x0d, 0x0a, 60, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
		     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		     2, 0, 4, 0, '8', '0', '8', '6',
		     3, 0, 5, 0, 'L', 'i', 'n', 'u', 'x', 0, 0, 0,
		     4, 0, 2, 0, 'u', 's', 0, 0,
		     0, 0, 0, 0, 60, 0, 0, 0);
}

static void what_is_not_known_is_left_out(void **state)
{
	static const struct pcapng_section s = { .hardware = "" };

	assert_true(pcapng_add_section(&p, &s));
	assert_bytes(0x0a, 0x0d, 0x0d, 0x0a, 32, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
		     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 32, 0, 0, 0);
}

static void interface(void **state)
{
	static const struct pcapng_interface i = {
		.link = PCAPNG_LINK_ETHERNET, .snaplen = 65000, .name = "xdpsample:eth0",
		.description = "here", .filter = "tcp", .os = "Linux", .comment = "one in 3",
	};

	assert_true(pcapng_add_interface(&p, &i));
	assert_bytes(1, 0, 0, 0, 92, 0, 0, 0, 1, 0, 0, 0, 0xe8, 0xfd, 0, 0,
		     1, 0, 8, 0, 'o', 'n', 'e', ' ', 'i', 'n', ' ', '3',
		     2, 0, 14, 0, 'x', 'd', 'p', 's', 'a', 'm', 'p', 'l', 'e', ':', 'e', 't', 'h',
		     '0', 0, 0,
		     3, 0, 4, 0, 'h', 'e', 'r', 'e',
		     9, 0, 1, 0, 9, 0, 0, 0,
		     11, 0, 4, 0, 0, 't', 'c', 'p',
		     12, 0, 5, 0, 'L', 'i', 'n', 'u', 'x', 0, 0, 0,
		     0, 0, 0, 0, 92, 0, 0, 0);
}

static const struct pcapng_packet whole_packet = {
	.interface = 1,
	.wall_ns = 0x0123456789abcdef,
	.caplen = 5,
	.len = 1500,
	.data = (const unsigned char *)"\x11\x22\x33\x44\x55",
	.id = 0x1122334455667788,
	.queue = 7,
	.lost = 0x0102030405060708,
	.has_verdict = true,
	.verdict = 0x8000000000000001,
};

static void packet(void **state)
{
	assert_true(pcapng_add_packet(&p, &whole_packet));
	assert_bytes(6, 0, 0, 0, 100, 0, 0, 0, 1, 0, 0, 0,
		     0x67, 0x45, 0x23, 0x01, 0xef, 0xcd, 0xab, 0x89,	/* high half first */
		     5, 0, 0, 0, 0xdc, 5, 0, 0,
		     0x11, 0x22, 0x33, 0x44, 0x55, 0, 0, 0,
		     2, 0, 4, 0, 1, 0, 0, 0,
		     4, 0, 8, 0, 8, 7, 6, 5, 4, 3, 2, 1,
		     5, 0, 8, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		     6, 0, 4, 0, 7, 0, 0, 0,
		     7, 0, 9, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0,
		     0, 0, 0, 0, 100, 0, 0, 0);
}

static void packet_without_verdict_and_loss(void **state)
{
	static const struct pcapng_packet pkt = {
		.wall_ns = 1, .caplen = 4, .len = 4,
		.data = (const unsigned char *)"abcd", .id = 1,
	};

	assert_true(pcapng_add_packet(&p, &pkt));
	assert_bytes(6, 0, 0, 0, 68, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
		     4, 0, 0, 0, 4, 0, 0, 0, 'a', 'b', 'c', 'd',
		     2, 0, 4, 0, 1, 0, 0, 0,
		     5, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		     6, 0, 4, 0, 0, 0, 0, 0,
		     0, 0, 0, 0, 68, 0, 0, 0);
}

static void statistics(void **state)
{
	static const struct pcapng_statistics s = {
		.interface = 1, .start_ns = 0x100000002, .end_ns = 0x300000004,
		.received = 5, .accepted = 6, .lost = 7, .delivered = 0x800000000,
		.comment = "so",
	};

	assert_true(pcapng_add_statistics(&p, &s));
	assert_bytes(5, 0, 0, 0, 120, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0,
		     1, 0, 2, 0, 's', 'o', 0, 0,
		     2, 0, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0,
		     3, 0, 8, 0, 3, 0, 0, 0, 4, 0, 0, 0,
		     4, 0, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0,
		     5, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0,
		     6, 0, 8, 0, 6, 0, 0, 0, 0, 0, 0, 0,
		     7, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0,
		     8, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 0,
		     0, 0, 0, 0, 120, 0, 0, 0);
}

static void padding(void **state)
{
	static const unsigned char data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	for (uint32_t caplen = 0; caplen <= sizeof(data); caplen++) {
		struct pcapng_packet pkt = { .caplen = caplen, .len = caplen, .data = data };
		size_t padded = (caplen + 3) & ~3u;
		uint16_t bytes;

		memset(p.at, 0xee, ROOM_BYTES);
		p.len = 0;
		assert_true(pcapng_add_packet(&p, &pkt));
		assert_is_one_block();
		assert_memory_equal(p.at + 28, data, caplen);
		for (size_t i = caplen; i < padded; i++)
			assert_int_equal(p.at[28 + i], 0);
		assert_int_equal(find_option(28 + padded, 2, &bytes), 28 + padded + 4);
	}
}

/* What follows is where it was, and what was there before stays. */
static void blocks_follow_each_other(void **state)
{
	static const struct pcapng_section s = { .os = "Linux" };
	static const struct pcapng_interface i = { .link = PCAPNG_LINK_RAW, .snaplen = 1 };
	static const uint32_t types[] = { 0x0a0d0d0a, 1, 6, 6, 5 };
	static const struct pcapng_statistics end = { .received = 2 };
	size_t at = 0;

	assert_true(pcapng_add_section(&p, &s));
	assert_true(pcapng_add_interface(&p, &i));
	assert_true(pcapng_add_packet(&p, &whole_packet));
	assert_true(pcapng_add_packet(&p, &whole_packet));
	assert_true(pcapng_add_statistics(&p, &end));
	for (size_t n = 0; n < ARRAY_SIZE(types); n++) {
		assert_int_equal(u32_at(at), types[n]);
		assert_int_equal(u32_at(at + u32_at(at + 4) - 4), u32_at(at + 4));
		at += u32_at(at + 4);
	}
	assert_int_equal(at, p.len);
}

static bool add_all(struct pcapng *to)
{
	return pcapng_add_packet(to, &whole_packet);
}

static void no_room(void **state)
{
	size_t needed;

	assert_true(add_all(&p));
	needed = p.len;
	for (size_t bytes = 0; bytes < needed; bytes++) {
		only(bytes);
		assert_false(add_all(&p));
		assert_int_equal(p.len, 0);
	}
	only(needed);
	assert_true(add_all(&p));
	assert_int_equal(p.len, needed);
	assert_false(add_all(&p));
	assert_int_equal(p.len, needed);
	assert_is_one_block();
}

static void a_packet_is_no_larger_than_promised(void **state)
{
	assert_true(pcapng_add_packet(&p, &whole_packet));
	assert_true(p.len <= whole_packet.caplen + PCAPNG_PACKET_BYTES_MAX);
}

static void the_largest_packet(void **state)
{
	struct pcapng_packet pkt = whole_packet;
	unsigned char *data = calloc(1, 262144);

	assert_non_null(data);
	pkt.data = data;
	pkt.caplen = pkt.len = 262143;
	only(262143 + PCAPNG_PACKET_BYTES_MAX);
	assert_true(pcapng_add_packet(&p, &pkt));
	assert_is_one_block();
	free(data);
}

static void long_texts_are_cut(void **state)
{
	char text[3 * PCAPNG_TEXT_BYTES_MAX];
	struct pcapng_interface i = { .name = text, .filter = text };
	uint16_t bytes;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(pcapng_add_interface(&p, &i));
	assert_is_one_block();
	assert_true(find_option(16, 2, &bytes));
	assert_int_equal(bytes, PCAPNG_TEXT_BYTES_MAX);
	assert_true(find_option(16, 11, &bytes));
	assert_int_equal(bytes, 1 + PCAPNG_TEXT_BYTES_MAX);
}

/* "ä" is two bytes, of which the second would not fit. */
static void a_cut_leaves_whole_characters(void **state)
{
	char text[PCAPNG_TEXT_BYTES_MAX + 2];
	struct pcapng_section s = { .os = text };
	uint16_t bytes;

	memset(text, 'x', sizeof(text));
	text[PCAPNG_TEXT_BYTES_MAX - 1] = (char)0xc3;
	text[PCAPNG_TEXT_BYTES_MAX] = (char)0xa4;
	text[PCAPNG_TEXT_BYTES_MAX + 1] = '\0';
	assert_true(pcapng_add_section(&p, &s));
	assert_true(find_option(24, 3, &bytes));
	assert_int_equal(bytes, PCAPNG_TEXT_BYTES_MAX - 1);
}

#define EACH(text, function) \
	{ .name = text, .test_func = function, \
	  .setup_func = before_each, .teardown_func = after_each }

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH("A section header has its options in order", section),
		EACH("What is not known is left out", what_is_not_known_is_left_out),
		EACH("An interface has nanoseconds, name, description and filter", interface),
		EACH("A packet has flags, losses, id, queue and verdict in 64 bits", packet),
		EACH("A packet without verdict and loss does not speak of them",
			 packet_without_verdict_and_loss),
		EACH("Statistics have their times, counts and comment", statistics),
		EACH("A packet of any length is padded with zeros", padding),
		EACH("Blocks follow each other, whole", blocks_follow_each_other),
		EACH("A block that has no room is not written at all", no_room),
		EACH("A packet's block is no larger than promised", a_packet_is_no_larger_than_promised),
		EACH("The largest packet is one block", the_largest_packet),
		EACH("Long texts are cut", long_texts_are_cut),
		EACH("A cut text ends with a whole character", a_cut_leaves_whole_characters),
	};

	return cmocka_run_group_tests_name("pcapng", tests, NULL, NULL);
}

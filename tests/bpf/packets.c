// SPDX-License-Identifier: BSD-3-Clause
/*
 * packets.c: some thousands of packets for filters to judge.
 */
#define _GNU_SOURCE
#include "packets.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/record.h"
#include "captured.h"
#include "crafted.h"

#define CUT_TO_EVERY_LENGTH_BELOW 200	/* what is longer has only data there */
#define N_AIMED_OF_EACH 24
#define N_CHANGED_OF_EACH 8
#define N_NOISE 400
#define NOISE_BYTES_MAX 300
#define HEADERS_BYTES 64

/* xorshift64*: enough of chance for packets, and the same on every machine. */
static uint32_t chance(struct chance *c)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return c->state * 0x2545f4914f6cdd1dull >> 32;
}

uint32_t chance_below(struct chance *c, uint32_t n)
{
	return (uint64_t)chance(c) * n >> 32;
}

/* With room for `len` bytes, which are zero. */
static struct packet *__attribute__((format(printf, 3, 4)))
add(struct packets *p, uint32_t len, const char *fmt, ...)
{
	struct packet packet = { .len = len, .data = calloc(1, len) };
	va_list args;

	/* first, because the name of another packet may be in the arguments */
	va_start(args, fmt);
	vsnprintf(packet.name, sizeof(packet.name), fmt, args);
	va_end(args);
	if (!(p->n & (p->n - 1)))
		p->all = realloc(p->all, (p->n ? 2 * p->n : 1) * sizeof(*p->all));
	if (!p->all || !packet.data)
		abort();
	p->all[p->n] = packet;
	return &p->all[p->n++];
}

static void add_crafted(void *to, const char *name, const char *expression,
			const unsigned char *data, uint32_t len)
{
	struct packet *packet = add(to, len, "%s", name);

	packet->expression = expression;
	memcpy(packet->data, data, len);
}

/* Those that are long, or those that are not. */
static void add_captured(struct packets *p, const struct captured *captured, uint32_t from,
			 uint32_t to)
{
	for (unsigned int i = 0; i < captured->n; i++) {
		const struct captured_frame *frame = &captured->frames[i];
		struct packet *packet;

		if (frame->len < from || frame->len > to)
			continue;
		packet = add(p, frame->len, "captured %u, %s", i + 1, frame->name);
		memcpy(packet->data, frame->data, frame->len);
	}
}

static void cut_to(struct packets *p, size_t i, uint32_t len)
{
	struct packet *packet = add(p, len, "%s, cut to %u bytes", p->all[i].name, len);

	memcpy(packet->data, p->all[i].data, len);
}

static void cut(struct packets *p, size_t i)
{
	for (uint32_t len = PACKET_BYTES_MIN; len < p->all[i].len; len++) {
		if (len == CUT_TO_EVERY_LENGTH_BELOW)
			len = p->all[i].len - 1;
		cut_to(p, i, len);
	}
}

/* What comes between the addresses and an IP header, in place of its type. */
struct wrapping {
	const char *name;
	unsigned char bytes[24];
	uint32_t n_bytes;
	bool with_type;			/* the type comes behind it */
	bool ppp;			/* PPP's number for it does */
};

static void put_wrapped(struct packets *p, size_t i, const struct wrapping *w)
{
	const bool is_ip6 = p->all[i].data[12] == 0x86;
	const uint32_t n_type = w->with_type || w->ppp ? 2 : 0;
	const uint32_t start = 12 + w->n_bytes + n_type;
	struct packet *packet = add(p, p->all[i].len - 14 + start, "%s, in %s", p->all[i].name,
				    w->name);
	const struct packet *inner = &p->all[i];

	memcpy(packet->data, inner->data, 12);
	memcpy(packet->data + 12, w->bytes, w->n_bytes);
	if (w->with_type)
		memcpy(packet->data + start - 2, inner->data + 12, 2);
	if (w->ppp)
		packet->data[start - 1] = is_ip6 ? 0x57 : 0x21;
	memcpy(packet->data + start, inner->data + 14, inner->len - 14);
}

/* As in crafted.c, but all that is in IP in all that it can be in. */
static void wrap(struct packets *p, size_t i)
{
	static const struct wrapping wrappings[] = {
		{ "VLAN 100", "\x81\x00\x00\x64", 4, .with_type = true },
		{ "VLAN 7", "\x81\x00\x00\x07", 4, .with_type = true },
		{ "VLAN 4095", "\x81\x00\x0f\xff", 4, .with_type = true },
		{ "VLAN 0 in 100", "\x81\x00\x00\x64\x81\x00\x00\x00", 8, .with_type = true },
		{ "VLAN 300 in 200", "\x88\xa8\x00\xc8\x81\x00\x01\x2c", 8, .with_type = true },
		{ "3 VLANs", "\x81\x00\x00\x64\x81\x00\x00\x07\x81\x00\x00\x08", 12,
		  .with_type = true },
		{ "MPLS 100000", "\x88\x47\x18\x6a\x01\x40", 6, false, false },
		{ "MPLS 16", "\x88\x47\x00\x01\x01\x40", 6, false, false },
		{ "MPLS 1024 in 100000", "\x88\x47\x18\x6a\x00\x40\x00\x40\x01\x40", 10, false, false },
		{ "MPLS 16 in VLAN 5", "\x81\x00\x00\x05\x88\x47\x00\x01\x01\x40", 10, false, false },
		{ "PPPoE 39", "\x88\x64\x11\x00\x00\x27\x01\x00", 8, .ppp = true },
		{ "PPPoE 1", "\x88\x64\x11\x00\x00\x01\x01\x00", 8, .ppp = true },
		{ "PPPoE 65535", "\x88\x64\x11\x00\xff\xff\x01\x00", 8, .ppp = true },
		{ "PPPoE in VLAN 5", "\x81\x00\x00\x05\x88\x64\x11\x00\x00\x27\x01\x00", 12,
		  .ppp = true },
	};
	const unsigned int type = p->all[i].data[12] << 8 | p->all[i].data[13];

	if (type != 0x0800 && type != 0x86dd)
		return;
	for (size_t w = 0; w < sizeof(wrappings) / sizeof(wrappings[0]); w++)
		put_wrapped(p, i, &wrappings[w]);
}

/* Addresses, protocol and ports, each as it is or one of those that filters ask for. */
static void aim(struct packets *p, size_t i, struct chance *c)
{
	static const unsigned char addresses[][4] = {
		{ 192, 0, 2, 1 }, { 192, 0, 2, 77 }, { 198, 51, 100, 5 }, { 10, 1, 2, 3 },
		{ 0, 0, 0, 0 }, { 192, 0, 0, 7 }, { 192, 0, 0, 50 },
	};
	static const unsigned char protos[] = { 6, 17, 132, 1, 58, 6, 17, 132 };
	static const uint16_t ports[] = { 22, 53, 80, 443, 0, 65535, 5060, 6003, 29, 400 };
	const bool is_ip6 = p->all[i].data[12] == 0x86, is_ip = p->all[i].data[12] == 8 &&
		!p->all[i].data[13];
	const uint32_t first = is_ip6 ? 54 : is_ip ? 34 : 0;
	struct packet *packet;

	/* ARP has addresses only, at places of their own */
	if (p->all[i].len < 42 || (!first && p->all[i].data[13] != 6 && p->all[i].data[13] != 0x35))
		return;
	packet = add(p, p->all[i].len, "%s, aimed", p->all[i].name);
	memcpy(packet->data, p->all[i].data, packet->len);
	for (int n = 0; n < 2; n++) {
		const uint32_t who = chance_below(c, sizeof(addresses) / sizeof(addresses[0]));
		const uint32_t port = ports[chance_below(c, sizeof(ports) / sizeof(ports[0]))];

		if (!is_ip6)
			memcpy(packet->data + (is_ip ? 26 + 4 * n : 28 + 10 * n),
			       addresses[who], 4);
		else if (n && chance_below(c, 3))
			memcpy(packet->data + 22, packet->data + 38, 16);
		if (first && packet->len >= first + 4) {
			packet->data[first + 2 * n] = port >> 8;
			packet->data[first + 2 * n + 1] = port;
		}
	}
	if (first && chance_below(c, 2))
		packet->data[is_ip6 ? 20 : 23] = protos[chance_below(c, sizeof(protos))];
}

/* From and to the same: addresses, ports or both. */
static void make_twins(struct packets *p, size_t i)
{
	const bool is_ip6 = p->all[i].data[12] == 0x86;
	const uint32_t size = is_ip6 ? 16 : 4, addresses = is_ip6 ? 22 : 26;
	const uint32_t ports = addresses + 2 * size;

	if (p->all[i].len < ports + 4)
		return;
	for (int what = 1; what < 4; what++) {
		struct packet *packet = add(p, p->all[i].len, "%s, from itself", p->all[i].name);

		memcpy(packet->data, p->all[i].data, packet->len);
		if (what & 1)
			memcpy(packet->data + addresses, packet->data + addresses + size, size);
		if (what & 2)
			memcpy(packet->data + ports, packet->data + ports + 2, 2);
	}
}

/* A few bytes, most of them in the headers, by chance or to an extreme. */
static void change(struct packets *p, size_t i, struct chance *c)
{
	static const unsigned char extremes[] = { 0, 1, 0x7f, 0x80, 0xfe, 0xff };
	const uint32_t len = p->all[i].len;
	const uint32_t headers = len < HEADERS_BYTES ? len : HEADERS_BYTES;
	struct packet *packet = add(p, len, "%s, changed", p->all[i].name);

	memcpy(packet->data, p->all[i].data, len);
	for (uint32_t n = 1 + chance_below(c, 4); n; n--) {
		const uint32_t at = chance_below(c, chance_below(c, 4) ? headers : len);

		if (chance_below(c, 2))
			packet->data[at] = chance(c);
		else
			packet->data[at] = extremes[chance_below(c, sizeof(extremes))];
	}
}

static void fill_with_noise(unsigned char *data, uint32_t from, uint32_t to, struct chance *c)
{
	for (uint32_t i = from; i < to; i++)
		data[i] = chance(c);
}

/* Of any kind, or noise behind an Ethernet type or an IP header. */
static void noise(struct packets *p, struct chance *c)
{
	static const unsigned char types[][4] = {
		{ 0x08, 0x00, 0x45, 0 }, { 0x08, 0x00, 0x4f, 0 }, { 0x08, 0x06, 0, 1 },
		{ 0x86, 0xdd, 0x60, 0 }, { 0x81, 0x00, 0, 100 }, { 0x88, 0x47, 0, 0 },
		{ 0x88, 0x64, 0x11, 0 }, { 0x00, 0x40, 0xaa, 0xaa },
	};
	const uint32_t len = PACKET_BYTES_MIN + chance_below(c, NOISE_BYTES_MAX);
	const uint32_t kind = chance_below(c, 2 * sizeof(types) / sizeof(types[0]));
	struct packet *packet = add(p, len, "noise of %u bytes", len);

	fill_with_noise(packet->data, 0, len, c);
	if (kind < sizeof(types) / sizeof(types[0]) && len >= 16)
		memcpy(packet->data + 12, types[kind], 4);
}

static void lengthen(struct packets *p, size_t i, uint32_t len, struct chance *c)
{
	struct packet *packet = add(p, len, "%s, lengthened to %u bytes", p->all[i].name, len);
	const uint32_t kept = p->all[i].len < len ? p->all[i].len : len;

	memcpy(packet->data, p->all[i].data, kept);
	fill_with_noise(packet->data, kept, len, c);
}

/* The captured ones that are long as they come, as much of them as is long, and changed. */
static void make_long_captured(struct packets *p, const struct captured *captured,
			       uint32_t linear, struct chance *c)
{
	const size_t first = p->n;

	add_captured(p, captured, linear + 1, PACKET_BYTES_MAX);
	for (size_t n = p->n - first, i = first; n; n--, i++) {
		cut_to(p, i, linear + 1 + chance_below(c, p->all[i].len - linear));
		change(p, i, c);
	}
}

/*
 * Each crafted one and each captured one once, at a length that is of interest
 * or by chance.
 */
static void make_long(struct packets *p, uint32_t linear, struct chance *c)
{
	const uint32_t lengths[] = {
		linear - 1, linear, linear + 1, linear + 2, linear + 3, linear + 4,
		4096, 4097, 8191, 8192, 8193, PACKET_BYTES_FRAGS_MAX,
	};
	const size_t n = sizeof(lengths) / sizeof(lengths[0]);

	for (size_t i = 0; i < p->n_crafted + p->n_captured; i++)
		lengthen(p, i, i % 2 ? lengths[i / 2 % n] :
			 linear + 1 + chance_below(c, PACKET_BYTES_FRAGS_MAX - linear), c);
	/* no record holds so much, and user space's filters see no more either */
	lengthen(p, 5, XDPS_CAPLEN_MAX, c);
	lengthen(p, 6, XDPS_CAPLEN_MAX + 1, c);
	lengthen(p, 7, PACKET_BYTES_MAX, c);
}

/* All that is made of these. */
static void derive(struct packets *p, size_t first, size_t n, struct chance *c)
{
	for (size_t i = 0; i < n; i++)
		cut(p, first + i);
	for (size_t i = 0; i < n; i++)
		wrap(p, first + i);
	for (size_t i = 0; i < n; i++)
		make_twins(p, first + i);
	for (size_t i = 0; i < n * N_AIMED_OF_EACH; i++)
		aim(p, first + i % n, c);
	for (size_t i = 0; i < n * N_CHANGED_OF_EACH; i++)
		change(p, first + i % n, c);
}

void packets_make(struct packets *p, const struct captured *captured, uint32_t linear,
		  uint64_t seed)
{
	struct chance c = { .state = seed ? seed : 1 };
	struct chance other = { .state = ~c.state };	/* not to change what is crafted */

	*p = (struct packets){ 0 };
	crafted_packets(add_crafted, p);
	p->n_crafted = p->n;
	add_captured(p, captured, 0, linear ? linear : CRAFTED_BYTES_MAX);
	p->n_captured = p->n - p->n_crafted;
	derive(p, 0, p->n_crafted, &c);
	for (int i = 0; i < N_NOISE; i++)
		noise(p, &c);
	derive(p, p->n_crafted, p->n_captured, &other);
	if (linear) {
		const size_t n_short = p->n;

		make_long(p, linear, &c);
		make_long_captured(p, captured, linear, &other);
		p->n_long = p->n - n_short;
	}
}

void packets_free(struct packets *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->all[i].data);
	free(p->all);
	*p = (struct packets){ 0 };
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * crafted.c: Ethernet packets of all kinds, made by hand.
 *
 * Lengths in the headers are right; checksums are zero, because no filter of
 * libpcap knows how to compute one.  Their addresses and ports are those that
 * expressions.c asks for.  Each comes with an expression that it matches, which
 * is how the tests know that it is what its name says.
 */
#define _GNU_SOURCE
#include "crafted.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_MAC "\x02\x00\x00\x00\x00\x01"
#define FAR_MAC "\x02\x00\x00\x00\x00\x02"
#define ALL_MAC "\xff\xff\xff\xff\xff\xff"
#define GROUP_MAC "\x01\x00\x5e\x00\x00\xfb"
#define GROUP6_MAC "\x33\x33\x00\x00\x00\x01"
#define BRIDGE_MAC "\x01\x80\xc2\x00\x00\x00"

#define NEAR4 "192.0.2.1"
#define FAR4 "192.0.2.77"
#define THERE4 "198.51.100.5"
#define ELSEWHERE4 "203.0.113.9"
#define NEAR6 "2001:db8::1"
#define FAR6 "2001:db8:1::77"
#define THERE6 "2001:db8:2:3::5"

#define MORE_FRAGMENTS 0x2000
#define DONT_FRAGMENT 0x4000

/* Headers whose length is known when the packet is whole. */
struct open_header {
	uint32_t start;			/* of what is counted */
	uint32_t field;			/* where the count goes, 16 bits */
};

static struct {
	unsigned char data[CRAFTED_BYTES_MAX];
	uint32_t len;
	struct open_header open[8];
	unsigned int n_open;
	const char *name, *expression;
	crafted_add *add;
	void *to;
} now;

static void put(const void *bytes, uint32_t n)
{
	if (n > sizeof(now.data) - now.len)
		abort();
	memcpy(now.data + now.len, bytes, n);
	now.len += n;
}

static void put8(uint8_t value)
{
	put(&value, 1);
}

static void put16(uint16_t value)
{
	value = htons(value);
	put(&value, 2);
}

static void put32(uint32_t value)
{
	value = htonl(value);
	put(&value, 4);
}

static void put4(const char *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, address, &in) != 1)
		abort();
	put(&in, sizeof(in));
}

static void put6(const char *address)
{
	struct in6_addr in6;

	if (inet_pton(AF_INET6, address, &in6) != 1)
		abort();
	put(&in6, sizeof(in6));
}

static void pattern(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		put8(i * 7 + 1);
}

/* A length of 16 bits at `field`, of everything from `start` on. */
static void measure(uint32_t start, uint32_t field)
{
	if (now.n_open == sizeof(now.open) / sizeof(now.open[0]))
		abort();
	now.open[now.n_open++] = (struct open_header){ start, field };
}

static void begin(const char *name, const char *expression)
{
	now.len = 0;
	now.n_open = 0;
	now.name = name;
	now.expression = expression;
}

static void end(void)
{
	for (unsigned int i = 0; i < now.n_open; i++) {
		const uint16_t n = htons(now.len - now.open[i].start);

		memcpy(now.data + now.open[i].field, &n, 2);
	}
	now.add(now.to, now.name, now.expression, now.data, now.len);
}

static void ether(const char *dst, const char *src, uint16_t type)
{
	put(dst, 6);
	put(src, 6);
	put16(type);
}

static void ether_there(uint16_t type)
{
	ether(FAR_MAC, NEAR_MAC, type);
}

/* 802.3: a length stands for the type, and LLC follows. */
static void llc(const char *dst, uint8_t dsap, uint8_t ssap)
{
	ether(dst, NEAR_MAC, 0);
	measure(now.len, now.len - 2);
	put8(dsap);
	put8(ssap);
}

static void tag(uint16_t id, uint16_t type)
{
	put16(3 << 13 | id);
	put16(type);
}

static void label(uint32_t value, int bottom)
{
	put32(value << 12 | (uint32_t)bottom << 8 | 64);
}

/* `words` of options, which are NOPs and an end. */
static void ip4_with(uint8_t proto, const char *src, const char *dst, uint16_t fragment,
		     unsigned int words)
{
	const uint32_t start = now.len;

	put8(4 << 4 | (5 + words));
	put8(0x10);
	put16(0);
	measure(start, start + 2);
	put16(0x1234);
	put16(fragment);
	put8(63);
	put8(proto);
	put16(0);
	put4(src);
	put4(dst);
	for (unsigned int i = 0; i < words; i++)
		put32(0x01010100);
}

static void ip4(uint8_t proto, const char *src, const char *dst)
{
	ip4_with(proto, src, dst, DONT_FRAGMENT, 0);
}

static void ip6(uint8_t next, const char *src, const char *dst)
{
	const uint32_t start = now.len;

	put32(6u << 28 | 0x12 << 20 | 0x54321);
	put16(0);
	measure(start + 40, start + 4);
	put8(next);
	put8(64);
	put6(src);
	put6(dst);
}

/* Hop-by-hop, routing or destination options: eight bytes that lead to `next`. */
static void extension(uint8_t next)
{
	put8(next);
	put8(0);
	put16(0x0104);
	put32(0);
}

static void fragment6(uint8_t next, uint16_t offset)
{
	put8(next);
	put8(0);
	put16(offset);
	put32(0xdeadbeef);
}

static void tcp(uint16_t src, uint16_t dst, uint8_t flags, unsigned int option_words)
{
	put16(src);
	put16(dst);
	put32(0x11223344);
	put32(0x55667788);
	put8((5 + option_words) << 4);
	put8(flags);
	put16(0xffff);
	put32(0);
	for (unsigned int i = 0; i < option_words; i++)
		put32(0x01010101);
}

static void udp(uint16_t src, uint16_t dst)
{
	const uint32_t start = now.len;

	put16(src);
	put16(dst);
	put32(0);
	measure(start, start + 4);
}

static void sctp(uint16_t src, uint16_t dst)
{
	put16(src);
	put16(dst);
	put32(0xcafe0001);
	put32(0);
	put32(0x01000014);		/* INIT */
	pattern(16);
}

static void icmp(uint8_t type, uint8_t code)
{
	put8(type);
	put8(code);
	put16(0);
	put32(0x00010002);
}

static void text(const char *words)
{
	put(words, strlen(words));
}

/* A question for example.com, type A. */
static void dns(void)
{
	put32(0x12340100);
	put32(0x00010000);
	put32(0);
	put("\7example\3com\0\0\1\0\1", 17);
}

static void arp_body(uint16_t operation, const char *sender, const char *target)
{
	put16(1);
	put16(0x0800);
	put8(6);
	put8(4);
	put16(operation);
	put(NEAR_MAC, 6);
	put4(sender);
	put("\0\0\0\0\0\0", 6);
	put4(target);
}

static void address_resolution(void)
{
	begin("ARP request", "arp[6:2] = 1 and arp src host " NEAR4);
	ether(ALL_MAC, NEAR_MAC, 0x0806);
	arp_body(1, NEAR4, FAR4);
	end();

	begin("ARP reply, padded", "arp[6:2] = 2 and arp dst host " NEAR4);
	ether(FAR_MAC, NEAR_MAC, 0x0806);
	arp_body(2, THERE4, NEAR4);
	pattern(18);
	end();

	begin("RARP", "rarp src host " FAR4);
	ether(ALL_MAC, NEAR_MAC, 0x8035);
	arp_body(3, FAR4, FAR4);
	end();
}

static void tcp_over_ip4(void)
{
	static const struct {
		const char *name, *expression;
		uint8_t flags;
	} kinds[] = {
		{ "TCP SYN", "tcp[tcpflags] = tcp-syn and dst port 80", 0x02 },
		{ "TCP SYN ACK", "tcp[tcpflags] & (tcp-syn|tcp-ack) = (tcp-syn|tcp-ack)", 0x12 },
		{ "TCP FIN", "tcp[tcpflags] & tcp-fin != 0", 0x11 },
		{ "TCP RST", "tcp[tcpflags] & tcp-rst != 0", 0x04 },
		{ "TCP with all flags", "tcp[13] = 0xff", 0xff },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		begin(kinds[i].name, kinds[i].expression);
		ether_there(0x0800);
		ip4(6, NEAR4, FAR4);
		tcp(40000 + i, 80, kinds[i].flags, i);
		end();
	}

	begin("HTTP request", "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420");
	ether_there(0x0800);
	ip4(6, FAR4, THERE4);
	tcp(1234, 80, 0x18, 3);
	text("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
	end();

	begin("HTTPS, full size", "tcp src port 443 and greater 1514");
	ether_there(0x0800);
	ip4(6, THERE4, NEAR4);
	tcp(443, 50123, 0x10, 3);
	pattern(1448);
	end();

	begin("SSH with IP options", "ip[0] & 0xf = 8 and tcp port 22");
	ether_there(0x0800);
	ip4_with(6, NEAR4, THERE4, 0, 3);
	tcp(22, 33333, 0x18, 0);
	pattern(32);
	end();

	begin("TCP with as many IP options as there can be", "ip[0] = 0x4f and tcp port 8080");
	ether_there(0x0800);
	ip4_with(6, NEAR4, ELSEWHERE4, DONT_FRAGMENT, 10);
	tcp(8080, 6005, 0x10, 10);
	pattern(8);
	end();
}

static void udp_over_ip4(void)
{
	static const struct {
		const char *name, *expression, *src, *dst;
		uint16_t from, to;
	} kinds[] = {
		{ "DNS query", "udp dst port 53", NEAR4, FAR4, 40001, 53 },
		{ "DNS answer", "udp src port 53", FAR4, NEAR4, 53, 40001 },
		{ "DNS from elsewhere", "host " ELSEWHERE4, ELSEWHERE4, THERE4, 53, 53 },
		{ "NTP", "udp port 123", THERE4, NEAR4, 123, 123 },
		{ "SIP", "udp portrange 5060-5061", NEAR4, ELSEWHERE4, 5060, 5061 },
		{ "UDP between high ports", "udp portrange 6000-6008", FAR4, THERE4, 6003, 60000 },
		{ "UDP with ports 0 and 65535", "udp src port 0 and dst port 65535", NEAR4, FAR4,
		  0, 65535 },
		{ "UDP from nowhere", "src host 0.0.0.0", "0.0.0.0", "255.255.255.255", 68, 67 },
		{ "UDP in net 10", "net 10", "10.1.2.3", "10.9.8.7", 1000, 2000 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		begin(kinds[i].name, kinds[i].expression);
		ether_there(0x0800);
		ip4(17, kinds[i].src, kinds[i].dst);
		udp(kinds[i].from, kinds[i].to);
		dns();
		end();
	}

	begin("UDP to a group", "ip multicast and ether multicast");
	ether(GROUP_MAC, NEAR_MAC, 0x0800);
	ip4(17, NEAR4, "224.0.0.251");
	udp(5353, 5353);
	dns();
	end();

	begin("UDP to all", "ether broadcast and ip broadcast");
	ether(ALL_MAC, NEAR_MAC, 0x0800);
	ip4(17, NEAR4, "192.0.2.255");
	udp(137, 137);
	pattern(50);
	end();

	begin("UDP without data", "udp[4:2] = 8");
	ether_there(0x0800);
	ip4(17, NEAR4, FAR4);
	udp(1234, 22);
	end();
}

static void fragments_of_ip4(void)
{
	begin("first fragment", "ip[6:2] & 0x3fff = 0x2000 and udp port 53");
	ether_there(0x0800);
	ip4_with(17, NEAR4, FAR4, MORE_FRAGMENTS, 0);
	udp(40000, 53);
	pattern(64);
	end();

	begin("middle fragment", "ip[6:2] & 0x1fff = 185 and not port 53");
	ether_there(0x0800);
	ip4_with(17, NEAR4, FAR4, MORE_FRAGMENTS | 185, 0);
	udp(40000, 53);
	pattern(64);
	end();

	begin("last fragment with options", "ip[6:2] & 0x3fff = 370 and ip[0] & 0xf > 5");
	ether_there(0x0800);
	ip4_with(6, THERE4, FAR4, 370, 2);
	pattern(40);
	end();
}

static void others_over_ip4(void)
{
	static const struct {
		const char *name, *expression;
		uint8_t proto;
	} kinds[] = {
		{ "IGMP", "igmp", 2 }, { "IGRP", "igrp", 9 }, { "GRE", "ip proto 47", 47 },
		{ "ESP", "esp", 50 }, { "AH", "ah", 51 }, { "OSPF", "ip proto 89", 89 },
		{ "PIM", "pim", 103 }, { "VRRP", "vrrp", 112 }, { "proto 255", "ip proto 255", 255 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		begin(kinds[i].name, kinds[i].expression);
		ether_there(0x0800);
		ip4(kinds[i].proto, i % 2 ? NEAR4 : THERE4, i % 3 ? FAR4 : "239.1.2.3");
		pattern(20 + i);
		end();
	}

	begin("ping", "icmp[icmptype] = icmp-echo");
	ether_there(0x0800);
	ip4(1, NEAR4, FAR4);
	icmp(8, 0);
	pattern(56);
	end();

	begin("ping answered", "icmp[icmptype] = icmp-echoreply");
	ether(NEAR_MAC, FAR_MAC, 0x0800);
	ip4(1, FAR4, NEAR4);
	icmp(0, 0);
	pattern(56);
	end();

	begin("port unreachable", "icmp[icmptype] = icmp-unreach and icmp[icmpcode] = 3");
	ether_there(0x0800);
	ip4(1, ELSEWHERE4, NEAR4);
	icmp(3, 3);
	ip4(17, NEAR4, ELSEWHERE4);
	udp(53, 40000);
	end();

	begin("SCTP", "sctp port 5060 and host " THERE4);
	ether_there(0x0800);
	ip4(132, NEAR4, THERE4);
	sctp(5060, 36412);
	end();

	begin("IP in IP", "ip proto 4");
	ether_there(0x0800);
	ip4(4, NEAR4, FAR4);
	ip4(6, "10.1.1.1", "10.2.2.2");
	tcp(1234, 443, 0x10, 0);
	end();
}

static void over_ip6(void)
{
	begin("TCP over IPv6", "ip6 and tcp dst port 443 and src host " NEAR6);
	ether_there(0x86dd);
	ip6(6, NEAR6, FAR6);
	tcp(40002, 443, 0x02, 1);
	end();

	begin("DNS over IPv6", "ip6 dst net 2001:db8::/48 and udp src port 53");
	ether_there(0x86dd);
	ip6(17, FAR6, NEAR6);
	udp(53, 6001);
	dns();
	end();

	begin("SCTP over IPv6", "ip6 and sctp dst port 80");
	ether_there(0x86dd);
	ip6(132, THERE6, FAR6);
	sctp(5061, 80);
	end();

	begin("neighbor solicitation", "icmp6[icmp6type] = icmp6-neighborsolicit");
	ether(GROUP6_MAC, NEAR_MAC, 0x86dd);
	ip6(58, "fe80::1", "ff02::1:ff00:77");
	icmp(135, 0);
	put6(FAR6);
	end();

	begin("ping over IPv6", "icmp6 and ip6[40] = 128");
	ether_there(0x86dd);
	ip6(58, THERE6, NEAR6);
	icmp(128, 0);
	pattern(16);
	end();

	begin("IPv6 to a group", "ip6 multicast");
	ether(GROUP6_MAC, FAR_MAC, 0x86dd);
	ip6(17, "fe80::2", "ff02::fb");
	udp(5353, 5353);
	dns();
	end();

	begin("ESP over IPv6", "ip6 proto 50");
	ether_there(0x86dd);
	ip6(50, NEAR6, THERE6);
	pattern(40);
	end();
}

static void extensions_of_ip6(void)
{
	begin("IPv6, hop-by-hop, ICMPv6", "ip6[6] = 0 and ip6[40] = 58");
	ether(GROUP6_MAC, NEAR_MAC, 0x86dd);
	ip6(0, "fe80::1", "ff02::16");
	extension(58);
	icmp(143, 0);
	pattern(20);
	end();

	begin("IPv6, three extensions, TCP", "ip6[6] = 0 and ip6[40] = 43 and ip6[48] = 60");
	ether_there(0x86dd);
	ip6(0, NEAR6, FAR6);
	extension(43);
	extension(60);
	extension(6);
	tcp(22, 1234, 0x18, 0);
	pattern(10);
	end();

	begin("IPv6, first fragment of TCP", "ip6[6] = 44 and ip6 proto 6");
	ether_there(0x86dd);
	ip6(44, THERE6, NEAR6);
	fragment6(6, 1);
	tcp(80, 40003, 0x10, 0);
	pattern(30);
	end();

	begin("IPv6, later fragment of UDP", "ip6[6] = 44 and udp");
	ether_there(0x86dd);
	ip6(44, FAR6, THERE6);
	fragment6(17, 1448 | 1);
	pattern(60);
	end();

	begin("IPv6 with nothing behind", "ip6 proto 59");
	ether_there(0x86dd);
	ip6(59, NEAR6, FAR6);
	end();
}

static void tagged(void)
{
	begin("VLAN 100, TCP", "vlan 100 and tcp dst port 80");
	ether_there(0x8100);
	tag(100, 0x0800);
	ip4(6, NEAR4, FAR4);
	tcp(40000, 80, 0x02, 0);
	end();

	begin("VLAN 7, DNS over IPv6", "vlan 7 and ip6 and udp port 53");
	ether_there(0x8100);
	tag(7, 0x86dd);
	ip6(17, NEAR6, FAR6);
	udp(40000, 53);
	dns();
	end();

	begin("VLAN 4095, ARP", "vlan 4095 and arp");
	ether(ALL_MAC, NEAR_MAC, 0x8100);
	tag(4095, 0x0806);
	arp_body(1, NEAR4, FAR4);
	end();

	begin("802.1ad, VLAN 300 in 200, UDP", "vlan 200 and vlan 300 and udp");
	ether_there(0x88a8);
	tag(200, 0x8100);
	tag(300, 0x0800);
	ip4(17, THERE4, NEAR4);
	udp(123, 123);
	pattern(48);
	end();

	begin("old QinQ, VLAN 100 in 100", "vlan 100 and vlan 100 and icmp");
	ether_there(0x9100);
	tag(100, 0x8100);
	tag(100, 0x0800);
	ip4(1, NEAR4, FAR4);
	icmp(8, 0);
	end();

	begin("VLAN 5, LLC", "vlan 5 and stp");
	ether(BRIDGE_MAC, NEAR_MAC, 0x8100);
	tag(5, 38);
	put("\x42\x42\x03", 3);
	pattern(35);
	end();
}

static void labelled(void)
{
	begin("MPLS, IPv4", "mpls 100000 and ip and udp port 53");
	ether_there(0x8847);
	label(100000, 1);
	ip4(17, NEAR4, FAR4);
	udp(53, 53);
	dns();
	end();

	begin("MPLS, two labels, TCP", "mpls 100000 and mpls 1024 and host " FAR4);
	ether_there(0x8847);
	label(100000, 0);
	label(1024, 1);
	ip4(6, FAR4, THERE4);
	tcp(443, 1234, 0x10, 0);
	end();

	begin("MPLS, IPv6", "mpls 16 and ip6");
	ether_there(0x8847);
	label(16, 1);
	ip6(6, NEAR6, FAR6);
	tcp(22, 40000, 0x10, 0);
	end();

	begin("MPLS to a group", "ether proto 0x8848");
	ether(GROUP_MAC, NEAR_MAC, 0x8848);
	label(17, 1);
	ip4(17, NEAR4, "239.1.2.3");
	udp(1234, 1234);
	end();
}

static void ppp_over_ethernet(void)
{
	begin("PPPoE discovery", "pppoed");
	ether(ALL_MAC, NEAR_MAC, 0x8863);
	put32(0x11090000);
	put16(4);
	put32(0x01010000);
	end();

	begin("PPPoE session 39, IPv4", "pppoes 0x27 and ip and tcp port 80");
	ether_there(0x8864);
	put32(0x11000027);
	put16(0);
	measure(now.len, now.len - 2);
	put16(0x0021);
	ip4(6, NEAR4, THERE4);
	tcp(40000, 80, 0x02, 0);
	end();

	begin("PPPoE session 1, IPv6", "pppoes 1 and ip6 and udp");
	ether_there(0x8864);
	put32(0x11000001);
	put16(0);
	measure(now.len, now.len - 2);
	put16(0x0057);
	ip6(17, NEAR6, THERE6);
	udp(53, 53);
	end();

	begin("PPPoE session, LCP", "ether[20:2] = 0xc021 and pppoes 0x27");
	ether_there(0x8864);
	put32(0x11000027);
	put16(6);
	put16(0xc021);
	put32(0x09010008);
	end();
}

static void tunnelled(void)
{
	begin("Geneve, Ethernet in it", "geneve 0xb and ip and icmp");
	ether_there(0x0800);
	ip4(17, NEAR4, FAR4);
	udp(50000, 6081);
	put32(0x00006558);
	put32(0xb << 8);
	ether(NEAR_MAC, FAR_MAC, 0x0800);
	ip4(1, "10.1.1.1", "10.1.1.2");
	icmp(8, 0);
	end();

	begin("Geneve with options, IPv6 in it", "geneve and ip6");
	ether_there(0x86dd);
	ip6(17, NEAR6, FAR6);
	udp(50001, 6081);
	put32(0x020086dd);
	put32(0x123456 << 8);
	put32(0x01020301);
	put32(0x99999999);
	ip6(6, THERE6, NEAR6);
	tcp(80, 40000, 0x12, 0);
	end();

	begin("VXLAN", "udp dst port 4789");
	ether_there(0x0800);
	ip4(17, NEAR4, THERE4);
	udp(50002, 4789);
	put32(0x08000000);
	put32(42 << 8);
	ether(NEAR_MAC, FAR_MAC, 0x0806);
	arp_body(1, NEAR4, FAR4);
	end();
}

static void link_layer_control(void)
{
	static const struct {
		const char *name, *expression;
		uint8_t control[2];
	} kinds[] = {
		{ "LLC I", "llc i", { 0x02, 0x04 } }, { "LLC RR", "llc rr", { 0x01, 0x02 } },
		{ "LLC RNR", "llc rnr", { 0x05, 0x02 } }, { "LLC REJ", "llc rej", { 0x09, 0x02 } },
		{ "LLC UI", "llc ui", { 0x03, 0 } }, { "LLC UA", "llc ua", { 0x63, 0 } },
		{ "LLC DISC", "llc disc", { 0x43, 0 } }, { "LLC SABME", "llc sabme", { 0x6f, 0 } },
		{ "LLC TEST", "llc test", { 0xe3, 0 } }, { "LLC XID", "llc xid", { 0xaf, 0 } },
		{ "LLC FRMR", "llc frmr", { 0x87, 0 } },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		begin(kinds[i].name, kinds[i].expression);
		llc(FAR_MAC, 0x04, 0x05);
		put(kinds[i].control, 2);
		pattern(42);
		end();
	}

	begin("spanning tree", "stp and ether dst 01:80:c2:00:00:00");
	llc(BRIDGE_MAC, 0x42, 0x42);
	put8(0x03);
	pattern(35);
	end();

	begin("NetBEUI", "netbeui");
	llc(FAR_MAC, 0xf0, 0xf0);
	put8(0x03);
	pattern(40);
	end();

	begin("SNAP, Appletalk", "atalk");
	llc(FAR_MAC, 0xaa, 0xaa);
	put("\x03\x08\x00\x07\x80\x9b", 6);
	pattern(40);
	end();

	begin("SNAP, Appletalk ARP", "aarp");
	llc(ALL_MAC, 0xaa, 0xaa);
	put("\x03\x00\x00\x00\x80\xf3", 6);
	pattern(28);
	end();

	begin("IPX, raw 802.3", "ipx and not llc");
	llc(FAR_MAC, 0xff, 0xff);
	pattern(40);
	end();
}

static void osi(void)
{
	static const struct {
		const char *name, *expression;
		uint8_t id, pdu;
	} kinds[] = {
		{ "CLNP", "clnp", 0x81, 0 }, { "ES-IS", "esis", 0x82, 0 },
		{ "IS-IS hello L1", "isis and l1 and iih", 0x83, 15 },
		{ "IS-IS hello L2", "iih and l2", 0x83, 16 },
		{ "IS-IS LSP", "lsp", 0x83, 18 }, { "IS-IS CSNP", "csnp", 0x83, 24 },
		{ "IS-IS PSNP", "psnp and snp", 0x83, 27 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		begin(kinds[i].name, kinds[i].expression);
		llc(BRIDGE_MAC, 0xfe, 0xfe);
		put8(0x03);
		put8(kinds[i].id);
		put("\x1b\x01\x00", 3);
		put8(kinds[i].pdu);
		pattern(40);
		end();
	}
}

static void other_ethertypes(void)
{
	static const struct {
		const char *name, *expression;
		uint16_t type;
	} kinds[] = {
		{ "MOP DL", "mopdl", 0x6001 }, { "MOP RC", "moprc", 0x6002 },
		{ "DECnet", "decnet", 0x6003 }, { "LAT", "lat", 0x6004 },
		{ "SCA", "ether proto \\sca", 0x6007 }, { "Appletalk", "atalk", 0x809b },
		{ "IPX", "ipx", 0x8137 }, { "loopback", "ether proto \\loopback", 0x9000 },
		{ "LLDP", "ether proto 0x88cc", 0x88cc }, { "802.1X", "ether[12:2] = 0x888e", 0x888e },
		{ "the smallest type", "ether proto 0x600", 0x0600 },
		{ "the largest type", "ether proto 0xffff", 0xffff },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		begin(kinds[i].name, kinds[i].expression);
		ether(i % 2 ? FAR_MAC : GROUP_MAC, NEAR_MAC, kinds[i].type);
		pattern(46);
		end();
	}

	begin("DECnet with addresses", "decnet src 1.1 and decnet dst 10.123");
	ether_there(0x6003);
	put("\x10\x00\x02", 3);
	put16(0x7b28);				/* 10.123, low byte first */
	put16(0x0104);
	pattern(30);
	end();

	begin("a header and nothing else", "len = 14 and ip");
	ether_there(0x0800);
	end();
}

void crafted_packets(crafted_add *add, void *to)
{
	now.add = add;
	now.to = to;
	address_resolution();
	tcp_over_ip4();
	udp_over_ip4();
	fragments_of_ip4();
	others_over_ip4();
	over_ip6();
	extensions_of_ip6();
	tagged();
	labelled();
	ppp_over_ethernet();
	tunnelled();
	link_layer_control();
	osi();
	other_ethertypes();
}

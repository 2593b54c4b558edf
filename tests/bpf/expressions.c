// SPDX-License-Identifier: BSD-3-Clause
/*
 * expressions.c: filter expressions, all that pcap-filter(7) has for Ethernet.
 */
#define _GNU_SOURCE
#include "expressions.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "packets.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define EACH(i, a) (size_t i = 0; i < COUNT(a); i++)
#define DEPTH_MAX 4

static bool is_there(const struct expressions *e, const char *text)
{
	for (size_t i = 0; i < e->n; i++)
		if (!strcmp(e->all[i], text))
			return true;
	return false;
}

/* Takes the text over. */
static void take(struct expressions *e, char *text)
{
	if (!text)
		abort();
	if (is_there(e, text)) {
		free(text);
		return;
	}
	if (!(e->n & (e->n - 1))) {
		e->all = realloc(e->all, (e->n ? 2 * e->n : 1) * sizeof(*e->all));
		if (!e->all)
			abort();
	}
	e->all[e->n++] = text;
}

static void __attribute__((format(printf, 2, 3))) add(struct expressions *e, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	take(e, text);
}

static const char *const directions[] = {
	"", "src ", "dst ", "src or dst ", "src and dst "
};

static void hosts_and_nets(struct expressions *e)
{
	static const char *const protos[] = { "", "ip ", "ip6 ", "arp ", "rarp " };
	static const char *const ids[] = {
		"host 192.0.2.1", "host 192.0.2.77", "host 198.51.100.5", "host 0.0.0.0",
		"host 2001:db8::1", "host 2001:db8:1::77", "host fe80::1",
		"net 192.0.2.0/24", "net 198.51.100", "net 10", "net 192.0.2.64/26",
		"net 192.0.2.0 mask 255.255.255.192", "net 0.0.0.0/0", "net 192.0.2.77/32",
		"net 2001:db8::/32", "net 2001:db8:1::/48", "net 2001:db8::/127",
		"net 2001:db8:2:3::5/128", "net 2001:d00::/25", "net fe80::/10",
	};

	for EACH(p, protos)
		for EACH(d, directions)
			for EACH(i, ids)
				add(e, "%s%s%s", protos[p], directions[d], ids[i]);
	add(e, "src 192.0.2.1 or 192.0.2.77");
	add(e, "host 0xc0000201");
}

static void ports(struct expressions *e)
{
	static const char *const protos[] = { "", "tcp ", "udp ", "sctp ", "ip ", "ip6 " };
	static const char *const ids[] = {
		"port 22", "port 53", "port 80", "port 443", "port 0", "port 65535", "port 5060",
		"portrange 53-80", "portrange 0-1023", "portrange 6000-6008",
		"portrange 1024-65535", "portrange 80-80", "portrange 443-53",
		"portrange 0-65535",
	};

	for EACH(p, protos)
		for EACH(d, directions)
			for EACH(i, ids)
				add(e, "%s%s%s", protos[p], directions[d], ids[i]);
	add(e, "tcp port 22 or 80 or 443");
	add(e, "dst port 53 and not src port 53");
}

static void link_layer(struct expressions *e)
{
	static const char *const ids[] = {
		"host 02:00:00:00:00:01", "host 02-00-00-00-00-02", "host ff:ff:ff:ff:ff:ff",
		"host 0200.0000.0001", "host 01:80:c2:00:00:00", "host 33:33:00:00:00:01",
	};
	static const char *const types[] = {
		"0x800", "0x806", "0x86dd", "0x8100", "0x88a8", "0x8847", "0x8863", "0x8864",
		"0x600", "0x5dc", "0x42", "0xf0", "0xfe", "0xff", "0xffff", "0x9000", "0x88cc", "0",
	};
	static const char *const names[] = {
		"\\ip", "\\ip6", "\\arp", "\\rarp", "\\atalk", "\\aarp", "\\decnet", "\\sca",
		"\\lat", "\\mopdl", "\\moprc", "\\iso", "\\stp", "\\ipx", "\\netbeui", "\\loopback",
	};
	static const char *const whole[] = {
		"broadcast", "multicast", "ether broadcast", "ether multicast", "link multicast",
		"ip broadcast", "ip multicast", "ip6 multicast", "not multicast",
		"ether src 02:00:00:00:00:01 and ether dst 02:00:00:00:00:02",
		"ether src 02:00:00:00:00:01 and not ether dst ff:ff:ff:ff:ff:ff",
		"ether host 02:00:00:00:00:02 and not host 192.0.2.77",
	};

	for EACH(d, directions)
		for EACH(i, ids)
			add(e, "ether %s%s", directions[d], ids[i]);
	for EACH(i, types) {
		add(e, "ether proto %s", types[i]);
		add(e, "not ether proto %s", types[i]);
	}
	for EACH(i, names)
		add(e, "ether proto %s", names[i]);
	for EACH(i, whole)
		add(e, "%s", whole[i]);
}

static void protocols(struct expressions *e)
{
	static const char *const words[] = {
		"ip", "ip6", "arp", "rarp", "atalk", "aarp", "decnet", "iso", "stp", "ipx",
		"netbeui", "lat", "moprc", "mopdl", "sca", "tcp", "udp", "sctp", "icmp", "icmp6",
		"igmp", "igrp", "pim", "vrrp", "carp", "ah", "esp", "clnp", "esis", "isis", "l1",
		"l2", "iih", "lsp", "snp", "csnp", "psnp", "pppoed", "pppoes", "vlan", "mpls",
		"geneve", "llc", "llc i", "llc s", "llc u", "llc rr", "llc rnr", "llc rej",
		"llc ui", "llc ua", "llc disc", "llc sabme", "llc test", "llc xid", "llc frmr",
	};
	static const unsigned int numbers[] = {
		0, 1, 2, 4, 6, 9, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 89, 103, 112, 132, 255,
	};
	static const char *const whole[] = {
		"iso proto 0x81", "iso proto 0x82", "iso proto 0x83", "iso proto 0",
		"isis proto 15", "isis proto 18", "decnet src 1.1", "decnet dst 10.123",
		"decnet host 10.123", "decnet src or dst 1.1", "ip proto \\tcp", "ip6 proto \\udp",
		"ip or not ip", "ip and not ip", "tcp and udp", "proto \\sctp",
	};

	for EACH(i, words) {
		add(e, "%s", words[i]);
		add(e, "not %s", words[i]);
	}
	for EACH(i, numbers) {
		add(e, "proto %u", numbers[i]);
		add(e, "ip proto %u", numbers[i]);
		add(e, "ip6 proto %u", numbers[i]);
	}
	for EACH(i, whole)
		add(e, "%s", whole[i]);
}

static void encapsulations(struct expressions *e)
{
	static const char *const outer[] = {
		"vlan", "vlan 100", "vlan 7", "vlan 4095", "vlan 0", "vlan and vlan",
		"vlan 200 and vlan 300", "vlan 100 and vlan", "vlan and vlan and vlan",
		"mpls", "mpls 100000", "mpls 16", "mpls 100000 and mpls 1024", "mpls and mpls",
		"mpls 1048575", "pppoes", "pppoes 0x27", "pppoes 1", "pppoes 65535", "geneve",
		"geneve 0xb", "geneve 0x123456", "vlan 5 and pppoes", "vlan and mpls",
		"vlan 100 and geneve", "mpls and pppoes",
	};
	static const char *const inner[] = {
		"ip", "ip6", "arp", "tcp", "udp port 53", "host 192.0.2.77", "icmp",
		"net 2001:db8::/32", "tcp dst port 80", "ip[8] > 32", "tcp[tcpflags] & tcp-syn != 0",
		"stp", "ip multicast", "ether[14] & 1 = 0", "portrange 0-100",
	};

	for EACH(o, outer) {
		add(e, "%s", outer[o]);
		add(e, "not (%s)", outer[o]);
		for EACH(i, inner) {
			add(e, "%s and %s", outer[o], inner[i]);
			if (i % 4 == o % 4)
				add(e, "%s or (%s and %s)", inner[i], outer[o], inner[i]);
		}
	}
}

static const char *const loads[] = {
	"ether[0]", "ether[6:4]", "ether[12:2]", "ether[20]", "link[13]", "ip[0]", "ip[2:2]",
	"ip[6:2]", "ip[8]", "ip[9]", "ip[12:4]", "ip[16:4]", "ip6[0:4]", "ip6[4:2]", "ip6[6]",
	"ip6[24:4]", "ip6[39]", "arp[6:2]", "arp[14:4]", "rarp[7]", "tcp[0:2]", "tcp[2:2]",
	"tcp[4:4]", "tcp[12]", "tcp[tcpflags]", "tcp[14:2]", "udp[0:2]", "udp[4:2]", "udp[8:4]",
	"icmp[icmptype]", "icmp[icmpcode]", "icmp[4:2]", "icmp6[icmp6type]", "icmp6[icmp6code]",
	"sctp[2:2]", "sctp[12]", "igmp[0]", "igrp[1]", "pim[0]", "vrrp[0]", "carp[0]",
	"decnet[0]", "lat[0]", "moprc[1]", "mopdl[2:2]", "sca[0]", "atalk[0:4]", "len",
};

/* As the man page has them, and as people write them. */
static void well_known(struct expressions *e)
{
	static const char *const whole[] = {
		"ether[0] & 1 != 0", "ip[0] & 0xf != 5", "ip[6:2] & 0x1fff = 0",
		"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 192.0.2.0/24",
		"tcp[tcpflags] & (tcp-rst|tcp-ack) == (tcp-rst|tcp-ack)",
		"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
		"tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
		"ip[2:2] > 576", "ether[0] & 1 = 0 and ip[16] >= 224",
		"icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply",
		"icmp6[icmp6type] = icmp6-neighboradvert", "icmp6[icmp6type] >= icmp6-routersolicit",
		"tcp[tcpflags] = tcp-syn|tcp-ack|tcp-ece|tcp-cwr|tcp-urg|tcp-push",
		"udp[10] & 0x80 = 0 and udp port 53", "udp[8:2] = 0x1234 and udp[10:2] & 0x8000 = 0",
		"ip[12:4] = ip[16:4]", "ip[(ip[0] & 0xf) << 2] = 0", "ip[ip[0] & 0xf] != 0",
		"ether[ip[2:2]] != 0", "ether[ip[2:2] + 13] != 0", "ether[len - 1] = 255",
		"ether[len - 4:4] > 0x80000000", "ether[len - 2:4] = 0", "ether[len] = 0",
		"ether[len:2] = 0", "ether[len - 15] & 1 = 1", "ip[len - 18:4] != 0",
		"ether[ether[14] : 2] > 100", "ether[ether[14] + ether[15] : 4] < 0x10000000",
		"ether[ether[ether[20] & 31] & 31] > 7", "ether[-4:4] = 0", "ether[-1] = 0",
		"ether[0xffffffff] = 1", "ether[0xfffff000:2] = 1", "ether[0x7fffffff:4] = 1",
		"ether[65535] = 1", "ether[64999] = 1", "ether[65000] = 1", "ether[64996:4] != 0",
		"ether[64997:4] != 0", "ether[0x10000:2] = 1", "ip[65500] = 1",
		"1 = 1", "1 = 0", "1 < 2 and ip", "len = len", "0x80000000 > 1", "-1 > 1",
		"ip[0] = -ip[1]", "-ip[8] < 0xffffff00", "ip[-1] = 0", "tcp[-1] = 0",
		"(ip[8] + 1) * 2 = 128", "ip[8] = ip[9] + 46", "ip6[6] = ip6[40]",
		"ether[6:4] = ether[0:4]", "ether[12:2] > 1500 and ether[12:2] != 0x800",
	};

	for EACH(i, whole)
		add(e, "%s", whole[i]);
	for (unsigned int i = 0; i < 20; i++)
		add(e, "icmp[icmptype] = %u", i);
	for (unsigned int i = 128; i < 154; i += 3)
		add(e, "icmp6[icmp6type] = %u or icmp6[icmp6code] = %u", i, i % 4);
	for (unsigned int i = 0; i < 8; i++)
		add(e, "tcp[tcpflags] & %u != 0", 1u << i);
}

static void comparisons(struct expressions *e)
{
	static const char *const relations[] = { ">", "<", ">=", "<=", "=", "==", "!=" };
	static const char *const values[] = {
		"0", "1", "6", "0x40", "0x45", "80", "0x800", "0xffff", "0xc0000201", "0xffffffff",
	};

	for EACH(l, loads)
		for EACH(r, relations)
			add(e, "%s %s %s", loads[l], relations[r], values[(l + 3 * r) % COUNT(values)]);
	for EACH(l, loads)
		add(e, "%s %s %s", loads[l], relations[l % COUNT(relations)],
		    loads[(l * 5 + 1) % COUNT(loads)]);
	for (unsigned int n = 0; n < 200; n += 17) {
		add(e, "less %u", n);
		add(e, "greater %u", n);
		add(e, "len %s %u", relations[n % COUNT(relations)], n);
	}
	add(e, "greater 1500");
	add(e, "less 9000 and greater 4000");
	add(e, "len > 65000");
	add(e, "length <= 64");
}

/* Each operator with a constant and with what is in the packet, on either side. */
static void arithmetic(struct expressions *e)
{
	static const char *const operators[] = {
		"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"
	};
	static const char *const constants[] = { "1", "2", "3", "7", "13", "16", "31" };
	static const char *const wide[] = { "0xff", "0x1000", "0x80000000", "0xffffffff" };
	static const char *const lefts[] = {
		"ip[0]", "ip[2:2]", "ether[6:4]", "ip[8]", "tcp[4:4]", "ip6[24:4]", "len", "udp[4:2]",
	};
	static const char *const rights[] = {
		"ip[8]", "ip[1]", "ether[20]", "(ip[9] & 7)", "ip6[7]", "(ether[13] & 63)",
		"(len - 60)", "(ip[0] - 0x45)",
	};

	for EACH(o, operators) {
		for EACH(l, lefts) {
			add(e, "%s %s %s > %zu", lefts[l], operators[o],
			    constants[(o + l) % COUNT(constants)], 3 * l);
			add(e, "%s %s %s != 0", lefts[l], operators[o], rights[l]);
			add(e, "%s %s %s <= %s %s %s", lefts[l], operators[o], rights[(l + o) % 8],
			    lefts[(l + 1) % 8], operators[(o + l) % 10], rights[(l + 3) % 8]);
			/* libpcap refuses a shift by so many bits */
			if (o < 8)
				add(e, "%s %s %s < 0x%zx", lefts[l], operators[o],
				    wide[(o + l) % COUNT(wide)], 0x1234567 * (l + 1));
		}
		add(e, "3000 %s ip[9] > 200", operators[o]);
		add(e, "(ip[0] %s ether[0]) %s ip[10] = 0", operators[o], operators[9 - o]);
		add(e, "ether[ip[0] %s 3 & 63] > 16", operators[o]);
		add(e, "ip[(ip[9] %s ip[8]) & 31 : 2] != 7", operators[o]);
	}
}

/* Bytes around the end of the linear part, and far behind it. */
static void far_bytes(struct expressions *e, uint32_t linear)
{
	static const char *const sizes[] = { "", ":2", ":4" };

	if (!linear)
		linear = 3520;
	for (int at = -4; at <= 4; at++)
		for EACH(s, sizes)
			add(e, "ether[%u%s] > 63", linear + at, sizes[s]);
	for (uint32_t at = linear + 13; at < PACKET_BYTES_FRAGS_MAX; at += 501) {
		add(e, "ether[%u] & 3 = 1", at);
		add(e, "ip and ip[%u:4] > 0x40000000", at);
		add(e, "tcp[%u] > 127 or udp[%u:2] < 1000", at, at);
		add(e, "ether[len - %u] > 100", at - linear + 1);
		add(e, "ip6 and not ether[%u] = 255 and ether[13] = 0xdd", at);
		add(e, "udp port 53 and ether[%u:2] & 1 = 0", at);
	}
	add(e, "ether[%u] = 1 or ip", PACKET_BYTES_FRAGS_MAX - 1);
	add(e, "not ether[%u] = 1", PACKET_BYTES_FRAGS_MAX);
	add(e, "ether[(ether[20] * 37) & 0x1fff] > 10");
	add(e, "ether[(ip[2:2] * 3) & 0x1fff : 4] > 10 and greater 5000");
}

/* Loops: for user space. */
static void chains(struct expressions *e)
{
	static const unsigned int numbers[] = { 6, 17, 58, 60 };

	for EACH(i, numbers) {
		add(e, "ip protochain %u", numbers[i]);
		add(e, "ip6 protochain %u", numbers[i]);
		add(e, "protochain %u", numbers[i]);
	}
}

/* "FIRST or FIRST or ...", each with the numbers of its place. */
static void list(struct expressions *e, unsigned int n, const char *before, const char *first,
		 unsigned int per_number, const char *after)
{
	char *text = NULL;
	size_t bytes;
	FILE *f = open_memstream(&text, &bytes);

	if (!f)
		abort();
	fputs(before, f);
	for (unsigned int i = 0; i < n; i++) {
		fprintf(f, "%s%s", i ? " or " : "", first);
		if (per_number == 2)
			fprintf(f, "%u.%u", i / 200, i % 200 + 1);
		else
			fprintf(f, "%u", i * 7 + 22);
	}
	fputs(after, f);
	if (fclose(f))
		abort();
	take(e, text);
}

/* No longer than libpcap's optimiser can stand: it takes the cube of the length. */
static void long_lists(struct expressions *e)
{
	static const unsigned int lengths[] = { 3, 20, 60, 120 };

	for EACH(i, lengths) {
		list(e, lengths[i], "", "host 192.0.", 2, "");
		list(e, lengths[i], "", "port ", 1, "");
		list(e, lengths[i], "", "udp src or dst port ", 1, " or arp");
		list(e, lengths[i], "not (", "host 192.0.", 2, ")");
		list(e, lengths[i], "vlan and (", "host 192.0.", 2, ")");
	}
	for EACH(i, lengths) {
		list(e, 3 * lengths[i], "", "src host 192.0.", 2, "");
		list(e, 3 * lengths[i], "", "tcp dst port ", 1, "");
		list(e, 3 * lengths[i], "tcp and (", "dst net 192.0.", 2, "/32) and port 80");
		list(e, 3 * lengths[i], "", "ip[8] = ", 1, "");
	}
	add(e, "host 192.0.2.1 or host 192.0.2.77 or net 198.51.100.0/24 or port 53 or port 443 or "
	    "udp port 123 or tcp port 8080 or icmp or arp or ip6 host 2001:db8::1 or sctp or igmp or "
	    "ether host 01:80:c2:00:00:00 or portrange 6000-6008 or ip[8] = 1 or tcp[13] = 2 or "
	    "ip proto 47 or ip6 proto 50 or pim or less 40");
}

static void combine(FILE *f, const struct expressions *e, size_t n, struct chance *c,
		    unsigned int depth)
{
	const unsigned int most = depth == DEPTH_MAX ? 0 : 4;

	switch (chance_below(c, most + 1)) {
	case 0:
		/* encapsulations change what comes after them: both ways are wanted */
		fprintf(f, "(%s)", e->all[chance_below(c, n)]);
		return;
	case 1:
		fputs("not (", f);
		combine(f, e, n, c, depth + 1);
		fputs(")", f);
		return;
	default:
		fputs("(", f);
		combine(f, e, n, c, depth + 1);
		fputs(chance_below(c, 2) ? " and " : " or ", f);
		combine(f, e, n, c, depth + 1);
		fputs(")", f);
	}
}

/* Of the `n` first. */
static void combinations(struct expressions *e, size_t n, unsigned int n_combined, uint64_t seed)
{
	struct chance c = { .state = seed ? seed : 1 };

	for (unsigned int i = 0; i < n_combined; i++) {
		char *text = NULL;
		size_t bytes;
		FILE *f = open_memstream(&text, &bytes);

		if (!f)
			abort();
		combine(f, e, n, &c, 0);
		if (fclose(f))
			abort();
		take(e, text);
	}
}

void expressions_make(struct expressions *e, uint32_t linear, unsigned int n_combined,
		      uint64_t seed)
{
	size_t n;

	*e = (struct expressions){ 0 };
	hosts_and_nets(e);
	ports(e);
	link_layer(e);
	protocols(e);
	encapsulations(e);
	well_known(e);
	comparisons(e);
	arithmetic(e);
	far_bytes(e, linear);
	n = e->n;
	add(e, "%s", "");
	chains(e);
	long_lists(e);
	combinations(e, n, n_combined, seed);
}

void expressions_read(struct expressions *e, FILE *from)
{
	char *text = NULL;
	size_t room = 0;

	*e = (struct expressions){ 0 };
	while (getdelim(&text, &room, '\0', from) > 0)
		take(e, strdup(text));
	free(text);
}

void expressions_free(struct expressions *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->all[i]);
	free(e->all);
	*e = (struct expressions){ 0 };
}

// SPDX-License-Identifier: BSD-3-Clause
/*
 * captured.c: Ethernet packets as the kernel makes them, captured.
 *
 * One process talks to itself on the loopback interface and reads a packet
 * socket.  A frame is there before what it brings is, so that nothing has to be
 * waited for but the answers.
 */
#define _GNU_SOURCE
#include "captured.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 10
#define MTU_BYTES "9000"		/* for datagrams that are long, and fragments */
#define LONG_BYTES 8000
#define FRAGMENTED_BYTES 12000
#define UNKNOWN_PROTOCOL 253		/* IANA: for experiments */

/* Two addresses of ours that talk to each other; expressions.c asks for them. */
struct network {
	const char *name;
	const char *near, *far, *group;
	int icmp;
};

union address {
	struct sockaddr any;
	struct sockaddr_in ip;
	struct sockaddr_in6 ip6;
	struct sockaddr_ll frame;
};

static const struct network networks[] = {
	{ "IPv4", "192.0.2.1", "192.0.2.77", "224.0.0.251", IPPROTO_ICMP },
	{ "IPv6", "2001:db8::1", "2001:db8:1::77", "ff02::fb", IPPROTO_ICMPV6 },
};

static struct captured *captured;	/* shared with the process that captures */
static char doing[sizeof(captured->frames[0].name)];
static int capture_fd = -1;

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	snprintf(captured->why_not, sizeof(captured->why_not), "%s: %s: %s", doing, what,
		 strerror(errno));
	_exit(EXIT_FAILURE);
}

static bool is_ip6(const struct network *net)
{
	return net->icmp == IPPROTO_ICMPV6;
}

static void begin(const char *what, const struct network *net)
{
	snprintf(doing, sizeof(doing), "%s over %s", what, net->name);
}

static socklen_t make_address(const char *text, uint16_t port, union address *address)
{
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &address->ip.sin_addr) == 1) {
		address->ip.sin_family = AF_INET;
		address->ip.sin_port = htons(port);
		return sizeof(address->ip);
	}
	must(inet_pton(AF_INET6, text, &address->ip6.sin6_addr) == 1, text);
	address->ip6.sin6_family = AF_INET6;
	address->ip6.sin6_port = htons(port);
	if (IN6_IS_ADDR_MULTICAST(&address->ip6.sin6_addr))
		address->ip6.sin6_scope_id = if_nametoindex("lo");
	return sizeof(address->ip6);
}

static void set_patience(int sock)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };

	must(!setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) &&
	     !setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)),
	     "setting a time limit");
}

static int open_socket(const char *text, int type, int protocol, uint16_t port)
{
	union address address;
	const socklen_t bytes = make_address(text, port, &address);
	const int sock = socket(address.any.sa_family, type | SOCK_CLOEXEC, protocol);

	must(sock >= 0, "opening a socket");
	set_patience(sock);
	must(!bind(sock, &address.any, bytes), text);
	return sock;
}

static bool try_to_reach(int sock, const char *text, uint16_t port)
{
	union address address;
	const socklen_t bytes = make_address(text, port, &address);

	return !connect(sock, &address.any, bytes);
}

static void reach(int sock, const char *text, uint16_t port)
{
	must(try_to_reach(sock, text, port), text);
}

static void send_bytes(int sock, size_t bytes)
{
	static const char line[] = "GET /index.html HTTP/1.1\r\n";
	char text[FRAGMENTED_BYTES];

	for (size_t i = 0; i < bytes; i++)
		text[i] = line[i % (sizeof(line) - 1)];
	must(send(sock, text, bytes, MSG_NOSIGNAL) == (ssize_t)bytes, "sending");
}

static void hear_bytes(int sock, size_t bytes)
{
	char buf[FRAGMENTED_BYTES];

	must(recv(sock, buf, bytes, MSG_WAITALL) == (ssize_t)bytes, "receiving");
}

static void hear_end(int sock)
{
	char byte;

	must(recv(sock, &byte, 1, 0) == 0, "hearing the end of a connection");
}

/* Takes what has come, and waits for so many frames at least. */
static void capture(unsigned int n_wanted)
{
	unsigned int n = 0;

	for (;;) {
		struct captured_frame *frame = &captured->frames[captured->n];
		union address from = { 0 };
		socklen_t from_bytes = sizeof(from);
		ssize_t len;

		must(captured->n < CAPTURED_MAX, "too many frames");
		len = recvfrom(capture_fd, frame->data, sizeof(frame->data),
			       MSG_TRUNC | (n < n_wanted ? 0 : MSG_DONTWAIT),
			       &from.any, &from_bytes);
		if (len < 0 && errno == EAGAIN && n >= n_wanted)
			return;
		must(len >= PACKET_BYTES_MIN && (size_t)len <= sizeof(frame->data), "capturing");
		if (from.frame.sll_pkttype == PACKET_OUTGOING)
			continue;		/* it comes in, too */
		snprintf(frame->name, sizeof(frame->name), "%s", doing);
		frame->len = len;
		captured->n++;
		n++;
	}
}

static void open_capture(void)
{
	const union address lo = {
		.frame = {
			.sll_family = AF_PACKET,
			.sll_protocol = htons(ETH_P_ALL),
			.sll_ifindex = if_nametoindex("lo"),
		},
	};

	capture_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	must(capture_fd >= 0, "opening a packet socket");
	set_patience(capture_fd);
	must(!bind(capture_fd, &lo.any, sizeof(lo.frame)), "binding a packet socket to lo");
}

/*
 * The kernel adds an IPv6 address's own route in its own time: with one for all of
 * them there is nothing to wait for.
 */
static void open_network(void)
{
	static const char commands[] =
		"{ ip link set lo mtu " MTU_BYTES " up"
		" && ip address add 192.0.2.1/24 dev lo"
		" && ip address add 2001:db8::1/128 dev lo nodad"
		" && ip address add 2001:db8:1::77/128 dev lo nodad"
		" && ip route add local 2001:db8::/32 dev lo"
		" && ip route add local ff00::/8 dev lo; } >/dev/null 2>&1";

	snprintf(doing, sizeof(doing), "a network");
	must(!unshare(CLONE_NEWNET), "making a network namespace");
	errno = 0;
	must(!system(commands), "setting up lo by ip, of iproute2");
}

static void tell(int from, int to, size_t bytes)
{
	send_bytes(from, bytes);
	hear_bytes(to, bytes);
}

static void talk_by_tcp(const struct network *net)
{
	const int listener = open_socket(net->far, SOCK_STREAM, 0, 80);
	const int client = open_socket(net->near, SOCK_STREAM, 0, 6003);
	int server;

	must(!listen(listener, 1), "listening");
	reach(client, net->far, 80);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(server >= 0, "accepting a connection");
	tell(client, server, 100);
	tell(server, client, 1400);
	tell(server, client, LONG_BYTES);
	tell(client, server, 1);
	must(!shutdown(client, SHUT_WR), "ending a connection");
	hear_end(server);
	close(server);
	hear_end(client);
	close(client);
	close(listener);
	capture(8);
}

static void talk_by_udp(const struct network *net)
{
	static const size_t sizes[] = { 0, 1, 40, 1400, LONG_BYTES, FRAGMENTED_BYTES };
	const int client = open_socket(net->near, SOCK_DGRAM, 0, 5060);
	const int server = open_socket(net->far, SOCK_DGRAM, 0, 53);

	reach(client, net->far, 53);
	reach(server, net->near, 5060);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		tell(client, server, sizes[i]);
	tell(server, client, 200);
	close(client);
	close(server);
	capture(sizeof(sizes) / sizeof(sizes[0]) + 2);
}

/* The port is closed: the kernel says so, in a way or another. */
static void knock(const struct network *net)
{
	const int stream = open_socket(net->near, SOCK_STREAM, 0, 0);
	const int datagrams = open_socket(net->near, SOCK_DGRAM, 0, 400);
	char answer;

	must(!try_to_reach(stream, net->far, 22) && errno == ECONNREFUSED,
	     "being refused by TCP");
	reach(datagrams, net->far, 29);
	send_bytes(datagrams, 30);
	must(recv(datagrams, &answer, 1, 0) < 0 && errno == ECONNREFUSED,
	     "being refused for UDP");
	close(stream);
	close(datagrams);
	capture(4);
}

/* A header that is longer than usual, or one more of them. */
static void send_options(const struct network *net)
{
	/* to record a route of one hop; to alert routers */
	static const uint8_t options[] = { IPOPT_RR, 7, IPOPT_MINOFF, 0, 0, 0, 0, IPOPT_END };
	static const uint8_t header[] = { 0, 0, 5, 2, 0, 0, 1, 0 };
	const int client = open_socket(net->near, SOCK_DGRAM, 0, 5060);
	const int server = open_socket(net->far, SOCK_DGRAM, 0, 443);

	if (is_ip6(net))
		must(!setsockopt(client, IPPROTO_IPV6, IPV6_HOPOPTS, header, sizeof(header)),
		     "IPV6_HOPOPTS");
	else
		must(!setsockopt(client, IPPROTO_IP, IP_OPTIONS, options, sizeof(options)),
		     "IP_OPTIONS");
	reach(client, net->far, 443);
	tell(client, server, 50);
	close(client);
	close(server);
	capture(1);
}

static uint16_t checksum(const void *data, size_t bytes)
{
	const uint8_t *at = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum += i % 2 ? at[i] : at[i] << 8;
	sum = (sum >> 16) + (sum & 0xffff);
	return htons(~(sum + (sum >> 16)));
}

static void ping(const struct network *net)
{
	struct {
		struct icmphdr header;	/* ICMPv6's is the same for an echo */
		char data[56];
	} request = {
		.header = {
			.type = is_ip6(net) ? ICMP6_ECHO_REQUEST : ICMP_ECHO,
			.un.echo = { .id = htons(77), .sequence = htons(1) },
		},
		.data = "0123456789",
	};
	const int sock = open_socket(net->near, SOCK_RAW, net->icmp, 0);

	if (!is_ip6(net))
		request.header.checksum = checksum(&request, sizeof(request));
	reach(sock, net->far, 0);
	must(send(sock, &request, sizeof(request), 0) == sizeof(request), "sending");
	capture(2);			/* with the answer */
	close(sock);
}

static void send_unknown_protocol(const struct network *net)
{
	const int sock = open_socket(net->near, SOCK_RAW, UNKNOWN_PROTOCOL, 0);

	reach(sock, net->far, 0);
	send_bytes(sock, 20);
	capture(2);			/* with the error */
	close(sock);
}

static void send_to_group(const struct network *net)
{
	const struct ip_mreqn lo = { .imr_ifindex = if_nametoindex("lo") };
	const int sock = open_socket(net->near, SOCK_DGRAM, 0, 5353);

	if (!is_ip6(net))
		must(!setsockopt(sock, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo)),
		     "IP_MULTICAST_IF");
	reach(sock, net->group, 5353);
	send_bytes(sock, 60);
	capture(1);
	close(sock);
}

static void ask_for_neighbour(const struct network *net)
{
	const int sock = open_socket(net->near, SOCK_RAW, IPPROTO_ICMPV6, 0);
	struct nd_neighbor_solicit request = { .nd_ns_type = ND_NEIGHBOR_SOLICIT };
	const int hops = 255;

	must(!setsockopt(sock, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)),
	     "IPV6_MULTICAST_HOPS");
	inet_pton(AF_INET6, net->far, &request.nd_ns_target);
	reach(sock, "ff02::1:ff00:77", 0);
	must(send(sock, &request, sizeof(request), 0) == sizeof(request), "sending");
	capture(1);
	close(sock);
}

static void make_traffic(void)
{
	static const struct {
		const char *name;
		void (*make)(const struct network *net);
	} kinds[] = {
		{ "TCP", talk_by_tcp },
		{ "UDP", talk_by_udp },
		{ "a closed port", knock },
		{ "options", send_options },
		{ "ping", ping },
		{ "no protocol", send_unknown_protocol },
		{ "multicast", send_to_group },
	};

	for (size_t net = 0; net < sizeof(networks) / sizeof(networks[0]); net++)
		for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
			begin(kinds[kind].name, &networks[net]);
			kinds[kind].make(&networks[net]);
		}
	begin("neighbours", &networks[1]);
	ask_for_neighbour(&networks[1]);
}

struct captured *captured_make(void)
{
	int status;
	pid_t pid;

	captured = mmap(NULL, sizeof(*captured), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (captured == MAP_FAILED)
		abort();
	pid = fork();
	if (!pid) {
		open_network();
		open_capture();
		make_traffic();
		_exit(EXIT_SUCCESS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	if (status && !captured->why_not[0])
		snprintf(captured->why_not, sizeof(captured->why_not),
			 "what makes the traffic ended with status %#x", status);
	return captured;
}

void captured_free(struct captured *c)
{
	munmap(c, sizeof(*c));
}

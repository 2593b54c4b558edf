/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flood.h: packets that a program sends itself, from the other network namespace of
 * the lab (tests/lib/lab.sh draws it).
 */
#ifndef XDPS_FLOOD_H
#define XDPS_FLOOD_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "must.h"

struct headers {
	struct ether_header ether;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

/* From tx0 to rx0, and to an address that nobody has, in a frame of so many bytes. */
static inline struct headers headers_to(uint16_t port, size_t frame_bytes)
{
	const size_t ip_bytes = frame_bytes - sizeof(struct ether_header);

	return (struct headers){
		.ether = {
			.ether_dhost = { 2, 0, 0x5e, 0x10, 0, 2 },
			.ether_shost = { 2, 0, 0x5e, 0x10, 0, 1 },
			.ether_type = htons(ETHERTYPE_IP),
		},
		.ip = {
			.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
			.tot_len = htons(ip_bytes),
			.saddr = inet_addr("192.0.2.1"), .daddr = inet_addr("192.0.2.200"),
		},
		.udp = {
			.source = htons(40000), .dest = htons(port),
			.len = htons(ip_bytes - sizeof(struct iphdr)),
		},
	};
}

/* A socket that sees what has passed the hook of this interface. */
static inline int open_witness(const char *ifname)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	at.sll_ifindex = (int)if_nametoindex(ifname);
	must(fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at)), "%s: %s", ifname,
	     strerror(errno));
	return fd;
}

/* Counted since it was asked last, whether it had room or not. */
static inline uint64_t newly_passed(int witness)
{
	struct tpacket_stats stats;
	socklen_t size = sizeof(stats);

	must(!getsockopt(witness, SOL_PACKET, PACKET_STATISTICS, &stats, &size),
	     "statistics: %s", strerror(errno));
	return stats.tp_packets;
}

/*
 * On the other end of the veth pair, without a queue: what send() took has arrived.
 * This process is in that network namespace from then on.
 */
static inline int open_sender(const char *netns, const char *ifname)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	char path[128];
	int one = 1, fd;

	snprintf(path, sizeof(path), "/var/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && !setns(fd, CLONE_NEWNET), "%s: %s", path, strerror(errno));
	close(fd);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex(ifname);
	must(fd >= 0 && !bind(fd, (struct sockaddr *)&to, sizeof(to)) &&
	     !setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)),
	     "sending on %s: %s", ifname, strerror(errno));
	return fd;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Protects the interface on which rpcapd captures, which rpcapd itself does not: a client
 * that disappears silently, or that never comes for its packets, must not keep a program
 * attached there.  The patch patches/rpcapd-guard.patch calls this, in the process that
 * serves one client.
 *
 * While packets are sent over TCP, a thread watches the connection.  When nothing waits
 * to be acknowledged, it sends the header of an empty message, of a type that clients of
 * every version ignore.  When what was sent is not acknowledged for
 * XDPSAMPLE_RPCAPD_PATIENCE_MS (500 by default, at least 300; 0: never) and two round
 * trips, it shuts both connections down, and rpcapd then ends the capture.  A client that
 * is alive but does not read is left alone.
 */
#ifndef XDPSAMPLE_GUARD_H
#define XDPSAMPLE_GUARD_H

#include <pcap/pcap.h>

struct addrinfo;
struct passwd;

/* Ends this process when the rpcapd that forked it ends. */
void guard_with_parent(void);

/*
 * Becomes the user who has logged in, with this user's groups and none of root's: the
 * groups decide who may start the helper.  Returns as setuid(2) does.
 */
int guard_become(const struct passwd *user);

/*
 * Has the kernel probe the control connection, once a second.  This is for times when no
 * packets flow, or when the data go over UDP.
 */
void guard_control(int control);

/*
 * Call this before the socket for the data connection is opened.  It is then bound to the
 * local address of the control connection, instead of all addresses, and to
 * XDPSAMPLE_RPCAPD_DATA_PORT (1 to 65535), instead of any port, if that is set.
 */
void guard_address(int control, struct addrinfo *where);

/*
 * Waits for the data connection, from the host that the control connection comes from;
 * others are refused.  Returns its socket, which the caller closes, or -1 with errno: the
 * control connection has ended, or 10 s are over.
 */
int guard_accept(int listener, int control);

/*
 * Connects to where the client waits for its packets, for clients that want this (and
 * with -a).  Returns the socket, which the caller closes.  Otherwise returns -1, and the
 * reason in errbuf (PCAP_ERRBUF_SIZE bytes): the client could not be reached, the control
 * connection has ended, or 10 s are over.
 */
int guard_connect(const struct addrinfo *there, int control, char *errbuf);

/*
 * Call these around the life of the thread that sends the packets: before it starts, when
 * it should end, and when it ends.  If it ends without guard_let_go(), both connections
 * are shut down: only then does the client learn of it, and only then is the capture
 * closed.
 */
void guard_capture(int control, int data, int protocol_version);
void guard_let_go(void);
void guard_capture_over(void);

/*
 * Like pcap_next_ex() and pcap_setfilter(), for two threads: the one that sends the
 * packets, and the one that serves the control connection and interrupts the other.  A
 * libpcap handle is for one thread at a time.  guard_filter() refuses an invalid program,
 * on any interface, and what it sets ends on every packet.
 */
int guard_next(pcap_t *p, struct pcap_pkthdr **header, const u_char **data);
int guard_filter(pcap_t *p, struct bpf_program *filter);

/* Call these around each send on the data connection, so that no message is split. */
void guard_lock(void);
void guard_unlock(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rpcapd lacks of care for the interface it captures on: a client that is
 * gone without a word, or that never comes for its packets, must not keep a
 * program attached there.  patches/rpcapd-guard.patch calls this, in the process
 * that serves one client.
 *
 * While packets go out over TCP, a thread looks after the connection: when
 * nothing waits to be acknowledged it sends the header of an empty message, of a
 * type that clients of every version pass over, and when what was sent is not
 * acknowledged for XDPSAMPLE_RPCAPD_PATIENCE_MS (500 by default, at least 300,
 * 0 never) and two round trips, it shuts both connections down, upon which rpcapd
 * ends the capture.
 * A client that lives but does not read is left in peace.
 */
#ifndef XDPSAMPLE_GUARD_H
#define XDPSAMPLE_GUARD_H

#include <pcap/pcap.h>

struct addrinfo;
struct passwd;

/* End this process when the rpcapd that forked it does. */
void guard_with_parent(void);

/*
 * Become the user who has logged in, with this user's groups and none of root's: by
 * them the helper's file is given.  Returns as setuid(2) does.
 */
int guard_become(const struct passwd *user);

/*
 * The control connection: has the kernel ask on it, once a second, whether the
 * peer is there.  For the time when no packets flow, or the data go by UDP.
 */
void guard_control(int control);

/*
 * Before the socket for the data connection is opened: the local address of the
 * control connection, instead of all, and XDPSAMPLE_RPCAPD_DATA_PORT (1 to 65535)
 * instead of any port, if that is set.
 */
void guard_address(int control, struct addrinfo *where);

/*
 * Waits for the data connection, from the host that the control connection
 * comes from; others are turned away.  Returns its socket, which the caller
 * closes, or -1 with errno: the control connection has ended, or 10 s are over.
 */
int guard_accept(int listener, int control);

/*
 * Connects to where the client waits for its packets, for those that want it so (and
 * with -a).  Returns the socket, which the caller closes, or -1 and in errbuf, of
 * PCAP_ERRBUF_SIZE, the reason: it could not be reached, the control connection has
 * ended, or 10 s are over.
 */
int guard_connect(const struct addrinfo *there, int control, char *errbuf);

/*
 * Around the life of the thread that sends the packets: before it begins, when it is to
 * end, and when it does.  When it ends without having been told so by guard_let_go(),
 * both connections are shut down: only so does the client learn of it, and only so is
 * the capture closed.
 */
void guard_capture(int control, int data, int protocol_version);
void guard_let_go(void);
void guard_capture_over(void);

/*
 * As pcap_next_ex() and pcap_setfilter(), for two threads: the one that sends the
 * packets, and the one that serves the control connection, which interrupts the
 * other.  libpcap's handles are for one thread at a time.
 * guard_filter() refuses what is no valid program, on any interface, and what it sets ends
 * on every packet.
 */
int guard_next(pcap_t *p, struct pcap_pkthdr **header, const u_char **data);
int guard_filter(pcap_t *p, struct bpf_program *filter);

/* Around each send on the data connection: a message is not cut in two. */
void guard_lock(void);
void guard_unlock(void);

#endif

// SPDX-License-Identifier: BSD-3-Clause
/*
 * filter.c: a filter in libpcap's syntax.
 */
#include "filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "../common/error.h"

#define SNAPLEN 262144		/* what an accepting filter returns: longer than any packet */

struct filter {
	struct bpf_program program;	/* for the kernel */
	struct bpf_program runnable[2];	/* for use here, on packets that were received, and sent */
};

/* The engine has its own type for an instruction; the two are cast to each other. */
_Static_assert(sizeof(struct xdps_insn) == sizeof(struct bpf_insn) &&
	       offsetof(struct xdps_insn, k) == offsetof(struct bpf_insn, k),
	       "struct xdps_insn has the layout of struct bpf_insn");

/*
 * The netmask is for "ip broadcast", which is an error on an interface that has no
 * address.  The look-up returns network byte order, and the compiler wants host byte
 * order.
 */
static bpf_u_int32 netmask_of(const char *ifname)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	bpf_u_int32 net, mask;

	return pcap_lookupnet(ifname, &net, &mask, errbuf) ? PCAP_NETMASK_UNKNOWN :
									  ntohl(mask);
}

static enum xdps_status compile(struct filter *f, const char *expression, const char *ifname,
				enum xdps_link link, struct xdps_error *err)
{
	enum xdps_status status = XDPS_OK;
	pcap_t *p;

	p = pcap_open_dead(link == XDPS_LINK_ETHERNET ? DLT_EN10MB : DLT_RAW, SNAPLEN);
	if (!p)
		return xdps_fail_errno(err, -ENOMEM, "compiling a filter");
	if (pcap_compile(p, &f->program, expression, 1, netmask_of(ifname)))
		status = xdps_fail(err, XDPS_BAD_FILTER, "%s", pcap_geterr(p));
	pcap_close(p);
	return status;
}

/* It ends on every packet. */
static enum xdps_status make_runnable(struct filter *f, bool sent, struct xdps_error *err)
{
	enum xdps_status status;
	struct xdps_insn *copy;
	size_t n;

	status = xdps_runnable_filter(filter_insns(f, &n), f->program.bf_len, &copy, &n, err);
	if (status)
		return status;
	xdps_answer_direction(copy, n, sent);
	f->runnable[sent].bf_insns = (struct bpf_insn *)(void *)copy;
	f->runnable[sent].bf_len = n;
	return XDPS_OK;
}

enum xdps_status filter_compile(struct filter **out, const char *expression,
				const char *ifname, enum xdps_link link, enum xdps_dir dir,
				struct xdps_error *err)
{
	const struct xdps_insn *insns;
	enum xdps_status status;
	struct filter *f;
	size_t n;

	*out = NULL;
	if (!expression || !expression[strspn(expression, " \t\n")])
		return XDPS_OK;
	f = calloc(1, sizeof(*f));
	if (!f)
		return xdps_fail_errno(err, -ENOMEM, "compiling a filter");
	status = compile(f, expression, ifname, link, err);
	if (!status) {
		insns = filter_insns(f, &n);
		status = xdps_check_filter(insns, n, dir, err);
	}
	if (!status)
		status = make_runnable(f, false, err);
	if (!status)
		status = make_runnable(f, true, err);
	if (status)
		filter_free(f);
	else
		*out = f;
	return status;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	pcap_freecode(&f->program);
	free(f->runnable[false].bf_insns);
	free(f->runnable[true].bf_insns);
	free(f);
}

const struct xdps_insn *filter_insns(const struct filter *f, size_t *n)
{
	*n = f->program.bf_len;
	return (const struct xdps_insn *)(const void *)f->program.bf_insns;
}

uint32_t filter_wants(const struct filter *f, const struct xdps_packet *pkt)
{
	const struct pcap_pkthdr h = { .caplen = pkt->caplen, .len = pkt->len };

	return (uint32_t)pcap_offline_filter(&f->runnable[pkt->sent], &h, pkt->data);
}

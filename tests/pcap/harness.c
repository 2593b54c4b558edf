// SPDX-License-Identifier: BSD-3-Clause
/*
 * harness.c: what the tests of the module share, see harness.h.
 */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

pcap_t *p;
struct received got;
char errbuf[PCAP_ERRBUF_SIZE];

int set_up(void **state)
{
	fake_reset();
	memset(&got, 0, sizeof(got));
	errbuf[0] = '\0';
	p = pcap_create("xdpsample:eth0", errbuf);
	return p ? 0 : -1;
}

int tear_down(void **state)
{
	signal(SIGUSR1, SIG_DFL);
	if (p)
		pcap_close(p);
	p = NULL;
	assert_int_equal(fake.n_opens, fake.n_closes);
	/* it was the engine's to close, not libpcap's */
	assert_true(fcntl(fake.fd, F_GETFD) >= 0);
	fake_free();
	return 0;
}

void activate(void)
{
	assert_int_equal(pcap_activate(p), 0);
}

void activate_with_timeout(int to_ms)
{
	assert_int_equal(pcap_set_timeout(p, to_ms), 0);
	activate();
}

void activate_nonblocking(void)
{
	activate();
	assert_int_equal(pcap_setnonblock(p, 1, errbuf), 0);
}

static void receive(u_char *user, const struct pcap_pkthdr *h,
		    const u_char *data)
{
	struct received *r = (struct received *)(void *)user;

	if (r->n < RECEIVED_MAX) {
		r->hdr[r->n] = *h;
		r->fill[r->n] = data[0];
		/* all of it must be there to be read */
		for (bpf_u_int32 i = 0; i < h->caplen; i++)
			assert_int_equal(data[i], data[0]);
	}
	if (++r->n == r->act_at)
		r->act();
}

/* Every read has to leave the selectable descriptor in order. */
int dispatch(int cnt)
{
	int ret = pcap_dispatch(p, cnt, receive, (u_char *)&got);

	assert_false(fake.unsettled);
	return ret;
}

int loop(int cnt)
{
	int ret = pcap_loop(p, cnt, receive, (u_char *)&got);

	assert_false(fake.unsettled);
	return ret;
}

void assert_received(int n)
{
	assert_int_equal(got.n, n);
	for (int i = 0; i < n && i < RECEIVED_MAX; i++)
		assert_int_equal(got.fill[i], i);
}

int set_filter(const char *expression)
{
	struct bpf_program prog;
	int ret;

	assert_int_equal(pcap_compile(p, &prog, expression, 1,
				      PCAP_NETMASK_UNKNOWN), 0);
	ret = pcap_setfilter(p, &prog);
	/* the module has to have its own copy */
	memset(prog.bf_insns, 0, prog.bf_len * sizeof(prog.bf_insns[0]));
	pcap_freecode(&prog);
	return ret;
}

int set_program(struct bpf_insn *insns, u_int n)
{
	struct bpf_program prog = { .bf_len = n, .bf_insns = insns };

	return pcap_setfilter(p, &prog);
}

void reject_all(void)
{
	struct bpf_insn insn = BPF_STMT(BPF_RET | BPF_K, 0);

	assert_int_equal(set_program(&insn, 1), 0);
}

void act_at(int packet, void (*act)(void))
{
	got.act_at = packet;
	got.act = act;
}

void break_loop_in(void *arg)
{
	(void)arg;
	pcap_breakloop(p);
}

void break_in_wait(unsigned int left)
{
	fake_woken();
	fake_during(break_loop_in, NULL);
	fake.left = left;
}

// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * refusal.bpf.c: notices that somebody could not attach an XDP program.
 *
 * The kernel's sentence passes the tracepoint netlink:netlink_extack, whether the request
 * came by netlink or by bpf(): both end in dev_xdp_attach().  The sentence does not say
 * which interface it is about, so the request goes to the helper as well, as it is in the
 * memory of the process that made it.
 *
 * It runs for every error of netlink on the machine, so it looks at 8 characters first.
 *
 * The programs of xdp-tools look at what is attached, and do not ask the kernel if that is
 * not libxdp's.  They are noticed when they start, by their name.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "refusal.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct xdps_refusal_config config;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16384);
} refusals SEC(".maps");

/* The members that we need of the kernel's own structures, found by name when loaded. */
struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct user_namespace;

struct net {
	struct ns_common ns;
	struct user_namespace *user_ns;
} __attribute__((preserve_access_index));

struct nsproxy {
	struct net *net_ns;
} __attribute__((preserve_access_index));

struct mm_struct {
	unsigned long arg_start, arg_end;
} __attribute__((preserve_access_index));

struct cred {
	struct {
		unsigned int val;
	} euid;
	struct {
		__u64 bits;
	} cap_effective;		/* two words before 6.3, the lower one first */
	struct user_namespace *user_ns;
} __attribute__((preserve_access_index));

struct task_struct {
	struct nsproxy *nsproxy;
	struct mm_struct *mm;
	const struct cred *cred;
} __attribute__((preserve_access_index));

struct pt_regs___x86 {
	unsigned long si, dx, orig_ax;
} __attribute__((preserve_access_index));

struct pt_regs___arm64 {
	unsigned long long regs[31];
	int syscallno;
} __attribute__((preserve_access_index));

/* A system call, with its second and third argument. */
struct call {
	long number;
	unsigned long second, third;
};

/* On 64-bit machines: struct iovec, and the beginning of struct user_msghdr. */
struct piece {
	__u64 base, bytes;
};

struct message_head {
	__u64 name, name_bytes, pieces;
};

static __always_inline int read_call(struct call *call)
{
	void *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	if (bpf_core_field_exists(struct pt_regs___x86, orig_ax)) {
		struct pt_regs___x86 *x86 = regs;

		call->number = BPF_CORE_READ(x86, orig_ax);
		call->second = BPF_CORE_READ(x86, si);
		call->third = BPF_CORE_READ(x86, dx);
		return 1;
	}
	if (bpf_core_field_exists(struct pt_regs___arm64, syscallno)) {
		struct pt_regs___arm64 *arm64 = regs;

		call->number = BPF_CORE_READ(arm64, syscallno);
		call->second = BPF_CORE_READ(arm64, regs[1]);
		call->third = BPF_CORE_READ(arm64, regs[2]);
		return 1;
	}
	return 0;
}

/* Where the request is, and how long. */
static __always_inline __u32 find_request(struct piece *at)
{
	struct message_head head;
	struct call call;

	if (!read_call(&call))
		return XDPS_REFUSED_UNKNOWN;
	at->base = call.second;
	at->bytes = call.third;
	if (call.number == config.nr_bpf)
		return XDPS_REFUSED_LINK;
	if (call.number == config.nr_sendto)
		return XDPS_REFUSED_NETLINK;
	if (call.number != config.nr_sendmsg ||
	    bpf_probe_read_user(&head, sizeof(head), (void *)call.second) ||
	    bpf_probe_read_user(at, sizeof(*at), (void *)head.pieces))
		return XDPS_REFUSED_UNKNOWN;
	return XDPS_REFUSED_NETLINK;
}

static __always_inline void copy(struct xdps_refusal *r, __u32 what, const struct piece *at)
{
	__u64 bytes = at->bytes;

	if (bytes > XDPS_REFUSED_BYTES)
		bytes = XDPS_REFUSED_BYTES;
	if (what != XDPS_REFUSED_UNKNOWN &&
	    bpf_probe_read_user(r->request, bytes, (void *)at->base))
		what = XDPS_REFUSED_UNKNOWN;
	r->what = what;
	r->bytes = what == XDPS_REFUSED_UNKNOWN ? 0 : bytes;
}

static __always_inline void copy_request(struct xdps_refusal *r)
{
	struct piece at = { 0 };
	__u32 what = find_request(&at);

	copy(r, what, &at);
}

static __always_inline void copy_arguments(struct xdps_refusal *r)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct piece at = { .base = BPF_CORE_READ(task, mm, arg_start) };

	at.bytes = BPF_CORE_READ(task, mm, arg_end) - at.base;
	copy(r, XDPS_STARTED_COMMAND, &at);
}

/* About the current process; NULL if there is no room. */
static __always_inline struct xdps_refusal *begin(void)
{
	struct xdps_refusal *r = bpf_ringbuf_reserve(&refusals, sizeof(*r), 0);

	if (!r)
		return NULL;
	r->pid = bpf_get_current_pid_tgid() >> 32;
	r->reserved = 0;
	r->text[0] = '\0';
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	return r;
}

/* Eight characters as a number, as the processor has it. */
#define WORD(text) (*(const __u64 *)(text))

/* The sentences that the helper understands (helper/attach/refusal.c). */
static __always_inline int is_about_xdp(const char *text)
{
	__u64 first;

	if (bpf_probe_read_kernel(&first, sizeof(first), text))
		return 0;
	return first == WORD("Can't re") || first == WORD("Native a") ||
	       first == WORD("Cannot a") || first == WORD("Slave ha");
}

static __always_inline int is_our_namespace(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum) == config.netns;
}

SEC("raw_tp/netlink_extack")
int xdps_refused(struct bpf_raw_tracepoint_args *ctx)
{
	const char *text = (const char *)ctx->args[0];
	struct xdps_refusal *r;

	if (!is_about_xdp(text) || !is_our_namespace())
		return 0;
	r = begin();
	if (!r)
		return 0;
	if (bpf_probe_read_kernel_str(r->text, sizeof(r->text), text) < 0)
		r->text[0] = '\0';
	copy_request(r);
	bpf_ringbuf_submit(r, 0);
	return 0;
}

#define CAP_NET_ADMIN 12

/*
 * Could it attach a program here?  Everybody can start a program of any name, and must not
 * make captures let go.
 */
static __always_inline int may_attach(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred = BPF_CORE_READ(task, cred);
	__u64 caps = 0;

	if (!BPF_CORE_READ(cred, euid.val))
		return 1;
	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	return caps & 1ull << CAP_NET_ADMIN &&
	       BPF_CORE_READ(cred, user_ns) == BPF_CORE_READ(task, nsproxy, net_ns, user_ns);
}

/* Is it one of xdp-tools? */
static __always_inline int is_tool(void)
{
	char comm[16];

	return !bpf_get_current_comm(comm, sizeof(comm)) && comm[0] == 'x' && comm[1] == 'd' &&
	       comm[2] == 'p' && comm[3] == '-';
}

SEC("raw_tp/sched_process_exec")
int xdps_started(void *ctx __attribute__((unused)))
{
	struct xdps_refusal *r;

	if (!is_tool() || !is_our_namespace() || !may_attach())
		return 0;
	r = begin();
	if (!r)
		return 0;
	copy_arguments(r);
	bpf_ringbuf_submit(r, 0);
	return 0;
}

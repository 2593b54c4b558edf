// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * pages.bpf.c: finds where the kernel has its pages, and what describes them.
 *
 * The helper runs this once, before it traces a program whose packets may be in fragments.
 * The kernel answers only to those who may see its addresses (/proc/kallsyms).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "record.h"

/* Reads the kernel's variable of this name. */
static __always_inline long read_variable(const char *name, __u32 name_bytes, __u64 *value)
{
	__u64 address = 0;
	long rc;

	rc = bpf_kallsyms_lookup_name(name, name_bytes, 0, &address);
	return rc ? rc : bpf_probe_read_kernel(value, sizeof(*value), (void *)address);
}

SEC("syscall")
int xdps_find_pages(struct xdps_pages *pages)
{
	static const char memory[] = "page_offset_base", descriptions[] = "vmemmap_base";
	__u64 memory_at = 0, pages_at = 0;
	long rc;

	rc = read_variable(memory, sizeof(memory), &memory_at);
	if (!rc)
		rc = read_variable(descriptions, sizeof(descriptions), &pages_at);
	if (rc)
		return rc;
	pages->memory_at = memory_at;
	pages->pages_at = pages_at;
	return 0;
}

/* The GPL half is for the kernel, which requires it of programs that read its memory. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

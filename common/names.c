// SPDX-License-Identifier: BSD-3-Clause
/*
 * names.c: the words of options, and which names interfaces and programs can have.
 */
#include "names.h"

#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

const char *const xdps_mode_words[] = {
	[XDPS_MODE_AUTO] = "auto",
	[XDPS_MODE_NATIVE] = "native",
	[XDPS_MODE_GENERIC] = "generic",
	NULL
};

const char *const xdps_point_words[] = {
	[XDPS_POINT_ENTRY] = "entry",
	[XDPS_POINT_EXIT] = "exit",
	NULL
};

const char *const xdps_action_words[] = {
	[XDPS_ACTION_ABORTED] = "aborted",
	[XDPS_ACTION_DROP] = "drop",
	[XDPS_ACTION_PASS] = "pass",
	[XDPS_ACTION_TX] = "tx",
	[XDPS_ACTION_REDIRECT] = "redirect",
	NULL
};

const char *const xdps_ring_words[] = {
	[XDPS_RING_AUTO] = "auto",
	[XDPS_RING_PERF] = "perf",
	[XDPS_RING_BPF] = "bpf",
	NULL
};

_Static_assert(ARRAY_SIZE(xdps_action_words) == XDPS_N_ACTIONS + 1, "each action has its word");

const char *xdps_mode_word(enum xdps_mode mode)
{
	return (unsigned int)mode <= XDPS_MODE_GENERIC ? xdps_mode_words[mode] : "?";
}

const char *xdps_action_word(enum xdps_action action)
{
	return (unsigned int)action < XDPS_N_ACTIONS ? xdps_action_words[action] : "?";
}

bool xdps_is_interface_name(const char *name, size_t len)
{
	if (!len || (len <= 2 && !memcmp(name, "..", len)))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = name[i];

		if (c <= ' ' || c == 0x7f || c == '/' || c == ':')
			return false;
	}
	return true;
}

bool xdps_is_program_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '_' && c != '.')
			return false;
	}
	return true;
}

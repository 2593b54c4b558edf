// SPDX-License-Identifier: BSD-3-Clause
/*
 * names.c: the words for modes, and which names interfaces and programs can have.
 */
#include "names.h"

#include <string.h>

#include "option_table.h"

const char *xdps_mode_word(enum xdps_mode mode)
{
	return xdps_word_for(xdps_mode_words, mode);
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

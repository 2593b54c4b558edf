// SPDX-License-Identifier: BSD-3-Clause
/*
 * test_module.c: pcap-xdpsample.c through libpcap's own calls, over a scripted
 * engine (fake_xdps.h).  Each test is one sentence of the contract that
 * libpcap's callers rely on; this runs those of all files as one group, as TAP
 * knows but one plan.
 */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

int main(void)
{
	const struct suite *suites[] = {
		&open_suite, &read_suite, &packet_suite, &filter_suite,
	};
	struct CMUnitTest *all;
	size_t n = 0;
	int failed;

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		n += suites[i]->n_tests;
	all = calloc(n, sizeof(*all));
	if (!all)
		return EXIT_FAILURE;
	n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		memcpy(all + n, suites[i]->tests,
		       suites[i]->n_tests * sizeof(*all));
		n += suites[i]->n_tests;
	}
	failed = _cmocka_run_group_tests("pcap module", all, n, NULL, NULL);
	free(all);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

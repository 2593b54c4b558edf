# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# TAP for shell tests, to be sourced.
#
#	. "$XDPS_SRC/tests/lib/tap.sh"
#	plan 2			or, at the end: done_testing
#	ok "sentence" test -e FILE
#	pass "sentence"; fail "sentence"
#	skip "sentence" "reason"
#	skip_all "reason"	before any test, ends the script
#	bail_out "reason"	ends the script, as a failure
#	diag TEXT...		or: command | diag
#
# "ok" runs the command with its output kept, and shows it when the command
# fails.  A script that leaves before its plan is fulfilled fails, because the
# harness counts.

tap_count=0
tap_failed=0

plan()
{
	echo "1..$1"
}

done_testing()
{
	echo "1..$tap_count"
	test "$tap_failed" -eq 0
}

# shellcheck disable=SC2120
diag()
{
	if [ $# -gt 0 ]; then
		printf '%s\n' "$*" | sed 's/^/# /'
	else
		sed 's/^/# /'
	fi
}

pass()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
}

skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

bail_out()
{
	echo "Bail out! $1"
	exit 1
}

# ok SENTENCE COMMAND...: the command may be a function of the test; it runs in
# this shell, so that what it sets stays set.
ok()
{
	tap_sentence=$1
	shift
	tap_output=$(mktemp)
	if "$@" >"$tap_output" 2>&1; then
		pass "$tap_sentence"
	else
		fail "$tap_sentence"
		# shellcheck disable=SC2119
		diag <"$tap_output"
	fi
	rm -f "$tap_output"
}

# is SENTENCE GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		# shellcheck disable=SC2119
		printf 'got:    %s\nwanted: %s\n' "$2" "$3" | diag
	fi
}

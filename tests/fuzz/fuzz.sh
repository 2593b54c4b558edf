#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Each fuzz target for FUZZ_SECONDS (10): "make fuzz FUZZ_SECONDS=600".

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"

work=$(mktemp -d) || bail_out "no temporary directory"
trap 'rm -rf "$work"' EXIT

seconds=${FUZZ_SECONDS:-10}
fuzzers=$XDPS_BUILD/tests/fuzz

# What it finds stays in the build directory, to be given to it again by name.
fuzz()
{
	local seeds=$XDPS_SRC/tests/fuzz/corpus/$1 dict=$XDPS_SRC/tests/fuzz/$1.dict
	local args=(-max_total_time="$seconds" -timeout=10 -print_final_stats=1
		    -artifact_prefix="$fuzzers/$1-")

	mkdir "$work/$1"
	[ ! -e "$dict" ] || args+=(-dict="$dict")
	args+=("$work/$1")
	[ ! -d "$seeds" ] || args+=("$seeds")
	"$fuzzers/fuzz_$1" "${args[@]}" >"$work/$1.log" 2>&1 || {
		tail -n 40 "$work/$1.log"
		return 1
	}
	runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$work/$1.log")
	[ "${runs:-0}" -gt 1000 ] || {
		echo "only ${runs:-0} inputs in $seconds s"
		return 1
	}
}

[ -x "$fuzzers/fuzz_options" ] ||
	skip_all "clang has no fuzzer here (package libclang-rt-14-dev, or the one of your clang's version)"

plan 4
for subject in "options:the option parser" "ring:the ring reader" \
	"protocol:the helper's protocol" "translate:the filter's translator"; do
	runs=
	ok "${subject#*:} stands $seconds s of made-up input" fuzz "${subject%%:*}"
	diag "$runs inputs"
done

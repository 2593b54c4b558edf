#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# usage: in-guests.sh [BENCH-OPTION]... KERNEL...
#
# Runs the sections "beside" and "sent" of the benchmark on each KERNEL (as tests/vm/run calls them), in
# an emulated machine that counts instructions, and prints its tables.  Each BENCH-OPTION is
# one of bench.sh, such as -cAF_PACKET, its value in the same word.  The measurements stay
# in bench-beside-KERNEL.csv in the current directory.  Ends with status 77 if there are no
# emulated machines here.
set -euo pipefail

src=${XDPS_SRC:-$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)}
packets=16384
options=()

# What is written in the guest is gone when it ends, so the CSV comes out after all else.
# Output of the guest goes to a terminal, and what is meant for people on one is not wanted.
measure()
{
	local bench=(bash "$src/bench/bench.sh" -i -n "$packets" -r 1 "${options[@]}")

	XDPS_VM_ICOUNT=shift=0 "$src/tests/vm/run" "$1" -- bash -o pipefail -c \
		'"$@" -o /tmp/bench.csv beside sent 2>&1 | cat && cat /tmp/bench.csv' bash "${bench[@]}"
}

show()
{
	echo
	grep '^Linux ' "$3"
	grep '^not measured: ' "$3" || :
	python3 "$src/bench/report.py" --unit instructions "$2"
}

while [[ ${1:-} == -* ]]; do
	options+=("$1")
	shift
done
for kernel; do
	csv=$PWD/bench-beside-$kernel.csv
	log=${csv%.csv}.log
	echo "Linux $kernel, emulated: takes some minutes; progress is in $log"
	rc=0
	measure "$kernel" 2>&1 | tr -d '\r' >"$log" || rc=$?
	if [ $rc -ne 0 ]; then
		tail -n 20 "$log" >&2
		exit $rc
	fi
	grep -E '^(section|beside|sent),' "$log" >"$csv"
	show "$kernel" "$csv" "$log"
done

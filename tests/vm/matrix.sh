#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The tests on other kernels, each in a guest of its own, as many at a time as
# there are processors.
#
#	XDPS_VM_KERNELS		which: "5.10 6.1 6.12", or some of them
#	XDPS_VM_TESTS		the files of tests, as TESTS has them
#	XDPS_VM_WHOLE		not empty: also the tests that take too long here
#				for an ordinary make check
#	XDPS_VM_SECONDS		how long a guest may take (an hour; three if whole)
#
# Two lists say which tests are left out (left-out), which are skipped on which
# kernel (expected-skips), and why.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
# shellcheck source=tests/lib/parallel.sh
. "$XDPS_SRC/tests/lib/parallel.sh"
here=$XDPS_SRC/tests/vm
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"
results=$XDPS_BUILD/vm
jobs=()

end_all()
{
	end_jobs
	rm -rf "$work"
}

# The tests of a file, one a line: "net/capture.sh: writes a file in tcpdump".
# A program's are not known before it runs.
tests_in()
{
	case $1 in
	*.sh) sed -n 's/^it_\([[:alnum:]_]*\)().*/\1/p' "$XDPS_SRC/$1" | tr _ ' ' ;;
	*) echo all ;;
	esac | sed "s,^,${1#tests/}: ,"
}

# patterns LIST: of all tests in it
patterns()
{
	awk -F ' [|] ' '!/^#/ && NF { print $2 }' "$here/$1"
}

# What matches nothing is about a test that has another name now.
check_list()
{
	local pattern

	patterns "$1" | grep '[.]sh:' | while IFS= read -r pattern; do
		grep -xE -e "$pattern" "$work/tests" >/dev/null || echo "no test is called: $pattern"
	done >"$work/unknown"
	cat "$work/unknown"
	[ ! -s "$work/unknown" ]
}

read_lists()
{
	local file kernel

	for kernel in $kernels; do
		awk -F ' [|] ' -v whole="${XDPS_VM_WHOLE:-}" -v kernel="$kernel" '
			$1 == "always" || whole == "" &&
			($1 == "ordinarily" || $1 == "ordinarily on " kernel) { print $2 }' \
			"$here/left-out" >"$work/left-out.$kernel"
		can_give_card || echo 'net/cards\.sh: .*' >>"$work/left-out.$kernel"
	done
	for file in "$XDPS_SRC"/tests/net/*.sh "$XDPS_SRC"/tests/extcap/*.sh; do
		tests_in "${file#"$XDPS_SRC/"}"
	done >"$work/tests"
	ok "the lists of this matrix are about tests that there are" check_lists
}

check_lists()
{
	check_list left-out && check_list expected-skips
}

# job_of FILE KERNEL: what tests/vm/suite is to be told of it, or nothing
job_of()
{
	tests_in "$1" >"$work/all"
	grep -vxEf "$work/left-out.$2" "$work/all" >"$work/chosen"
	if cmp -s "$work/all" "$work/chosen"; then
		echo "$1"
	elif [ -s "$work/chosen" ]; then
		echo "$1:$(sed 's/^[^:]*: /it_/' "$work/chosen" | tr ' ' _ | paste -sd,)"
	fi
}

# choose_jobs KERNEL: into jobs
choose_jobs()
{
	local file job

	jobs=()
	for file in "${files[@]}"; do
		job=$(job_of "$file" "$1")
		[ -z "$job" ] || jobs+=("$job")
	done
	diag "Linux $1: left out are $(grep -cxEf "$work/left-out.$1" "$work/tests") tests of $(wc -l <"$work/tests")"
}

# One kernel's results, to a file that can be looked at while it grows.
guest()
{
	{
		"$here/run" "$1" -- "$here/suite" "${jobs[@]}"
		echo "#vm status $?"
	} 2>&1 </dev/null |
		"$here/judge" "$1" "$here/expected-skips" "${jobs[@]%%:*}" >"$results/$1.tap" 2>&1
}

start_all()
{
	local kernel

	for kernel in $kernels; do
		choose_jobs "$kernel"
		start_job guest "$kernel"
	done
	wait
}

report()
{
	local line

	while IFS= read -r line; do
		case $line in
		"ok - "*) pass "${line#ok - }" ;;
		"not ok - "*) fail "${line#not ok - }" ;;
		*) echo "$line" ;;
		esac
	done <"$1"
}

kernels=${XDPS_VM_KERNELS:-6.1 6.12}
seconds=3600
[ -z "${XDPS_VM_WHOLE:-}" ] || seconds=10800
export XDPS_VM_SECONDS=${XDPS_VM_SECONDS:-$seconds}
read -ra files <<<"${XDPS_VM_TESTS:-}"
[ ${#files[@]} -gt 0 ] || bail_out "XDPS_VM_TESTS is not set; make check sets it, and make check-vm"
mkdir -p "$results"
work=$(mktemp -d) || bail_out "no temporary directory"
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

read_lists
start_all
for kernel in $kernels; do
	report "$results/$kernel.tap"
done
done_testing

# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Tests that take long and do not depend on each other: as many at a time as there are
# processors.  Sourced after tests/lib/tap.sh.
#
#	parallel "sentence" COMMAND...	like "ok", but in a subshell, and later
#	parallel_tests NUMBER COMMAND...	a command that reports so many tests itself
#	run_parallel			runs them, and reports them in this order
#
# A command finds an empty directory of its own in $work.  And for jobs that report in
# another way:
#
#	start_job COMMAND...		when one of the processors has none
#	end_jobs			ends them all, with what they have started

parallel_numbers=()
parallel_commands=()
job_groups=()

# A process group of its own, to be ended with all that it has started.
start_job()
{
	[ ${#job_groups[@]} -lt "$(nproc)" ] || wait -n
	set -m
	("$@") </dev/null &
	set +m
	job_groups+=("-$!")
}

end_jobs()
{
	[ ${#job_groups[@]} -eq 0 ] || kill -- "${job_groups[@]}" 2>/dev/null
	wait
}

parallel()
{
	parallel_tests 1 ok "$@"
}

parallel_tests()
{
	parallel_numbers+=("$1")
	shift
	parallel_commands+=("$(printf '%q ' "$@")")
}

# run_one DIRECTORY FIRST COMMAND: FIRST is the number of tests before its own
run_one()
{
	work=$1/work
	tap_count=$2
	tap_failed=0
	mkdir -p "$work"
	eval "$3" >"$1/tap" 2>&1
	echo "$tap_failed" >"$1/failed"
}

end_parallel()
{
	end_jobs
	rm -rf "$parallel_dir"
	exit "$1"
}

start_all()
{
	local first=$tap_count i

	for i in "${!parallel_commands[@]}"; do
		start_job run_one "$parallel_dir/$i" "$first" "${parallel_commands[i]}"
		first=$((first + parallel_numbers[i]))
	done
	wait
}

run_parallel()
{
	local i

	parallel_dir=$(mktemp -d) || bail_out "no temporary directory"
	trap 'end_parallel 130' INT
	trap 'end_parallel 143' TERM HUP
	start_all
	trap - INT TERM HUP
	for i in "${!parallel_commands[@]}"; do
		cat "$parallel_dir/$i/tap"
		tap_count=$((tap_count + parallel_numbers[i]))
		tap_failed=$((tap_failed + $(cat "$parallel_dir/$i/failed")))
	done
	rm -rf "$parallel_dir"
}

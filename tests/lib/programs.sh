# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Programs that run beside a test: start them, wait for what they say, end them.
# Sourced by tests/net/lib.sh.
#
# What is asked again and again is asked without a process of its own: where machines
# are emulated, waiting for a program would be what keeps it from its work.

declare -A PID=()

# start NAME COMMAND...: its output goes to $T/NAME.out and $T/NAME.err.  A
# process group of its own, with SIGINT as a terminal's user would find it:
# the shell makes background commands ignore it.
start()
{
	local name=$1

	shift
	# now: what an earlier program of that name has said is not its word
	truncate -s 0 "$T/$name.out" "$T/$name.err"
	set -m
	"$@" </dev/null >"$T/$name.out" 2>"$T/$name.err" &
	PID[$name]=$!
	set +m
}

# start_rx NAME COMMAND..., start_tx: the same in a namespace
start_rx()
{
	local name=$1

	shift
	start "$name" ip netns exec "$RX" "$XDPS_RUN" "$@"
}

start_tx()
{
	local name=$1

	shift
	start "$name" ip netns exec "$TX" "$@"
}

# A process that has ended stays a zombie until bash waits for it, which bash may not do by
# itself while nothing but builtins run.
running()
{
	local stat

	{ read -r stat <"/proc/${PID[$1]}/stat"; } 2>/dev/null || return 1
	[[ ${stat##*) } != [ZX]* ]]
}

# until_true SECONDS COMMAND...: false if it did not become true in time, which
# is XDPS_PATIENCE times as long where machines are emulated
until_true()
{
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000 * ${XDPS_PATIENCE:-1}))

	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt $end ] || return 1
		nap
	done
}

# A fiftieth of a second: as long as nothing comes from a pipe that nobody writes to.
nap()
{
	[ -p "$WORK/nap" ] || mkfifo "$WORK/nap"
	read -rt 0.02 <>"$WORK/nap" || :
}

# says NAME REGEX: on one of its lines, as grep -E would find it
says()
{
	local file line lines

	for file in "$T/$1.err" "$T/$1.out"; do
		mapfile -t lines <"$file"
		for line in "${lines[@]}"; do
			[[ ! $line =~ $2 ]] || return 0
		done
	done
	return 1
}

says_or_ended()
{
	says "$1" "$2" || ! running "$1"
}

# await NAME REGEX: until the program has said so
await()
{
	until_true 15 says_or_ended "$1" "$2" || die "$1 did not say \"$2\" in 15 s" "$1"
	says "$1" "$2" || die "$1 ended before it said \"$2\"" "$1"
}

ended()
{
	! running "$1"
}

# finish NAME [SECONDS]: until it ends by itself; its exit status is in RC
finish()
{
	until_true "${2:-20}" ended "$1" || die "$1 did not end in ${2:-20} s" "$1"
	RC=0
	wait "${PID[$1]}" || RC=$?
	unset "PID[$1]"
}

# finish_well NAME [SECONDS]: and it must have succeeded
finish_well()
{
	finish "$@"
	[ "$RC" -eq 0 ] || die "$1 ended with status $RC" "$1"
}

# stop NAME [SIGNAL]: as a terminal does, to the whole group
stop()
{
	kill -"${2:-INT}" -- "-${PID[$1]}" || :
	finish "$1"
}

# An X server that is killed leaves its lock and its socket.
stop_all()
{
	local name signal

	for name in "${!PID[@]}"; do
		signal=KILL
		[ "$name" != display ] || signal=TERM
		kill -$signal -- "-${PID[$name]}" 2>/dev/null || :
		wait "${PID[$name]}" 2>/dev/null || :
	done
}

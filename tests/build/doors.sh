#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The doors for somebody new: ./quickstart and ./run.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"

work=$(mktemp -d) || bail_out "no temporary directory"
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

run_sets_what_is_needed()
{
	"$XDPS_SRC/run" printenv LD_LIBRARY_PATH XDPSAMPLE_HELPER | tee "$work/out"
	[ "$(cat "$work/out")" = "$XDPS_BUILD/lib
$XDPS_BUILD/xdpsample-helper" ]
}

run_keeps_a_library_path()
{
	[ "$(LD_LIBRARY_PATH=/nowhere "$XDPS_SRC/run" printenv LD_LIBRARY_PATH)" = \
		"$XDPS_BUILD/lib:/nowhere" ]
}

run_passes_arguments_and_status()
{
	# shellcheck disable=SC2016
	"$XDPS_SRC/run" sh -c '[ "$1" = "a  b" ] && [ "$2" = "*" ] && exit 7' sh "a  b" "*"
	[ $? -eq 7 ]
}

run_says_what_is_missing()
{
	! XDPS_BUILD="$work" "$XDPS_SRC/run" true 2>"$work/out" || return 1
	cat "$work/out"
	grep -q 'does not exist; run ./quickstart build to build it' "$work/out"
}

# A copy where anybody may read: the tree may be in somebody's home.
quickstart_without_root()
{
	cp "$XDPS_SRC/quickstart" "$work/"
	! setpriv --reuid=65534 --regid=65534 --clear-groups "$work/quickstart" 2>"$work/out" || return 1
	cat "$work/out"
	grep -q '^quickstart: root is needed to ' "$work/out" && [ "$(wc -l <"$work/out")" -eq 1 ] &&
		[ ! -e "$work/build" ]
}

quickstart_with_a_wrong_word()
{
	! "$XDPS_SRC/quickstart" chekc 2>"$work/out" || return 1
	grep -q '^quickstart: usage: ' "$work/out"
}

# lab_of PID: what is left of the lab of the quickstart that was process PID
lab_of()
{
	ip netns list | grep "^xdpsample-$1-"
}

# All there and built: nothing to do but to show.
shows_a_capture()
{
	# shellcheck disable=SC2016
	(cd "$work" && exec bash -c 'echo $$ >pid && exec "$1"' bash "$XDPS_SRC/quickstart") \
		>"$work/shown" 2>&1 </dev/null
	cat "$work/shown"
	grep -q '^ *10 packets captured' "$work/shown" &&
		grep -q 'IP 192.0.2.1 > 192.0.2.2: ICMP echo request' "$work/shown" &&
		tcpdump -nr "$work/out.pcap" 2>/dev/null | grep -q 'ICMP6, echo request'
}

leaves_no_lab()
{
	! lab_of "$(cat "$work/pid")"
}

# The lab is there while tcpdump listens.
takes_the_lab_down_when_ended()
{
	local pid

	cd "$work" || return 1
	"$XDPS_SRC/quickstart" >"$work/ended" 2>&1 </dev/null &
	pid=$!
	tail --pid=$pid -n +1 -f "$work/ended" 2>/dev/null | grep -q -m 1 '^capture '
	lab_of $pid || echo "there was no lab to take down"
	kill -TERM $pid
	wait $pid
	[ $? -eq 143 ] && ! lab_of $pid
}

plan 9
ok "run sets the library's path and the helper's" run_sets_what_is_needed
ok "run keeps a library path that is set" run_keeps_a_library_path
ok "run passes arguments and exit status through" run_passes_arguments_and_status
ok "run without a build says what makes one" run_says_what_is_missing
if [ "$(id -u)" -ne 0 ]; then
	skip "quickstart without root says so and does nothing" "to become nobody needs root"
else
	ok "quickstart without root says so and does nothing" quickstart_without_root
fi
ok "quickstart does not take a wrong word for a right one" quickstart_with_a_wrong_word
if [ "$(id -u)" -ne 0 ] || [ "$XDPS_BUILD" != "$XDPS_SRC/build" ]; then
	skip "quickstart shows a capture" "only for root, and for what quickstart built in ./build"
	skip "quickstart leaves no lab" "only for root, and for what quickstart built in ./build"
	skip "quickstart takes the lab down when it is ended" "only for root, and for what quickstart built in ./build"
else
	ok "quickstart shows a capture" shows_a_capture
	ok "quickstart leaves no lab" leaves_no_lab
	ok "quickstart takes the lab down when it is ended" takes_the_lab_down_when_ended
fi

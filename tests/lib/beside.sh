# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# XDP programs of the tests' own (tests/net/verdicts.bpf.c) on the lab's
# interfaces, for captures beside them.  Sourced after tests/net/lib.sh.
#
# Each test that puts one on an interface takes it off again: lib.sh looks.

# with_pins COMMAND...: with a bpf file system of its own at $WORK/pins, which goes
# with the command; nothing stays pinned, however it ends
with_pins()
{
	mkdir -p "$WORK/pins"
	# shellcheck disable=SC2016	# for the other shell
	unshare -m bash -ec 'mount -t bpf bpf "$0"; "$@"' "$WORK/pins" "$@"
}

declare -A HELPER=()	# of the captures that capture_with_helper() began, by name

# helper_of NAME HELPERS: NAME's is the only one that is not among HELPERS.  One that asked
# others to share their hook had a child for that, which may end a little later.
helper_of()
{
	HELPER[$1]=$(helpers | sort | comm -13 <(echo "$2") -)
	[[ ${HELPER[$1]} =~ ^[0-9]+$ ]]
}

# capture_with_helper NAME [TCPDUMP-OPTION]...
capture_with_helper()
{
	local before

	before=$(helpers | sort)
	capture "$@"
	until_true 5 helper_of "$1" "$before" || die "the helper of $1 is not to be found" "$1"
}

namespace_of()
{
	case $1 in
	tx*) echo "$TX" ;;
	*) echo "$RX" ;;
	esac
}

# in_net INTERFACE COMMAND...: in its network namespace and no other one
in_net()
{
	local interface=$1

	shift
	nsenter --net="/run/netns/$(namespace_of "$interface")" "$@"
}

# object NAME: verdicts, verdicts.frags or untyped, compiled
object()
{
	local file=$XDPS_BUILD/tests/net/$1.bpf.o

	[ -e "$file" ] || die "$file is missing; make check builds it"
	echo "$file"
}

id_of_pinned()
{
	bpftool -j prog show pinned "$1" | sed 's/.*"id":\([0-9]*\).*/\1/'
}

# load_and_put PROGRAM INTERFACE MODE OBJECT: with_pins; prints its id
load_and_put()
{
	bpftool prog loadall "$4" "$WORK/pins/all" || return
	PROGRAM_ID=$(id_of_pinned "$WORK/pins/all/$1") || return
	put_also "$2" "$3" && echo "$PROGRAM_ID"
}

# put PROGRAM INTERFACE native|generic [OBJECT]: loads it and attaches it there; its
# id is in PROGRAM_ID
put()
{
	local object

	object=$(object "${4:-verdicts}")
	export WORK RX TX
	export -f load_and_put id_of_pinned put_also in_net namespace_of
	PROGRAM_ID=$(with_pins bash -c 'load_and_put "$@"' - "$1" "$2" "$3" "$object" 2>"$T/put") ||
		die "$1 could not be put on $2 in $3 mode" put
}

# put_also INTERFACE native|generic: the program PROGRAM_ID there, too
put_also()
{
	local type=xdpdrv

	[ "$2" = native ] || type=xdpgeneric
	in_net "$1" bpftool net attach $type id "$PROGRAM_ID" dev "$1" "${@:3}"
}

# put_over INTERFACE native|generic: in the place of what is there
put_over()
{
	put_also "$@" overwrite
}

# orders KIND ARGUMENT...: a file of packets that say what is to become of them, as
# verdicts.py makes it: "send SIZE...", or "alternate COUNT" to be dropped and passed in
# turns; prints its name
orders()
{
	local IFS=. file

	file="$WORK/orders.$*.pcap"
	[ -e "$file" ] || "$HERE/verdicts.py" "$1" "$file" "${@:2}"
	echo "$file"
}

# take_off INTERFACE...: whatever was put there by netlink
take_off()
{
	local interface mode

	for interface; do
		for mode in xdpdrv xdpgeneric; do
			ip -n "$(namespace_of "$interface")" link set "$interface" $mode off
		done
	done
}

# beside_on INTERFACE: mode and id of what is attached, "native 7", or nothing
beside_on()
{
	in_net "$1" ip -d link show "$1" | awk '
		/ mtu [0-9]+ xdpgeneric/ { mode = "generic" }
		/ mtu [0-9]+ xdp[ \/]/ { mode = "native" }
		/prog\/xdp id/ { for (i = 1; i < NF; i++) if ($i == "id") print mode, $(i + 1) }'
}

# map_id NAME: of that map of the program PROGRAM_ID
map_id()
{
	local id

	[[ $(bpftool -j prog show id "$PROGRAM_ID") =~ \"map_ids\":\[([0-9,]*)\] ]] || return 0
	for id in ${BASH_REMATCH[1]//,/ }; do
		[[ $(bpftool -j map show id "$id") != *"\"name\":\"$1\""* ]] || echo "$id"
	done
}

# redirect_to INTERFACE: what the program PROGRAM_ID redirects goes there
redirect_to()
{
	local index map

	index=$(in_net "$1" ip -o link show "$1" | cut -d : -f 1)
	map=$(map_id outlet)
	in_net "$1" bpftool map update id "$map" key 0 0 0 0 value $((index & 255)) $((index >> 8)) 0 0
}

# decided: how often PROGRAM_ID has aborted, dropped, passed, bounced, redirected and
# returned another number
decided()
{
	bpftool -j map dump id "$(map_id decided)" | grep -o '"formatted":{[^}]*}' |
		sed 's/.*"value":\([0-9]*\).*/\1/' | paste -sd ' '
}

# traces: whether the kernel lets a program be traced; if not, its words are in
# $WORK/tracing.  Found out once for all tests of a file, by trying.
traces()
{
	[ -e "$WORK/tracing" ] || probe_tracing
	[ ! -s "$WORK/tracing" ]
}

needs_tracing()
{
	traces || skip_test "$(cat "$WORK/tracing")"
}

probe_tracing()
{
	local object rc=0

	object=$(object verdicts)
	# shellcheck disable=SC2016	# for the other shell
	with_pins bash -ec 'bpftool prog loadall "$1" "$2/all"; "$3" "$2/all/obeys"' - \
		"$object" "$WORK/pins" "$XDPS_BUILD/tests/net/can_trace" \
		>"$T/tracing" 2>"$T/probe" || rc=$?
	[[ $rc -eq 0 || $rc -eq 77 ]] || die "whether a program can be traced was not found out" probe
	mv "$T/tracing" "$WORK/tracing"
}

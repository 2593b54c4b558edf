# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# The lab: two network namespaces, a veth pair between them, and what a test
# needs to start programs, wait for what they say, and look at what is left.
#
#	. "$(dirname "$0")/lib.sh"
#	it_captures_a_packet() { ...; }
#	run_tests "$@"
#
# run_tests runs every function it_... of the file, in the file's order, each
# in a subshell of its own with -eu: a test fails when a command fails.  What a
# test starts is stopped when it ends.  After every test the same question is
# asked of the lab: is anything left attached, running or promiscuous?
#
#	tx namespace                             rx namespace
#	  tx0 192.0.2.1      <- veth ->      rx0 192.0.2.2
#	  tx1 198.51.100.1   <- veth ->      rx1 198.51.100.2
#
# Nothing talks by itself: no IPv6, no ARP, no multicast.  Every packet that
# arrives was sent by the test, so that counts can be exact.

set -o pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

# What a shell finds ignored it cannot undo, nor can what it starts; make in the
# background of a script has SIGINT so.
[[ $(trap -p INT) != *"''"* ]] || exec env --default-signal=INT,QUIT bash "$0" "$@"

XDPS_SRC=${XDPS_SRC:-$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)}
export XDPS_SRC
HERE=$XDPS_SRC/tests/net
# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
# shellcheck source=tests/lib/lab.sh
. "$XDPS_SRC/tests/lib/lab.sh"
# shellcheck source=tests/lib/programs.sh
. "$XDPS_SRC/tests/lib/programs.sh"
# shellcheck source=tests/lib/captures.sh
. "$XDPS_SRC/tests/lib/captures.sh"

TX=xdps$$tx
RX=xdps$$rx
OTHER=xdps$$other	# for a test to make, with what is in it

# The lab's veths stand for network cards: so tests ask for native mode, which a veth is
# not given by itself.  PLAIN is for those that are about mode, or about a program that is
# there already and has its own.
export PLAIN=xdpsample:rx0${XDPS_RING:+:ring=$XDPS_RING}
export DEV=$PLAIN:mode=native
SKIP_RC=77		# as automake has it
WORK=

# note TEXT...: past a test's report; figures, for example, which fail nothing
exec 3>&1
note()
{
	echo "# $*" >&3
}

# Each of these ends the test if what it asks for does not hold.

# die SENTENCE [NAME]: ends the test; with the output of a program, if named
die()
{
	local file

	echo "$1"
	[ -z "${2:-}" ] || for file in "$T/$2" "$T/$2.out" "$T/$2.err"; do
		[ ! -s "$file" ] || { echo "--- ${file##*/}"; uniq "$file" | tail -n 25; }
	done
	exit 1
}

# One line of words that can be read; no line breaks but tcpdump's own.
is_a_sentence()
{
	[ "${#1}" -lt 600 ] || die "long: $1"
	[ "$(wc -l <<<"$1")" -le 2 ] || die "several lines: $1"
	! LC_ALL=C grep -q '[^[:print:][:space:]]' <<<"$1" || die "not printable: $1"
	! grep -Eq '\(null\)|%[sdu]|errno|error -?[0-9]' <<<"$1" || die "not for people: $1"
}

skip_test()
{
	echo "$1" >"$T/skip"
	exit $SKIP_RC
}

# skip_test_without PROGRAM: for what a test needs and a build does not
skip_test_without()
{
	command -v "$1" >/dev/null || skip_test "$1 is not installed"
}

needs_scapy()
{
	/usr/bin/python3 -c 'import scapy' 2>/dev/null || skip_test "python3-scapy is not installed"
}

# before MAJOR MINOR: is this kernel older?
before()
{
	local major minor

	IFS=.- read -r major minor _ < <(uname -r)
	[ $((1000 * major + minor)) -lt $((1000 * $1 + $2)) ]
}

# equal WHAT GOT WANTED
equal()
{
	[ "$2" = "$3" ] || die "$1: got \"$2\", wanted \"$3\""
}

# between WHAT GOT LOW HIGH
between()
{
	[[ $2 -ge $3 && $2 -le $4 ]] || die "$1: got $2, wanted $3 to $4"
}

# has TEXT PIECE...: each piece stands in the text, in any case
has()
{
	local text=$1 piece

	shift
	for piece; do
		grep -qiF -e "$piece" <<<"$text" || die "\"$piece\" is not in: $text"
	done
}

# fails COMMAND...: it must; its words are in TEXT, its status in RC
fails()
{
	RC=0
	TEXT=$("$@" 2>&1 </dev/null) || RC=$?
	[ "$RC" -ne 0 ] || die "succeeded: $*: $TEXT"
	[[ $RC -ne 124 && $RC -ne 137 ]] || die "had to be ended: $*: $TEXT"
}

# How a file's tests are run, one after the other.

run_test()
(
	set -eu
	trap stop_all EXIT
	before_each "$1"
	"$1"
)

# before_each NAME: for a file to define, what it does before each of its tests; the
# test is skipped if this skips
before_each()
{
	:
}

# The subshell's status is read apart from its start: in an "if" or before
# "||" the shell would switch -e off in all of it.
report()
{
	local sentence=${1#it_} rc

	T=$WORK/$1
	mkdir -m 777 "$T"
	run_test "$1" >"$T/report" 2>&1
	rc=$?
	if ! until_true 10 nothing_left; then
		{ echo "left behind:"; show_left; } >>"$T/report"
		rc=1
	fi
	sentence=${sentence//_/ }
	case $rc in
	0)		pass "$sentence" ;;
	"$SKIP_RC")	skip "$sentence" "$(cat "$T/skip")" ;;
	*)		fail "$sentence"; cut -c 1-300 "$T/report" | head -n 100 | diag; lab_again ;;
	esac
	rm -rf "$T"
}

# One test's mess is not the next one's.
lab_again()
{
	local keep=$WORK

	WORK=
	lab_down
	WORK=$keep
	lab_up
}

# skip_all_without PROGRAM...
skip_all_without()
{
	local tool

	for tool; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
}

prepare()
{
	[ "$(id -u)" -eq 0 ] || skip_all "not root: network namespaces and XDP need it"
	skip_all_without ip bpftool tcpdump tcpreplay capinfos editcap dumpcap tshark python3 setpriv
	XDPS_RUN=${XDPS_RUN:-$XDPS_SRC/run}
	[ -x "$XDPS_RUN" ] || bail_out "$XDPS_RUN is missing"
	XDPS_HELPER=$("$XDPS_RUN" printenv XDPSAMPLE_HELPER) || bail_out "run sets no helper"
	XDPS_LIBS=$("$XDPS_RUN" printenv LD_LIBRARY_PATH) || bail_out "run sets no library"
	XDPS_LIBS=${XDPS_LIBS%%:*}
	XDPS_BUILD=${XDPS_HELPER%/*}
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/xdpsample.XXXXXX")
	chmod 755 "$WORK"
	trap lab_down EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	use_unconfined_tcpdump
	lab_up || bail_out "the lab could not be made"
}

# AppArmor knows tcpdump by its path, and lets it load no library from a build tree.
use_unconfined_tcpdump()
{
	grep -q '^tcpdump ' /sys/kernel/security/apparmor/profiles 2>/dev/null || return 0
	mkdir "$WORK/bin"
	cp "$(command -v tcpdump)" "$WORK/bin"
	PATH=$WORK/bin:$PATH
}

# run_tests [NAME]...: all tests of the calling file, or those named
run_tests()
{
	local name names

	mapfile -t names < <(sed -n 's/^\(it_[[:alnum:]_]*\)().*/\1/p' "$0")
	[ $# -eq 0 ] || names=("$@")
	prepare
	plan ${#names[@]}
	for name in "${names[@]}"; do
		report "$name"
	done
	[ "$tap_failed" -eq 0 ]
}

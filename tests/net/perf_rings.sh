#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What depends on the rings, with perf rings: the tests of these files again, on devices
# with ring=perf.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"

export XDPS_RING=perf

# one LINE: a result of such a file, as one of ours
one()
{
	local sentence

	sentence=$(sed -E 's/^(not )?ok [0-9]+ - //' <<<"$1")
	case $1 in
	"ok "*" # SKIP "*) skip "$file ${sentence% \# SKIP *}" "${sentence##* \# SKIP }" ;;
	"ok "*) pass "$file $sentence" ;;
	"not ok "*) fail "$file $sentence" ;;
	*) echo "$1" ;;
	esac
}

for file in capture order accounting contract last_packets; do
	n_before=$tap_count
	while IFS= read -r line; do
		case $line in
		1..*) n_wanted=${line#1..} ;;
		*) one "$line" ;;
		esac
	done < <(bash "$XDPS_SRC/tests/net/$file.sh" </dev/null 2>&1)
	[ $((tap_count - n_before)) -eq "$n_wanted" ] || fail "$file runs all its $n_wanted tests"
done
done_testing

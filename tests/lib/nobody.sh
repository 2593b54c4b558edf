# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Captures by somebody who is not root: users, helpers and capabilities to choose
# from.  Sourced after tests/net/lib.sh.

NOBODY=65534

# The helper's set; a kernel that counts BPF memory against a limit wants one more, and
# so does one that reserves perf events for administrators, as Debian's do.
CAPS=cap_bpf,cap_net_admin,cap_perfmon,cap_ipc_lock,cap_net_raw,cap_syslog
! before 5 11 || CAPS=$CAPS,cap_sys_resource
[ "$(cat /proc/sys/kernel/perf_event_paranoid)" -lt 3 ] || CAPS=$CAPS,cap_sys_admin

# capable_helper [CAPABILITIES]: a copy that an ordinary user gains them from
capable_helper()
{
	skip_test_without setcap
	cp -L "$XDPS_HELPER" "$T/helper"
	chmod 755 "$T/helper"
	setcap "${1:-$CAPS}=ep" "$T/helper" || skip_test "no file capabilities in $T"
	if findmnt -no OPTIONS -T "$T" | grep -w nosuid; then
		skip_test "$T is mounted nosuid"
	fi
}

around=()	# what as_nobody() is to be run by

# as_nobody COMMAND...: with the library where nobody can read it, and the
# helper of capable_helper(), if there is one
as_nobody()
{
	libraries
	"${around[@]}" ip netns exec "$RX" timeout -k 5 $((60 * ${XDPS_PATIENCE:-1})) \
		setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups \
		env "LD_LIBRARY_PATH=$WORK/lib" "XDPSAMPLE_HELPER=$T/helper" "$@"
}

libraries()
{
	[ -d "$WORK/lib" ] || { mkdir "$WORK/lib"; cp -L "$XDPS_LIBS"/libpcap.so.0.8 "$WORK/lib"; }
}

# status_of PROCESS FIELD: of /proc/PROCESS/status
status_of()
{
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# without CAPABILITY: the rest of the helper's set
without()
{
	sed "s/\b$1\b//;s/,,/,/;s/^,//;s/,$//" <<<"$CAPS"
}

# The helper where an installed library looks for it, and the library in the
# loader's cache: in a mount namespace of its own, so that nothing of the
# system is touched.  For programs that the loader trusts more than their environment.
installed()
{
	local path dir

	libraries
	path=$(strings "$WORK/lib/libpcap.so.0.8" | grep '^/.*/xdpsample-helper$' | sort -u)
	[ -n "$path" ] || die "no helper's path in the library"
	dir=${path%/*}
	until [ -d "$dir" ]; do dir=${dir%/*}; done
	mkdir "$T/upper" "$T/work"
	ldconfig -X -C "$T/ld.so.cache" "$WORK/lib"
	# shellcheck disable=SC2016	# the inner shell expands it
	unshare -m bash -euc '
		mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$1"
		mkdir -p "${3%/*}"
		cp -a "$2/helper" "$3"
		mount --bind "$2/ld.so.cache" /etc/ld.so.cache
		unset XDPSAMPLE_HELPER
		shift 3
		exec "$@"' bash "${dir:-/}" "$T" "$path" "$@"
}

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Confined by Debian's own profile, on a kernel that enforces it, tcpdump captures on
# an xdpsample device with what our package adds, and the helper does with its
# profile all that it is for.
#
# The clean root with the packages in it, as for deb.sh, is the root of an emulated
# machine.  The script runs three times: here, in the guest, and in its new root.

XDPS_SRC=${XDPS_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
# shellcheck source=tests/package/lib.sh
. "$XDPS_SRC/tests/package/lib.sh"

KERNEL=6.1
LOCAL=/etc/apparmor.d/local/usr.bin.tcpdump
said=/tmp/said

# On the host.

prepare()
{
	mount_root || bail_out "the clean root could not be mounted"
	cp "$(package xdpsample)" "$ROOT/srv/new.deb"
	in_root dpkg --install /srv/new.deb >"$ROOT/srv/log" 2>&1 || {
		diag <"$ROOT/srv/log"
		bail_out "the package could not be installed"
	}
	umount "$ROOT/tmp"
	mkdir -p "$ROOT/srv/src/tests"
	cp -R "$XDPS_SRC/tests/lib" "$XDPS_SRC/tests/package" "$ROOT/srv/src/tests"
	mkdir -p "$ROOT/srv/clone/build/lib"
	cp "$XDPS_SRC/run" "$ROOT/srv/clone"
	cp "$XDPS_BUILD/xdpsample-helper" "$ROOT/srv/clone/build"
	cp -L "$XDPS_BUILD"/lib/libpcap.so.0.8 "$ROOT/srv/clone/build/lib"
}

on_host()
{
	local rc=0

	need_root_and_packages
	go_private
	prepare
	XDPS_VM_SECONDS=${XDPS_VM_SECONDS:-600} \
		"$XDPS_SRC/tests/vm/run" $KERNEL -- "$XDPS_SRC/tests/package/apparmor.sh" guest \
		>"$PACKAGES/mnt/tap" 2>"$PACKAGES/mnt/err" || rc=$?
	[ $rc -ne 77 ] || skip_all "$(tail -n 1 "$PACKAGES/mnt/err")"
	tr -d '\r' <"$PACKAGES/mnt/tap"
	[ $rc -eq 0 ] || diag <"$PACKAGES/mnt/err"
	return $rc
}

# In the guest: a profile knows programs by their paths from the root, so a chroot
# will not do.

in_guest()
{
	mount --bind "$ROOT" "$ROOT" && cd "$ROOT" || exit
	mount -t tmpfs -o mode=1777 tmpfs tmp
	modprobe veth
	mount --move /proc proc
	mount --move /sys sys
	mount --move /dev dev
	mkdir old
	pivot_root . old
	exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive XDPS_SRC=/srv/src XDPS_BUILD=/srv \
		bash /srv/src/tests/package/apparmor.sh inside
}

# In its new root.

# until_true COMMAND...: within a minute, on a machine that is slow
until_true()
{
	local tries=600

	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return
		sleep 0.1
	done
}

listening()
{
	grep -q 'listening on' "$said" || ! kill -0 "$tcpdump" 2>/dev/null
}

around=()	# what tcpdump is to be run by

# begin TCPDUMP-OPTION...: until it captures
begin()
{
	"${around[@]}" tcpdump "$@" >"$said" 2>&1 &
	tcpdump=$!
	until_true listening && kill -0 $tcpdump 2>/dev/null || { cat "$said"; return 1; }
}

# A ping of its own address does not arrive through a veth pair.
traffic()
{
	ping -q -c 3 -i 0.2 127.0.0.1 >/dev/null
	ip netns exec peer ping -q -c 3 -i 0.2 192.0.2.1 >/dev/null
}

finish()
{
	until_true ended $tcpdump || { kill $tcpdump; cat "$said"; return 1; }
	wait $tcpdump || { cat "$said"; return 1; }
}

ended()
{
	! kill -0 "$1" 2>/dev/null
}

# captures TCPDUMP-OPTION...: two packets
captures()
{
	begin -n -c 2 "$@" && traffic && finish
}

profile_of()
{
	cat "/proc/$1/attr/current"
}

is_enforced()
{
	aa-enabled && apparmor_parser -r -T /etc/apparmor.d/usr.bin.tcpdump \
		/etc/apparmor.d/xdpsample-helper && apparmor_parser --version
	grep -E '^(tcpdump|xdpsample-helper) \(enforce\)$' /sys/kernel/security/apparmor/profiles >"$said"
	cat "$said"
	[ "$(wc -l <"$said")" -eq 2 ]
}

take_block_away()
{
	cp $LOCAL /srv/local &&
		sed -i '/^# xdpsample: begin/,/^# xdpsample: end/d' $LOCAL &&
		apparmor_parser -r -T /etc/apparmor.d/usr.bin.tcpdump
}

is_refused_and_says_why()
{
	take_block_away || return
	! tcpdump -ni xdpsample:lo -c 1 >"$said" 2>&1 || return
	cat "$said"
	grep -q 'starting /usr/libexec/xdpsample-helper: Permission denied; .*AppArmor' "$said"
}

has_our_library()
{
	tcpdump --version 2>&1 | tee "$said"
	grep -q 'with xdpsample' "$said"
}

# The maintainer's script itself, as dpkg runs it.
postinst_helps()
{
	DPKG_MAINTSCRIPT_PACKAGE=xdpsample DEBCONF_NONINTERACTIVE_SEEN=true \
		/var/lib/dpkg/info/xdpsample.postinst configure 1.0-1 >"$said" 2>&1 || { cat "$said"; return 1; }
	cmp $LOCAL /srv/local && captures -i xdpsample:lo
}

# The tcpdump that is Debian's user tcpdump by then.
is_confined_meanwhile()
{
	local helper status

	begin -n -i xdpsample:lo -c 6 icmp || return
	helper=$(pidof xdpsample-helper)
	status=$(awk '/^Uid:/ { print $2 }' /proc/$tcpdump/status)
	echo "tcpdump: $(profile_of $tcpdump), user $status; helper: $(profile_of "$helper")"
	[ "$(profile_of $tcpdump)" = "tcpdump (enforce)" ] &&
		[ "$(profile_of "$helper")" = "xdpsample-helper (enforce)" ] &&
		[ "$status" = "$(id -u tcpdump)" ] && traffic && finish
}

writes_where_it_may()
{
	captures -i xdpsample:lo -w /tmp/allowed.pcap icmp &&
		[ "$(tcpdump -nr /tmp/allowed.pcap 2>/dev/null | wc -l)" -eq 2 ] || return
	! tcpdump -ni xdpsample:lo -c 1 -w /srv/other >"$said" 2>&1 || return
	cat "$said"
	grep 'Permission denied' "$said"
}

does_all_modes()
{
	captures -i xdpsample:rx &&
		captures -i xdpsample:rx:mode=generic 'icmp and ip[8] > 1' &&
		captures -i xdpsample:rx:mode=native:rate=1 -p &&
		captures -i xdpsample:rx:ring=perf -B 4096
}

# The second traces the first, and goes on when that one ends.
does_tracing()
{
	local first

	begin -n -i xdpsample:rx && first=$tcpdump || return
	cp "$said" /tmp/first
	captures -i xdpsample:rx:point=exit icmp && captures -i xdpsample:rx icmp
	local rc=$?
	kill -INT "$first"
	wait "$first"
	return $rc
}

# As a member of the group would, with the helper's file as postinst makes it.
does_it_for_users()
{
	local caps=cap_bpf,cap_net_admin,cap_perfmon,cap_ipc_lock,cap_net_raw=ep

	setcap $caps /usr/libexec/xdpsample-helper || return
	around=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	captures -i xdpsample:rx icmp
	local rc=$?
	around=()
	setcap -r /usr/libexec/xdpsample-helper
	return $rc
}

nothing_was_denied_to_the_helper()
{
	dmesg >/tmp/dmesg
	! grep 'apparmor="DENIED".*profile="xdpsample-helper"' /tmp/dmesg
}

# Its profile lets tcpdump load libraries and start programs from where they are
# installed only.
runs_in_a_build_tree()
{
	local helper rc

	env -u XDPS_BUILD /srv/clone/run tcpdump -n -c 2 -i xdpsample:lo >"$said" 2>&1 &
	tcpdump=$!
	until_true listening
	helper=$(pidof xdpsample-helper)
	readlink "/proc/$helper/exe"
	[ "$(readlink "/proc/$helper/exe")" = /srv/clone/build/xdpsample-helper ]
	rc=$?
	traffic
	finish && [ $rc -eq 0 ]
}

prerm_takes_it_back()
{
	/var/lib/dpkg/info/xdpsample.prerm remove >"$said" 2>&1 || { cat "$said"; return 1; }
	! grep xdpsample $LOCAL && ! tcpdump -ni xdpsample:lo -c 1 >"$said" 2>&1 &&
		captures -i lo
}

# veth rx here, its other end in the namespace peer
links()
{
	ip link set lo up
	ip netns add peer
	ip link add rx type veth peer name tx netns peer
	ip address add 192.0.2.1/24 dev rx
	ip link set dev rx up
	ip -n peer address add 192.0.2.2/24 dev tx
	ip -n peer link set dev tx up
}

inside()
{
	links
	plan 12
	ok "Debian's profile of tcpdump and the helper's are enforced" is_enforced
	ok "confined, tcpdump loads the library of the package" has_our_library
	ok "without the package's line tcpdump is refused, and says why" is_refused_and_says_why
	ok "the package's postinst adds the line, loads it, and tcpdump captures" postinst_helps
	ok "tcpdump, as its own user, and the helper are confined meanwhile" is_confined_meanwhile
	ok "tcpdump writes where its profile lets it, and nowhere else" writes_where_it_may
	ok "the confined helper captures in all modes, and on both rings" does_all_modes
	ok "the confined helper traces a program" does_tracing
	ok "the confined helper, with its file's capabilities, captures for a user" does_it_for_users
	ok "AppArmor has denied the helper nothing" nothing_was_denied_to_the_helper
	ok "in a build tree ./run captures, too" runs_in_a_build_tree
	ok "the package's prerm takes the line back, and tcpdump works as before" prerm_takes_it_back
	[ "$tap_failed" -eq 0 ]
}

case ${1:-} in
'') exec </dev/null; on_host ;;
guest) in_guest ;;
inside) inside ;;
esac

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Debian packages in a clean Debian: at every step of installing, upgrading,
# removing and purging, also between them, the programs that capture work, with the
# libpcap that is theirs then.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
# shellcheck source=tests/package/lib.sh
. "$XDPS_SRC/tests/package/lib.sh"

HELPER=/usr/libexec/xdpsample-helper
VERSION=$(sed -n 's/^AC_INIT(\[xdpsample\], \[\(.*\)\])$/\1/p' "$XDPS_SRC/configure.ac")
LOCAL=/etc/apparmor.d/local/usr.bin.tcpdump
CAPS=cap_net_admin,cap_net_raw,cap_ipc_lock,cap_perfmon,cap_bpf=ep

# dpkg COMMAND...: on the root, with its words in $said
dpkg_in_root()
{
	in_root dpkg "$@" >"$said" 2>&1 || { cat "$said"; return 1; }
}

# copy_packages: those that were made, and the first one in a lower version with the
# same in it, to /srv
copy_packages()
{
	local tree=$PACKAGES/mnt/lower

	cp "$(package xdpsample)" "$ROOT/srv/new.deb" &&
		cp "$(package xdpsample-wireshark)" "$ROOT/srv/wireshark.deb" &&
		cp "$(package xdpsample-rpcapd)" "$ROOT/srv/rpcapd.deb" &&
		dpkg-deb -R "$ROOT/srv/new.deb" "$tree" &&
		sed -i '/^Version:/s/: .*/: 0.0.1-1/' "$tree/DEBIAN/control" &&
		dpkg-deb --root-owner-group -b "$tree" "$ROOT/srv/old.deb" &&
		rm -rf "$tree"
}

# captures USER COMMAND...: it gets two packets of a ping, and ends well
captures()
{
	local pid tries=200

	as_user "$1" timeout 20 "${@:2}" >"$said" 2>&1 &
	pid=$!
	until grep -qE 'listening on|^File: |Capture started' "$said"; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 $pid 2>/dev/null; then
			kill $pid 2>/dev/null
			wait $pid
			echo "$*:"
			cat "$said"
			return 1
		fi
		sleep 0.05
	done
	in_root ping -q -c 4 -i 0.2 127.0.0.1 >/dev/null
	wait $pid || { echo "$* ended with $?:"; cat "$said"; return 1; }
}

# refused USER PATTERN COMMAND...: with a sentence of this kind
refused()
{
	! as_user "$1" timeout 20 "${@:3}" >"$said" 2>&1 || { echo "succeeded: ${*:3}"; return 1; }
	grep -E "$2" "$said" || { cat "$said"; return 1; }
}

uses()
{
	local program libraries

	for program in tcpdump dumpcap nmap; do
		libraries=$(in_root ldd "/usr/bin/$program") || return
		grep "libpcap.so.0.8 => .*" <<<"$libraries"
		case $libraries in
		*"libpcap.so.0.8 => /usr/lib/"*"/xdpsample/libpcap.so.0.8 "*) [ "$1" = ours ] || return ;;
		*"libpcap.so.0.8 => /lib/"*"/libpcap.so.0.8 "*) [ "$1" = "the system's" ] || return ;;
		*) return 1 ;;
		esac
	done
}

# tcpdump says which libpcap it got, and that is not ldd's word
says_it_has()
{
	in_root tcpdump --version >"$said" 2>&1 || return
	cat "$said"
	case $1 in
	ours) grep -q 'with xdpsample' "$said" ;;
	*) ! grep -q 'with xdpsample' "$said" ;;
	esac
}

all_work_with()
{
	uses "$1" && says_it_has "$1" &&
		captures root tcpdump -ni lo -c 2 -w /tmp/tcpdump.pcap &&
		captures root dumpcap -q -i lo -c 2 -w /tmp/dumpcap.pcapng &&
		in_root nmap -n -sS -p 9 127.0.0.1 >"$said" && cat "$said" &&
		grep -q '^9/tcp *closed' "$said"
}

root_captures()
{
	captures root tcpdump -ni xdpsample:lo -c 2 icmp &&
		captures root dumpcap -q -i xdpsample:lo -c 2 -w /tmp/x.pcapng
}

# loads LIBRARY: what a program gets that loads libpcap by LIBRARY's name while it runs
loads()
{
	in_root perl -e 'require DynaLoader;
		my $pcap = DynaLoader::dl_load_file($ARGV[0]) or die DynaLoader::dl_error();
		open my $maps, "<", "/proc/self/maps"; print grep /libpcap/, <$maps>' "$1" >"$said" 2>&1
	cat "$said"
	grep '/libpcap\.so' "$said" >/dev/null
}

# Without a number as well, for which only libpcap0.8-dev has a file: that stays what
# programs are linked with.
loads_ours()
{
	local name

	for name in libpcap.so libpcap.so.0.8; do
		loads $name && grep '/xdpsample/libpcap\.so' "$said" || return
	done
}

loads_the_systems_again()
{
	loads libpcap.so.0.8 && ! grep /xdpsample/ "$said" && ! loads libpcap.so
}

# A user's dumpcap has its own capabilities, as Wireshark's package gives them to it.
member_captures()
{
	captures member dumpcap -q -i xdpsample:lo -c 2 -w /tmp/member.pcapng &&
		captures member tcpdump -ni xdpsample:lo -c 2
}

member_is_refused()
{
	refused member 'lacks CAP_BPF.*as root: dpkg-reconfigure xdpsample' \
		dumpcap -q -i xdpsample:lo -c 2 -w /tmp/member.pcapng &&
		captures member dumpcap -q -i lo -c 2 -w /tmp/member.pcapng
}

stranger_is_refused()
{
	refused stranger 'only its owner and members of group' tcpdump -ni xdpsample:lo -c 2
}

# helper_is OWNER:GROUP MODE CAPABILITIES
helper_is()
{
	stat -c '%U:%G %a' "$ROOT$HELPER"
	in_root getcap $HELPER
	[ "$(in_root stat -c '%U:%G %a' $HELPER)" = "$1 $2" ] &&
		[ "$(in_root getcap $HELPER)" = "${3:+$HELPER $3}" ]
}

is_roots()
{
	helper_is root:root 755 ""
}

is_the_groups()
{
	helper_is root:wireshark 750 $CAPS
}

answer()
{
	in_root debconf-set-selections <<-END || return
		xdpsample xdpsample/group-capture boolean $1
		xdpsample xdpsample/group-capture-beside boolean ${2:-false}
	END
}

reconfigure()
{
	in_root dpkg-reconfigure "$@" >"$said" 2>&1 || { cat "$said"; return 1; }
}

# Everything but what is written anew by itself, and an empty directory that
# dh_apparmor's part of a postrm takes away with it.
all_files()
{
	in_root find / -xdev \( -path /srv -o -path /run -o -path /var/lib/dpkg -o -path /var/log \
		-o -path /var/cache -o -path /tmp \) -prune \
		-o -printf '%p %y %m %u %g %l\n' | grep -vE '^/etc/(ld.so.cache|(group|gshadow|passwd|shadow|subgid|subuid)-|apparmor.d/disable) ' | sort
	in_root getent group | sort
	in_root debconf-show xdpsample
	in_root dpkg-statoverride --list
}

# As at first, and nobody has asked for more.
nothing_is_left()
{
	all_files >"$PACKAGES/mnt/after"
	diff "$PACKAGES/mnt/before" "$PACKAGES/mnt/after"
}

block()
{
	sed -n '/^# xdpsample: begin/,/^# xdpsample: end/p' "$ROOT$LOCAL"
}

has_one_block()
{
	cat "$ROOT$LOCAL"
	[ "$(grep -c 'include if exists <abstractions/xdpsample>' "$ROOT$LOCAL")" -eq 1 ] &&
		[ "$(block | wc -l)" -eq 3 ]
}

lintian_is_content()
{
	lintian --info --display-info --pedantic --fail-on error,warning,info,pedantic \
		"$DEBS"/xdpsample_*.changes
}

builds_as_an_ordinary_user_would()
{
	grep -E '^Rules-Requires-Root: no$' "$XDPS_SRC/packaging/debian/control" &&
		grep -E '^ .*xdpsample_.*\.orig-libpcap\.tar\.xz$' "$DEBS"/xdpsample_*.dsc
}

# The description, the changelog, the library and the helper of one package.
tells_its_libpcap()
{
	local deb tree=$PACKAGES/mnt/telling version

	deb=$(package xdpsample) && rm -rf "$tree" && mkdir -p "$tree" && dpkg-deb -x "$deb" "$tree" || return
	version=$(dpkg-deb -f "$deb" Description | sed -n 's/^ It is built from the source of libpcap \(.*\)\.$/\1/p')
	echo "$deb is built from libpcap $version"
	[ -n "$version" ] &&
		zcat "$tree"/usr/share/doc/xdpsample/changelog.Debian.gz | grep -F "source of libpcap $version;" &&
		strings "$tree"/usr/lib/*/xdpsample/libpcap.so.0.8 | grep -F "libpcap version $version with xdpsample" &&
		"$tree/usr/libexec/xdpsample-helper" --version | grep -F "made with libpcap $version"
}

# A new root, with users; dumpcap is Wireshark's group's if asked for.
new_root()
{
	! mountpoint -q "$PACKAGES/mnt" || umount -R -l "$PACKAGES/mnt"
	mount_root || bail_out "the clean root could not be mounted"
	copy_packages >/dev/null || bail_out "the packages could not be copied"
	in_root useradd -U stranger
	in_root useradd -U member
	[ "${1:-}" = wireshark ] || return 0
	in_root debconf-set-selections <<-END
		wireshark-common wireshark-common/install-setuid boolean true
	END
	reconfigure wireshark-common
	in_root adduser --quiet member wireshark
}

# The stages of a package's life, each looked at.

before_installing()
{
	all_files >"$PACKAGES/mnt/before"
	all_work_with "the system's"
}

unpacked_only()
{
	dpkg_in_root --no-triggers --unpack /srv/old.deb && all_work_with "the system's"
}

# What the loader is told is configuration, and not there yet.
unpacked_and_triggered()
{
	in_root ldconfig && all_work_with "the system's"
}

installed()
{
	dpkg_in_root --configure --pending && all_work_with ours && root_captures
}

# Files, and not what is behind a '#'.
documents_lead_somewhere()
{
	local document to n=0

	cd "$ROOT/usr/share/doc/xdpsample" || return
	for document in README.md doc/*.md; do
		for to in $(grep -o '](\([^)]*\))' "$document" | sed 's/^](//; s/[#)].*//' | grep -v ://); do
			n=$((n + 1))
			[ -s "${document%"${document##*/}"}$to" ] || { echo "$document leads to $to"; return 1; }
		done
	done
	cd "$OLDPWD" && [ $n -gt 20 ]
}

answered_yes()
{
	answer true && reconfigure xdpsample && is_the_groups
}

# The new file has neither owner nor capabilities of the old one.
upgrade_unpacked()
{
	dpkg_in_root --unpack /srv/new.deb && all_work_with ours && root_captures &&
		member_is_refused
}

upgraded()
{
	dpkg_in_root --configure --pending && all_work_with ours && root_captures &&
		is_the_groups && member_captures
}

# In tshark's list, for root and for who may; and nothing is attached by looking.
lists_in_tshark()
{
	dpkg_in_root --install /srv/wireshark.deb && in_root tshark -D >"$said" 2>&1
	cat "$said"
	[ "$(in_root xdpsample-extcap --version)" = "xdpsample-extcap $VERSION" ] &&
		grep -F 'xdp:lo (XDP: lo (no program))' "$said" && ! ip link show lo | grep xdp &&
		captures root tshark -i xdp:lo -f icmp -c 2 &&
		captures member tshark -i xdp:lo -f icmp -c 2
}

# It is there to be started, on the loopback only.
serves_on_request()
{
	local pid tries=100 rc=1

	dpkg_in_root --install /srv/rpcapd.deb || return
	[ -e "$ROOT/lib/systemd/system/xdpsample-rpcapd.service" ] || return
	! find "$ROOT/etc/systemd" -name 'xdpsample-rpcapd*' | grep . || return
	! ss -Hltn | grep . || return
	in_root xdpsample-rpcapd -n >"$said" 2>&1 &
	pid=$!
	while [ $tries -gt 0 ] && ! ss -Hltn | grep -q :2002; do
		tries=$((tries - 1))
		sleep 0.05
	done
	ss -Hltn | awk '{ print $4 }' | sort | tee "$PACKAGES/mnt/listening"
	[ "$(paste -sd' ' "$PACKAGES/mnt/listening")" = "127.0.0.1:2002 [::1]:2002" ] && rc=0
	kill $pid
	wait $pid
	return $rc
}

the_others_go()
{
	dpkg_in_root --purge xdpsample-wireshark xdpsample-rpcapd && in_root tshark -D >"$said" 2>&1
	cat "$said"
	! grep xdp: "$said"
}

answered_beside()
{
	answer true true && reconfigure xdpsample &&
		helper_is root:wireshark 750 "${CAPS%=ep},cap_sys_admin,cap_syslog=ep" ||
		helper_is root:wireshark 750 "cap_net_admin,cap_net_raw,cap_ipc_lock,cap_sys_admin,cap_syslog,cap_perfmon,cap_bpf=ep"
}

answered_no_again()
{
	answer false && reconfigure xdpsample && is_roots && member_is_refused
}

removed_before_the_cache_knows()
{
	dpkg_in_root --no-triggers --remove xdpsample && all_work_with "the system's"
}

removed()
{
	dpkg_in_root --triggers-only --pending && all_work_with "the system's" &&
		refused root 'xdpsample:lo' tcpdump -ni xdpsample:lo -c 1
}

purged()
{
	dpkg_in_root --purge xdpsample && all_work_with "the system's" && nothing_is_left
}

# tcpdump's profile, and the administrator's file that it includes.

keeps_what_is_there()
{
	echo "# an administrator's line" >>"$ROOT$LOCAL"
	dpkg_in_root --install /srv/new.deb && has_one_block &&
		grep -q "an administrator's line" "$ROOT$LOCAL" &&
		reconfigure xdpsample && has_one_block &&
		dpkg_in_root --remove xdpsample &&
		[ "$(cat "$ROOT$LOCAL")" = "# an administrator's line" ]
}

leaves_what_has_no_end()
{
	dpkg_in_root --install /srv/new.deb && sed -i '/^# xdpsample: end/d' "$ROOT$LOCAL" &&
		echo "# an administrator's line" >>"$ROOT$LOCAL" &&
		cp "$ROOT$LOCAL" "$PACKAGES/mnt/local" && dpkg_in_root --remove xdpsample &&
		grep "is left unchanged" "$said" && cmp "$ROOT$LOCAL" "$PACKAGES/mnt/local" &&
		sed -i '/^# xdpsample: begin/,/abstractions.xdpsample/d' "$ROOT$LOCAL"
}

comes_with_tcpdump()
{
	dpkg_in_root --purge tcpdump && [ ! -e "$ROOT$LOCAL" ] &&
		dpkg_in_root --install /srv/new.deb && [ ! -e "$ROOT$LOCAL" ] &&
		in_root sh -c 'dpkg --install /srv/tcpdump_*.deb' && has_one_block
}

comes_again_with_tcpdump()
{
	dpkg_in_root --purge tcpdump && [ ! -e "$ROOT$LOCAL" ] &&
		in_root sh -c 'dpkg --unpack /srv/tcpdump_*.deb' &&
		dpkg_in_root --configure --pending && has_one_block
}

goes_after_tcpdump()
{
	dpkg_in_root --remove tcpdump && has_one_block &&
		dpkg_in_root --purge xdpsample && [ ! -s "$ROOT$LOCAL" ] &&
		dpkg_in_root --purge tcpdump && [ ! -e "$ROOT$LOCAL" ]
}

# Groups of other names, of our making, and none.

makes_the_group_and_takes_it_back()
{
	! in_root getent group wireshark || return
	all_files >"$PACKAGES/mnt/before"
	answer true && dpkg_in_root --install /srv/new.deb && is_the_groups &&
		stranger_is_refused && dpkg_in_root --purge xdpsample && nothing_is_left
}

leaves_a_group_that_somebody_is_in()
{
	answer true && dpkg_in_root --install /srv/new.deb &&
		in_root adduser --quiet member wireshark && member_captures_with_tcpdump &&
		dpkg_in_root --purge xdpsample && in_root getent group wireshark
}

member_captures_with_tcpdump()
{
	captures member tcpdump -ni xdpsample:lo -c 2
}

overridden()
{
	in_root groupadd -f sniffers && in_root adduser --quiet stranger sniffers &&
		in_root dpkg-statoverride --add root sniffers 0750 $HELPER &&
		answer true && dpkg_in_root --install /srv/new.deb &&
		helper_is root:sniffers 750 $CAPS &&
		captures stranger tcpdump -ni xdpsample:lo -c 2 &&
		answer false && reconfigure xdpsample && helper_is root:sniffers 750 "" &&
		dpkg_in_root --purge xdpsample && in_root dpkg-statoverride --remove $HELPER
}

# As doc/install.md says.
overridden_afterwards()
{
	answer true && dpkg_in_root --install /srv/new.deb && is_the_groups &&
		in_root dpkg-statoverride --update --add root sniffers 0750 $HELPER &&
		reconfigure xdpsample && helper_is root:sniffers 750 $CAPS &&
		captures stranger tcpdump -ni xdpsample:lo -c 2 &&
		dpkg_in_root --purge xdpsample && in_root dpkg-statoverride --remove $HELPER
}

overridden_for_everybody()
{
	in_root dpkg-statoverride --add root root 0755 $HELPER &&
		answer true && dpkg_in_root --install /srv/new.deb &&
		grep 'lets everybody execute' "$said" && helper_is root:root 755 "" &&
		dpkg_in_root --purge xdpsample && in_root dpkg-statoverride --remove $HELPER
}

no_file_capabilities()
{
	mount -t ramfs ramfs "$ROOT/usr/libexec" && answer true &&
		dpkg_in_root --install /srv/new.deb && cat "$said" &&
		grep 'cannot set file capabilities on' "$said" && is_roots && root_captures
}

# A program that was built with a later libpcap may need what ours has not.
refuses_a_later_libpcap()
{
	local tree=$PACKAGES/mnt/later

	mkdir -p "$tree/DEBIAN" &&
		printf '%s\n' "Package: libpcap0.8" "Version: 1.11.0-1" "Architecture: $(dpkg --print-architecture)" \
			"Multi-Arch: same" "Maintainer: nobody <nobody@localhost>" "Description: later" >"$tree/DEBIAN/control" &&
		dpkg-deb --root-owner-group -b "$tree" "$ROOT/srv/later.deb" &&
		dpkg_in_root --install /srv/new.deb &&
		! in_root dpkg --install /srv/later.deb >"$said" 2>&1 &&
		grep -i 'break.*xdpsample\|xdpsample.*break' "$said"
}

exec </dev/null
need_root_and_packages
go_private
said=$PACKAGES/said.$$
trap 'rm -f "$said"' EXIT
ip link set lo up
new_root wireshark

plan 37
if command -v lintian >/dev/null; then
	ok "lintian finds nothing that is not explained" lintian_is_content
else
	skip "lintian finds nothing that is not explained" "lintian is not installed"
fi
ok "the source package has libpcap in it and needs no root" builds_as_an_ordinary_user_would
ok "the package says from which libpcap it is built" tells_its_libpcap
ok "before installing, programs capture with the system's libpcap" before_installing
ok "unpacked, programs capture with the system's libpcap" unpacked_only
ok "not configured, programs capture with the system's, whatever runs ldconfig" unpacked_and_triggered
ok "installed, programs capture with ours, and root on an xdpsample device" installed
ok "installed, a program that loads libpcap.so while it runs gets ours" loads_ours
ok "installed, the documents lead to each other" documents_lead_somewhere
ok "without an answer the helper is root's, without capabilities" is_roots
ok "without an answer a member of the group is refused, and told why" member_is_refused
ok "by dpkg-reconfigure the helper becomes the group's" answered_yes
ok "then a member of the group captures, also with dumpcap of its own capabilities" member_captures
ok "then others are refused, and told who may" stranger_is_refused
ok "an upgrade that is unpacked only leaves all programs working" upgrade_unpacked
ok "an upgrade keeps the group's rights" upgraded
ok "with Wireshark's package the interfaces are in tshark's list, and can be captured" lists_in_tshark
ok "rpcapd's package starts nothing, and what is started listens on the loopback" serves_on_request
ok "these two go by themselves" the_others_go
ok "CAP_SYS_ADMIN is a question of its own" answered_beside
ok "what the group was given is taken back by dpkg-reconfigure" answered_no_again
ok "removed but still known to the loader, programs capture with the system's" removed_before_the_cache_knows
ok "removed, programs capture with the system's" removed
ok "removed, a program that loads libpcap while it runs gets the system's" loads_the_systems_again
ok "purged, nothing of it is left" purged
ok "the administrator's additions to tcpdump's profile stay as they are" keeps_what_is_there
ok "a block whose end is gone is left alone, and said to be" leaves_what_has_no_end
ok "a tcpdump that is installed later gets its line" comes_with_tcpdump
ok "a tcpdump that is purged and comes again gets its line" comes_again_with_tcpdump
ok "removed after tcpdump, nothing is left of the line" goes_after_tcpdump

new_root
ok "a group that did not exist is made, and purged" makes_the_group_and_takes_it_back
ok "a group that somebody is in stays" leaves_a_group_that_somebody_is_in
ok "a dpkg-statoverride says whose the helper is" overridden
ok "a dpkg-statoverride that comes later does so, too" overridden_afterwards
ok "where everybody may execute it, it gets no capabilities" overridden_for_everybody
ok "a libpcap of a later series is not installed beside it" refuses_a_later_libpcap
in_root dpkg --purge xdpsample >/dev/null
ok "without file capabilities only root captures, and is told so" no_file_capabilities
[ "$tap_failed" -eq 0 ]

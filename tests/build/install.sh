#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# make install puts everything in its place, make uninstall takes it back.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"

work=$(mktemp -d) || bail_out "no temporary directory"
trap 'rm -rf "$work"' EXIT

# Not with the flags of the make that runs this.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR
root=$work/root

value_of()
{
	sed -n "s/^$1 = //p" "$XDPS_BUILD/Makefile"
}

# As configure wrote them, with ${prefix} and the like in them.
# shellcheck disable=SC2034
prefix=$(value_of prefix)
# shellcheck disable=SC2034
exec_prefix=$(eval "echo $(value_of exec_prefix)")
# shellcheck disable=SC2034
datarootdir=$(eval "echo $(value_of datarootdir)")
libdir=$(eval "echo $(value_of libdir)")
libexecdir=$(eval "echo $(value_of libexecdir)")
mandir=$(eval "echo $(value_of mandir)")
extcapdir=$(eval "echo $(value_of extcapdir)")
sysconfdir=$(eval "echo $(value_of sysconfdir)")
conf=$sysconfdir/ld.so.conf.d/00-xdpsample.conf

make_install()
{
	make -C "$XDPS_BUILD" install DESTDIR="$root"
}

make_uninstall()
{
	make -C "$XDPS_BUILD" uninstall DESTDIR="$root"
}

installed()
{
	local f

	for f in "$libdir/xdpsample/libpcap.so.0.8" "$libdir/xdpsample/libpcap.so" \
		"$libdir/xdpsample/libpcap.a" \
		"$libexecdir/xdpsample-helper" "$conf" \
		"$sysconfdir/bash_completion.d/xdpsample" \
		"$mandir/man7/pcap-xdpsample.7" "$mandir/man8/xdpsample-helper.8" \
		"$extcapdir/xdpsample-extcap" "$mandir/man1/xdpsample-extcap.1"; do
		[ -e "$root$f" ] || {
			echo "$f is not there"
			return 1
		}
	done
}

conf_names_the_directory()
{
	[ "$(cat "$root$conf")" = "$libdir/xdpsample" ]
}

# With a cache of its own, the loader's own tool finds the library by soname.
ldconfig_finds_it()
{
	mkdir -p "$root/etc"
	echo "$libdir/xdpsample" >"$work/ld.so.conf"
	cp "$work/ld.so.conf" "$root/etc/xdpsample-test.conf"
	PATH=$PATH:/sbin:/usr/sbin ldconfig -r "$root" -f /etc/xdpsample-test.conf \
		-C /etc/xdpsample-test.cache -X
	PATH=$PATH:/sbin:/usr/sbin ldconfig -r "$root" -C /etc/xdpsample-test.cache -p |
		tee "$work/cache"
	rm "$root"/etc/xdpsample-test.*
	grep -q "libpcap.so.0.8 .*=> $libdir/xdpsample/libpcap.so.0.8" "$work/cache" &&
		grep -q "libpcap.so .*=> $libdir/xdpsample/libpcap.so$" "$work/cache"
}

knows_where_the_helper_is()
{
	strings "$root$libdir/xdpsample/libpcap.so.0.8" | grep -Fx "$libexecdir/xdpsample-helper"
}

is_the_library_that_was_built()
{
	cmp "$root$libdir/xdpsample/libpcap.so.0.8" "$XDPS_BUILD/lib/libpcap.so.0.8"
}

nothing_is_left()
{
	find "$root" ! -type d | tee "$work/left"
	[ ! -s "$work/left" ] && [ ! -e "$root$libdir/xdpsample" ]
}

# Another configuration, with what was built by this one.
rpcapd_when_asked_for()
(
	set -e
	mkdir "$work/rpcapd"
	cd "$work/rpcapd"
	"$XDPS_SRC/configure" --disable-dependency-tracking --prefix=/usr --enable-rpcapd --with-libpcap-source="$XDPS_BUILD/libpcap" >configure.out
	cp "$XDPS_BUILD/xdpsample-rpcapd" .
	make -o xdpsample-rpcapd DESTDIR="$work/rpcapd/root" \
		install-nodist_sbinSCRIPTS install-nodist_systemdunitDATA install-man8
	cmp root/usr/sbin/xdpsample-rpcapd "$XDPS_BUILD/xdpsample-rpcapd"
	[ -e root/usr/share/man/man8/xdpsample-rpcapd.8 ]
	grep -x 'ExecStart=/usr/sbin/xdpsample-rpcapd .*-b 127.0.0.1' root/usr/lib/systemd/system/xdpsample-rpcapd.service
)

system_files()
{
	stat -c '%n %i %Y' /etc/ld.so.cache /etc/ld.so.conf.d 2>/dev/null
}

# For real, without DESTDIR, on a system that is this one with what is written
# laid over it: nothing of it comes through.
overlay()
{
	local d=$1 layer=$work/layers/$1

	mkdir -p "$layer/upper" "$layer/work" &&
		mount -t overlay overlay -o "lowerdir=$d,upperdir=$layer/upper,workdir=$layer/work" "$d"
}

lay_over()
{
	mkdir -p "$work/layers" &&
		mount -t tmpfs tmpfs "$work/layers" &&
		overlay /usr && overlay /etc &&
		mount -t tmpfs tmpfs /var/cache/ldconfig
}

version_of_tcpdump()
{
	env -u LD_LIBRARY_PATH tcpdump --version 2>&1 | grep '^libpcap version'
}

for_real()
{
	set -e
	lay_over
	version_of_tcpdump | tee "$work/version.before"
	make -C "$XDPS_BUILD" install
	version_of_tcpdump | tee "$work/version.installed"
	make -C "$XDPS_BUILD" uninstall
	version_of_tcpdump | tee "$work/version.after"
	find "$work/layers" -name '*xdpsample*' | tee "$work/left.real"
}

in_a_private_system()
{
	export -f for_real lay_over overlay version_of_tcpdump
	export work
	unshare --mount --propagation private bash -c for_real
}

replaces_the_library()
{
	grep -q 'with xdpsample' "$work/version.installed" &&
		! grep -q 'with xdpsample' "$work/version.before"
}

gives_the_library_back()
{
	diff "$work/version.before" "$work/version.after" && [ ! -s "$work/left.real" ]
}

can_lay_over()
{
	unshare --mount --propagation private bash -c "$(declare -f lay_over overlay); work=$work; lay_over" \
		2>"$work/why"
}

before=$(system_files)

plan 13
ok "make install DESTDIR= succeeds" make_install
ok "all of it is in its place" installed
ok "the file for the loader names the directory, without DESTDIR" conf_names_the_directory
ok "ldconfig finds the library by its soname, and without a number" ldconfig_finds_it
ok "the installed library is the one that was built" is_the_library_that_was_built
ok "it looks for the helper where the helper was installed" knows_where_the_helper_is
ok "make uninstall succeeds" make_uninstall
ok "make uninstall leaves nothing" nothing_is_left
ok "configure --enable-rpcapd installs rpcapd, its manual and its unit too" rpcapd_when_asked_for
is "with DESTDIR the system's loader was left alone" "$(system_files)" "$before"

real_1="make install and make uninstall run on the system itself"
real_2="an installed library is what the distribution's tcpdump uses"
real_3="make uninstall gives tcpdump its library back and leaves nothing"
if [ "$prefix" != /usr ]; then
	why="this build is for $prefix"
elif [ "$(id -u)" -ne 0 ]; then
	why="it needs root"
elif [ -e "$conf" ]; then
	why="xdpsample is installed on this system already"
elif ! command -v tcpdump >/dev/null; then
	why="tcpdump is not installed"
elif ! can_lay_over; then
	why="no overlay can be mounted here: $(tail -n 1 "$work/why")"
else
	why=
fi
if [ -n "$why" ]; then
	skip "$real_1" "$why"
	skip "$real_2" "$why"
	skip "$real_3" "$why"
else
	ok "$real_1" in_a_private_system
	ok "$real_2" replaces_the_library
	ok "$real_3" gives_the_library_back
fi

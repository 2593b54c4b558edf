#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The RPM, built from what make dist packs and from upstream's libpcap, and installed
# into a root of its own; then a tcpdump that asks for libpcap.so.1, as those of such
# systems do.

# shellcheck source=tests/net/lib.sh
. "${XDPS_SRC:-$(dirname "$0")/../..}/tests/net/lib.sh"

XDPS_BUILD=${XDPS_BUILD:-$XDPS_SRC/build}
SPEC=$XDPS_SRC/packaging/rpm/xdpsample.spec

# What rpmlint says that is so, and is for who signs and publishes packages, or is done
# by such a system's own macros and not by Debian's rpm.
explained='no-signature|no-packager-tag|no-group-tag|no-buildroot-tag|no-url-tag|invalid-url Source0'
explained+='|manpage-not-compressed|unstripped-binary-or-object'
# two packages of one source belong together
explained+='|requires-on-release xdpsample'
# the list of licences is older than SPDX's names; libpcap's own way to ask for names
explained+='|invalid-license BSD-3-Clause|binary-or-shlib-calls-gethostbyname'
# for programs that load it while they run; nothing is linked with it
explained+='|devel-file-in-non-devel-package /usr/lib64/xdpsample/libpcap.so'

top=$(mktemp -d) || bail_out "no temporary directory"
trap 'rm -rf "$top"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

logged()
{
	local log=$top/log

	"$@" >"$log" 2>&1 </dev/null || {
		tail -n 25 "$log" | cut -c 1-300 | diag
		bail_out "'${*:1:6}' failed"
	}
}

build_rpm()
{
	local dsc
	# not with the flags of the make that runs this
	local clean=(env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES HOME="$top" XZ_OPT=-1)

	[ "$(id -u)" -eq 0 ] || skip_all "not root: network namespaces and XDP need it"
	command -v rpmbuild >/dev/null || skip_all "rpmbuild is not installed"
	dsc=$("$XDPS_SRC/patches/fetch-libpcap" -v 1.10.5-2 "$XDPS_BUILD/libpcap-source" 2>"$top/fetch") ||
		skip_all "libpcap's source could not be had: $(tail -n 1 "$top/fetch")"
	mkdir -p "$top/SOURCES"
	logged "${clean[@]}" make -C "$XDPS_BUILD" dist
	mv "$XDPS_BUILD"/xdpsample-*.tar.xz "$top/SOURCES"
	cp "${dsc%-2.dsc}.orig.tar.xz" "$top/SOURCES/libpcap-1.10.5.tar.xz"
	logged "${clean[@]}" rpmbuild -ba --nodeps --define "_topdir $top" --define "_tmppath $top/tmp" \
		--define "libpcap_version 1.10.5" "$SPEC"
	RPM=$(echo "$top"/RPMS/*/xdpsample-[0-9]*.rpm)
	ROOT=$top/root
}

rpm_at_root()
{
	rpm --root "$ROOT" "$@"
}

it_builds_a_package_one_for_wireshark_and_their_source()
{
	equal "packages" "$(find "$top/RPMS" -name '*.rpm' | wc -l)" 2
	equal "sources" "$(find "$top/SRPMS" -name '*.src.rpm' | wc -l)" 1
	has "$(rpm -qlp "$top"/SRPMS/*.src.rpm)" xdpsample.spec xdpsample-1.0.tar.xz libpcap-1.10.5.tar.xz
}

# As they are in the source, but for what makes the screenshots.
installed_documents()
{
	(cd "$XDPS_SRC" && find doc ! -name take ! -name '*.py') | sed 's,^,/usr/share/doc/xdpsample-1.0/,'
}

it_puts_each_file_where_such_systems_have_it()
{
	rpm -qlp "$top"/RPMS/*/*.rpm | grep -v /.build-id | sed 's/\.gz$//' | sort >"$T/files"
	{ cat; installed_documents; } <<-END | sort >"$T/wanted"
		/etc/bash_completion.d/xdpsample
		/etc/ld.so.conf.d/00-xdpsample.conf
		/usr/lib64/wireshark/extcap/xdpsample-extcap
		/usr/lib64/xdpsample
		/usr/lib64/xdpsample/libpcap.so
		/usr/lib64/xdpsample/libpcap.so.1
		/usr/lib64/xdpsample/libpcap.so.1.10.5
		/usr/libexec/xdpsample-helper
		/usr/share/doc/xdpsample-1.0
		/usr/share/doc/xdpsample-1.0/CHANGES.md
		/usr/share/doc/xdpsample-1.0/README.md
		/usr/share/licenses/xdpsample-1.0
		/usr/share/licenses/xdpsample-1.0/LICENSE
		/usr/share/man/man1/xdpsample-extcap.1
		/usr/share/man/man7/pcap-xdpsample.7
		/usr/share/man/man8/xdpsample-helper.8
	END
	diff "$T/wanted" "$T/files"
}

it_does_not_say_that_it_is_the_systems_libpcap()
{
	rpm -qp --provides "$RPM" >"$T/provides"
	! grep -F libpcap "$T/provides" || die "it provides that"
	has "$(cat "$T/provides")" "xdpsample = 1.0"
}

it_needs_the_helpers_libraries()
{
	has "$(rpm -qp --requires "$RPM")" "libbpf.so.1" "libc.so.6"
}

it_lets_the_loader_know_when_it_comes_and_when_it_goes()
{
	equal "calls of ldconfig" "$(rpm -qp --scripts "$RPM" | grep -c 'program: /sbin/ldconfig\|scriptlet.*ldconfig')" 2
}

it_is_clean_for_rpmlint()
{
	skip_test_without rpmlint
	rpmlint "$top"/RPMS/*/*.rpm "$top"/SRPMS/*.rpm >"$T/lint" 2>&1 || :
	grep -q "packages and" "$T/lint" || die "rpmlint did not get through" lint
	! grep -E ': (E|W): ' "$T/lint" | grep -vE "($explained)" || die "rpmlint has found something new"
}

it_installs_into_a_root_and_is_what_was_packed()
{
	mkdir -p "$ROOT"
	rpm_at_root --initdb
	rpm_at_root -i --nodeps --noscripts "$RPM"
	rpm_at_root -V --nodeps --noscripts xdpsample
	equal "owner and mode of the helper" "$(stat -c '%U %a' "$ROOT/usr/libexec/xdpsample-helper")" "root 755"
	readelf -d "$ROOT/usr/lib64/xdpsample/libpcap.so.1" | grep -F 'soname: [libpcap.so.1]'
}

# With a cache of its own, the loader's own tool finds it.
it_is_what_the_loader_finds_by_this_name()
{
	echo /usr/lib64/xdpsample | cmp - "$ROOT/etc/ld.so.conf.d/00-xdpsample.conf"
	ldconfig -X -r "$ROOT" -f /etc/ld.so.conf.d/00-xdpsample.conf -C /cache
	ldconfig -r "$ROOT" -C /cache -p >"$T/cache"
	rm "$ROOT/cache"
	grep -E 'libpcap\.so\.1 .*=> /usr/lib64/xdpsample/libpcap\.so\.1$' "$T/cache"
}

# The distribution's, with another name where the loader reads what it needs: of the
# same length with what fills it up.
tcpdump_of_such_a_system()
{
	perl -0777 -pe 's/\0libpcap\.so\.0\.8\0/\0libpcap.so.1\0\0\0/' "$(command -v tcpdump)" >"$T/tcpdump"
	chmod 755 "$T/tcpdump"
	readelf -d "$T/tcpdump" | grep -F 'Shared library: [libpcap.so.1]'
}

it_serves_a_tcpdump_that_asks_for_libpcap_so_1()
{
	tcpdump_of_such_a_system
	# no debug packages here: nothing else is in the root
	start dump ip netns exec "$RX" env LD_LIBRARY_PATH="$ROOT/usr/lib64/xdpsample" \
		XDPSAMPLE_HELPER="$ROOT/usr/libexec/xdpsample-helper" \
		"$T/tcpdump" -n -i "$DEV" -c 20 -w "$T/dump.pcap"
	await dump "listening on"
	send "$(frames 20)"
	finish_well dump
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" 20
}

it_is_another_library_than_the_one_without()
{
	tcpdump_of_such_a_system
	has "$(LD_LIBRARY_PATH=$ROOT/usr/lib64/xdpsample "$T/tcpdump" --version 2>&1)" \
		"libpcap version 1.10.5 with xdpsample"
	if ldconfig -p | grep -w libpcap.so.1; then
		skip_test "this system has a libpcap.so.1"
	fi
	fails "$T/tcpdump" --version
	has "$TEXT" "libpcap.so.1: cannot open shared object file"
}

it_goes_without_a_trace()
{
	rpm_at_root -e --noscripts xdpsample
	! find "$ROOT" -name '*xdpsample*' -o -name 'libpcap*' | grep . || die "that was left"
}

build_rpm
# with the traps of its own, so that those above run as well
(run_tests "$@")

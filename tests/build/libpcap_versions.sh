#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# One patch and one module for every libpcap: Debian's 1.10.3 and 1.10.5, and
# upstream's master if XDPS_LIBPCAP_MASTER is a tree or tarball of it.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"

work=$(mktemp -d) || bail_out "no temporary directory"
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

applies()
{
	"$XDPS_SRC/patches/build-libpcap" -e "$XDPS_BUILD/xdpsample-engine.o" \
		"$source" "$work/$name" >"$work/$name.log" 2>&1 || {
		tail -n 20 "$work/$name.log"
		return 1
	}
	! grep -E 'fuzz|FAILED' "$work/$name.log"
}

# gcc's own words, about our file only
no_warnings()
{
	[ -e "$work/$name/pcap-xdpsample.o" ] &&
		! grep -E '^(\./)?pcap-xdpsample\.[ch]:.*(warning|error):' "$work/$name.log"
}

library()
{
	find "$work/$name" -maxdepth 1 -type f -name 'libpcap.so.*'
}

soname_and_exports()
{
	readelf -d "$(library)" | grep SONAME
	readelf -d "$(library)" | grep -q 'SONAME.*\[libpcap\.so\.0\.8\]' &&
		! nm -D --defined-only "$(library)" | grep xdps
}

# The distribution's tcpdump, by soname.
runs_tcpdump()
{
	mkdir -p "$work/$name/lib"
	ln -sf "$(library)" "$work/$name/lib/libpcap.so.0.8"
	LD_LIBRARY_PATH=$work/$name/lib tcpdump --version 2>&1 | tee "$work/version"
	grep -q 'libpcap version .*with xdpsample' "$work/version"
}

tests_for()
{
	name=$1
	source=$2
	ok "$name: the patch applies without fuzz, and it builds" applies
	ok "$name: the module compiles without a warning" no_warnings
	ok "$name: the library has Debian's soname and exports nothing of ours" soname_and_exports
	if command -v tcpdump >/dev/null; then
		ok "$name: the distribution's tcpdump runs with it" runs_tcpdump
	else
		skip "$name: the distribution's tcpdump runs with it" "tcpdump is not installed"
	fi
	rm -rf "${work:?}/$name"
}

skip_for()
{
	local what

	for what in "the patch applies without fuzz, and it builds" \
		"the module compiles without a warning" \
		"the library has Debian's soname and exports nothing of ours" \
		"the distribution's tcpdump runs with it"; do
		skip "$1: $what" "$2"
	done
}

# Nothing comes, and what is there is not what the list says.
refuses_another_source()
{
	local fetch=$work/copy/patches/fetch-libpcap

	mkdir -p "$work/copy" "$work/bin"
	cp -a "$XDPS_SRC/patches" "$work/copy"
	cp -a "$(dirname "$1")" "$work/copy/source"
	"$fetch" -v 1.10.3-1 "$work/copy/source" || return 1
	printf '#!/bin/sh\nexit 0\n' >"$work/bin/apt-get"
	chmod 755 "$work/bin/apt-get"
	echo tampered >>"$work/copy/source/libpcap_1.10.3-1.debian.tar.xz"
	! PATH=$work/bin:$PATH "$fetch" -v 1.10.3-1 "$work/copy/source" >"$work/refused" 2>&1 || return 1
	cat "$work/refused"
	grep -q 'libpcap_1.10.3-1.debian.tar.xz: FAILED' "$work/refused" &&
		grep -q '^fetch-libpcap: what came is not libpcap 1.10.3-1 as it is listed in ' "$work/refused"
}

plan 17
for version in 1.10.3-1 1.10.5-2; do
	if dsc=$("$XDPS_SRC/patches/fetch-libpcap" -v $version \
		 "$XDPS_BUILD/libpcap-source" 2>"$work/fetch.log"); then
		tests_for "libpcap $version" "$dsc"
	else
		skip_for "libpcap $version" "its source could not be had: $(tail -n 1 "$work/fetch.log")"
	fi
done
# As upstream releases it, for --with-libpcap-source=TARBALL.
if dsc=$("$XDPS_SRC/patches/fetch-libpcap" -v 1.10.3-1 "$XDPS_BUILD/libpcap-source" 2>"$work/fetch.log"); then
	tests_for "libpcap 1.10.3 as a tarball" "$XDPS_BUILD/libpcap-source/libpcap_1.10.3.orig.tar.gz"
	ok "a source that is not the one listed is refused" refuses_another_source "$dsc"
else
	skip_for "libpcap 1.10.3 as a tarball" "it could not be had: $(tail -n 1 "$work/fetch.log")"
	skip "a source that is not the one listed is refused" "there is none to begin with"
fi
if [ -n "${XDPS_LIBPCAP_MASTER:-}" ]; then
	tests_for "libpcap master" "$XDPS_LIBPCAP_MASTER"
else
	skip_for "libpcap master" "XDPS_LIBPCAP_MASTER does not name a tree of it"
fi

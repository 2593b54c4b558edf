#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# One patch and one module for every libpcap: those in patches/libpcap-sources, as far
# as they can be had, and others of which XDPS_LIBPCAP_TREES has trees or tarballs,
# with spaces in between.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
# shellcheck source=tests/lib/parallel.sh
. "$XDPS_SRC/tests/lib/parallel.sh"

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

# gcc's own words, about our files only
no_warnings()
{
	[ -e "$work/$name/pcap-xdpsample.o" ] &&
		! grep -E '^(\./)?pcap-xdpsample\.[ch]:.*(warning|error):' "$work/$name.log" &&
		"${CC:-cc}" -std=gnu11 -Wall -Wextra -Werror -I "$work/$name" -I "$XDPS_SRC/engine" \
			-c -o "$work/filter.o" "$XDPS_SRC/extcap/filter.c"
}

# unit_test PROGRAM FILE...: from those, with this libpcap's machine and headers
unit_test()
{
	local program=$work/$1 libs

	shift
	read -r -a libs <"$work/$name/xdpsample.libs"
	(
		cd "$XDPS_SRC" &&
		"${CC:-cc}" -std=gnu11 -Wall -Wextra -I "$work/$name" -I engine -I bpf -I tests/unit \
			-DHAVE_CONFIG_H -DBUILDING_PCAP -DPCAP_SUPPORT_XDPSAMPLE \
			"-D_U_=__attribute__((unused))" -fsanitize=address,undefined \
			-o "$program" "$@" "$work/$name/libpcap.a" \
			"${libs[@]}" -lcmocka
	) && "$program"
}

passes_the_modules_tests()
{
	unit_test module "$XDPS_SRC"/tests/pcap/*.c common/classic.c common/error.c engine/filter.c engine/runnable.c \
		pcap-xdpsample.c >"$work/unit.log" 2>&1 || {
		grep -v -e 'OK \]' -e 'RUN  ' "$work/unit.log"
		return 1
	}
}

its_machine_is_told_by_ours()
{
	local about

	for about in classic runnable; do
		unit_test $about "tests/unit/test_$about.c" tests/unit/random_filter.c \
			common/classic.c common/error.c engine/filter.c engine/runnable.c >"$work/unit.log" 2>&1 || {
			grep -v -e 'OK \]' -e 'RUN  ' "$work/unit.log"
			return 1
		}
	done
}

# In a network of its own, whose loopback interface has nothing but the pings.
captures()
{
	mkdir -p "$work/$name/lib"
	ln -sf "$(library)" "$work/$name/lib/libpcap.so.0.8"
	XDPSAMPLE_HELPER=$XDPS_BUILD/xdpsample-helper LD_LIBRARY_PATH=$work/$name/lib \
		timeout 60 unshare -n bash -c '
			ip link set lo up
			ping -q -i 0.2 -c 100 127.0.0.1 >/dev/null 2>&1 &
			timeout 30 tcpdump -n -c 6 -i xdpsample:lo "icmp[icmptype] = icmp-echo"
			rc=$?
			kill $!
			exit $rc' >"$work/captured" 2>&1 || {
		cat "$work/captured"
		return 1
	}
	[ "$(grep -c 'ICMP echo request' "$work/captured")" -eq 6 ]
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
	grep -qF "libpcap version $(cat "$work/$name/xdpsample.version") " "$work/version" &&
		grep -q 'libpcap version .*with xdpsample' "$work/version"
}

# What is asked of each, and the sentence for it.
sentences=(
	"applies|the patch applies without fuzz, and it builds"
	"no_warnings|the module and the extcap program compile without a warning"
	"soname_and_exports|the library has Debian's soname and exports nothing of ours"
	"runs_tcpdump|the distribution's tcpdump runs with it, and says which it is"
	"passes_the_modules_tests|the module passes its tests in it"
	"its_machine_is_told_by_ours|filters are valid, and end, by our rules as by its own"
	"captures|it captures"
)

# Why it cannot be asked here; nothing: it can
impossible()
{
	case $1 in
	runs_tcpdump)
		command -v tcpdump >/dev/null || echo "tcpdump is not installed"
		;;
	passes_the_modules_tests | its_machine_is_told_by_ours)
		[ -e /usr/include/cmocka.h ] || echo "cmocka is not installed"
		;;
	captures)
		if [ "$(id -u)" -ne 0 ]; then
			echo "only root can capture"
		elif ! unshare -n true 2>/dev/null; then
			echo "there are no network namespaces here"
		elif ! command -v tcpdump ip ping >/dev/null; then
			echo "tcpdump, ip or ping is not installed"
		fi
		;;
	esac
}

# tests_for NAME SOURCE
tests_for()
{
	local row why

	name=$1
	source=$2
	for row in "${sentences[@]}"; do
		why=$(impossible "${row%%|*}")
		if [ -n "$why" ]; then
			skip "$name: ${row#*|}" "$why"
		else
			ok "$name: ${row#*|}" "${row%%|*}"
		fi
	done
	rm -rf "${work:?}/$name"
}

# skip_for NAME WHY
skip_for()
{
	local row

	for row in "${sentences[@]}"; do
		skip "$1: ${row#*|}" "$2"
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
		grep -q '^fetch-libpcap: the files do not match the checksums of libpcap 1.10.3-1 in ' "$work/refused"
}

listed=$(sed -n 's/^\([0-9][^ ]*\) .*\.dsc$/\1/p' "$XDPS_SRC/patches/libpcap-sources")
read -r -a trees <<<"${XDPS_LIBPCAP_TREES:-}"
plan $((${#sentences[@]} * ($(wc -w <<<"$listed") + 1 + (${#trees[@]} > 0 ? ${#trees[@]} : 1)) + 1))
for version in $listed; do
	if dsc=$("$XDPS_SRC/patches/fetch-libpcap" -v "$version" \
		 "$XDPS_BUILD/libpcap-source" 2>"$work/fetch.log"); then
		parallel_tests ${#sentences[@]} tests_for "libpcap $version" "$dsc"
	else
		parallel_tests ${#sentences[@]} skip_for "libpcap $version" "its source could not be had: $(tail -n 1 "$work/fetch.log")"
	fi
done
# As upstream releases it, for --with-libpcap-source=TARBALL.
if dsc=$("$XDPS_SRC/patches/fetch-libpcap" -v 1.10.3-1 "$XDPS_BUILD/libpcap-source" 2>"$work/fetch.log"); then
	parallel_tests ${#sentences[@]} tests_for "libpcap 1.10.3 as a tarball" "$XDPS_BUILD/libpcap-source/libpcap_1.10.3.orig.tar.gz"
	parallel "a source that is not the one listed is refused" refuses_another_source "$dsc"
else
	parallel_tests ${#sentences[@]} skip_for "libpcap 1.10.3 as a tarball" "it could not be had: $(tail -n 1 "$work/fetch.log")"
	parallel_tests 1 skip "a source that is not the one listed is refused" "there is none to begin with"
fi
for tree in "${trees[@]}"; do
	parallel_tests ${#sentences[@]} tests_for "libpcap $(cat "$tree/VERSION" 2>/dev/null || basename "$tree")" "$tree"
done
[ ${#trees[@]} -gt 0 ] ||
	parallel_tests ${#sentences[@]} skip_for "another libpcap" "XDPS_LIBPCAP_TREES does not name trees"
run_parallel

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# configure says what is missing, by the name of the package.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
# shellcheck source=tests/lib/parallel.sh
. "$XDPS_SRC/tests/lib/parallel.sh"

# configure is to find out by itself.
unset CONFIG_SITE

# A PATH with all programs of this machine but the ones that are named.
path_without()
{
	local d hide

	mkdir "$work/bin"
	for d in /usr/local/bin /usr/bin /bin; do
		[ ! -d "$d" ] || find "$d" -maxdepth 1 ! -type d -exec ln -sf -t "$work/bin" {} +
	done
	for hide; do
		rm -f "$work/bin/$hide"
	done
}

# configure_fails_with PATTERN [VARIABLE=VALUE...]
configure_fails_with()
{
	local pattern=$1

	shift
	mkdir "$work/build"
	if (cd "$work/build" && env "$@" "$XDPS_SRC/configure") >"$work/out" 2>&1; then
		echo "configure succeeded"
		return 1
	fi
	tail -n 15 "$work/out"
	grep -qE -- "$pattern" "$work/out" && [ ! -e "$work/build/Makefile" ]
}

without_program()
{
	path_without "$1"
	configure_fails_with "^ +$1: package $2\$" PATH="$work/bin"
}

all_at_once()
{
	path_without flex clang bison
	configure_fails_with '^ +apt-get install flex bison clang' PATH="$work/bin"
}

# pkg-config finds nothing where there is nothing
without_libraries()
{
	configure_fails_with '^ +apt-get install libbpf-dev libelf-dev libdbus-1-dev$' \
		PKG_CONFIG_LIBDIR="$work" PKG_CONFIG_PATH=
}

old_libbpf()
{
	mkdir -p "$work/pc"
	printf 'Name: libbpf\nDescription: too old\nVersion: 0.8.0\n' >"$work/pc/libbpf.pc"
	configure_fails_with '^ +libbpf >= 1\.0: package libbpf-dev$' PKG_CONFIG_PATH="$work/pc"
}

# A clang that does all but BPF.
clang_without_bpf()
{
	mkdir -p "$work/nobpf"
	cat >"$work/nobpf/clang" <<-'END'
		#!/bin/sh
		case "$*" in *"-target bpf"*) exit 1 ;; esac
		exit 0
	END
	chmod +x "$work/nobpf/clang"
	configure_fails_with 'target bpf: package clang$' CLANG="$work/nobpf/clang"
}

no_such_source()
{
	configure_fails_with "libpcap-source: $work/nothing does not exist" \
		with_libpcap_source="$work/nothing"
}

no_libpcap_tree()
{
	mkdir -p "$work/other"
	configure_fails_with "it is not a libpcap source tree" with_libpcap_source="$work/other"
}

# In the end it says what came of it, in words, and what to do.
ends_in_a_summary()
{
	mkdir "$work/build"
	(cd "$work/build" && "$XDPS_SRC/configure" --disable-dependency-tracking) >"$work/out" 2>&1 || {
		tail -n 15 "$work/out"
		return 1
	}
	sed -n '/^    xdpsample [0-9]/,$p' "$work/out" | tee "$work/summary"
	[ "$(tail -n 1 "$work/summary" | tr -d ' ')" = "" ] && sed -i '$d' "$work/summary"
	[ "$(tail -n 1 "$work/summary")" = "    Now: make" ] &&
		grep -qE '^    xdpsample [0-9.]+$' "$work/summary" &&
		grep -qE '^    libpcap  +.*libpcap-sources' "$work/summary" &&
		grep -qE '^    BPF  +.*clang version [0-9]' "$work/summary" &&
		grep -qE '^    helper  +libbpf [0-9.]+, libelf [0-9.]+$' "$work/summary" &&
		grep -qE '^    make check  +unit tests: .+; sanitizers: (yes|no); fuzzer: (yes|no)$' "$work/summary" &&
		grep -qE '^    make install  +/usr/lib/.*/xdpsample/libpcap\.so\.0\.8$' "$work/summary" &&
		grep -qE '^  +/usr/libexec/xdpsample-helper$' "$work/summary" &&
		grep -qE '^  +/usr/lib/.*/wireshark/extcap/xdpsample-extcap$' "$work/summary" &&
		grep -qE '^    make static  +(for /opt/xdpsample$|no: )' "$work/summary" &&
		! grep -q '[$]{' "$work/summary"
}

[ -x "$XDPS_SRC/configure" ] || skip_all "there is no configure, autoreconf -i makes it"

plan 12
parallel "without clang it names the package" without_program clang clang
parallel "without flex it names the package" without_program flex flex
parallel "without bison it names the package" without_program bison bison
parallel "without patch it names the package" without_program patch patch
parallel "with a bpftool that does not run it names the package" \
	configure_fails_with '^ +bpftool: package bpftool$' BPFTOOL=/nowhere/bpftool
parallel "what is missing is told at once, with the command that installs it" all_at_once
parallel "without the libraries it names their packages" without_libraries
parallel "a libbpf before 1.0 is as good as none" old_libbpf
parallel "a clang that does not compile for BPF is as good as none" clang_without_bpf
parallel "a source of libpcap that is not there is an error" no_such_source
parallel "a directory that is no source of libpcap is an error" no_libpcap_tree
parallel "with all of it there it ends in a summary" ends_in_a_summary
run_parallel

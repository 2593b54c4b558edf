#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# ./quickstart when it is not the first time: the same door again and the next one, after
# packages have come or gone, and after what "git pull" brings.
#
# It is done to a copy of this very tree, in a mount namespace of its own, where the copy is
# in the tree's place: nothing of it comes through, and nothing that other tests write at the
# same time is seen.  dpkg and apt are not asked; the files that
# they would bring or take away are uncovered or covered.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR
status=/var/lib/dpkg/status
cmocka=

skip_all_where_it_cannot_run()
{
	[ "$(id -u)" -eq 0 ] || skip_all "not root, and quickstart is for root"
	[ "$XDPS_BUILD" = "$XDPS_SRC/build" ] && [ -e "$XDPS_BUILD/.libpcap-source" ] ||
		skip_all "only for what quickstart built in ./build"
	[ -e $status ] || skip_all "there is no $status"
}

# The script again, where what is mounted is its own.
go_private()
{
	[ -z "${XDPS_PRIVATE:-}" ] || return 0
	XDPS_PRIVATE=$(mktemp -d) || bail_out "no temporary directory"
	export XDPS_PRIVATE
	unshare --mount --propagation private bash "$0"
	rc=$?
	rm -rf "$XDPS_PRIVATE"
	exit $rc
}

# Without what other tests make, and what they are writing.
copy_tree()
{
	tar -C "$XDPS_SRC" --anchored --exclude=./.git --exclude=./build/{vm,package,deb,static,ccache} \
		--no-anchored --exclude='*.log' --exclude='*.trs' --exclude='*.seconds' \
		--exclude='.turn-*' -cf - . | tar -C "$1" -xpf -
}

lay_over()
{
	mount -t tmpfs tmpfs "$work" &&
		mkdir "$work/tree" "$work/bin" "$work/root" &&
		copy_tree "$work/tree" && mount --bind "$work/tree" "$XDPS_SRC" &&
		cp -p $status "$work/status" && mount --bind "$work/status" $status
}

# program NAME: what stands on standard input, in front of the one in PATH
program()
{
	{ printf '#!/bin/bash\nwork=%q status=%q\n' "$work" $status; cat; } >"$work/bin/$1"
	chmod 755 "$work/bin/$1"
}

# A dpkg that has all packages but those in the file "absent", and an apt that brings
# these back, with what is in "come"; a make that makes all but the tests.
fake_programs()
{
	: >"$work/absent"
	program dpkg-query <<-'END'
		! grep -qx -- "${*: -1}" "$work/absent" && printf installed
	END
	program apt-get <<-'END'
		[[ " $* " == *" install "* ]] || exit 0
		echo "$*" >>"$work/installed"
		: >"$work/absent"
		bash "$work/come" && touch $status
	END
	program make <<-END
		case " \$* " in
		*" check TESTS= ") exit 0 ;;
		*" check ") echo "PASS: tests/build/none.sh 1 - the tests are not what is tested" ;;
		*) exec $(command -v make) "\$@" ;;
		esac
	END
	PATH=$work/bin:$PATH
}

# quickstart DOOR: its words are in $said
quickstart()
{
	"$XDPS_SRC/quickstart" "$@" >"$said" 2>&1 </dev/null || { tail -n 30 "$said"; return 1; }
}

# A moment that files can be newer than.
mark()
{
	touch "$work/mark" && sleep 0.02
}

# made_since_mark: what was written of the build, but what tells of it
made_since_mark()
{
	find "$XDPS_SRC" -path "$XDPS_SRC/.git" -prune -o \
		! -type d -newer "$work/mark" ! -name '*.log' -print
}

nothing_is_made_again()
{
	mark
	quickstart build && [ -z "$(made_since_mark)" ] && return
	made_since_mark
	tail -n 20 build/make.log
	return 1
}

builds_once()
{
	quickstart build && nothing_is_made_again
}

links()
{
	find build/extcap-dir -maxdepth 1 -type l ! -name xdpsample-extcap -printf '%f\n' | sort
}

# Wireshark's folder, with a program in it, can be covered by an empty one.
uncovered()
{
	mountpoint -q "$extcapdir" && umount "$extcapdir"
	mount -t tmpfs tmpfs "$extcapdir" && cp /bin/true "$extcapdir/somedump"
}

built_before_wireshark_came()
{
	mount -t tmpfs tmpfs "$extcapdir" && rm -rf build/extcap-dir && quickstart build || return
	[ -x build/extcap-dir/xdpsample-extcap ] && [ -z "$(links)" ] || { ls build/extcap-dir; return 1; }
}

check_links_what_came()
{
	built_before_wireshark_came && uncovered && quickstart check && links && [ "$(links)" = somedump ]
}

run_links_what_came()
{
	built_before_wireshark_came && uncovered && ./run true && links && [ "$(links)" = somedump ]
}

run_forgets_what_went()
{
	uncovered && ./run true && [ "$(links)" = somedump ] || return
	rm "$extcapdir/somedump" && ./run true && links && [ -z "$(links)" ] &&
		[ -x build/extcap-dir/xdpsample-extcap ]
}

is_built_with_cmocka()
{
	grep -q '^c_programs = ' build/Makefile
}

built_without_cmocka()
{
	mount --bind /dev/null "$cmocka" && echo libcmocka-dev >"$work/absent" && touch $status
	echo "umount $cmocka" >"$work/come"
	quickstart build && ! is_built_with_cmocka
}

# The last line is what a script reads.
check_brings_it_back()
{
	quickstart check && cat "$said" && grep -w libcmocka-dev "$work/installed" &&
		is_built_with_cmocka && [ "$(tail -n 1 "$said")" = "1 passed, 0 failed, 0 skipped" ]
}

pulled_makefile()
{
	printf '%s\n' '' 'all-local: pulled' 'pulled:' '	echo >$@' >>Makefile.am
	quickstart build && [ -e build/pulled ] && nothing_is_made_again
}

pulled_configure()
{
	sed -i 's/^AC_INIT(\[xdpsample\], .*/AC_INIT([xdpsample], [99.9])/' configure.ac
	quickstart build && build/xdpsample-helper --version && build/xdpsample-extcap --version &&
		[[ $(build/xdpsample-helper --version) == "xdpsample-helper 99.9, made with libpcap "* ]] &&
		[ "$(build/xdpsample-extcap --version)" = "xdpsample-extcap 99.9" ] &&
		nothing_is_made_again
}

# The name is found out by asking the loader's cache, which may not have known one.
configured_anew()
{
	(cd build && ../configure --libexecdir=/elsewhere --with-libpcap-soname=libpcap.so.1 && make -j"$(nproc)") \
		>"$said" 2>&1 || { tail -n 20 "$said"; return 1; }
	strings build/lib/libpcap.so.1 | grep -Fx /elsewhere/xdpsample-helper &&
		readelf -d build/lib/libpcap.so.1 | grep -F 'soname: [libpcap.so.1]' &&
		[ "$(readlink build/lib/libpcap.so)" = libpcap.so.1 ] && [ ! -e build/lib/libpcap.so.0.8 ]
}

release()
{
	sed "s/^VERSION_CODENAME=.*/VERSION_CODENAME=$1/" /etc/os-release >"$work/release"
	[ -e "$work/os-release" ] || {
		cp /etc/os-release "$work/os-release" &&
			mount --bind "$work/os-release" /etc/os-release
	}
	cat "$work/release" >/etc/os-release
}

# What would fetch says for which release.
upgraded()
{
	cp patches/fetch-source "$work/fetch-source"
	printf '%s\n' '#!/bin/sh' '. /etc/os-release' 'echo "/source/of/$VERSION_CODENAME.dsc"' >patches/fetch-source
	(cd build && ../configure) >"$said" 2>&1 || { tail -n 20 "$said"; return 1; }
	release first && touch -d 2020-01-01 /etc/os-release && make -C build libpcap-source/dsc &&
		release second && touch -d 2020-01-01 /etc/os-release && make -C build libpcap-source/dsc
	cp "$work/fetch-source" patches/fetch-source
	cat build/libpcap-source/dsc
	[ "$(cat build/libpcap-source/dsc)" = /source/of/second.dsc ]
}

names_what_works_without_a_source_to_fetch()
{
	: >patches/libpcap-sources
	! quickstart build || return
	grep "LIBPCAP_SOURCE=TREE ./quickstart" "$said"
}

skip_all_where_it_cannot_run
go_private
work=$XDPS_PRIVATE
said=$work/said
extcapdir=$(cat "$XDPS_BUILD/extcap-dir/own.over")
cmocka=$(pkg-config --variable=pcfiledir cmocka 2>/dev/null)/cmocka.pc
why=$(lay_over 2>&1) || skip_all "nothing can be laid over the tree here: $(tail -n 1 <<<"$why")"
fake_programs
cd "$XDPS_SRC" || bail_out "no $XDPS_SRC"

plan 11
ok "a build that is done is left as it is" builds_once
if [ -d "$extcapdir" ]; then
	ok "a check after a build has Wireshark's programs that came in between" check_links_what_came
	umount "$extcapdir"
	ok "./run has Wireshark's programs that came after the build" run_links_what_came
	umount "$extcapdir"
	ok "./run forgets Wireshark's programs that have gone" run_forgets_what_went
	umount "$extcapdir"
else
	skip "a check after a build has Wireshark's programs that came in between" "Wireshark is not installed"
	skip "./run has Wireshark's programs that came after the build" "Wireshark is not installed"
	skip "./run forgets Wireshark's programs that have gone" "Wireshark is not installed"
fi
if [ -e "$cmocka" ]; then
	ok "a build after a package was removed does without it" built_without_cmocka
	ok "a check installs it again and uses it, and its last line counts" check_brings_it_back
else
	skip "a build after a package was removed does without it" "libcmocka-dev is not installed"
	skip "a check installs it again and uses it, and its last line counts" "libcmocka-dev is not installed"
fi
unset LIBPCAP_SOURCE
ok "a Makefile.am that has changed is obeyed, once" pulled_makefile
ok "a configure.ac that has changed is obeyed, once, and the programs tell its version" pulled_configure
ok "configured anew, the library has the helper's other place and its own other name" configured_anew
ok "on a system that was upgraded the source is asked for anew" upgraded
ok "where no source of libpcap is known, quickstart names what works" names_what_works_without_a_source_to_fetch
[ "$tap_failed" -eq 0 ]

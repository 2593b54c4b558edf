# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# For the tests of packages: the packages, made once for all of these tests, and a
# clean Debian with a layer of memory over it.  Sourced after tests/lib/tap.sh.
#
# What is mounted is so in a namespace of its own, where the script runs as process
# 1: nothing of it is seen outside, and nothing outlives it.

PACKAGES=$XDPS_BUILD/package
DEBS=$XDPS_BUILD/deb
ROOT=$PACKAGES/mnt/root

# What packages are made of, as far as it is older or newer than they are.
ingredients()
{
	find "$XDPS_SRC"/{bpf,common,completion,doc,engine,extcap,helper,man,packaging,patches,remote} \
		"$XDPS_SRC"/{Makefile.am,tests/Makefile.inc,configure.ac,README.md} \
		"$XDPS_SRC"/pcap-xdpsample.[ch] -type f "$@"
}

# package NAME: the file
package()
{
	local file

	for file in "$DEBS/${1}_"*.deb; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
	return 1
}

# make_packages: what make says is in its log.  Not with its flags, and not what a
# build of a package tests: all that is in make check.  The release's tarball is not
# pressed as hard as for others.
make_packages()
{
	local deb

	mkdir -p "$PACKAGES"
	deb=$(package xdpsample) && [ -z "$(ingredients -newer "$deb" -print -quit)" ] && return
	(unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR
	 export DEB_BUILD_OPTIONS=nocheck XZ_OPT=-1
	 make -C "$XDPS_BUILD" deb) >"$PACKAGES/make.log" 2>&1 </dev/null || {
		tail -n 20 "$PACKAGES/make.log"
		return 1
	}
}

# need_root_and_packages: ends the test with the reason where there can be none.  They do
# not depend on each other: the root is mostly fetched and unpacked while the packages
# are compiled.
need_root_and_packages()
{
	local tool root rc=0

	[ "$(id -u)" -eq 0 ] || skip_all "not root: a clean root needs it"
	for tool in dpkg-buildpackage dh dh_apparmor po2debconf; do
		command -v $tool >/dev/null || skip_all "$tool is not installed"
	done
	"$XDPS_SRC/tests/package/clean-root" "$PACKAGES" >"$XDPS_BUILD/package.root" 2>&1 &
	root=$!
	make_packages >"$XDPS_BUILD/package.said" 2>&1 || rc=$?
	wait "$root" || need_root_to_be_made $?
	[ $rc -eq 0 ] || {
		diag <"$XDPS_BUILD/package.said"
		bail_out "make deb has failed"
	}
	rm -f "$XDPS_BUILD"/package.{said,root}
}

# need_root_to_be_made STATUS: clean-root's
need_root_to_be_made()
{
	[ "$1" -ne 77 ] || skip_all "$(tail -n 1 "$XDPS_BUILD/package.root")"
	diag <"$XDPS_BUILD/package.root"
	bail_out "no clean root"
}

# go_private ARGUMENTS...: the script again, where what is mounted is its own
go_private()
{
	[ -z "${XDPS_PRIVATE:-}" ] || return 0
	mkdir -p "$PACKAGES/mnt"
	XDPS_PRIVATE=yes exec unshare --mount --net --pid --fork --kill-child \
		--propagation private bash "$0" "$@"
}

# mount_root: $ROOT, as new; $PACKAGES/mnt is memory, too
mount_root()
{
	mount -t tmpfs -o mode=755 tmpfs "$PACKAGES/mnt" &&
		mkdir "$PACKAGES/mnt"/{upper,work,root} &&
		mount -t overlay overlay -o "lowerdir=$PACKAGES/root,upperdir=$PACKAGES/mnt/upper,workdir=$PACKAGES/mnt/work" "$ROOT" &&
		mount -t proc proc /proc &&
		mount -t proc proc "$ROOT/proc" &&
		mount -t sysfs sysfs "$ROOT/sys" &&
		mount --rbind /dev "$ROOT/dev" &&
		mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
}

# in_root COMMAND...: there, with no more of us than a terminal has
in_root()
{
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$ROOT" "$@"
}

# as_user USER COMMAND...: there, with the groups that the user has now
as_user()
{
	local user=$1

	shift
	in_root setpriv --reuid="$user" --regid="$user" --init-groups env HOME=/tmp "$@"
}

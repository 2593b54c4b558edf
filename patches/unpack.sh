# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
#
# The source of a program or library to be built here, to be sourced.

# unpack SOURCE DEST [OPTION]: SOURCE is a tree, a tarball or a .dsc; DEST is made
# anew; the OPTION is one of dpkg-source's, for a .dsc
unpack()
{
	rm -rf "$2"
	mkdir -p "$(dirname "$2")"
	case $1 in
	*.dsc)
		dpkg-source --no-check --no-copy ${3:+"$3"} -q -x "$1" "$2"
		;;
	*)
		mkdir "$2"
		if [ -d "$1" ]; then
			tar -C "$1" --exclude=./.git -cf - . | tar -C "$2" -xf -
			# somebody may have built in it, for elsewhere
			[ ! -e "$2/Makefile" ] || (cd "$2" && make -s distclean)
		else
			tar -C "$2" --strip-components=1 -xf "$1"
		fi
		;;
	esac
}

# What was given to our make on its command line is not meant for another
# package's make, which has variables of the same names.
MAKEFLAGS=${MAKEFLAGS:-}
MAKEFLAGS=${MAKEFLAGS%%-- *}
export MAKEFLAGS

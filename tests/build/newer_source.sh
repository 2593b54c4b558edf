#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Which source of libpcap is taken, and what patches/newer-source says of others: with
# an archive of our own, in which apt finds what each test puts there.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
# shellcheck source=/dev/null
. /etc/os-release

for tool in apt-get dpkg-source xz; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
[ "${ID:-}" = debian ] && [ -n "${VERSION_CODENAME:-}" ] || skip_all "this is no Debian"

work=$(mktemp -d) || bail_out "no temporary directory"
trap 'rm -rf "$work"' EXIT
archive=$work/archive
export APT_CONFIG=$work/apt.conf
mkdir "$work/patches" "$work/none"
cp "$XDPS_SRC"/patches/* "$work/patches"

# has VERSION SUITE [CVE...]: a source package, not of much, in the archive
has()
{
	local version=$1 suite=$2 tree=$work/tree-$1 dir=$archive/pool file

	shift 2
	mkdir -p "$tree/libpcap-${version%-*}" "$tree/debian" "$dir"
	printf '%s\n' "Someday / Somebody" "  Summary for ${version%-*} libpcap release" \
		"${@/#/      }" "  Summary for 1.0 libpcap release" "      CVE-1999-0001" \
		>"$tree/libpcap-${version%-*}/CHANGES"
	printf '%s\n' "libpcap ($version) unstable; urgency=medium" "" "  * New." "" \
		" -- Somebody <a@b.invalid>  Thu, 01 Jan 2026 00:00:00 +0000" >"$tree/debian/changelog"
	tar -C "$tree" -cJf "$dir/libpcap_${version%-*}.orig.tar.xz" "libpcap-${version%-*}"
	tar -C "$tree" -cJf "$dir/libpcap_$version.debian.tar.xz" debian
	{
		printf '%s\n' "Format: 3.0 (quilt)" "Source: libpcap" "Version: $version"
		sums
	} >"$dir/libpcap_$version.dsc"
	mkdir -p "$archive/dists/$suite/main/source"
	{
		printf '%s\n' "Package: libpcap" "Format: 3.0 (quilt)" "Version: $version" "Directory: pool"
		sums "libpcap_$version.dsc"
		echo
	} >>"$archive/dists/$suite/main/source/Sources"
	sign "$suite"
}

# sums [FILE]: as in a .dsc
sums()
{
	local file

	echo "Checksums-Sha256:"
	for file in "libpcap_${version%-*}.orig.tar.xz" "libpcap_$version.debian.tar.xz" "$@"; do
		echo " $(sha256sum <"$dir/$file" | cut -d ' ' -f 1) $(stat -c %s "$dir/$file") $file"
	done
}

# Not really: the archive is one that is trusted.
sign()
(
	cd "$archive/dists/$1" || exit
	printf '%s\n' "Suite: $1" "Codename: $1" "Components: main" "SHA256:" \
		" $(sha256sum <main/source/Sources | cut -d ' ' -f 1) $(stat -c %s main/source/Sources) main/source/Sources" \
		>Release
)

# list VERSION SUITE [VERSION SUITE]...: what is listed
list()
{
	: >"$work/patches/libpcap-sources"
	while [ $# -gt 0 ]; do
		(
			cd "$archive/pool" || exit
			for file in "libpcap_$1.dsc" "libpcap_${1%-*}.orig.tar.xz" "libpcap_$1.debian.tar.xz"; do
				echo "$1 $2 $(sha256sum "$file" | sed 's/  / /')"
			done
		) >>"$work/patches/libpcap-sources"
		shift 2
	done
}

# An archive in which this release, testing and sid have each its version.
anew()
{
	rm -rf "$archive" "$work/got"
	has 1.10.3-1 "$VERSION_CODENAME"
	has 1.10.5-2 testing
	has 1.11.0-1 sid
	printf '%s\n' "Dir::Etc::SourceList \"$work/sources.list\";" \
		"Dir::Etc::SourceParts \"$work/none\";" >"$APT_CONFIG"
	printf '%s\n' "deb [trusted=yes] file:$archive $VERSION_CODENAME main" \
		"deb [trusted=yes] file:$archive $VERSION_CODENAME-security main" >"$work/sources.list"
}

newer()
{
	rc=0
	"$work/patches/newer-source" >"$work/said" 2>&1 || rc=$?
	cat "$work/said"
}

# gets VERSION: which is taken
gets()
{
	"$work/patches/fetch-source" -b ${try:+-t "$try"} "$work/patches/libpcap-sources" "$work/got" \
		>"$work/out" 2>"$work/err" || return 1
	cat "$work/out" "$work/err"
	[ "$(cat "$work/out")" = "$work/got/libpcap_$1.dsc" ] && [ -e "$work/got/libpcap_$1.dsc" ]
}

is_quiet_when_all_are_listed()
{
	anew
	list 1.11.0-1 sid 1.10.5-2 testing 1.10.3-1 "$VERSION_CODENAME"
	newer
	[ $rc -eq 0 ] && [ "$(grep -c ' listed  *can be had$' "$work/said")" -eq 3 ] &&
		[ "$(wc -l <"$work/said")" -eq 3 ]
}

shows_a_newer_one()
{
	anew
	list 1.11.0-1 sid
	has 1.11.1-1 sid CVE-2026-0001 CVE-2026-0002
	newer
	[ $rc -eq 1 ] && grep -q '^libpcap  *1\.11\.1-1  *sid  *not in the list  *can be had$' "$work/said" &&
		grep -qx '    its changelogs name CVE-2026-0001 CVE-2026-0002' "$work/said" || return 1
	grep '^1\.11\.1-1 ' "$work/said" | sort >"$work/lines"
	list 1.11.1-1 sid
	sort "$work/patches/libpcap-sources" | diff - "$work/lines"
}

# Its number is lower than that of another which is listed.
shows_a_security_update_of_this_release()
{
	anew
	list 1.11.0-1 sid 1.10.3-1 "$VERSION_CODENAME"
	has 1.10.3-1+deb99u1 "$VERSION_CODENAME-security" CVE-2026-0003
	newer
	[ $rc -eq 1 ] && grep -q "^1.10.3-1+deb99u1 $VERSION_CODENAME-security [0-9a-f]* libpcap_1.10.3-1+deb99u1.dsc\$" "$work/said"
}

says_which_cannot_be_had()
{
	anew
	list 1.11.0-1 sid 1.10.5-2 testing 1.10.3-1 "$VERSION_CODENAME"
	rm "$archive"/pool/libpcap_1.11.0*
	newer
	[ $rc -eq 0 ] && grep -q '^libpcap  *1\.11\.0-1 .* listed  *cannot be had: .' "$work/said"
}

says_that_it_could_not_look()
{
	anew
	list 1.11.0-1 sid
	rm -rf "$archive/dists"
	newer
	[ $rc -eq 2 ] && grep -qx 'newer-source: no available suite has a source package of libpcap' "$work/said"
}

takes_the_first_in_the_list()
{
	anew
	list 1.11.0-1 sid 1.10.5-2 testing 1.10.3-1 "$VERSION_CODENAME"
	gets 1.11.0-1
}

takes_the_next_if_it_cannot_be_had()
{
	anew
	list 1.11.0-1 sid 1.10.5-2 testing 1.10.3-1 "$VERSION_CODENAME"
	rm "$archive"/pool/libpcap_1.11.0*
	gets 1.10.5-2 && grep -q 'could not download the source of libpcap 1.11.0-1 ' "$work/err"
}

takes_the_next_if_the_patches_do_not_fit()
{
	local try="$work/fit"

	anew
	list 1.11.0-1 sid 1.10.5-2 testing
	printf '%s\n' '#!/bin/sh' 'echo "asked for $1"' 'case $1 in *1.11*) exit 1 ;; esac' >"$work/fit"
	chmod 755 "$work/fit"
	gets 1.10.5-2 && grep -q 'libpcap 1.11.0-1 is not used' "$work/err"
}

# What was built does not change because the archive did.
takes_the_same_again_until_the_list_changes()
{
	anew
	list 1.11.0-1 sid 1.10.5-2 testing
	mv "$archive/pool/libpcap_1.11.0-1.dsc" "$work"
	gets 1.10.5-2 || return 1
	mv "$work/libpcap_1.11.0-1.dsc" "$archive/pool"
	gets 1.10.5-2 || return 1
	touch -d '+2 seconds' "$work/patches/libpcap-sources"
	gets 1.11.0-1
}

takes_one_from_a_security_suite()
{
	anew
	has 1.10.3-1+deb99u1 "$VERSION_CODENAME-security"
	list 1.10.3-1+deb99u1 "$VERSION_CODENAME-security" 1.11.0-1 sid
	gets 1.10.3-1+deb99u1
}

# As on testing and sid: the list is of others.
takes_the_first_for_a_release_that_is_not_listed()
{
	anew
	list 1.11.0-1 sid 1.10.5-2 testing
	"$work/patches/fetch-source" "$work/patches/libpcap-sources" "$work/got" >"$work/out" &&
		[ "$(cat "$work/out")" = "$work/got/libpcap_1.11.0-1.dsc" ]
}

# Whose entries say "sid", though its codename is testing's
takes_the_entries_of_a_machine_that_follows_sid()
{
	anew
	list 1.11.0-1 sid
	echo "deb [trusted=yes] file:$archive sid main" >"$work/sources.list"
	gets 1.11.0-1
}

refuses_all_that_are_not_as_listed()
{
	anew
	list 1.11.0-1 sid 1.10.5-2 testing
	sed -i 's/ [0-9a-f]\{64\} / 0000000000000000000000000000000000000000000000000000000000000000 /' \
		"$work/patches/libpcap-sources"
	! gets 1.11.0-1 && grep -q 'the files do not match the checksums of libpcap 1.11.0-1 in ' "$work/err" &&
		grep -q 'none of the versions in the list is available' "$work/err"
}

plan 13
ok "newer-source is quiet when all sources are listed" is_quiet_when_all_are_listed
ok "it shows a newer one, with its CVEs and the lines for the list" shows_a_newer_one
ok "it shows a security update of this release" shows_a_security_update_of_this_release
ok "it says which cannot be had" says_which_cannot_be_had
ok "it says that it could not look" says_that_it_could_not_look
ok "the first source in the list is taken" takes_the_first_in_the_list
ok "the next is taken if that cannot be had" takes_the_next_if_it_cannot_be_had
ok "the next is taken if the patches do not fit" takes_the_next_if_the_patches_do_not_fit
ok "the same is taken again, until the list changes" takes_the_same_again_until_the_list_changes
ok "one is taken from a -security suite" takes_one_from_a_security_suite
ok "a release that is not listed gets the first" takes_the_first_for_a_release_that_is_not_listed
ok "a machine that follows sid gets one" takes_the_entries_of_a_machine_that_follows_sid
ok "no source is taken that is not as listed" refuses_all_that_are_not_as_listed

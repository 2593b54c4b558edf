#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The rules that the tree's structure rests on.  "make lint" is this by itself.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
cd "$XDPS_SRC" || bail_out "no $XDPS_SRC"

library=$XDPS_BUILD/lib/libpcap.so.0.8

# What people write, as opposed to what a build leaves.
written()
{
	local top=(bpf common engine helper tests patches man .ci run quickstart
		   Makefile.am configure.ac pcap-xdpsample.c pcap-xdpsample.h)
	local more=(bench extcap completion packaging doc remote)
	local f

	for f in "${more[@]}"; do
		[ ! -d "$f" ] || top+=("$f")
	done
	find "${top[@]}" -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' \
		-o -name '*.patch' -o -name '*.[1-9]' -o -name '*.am' -o -name '*.inc' -o -name '*.ac' \
		-o -name '*.postinst' -o -name '*.prerm' -o -name '*.postrm' -o -name '*.config' \
		-o -name 'xdpsample.in' -o -name 'run' -o -name 'quickstart' -o ! -name '*.*' \) \
		! -name '*.skel.h' -exec grep -lI . {} + | LC_ALL=C sort
}

scripts()
{
	written | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) ! head -n 1 "$f" | grep -qE '^#!.*[/ ](ba)?sh( |$)' || echo "$f" ;;
		esac
	done
}

# no_match GREP-ARGUMENTS...: shows what there is and fails
no_match()
{
	! grep -nE "$@"
}

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*'

no_pcap_header()
{
	no_match "${include}[<\"](.*/)?pcap" -r common engine helper bpf --include='*.[ch]'
}

no_libbpf_header()
{
	no_match "${include}[<\"]bpf/" -r common engine --include='*.[ch]' &&
		no_match "${include}[<\"]bpf/" pcap-xdpsample.c pcap-xdpsample.h
}

# included_by FOLDER: headers of ours, with their folders
included_by()
{
	local header

	find "$1" -name '*.[ch]' -exec grep -oHE "$include\"[^\"]+\"" {} + |
		sed -E 's,^([^:]*/)[^:]*:[^"]*"([^"]*)"$,\1\2,' | grep -v '\.skel\.h$' |
		LC_ALL=C sort -u | while read -r header; do
			[ -e "$header" ] || header=missing:$header
			echo "$header"
		done | xargs realpath -m --relative-to=. | LC_ALL=C sort -u
}

# includes_only FOLDER PATTERN: and its own headers
includes_only()
{
	! included_by "$1" | grep -vE "^$1/|^($2)\$"
}

sides_share_only_common()
{
	includes_only common "bpf/record\.h" &&
		includes_only engine "common/.*|bpf/record\.h" &&
		includes_only helper "common/.*|bpf/(record|refusal)\.h"
}

# part_includes FOLDER PARTS: and what all of the helper may include
part_includes()
{
	includes_only "helper/$1" "common/.*|bpf/(record|refusal)\.h|helper/(${2:-none})/.*"
}

# From the lowest to the highest; main.c is above them.
helper_parts_are_layered()
{
	local parts

	part_includes host &&
		part_includes rings 'host' &&
		part_includes target 'host' &&
		part_includes program 'host|rings|target' &&
		part_includes attach 'host|rings|target|program' &&
		part_includes door 'host|target' || return 1
	parts=$(find helper -mindepth 1 -type d | LC_ALL=C sort | paste -sd' ')
	[ "$parts" = "helper/attach helper/door helper/host helper/program helper/rings helper/target" ] || {
		echo "the parts are: $parts"
		return 1
	}
}

record_readers()
{
	local found wanted

	found=$(grep -lE "$include\".*record\.h\"" common/* engine/* pcap-xdpsample.[ch] | paste -sd' ')
	wanted='common/counters.c engine/ring.c'
	[ "$found" = "$wanted" ] || {
		echo "they are: $found"
		echo "allowed:  $wanted"
		return 1
	}
}

# One place chooses by the kind of the rings; the wire says it, and a ring is read by it.
asks_for_ring_kinds()
{
	local found wanted

	found=$(grep -lE 'XDPS_RING_(PERF|MAP)' engine/* | paste -sd' ')
	wanted='engine/client.c engine/memory.c engine/ring.c'
	[ "$found" = "$wanted" ] || {
		echo "they are: $found"
		echo "allowed:  $wanted"
		return 1
	}
}

# The helper's other files take what was asked for, and return a place and an error; the
# engine's other files have a session.
message_readers()
{
	local found wanted

	found=$(grep -lE "$include\"(.*/)?(protocol|request|reply)\.h\"" -r engine helper --include='*.[ch]' |
		LC_ALL=C sort | paste -sd' ')
	wanted='engine/client.c helper/capture.c helper/door/message.h helper/door/query.c helper/door/reply.c helper/door/reply.h helper/door/request.c helper/door/request.h helper/main.c'
	[ "$found" = "$wanted" ] || {
		echo "they are: $found"
		echo "allowed:  $wanted"
		return 1
	}
}

exports_nothing_of_ours()
{
	! nm -D --defined-only "$library" | grep -E ' (xdps_|xdpsample_)'
}

needs_no_libbpf()
{
	! readelf -d "$library" | grep -E 'NEEDED.*lib(bpf|elf|z)\.so'
}

# Asked of the objects: a name in a comment is no call.
never_prints()
{
	local objects=("$XDPS_BUILD/xdpsample-engine.o" "$XDPS_BUILD/libpcap/pcap-xdpsample.o")

	nm -u "${objects[@]}" >/dev/null || return 1
	! nm -u "${objects[@]}" |
		grep -wE '(__)?v?(f|d)?printf(_chk)?|puts|fputs|putchar|fputc|putc|fwrite|perror|psignal|v?(err|warn)x?|v?syslog|std(out|err)'
}

# What is only sourced sets what others use.  Each script takes a second or two.
shellcheck_is_content()
{
	local check=(xargs -n 1 -P "$(nproc)" shellcheck --severity=warning --external-sources
		     --source-path="$XDPS_SRC" --source-path=SCRIPTDIR)
	local rc=0

	scripts | grep -vE '^tests/lib/|/lib\.sh$' | "${check[@]}" || rc=1
	scripts | grep -E '^tests/lib/|/lib\.sh$' |
		"${check[@]}" --exclude=SC2034,SC2119,SC2120 || rc=1
	return $rc
}

manuals_are_well_formed()
{
	mandoc -T lint -W warning man/*.[1-9]
}

# What people read: also the documents, and what packages show.
prose()
{
	written
	find ./*.md doc packaging tests -type f \( -name '*.md' -o -name '*.templates' \
		-o -name '*.spec' -o -name '*.service' -o -name '*.in' \)
}

# A program and libpcap's company, macros of mdoc(7) and names in libpcap's API, a word that
# a binary has, and what two tests look for.
known_words=nast,cace,nd,inout,nam,chekc,oll

no_spelling_error()
{
	prose | xargs codespell --ignore-words-list="$known_words"
}

no_developer_path()
{
	written | xargs grep -nE '(^|[^A-Za-z0-9_.$}*-])/(home|root|work|Users)/' && return 1
	return 0
}

no_registry()
{
	written | xargs grep -nE '(deb|security|ftp|snapshot)[.]debian[.]org|(pypi|npmjs|crates|rubygems)[.](org|com|io)' &&
		return 1
	return 0
}

has_license_line()
{
	local f rc=0

	for f in $(written | grep -v '^patches/\(README\|libpcap-sources\)$'); do
		case $f in *.hex | tests/fuzz/corpus/*) continue ;; esac
		case $f in packaging/debian/copyright | packaging/debian/source/format) continue ;; esac
		head -n 5 "$f" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || {
			echo "$f"
			rc=1
		}
	done
	return $rc
}

no_space_at_line_ends()
{
	written | grep -v '\.patch$' | xargs grep -nE '[[:space:]]+$' && return 1
	return 0
}

# As .editorconfig says, with tabs of 8.  A string is not split, so what it holds does not count.
no_line_is_too_wide()
{
	local max

	max=$(sed -n 's/^max_line_length = //p' .editorconfig)
	! written | grep '[.][ch]$' | xargs awk -v max="$max" '
		{
			line = $0
			gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
			while (i = index(line, "\t"))
				line = substr(line, 1, i - 1) \
					substr("        ", 1, 8 - (i - 1) % 8) substr(line, i + 1)
			if (length(line) > max)
				print FILENAME ":" FNR ": " $0
		}' | grep .
}

# A comment says something; a line of dashes does not.
no_banner()
{
	written | grep -v '\.patch$' | xargs grep -nE '^(#|//|/\*| \*) ?[-=*#]{4}' && return 1
	return 0
}

every_test_is_run()
{
	local f rc=0

	for f in tests/*/*.sh tests/*/test_*.c; do
		case $f in
		tests/lib/* | */lib.sh) continue ;;
		esac
		grep -qF "${f%.c}" tests/Makefile.inc || {
			echo "$f is not in tests/Makefile.inc"
			rc=1
		}
	done
	return $rc
}

architecture=doc/architecture.md
source_folders=(bench bpf common engine extcap helper remote)

# named_files DOCUMENT: one a line; a test with ":FUNCTION" behind its file
named_files()
{
	local folder

	folder="([.]ci|completion|doc|man|packaging|patches|tests|$(IFS='|'; echo "${source_folders[*]}"))"
	{
		grep -oE "$folder(/[[:alnum:]_.+-]+)+(:[[:alnum:]_]+)?" "$1"
		grep -oE '`[[:alnum:]_-]+[.](ac|am|c|h|md|sh)`' "$1" | tr -d '`'
	} | sed 's/[.]$//' | LC_ALL=C sort -u
}

# What has to be named there; also what the makefile has of a folder that is new.
source_files()
{
	local f

	find "${source_folders[@]}" -type f \
		\( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.gp' \) \
		! -name '*.skel.h'
	grep -oE '[[:alnum:]_./-]+[.][ch]( |$)' Makefile.am | tr -d ' ' |
		grep -E '^[[:alnum:]]+/' | grep -vE '^tests/|[.]skel[.]h$'
	find patches -type f
	for f in *; do
		case $f in
		*.[ch]) echo "$f" ;;
		*) ! is_program_of_ours "$f" || echo "$f" ;;
		esac
	done
}

# At the top level, where a build in the tree has others.
is_program_of_ours()
{
	[ -f "$1" ] && head -n 1 "$1" | grep -aqE '^#!.*sh( |$)' &&
		head -n 5 "$1" | grep -aq SPDX-License-Identifier
}

documents_name_what_exists()
{
	local document name rc=0

	for document in "$architecture" CONTRIBUTING.md SECURITY.md; do
		for name in $(named_files "$document"); do
			[ -e "${name%:*}" ] || {
				echo "$document names $name, which does not exist"
				rc=1
			}
		done
	done
	return $rc
}

architecture_names_every_source()
{
	local f named rc=0

	named=$(named_files "$architecture")
	for f in $(source_files | LC_ALL=C sort -u); do
		case $f in
		*[./]*) grep -qFx "$f" <<<"$named" ;;
		*) grep -qF "\`$f\`" "$architecture" ;;
		esac || {
			echo "$architecture does not name $f"
			rc=1
		}
	done
	return $rc
}

architecture_names_tests_that_exist()
{
	local name rc=0

	for name in $(named_files "$architecture" | grep :); do
		grep -qE "^(static void )?${name#*:}\(" "${name%:*}" || {
			echo "$architecture names $name, and that file has no such test"
			rc=1
		}
	done
	return $rc
}

# Where a release says its version, besides configure.ac.
every_version_is_one()
{
	local version file rc=0

	version=$(sed -n 's/^AC_INIT(\[xdpsample\], \[\(.*\)\])$/\1/p' configure.ac)
	grep -m 1 '^## ' CHANGES.md | grep -qFx "## $version" || {
		echo "CHANGES.md does not begin with $version"
		rc=1
	}
	grep -qE "^Version: +${version//./\\.}\$" packaging/rpm/xdpsample.spec || {
		echo "packaging/rpm/xdpsample.spec is not for $version"
		rc=1
	}
	for file in doc/*.md; do
		grep -oE 'xdpsample-[0-9]+(\.[0-9]+)+' "$file" | grep -vFx "xdpsample-$version" | sed "s,^,$file: ,"
	done | grep . && rc=1
	return $rc
}

every_test_folder_has_a_line()
{
	local dir rc=0

	for dir in tests/*/; do
		dir=${dir#tests/}
		grep -qF "| \`$dir\` |" tests/README.md || {
			echo "tests/README.md has no line for $dir"
			rc=1
		}
	done
	return $rc
}

plan 25
ok "engine/ and helper/ share common/ and nothing else" sides_share_only_common
ok "the parts of the helper include each other in one direction only" helper_parts_are_layered
ok "nothing under common/, engine/, helper/ and bpf/ includes a header of libpcap" no_pcap_header
ok "only helper/ and bpf/ include a header of libbpf" no_libbpf_header
ok "in the engine only what reads the ring and the counters knows record.h" record_readers
ok "the engine treats perf rings and map rings alike, but where they are mapped and read" asks_for_ring_kinds
ok "only what receives and sends messages knows protocol.h" message_readers
ok "the library exports no symbol of the engine or the module" exports_nothing_of_ours
ok "the library needs neither libbpf nor what libbpf needs" needs_no_libbpf
ok "neither the engine nor the module can print" never_prints
if command -v shellcheck >/dev/null; then
	ok "shellcheck finds nothing in any shell script" shellcheck_is_content
else
	skip "shellcheck finds nothing in any shell script" "shellcheck is not installed"
fi
if command -v mandoc >/dev/null; then
	ok "mandoc finds nothing in the manuals" manuals_are_well_formed
else
	skip "mandoc finds nothing in the manuals" "mandoc is not installed"
fi
if command -v codespell >/dev/null; then
	ok "codespell finds no misspelt word" no_spelling_error
else
	skip "codespell finds no misspelt word" "codespell is not installed"
fi
ok "no file has a path of somebody's machine in it" no_developer_path
ok "no file names a host of a package registry" no_registry
ok "every file says its license" has_license_line
ok "no line ends in white space" no_space_at_line_ends
ok "no line of C is too wide" no_line_is_too_wide
ok "no comment is a banner" no_banner
ok "every test in the tree is one of make check" every_test_is_run
ok "every file that doc/architecture.md, CONTRIBUTING and SECURITY name exists" documents_name_what_exists
ok "doc/architecture.md names every source file" architecture_names_every_source
ok "every test that doc/architecture.md names exists" architecture_names_tests_that_exist
ok "tests/README.md has a line for each folder" every_test_folder_has_a_line
ok "CHANGES.md, the documents and the spec are about the version of configure.ac" every_version_is_one

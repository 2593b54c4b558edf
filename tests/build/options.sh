#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The documents name the options that there are, with their words, ranges and defaults:
# those of common/option_table.c, which completion/options prints.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
cd "$XDPS_SRC" || bail_out "no $XDPS_SRC"

table=$XDPS_BUILD/completion/options
rows=$("$table" all) && [ -n "$rows" ] || bail_out "$table prints no table"
manual=man/pcap-xdpsample.7
extcap_manual=man/xdpsample-extcap.1

# each COMMAND [WHERE]: runs it with the fields of each row in variables
each()
{
	local rc=0 where key kind words extcap_words aliases min max default

	while IFS=$'\x1f' read -r where key kind words extcap_words aliases min max default _; do
		[ "$where" = "${2:-$where}" ] || continue
		"$1" || rc=1
	done < <(tr '\t' '\037' <<<"$rows")
	return $rc
}

# joined SEPARATOR WORD...
joined()
{
	local separator=$1 text=$2

	shift 2
	[ $# -eq 0 ] || text+=$(printf "$separator%s" "$@")
	echo "$text"
}

# entry FILE HEAD: an item of a list of the manual, HEAD as a pattern at its beginning; the
# head in one line, the text in the next, with no macros
entry()
{
	awk -v head="^[.]It $2" '
		/^[.](It|El)/ { inside = 0 }
		$0 ~ head { print substr($0, 5); inside = 1; next }
		inside { sub(/^[.][A-Z][a-z]+ /, ""); text = text " " $0 }
		END { print text }' "$1"
}

# says FILE TEXT PATTERN: FILE is for the message
says()
{
	grep -qE -- "$3" <<<"$2" || {
		echo "$1, $key: nothing like \"$3\" in:"
		echo "$2"
		return 1
	}
}

# Numbers, words of one value and their default are in the text.
says_values()
{
	local file=$1 text=$2 alias rc=0

	case $kind in
	number) says "$file" "$text" "(^|[^0-9])$min to $max([^0-9]|\$)" || rc=1 ;;
	words) says "$file" "${text// ,/,}" "$(joined ', ' ${words% *}) or ${words##* } " || rc=1 ;;
	esac
	[ -z "$default" ] || says "$file" "$text" "default(,| is) $default( |,|\$)" || rc=1
	for alias in $aliases; do
		says "$file" "$text" " $alias( |\$)" || rc=1
	done
	return $rc
}

manual_describes()
{
	local text head rc=0

	text=$(entry $manual "Cm $key Ns = Ns ")
	head=$(head -n 1 <<<"$text")
	[ "$kind" != word ] || [ "$head" = "Cm $key Ns = Ns Cm $(joined ' | ' $words)" ] || {
		echo "$manual has \"$head\", and the words are $words"
		return 1
	}
	says_values $manual "$text" || rc=1
	return $rc
}

# keys PATTERN FILE: by a pattern of sed
keys()
{
	sed -n "s/$1/\\1/p" "$2" | paste -sd ' '
}

keys_of_the_table()
{
	# shellcheck disable=SC2317
	print_key() { echo "$key"; }
	each print_key "$@" | paste -sd ' '
}

# same WHAT GOT WANTED
same()
{
	[ "$2" = "$3" ] || {
		echo "$1 has $2"
		echo "the table has $3"
		return 1
	}
}

manual_lists_the_keys()
{
	same $manual "$(keys '^[.]It Cm \([a-z]*\) Ns = Ns.*' $manual)" "$(keys_of_the_table name)"
}

readme_describes()
{
	local values

	case $kind in
	number) values="$min to $max | ${default} " ;;
	word) values="\`$(joined '`, `' $words)\` | \`$default\`" ;;
	words) values="\`$(joined '`, `' $words)\`" ;;
	esac
	says README.md "$(grep "^| \`$key\` |" README.md)" "^[|] \`$key\` [|] ${values//|/[|]}"
}

readme_lists_the_keys()
{
	same README.md "$(sed -n '/^| key | values /,/^$/p' README.md | keys '^| `\([a-z]*\)`.*' /dev/stdin)" \
		"$(keys_of_the_table name)"
}

extcap_manual_describes()
{
	local text head

	text=$(entry $extcap_manual "Fl -$key( |\$)")
	head=$(head -n 1 <<<"$text")
	[ "$kind" != word ] || [ "$head" = "Fl -$key Cm $(joined ' | ' $extcap_words)" ] || {
		echo "$extcap_manual has \"$head\", and the words are $extcap_words"
		return 1
	}
	case $where,$kind in
	*,words) says $extcap_manual "${text// ,/,}" "$(joined ', ' $words) " ;;
	extcap,number) says $extcap_manual "${text// ,/,}" "(^|[^0-9])$default, (which is )?the default" ;;
	esac
}

extcap_manual_lists_the_options()
{
	same $extcap_manual \
		"$(sed '1,/^[.]Sh CAPTURES/d' $extcap_manual | keys '^[.]It Fl -\([a-z-]*\).*' /dev/stdin |
			tr ' ' '\n' | grep -vxE 'capture|fifo|extcap-.*' | LC_ALL=C sort | paste -sd ' ')" \
		"$(keys_of_the_table | tr ' ' '\n' | LC_ALL=C sort | paste -sd ' ')"
}

dialog_document_names()
{
	says doc/wireshark.md "$(grep -oE -- '`--[a-z-]+' doc/wireshark.md)" "^\`--$key\$"
}

plan 7
ok "pcap-xdpsample(7) lists the keys of the table, in its order" manual_lists_the_keys
ok "pcap-xdpsample(7) has the words, range and default of each option" each manual_describes name
ok "README lists the keys of the table, in its order" readme_lists_the_keys
ok "README has the words, range and default of each option" each readme_describes name
ok "xdpsample-extcap(1) lists the options of the table" extcap_manual_lists_the_options
ok "xdpsample-extcap(1) has the words of each option" each extcap_manual_describes
ok "doc/wireshark.md names each option" each dialog_document_names
[ "$tap_failed" -eq 0 ]

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Every example of the README, of doc/recipes.md and of doc/programs.md, as it stands there,
# in a lab whose interface is called eth0 and has traffic.  And the messages that
# doc/troubleshooting.md explains.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"

DOCUMENT=$XDPS_SRC/README.md
PROGRAMS=$XDPS_SRC/doc/programs.md
TROUBLESHOOTING=$XDPS_SRC/doc/troubleshooting.md

# example LANGUAGE WORDS: the block of DOCUMENT in that language that has the words
example()
{
	awk -v language="$1" -v words="$2" '
		/^```/ && fence == "" { fence = $0; found = 0; text = ""; next }
		/^```/ { if (found) printf "%s", text; fence = ""; next }
		fence == "```" language { text = text $0 "\n"; if (index($0, words)) found = 1 }
	' "$DOCUMENT"
}

eth0_with_traffic()
{
	links
	ip -n "$RX" link set rx0 down
	ip -n "$RX" link set rx0 name eth0
	ip -n "$RX" link set eth0 up
	case ${TRAFFIC:=dns} in
	dns) "$HERE/make_frames.py" dns "$T/traffic.pcap" 100 ;;
	*) "$HERE/make_frames.py" "$TRAFFIC" "$T/traffic.pcap" ;;
	esac
	start_tx traffic tcpreplay -q -i tx0 "${SPEED:---pps=3000}" --loop 0 "$T/traffic.pcap"
}

# follow WORDS [BEFORE [AFTER]]: what a reader does who copies that example; the
# commands before and after it are what the document says of the machine
follow()
{
	local text
	text=$(example sh "$1")

	[ -n "$text" ] || die "no example in $DOCUMENT has \"$1\""
	eth0_with_traffic
	cd "$T"
	ln -s "$XDPS_RUN" run
	rx bash -ec "${2:-}
		$text
		${3:-}" >"$T/example" 2>&1 || die "the example failed" example
	stop traffic TERM
}

it_captures_and_writes_a_file()
{
	follow 'out.pcap'
	equal "packets in the file" "$(packets_in "$T/out.pcap")" 100
}

it_captures_with_a_filter()
{
	follow 'udp port 53'
	equal "packets of port 53" "$(grep -c '\.53: ' "$T/example")" 5
}

it_captures_one_packet_in_100()
{
	follow 'rate=100'
	has "$(cat "$T/example")" "5 packets captured"
}

it_captures_with_tshark_and_dumpcap()
{
	follow './run tshark'
	equal "packets in the file" "$(packets_in "$T/out.pcapng")" 5
}

it_captures_with_scapy()
{
	DOCUMENT=$PROGRAMS follow 'conf.use_pcap'
	equal "summaries" "$(grep -c '^Ether' "$T/example")" 5
}

it_captures_with_the_c_program()
{
	DOCUMENT=$PROGRAMS example c 'pcap_open_live' >"$T/example.c"
	cc -Wall -Wextra -Werror -I"$XDPS_BUILD/libpcap" -o "$T/example.bin" "$T/example.c" \
		-L"$XDPS_BUILD/libpcap" -lpcap
	eth0_with_traffic
	rx "$T/example.bin" >"$T/example"
	equal "lines" "$(grep -c 'bytes$' "$T/example")" 5
	stop traffic TERM
}

# follow_beside_a_firewall WORDS: five packets that it drops are shown.  All in one
# namespace of mounts: what xdp-filter pins goes with it.
follow_beside_a_firewall()
{
	skip_test_without xdp-filter
	needs_tracing
	follow "$1" 'mount -t bpf bpf /sys/fs/bpf
		xdp-filter load eth0
		xdp-filter port -p udp -m dst 53' 'xdp-filter unload eth0'
	equal "packets of port 53" "$(grep -c '\.53: ' "$T/example")" 5
}

it_shows_what_a_firewall_drops()
{
	follow_beside_a_firewall 'action=drop+aborted'
	has "$(cat "$T/example")" "$(example '' 'action=drop+aborted' | head -n 1)"
}

RECIPES=$XDPS_SRC/doc/recipes.md

it_has_a_recipe_for_what_a_firewall_drops()
{
	DOCUMENT=$RECIPES follow_beside_a_firewall 'action=drop+aborted -c 5 host'
}

it_has_a_recipe_for_a_busy_link()
{
	DOCUMENT=$RECIPES SPEED=--topspeed follow 'rate=1000 -s 96'
	equal "packets in the file" "$(packets_in "$T/sample.pcap")" 1000
}

it_has_a_recipe_for_a_filter_on_a_running_capture()
{
	DOCUMENT=$RECIPES TRAFFIC=mixed follow 'setfilter(filter)'
	# Of a malformed frame scapy says "02:00:5e:10:00:07 > 02:00:5e:10:00:02 (IPv4) / Raw".
	grep ' / ' "$T/example" >"$T/summaries"
	equal "by the first filter" "$(head -n 2 "$T/summaries" | grep -c ' / UDP ')" 2
	equal "by the second one" "$(tail -n +3 "$T/summaries" | grep -vc ' / UDP ')" 2
}

# The second interface has the same packets.
eth1_with_traffic()
{
	ip -n "$RX" link set rx1 down
	ip -n "$RX" link set rx1 name eth1
	ip -n "$RX" link set eth1 up
	"$HERE/make_frames.py" dns "$T/traffic1.pcap" 100
	start_tx traffic1 tcpreplay -q -i tx1 --pps=3000 --loop 0 "$T/traffic1.pcap"
}

it_has_a_recipe_for_several_interfaces_with_dumpcap()
{
	links
	eth1_with_traffic
	links() { :; }
	DOCUMENT=$RECIPES follow './run dumpcap -q -i xdpsample:eth0:dir=both'
	stop traffic1 TERM
	equal "interfaces with packets" "$(tshark -n -r "$T/both.pcapng" -T fields \
		-e frame.interface_name 2>/dev/null | sort -u | paste -sd ' ')" \
		"xdpsample:eth0:dir=both xdpsample:eth1:dir=both"
}

it_has_a_recipe_for_several_interfaces_with_tcpdump()
{
	links
	eth1_with_traffic
	links() { :; }
	DOCUMENT=$RECIPES follow 'mergecap -w merged.pcapng eth0.pcap'
	stop traffic1 TERM
	equal "packets of both" "$(packets_in "$T/merged.pcapng")" 100
	tshark -n -r "$T/merged.pcapng" -T fields -e frame.time_epoch | sort -n -c || die "not merged in order"
}

# explained: a row of the tables of messages has what was said, TEXT
explained()
{
	python3 - "$TROUBLESHOOTING" "$TEXT" <<-'EOF' || die "no row of $TROUBLESHOOTING has: $TEXT"
		import re, sys
		table = open(sys.argv[1]).read()
		said = " ".join(sys.argv[2].split())
		for row in table.splitlines():
		    for words in re.findall("`([^`]+)`", row.split("|")[1]) if "|" in row else []:
		        if re.search(".*".join(re.escape(part.strip()) for part in words.split("...")), said):
		            sys.exit(0)
		sys.exit(1)
	EOF
}

it_explains_what_tcpdump_says_when_it_says_no()
{
	links
	fails rx tcpdump -nc 1 -i "$DEV:rate=ten" && explained
	fails rx tcpdump -nc 1 -i xdpsample:nosuch0 && explained
	fails rx tcpdump -nc 1 -i xdpsample:lo:mode=native && explained
	fails rx tcpdump -nc 1 -i "$DEV" outbound && explained
	fails rx env XDPSAMPLE_HELPER=/nonexistent/helper tcpdump -nc 1 -i "$DEV" && explained
	fails rx setpriv --bounding-set=-bpf,-sys_admin tcpdump -nc 1 -i "$DEV" && explained
	fails rx tcpdump -nc 1 -i "$DEV:action=drop" && explained
	capture first -i "$DEV"
	fails rx tcpdump -nc 1 -i "$DEV:prog=nosuch" && explained
	fails rx tcpdump -nc 1 -i "$PLAIN:mode=generic" && explained
	fails rx setpriv --bounding-set=-sys_admin tcpdump -nc 1 -i "$PLAIN:point=exit" && explained
	kill -KILL "$(helpers)"
	finish first
	TEXT=$(cat "$T/first.err") && explained
	capture first -i "$DEV"
	ip -n "$RX" link delete rx0
	finish first
	TEXT=$(cat "$T/first.err") && explained
	links
}

refuses_tracing()
{
	[ -e "$WORK/tracing" ] || probe_tracing
	[ -s "$WORK/tracing" ]
}

it_explains_what_tcpdump_says_beside_a_program_that_it_cannot_trace()
{
	links
	put obeys_untyped rx0 native untyped
	fails rx tcpdump -nc 1 -i "$DEV" && TEXT=${TEXT##*left alone: } && explained
	take_off rx0
	put passes rx0 native
	if refuses_tracing; then
		fails rx tcpdump -nc 1 -i "$DEV" && explained
	fi
	take_off rx0
}

it_explains_what_tcpdump_says_when_the_traced_program_goes()
{
	needs_tracing
	links
	put passes rx0 native
	capture beside -i "$DEV:follow=no"
	take_off rx0
	finish beside
	TEXT=$(cat "$T/beside.err") && explained
}

it_explains_what_tcpdump_says_to_an_ordinary_user()
{
	cp -L "$XDPS_HELPER" "$XDPS_LIBS/libpcap.so.0.8" "$T"
	for mode in 755 750; do
		chmod $mode "$T/xdpsample-helper"
		fails ip netns exec "$RX" setpriv --reuid=65534 --regid=65534 --clear-groups \
			env "LD_LIBRARY_PATH=$T" "XDPSAMPLE_HELPER=$T/xdpsample-helper" \
			tcpdump -nc 1 -i "$DEV"
		explained
	done
}

run_tests "$@"

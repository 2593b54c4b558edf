#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Programs of Debian and of npm, unchanged, on our device: each sees what was sent.
# doc/programs.md has more of them, as they were tried by hand.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

DEV=$PLAIN	# as it is typed; sniffit has no room for a longer name

TALK=$XDPS_SRC/tests/programs/talk.py

# Those that tests/programs/get-programs has unpacked; a system's own come first.
find_programs()
{
	UNPACKED=$("$XDPS_SRC/run" printenv XDPSAMPLE_HELPER)
	UNPACKED=${UNPACKED%/*}/programs
	PATH=$PATH:$UNPACKED/usr/sbin
}

# on_device NAME COMMAND...: the program, when it is attached
on_device()
{
	skip_test_without "$2"
	start_rx "$@"
	await_attached rx0 "$1"
}

# serve_in start_rx|start_tx ADDRESS
serve_in()
{
	"$1" server "$TALK" serve "$2"
	await server serving
}

talk_tcp()
{
	serve_in start_rx 192.0.2.2
	tx "$TALK" tcp "GET /xdpsample HTTP/1.0"
}

# lines NAME REGEX: how many of its lines have it
lines()
{
	cat "$T/$1.out" "$T/$1.err" | grep -cE "$2" || :
}

has_lines()
{
	[ "$(lines "$1" "$2")" -ge "$3" ]
}

# await_lines NAME REGEX COUNT: exactly so many, in time
await_lines()
{
	until_true 15 has_lines "$@" || die "$1 said \"$2\" fewer than $3 times in 15 s" "$1"
	equal "lines of $1 with \"$2\"" "$(lines "$1" "$2")" "$3"
}

# reads_and_ends NAME: for a program that says what it saw when it ends: by SIGINT, when
# it has had ten times the time that a packet waits for company
reads_and_ends()
{
	sleep 1
	stop "$1"
}

it_lets_arpwatch_see_a_new_station()
{
	touch "$T/arp.dat"
	on_device arpwatch arpwatch -d -i "$DEV" -f "$T/arp.dat"
	tx "$TALK" arp
	await arpwatch "ip address: 192\.0\.2\.1$"
	await arpwatch "ethernet address: 0?2:0?0:5e:10:0?0:0?1"
}

it_lets_sniffit_see_a_connection()
{
	on_device sniffit sniffit -F "$DEV" -a -t 192.0.2.2
	talk_tcp
	reads_and_ends sniffit
	says sniffit "192\.0\.2\.1\.[0-9]+-192\.0\.2\.2\.80" ||
		die "sniffit does not show the connection" sniffit
}

it_lets_ngrep_find_a_word()
{
	on_device ngrep ngrep -d "$DEV" -q -l -W single xdpsample
	tx "$TALK" udp 10
	await_lines ngrep "^U 192\.0\.2\.1:[0-9]+ -> 192\.0\.2\.2:53 .*xdpsample" 10
}

it_lets_p0f_recognise_a_system()
{
	on_device p0f p0f -i "$DEV"
	talk_tcp
	await p0f "192\.0\.2\.1/[0-9]+ -> 192\.0\.2\.2/80 \(syn\)"
}

it_lets_tcpflow_write_down_a_stream()
{
	mkdir "$T/flows"
	on_device tcpflow tcpflow -i "$DEV" -o "$T/flows"
	talk_tcp
	until_true 10 tcpflow_has_stream || die "tcpflow wrote no stream" tcpflow
}

# The name has the client's port in it, and there is no file before the first data.
tcpflow_has_stream()
{
	grep -qs "GET /xdpsample" "$T"/flows/192.000.002.001.*-192.000.002.002.00080
}

# It counts packets by flow and says so when it is told to end.
it_lets_softflowd_count_packets()
{
	on_device softflowd softflowd -d -D -i "1:$DEV" -n 127.0.0.1:9995 \
		-p "$T/softflowd.pid" -c "$T/softflowd.ctl"
	tx "$TALK" udp 10
	until_true 10 softflowd_counts || die "softflowd did not count 10 packets" softflowd
	stop softflowd
}

softflowd_counts()
{
	timeout 5 softflowctl -c "$T/softflowd.ctl" statistics 2>/dev/null |
		grep -E "Packets processed: 10$" >/dev/null
}

# Without the index it takes what is behind the colon for the interface.
it_is_passed_by_softflowd_without_an_index()
{
	skip_test_without softflowd
	start_rx softflowd softflowd -d -i "$DEV" -n 127.0.0.1:9995 \
		-p "$T/softflowd.pid" -c "$T/softflowd.ctl"
	await softflowd "Exporting flows from ${DEV#*:} to"
	[ -z "$(xdp_on rx0)" ] || die "softflowd captures on our device; doc/programs.md says that it does not"
}

it_lets_masscan_find_an_open_port()
{
	skip_test_without masscan
	serve_in start_tx 192.0.2.1
	rx masscan 192.0.2.1 -p 80 --adapter "$DEV" --source-ip 192.0.2.2 --source-port 61000 \
		--source-mac $RX0_MAC --router-mac $TX0_MAC --wait 2 >"$T/masscan" 2>&1 ||
		die "masscan failed" masscan
	has "$(cat "$T/masscan")" "Discovered open port 80/tcp on 192.0.2.1"
}

it_lets_perl_count_packets()
{
	perl -MNet::Pcap -e 1 2>/dev/null || skip_test "libnet-pcap-perl is not installed"
	# shellcheck disable=SC2016	# Perl's variables
	on_device perl perl -MNet::Pcap -e '
		my $error = "";
		my $p = Net::Pcap::open_live($ARGV[0], 65535, 1, 100, \$error) or die $error;
		Net::Pcap::loop($p, 10, sub { print length($_[2]), "\n" }, "");' "$DEV"
	tx "$TALK" udp 10
	finish_well perl
	equal "packets of 51 bytes" "$(lines perl "^51$")" 10
}

it_lets_npms_cap_count_packets()
{
	skip_test_without node
	[ -e "$UNPACKED/node_modules/cap/build/Release/cap.node" ] ||
		skip_test "npm's cap is not in $UNPACKED; tests/programs/get-programs says why"
	NODE_PATH=$UNPACKED/node_modules on_device node node -e '
		const { Cap } = require("cap");
		const cap = new Cap(), buffer = Buffer.alloc(65535);
		let count = 0;
		cap.on("packet", (length) => {
			console.log(length);
			if (++count == 10)
				cap.close();
		});
		cap.open(process.argv[1], "udp", 1 << 20, buffer);' "$DEV"
	tx "$TALK" udp 10
	await_lines node "^51$" 10
}

# These ask the kernel about the name, of which it looks up what is before the colon.

with_altname()
{
	ip -n "$RX" link property add dev rx0 altname xdpsample ||
		skip_test "this kernel, or this ip, has no alternative names"
}

it_lets_argus_capture_with_an_alternative_name()
{
	skip_test_without argus
	skip_test_without ra
	with_altname
	on_device argus argus -i "$DEV" -w "$T/flows"
	tx "$TALK" udp 10
	reads_and_ends argus
	links
	ra -n -L -1 -r "$T/flows" -s saddr daddr spkts - udp >"$T/flow"
	equal "its flow" "$(tail -n 1 "$T/flow" | xargs)" "192.0.2.1 192.0.2.2 10"
}

it_lets_arp_scan_find_a_station_with_an_alternative_name()
{
	skip_test_without arp-scan
	fails rx arp-scan --interface="$DEV" --arpspa=192.0.2.2 192.0.2.1
	has "$TEXT" "No such device"
	with_altname
	rx arp-scan --interface="$DEV" --arpspa=192.0.2.2 192.0.2.1 >"$T/found"
	links
	has "$(cat "$T/found")" "192.0.2.1	$TX0_MAC"
}

find_programs
run_tests "$@"

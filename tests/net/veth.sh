#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What a capture on a veth sees of the host's own traffic, and what it does to it: by
# default nothing that tcpdump on the interface itself would not do.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# stream KIB: over a TCP connection from the tx namespace to the rx namespace
stream()
{
	start_rx taker /usr/bin/python3 -c '
import socket
s = socket.create_server(("192.0.2.2", 7777))
print("ready", flush=True)
c = s.accept()[0]
n = 0
while got := c.recv(1 << 20):
	n += len(got)
print(n)'
	await taker ready
	tx /usr/bin/python3 -c '
import socket, sys
s = socket.create_connection(("192.0.2.2", 7777))
for i in range(int(sys.argv[1])):
	s.sendall(bytes([i % 251]) * 1024)' "$1"
	finish_well taker
	equal "bytes that arrived" "$(tail -n 1 "$T/taker.out")" $((1024 * $1))
}

# mode_is OPTION WANTED: what the interface says, and that packets come
mode_is()
{
	capture dump -i "$PLAIN$1"
	equal "program on rx0" "$(xdp_on rx0)" "$2"
	send "$(frames 100)"
	end_capture dump 100
	equal captured "$CAPTURED" 100
}

it_runs_in_the_stack_on_a_veth()	{ mode_is "" xdpgeneric; }
it_takes_mode_auto()			{ mode_is :mode=auto xdpgeneric; }
it_runs_in_the_driver_when_asked()	{ mode_is :mode=native xdp; }
it_runs_in_the_stack_when_asked()	{ mode_is :mode=generic xdpgeneric; }

it_runs_in_the_driver_of_what_is_no_veth()
{
	[ -c /dev/net/tun ] || skip_test "no /dev/net/tun"
	ip -n "$RX" tuntap add dev tap7 mode tap
	ip -n "$RX" link set tap7 up
	capture dump -i xdpsample:tap7
	equal "program on tap7" "$(xdp_on tap7)" xdp
	stop dump
	ip -n "$RX" link delete tap7
}

# says_mode DEVICE WORDS: with the debugging output asked for
says_mode()
{
	start_rx dump env XDPSAMPLE_DEBUG=1 tcpdump -n -i "$1"
	await dump "listening on"
	stop dump
	has "$(cat "$T/dump.err")" "$2"
}

it_says_in_which_mode_it_runs_and_why()
{
	says_mode "$PLAIN" "rx0: attached in generic mode, because on a veth"
	says_mode "$PLAIN:mode=native" "rx0: attached in native mode, as requested by mode="
	says_mode "$PLAIN:mode=generic" "rx0: attached in generic mode, as requested by mode="
	says_mode xdpsample:lo "lo: attached in generic mode, which the kernel chose for this driver"
}

offloads()
{
	ip netns exec "$TX" ethtool -k tx0
	ip netns exec "$RX" ethtool -k rx0
}

it_leaves_the_offloads_of_both_ends_as_they_are()
{
	skip_test_without ethtool
	offloads >"$T/before"
	capture dump -i "$PLAIN"
	offloads >"$T/while"
	stop dump
	diff "$T/before" "$T/while" || die "offloads have changed"
}

# What doc/performance.md says of native mode.
it_takes_segmentation_offload_off_the_other_end_in_native_mode_only_while_it_runs()
{
	skip_test_without ethtool
	offloads >"$T/before"
	capture dump -i "$PLAIN:mode=native"
	has "$(offloads)" "tcp-segmentation-offload: off"
	stop dump
	offloads >"$T/after"
	diff "$T/before" "$T/after" || die "offloads are not as they were"
}

both_have_all()
{
	local captured

	ask_counts dump && captured=$CAPTURED && [ "$RECEIVED" -eq "$captured" ] &&
		ask_counts direct && [ "$CAPTURED $RECEIVED" = "$captured $captured" ]
}

# A segment of up to 64 KiB is one packet there.
it_shows_large_segments_as_tcpdump_on_the_interface_does()
{
	start direct ip netns exec "$RX" tcpdump -n -w "$T/direct.pcap" -B 32768 \
		-i rx0 'tcp and src 192.0.2.1'
	await direct "listening on"
	capture dump -i "$PLAIN" -B 32768 'tcp and src 192.0.2.1'
	stream 2048
	until_true 15 both_have_all || die "they do not come to the same number" dump
	stop direct
	stop dump
	editcap -F pcap -s 65000 "$T/direct.pcap" "$T/cut.pcap"
	# the two need not agree on which of two packets, on two CPUs, came first
	show "$T/cut.pcap" | sort >"$T/wanted"
	show "$T/dump.pcap" | sort >"$T/got"
	diff "$T/wanted" "$T/got" | cut -c 1-150 >"$T/difference" || die "not the same packets" difference
	[ "$(cut -d ' ' -f 1 "$T/wanted" | sort -n | tail -n 1)" -gt 16000 ] ||
		die "no large segments were sent"
}

# What a container's interface gets so has not been at the other end of the veth, and
# passes native mode by.
through_redirect_peer()
{
	local index

	index=$(ip netns exec "$RX" cat /sys/class/net/rx1/ifindex)
	clang -O2 -target bpf -x c -c -o "$T/to_peer.o" - <<-EOF
		static long (*redirect_peer)(unsigned, unsigned long long) = (void *)155;
		__attribute__((section("tc"), used)) int to_peer(void *skb) { return redirect_peer($index, 0); }
		__attribute__((section("license"), used)) char LICENSE[] = "GPL";
	EOF
	{
		tc -n "$RX" qdisc add dev rx0 clsact &&
			tc -n "$RX" filter add dev rx0 ingress bpf direct-action obj "$T/to_peer.o" sec tc
	} >"$T/tc" 2>&1 || skip_test "no bpf_redirect_peer() here: $(tail -n 1 "$T/tc")"
}

# peer_sees OPTION COUNT: a capture on tx1, of the packets that tcpdump on tx1 sees
peer_sees()
{
	start_tx direct tcpdump -n -w "$T/direct.pcap" -c 50 -i tx1
	await direct "listening on"
	start_tx dump "$XDPS_RUN" tcpdump -n -w "$T/dump.pcap" -i "xdpsample:tx1$1"
	await dump "listening on"
	send "$(frames 50)"
	finish_well direct
	end_capture dump "$2"
	equal "received with \"$1\"" "$RECEIVED" "$2"
}

it_sees_what_bpf_redirect_peer_brings_and_native_mode_does_not()
{
	skip_test_without clang
	skip_test_without tc
	through_redirect_peer
	peer_sees "" 50
	same_packets "$T/direct.pcap" "$T/dump.pcap"
	peer_sees :mode=native 0
	links
}

run_tests "$@"

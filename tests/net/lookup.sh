#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The network that pcap_lookupnet() says is behind a name: that of the interface, which
# a filter on broadcasts needs.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# looked_up DEVICE: what pcap_lookupnet() returns, the network and the mask, and what it
# said, with the library that a program gets who loads it by this name
looked_up()
{
	rx python3 - "$1" <<-'END'
		import ctypes, socket, struct, sys

		pcap = ctypes.CDLL("libpcap.so")
		net, mask = ctypes.c_uint32(), ctypes.c_uint32()
		said = ctypes.create_string_buffer(256)
		rc = pcap.pcap_lookupnet(sys.argv[1].encode(), ctypes.byref(net), ctypes.byref(mask), said)
		if rc == 0:
		    print(*(socket.inet_ntoa(struct.pack("=I", n.value)) for n in (net, mask)))
		print(rc, said.value.decode())
	END
}

# as_without_prefix INTERFACE [OPTIONS]
as_without_prefix()
{
	equal "what is said about $1" "$(looked_up "xdpsample:$1${2:-}")" "$(looked_up "$1")"
}

it_answers_for_the_interface_behind_the_prefix()
{
	equal "what is said" "$(looked_up xdpsample:rx0)" "192.0.2.0 255.255.255.0
0 "
	as_without_prefix rx0
	as_without_prefix rx1
	as_without_prefix lo
}

it_answers_whatever_the_options_are()
{
	as_without_prefix rx0 :rate=100
	as_without_prefix rx0 :mode=generic:hold=0:ring=perf:prog=a_name_that_is_longer_than_any_interface
}

it_has_libpcaps_words_for_an_interface_without_an_address()
{
	ip -n "$RX" address flush dev rx1
	has "$(looked_up xdpsample:rx1)" "-1 rx1: no IPv4 address assigned"
	as_without_prefix rx1
	as_without_prefix rx1 :rate=100
	links
}

it_has_libpcaps_words_for_an_interface_that_is_not_there()
{
	has "$(looked_up xdpsample:nosuch0)" "No such device"
	as_without_prefix nosuch0
	as_without_prefix nosuch0 :rate=100
}

# The kernel itself finds the interface by it and not its address.
it_answers_for_an_alternative_name()
{
	ip -n "$RX" link property add dev rx0 altname other-0 || skip_test "no alternative names"
	equal "what is said" "$(looked_up xdpsample:other-0:rate=2)" "$(looked_up rx0)"
	links
}

# The kernel takes the first 15 characters of a name, and of these what is before ':'.
it_does_not_answer_for_an_interface_that_has_the_prefix_or_a_part_of_the_name()
{
	ip -n "$RX" link property add dev rx0 altname xdpsample || skip_test "no alternative names"
	ip -n "$RX" link property add dev rx0 altname fifteen-letters
	has "$(looked_up xdpsample:nosuch0)" "-1 " nosuch0
	has "$(looked_up xdpsample:fifteen-letters-and-more)" "-1 " fifteen-letters-and-more
	links
}

it_has_the_words_of_an_option_that_is_wrong()
{
	has "$(looked_up "$DEV:rate=none")" "-1 " rate none
	has "$(looked_up xdpsample:)" "-1 " interface
}

it_leaves_other_devices_alone()
{
	equal "what is said about any" "$(looked_up any)" "0.0.0.0 0.0.0.0
0 "
	has "$(looked_up xdpsamplerx0)" "No such device"
}

# tcpdump hands the mask on in the order of the network, where pcap_compile() wants the
# machine's (libpcap's pull request 1454), so that it takes the wrong packets on every
# device; it asks for the mask with -f only.
it_gives_tcpdump_the_filter_for_broadcasts_that_the_interface_gets()
{
	rx tcpdump -f -d -i rx0 ip broadcast >"$T/wanted"
	rx tcpdump -f -d -i "$DEV:rate=3" ip broadcast >"$T/got"
	diff "$T/wanted" "$T/got"
	rx tcpdump -f -d -i rx0 "ip dst 0.0.0.0 or ip dst 255.255.255.255" >"$T/without"
	! cmp "$T/without" "$T/got" || die "no mask is in it"
}

# send_broadcasts: three to the network of rx0 only, and others
send_broadcasts()
{
	tx ping -q -c 2 -i 0.2 192.0.2.2 >"$T/ping"
	tx ping -q -b -c 3 -i 0.2 -W 1 192.0.2.255 >"$T/ping" 2>&1 || :
}

it_captures_the_broadcasts_of_the_interfaces_network()
{
	start_rx broadcasts python3 -u "$HERE/broadcasts.py" "$DEV"
	await broadcasts ready
	send_broadcasts
	finish_well broadcasts
	equal "destinations" "$(grep -v ready "$T/broadcasts.out" | sort | uniq -c | xargs)" "3 192.0.2.255"
}

run_tests "$@"

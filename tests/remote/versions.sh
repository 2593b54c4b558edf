#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# rpcapd from other versions of libpcap, with clients of the one that was built.

# shellcheck source=tests/remote/lib.sh
. "$(dirname "$0")/lib.sh"

# built SOURCE: an rpcapd, and a libpcap for clients, from that source
built()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
		"$XDPS_SRC/patches/build-libpcap" -r -e "$XDPS_BUILD/xdpsample-engine.o" \
		"$1" "$T/libpcap" >"$T/build" 2>&1 || die "it does not build" build
	! grep -E 'fuzz|FAILED|guard\.[ch].*(warning|error)' "$T/build" || die "the patch, or guard.c, does not fit"
	RPCAPD=$T/libpcap/rpcapd/rpcapd
}

captures()
{
	serve -n
	[[ $(sockets_of "${PID[rpcapd]}" | head -n 1) = 127.0.0.1:2002 ]] || die "it does not listen at 127.0.0.1"
	stop rpcapd
	serve_all
	client 50
	idle
	send "$(frames 50)"
	finish_well client
	same_packets "$(frames 50)" "$T/got.pcap"
	client 1000
	kill -KILL "${PID[client]}"
	clean_within 1000 "client killed"
}

# Half a second of idleness, in which only empty messages are sent.
idle()
{
	sleep 0.5
	attached rx0 || die "the capture was ended"
}

# The one that was built is of another version, perhaps.
it_captures_by_the_rpcapd_of_libpcap_1_10_3_and_its_client()
{
	local dsc

	dsc=$("$XDPS_SRC/patches/fetch-libpcap" -v 1.10.3-1 "$XDPS_BUILD/libpcap-source" 2>"$T/fetch") ||
		skip_test "its source could not be had: $(tail -n 1 "$T/fetch")"
	built "$dsc"
	captures
	REMOTE_LIBS=$T/lib
	mkdir "$REMOTE_LIBS"
	ln -s "$(find "$T/libpcap" -maxdepth 1 -type f -name 'libpcap.so.*')" "$REMOTE_LIBS/libpcap.so.0.8"
	client 50
	send "$(frames 50)"
	finish_well client
	same_packets "$(frames 50)" "$T/got.pcap"
}

it_captures_by_the_rpcapds_of_other_trees()
{
	local tree

	[ -n "${XDPS_LIBPCAP_TREES:-}" ] || skip_test "XDPS_LIBPCAP_TREES does not name trees"
	for tree in $XDPS_LIBPCAP_TREES; do
		rm -rf "$T/libpcap"
		built "$tree"
		captures
		stop_all
	done
}

run_tests "$@"

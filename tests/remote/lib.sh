# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Captures from another host: the lab of tests/net/lib.sh, in which the rx
# namespace serves and the tx namespace asks.  Packets to be captured go over the
# first pair; what the two have to say to each other over the second.

# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

SERVER=198.51.100.2
REMOTE=rpcap://$SERVER/$DEV

# serve [RPCAPD-OPTION]...: xdpsample-rpcapd in the rx namespace
serve()
{
	start_rx rpcapd "${RPCAPD:-$XDPS_BUILD/xdpsample-rpcapd}" "$@"
	until_true 10 listening rpcapd || die "rpcapd does not listen after 10 s" rpcapd
}

# serve_all: for whoever asks, at the address that the tx namespace can reach
serve_all()
{
	serve -n -b "$SERVER"
}

nobody_left()
{
	[ -z "$(ip netns pids "$RX")" ]
}

listening()
{
	[ -n "$(sockets_of "${PID[$1]}")" ]
}

# sockets_of PROCESS: the addresses at which it listens
sockets_of()
{
	ip netns exec "$RX" ss -Hltnp | grep "pid=$1," | awk '{ print $4 }' | sort
}

# far COMMAND...: in the tx namespace, with a libpcap that knows rpcap://
far()
{
	tx env LD_LIBRARY_PATH="${REMOTE_LIBS:-$XDPS_BUILD/lib-remote}" "$@"
}

build_client()
{
	[ -x "$WORK/client" ] ||
		"${CC:-cc}" -Wall -O2 -std=gnu11 -o "$WORK/client" "$XDPS_SRC/tests/remote/client.c" \
			-I "$XDPS_BUILD/libpcap-remote" -L "$XDPS_BUILD/lib-remote" -l:libpcap.so.0.8
}

# start_rude NAME OPTION...: in the background, rpcap.py, which does what no client of
# libpcap's does
start_rude()
{
	local name=$1

	shift
	start_tx "$name" /usr/bin/python3 "$XDPS_SRC/tests/remote/rpcap.py" "$SERVER" \
		"${RUDE_DEV:-$DEV}" "$@"
}

# client [-d DEVICE] COUNT [FILTER [LATER]]: in the background, capturing
client()
{
	local device=$REMOTE

	[ "$1" != -d ] || { device=$2; shift 2; }
	build_client
	start client ip netns exec "$TX" env LD_LIBRARY_PATH="${REMOTE_LIBS:-$XDPS_BUILD/lib-remote}" \
		"$WORK/client" "$device" "$T/got.pcap" "$@"
	await client '^open'
	await_attached rx0 client
	until_true 5 settled || die "the capture did not come to rest" client
}

# rpcapd opens each device twice: the second time is for good.
settled()
{
	local pid again

	pid=$(helpers)
	sleep 0.15
	again=$(helpers)
	[[ -n $pid && $pid = "$again" ]]
}

detached()
{
	[ -z "$(xdp_on rx0)" ]
}

# clean_within MS WHAT: from now on; says how long it took.  To look takes some 50 ms.
# What it took beyond 100, a machine with other things to do did not give to us, and
# so not to those that clean up either: that much is not counted.
clean_within()
{
	local start_us=${EPOCHREALTIME/./} look_us now_us late_us=0 took_ms

	look_us=$start_us
	until detached; do
		nap
		now_us=${EPOCHREALTIME/./}
		[ $((now_us - start_us)) -lt 60000000 ] || die "$2: still attached after 60 s"
		[ $((now_us - look_us)) -le 100000 ] || late_us=$((late_us + now_us - look_us - 100000))
		look_us=$now_us
	done
	now_us=${EPOCHREALTIME/./}
	[ $((now_us - look_us)) -le 100000 ] || late_us=$((late_us + now_us - look_us - 100000))
	took_ms=$(((now_us - start_us - late_us) / 1000))
	echo "$2: clean after $took_ms ms, and $((late_us / 1000)) ms in which the machine was busy" >>"$WORK/took"
	[ "$took_ms" -le "$1" ] || die "$2: clean after $took_ms ms, not within $1"
}

# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# What the host's own traffic gets through a veth pair while one end is captured: bulk
# TCP, and small UDP datagrams.  Sourced by bench.sh.
#
#	tx2 --- rx2	tx2 is in a network namespace of its own, as a container has it
#
# shellcheck disable=SC2034,SC2154	# what the other files set and use

bulk_address=192.0.2.2
bulk_contenders=(
	"nothing attached|nothing"
	"xdpsample mode=generic|xdpsample|xdpsample:rx2:mode=generic||filter"
	"xdpsample mode=native|xdpsample|xdpsample:rx2:mode=native||filter"
	"AF_PACKET|af_packet|rx2||filter"
)
host=

in_host_namespace()
{
	[ "$(readlink "/proc/$host/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# The sender's namespace lives as long as a process in it.
make_host()
{
	unshare --net sleep infinity &
	host=$!
	until in_host_namespace; do sleep 0.02; done
	ip link add rx2 type veth peer name tx2 netns "$host"
	ip address add "$bulk_address/24" dev rx2
	ip link set rx2 up
	nsenter --net="/proc/$host/ns/net" ip address add "${bulk_address%.*}.1/24" dev tx2
	nsenter --net="/proc/$host/ns/net" ip link set tx2 up
}

end_host()
{
	[ -z "$host" ] || kill "$host"
}

run_bulk()
{
	"$build/bench/bulk" "$@" "$host" "$bulk_address" || die "sending to $bulk_address failed"
}

measure_bulk()
{
	local figures gbit_ps sender_ms receiver_ms again gap_ms datagram_ns

	progress "$title, $setting"
	! captures || must_capture "$work/dev/null"
	figures=$(run_bulk 1)
	read -r gbit_ps sender_ms receiver_ms again gap_ms <<<"$figures"
	datagram_ns=$(run_bulk -u 22 1)
	record gbit_ps "$gbit_ps" sender_ms "$sender_ms" receiver_ms "$receiver_ms" \
		again "$again" gap_ms "$gap_ms" datagram_ns "$datagram_ns"
	if captures; then
		end_capture
		[[ $setting != all || $received -gt 0 ]] || die "$title: nothing was received on rx2"
	fi
}

bulk_round()
{
	local wanted contender

	[ -n "$host" ] || make_host
	frame_bytes=64 snaplen_bytes=96
	for wanted in "all" "rejects all"; do
		for contender in "${bulk_contenders[@]}"; do
			choose "$contender"
			set_up "$wanted" || continue
			measure_bulk
		done
	done
}

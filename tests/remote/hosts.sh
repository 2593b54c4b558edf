#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Several hosts at once, over SSH and over rpcap, by the recipes of doc/machines.md.
#
#	tx namespace, the one who watches        alpha, bravo, charlie
#	  mgmt 198.51.100.1/24   <- bridge ->      mgmt0 198.51.100.11, .12, .13
#	  lan  192.0.2.1/24      <- bridge ->      eth0  192.0.2.11, .12, .13
#
# shellcheck disable=SC2153	# TX, WORK and the like are lib.sh's

# shellcheck source=tests/remote/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/ssh.sh
. "$(dirname "$0")/../lib/ssh.sh"

HOSTS=(alpha bravo charlie)

# The lab of tests/net/lib.sh, with other hosts in it.

ns_of()
{
	echo "xdps$$$1"
}

mac_of()
{
	echo "02:00:5e:10:02:1$1"
}

quiet_ns()
{
	local key

	ip netns add "$1"
	for key in all default; do
		ip netns exec "$1" sysctl -qw net.ipv6.conf.$key.disable_ipv6=1
	done
	ip -n "$1" link set lo up
}

# wire NUMBER NAMESPACE INTERFACE BRIDGE ADDRESS
wire()
{
	ip link add "$4$1" netns "$TX" type veth peer name "$3" netns "$2" address "$(mac_of "$1")"
	ip -n "$TX" link set "$4$1" master "$4" multicast off up
	ip -n "$2" address add "$5/24" dev "$3"
	ip -n "$2" link set "$3" multicast off up
}

lab_up()
{
	local n ns

	quiet_ns "$TX"
	for n in mgmt lan; do
		ip -n "$TX" link add "$n" type bridge mcast_snooping 0
		ip -n "$TX" link set "$n" multicast off up
	done
	ip -n "$TX" address add 198.51.100.1/24 dev mgmt
	ip -n "$TX" address add 192.0.2.1/24 dev lan
	for n in 1 2 3; do
		ns=$(ns_of "${HOSTS[n - 1]}")
		quiet_ns "$ns"
		wire $n "$ns" mgmt0 mgmt 198.51.100.1$n
		wire $n "$ns" eth0 lan 192.0.2.1$n
	done
}

namespaces()
{
	local host

	echo "$TX"
	for host in "${HOSTS[@]}"; do
		ns_of "$host"
	done
}

lab_down()
{
	local ns pid

	for ns in $(namespaces); do
		for pid in $(ip netns pids "$ns" 2>/dev/null); do
			kill -KILL "$pid" 2>/dev/null
		done
		ip netns delete "$ns" 2>/dev/null
	done
	rm -rf "$WORK"
}

on_hosts()
{
	local host

	for host in "${HOSTS[@]}"; do
		ip -n "$(ns_of "$host")" "$@"
	done
}

nothing_left()
{
	! on_hosts -d link | grep -E 'mtu [0-9]+ xdp|prog/xdp|promiscuity [1-9]' >/dev/null &&
		[ -z "$(namespaces | xargs -n 1 ip netns pids)" ]
}

show_left()
{
	on_hosts -d link | grep -E 'mtu [0-9]+ xdp|prog/xdp|promiscuity [1-9]'
	namespaces | xargs -n 1 ip netns pids
}

all_attached()
{
	[ "$(on_hosts link show eth0 | grep -cE 'mtu [0-9]+ xdp')" -eq 3 ]
}

none_attached()
{
	[ "$(on_hosts link show eth0 | grep -cE 'mtu [0-9]+ xdp')" -eq 0 ]
}

hosts_up()
{
	local n

	needs_sshd
	for n in 1 2 3; do
		sshd_in "$(ns_of "${HOSTS[n - 1]}")" "${HOSTS[n - 1]}" 198.51.100.1$n
	done
	ssh_by_name
}

# What the recipes call: they say "ssh alpha", as people do.
ssh_by_name()
{
	mkdir -p "$WORK/bin"
	printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$WORK/ssh/config" >"$WORK/bin/ssh"
	chmod 755 "$WORK/bin/ssh"
}

# recipe NAME: what doc/machines.md has between "<!-- NAME -->" and the next fence
recipe()
{
	awk -v mark="<!-- $1 -->" '$0 == mark { on = 1; next }
		on && /^```/ { if (inside) exit; inside = 1; next }
		inside' "$XDPS_SRC/doc/machines.md"
}

# follow NAME RECIPE [SED-EXPRESSION]: in the background, in the tx namespace
follow()
{
	recipe "$2" | sed -e "${3:-}" >"$T/$2.recipe"
	[ -s "$T/$2.recipe" ] || die "doc/machines.md has no recipe $2"
	start "$1" ip netns exec "$TX" env -C "$T" "PATH=$WORK/bin:$PATH" \
		"XDPS_LIBS=$XDPS_LIBS" bash "./$2.recipe"
}

# round NUMBER: so many numbered packets, to one host after the other
round()
{
	tx /usr/bin/python3 - "$1" <<-'END'
		import socket, sys, time
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("192.0.2.1", 4000))
		for n in range(int(sys.argv[1])):
		    s.sendto(b"number %06d" % n, ("192.0.2.1%d" % (1 + n % 3), 9))
		    time.sleep(0.002)
	END
}

# numbers FILE: of the packets in it, in its order, each with the interface's name
numbers()
{
	tshark -r "$1" -Y 'udp.dstport == 9' -T fields -e frame.interface_name -e udp.payload 2>/dev/null |
		while read -r name payload; do
			echo "$name $(xxd -r -p <<<"$payload" | tr -dc 0-9)"
		done
}

wanted_numbers()
{
	local n

	for ((n = 0; n < $1; n++)); do
		printf '%s:eth0 %06d\n' "${HOSTS[n % 3]}" "$n"
	done
}

right_order()
{
	numbers "$1" >"$T/numbers"
	wanted_numbers "$2" >"$T/wanted"
	cmp -s "$T/numbers" "$T/wanted" || { diff "$T/numbers" "$T/wanted" | head -20; die "not in order"; }
}

# The line is held until the file "over" is there.
HELD='s/sleep 60/until [ -e over ]; do sleep 0.1; done/'

written()
{
	local host n=0

	for host in "${HOSTS[@]}"; do
		n=$((n + $(tshark -r "$T/$host.pcapng" -Y 'udp.dstport == 9' 2>/dev/null | wc -l)))
	done
	[ $n -eq "$1" ]
}

it_merges_three_hosts_in_time_order_with_each_ones_name()
{
	hosts_up
	follow hosts many-hosts "$HELD"
	until_true 30 all_attached || die "not all three capture" hosts
	round 90
	until_true 15 written 90 || die "not all was captured" hosts
	touch "$T/over"
	finish_well hosts 30
	right_order "$T/all.pcapng" 90
	capinfos "$T/all.pcapng" >"$T/interfaces"
	equal "interfaces" "$(grep -cE 'Name = (alpha|bravo|charlie):eth0' "$T/interfaces")" 3
	has "$(cat "$T/interfaces")" "Strict time order:   True" "nanoseconds"
	until_true 5 none_attached || die "a host is not clean"
}

it_merges_what_the_extcap_program_captures_on_three_hosts()
{
	local extcap=${XDPS_EXTCAP:-$XDPS_BUILD/xdpsample-extcap}

	[ -x "$extcap" ] || skip_test "xdpsample-extcap is not built"
	hosts_up
	follow hosts many-hosts-extcap "$HELD; s,^extcap=.*,extcap=$extcap,"
	until_true 30 all_attached || die "not all three capture" hosts
	round 90
	until_true 15 written 90 || die "not all was captured" hosts
	touch "$T/over"
	finish_well hosts 30
	tshark -r "$T/all.pcapng" -Y 'udp.dstport == 9' -T fields -e frame.interface_description \
		-e udp.payload >"$T/described" 2>/dev/null
	sed 's/:.*\t/:eth0 /' "$T/described" | while read -r name payload; do
		echo "$name $(xxd -r -p <<<"$payload" | tr -dc 0-9)"
	done >"$T/numbers"
	wanted_numbers 90 >"$T/wanted"
	cmp "$T/numbers" "$T/wanted" || die "not in order" described
	until_true 5 none_attached || die "a host is not clean"
}

it_shows_one_host_in_tshark_as_it_happens()
{
	hosts_up
	follow live live-tshark
	until_true 30 attached_on alpha || die "alpha does not capture" live
	round 9
	until_true 15 says live '192.0.2.11 ' || die "tshark shows nothing" live
	kill -TERM -- "-${PID[live]}"
	finish live
	until_true 5 none_attached || die "alpha is not clean"
}

attached_on()
{
	ip -n "$(ns_of "$1")" link show eth0 | grep -E 'mtu [0-9]+ xdp' >/dev/null
}

it_captures_by_a_line_with_a_pulse()
{
	hosts_up
	follow pulse pulse
	until_true 30 attached_on alpha || die "alpha does not capture" pulse
	sleep 1
	attached_on alpha || die "the capture was ended" pulse
	kill -TERM -- "-${PID[pulse]}"
	finish pulse
	until_true 5 none_attached || die "alpha is not clean"
}

it_tells_how_far_the_clocks_are_apart()
{
	skip_test_without clockdiff
	follow clocks clock-offset
	finish_well clocks
	equal "lines" "$(grep -cE '^[0-9]+ -?[0-9]+ -?[0-9]+$' "$T/clocks.out")" 3
}

run_tests "$@"

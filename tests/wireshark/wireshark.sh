#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Wireshark itself, on a display that nobody sees: what it lists, that it captures,
# for whom, and what is left when it ends.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
# shellcheck source=tests/lib/nobody.sh
. "$XDPS_SRC/tests/lib/nobody.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"
# shellcheck source=tests/lib/wireshark.sh
. "$XDPS_SRC/tests/lib/wireshark.sh"

MEMBERS=65533	# of the group that may capture
AS_MEMBER=(setpriv "--reuid=$NOBODY" "--regid=$NOBODY" "--groups=$MEMBERS")
AS_STRANGER=(setpriv "--reuid=$NOBODY" "--regid=$NOBODY" --clear-groups)

# put_extcap: our extcap program where Wireshark looks for it, in a mount namespace
# of its own; what goes before a command for that is in AS_INSTALLED
put_extcap()
{
	local dir

	dir=$(extcap_dir)
	mkdir "$T/extcap"
	cp -L "$XDPS_BUILD/xdpsample-extcap" "$T/extcap"
	# shellcheck disable=SC2016	# for the other shell
	AS_INSTALLED=(unshare -m bash -euc 'mount --bind "$1" "$2"; shift 2; exec "$@"'
		      bash "$T/extcap" "$dir")
}

# open_wireshark OPTION...: by root, with what was built
open_wireshark()
{
	start_display
	wireshark_settings "$T/home"
	mkdir -m 700 "$T/runtime"
	put_extcap
	start ws "${AS_INSTALLED[@]}" ip netns exec "$RX" env "HOME=$T/home" "XDG_RUNTIME_DIR=$T/runtime" \
		"$XDPS_RUN" wireshark -C XDP "$@"
}

# capture_with OPTION...: at once, into $T/ws.pcapng
capture_with()
{
	open_wireshark -k -w "$T/ws.pcapng" "$@"
	await_capture
}

await_capture()
{
	await_window "Capturing from"
	await_attached rx0 ws
}

has_packets()
{
	local n

	n=$(packets_in "$T/ws.pcapng" 2>/dev/null) && [ "${n:-0}" -ge "$1" ]
}

# captured NUMBER: so many are in the file, and no more
captured()
{
	until_true 15 has_packets "$1" || die "not $1 packets: $(packets_in "$T/ws.pcapng")" ws
	equal "packets in the file" "$(packets_in "$T/ws.pcapng")" "$1"
}

quit()
{
	press ctrl+q
	finish_well ws
}

# The list.

watch_interfaces()
{
	while :; do
		for interface in lo rx0 rx1; do
			[ -z "$(xdp_on $interface)" ] || echo "$interface"
		done
	done
}

it_lists_each_interface_and_shows_its_dialog_and_attaches_nothing()
{
	local x y

	unset XDPSAMPLE_LIST
	start watch watch_interfaces
	open_wireshark
	await_first_page
	equal "interfaces of ours in the list" "$(gears | wc -l)" 3
	read -r x y < <(gears)
	click "$x" "$y"
	await_window "Interface Options: XDP: "
	running watch || die "nobody watched" watch
	equal "attached meanwhile to" "$(cat "$T/watch.out")" ""
	xdotool key Escape
	until_seen 10 no_window "Interface Options" || die "the dialog stays"
	quit
}

# Captures.

it_captures_with_a_filter_in_the_kernel()
{
	capture_with -i "$DEV" -f "greater 200"
	send "$(frames 20)"
	send "$(frames 10 300)"
	captured 10
	tally
	equal "rejected in the kernel" "$REJECTED" 20
	quit
}

# grouped FILE CAPABILITIES: root's, and to be run by members only
grouped()
{
	chown "root:$MEMBERS" "$1"
	chmod 750 "$1"
	setcap "$2" "$1"
}

# As after "dpkg-reconfigure wireshark-common", and the same for the helper; the
# extcap program is anybody's.
open_wireshark_as()
{
	local as=("$@")

	capable_helper
	grouped "$T/helper" "$CAPS=ep"
	cp "$(command -v dumpcap)" "$T/dumpcap"
	grouped "$T/dumpcap" cap_net_raw,cap_net_admin=eip
	start_display
	wireshark_settings "$T/home"
	mkdir -m 700 "$T/runtime"
	put_extcap
	chown -R "$NOBODY:$NOBODY" "$T/home" "$T/runtime"
	# shellcheck disable=SC2016	# for the other shell
	start ws installed "${AS_INSTALLED[@]}" bash -euc 'mount --bind "$1" "$2"; shift 2; exec "$@"' \
		bash "$T/dumpcap" "$(command -v dumpcap)" ip netns exec "$RX" "${as[@]}" \
		env "HOME=$T/home" "XDG_RUNTIME_DIR=$T/runtime" wireshark -C XDP -k "${OPTIONS[@]}"
}

it_captures_for_a_member_of_the_group_by_the_name_of_a_device()
{
	OPTIONS=(-i "$DEV" -w "$T/ws.pcapng")
	open_wireshark_as "${AS_MEMBER[@]}"
	await_capture
	equal "user of Wireshark" "$(status_of "$(pid_of wireshark)" Uid | cut -f 1)" $NOBODY
	send "$(frames 20)"
	captured 20
	quit
}

it_captures_for_a_member_of_the_group_by_extcap()
{
	OPTIONS=(-i xdp:rx0 -w "$T/ws.pcapng")
	open_wireshark_as "${AS_MEMBER[@]}"
	await_capture
	send "$(frames 20)"
	captured 20
	quit
}

it_does_not_capture_for_somebody_who_is_not_in_the_group()
{
	OPTIONS=(-i xdp:rx0)
	open_wireshark_as "${AS_STRANGER[@]}"
	await ws "dumpcap in child process: Permission denied"
	no_window "Capturing from" || die "it captures"
	equal "attached to rx0" "$(xdp_on rx0)" ""
	stop ws KILL
}

it_captures_by_verdict_beside_a_program()
{
	local dropped

	needs_tracing
	put obeys rx0 native
	open_wireshark -k -w "$T/ws.pcapng" -i "xdpsample:rx0:action=drop"
	await_window "Capturing from"
	until_true 15 helper_traces || die "nothing traces the program" ws
	"$HERE/verdicts.py" send "$T/orders.pcap" 64
	send "$T/orders.pcap"
	dropped=$(decided | cut -d ' ' -f 2)
	[ "$dropped" -gt 0 ] || die "the program dropped nothing"
	captured "$dropped"
	quit
	take_off rx0
}

helper_traces()
{
	[ -n "$(helpers)" ] && [[ $(bpftool -j link show) == *'"type":"tracing"'* ]]
}

# The end.  A second for all of it, from the signal on.

# pid_of PROGRAM: of the one process in the lab that is it
pid_of()
{
	local pid

	for pid in $(ip netns pids "$RX"); do
		[ "$(basename "$(readlink "/proc/$pid/exe")")" != "$1" ] || echo "$pid"
	done
}

not_captured()
{
	[ -z "$(xdp_on rx0)" ] && [ -z "$(helpers)" ] && [ -z "$(pid_of xdpsample-extcap)" ]
}

# ends_after DEVICE COMMAND...
ends_after()
{
	capture_with -i "$1"
	send "$(frames 20)"
	captured 20
	shift
	"$@"
	until_true 5 not_captured || { show_left; die "still there five seconds later" ws; }
}

stop_capture()
{
	press ctrl+e
}

stop_and_quit()
{
	ends_after "$1" stop_capture
	until_seen 10 no_window "Capturing from" || die "it still captures" ws
	quit
}

kill_wireshark()
{
	kill "-$1" "$(pid_of wireshark)"
	until_true 5 ended ws || die "Wireshark does not end" ws
}

# Wireshark's dumpcap outlives it, on any device, and ends when it has to tell it of
# the next packet.
kill_and_send()
{
	kill_wireshark "$1"
	send "$(frames 1)"
}

it_captures_for_root_and_leaves_nothing_when_it_is_stopped()
{
	stop_and_quit "$DEV"
}

it_captures_for_root_and_leaves_nothing_when_its_window_is_closed()
{
	ends_after "$DEV" quit
}

it_captures_for_root_by_extcap_and_leaves_nothing_when_it_is_stopped()
{
	stop_and_quit xdp:rx0
	equal "packets with a queue" \
		"$(tshark -r "$T/ws.pcapng" -T fields -e frame.interface_queue 2>/dev/null | grep -c '^[01]$')" 20
}

it_captures_for_root_by_extcap_and_leaves_nothing_when_its_window_is_closed()
{
	ends_after xdp:rx0 quit
}

it_leaves_nothing_after_sigterm_and_a_packet()		{ ends_after "$DEV" kill_and_send TERM; }
it_leaves_nothing_after_sigterm_of_an_extcap_capture()	{ ends_after xdp:rx0 kill_wireshark TERM; }
it_leaves_nothing_after_sigkill_and_a_packet()		{ ends_after "$DEV" kill_and_send KILL; }
it_leaves_nothing_after_sigkill_of_an_extcap_capture()	{ ends_after xdp:rx0 kill_wireshark KILL; }

# The pictures of it in the documentation.

it_is_shown_in_the_documentation()
{
	local picture file width height

	for picture in list dialog capture; do
		file=$XDPS_SRC/doc/screenshots/$picture.png
		read -r width height < <(identify -format '%w %h\n' "$file") || die "$file is no picture"
		between "width of $picture.png" "$width" 500 1000
		between "height of $picture.png" "$height" 250 800
		between "bytes of $picture.png" "$(stat -c %s "$file")" 2000 61440
		grep -rlF "screenshots/$picture.png" "$XDPS_SRC/README.md" "$XDPS_SRC"/doc/*.md ||
			die "$picture.png is shown nowhere"
	done
}

for tool in Xvfb wireshark xdotool import; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
SCREEN=880x560
run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Wireshark's way to the XDP hook: what the extcap program lists, offers and writes, and
# how it ends.  In front of it is Wireshark's own command line, or a person's.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"
# shellcheck source=tests/lib/extcap.sh
. "$XDPS_SRC/tests/lib/extcap.sh"
# shellcheck source=tests/lib/nobody.sh
. "$XDPS_SRC/tests/lib/nobody.sh"

# without_privilege COMMAND...: in the namespace, as ./run has it
without_privilege()
{
	ip netns exec "$RX" setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups --inh-caps=-all \
		env HOME="$T" timeout 60 "$XDPS_RUN" "$@"
}

interfaces()
{
	rx "$EXTCAP" --extcap-interfaces --extcap-version=4.0 | grep '^interface'
}

it_lists_each_interface_of_the_namespace()
{
	equal "the list" "$(interfaces | sort)" "\
interface {value=xdp:lo}{display=XDP: lo (no program)}
interface {value=xdp:rx0}{display=XDP: rx0 (no program)}
interface {value=xdp:rx1}{display=XDP: rx1 (no program)}"
}

it_is_listed_by_tshark_for_root()
{
	rx tshark -D >"$T/list" 2>"$T/list.err"
	has "$(cat "$T/list")" "xdp:rx0 (XDP: rx0 (no program))" "xdp:lo (XDP: lo (no program))"
	! attached rx0 || die "something was attached"
}

# With those of the system beside it.
it_is_listed_by_tshark_for_everybody()
{
	without_privilege tshark -D >"$T/list" 2>"$T/list.err"
	has "$(cat "$T/list")" "xdp:rx0 (XDP: rx0 (no program))" randpkt
}

# A helper that leaves a trace.
noted_helper()
{
	printf '#!/bin/sh\n: >"%s"\nexec "%s"\n' "$T/started" "$XDPS_HELPER" >"$T/helper"
	chmod +x "$T/helper"
}

it_starts_no_helper_to_list_interfaces_without_programs()
{
	noted_helper
	rx env XDPSAMPLE_HELPER="$T/helper" "$EXTCAP" --extcap-interfaces >"$T/list"
	[ ! -e "$T/started" ] || die "a helper was started"
	put obeys rx0 native
	rx env XDPSAMPLE_HELPER="$T/helper" "$EXTCAP" --extcap-interfaces >"$T/list"
	[ -e "$T/started" ] || die "no helper was started to look at a program"
	has "$(cat "$T/list")" "obeys native"
	take_off rx0
}

it_names_the_program_of_an_interface()
{
	put obeys rx0 native
	has "$(interfaces)" "{value=xdp:rx0}{display=XDP: rx0 (obeys native, id $PROGRAM_ID)}" \
		"XDP: rx1 (no program)"
	take_off rx0
	put obeys rx0 generic
	has "$(interfaces)" "XDP: rx0 (obeys generic, id $PROGRAM_ID)"
	take_off rx0
}

it_attaches_nothing_while_tshark_lists_an_interface_with_a_program()
{
	put obeys rx0 native
	rx tshark -D >"$T/list" 2>"$T/list.err"
	has "$(cat "$T/list")" "xdp:rx0 (XDP: rx0 (obeys native, id $PROGRAM_ID))"
	equal "what is attached" "$(beside_on rx0)" "native $PROGRAM_ID"
	! attached rx1 || die "something was attached to rx1"
	take_off rx0
}

it_says_id_and_mode_of_a_program_without_privilege()
{
	put obeys rx0 native
	without_privilege "$EXTCAP" --extcap-interfaces >"$T/list"
	has "$(cat "$T/list")" "XDP: rx0 (program id $PROGRAM_ID, native)" "XDP: rx1 (no program)"
	take_off rx0
}

it_lists_all_without_a_helper()
{
	put obeys rx0 generic
	rx env XDPSAMPLE_HELPER="$T/none" "$EXTCAP" --extcap-interfaces >"$T/list" 2>"$T/list.err"
	has "$(cat "$T/list")" "XDP: rx0 (program id $PROGRAM_ID, generic)" "XDP: rx1 (no program)"
	[ ! -s "$T/list.err" ] || die "it said something" list.err
	take_off rx0
}

milliseconds()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# cpu_milliseconds COMMAND...: of it and what it starts; what the machine does besides does
# not count
cpu_milliseconds()
{
	local TIMEFORMAT="%U %S" user system

	read -r user system < <({ time "$@" >"$T/timed" 2>&1; } 2>&1)
	echo $((10#${user/./} + 10#${system/./}))
}

it_lists_two_hundred_interfaces_in_no_time()
{
	local i

	for ((i = 0; i < 100; i++)); do
		echo "link add many$i type veth peer name more$i"
	done >"$T/many"
	ip -n "$RX" -batch "$T/many" 2>"$T/batch" || skip_test "$(head -n 1 "$T/batch")"
	between "milliseconds" "$(cpu_milliseconds interfaces)" 1 $((1000 * ${XDPS_PATIENCE:-1}))
	equal "interfaces" "$(wc -l <"$T/timed")" 203
	sed 's/link add \(many[0-9]*\) .*/link delete \1/' "$T/many" >"$T/less"
	ip -n "$RX" -batch "$T/less"
}

# What extcap's lines cannot hold is escaped, and means the interface all the same.
it_lists_and_captures_interfaces_with_malicious_names()
{
	local name='}{x=y}"'\''\,(' escaped=%7D%7Bx=y%7D%22%27%5C%2C%28

	ip -n "$RX" link add "$name" type veth peer name other || skip_test "no such name"
	ip -n "$RX" link set "$name" up
	ip -n "$RX" link set other up
	has "$(interfaces)" "{value=xdp:$escaped}{display=XDP: $escaped (no program)}" "{value=xdp:rx0}"
	rx tshark -D >"$T/list" 2>"$T/list.err"
	has "$(cat "$T/list")" "xdp:$escaped" xdp:rx0
	has "$(rx "$EXTCAP" --extcap-dlts --extcap-interface "xdp:$escaped")" EN10MB
	grab_from "$escaped" one
	attached "$name" || die "nothing was attached"
	stop one
	equal "status" "$RC" 0
	blocks one
	equal "name" "$(field one interface name)" "xdpsample:$name"
	ip -n "$RX" link delete "$name"
}

# The kernel takes such a name; a device's name cannot have it.
it_leaves_interfaces_out_whose_names_cannot_be_said()
{
	local name=$'a\x01b'

	ip -n "$RX" link add "$name" type veth peer name other || skip_test "no such name"
	ip -n "$RX" link set "$name" up
	ip -n "$RX" link set other up
	put obeys "$name" native
	put obeys rx0 native
	equal "interfaces" "$(interfaces | grep -vF -e xdp:other -e xdp:lo -e xdp:rx1)" \
		"interface {value=xdp:rx0}{display=XDP: rx0 (obeys native, id $PROGRAM_ID)}"
	take_off rx0
	ip -n "$RX" link delete "$name"
}

it_knows_an_interface_by_its_other_names()
{
	local name

	for name in uplink uplink-of-the-second-switch; do
		ip -n "$RX" link property add dev rx0 altname $name
		has "$(rx "$EXTCAP" --extcap-dlts --extcap-interface xdp:$name)" EN10MB
		grab_from $name $name
		send "$(frames 10)"
		end_grab $name 10
		ip -n "$RX" link property del dev rx0 altname $name
	done
}

it_says_what_the_packets_begin_with()
{
	has "$(extcap --extcap-dlts)" "dlt {number=1}{name=EN10MB}{display=Ethernet}"
	has "$(rx tshark -L -i xdp:rx0 2>&1)" "EN10MB (Ethernet)"
	[ -c /dev/net/tun ] || return 0
	ip -n "$RX" tuntap add tun0 mode tun
	has "$(rx "$EXTCAP" --extcap-dlts --extcap-interface xdp:tun0)" "{name=RAW}"
	ip -n "$RX" link delete tun0
}

it_refuses_an_interface_that_is_not_there()
{
	fails rx "$EXTCAP" --extcap-config --extcap-interface xdp:nope
	has "$TEXT" "nope: no interface of this name in this network namespace"
	fails rx "$EXTCAP" --capture --fifo - --extcap-interface xdp:nope
	has "$TEXT" "nope: no interface of this name"
}

# Lines of extcap as Wireshark takes them apart: no sentence holds a brace in a value.
it_offers_a_dialog()
{
	extcap --extcap-config >"$T/config"
	has "$(cat "$T/config")" "{call=--point}" "{call=--action}" "{type=multicheck}" \
		"{call=--prog}" "{reload=true}" "{call=--rate}" "{call=--snaplen}" \
		"{group=Advanced}" "{value=-}{display=No program is attached}"
	! grep -vE '^(arg|value) (\{[a-z]+=[^{}]*\})+$' "$T/config" || die "a line is no sentence"
}

it_offers_the_programs_that_are_attached()
{
	put obeys rx0 native
	has "$(extcap --extcap-config)" "{value=obeys}{display=obeys (id $PROGRAM_ID, native)}"
	extcap --extcap-config --extcap-reload-option prog >"$T/values"
	equal "values" "$(cat "$T/values")" "\
value {arg=2}{value=-}{display=The attached program}{default=true}
value {arg=2}{value=obeys}{display=obeys (id $PROGRAM_ID, native)}{default=false}"
	take_off rx0
}

it_offers_a_program_by_its_id_without_privilege()
{
	put obeys rx0 native
	has "$(without_privilege "$EXTCAP" --extcap-config --extcap-interface xdp:rx0)" \
		"{value=$PROGRAM_ID}{display=id $PROGRAM_ID (native)}"
	take_off rx0
}

it_checks_filters_while_they_are_typed()
{
	local good

	for good in "tcp" "vlan 5 and udp port 53" "ether[0] & 1 = 1" "" " "; do
		equal "said to \"$good\"" "$(extcap --extcap-capture-filter "$good")" ""
	done
	has "$(extcap --extcap-capture-filter "tcp port")" "syntax error"
	has "$(extcap --extcap-capture-filter "no such thing")" "syntax error"
	! attached rx0 || die "something was attached"
}

it_knows_the_netmask_for_the_filter_ip_broadcast()
{
	equal "said to it" "$(extcap --extcap-capture-filter "ip broadcast")" ""
	ip -n "$RX" address flush dev rx0
	has "$(extcap --extcap-capture-filter "ip broadcast")" netmask
	links
}

it_captures_broadcasts_by_their_filter()
{
	grab one --extcap-capture-filter "ip broadcast"
	tx ping -q -c 2 -i 0.2 192.0.2.2 >"$T/ping"
	tx ping -q -b -c 3 -i 0.2 -W 1 192.0.2.255 >"$T/ping" 2>&1 || :
	end_grab one 3
}

it_refuses_filters_that_cannot_be_asked_at_the_hook()
{
	local bad

	for bad in inbound outbound "ifindex 3" "tcp and not inbound"; do
		has "$(extcap --extcap-capture-filter "$bad")" "only exists after the XDP hook"
		fails extcap --capture --fifo - --extcap-capture-filter "$bad"
		has "$TEXT" "only exists after the XDP hook"
	done
}

in_tshark()
{
	start_rx shark tshark -n -i xdp:rx0 "$@"
	await_attached rx0 shark
	# from then on dumpcap reads
	await shark "Capture started"
}

it_captures_in_tshark()
{
	in_tshark -c 100 -w "$T/shark.pcapng"
	send "$(frames 100)"
	finish_well shark
	blocks shark
	same_as_sent "$(frames 100)" shark
	equal "interface" "$(field shark interface name)" xdpsample:rx0
	has "$(field shark interface description)" "rx0 at the XDP hook, no other XDP program"
	equal "ids" "$(field shark packet id | paste -sd ' ')" "$(seq -s ' ' 100)"
	equal "flags" "$(field shark packet flags | sort -u)" 1
}

it_has_fields_for_tshark_to_show()
{
	start_rx shark tshark -n -l -i xdp:rx0 -c 3 -T fields -e frame.packet_id \
		-e frame.interface_queue -e frame.p2p_dir -e frame.interface_name \
		-e frame.interface_description
	await_attached rx0 shark
	await shark "Capture started"
	send "$(frames 3)"
	finish_well shark
	equal "lines" "$(wc -l <"$T/shark.out")" 3
	grep -qE '^1	[01]	1	xdpsample:rx0	.*: rx0 at the XDP hook, no other XDP program$' "$T/shark.out" ||
		die "not the fields" shark
}

it_obeys_tsharks_filter_and_preferences()
{
	in_tshark -c 10 -f "udp and len = 64" -o extcap.xdp_rx0.snaplen:50 -w "$T/shark.pcapng"
	send "$(frames 20 80)"
	send "$(frames 10 64)"
	finish_well shark
	blocks shark
	equal "filter" "$(field shark interface filter)" "0:udp and len = 64"
	equal "snaplen" "$(field shark interface snaplen)" 50
	equal "caplen and len" "$(field shark packet caplen | sort -u) $(field shark packet len | sort -u)" "50 64"
}

# Its sentence and no other one.
it_shows_its_errors_in_tshark()
{
	start_rx shark tshark -i xdp:rx0 -o extcap.xdp_rx0.point:exit -w "$T/shark.pcapng"
	finish shark
	has "$(cat "$T/shark.err")" "rx0: no XDP program is attached, but point=exit needs one"
	! grep -E "no device named|magic|End of file" "$T/shark.err" || die "more was said" shark
}

it_writes_to_standard_output()
{
	grab one
	send "$(frames 1000 300)"
	end_grab one 1000
	same_as_sent "$(frames 1000 300)" one
	equal "blocks" "$(count one section) $(count one interface) $(count one statistics)" "1 1 1"
	equal "packets received, accepted, delivered, lost" \
		"$(field one statistics received) $(field one statistics accepted) $(field one statistics delivered) $(field one statistics lost)" \
		"1000 1000 1000 0"
	has "$(field one section os)" "Linux $(uname -r)"
	has "$(field one section program)" "xdpsample-extcap"
	has "$(field one interface description)" "$(hostname): rx0 at the XDP hook"
	equal "link type" "$(field one interface link)" 1
	equal "verdicts" "$(field one packet verdict | sort -u)" -
	capinfos -M "$T/one.pcapng" >"$T/infos"
	has "$(cat "$T/infos")" "nanoseconds (9)" "Strict time order:   True" "Name = xdpsample:rx0" \
		"Number of stat entries = 1" "Number of packets = 1000"
}

# is_longer FILE BYTES
is_longer()
{
	[ "$(stat -c %s "$1")" -gt "$2" ]
}

it_writes_to_a_named_pipe()
{
	mkfifo "$T/fifo"
	start reader cat "$T/fifo"
	start_rx one "$EXTCAP" --capture --extcap-interface xdp:rx0 --fifo "$T/fifo"
	await_attached rx0 one
	send "$(frames 10)"
	until_true 5 is_longer "$T/reader.out" 1000 || die "no packets came" one
	stop one TERM
	equal "status" "$RC" 0
	finish_well reader
	mv "$T/reader.out" "$T/one.pcapng"
	blocks one
	equal "packets" "$(count one packet)" 10
	equal "statistics" "$(field one statistics delivered)" 10
}

it_begins_a_file_anew()
{
	head -c 100000 /dev/zero >"$T/one.pcapng"
	start_rx one "$EXTCAP" --capture --extcap-interface xdp:rx0 --fifo "$T/one.pcapng"
	await_attached rx0 one
	send "$(frames 10)"
	end_grab one 10
}

# Nanoseconds since the epoch, before and after; and every packet in between.
it_has_the_time_in_nanoseconds()
{
	local began ended

	grab one
	began=$(date +%s%N)
	send "$(frames 100)"
	ended=$(date +%s%N)
	end_grab one 100
	between "the first" "$(field one packet time | head -n 1)" "$began" "$ended"
	between "the last" "$(field one packet time | tail -n 1)" "$began" "$ended"
	field one packet time | sort -n -c || die "not in order"
	[ "$(field one packet time | grep -vc 000$)" -gt 50 ] || die "these are microseconds"
	between "the start" "$(field one statistics start)" 1 "$began"
	between "the end" "$(field one statistics end)" "$ended" "$(date +%s%N)"
}

it_captures_ip_packets_on_a_tun_interface()
{
	[ -c /dev/net/tun ] || skip_test "no /dev/net/tun"
	"$HERE/make_frames.py" ip "$T/sent.pcap"
	start_rx tun "$HERE/send_tun.py" tun0 "$T/sent.pcap"
	await tun ready
	grab_from tun0 one --extcap-capture-filter "ip or ip6"
	kill -USR1 "${PID[tun]}"
	await tun sent
	end_grab one 6
	equal "link type" "$(field one interface link)" 101
	same_as_sent "$T/sent.pcap" one
	equal "as tshark sees it" "$(tshark -r "$T/one.pcapng" -T fields -e frame.protocols 2>/dev/null | cut -d : -f 1 | sort -u)" raw
}

# all_written NAME: of the packets that were chosen all but those that were lost
all_written()
{
	tally && written "$1" $((CHOSEN - LOST))
}

it_samples()
{
	local n

	grab one --rate 10
	send "$(frames 20000)"
	until_true 10 seen 20000
	until_true 15 all_written one || die "not all that was chosen was written" one
	stop one
	blocks one
	n=$(count one packet)
	between "packets" "$n" 1800 2200
	equal "interface" "$(field one interface name)" xdpsample:rx0:rate=10
	has "$(field one interface comment)" "sample of 1 in 10 packets"
	equal "received and accepted" "$(field one statistics received) $(field one statistics accepted)" "20000 20000"
	equal "delivered" "$(field one statistics delivered)" "$n"
	has "$(field one statistics comment)" "20000 packets seen" \
		"$((20000 - n)) skipped by the sampling rate of 1 in 10"
}

it_filters_in_the_kernel()
{
	grab one --extcap-capture-filter "len = 64"
	send "$(frames 300 80)"
	send "$(frames 200 64)"
	end_grab one 200
	equal "filter" "$(field one interface filter)" "0:len = 64"
	equal "received, accepted, delivered" \
		"$(field one statistics received) $(field one statistics accepted) $(field one statistics delivered)" \
		"500 200 200"
	has "$(field one statistics comment)" "300 rejected by the filter"
	equal "comment" "$(field one interface comment)" -
}

# A loop, which the kernel does not take: nothing else may differ.
it_filters_in_user_space_what_the_kernel_cannot()
{
	local expression="len = 64" i

	# more than 4096 instructions are not even sent
	for ((i = 0; i < 2500; i++)); do
		expression="$expression and not ether[$((i % 40 + 4)):4] = $((i + 77777777))"
	done
	grab one --extcap-capture-filter "$expression"
	send "$(frames 30 80)"
	send "$(frames 20 64)"
	end_grab one 20
	has "$(field one interface comment)" "The filter runs in user space"
	equal "received, accepted, delivered" \
		"$(field one statistics received) $(field one statistics accepted) $(field one statistics delivered)" \
		"50 20 20"
}

it_cuts_packets_in_the_kernel()
{
	grab one --snaplen 60
	send "$(frames 100 300)"
	end_grab one 100
	equal "snaplen" "$(field one interface snaplen)" 60
	equal "lengths" "$(field one packet caplen | sort -u) $(field one packet len | sort -u)" "60 300"
}

# It sleeps while they come: what does not fit is lost, and counted to the last one.
it_counts_losses()
{
	local lost said

	grab one --buffer 1
	stop_reading one
	send "$(frames 20000 500)"
	kill -CONT "${PID[one]}"
	until_true 15 all_written one || die "not all that was kept was written" one
	# one more, to say what was lost before it
	send "$(frames 1)"
	until_true 15 seen 20001
	until_true 15 all_written one || die "the last one was not written" one
	stop one
	equal "status" "$RC" 0
	blocks one
	lost=$(field one statistics lost)
	between "lost" "$lost" 1000 20000
	equal "sent" $((lost + $(count one packet))) 20001
	equal "as Wireshark reads it" "$(field one statistics ifdrop)" "$lost"
	said=$(field one packet lost | awk '{ n += $1 } END { print n }')
	equal "lost, as the packets say" "$said" "$lost"
}

stop_reading()
{
	kill -STOP "${PID[$1]}"
	until_true 5 is_stopped "$1" || die "$1 does not stop"
}

is_stopped()
{
	grep -q '^State:	T' "/proc/${PID[$1]}/status"
}

it_holds_no_packet_back_while_nothing_else_comes()
{
	grab one
	send "$(frames 1)"
	until_true 5 written one 1 || die "a packet was not written within five seconds"
	send "$(frames 1)"
	until_true 5 written one 2 || die "the second was not"
	stop one
}

it_makes_no_system_call_for_each_packet()
{
	grab one
	send "$(frames 20000)"
	until_true 10 written one 20000 || die "not all came"
	between "writes" "$(sed -n 's/^syscw: //p' "/proc/${PID[one]}/io")" 1 2000
	stop one
}

ends_well_by()
{
	grab one
	send "$(frames 10)"
	end_grab one 10 "$1"
	equal "delivered" "$(field one statistics delivered)" 10
	not_attached || die "still attached"
}

it_ends_well_by_sigint()	{ ends_well_by INT; }
it_ends_well_by_sigterm()	{ ends_well_by TERM; }
it_ends_well_by_sighup()	{ ends_well_by HUP; }

# A shell lets what it starts in the background ignore SIGINT; nohup, SIGHUP.
it_is_interrupted_as_a_background_job_and_outlives_a_terminal()
{
	start one ip netns exec "$RX" env --ignore-signal=INT,HUP "$XDPS_RUN" bash -c \
		'exec "$2" --capture --extcap-interface xdp:rx0 --fifo - >"$1"' - "$T/one.pcapng" "$EXTCAP"
	await_file one
	kill -HUP "${PID[one]}"
	send "$(frames 10)"
	end_grab one 10 INT
	equal "delivered" "$(field one statistics delivered)" 10
}

# What has passed the hook is in the file, however soon it ends after that.
it_loses_nothing_when_it_ends()
{
	grab one
	send "$(frames 2000)"
	stop one
	blocks one
	equal "packets" "$(count one packet)" 2000
	equal "delivered" "$(field one statistics delivered)" 2000
}

it_ends_when_the_reader_goes_while_nothing_comes()
{
	mkfifo "$T/fifo"
	start reader cat "$T/fifo"
	start_rx one "$EXTCAP" --capture --extcap-interface xdp:rx0 --fifo "$T/fifo"
	until_true 5 test -s "$T/reader.out" || die "nothing was written"
	stop reader
	clean_within 1
	finish_well one 2
	[ ! -s "$T/one.err" ] || die "it said something" one
}

it_ends_when_the_reader_of_a_pipe_goes()
{
	start one ip netns exec "$RX" "$XDPS_RUN" bash -c \
		'"$1" --capture --extcap-interface xdp:rx0 --fifo - | head -c 28 >/dev/null' - "$EXTCAP"
	finish_well one 5
	clean_within 1
}

it_ends_by_a_signal_while_the_reader_does_not_read()
{
	mkfifo "$T/fifo"
	start reader sleep 60
	# somebody has it open, and takes nothing
	exec 9<>"$T/fifo"
	start_rx one "$EXTCAP" --capture --extcap-interface xdp:rx0 --fifo "$T/fifo"
	await_attached rx0 one
	send "$(frames 5000 500)"
	sleep 0.5
	running one || die "it has ended" one
	kill -TERM "${PID[one]}"
	finish one 2
	equal "status" "$RC" 0
	clean_within 1
	exec 9>&-
}

# Which it can neither open for itself nor make one that does not block.
it_ends_by_a_signal_while_the_reader_of_another_users_pipe_does_not_read()
{
	local pid

	capable_helper
	start one ip netns exec "$RX" env XDPSAMPLE_HELPER="$T/helper" bash -c '
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@" | { sleep 60; }' - \
		"$XDPS_BUILD/xdpsample-extcap" --capture --extcap-interface xdp:rx0 --fifo -
	await_attached rx0 one
	send "$(frames 5000 500)"
	sleep 0.5
	pid=$(pgrep -P "${PID[one]}" -x xdpsample-extca)
	kill -TERM "$pid"
	clean_within 1
	stop one KILL
}

# However many: each of its rounds has an end.
it_ends_by_a_signal_while_packets_keep_coming()
{
	local file

	file=$(frames 1000)
	grab one
	start_tx flood tcpreplay -q -i tx0 --topspeed --loop=0 "$file"
	until_true 10 written_at_least one 10000 || die "no flood"
	kill -TERM "${PID[one]}"
	finish one 2
	equal "status" "$RC" 0
	clean_within 1
	stop flood
	blocks one
	[ "$(field one statistics delivered)" -ge 10000 ] || die "not all is told"
}

# One who comes back finds a whole file, up to where it was told to end.
it_finishes_the_file_for_a_reader_that_is_slow()
{
	mkfifo "$T/fifo"
	start reader cat "$T/fifo"
	start_rx one "$EXTCAP" --capture --extcap-interface xdp:rx0 --fifo "$T/fifo"
	until_true 5 test -s "$T/reader.out" || die "nothing was written"
	stop_reading reader
	send "$(frames 2000 500)"
	sleep 0.5
	kill -TERM "${PID[one]}"
	sleep 0.1
	running one || die "it has not waited" one
	kill -CONT "${PID[reader]}"
	finish one 2
	equal "status" "$RC" 0
	finish_well reader
	mv "$T/reader.out" "$T/one.pcapng"
	blocks one
	equal "packets" "$(count one packet)" 2000
	equal "delivered" "$(field one statistics delivered)" 2000
}

# told_twice: whether it ends before its patience with the reader does, half a second after a
# signal
told_twice()
{
	local began

	rm -f "$T/fifo"
	mkfifo "$T/fifo"
	exec 9<>"$T/fifo"
	start_rx one "$EXTCAP" --capture --extcap-interface xdp:rx0 --fifo "$T/fifo"
	await_attached rx0 one
	send "$(frames 5000 500)"
	sleep 0.5
	kill -TERM "${PID[one]}"
	# sooner, it would be the same request
	sleep 0.3
	running one || { finish one; return 1; }
	began=$(milliseconds)
	kill -TERM "${PID[one]}"
	finish one 2
	[ $(($(milliseconds) - began)) -lt 400 ]
}

# A busy machine makes it later, never earlier: one time out of five is enough.
it_ends_at_once_when_it_is_told_twice()
{
	local tries=5

	until told_twice; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || die "it waited for its reader each time" one
	done
	exec 9>&-
}

# An error is told at once, and nobody is waited for in vain.
it_ends_by_a_signal_when_it_could_not_begin()
{
	mkfifo "$T/fifo"
	start_rx one "$EXTCAP" --capture --extcap-interface xdp:rx0 --fifo "$T/fifo" --point exit
	await one "no XDP program is attached, but"
	kill -TERM "${PID[one]}"
	finish one 2
	equal "status" "$RC" 1
}

it_ends_when_nobody_opens_the_pipe_and_it_is_told_to()
{
	mkfifo "$T/fifo"
	start_rx one "$EXTCAP" --capture --extcap-interface xdp:rx0 --fifo "$T/fifo"
	await_attached rx0 one
	stop one TERM
	equal "status" "$RC" 0
	clean_within 1
}

it_leaves_nothing_when_it_is_killed()
{
	grab one
	kill -KILL "${PID[one]}"
	clean_within 1
	finish one
}

# Nothing comes, so that its dumpcap does not notice.
it_leaves_nothing_when_tshark_is_killed()
{
	in_tshark -w "$T/shark.pcapng"
	kill -KILL "$(pidof_in_rx tshark)"
	clean_within 1
	finish shark
}

it_leaves_nothing_when_tshark_is_stopped()
{
	in_tshark -w "$T/shark.pcapng"
	send "$(frames 10)"
	until_true 5 written shark 10 || die "not all came" shark
	kill -INT "$(pidof_in_rx tshark)"
	clean_within 2
	finish shark
	equal "packets" "$(packets_in "$T/shark.pcapng")" 10
}

it_leaves_nothing_when_its_helper_is_killed()
{
	grab one
	send "$(frames 10)"
	until_true 5 written one 10 || die "not all came"
	kill -KILL "$(helpers)"
	finish one 5
	equal "status" "$RC" 1
	has "$(cat "$T/one.err")" "helper exited unexpectedly"
	blocks one
	equal "delivered" "$(field one statistics delivered)" 10
}

it_says_that_the_interface_was_deleted()
{
	grab one
	send "$(frames 10)"
	until_true 5 written one 10 || die "not all came"
	ip -n "$RX" link delete rx0
	finish one 5
	equal "status" "$RC" 1
	equal "words" "$(cat "$T/one.err")" "The interface disappeared"
	blocks one
	equal "delivered" "$(field one statistics delivered)" 10
	links
}

it_says_what_is_missing_or_wrong()
{
	fails rx "$EXTCAP" --capture --extcap-interface xdp:rx0
	has "$TEXT" "--fifo is missing"
	fails extcap --capture --fifo - --rate 0
	has "$TEXT" "rate=0: not a number from 1 to"
	fails extcap --capture --fifo "$T/none"
	has "$TEXT" "opening $T/none: No such file or directory"
	[ ! -e "$T/none" ] || die "it made a file"
	fails extcap --capture --fifo - --action drop --point entry
	has "$TEXT" "action= cannot be combined with point=entry"
}

it_does_not_write_to_a_terminal()
{
	rx script -qec "$EXTCAP --capture --extcap-interface xdp:rx0 --fifo -" /dev/null </dev/null >"$T/said" || :
	has "$(cat "$T/said")" "standard output is a terminal"
}

it_tells_its_version_and_helps()
{
	has "$(rx "$EXTCAP" --version)" \
		"xdpsample-extcap $(sed -n 's/^AC_INIT(\[xdpsample\], \[\(.*\)\])$/\1/p' "$XDPS_SRC/configure.ac")"
	has "$(rx "$EXTCAP" --help)" "--extcap-interface" "xdpsample-extcap(1)"
	equal "without arguments" "$(rx "$EXTCAP")" "$(rx "$EXTCAP" --help)"
}

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Beside the programs of xdp-tools: xdp-filter, what xdp-loader puts under libxdp's
# dispatcher, and the other way to look at them, xdpdump.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"
# shellcheck source=tests/lib/extcap.sh
. "$XDPS_SRC/tests/lib/extcap.sh"

DEV=$PLAIN	# the mode is that of the program which is there

# The tools pin what they load, in /sys/fs/bpf, and "ip netns exec" hides the
# machine's: here is one that is the test's own, seen by what runs inside(), and
# gone, with all that is pinned there, when the test is over.
tools()
{
	local tool

	for tool in xdp-filter xdp-loader xdpdump; do
		skip_test_without "$tool"
	done
	start pins ip netns exec "$RX" sh -c \
		'mount -t bpf bpf /sys/fs/bpf && echo mounted && exec sleep infinity'
	await pins mounted
	trap tools_down EXIT
}

tools_down()
{
	stop_all
	take_off rx0 lo
}

traced_tools()
{
	needs_tracing
	tools
}

inside()
{
	nsenter -t "${PID[pins]}" -n -m timeout -k 5 $((60 * ${XDPS_PATIENCE:-1})) "$@"
}

start_inside()
{
	local name=$1

	shift
	start "$name" nsenter -t "${PID[pins]}" -n -m "$@"
}

# tool COMMAND...: which has to succeed
tool()
{
	inside "$@" >"$T/tool" 2>&1 || die "failed: $*" tool
}

# capture_beside NAME DEVICE-OPTIONS [TCPDUMP-OPTION]...
capture_beside()
{
	local name=$1 options=$2

	shift 2
	start_inside "$name" "$XDPS_RUN" tcpdump -w "$T/$name.pcap" -n -i "$DEV$options" "$@"
	await "$name" "listening on"
}

# captured NAME FILE: by tcpdump, exactly what is in FILE and nothing lost
captured()
{
	end_capture "$1" "$(packets_in "$2")"
	equal "lost by $1" "$DROPPED" 0
	same_packets "$2" "$T/$1.pcap"
}

# What is sent to xdp-filter: to port 9, to port 53, and both in turns.

port_9()
{
	frames 60
}

port_53()
{
	[ -e "$WORK/port_53.pcap" ] || "$HERE/make_frames.py" dns "$WORK/port_53.pcap" 40
	echo "$WORK/port_53.pcap"
}

both_ports()
{
	[ -e "$WORK/both.pcap" ] ||
		mergecap -F pcap -w "$WORK/both.pcap" "$(port_9)" "$(port_53)"
	echo "$WORK/both.pcap"
}

filter_drops_port_9()
{
	tool xdp-filter load -f udp rx0
	tool xdp-filter port -p udp 9
}

# filter_count LINE: of xdp-filter's own status, XDP_DROP or XDP_PASS, or that of a port
filter_count()
{
	inside xdp-filter status | awk -v line="$1" '$1 == line { print line ~ /^XDP/ ? $2 : $3 }'
}

state()
{
	inside xdp-loader status rx0
}

same_state()
{
	state >"$T/state.now"
	cmp -s "$T/state" "$T/state.now" || die "not the state that it was: $(cat "$T/state")" state.now
}

# let_through NAME: what of both ports gets to the stack, to $T/NAME.pcap
let_through()
{
	start_rx "$1" tcpdump -n -Q in -i rx0 -w "$T/$1.pcap"
	await "$1" "listening on"
	send "$(both_ports)"
	end_capture "$1" 40
}

it_leaves_xdp_filter_doing_the_same_with_and_without_a_capture()
{
	traced_tools
	filter_drops_port_9
	state >"$T/state"
	let_through alone
	capture_beside dropped :action=drop
	capture_beside all ""
	same_state
	let_through watched
	captured dropped "$(port_9)"
	captured all "$(both_ports)"
	same_state
	same_packets "$(port_53)" "$T/alone.pcap"
	same_packets "$T/alone.pcap" "$T/watched.pcap"
	equal "what xdp-filter says it dropped" "$(filter_count XDP_DROP)" 120
	equal "what xdp-filter says it passed" "$(filter_count XDP_PASS)" 80
	tool xdp-filter unload rx0
	equal "what is on rx0" "$(beside_on rx0)" ""
}

# beside_filter DEVICE-OPTIONS FILE [TCPDUMP-OPTION]...: it captures exactly this
beside_filter()
{
	local options=$1 expected=$2

	shift 2
	traced_tools
	filter_drops_port_9
	capture_beside dump "$options" "$@"
	send "$(both_ports)"
	captured dump "$expected"
}

it_shows_what_xdp_filter_dropped_and_as_many_as_it_says()
{
	beside_filter :action=drop "$(port_9)"
	equal "what xdp-filter says it dropped" "$(filter_count XDP_DROP)" "$CAPTURED"
	equal "what it says of the port" "$(filter_count 9)" "$CAPTURED"
}

it_shows_what_xdp_filter_passed_and_as_many_as_it_says()
{
	beside_filter :action=pass "$(port_53)"
	equal "what xdp-filter says it passed" "$(filter_count XDP_PASS)" "$CAPTURED"
}

it_shows_what_came_to_xdp_filter()		{ beside_filter "" "$(both_ports)"; }
it_shows_all_verdicts_of_xdp_filter()		{ beside_filter :action=drop+pass "$(both_ports)"; }
it_filters_what_came_to_xdp_filter()		{ beside_filter "" "$(port_53)" udp dst port 53; }
it_filters_what_xdp_filter_dropped_to_nothing()
{
	local file=$WORK/none.pcap

	tcpdump -r "$(port_9)" -w "$file" port 53 2>/dev/null
	traced_tools
	filter_drops_port_9
	capture_beside dump :action=drop port 53
	send "$(both_ports)"
	until_true 10 seen 100 || die "not all were seen" dump
	captured dump "$file"
}

# Under the dispatcher.

# component PROGRAM PLACE: loads it; those with lower places are called before
component()
{
	tool xdp-loader load -P "$2" -n "$1" rx0 "$(object components)"
}

# ids NAME: of the programs on rx0 that are called so, in the order in which they are called
ids()
{
	state | awk -v name="$1" '$2 == name || $3 == name { print $4 }' | paste -sd ' '
}

numbered()
{
	frames 60
}

# those CONDITION: of the numbered packets those that it is true of, N being the number
those()
{
	local N chosen=() file="$WORK/those ${1//[^[:alnum:]=!%&() ]/}.pcap"

	for ((N = 0; N < 60; N++)); do
		[ $(($1)) -eq 0 ] || chosen+=($((N + 1)))
	done
	[ -e "$file" ] || editcap -F pcap -r "$(numbered)" "$file" "${chosen[@]}"
	echo "$file"
}

# What components.bpf.c makes of them.
FIRST_DROPS="N % 3 == 0"
FIRST_PASSES="N % 3 != 0"
SECOND_ABORTS="N % 3 != 0 && N % 2 == 0"
SECOND_PASSES="N % 3 != 0 && N % 2 != 0"

two_components()
{
	traced_tools
	component first_sieve 10
	component second_sieve 20
}

it_shows_the_last_word_of_two_programs_under_the_dispatcher()
{
	two_components
	state >"$T/state"
	capture_beside dropped :action=drop
	capture_beside aborted :action=aborted
	capture_beside passed :action=pass
	capture_beside all :point=exit
	send "$(numbered)"
	captured dropped "$(those "$FIRST_DROPS")"
	captured aborted "$(those "$SECOND_ABORTS")"
	captured passed "$(those "$SECOND_PASSES")"
	captured all "$(numbered)"
	same_state
}

# of_components FIRST SECOND: as prog= has them
of_components()
{
	capture_beside first "$1"
	capture_beside first.dropped "$1:action=drop"
	capture_beside second "$2"
	capture_beside second.aborted "$2:action=aborted"
	capture_beside second.dropped "$2:action=drop"
	send "$(numbered)"
	captured first "$(numbered)"
	captured first.dropped "$(those "$FIRST_DROPS")"
	captured second "$(those "$FIRST_PASSES")"
	captured second.aborted "$(those "$SECOND_ABORTS")"
	captured second.dropped "$(those 0)"
}

it_shows_what_a_component_got_and_decided_by_its_name()
{
	two_components
	of_components :prog=first_sieve :prog=second_sieve
}

it_shows_what_a_component_got_and_decided_by_its_id()
{
	two_components
	of_components ":prog=$(ids first_sieve)" ":prog=$(ids second_sieve)"
}

it_lists_dispatcher_and_components_when_none_has_the_name()
{
	two_components
	state >"$T/state"
	fails inside "$XDPS_RUN" tcpdump -i "$DEV:prog=third_sieve"
	has "$TEXT" "rx0: no attached XDP program is named third_sieve; there are" \
		"xdp_dispatcher (id $(ids xdp_dispatcher))" \
		"first_sieve (id $(ids first_sieve))" "second_sieve (id $(ids second_sieve))"
	same_state
}

it_wants_an_id_where_one_program_is_loaded_twice()
{
	local twice

	two_components
	component second_sieve 30
	read -ra twice <<<"$(ids second_sieve)"
	equal "programs of that name" ${#twice[@]} 2
	fails inside "$XDPS_RUN" tcpdump -i "$DEV:prog=second_sieve"
	has "$TEXT" "several attached XDP programs are named second_sieve; select one by its id" \
		"second_sieve (id ${twice[0]})" "second_sieve (id ${twice[1]})"
	capture_beside before ":prog=${twice[0]}"
	capture_beside after ":prog=${twice[1]}"
	send "$(numbered)"
	captured before "$(those "$FIRST_PASSES")"
	captured after "$(those "$SECOND_PASSES")"
}

SILENT="XDP program second_sieve (id [0-9]*, native mode) did not run for [0-9]* packets that arrived"

says_silence()
{
	grep -q "warning: rx0: $SILENT" "$T/$1.err"
}

# What the first one drops never gets to the second.
it_says_that_the_program_is_not_called_for_what_arrives()
{
	local i

	two_components
	start_inside file bash -c 'exec "$@" >"$0"' "$T/file.pcapng" "$XDPS_RUN" "$EXTCAP" --capture \
		--extcap-interface xdp:rx0 --prog second_sieve --fifo -
	await_file file
	export XDPSAMPLE_DEBUG=1
	capture_beside silent :prog=second_sieve
	capture_beside all ""
	for i in $(seq 8); do
		send "$(those "$FIRST_DROPS")"
		sleep 1.2
	done
	until_true 10 says_silence silent || die "it says nothing" silent
	! says_silence all || die "it sees all, and says that it does not" all
	equal "how often it says so" "$(grep -c "warning:" "$T/silent.err")" 1
	send "$(those "$FIRST_PASSES")"
	captured silent "$(those "$FIRST_PASSES")"
	end_grab file 40
	field file statistics comment >"$T/comments"
	equal "accounts in the file" "$(grep -c . "$T/comments")" 2
	head -n 1 "$T/comments" | grep -q "^rx0: $SILENT" || die "the file does not say it at once" comments
	tail -n 1 "$T/comments" | grep -q "packets seen.*[.] rx0: $SILENT" ||
		die "the file does not say it at its end" comments
}

# A single component replaces the dispatcher's main function.
it_takes_the_only_component_of_a_dispatcher_that_cannot_be_traced()
{
	traced_tools
	component first_sieve 10
	tool bpftool prog pin id "$(ids xdp_dispatcher)" /sys/fs/bpf/dispatcher
	fails inside "$XDPS_BUILD/tests/net/can_trace" /sys/fs/bpf/dispatcher
	has "$TEXT" "Device or resource busy"
	tool rm /sys/fs/bpf/dispatcher
	state >"$T/state"
	capture_beside all ""
	capture_beside dropped :action=drop
	capture_beside passed :action=pass
	send "$(numbered)"
	captured all "$(numbered)"
	captured dropped "$(those "$FIRST_DROPS")"
	captured passed "$(those "$FIRST_PASSES")"
	same_state
}

# The dispatcher of today is not tomorrow's: libxdp makes a new one for each change.

# rebuilt_by SENTENCE COMMAND...: while captured as $T/dump; says so and keeps what it had
rebuilt_by()
{
	local sentence=$1

	shift
	send "$(numbered)"
	until_true 15 drained dump 60 || die "not drained" dump
	"$@"
	finish dump 5
	equal "status of tcpdump" "$RC" 1
	has "$(cat "$T/dump.err")" "tcpdump: pcap_loop: rx0: the capture has ended, because $sentence"
	same_packets "$(numbered)" "$T/dump.pcap"
}

# serves_anew: the next capture has the new one
serves_anew()
{
	capture_beside next :point=exit
	send "$(numbered)"
	captured next "$(numbered)"
}

it_ends_with_follow_no_when_a_component_is_added_to_the_dispatcher()
{
	local id

	two_components
	id=$(ids xdp_dispatcher)
	capture_beside dump :point=exit:follow=no
	rebuilt_by "XDP program xdp_dispatcher (id $id, native mode) is no longer attached" \
		component first_sieve 30
	equal "number of programs" "$(ids first_sieve | wc -w) $(ids second_sieve | wc -w)" "2 1"
	serves_anew
}

it_ends_with_follow_no_when_a_component_is_taken_from_the_dispatcher()
{
	local id

	two_components
	id=$(ids xdp_dispatcher)
	capture_beside dump :follow=no
	rebuilt_by "XDP program xdp_dispatcher (id $id, native mode) is no longer attached" \
		tool xdp-loader unload -i "$(ids first_sieve)" rx0
	equal "number of programs" "$(ids first_sieve | wc -w) $(ids second_sieve | wc -w)" "0 1"
	serves_anew
}

it_ends_with_follow_no_when_the_only_component_gets_company()
{
	local id component

	traced_tools
	component first_sieve 10
	id=$(ids xdp_dispatcher)
	component=$(ids first_sieve)
	capture_beside dump :follow=no
	rebuilt_by "xdp_dispatcher (id $id), which called XDP program first_sieve (id $component, native mode), is no longer attached" \
		component second_sieve 20
	equal "the first component" "$(ids first_sieve)" "$component"
	serves_anew
}

it_ends_with_follow_no_when_xdp_filter_is_unloaded()
{
	traced_tools
	filter_drops_port_9
	capture_beside dump :follow=no
	rebuilt_by "xdp_dispatcher (id $(ids xdp_dispatcher)), which called XDP program xdpfilt_alw_udp (id $(ids xdpfilt_alw_udp), native mode), is no longer attached" \
		tool xdp-filter unload rx0
	equal "what is on rx0" "$(beside_on rx0)" ""
}

# What it is beside changes, and it goes on each time.

changes()
{
	grep -c "the capture goes on " "$T/dump.err"
}

has_followed()
{
	[ "$(changes)" -ge "$1" ] || ! running dump
}

# followed: the change that was just made, which is one more
followed()
{
	N=$((N + 1))
	until_true 15 has_followed $N && running dump || die "it has not followed change $N" dump
}

# saw_nothing_ms: all its gaps, as it tells them
saw_nothing_ms()
{
	sed -n 's/.*saw nothing for about \([0-9]*\) ms.*/\1/p' "$T/dump.err" |
		awk '{ ms += $1 } END { print ms + 0 }'
}

# account PPS: everything is counted that was sent, except in the gaps that it told
account()
{
	local sent missed most

	stop more
	sent=$(sed -n 's/.*Successful packets: *//p' "$T/more.out")
	tally
	missed=$((sent - SEEN))
	most=$(($(saw_nothing_ms) * $1 / 1000 * 12 / 10 + 4 * N))
	note "$N changes: $missed of $sent packets missed, $(saw_nothing_ms) ms told"
	between "missed, in the gaps that it told" "$missed" 0 "$most"
	equal "taken, unsampled, rejected, lost" "$((CHOSEN - LOST)) $UNSAMPLED $REJECTED $LOST" "$SEEN 0 0 0"
	end_capture dump "$SEEN"
	equal "captured, received, dropped" "$CAPTURED $RECEIVED $DROPPED" "$SEEN $SEEN 0"
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" "$SEEN"
}

it_lives_through_ten_components_that_come_and_go_under_traffic()
{
	local i id

	traced_tools
	component first_sieve 10
	N=0
	XDPSAMPLE_DEBUG=1 capture_beside dump ""
	start_tx more tcpreplay -i tx0 --pps=200 --loop=0 "$(numbered)"
	for i in 1 2 3 4 5; do
		component second_sieve $((10 + i))
		followed
	done
	tool xdp-filter load -f udp rx0
	followed
	for id in $(ids second_sieve); do
		tool xdp-loader unload -i "$id" rx0
		followed
	done
	tool xdp-filter unload rx0
	followed
	tool xdp-loader unload rx0 --all
	followed
	has "$(tail -n 1 "$T/dump.err")" "goes on by itself"
	account 200
}

# Where the kernel refuses all of this: libxdp does without a dispatcher then.
it_leaves_xdp_filter_alone_where_it_cannot_be_traced()
{
	local id

	tools
	[ -e "$WORK/tracing" ] || probe_tracing
	[ -s "$WORK/tracing" ] || skip_test "this kernel traces programs"
	filter_drops_port_9
	state >"$T/state"
	id=$(ids xdpfilt_alw_udp)
	fails inside "$XDPS_RUN" tcpdump -i "$DEV:action=drop"
	has "$TEXT" "rx0: XDP program xdpfilt_alw_udp (id $id, native mode) stays attached, but cannot be traced"
	same_state
	let_through alone
	same_packets "$(port_53)" "$T/alone.pcap"
	equal "what xdp-filter says it dropped" "$(filter_count XDP_DROP)" 60
}

# Compared with xdpdump, in the same run on the same traffic.

# xdpdump_too NAME [XDPDUMP-OPTION]...: to its standard output, where it does not wait
# with what it has
xdpdump_too()
{
	local name=$1

	shift
	start_inside "$name" xdpdump -i "${XDPDUMP_ON:-rx0}" -w - "$@"
	until_true 15 says_or_ended "$name" "listening on" || die "xdpdump did not start" "$name.err"
	says "$name" "listening on" ||
		skip_test "xdpdump does not work here: $(tail -n 1 "$T/$name.err")"
}

xdpdump_has()
{
	[ "$(packets_in "$T/$1.out" 2>/dev/null || :)" = "$2" ]
}

# end_xdpdump NAME COUNT: to $T/NAME.pcap
end_xdpdump()
{
	until_true 15 xdpdump_has "$1" "$2" ||
		die "xdpdump has $(packets_in "$T/$1.out") packets of $2" "$1.err"
	stop "$1"
	editcap -F nsecpcap "$T/$1.out" "$T/$1.pcap"
}

it_has_the_packets_that_xdpdump_has()
{
	two_components
	capture_beside entry ""
	capture_beside exit :point=exit
	xdpdump_too xdpdump.entry
	xdpdump_too xdpdump.exit --rx-capture exit
	send "$(numbered)"
	captured entry "$(numbered)"
	captured exit "$(numbered)"
	end_xdpdump xdpdump.entry 60
	end_xdpdump xdpdump.exit 60
	same_packets "$T/xdpdump.entry.pcap" "$T/entry.pcap"
	same_packets "$T/xdpdump.exit.pcap" "$T/exit.pcap"
}

# with_verdict NUMBER: of those in xdpdump's file, to $T/NUMBER.pcap
with_verdict()
{
	tshark -r "$T/xdpdump.out" -Y "frame.verdict.ebpf_xdp == $1" -F pcap -w "$T/$1.pcap" \
		2>/dev/null
}

it_has_the_verdicts_that_xdpdump_has()
{
	two_components
	capture_beside aborted :action=aborted
	capture_beside dropped :action=drop
	capture_beside passed :action=pass
	xdpdump_too xdpdump --rx-capture exit
	send "$(numbered)"
	captured aborted "$(those "$SECOND_ABORTS")"
	captured dropped "$(those "$FIRST_DROPS")"
	captured passed "$(those "$SECOND_PASSES")"
	end_xdpdump xdpdump 60
	with_verdict 0
	with_verdict 1
	with_verdict 2
	same_packets "$T/0.pcap" "$T/aborted.pcap"
	same_packets "$T/1.pcap" "$T/dropped.pcap"
	same_packets "$T/2.pcap" "$T/passed.pcap"
}

# xdpdump has no filter.
it_filters_to_what_the_same_filter_leaves_of_xdpdumps_file()
{
	traced_tools
	filter_drops_port_9
	capture_beside dump "" udp dst port 53
	xdpdump_too xdpdump
	send "$(both_ports)"
	captured dump "$(port_53)"
	end_xdpdump xdpdump 100
	tcpdump -r "$T/xdpdump.pcap" -w "$T/filtered.pcap" udp dst port 53 2>/dev/null
	same_packets "$T/filtered.pcap" "$T/dump.pcap"
}

it_shares_a_program_with_xdpdump_and_with_another_capture()
{
	two_components
	xdpdump_too xdpdump
	capture_beside one ""
	capture_beside two ""
	send "$(numbered)"
	end_xdpdump xdpdump 60
	until_true 15 drained one 60 || die "not drained" one
	stop one
	send "$(numbered)"
	end_capture two 120
	equal "captured by the one that stayed" "$CAPTURED" 120
	same_packets "$(numbered)" "$T/one.pcap"
	same_packets "$(numbered)" "$T/xdpdump.pcap"
}

# Four bursts, from one CPU and from the other in turns, told apart by their sizes;
# nobody reads before all of them were sent.
bursts()
{
	local size

	[ "$(nproc)" -ge 2 ] || skip_test "one CPU only"
	for size in 100 101 102 103; do
		tx taskset -c $((size % 2)) tcpreplay -q -i tx0 --topspeed "$(frames 10 $size)" \
			>"$T/send" 2>&1 || die "tcpreplay failed" send
	done
}

sizes_in()
{
	show "$1" | cut -d ' ' -f 1 | uniq | paste -sd ' '
}

# In epoll_wait(2), as kernels call it: ep_poll, do_epoll_wait.  5.10 has no wchan.
waits()
{
	grep -q "ep.*oll" "/proc/${PID[$1]}/wchan" "/proc/${PID[$1]}/stack"
}

it_has_the_order_of_several_cpus_where_xdpdump_has_not()
{
	two_components
	capture_beside dump ""
	xdpdump_too xdpdump
	# what is there before it waits for the first time it never reads
	until_true 5 waits xdpdump || die "xdpdump does not wait for packets" xdpdump.err
	kill -STOP "${PID[dump]}" "${PID[xdpdump]}"
	bursts
	[ "$(counters chosen | grep -vc '^0$')" -ge 2 ] || die "only one CPU took packets"
	kill -CONT "${PID[dump]}" "${PID[xdpdump]}"
	end_capture dump 40
	end_xdpdump xdpdump 40
	note "bursts of 100, 101, 102 and 103 bytes: xdpdump wrote $(sizes_in "$T/xdpdump.pcap")"
	equal "bursts in the file" "$(sizes_in "$T/dump.pcap")" "100 101 102 103"
	show_times "$T/dump.pcap" | sort -n -c || die "not in the order of time"
	[ "$(sizes_in "$T/xdpdump.pcap")" != "100 101 102 103" ] ||
		skip_test "this xdpdump has the order, too"
}

# lengths_in FILE: of each packet the whole and what is there of it
lengths_in()
{
	show "$1" | cut -d ' ' -f 1-2 | uniq | paste -sd ' '
}

# In xdpdump's records 16 bits are for a length.
it_has_the_length_of_a_packet_of_65549_bytes_where_xdpdump_has_not()
{
	traced_tools
	put passes lo generic
	DEV=xdpsample:lo capture_beside dump ""
	XDPDUMP_ON=lo xdpdump_too xdpdump
	rx ping -q -c 1 -s 65507 127.0.0.1 >"$T/ping"
	end_capture dump 2
	end_xdpdump xdpdump 2
	note "a packet of 65549 bytes: xdpdump wrote $(lengths_in "$T/xdpdump.pcap")"
	equal "length and captured length" "$(lengths_in "$T/dump.pcap")" "65549 65000"
	[ "$(lengths_in "$T/xdpdump.pcap" | cut -d ' ' -f 1)" != 65549 ] ||
		skip_test "this xdpdump has the length, too"
}

needs_fragments()
{
	with_pins bpftool prog loadall "$(object verdicts.frags)" "$WORK/pins/all" \
		>"$T/fragments" 2>&1 ||
		skip_test "no packets in fragments: $(grep -m 1 -i error "$T/fragments")"
}

it_has_all_of_a_packet_in_fragments_where_xdpdump_has_not()
{
	traced_tools
	needs_fragments
	MTU=9000 links
	put passes rx0 native verdicts.frags
	capture_beside dump ""
	xdpdump_too xdpdump
	send "$(frames 10 9014)"
	captured dump "$(frames 10 9014)"
	end_xdpdump xdpdump 10
	links
	note "packets of 9014 bytes in fragments: xdpdump wrote $(lengths_in "$T/xdpdump.pcap")"
	[ "$(lengths_in "$T/xdpdump.pcap")" != "9014 9014" ] ||
		skip_test "this xdpdump has all of it, too"
}

now_ns()
{
	date +%s%N
}

# off FIRST LAST BEFORE AFTER: how far these times are outside of those, in ms
off()
{
	echo $((($1 < $3 ? $1 - $3 : $2 > $4 ? $2 - $4 : 0) / 1000000))
}

first_and_last()
{
	show_times "$1" | sort -n | sed -n '1p;$p' | paste -sd ' '
}

# xdpdump reckons with a clock of whole seconds: it may be right by chance.
it_dates_packets_between_their_sending_and_its_end_whatever_xdpdump_does()
{
	local before after ours theirs

	two_components
	capture_beside dump "" --time-stamp-precision=nano
	xdpdump_too xdpdump
	before=$(now_ns)
	send "$(numbered)"
	after=$(now_ns)
	end_capture dump 60
	end_xdpdump xdpdump 60
	read -ra ours <<<"$(first_and_last "$T/dump.pcap")"
	read -ra theirs <<<"$(first_and_last "$T/xdpdump.pcap")"
	note "xdpdump's times: $(off "${theirs[@]}" "$before" "$after") ms outside of the $(((after - before) / 1000000)) ms of the sending"
	# XDPS_TAI_OFFSET_ERROR_NS
	[ "${ours[0]}" -ge "$before" ] && [ "${ours[1]}" -le $((after + 1000)) ] ||
		die "dated ${ours[*]}, sent between $before and $after"
}

run_tests "$@"

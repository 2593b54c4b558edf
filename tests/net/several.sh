#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Several captures on one interface share one XDP program, whether or not the kernel lets
# programs be traced: who may join, how they differ, and how they end.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside_captures.sh
. "$XDPS_SRC/tests/lib/beside_captures.sh"

SHARES="shares the XDP program of another capture"

# joins NAME [TCPDUMP-OPTION]...: it shares the hook of those that are there
joins()
{
	XDPSAMPLE_DEBUG=1 begin "$@"
	says "$1" "$SHARES" || die "it does not share" "$1"
}

one_program_on_rx0()
{
	equal "programs on rx0" "$(beside_on rx0 | wc -l)" 1
}

# each has captured COUNT packets, the same as were sent
all_have()
{
	local file=$1 count=$2 name

	shift 2
	for name; do
		stop_when_written "$name" "$count"
		same_packets "$file" "$T/$name.pcap"
	done
}

# in_mode MODE
in_mode()
{
	begin first -i "$PLAIN:mode=$1"
	joins second -i "$PLAIN"
	joins third -i "$PLAIN:mode=$1"
	one_program_on_rx0
	send "$(frames 500)"
	all_have "$(frames 500)" 500 first second third
	await_nothing_of_ours
}

it_gives_every_packet_to_each_capture_in_native_mode()	{ in_mode native; }
it_gives_every_packet_to_each_capture_in_generic_mode()	{ in_mode generic; }

it_lets_captures_differ()
{
	begin plain -i "$DEV"
	joins cut -s 50 -i "$DEV"
	joins perf -i "$DEV:ring=perf"
	joins map -i "$DEV:ring=map"
	joins none -i "$DEV" 'udp port 53'
	joins some -i "$DEV:rate=5"
	send "$(frames 1000)"
	all_have "$(frames 1000)" 1000 plain perf map
	stop_when_written cut 1000
	equal "bytes of each" "$("$HERE/show_frames.py" "$T/cut.pcap" | awk '{ print length($NF) / 2 }' | sort -u)" 50
	stop some
	between "1 in 5" "$(packets_in "$T/some.pcap")" 100 320
	stop none
	equal "packets to port 53" "$(packets_in "$T/none.pcap")" 0
}

# A filter that is changed is that of one capture.
it_keeps_the_filters_apart()
{
	build_consumer refilter
	begin first -i "$DEV"
	start_rx changes "$WORK/refilter" change "$DEV"
	await changes ready
	send "$(frames 300)"
	stop changes KILL
	all_have "$(frames 300)" 300 first
}

it_lets_captures_of_different_users_share()
{
	capable_helper
	begin first -i "$DEV"
	around=(exec)
	XDPSAMPLE_DEBUG=1 start second as_nobody tcpdump -U -n -i "$DEV" -w "$T/second.pcap"
	await second "listening on"
	says second "$SHARES" || die "it does not share" second
	stop first
	begin third -i "$DEV"
	send "$(frames 100)"
	all_have "$(frames 100)" 100 third second
}

it_lets_a_program_open_its_device_twice()
{
	start_rx twice dumpcap -q -P -i "$DEV" -i "$DEV" -w "$T/twice.pcapng"
	await twice "File:"
	send "$(frames 50)"
	until_true 10 has_in "$T/twice.pcapng" 100 || die "$(packets_in "$T/twice.pcapng") of 100" twice
	stop twice
}

has_in()
{
	[ "$(packets_in "$1" 2>/dev/null)" = "$2" ]
}

it_lets_eight_captures_share_and_says_so_to_the_ninth()
{
	local i

	begin c1 -i "$DEV"
	for i in 2 3 4 5 6 7 8; do
		joins "c$i" -i "$DEV"
	done
	fails rx tcpdump -n -i "$DEV"
	is_a_sentence "$TEXT"
	has "$TEXT" "rx0: 8 captures already share the XDP program on it, and there can be no more; end one of them"
	send "$(frames 200)"
	stop c4
	joins c9 -i "$DEV"
	all_have "$(frames 200)" 200 c1 c2 c3 c5 c6 c7 c8
	stop c9
	await_nothing_of_ours
}

it_refuses_another_mode()
{
	begin first -i "$PLAIN:mode=generic"
	fails rx tcpdump -n -i "$PLAIN:mode=native"
	is_a_sentence "$TEXT"
	has "$TEXT" "rx0: mode=native: a capture is already running, in generic mode" "remove mode="
	stop first
}

# goes_on_without_the_first HOW
goes_on_without_the_first()
{
	begin first -i "$DEV"
	joins second -i "$DEV"
	joins third -i "$DEV"
	send "$(frames 100)"
	"end_by_$1" first 100
	send "$(frames 100)"
	joins fourth -i "$DEV"
	send "$(frames 100)"
	stop_when_written second 300
	stop_when_written third 300
	stop_when_written fourth 100
	await_nothing_of_ours
}

it_goes_on_when_the_first_is_interrupted()		{ goes_on_without_the_first sigint; }
it_goes_on_when_the_first_is_killed()			{ goes_on_without_the_first sigkill; }
it_goes_on_when_the_helper_of_the_first_is_killed()	{ goes_on_without_the_first sigkill_of_its_helper; }

# chain_of HELPER: the id of its map
chain_of()
{
	local id

	for id in $(sed -n 's/^map_id:\t//p' "/proc/$1"/fdinfo/*); do
		! bpftool map show id "$id" | grep ' name chain ' >/dev/null || { echo "$id"; return; }
	done
}

# has_samplers CHAIN NUMBER
has_samplers()
{
	[ "$(bpftool map dump id "$1" | grep -c '"\?key"\?:')" -eq "$2" ]
}

# Within a second, by one of the others.
it_takes_out_what_a_killed_capture_left()
{
	local chain

	begin first -i "$DEV"
	joins second -i "$DEV"
	chain=$(chain_of "${HELPER[second]}")
	has_samplers "$chain" 2 || die "not two samplers: $(bpftool map dump id "$chain")"
	stop first KILL
	until_true 5 has_samplers "$chain" 1 || die "$(bpftool map dump id "$chain")"
	stop second
}

# crowd STEPS DEVICE...: what it says is shown, with the seed
crowd()
{
	local steps=$1

	shift
	build_consumer crowd
	start_rx crowd "$WORK/crowd" "$steps" "${SEED:-$RANDOM}" "$TX" tx0 rx0 "${RATE:-150000}" \
		"$(readlink -f "$XDPS_HELPER")" "$@"
	finish crowd $((60 + steps))
	[ "$RC" -eq 0 ] || die "with status $RC" crowd
	echo "# $(cat "$T/crowd.out")" >&3
	await_nothing_of_ours
}

it_loses_nothing_while_others_come_go_and_die_in_native_mode()
{
	crowd 200 "$DEV" "$DEV:ring=perf" "$DEV:hold=3000"
}

it_loses_nothing_while_others_come_go_and_die_in_generic_mode()
{
	crowd 200 "$PLAIN:mode=generic" "$PLAIN" "$PLAIN:ring=perf"
}

# The time is in the debugging output; of ten, for a machine that has much else to do.
it_is_let_in_within_10_ms()
{
	local i best_ms=1000 ms

	begin first -i "$DEV"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		joins second -i "$DEV"
		ms=$(sed -n "s/.*$SHARES.* let in after \([0-9]*\) ms.*/\1/p" "$T/second.err")
		echo "# let in after $ms ms" >&3
		[ "$ms" -ge "$best_ms" ] || best_ms=$ms
		stop second
	done
	[ "$best_ms" -le $((10 * ${XDPS_PATIENCE:-1})) ] || die "it took $best_ms ms"
	stop first
}

# Others, who must not be able to do more than to keep captures from sharing.

# is_apart LIMIT-S: a second capture does what it does if it cannot share, soon
is_apart()
{
	local begin=$SECONDS

	if rx env XDPSAMPLE_DEBUG=1 "XDPSAMPLE_HELPER=${OTHER_HELPER:-$XDPS_HELPER}" \
		tcpdump -L -i "$DEV" >"$T/apart" 2>&1; then
		! grep "$SHARES" "$T/apart" >/dev/null || die "it shares" apart
	else
		grep "a capture is already running that does not share its XDP program" \
			"$T/apart" >/dev/null || die "not refused for that" apart
	fi
	[ $((SECONDS - begin)) -le $(($1 * ${XDPS_PATIENCE:-1})) ] || die "after $((SECONDS - begin)) s"
}

it_captures_alone_where_others_have_all_names()
{
	stranger squat 0 8
	begin first -i "$DEV"
	is_apart 6
	send "$(frames 100)"
	all_have "$(frames 100)" 100 first
	stop squatter KILL
}

it_shares_where_another_one_has_a_name_and_says_nothing()
{
	stranger squat 0 1
	begin first -i "$DEV"
	joins second -i "$DEV"
	send "$(frames 100)"
	all_have "$(frames 100)" 100 first second
	stop squatter KILL
}

it_shares_where_another_one_sends_rubbish()
{
	stranger rubbish 0 3
	begin first -i "$DEV"
	joins second -i "$DEV"
	stop second
	stop first
	stop squatter KILL
}

it_gives_nothing_without_a_proof()
{
	begin first -i "$DEV"
	stranger guest
	finish_well squatter
	has "$(cat "$T/squatter.out")" "dismissed"
	joins second -i "$DEV"
	stop second
	stop first
}

# What it is sent lingers when it is closed.
it_is_not_kept_from_its_work_by_what_a_stranger_sends()
{
	begin first -i "$DEV"
	stranger linger
	joins second -i "$DEV"
	stop squatter KILL
	send "$(frames 100)"
	all_have "$(frames 100)" 100 first second
}

it_is_not_kept_from_its_work_by_who_connects_all_the_time()
{
	local begin=$SECONDS

	begin first -i "$DEV"
	stranger flood
	send "$(frames 100)"
	rx tcpdump -L -i "$DEV" >"$T/second" 2>&1 || :
	all_have "$(frames 100)" 100 first
	[ $((SECONDS - begin)) -le $((15 * ${XDPS_PATIENCE:-1})) ] || die "after $((SECONDS - begin)) s"
	stop squatter KILL
}

it_does_not_wait_for_one_that_is_stopped()
{
	begin first -i "$DEV"
	kill -STOP "${HELPER[first]}"
	is_apart 6
	kill -CONT "${HELPER[first]}"
	joins second -i "$DEV"
	send "$(frames 100)"
	all_have "$(frames 100)" 100 first second
}

it_goes_on_while_another_one_is_stopped()
{
	begin first -i "$DEV"
	joins second -i "$DEV"
	kill -STOP "${HELPER[first]}"
	joins third -i "$DEV"
	send "$(frames 100)"
	kill -CONT "${HELPER[first]}"
	all_have "$(frames 100)" 100 first second third
}

# A helper of another version has other names.
it_does_not_share_with_another_version()
{
	sed 's:xdpsample/%d/%d/%d:xdpsampl3/%d/%d/%d:' "$XDPS_HELPER" >"$T/other"
	chmod 755 "$T/other"
	! cmp -s "$XDPS_HELPER" "$T/other" || die "the name is not in the helper"
	begin first -i "$DEV"
	OTHER_HELPER=$T/other is_apart 6
	stop first
}

it_does_not_share_if_prog_is_given()
{
	begin first -i "$DEV"
	fails rx tcpdump -n -c 1 -i "$PLAIN:prog=nosuch"
	has "$TEXT" nosuch
	stop first
}

exec 3>&1
run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# libpcap's contract: its own test programs, and consumer.c for what those do
# not ask.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# From here on by consumer.c, a small program on libpcap.

consumer()
{
	build_consumer
	start_rx consumer "$WORK/consumer" "$@"
}

go()
{
	kill -USR1 "${PID[consumer]}"
}

# queued TEST COUNT [SIZE]: the packets are there before the test reads any
queued()
{
	consumer "$1" "$DEV" "$2"
	await consumer ready
	send "$(frames "$2" "${3:-64}")"
	go
	finish_well consumer
}

it_drains_a_burst_by_select_and_one_packet_at_a_time()	{ queued burst 3000; }
it_drains_a_burst_in_immediate_mode_too()		{ queued immediate_burst 3000; }
it_keeps_to_the_count_of_each_dispatch()		{ queued count 1000; }
it_leaves_a_packet_as_it_is_until_the_next()		{ queued next 2000 1000; }
it_applies_a_new_filter_to_what_is_queued()		{ queued refilter 1000; }
it_needs_no_privilege_after_it_was_opened()		{ queued drop 500; }
it_captures_in_a_forked_child()				{ queued forked 500; }
it_closes_in_a_forked_child()				{ queued closed_in_child 500; }
it_hands_out_each_packet_once_to_children_and_parent()	{ queued successors 1000; }
it_refuses_a_second_reader_at_the_same_time()		{ queued two_readers 100; }

# The parent has ended when the packets come.
it_captures_in_a_daemon()
{
	local daemon

	consumer daemon "$DEV" 500
	finish_well consumer
	daemon=$(grep -x '[0-9]*' "$T/consumer.out")
	send "$(frames 500)"
	kill -USR1 "$daemon"
	until_true 10 process_gone "$daemon" || die "the daemon did not end" consumer
	says consumer "captured all" || die "it did not capture all" consumer
}

it_breaks_from_a_handler_and_from_a_thread()		{ queued breakloop 100; }

# alone TEST [COUNT]: without a packet
alone()
{
	consumer "$1" "$DEV" "${2:-0}"
	finish_well consumer 60
}

it_can_be_activated_again_after_a_failure()		{ alone twice; }
it_returns_nothing_when_the_timeout_passes()		{ alone timeout; }
it_leaves_the_children_of_the_host_alone()		{ alone children; }
it_is_not_readable_for_ever_after_a_break()		{ alone quiet; }

it_takes_each_direction()				{ alone direction; }

# one TEST: it gets a single packet when it is ready
one()
{
	consumer "$1" "$DEV"
	await consumer ready
	send "$(frames 1)"
	finish_well consumer
}

it_blocks_without_a_timeout_and_still_delivers_promptly()	{ one no_timeout; }

# A perf ring has to be looked into now and then.
it_sleeps_as_long_as_nothing_comes()
{
	[ "${XDPS_RING:-}" != perf ] || skip_test "a capture on perf rings ticks"
	alone idle
}
it_delivers_a_packet_at_once_in_immediate_mode()		{ one immediate; }

it_holds_no_packet_in_immediate_mode()
{
	consumer unheld "$DEV" 50
	await consumer ready
	send "$(frames 50)" --pps=200
	finish_well consumer
}

it_holds_a_packet_as_long_as_asked_and_tells_select_of_it()
{
	[ "$(nproc)" -ge 2 ] || skip_test "with one ring no packet waits for older ones"
	DEV=$DEV:hold=500000 one held
}

it_reads_two_interfaces_in_one_program()
{
	consumer two "$DEV" 100
	await consumer ready
	send "$(frames 100)"
	tx tcpreplay -q -i tx1 "$(frames 10)" >"$T/send1" 2>&1
	go
	finish_well consumer
}

it_returns_from_an_unlimited_dispatch_under_a_flood()
{
	consumer flood "$DEV"
	await consumer ready
	start_tx flood tcpreplay -q -i tx0 --topspeed --loop=0 "$(frames 1000)"
	go
	finish_well consumer 60
}

it_wakes_the_reader_for_batches_and_not_for_packets()
{
	consumer batches "$DEV" 40000
	await consumer ready
	send "$(frames 40000)" --pps=40000
	finish_well consumer
}

it_injects_packets()
{
	start_tx other tcpdump -n -w "$T/other.pcap" -Q in -c 2 -i tx0
	await other "listening on"
	alone inject
	finish_well other
	equal "frames with our text" "$(show "$T/other.pcap" | grep -c 88b5696e6a656374)" 2
}

# From here on by libpcap's own test programs.

# testprog NAME PROGRAM ARGUMENT...: started, its output in lines.  Linked
# with the static library, so this tests that too.
testprog()
{
	local name=$1 program=$2

	shift 2
	build_testprogs
	start_rx "$name" stdbuf -oL "$WORK/libpcap/testprogs/$program" "$@"
}

build_testprogs()
{
	[ ! -d "$WORK/libpcap" ] || return 0
	[ -d "$XDPS_BUILD/libpcap/testprogs" ] || skip_test "this libpcap has no testprogs"
	cp -a "$XDPS_BUILD/libpcap" "$WORK"
	# before 1.11 it knows one device only
	sed -i "s/\"lo0\"/\"$DEV\"/" "$WORK/libpcap/testprogs/reactivatetest.c"
	# not with the variables of the make that runs this
	MAKEFLAGS='' make -s -C "$WORK/libpcap/testprogs" all valgrindtest >"$T/make" 2>&1 || die "testprogs do not build" make
}

it_passes_opentest()
{
	local how

	for how in "" -a -p; do
		testprog t opentest $how -i "$DEV"
		finish_well t
	done
	testprog t opentest -a -I -i "$DEV"
	finish t
	equal "status of monitor mode" "$RC" 1
	has "$(cat "$T/t.err")" "monitor mode"
	testprog t opentest -a -i xdpsample:nosuch0
	finish t
	equal "status without a device" "$RC" 1
	has "$(cat "$T/t.err")" "No such device" nosuch0
}

it_passes_can_set_rfmon_test()
{
	testprog t can_set_rfmon_test "$DEV"
	finish_well t
	says t "Monitor mode cannot be set" || die "not the right answer" t
}

it_passes_findalldevstest_and_is_not_listed()
{
	testprog t findalldevstest
	finish_well t
	! says t "^xdpsample:" || die "it is listed" t
}

it_is_listed_when_asked_and_not_first()
{
	build_testprogs
	start_rx t env XDPSAMPLE_LIST=1 "$WORK/libpcap/testprogs/findalldevstest"
	finish_well t
	says t "^xdpsample:rx0$" || die "it is not listed" t
	[[ $(head -n 1 "$T/t.out") != xdpsample:* ]] || die "it is first" t
}

# counts_agree NAME WANTED: "N packets seen, M packets counted" or "N packets seen"
counts_agree()
{
	awk '/packets seen/ { if (NF > 3 && $1 != $4) exit 1; n += $1 } END { print n + 0 }' \
		"$T/$1.out" >"$T/seen" || die "seen and counted differ" "$1"
	[ "$(cat "$T/seen")" -ge "$2" ]
}

all_seen()
{
	until_true 10 counts_agree "$1" "$2" || die "only $(cat "$T/seen") of $2 packets seen" "$1"
}

it_passes_capturetest()
{
	local how options

	for how in "-t 100" "-t 0" "-m -t 5000"; do
		read -ra options <<<"$how"
		testprog t capturetest "${options[@]}" -s -b -i "$DEV"
		await t "Listening on"
		send "$(frames 500)"
		all_seen t 500
		stop t
		equal "status with $how" "$RC" 0
		says t "Broken out of loop" || die "not broken out of the loop" t
	done
}

it_passes_capturetest_with_restarted_system_calls()
{
	testprog t capturetest -s -b -r -i "$DEV"
	await t "Listening on"
	stop t
	equal status "$RC" 0
	says t "Broken out of loop" || die "not broken out of the loop" t
}

it_passes_selpolltest()
{
	local how options

	for how in "-s" "-p" "-s -n" "-p -n" "-s -t -q" "-p -t -q"; do
		read -ra options <<<"$how"
		testprog t selpolltest "${options[@]}" -i "$DEV"
		await t "Listening on"
		send "$(frames 500)"
		all_seen t 500
		stop t
		# an exception is "exceptional", not "no exceptional"
		! grep -Eq ", (exceptional|disconnect|invalid)" "$T/t.out" || die "an exception" t
	done
}

it_passes_nonblocktest()
{
	testprog t nonblocktest -i "$DEV"
	await_attached rx0 t
	until_true 10 sent_until_broken || die "it never broke out of its loop" t
	finish t
	# The last step wants the failure of an eventfd that we opened before.
	[ "$RC" -eq 0 ] || says t "succeeded even though file table is full" ||
		die "it failed with status $RC" t
}

# nonblocktest does not say when it is ready.
sent_until_broken()
{
	send "$(frames 1)"
	says_or_ended t "using pcap_breakloop"
}

# The program sleeps for a minute before it does anything; here a second.
patient()
{
	[ -e "$WORK/sleep.so" ] || "${CC:-cc}" -shared -fPIC -o "$WORK/sleep.so" -x c - <<-EOF
		#include <unistd.h>
		unsigned sleep(unsigned s) { usleep(s ? 1000000 : 0); return 0; }
	EOF
	build_testprogs
	start_rx t env "LD_PRELOAD=$WORK/sleep.so" stdbuf -oL \
		"$WORK/libpcap/testprogs/threadsignaltest" "$@" -i "$DEV"
	finish_well t
	says t "Loop got broken" || die "the loop was not broken" t
}

it_passes_threadsignaltest()			{ patient; }
it_passes_threadsignaltest_without_a_signal()	{ patient -n; }

it_passes_writecaptest()
{
	testprog t writecaptest -L -i "$DEV"
	finish_well t
	says t EN10MB || die "no link type" t
	testprog t writecaptest -w "$T/t.pcap" -i "$DEV" "ip[4:2] < 60"
	await t "Listening on $DEV, link-type EN10MB"
	send "$(frames 100)"
	all_seen t 60
	stop t
	equal status "$RC" 0
	cmp -s "$T/t.pcap" /dev/null && die "the file is empty"
	[ "$(packets_in "$T/t.pcap")" -le 60 ] || die "the filter let others pass"
}

it_passes_reactivatetest()
{
	testprog t reactivatetest "$DEV"
	finish_well t
}

it_passes_valgrindtest()
{
	testprog t valgrindtest -i "$DEV" udp
	finish_well t
	testprog t valgrindtest -a -i "$DEV" udp
	finish_well t
}

run_tests "$@"

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What bad input gets: a sentence that names it, status 1, and nothing attached.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"

# refused DEVICE PIECE...: tcpdump says all of it in one line or two
refused()
{
	local device=$1 piece

	shift
	fails rx tcpdump -n -c 1 -i "$device"
	equal "status for $device" "$RC" 1
	has "$TEXT" "$@"
	says_nothing_of_permission
	equal "programs on rx0" "$(xdp_on rx0)" ""
	is_a_sentence "$TEXT"
}

# What libpcap puts in front for PCAP_ERROR_PERM_DENIED, and Wireshark instead of it.
says_nothing_of_permission()
{
	! grep -Ei "you (don't|do not) have permission" <<<"$TEXT" || die "no permission: $TEXT"
}

it_refuses_a_name_without_an_interface()
{
	refused "xdpsample:" interface
	refused "xdpsample::rate=10" interface
}

it_refuses_an_interface_that_is_not_there()
{
	refused xdpsample:nosuch0 "No such device exists" nosuch0
	refused xdpsample:an-interface-name-too-long an-interface-name-too-long
}

it_refuses_an_unknown_option()
{
	refused "$DEV:speed=10" speed rate mode hold
	refused "$DEV:RATE=10" RATE
	refused "$DEV:rate" rate
	refused "$DEV:=10" "="
	refused "$DEV:" option
}

it_refuses_a_repeated_option()
{
	refused "$DEV:rate=2:rate=2" rate twice
	refused "$PLAIN:mode=auto:hold=1:mode=auto" mode twice
}

it_refuses_an_empty_value()
{
	refused "$DEV:rate=" rate
	refused "$PLAIN:mode=" mode native generic
	refused "$DEV:hold=" hold
	refused "$DEV:rate=:hold=1" rate
}

it_refuses_numbers_out_of_range()
{
	local value

	for value in 0 -1 4294967296 18446744073709551617 99999999999999999999999; do
		refused "$DEV:rate=$value" rate "$value" 4294967295
	done
	for value in -1 1000001 4294967296 18446744073709551616; do
		refused "$DEV:hold=$value" hold "$value" 1000000
	done
}

it_refuses_what_is_no_number()
{
	local value

	for value in ten 1e3 0x10 +5 " 5" "5 " 1.5 5x; do
		refused "$DEV:rate=$value" rate "$value"
		refused "$DEV:hold=$value" hold "$value"
	done
}

it_refuses_an_unknown_mode()
{
	refused "$PLAIN:mode=offload" mode offload auto native generic
	refused "$PLAIN:mode=Native" mode Native
}

it_takes_the_ends_of_every_range()
{
	local option

	for option in rate=1 rate=4294967295 hold=0 hold=1000000 rate=7:mode=auto:hold=5; do
		rx tcpdump -L -i "$PLAIN:$option" >"$T/taken" 2>&1 || die "$option was refused" taken
	done
}

it_refuses_native_mode_where_the_driver_has_none()
{
	refused xdpsample:lo:mode=native lo native generic
}

# veth takes no jumbo frame without multi-buffer, and a program that has it
it_takes_a_jumbo_mtu_or_says_why_not()
{
	MTU=9000 links
	capture dump -i "$DEV"
	stop dump
	links
}

it_refuses_more_memory_than_there_may_be()
{
	# the largest that tcpdump passes on, on a machine with a gigabyte left
	sed 's/^\(MemAvailable: *\).*/\11048576 kB/' /proc/meminfo >"$T/meminfo"
	# shellcheck disable=SC2016	# the inner shell expands it
	fails unshare -m bash -euc 'mount --bind "$1" /proc/meminfo; shift; exec "$@"' bash \
		"$T/meminfo" ip netns exec "$RX" timeout -k 5 60 "$XDPS_RUN" \
		tcpdump -n -c 1 -B 2097151 -i "$DEV"
	equal status "$RC" 1
	is_a_sentence "$TEXT"
	has "$TEXT" "the rings would take" "half of the available memory, 524288 KiB" "smaller buffer"
}

it_refuses_monitor_mode()
{
	fails rx tcpdump -I -n -c 1 -i "$DEV"
	has "$TEXT" "monitor mode"
}

# These would look at what only the kernel's own socket filter knows, and
# match nothing, silently.
it_refuses_filters_that_would_match_nothing()
{
	local expression

	for expression in inbound outbound "ifindex 1" "udp and inbound"; do
		# shellcheck disable=SC2086	# as words, as a user types it
		fails rx tcpdump -n -c 1 -i "$DEV" $expression
		equal "status for $expression" "$RC" 1
		is_a_sentence "$TEXT"
		has "$TEXT" filter
	done
}

it_refuses_another_link_type()
{
	fails rx tcpdump -n -c 1 -y RAW -i "$DEV"
	equal status "$RC" 1
}

it_tells_dumpcap_the_same()
{
	fails rx dumpcap -q -c 1 -i "$DEV:rate=0" -w "$T/none"
	has "$TEXT" rate 4294967295
	fails rx dumpcap -q -c 1 -i xdpsample:nosuch0 -w "$T/none"
	has "$TEXT" nosuch0
	fails rx tshark -c 1 -i "$DEV:rate=0"
	has "$TEXT" rate 4294967295
}

# A second one that asks for a verdict traces the first; where the kernel lets nothing be
# traced:
it_says_that_a_capture_is_there_where_a_second_one_cannot_be()
{
	capture first -i "$PLAIN:mode=generic"
	! rx tcpdump -L -i "$PLAIN:point=exit" >"$T/second" 2>&1 ||
		skip_test "this kernel lets programs be traced"
	fails rx tcpdump -n -c 1 -i "$PLAIN:point=exit"
	equal status "$RC" 1
	equal sentence "$TEXT" "tcpdump: rx0: a capture is already running, and one with point=exit or prog= cannot trace it: Operation not permitted, although the helper has the capabilities; a security module, seccomp or kernel lockdown forbids it"
	is_a_sentence "$TEXT"
	says_nothing_of_permission
	stop first
}

it_says_nothing_of_permission_where_another_program_cannot_be_traced()
{
	put passes rx0 native
	if rx tcpdump -L -i "$DEV" >"$T/traced" 2>&1; then
		take_off rx0
		skip_test "this kernel lets programs be traced"
	fi
	fails rx tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "rx0: XDP program passes (id $PROGRAM_ID, native mode) stays attached, but cannot be traced: Operation not permitted"
	says_nothing_of_permission
	is_a_sentence "$TEXT"
	take_off rx0
}

# forbidding CALL COMMAND...: every such system call is answered with EPERM
forbidding()
{
	python3 - "$@" <<-'END'
		import ctypes, os, platform, struct, sys

		numbers = {"bpf": {"x86_64": 321}.get(platform.machine(), 280)}
		insns = [(0x20, 0, 0, 0), (0x15, 0, 1, numbers[sys.argv[1]]),
		         (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
		code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *i) for i in insns))
		program = struct.pack("@HP", len(insns), ctypes.addressof(code))
		libc = ctypes.CDLL(None, use_errno=True)
		for arguments in ((38, 1, 0, 0, 0), (22, 2, program, 0, 0)):
		    if libc.prctl(*arguments):
		        sys.exit(os.strerror(ctypes.get_errno()))
		os.execvp(sys.argv[2], sys.argv[2:])
	END
}

it_says_nothing_of_permission_where_seccomp_forbids_bpf()
{
	fails forbidding bpf ip netns exec "$RX" timeout -k 5 60 "$XDPS_RUN" tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "although the helper has the capabilities; a security module, seccomp or kernel lockdown forbids it"
	says_nothing_of_permission
	is_a_sentence "$TEXT"
}

run_tests "$@"

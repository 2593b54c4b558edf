# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# Captures with tcpdump, their counts and files, and what is sent to them.
# Sourced by tests/net/lib.sh.

# capture NAME [TCPDUMP-OPTION]...: tcpdump -w $T/NAME.pcap, ready to receive
capture()
{
	local name=$1

	shift
	start_rx "$name" tcpdump -w "$T/$name.pcap" -n "$@"
	await "$name" "listening on"
}

# capture_by_dumpcap DUMPCAP-OPTION...: dumpcap, "dump", to $T/dump.pcapng, with rx0
# among its interfaces; ready to receive
capture_by_dumpcap()
{
	start_rx dump dumpcap -q "$@" -w "$T/dump.pcapng"
	await dump "File: "
	await_attached rx0 dump
}

# Asks a running tcpdump for its counts by SIGUSR1, and waits for the answer.
ask_counts()
{
	read_answers "$1"
	kill -USR1 "${PID[$1]}"
	until_true 5 answered "$1" ${#ANSWERS[@]} || return 1
	read_counts "${ANSWERS[-1]}"
}

# read_answers NAME: the lines, which are whole, in which tcpdump has answered, to ANSWERS
read_answers()
{
	local line lines

	ANSWERS=()
	mapfile -t lines <"$T/$1.err"
	for line in "${lines[@]}"; do
		[[ ! $line =~ packets?\ captured,.*\ kernel ]] || ANSWERS+=("$line")
	done
}

answered()
{
	read_answers "$1"
	[ ${#ANSWERS[@]} -gt "$2" ]
}

# read_counts TEXT: tcpdump's three numbers to CAPTURED, RECEIVED and DROPPED
read_counts()
{
	local number='([0-9]+) packets?'

	CAPTURED='' RECEIVED='' DROPPED=''
	[[ ! $1 =~ $number\ captured ]] || CAPTURED=${BASH_REMATCH[1]}
	[[ ! $1 =~ $number\ received\ by\ filter ]] || RECEIVED=${BASH_REMATCH[1]}
	[[ ! $1 =~ $number\ dropped\ by\ kernel ]] || DROPPED=${BASH_REMATCH[1]}
}

drained()
{
	ask_counts "$1" && [ "$RECEIVED" -ge "$2" ] && [ $((CAPTURED + DROPPED)) -ge "$2" ]
}

# end_capture NAME COUNT: waits until COUNT packets were captured or dropped,
# ends the tcpdump, and leaves its last word in CAPTURED, RECEIVED, DROPPED
end_capture()
{
	until_true 15 drained "$1" "$2" ||
		die "$1 has $CAPTURED captured and $DROPPED dropped of $2" "$1"
	stop "$1"
	[ "$RC" -eq 0 ] || die "$1 ended with status $RC" "$1"
	read_counts "$(tail -n 3 "$T/$1.err")"
}

# build_consumer [NAME]: consumer.c, or that other one, on its first use
build_consumer()
{
	local name=${1:-consumer}

	[ -x "$WORK/$name" ] ||
		"${CC:-cc}" -Wall -O2 -std=gnu11 -o "$WORK/$name" "$HERE/$name.c" \
			-I "$XDPS_BUILD/libpcap" -L "$XDPS_LIBS" -l:libpcap.so.0.8 -pthread
}

packets_in()
{
	capinfos -c -M -T -r "$1" | cut -f 2
}

# frames NUMBER [SIZE]: a file of numbered UDP packets; prints its name
frames()
{
	local file=$WORK/frames.$1.${2:-64}.pcap

	[ -e "$file" ] || "$HERE/make_frames.py" numbered "$file" "$1" "${2:-64}"
	echo "$file"
}

# send FILE [TCPREPLAY-OPTION]...: all of it, as fast as it goes unless told
# otherwise; the number of packets is in SENT
send()
{
	local file=$1

	shift
	[ $# -gt 0 ] || set -- --topspeed
	tx tcpreplay -q -i tx0 "$@" "$file" >"$T/send" 2>&1 || die "tcpreplay failed" send
	# shellcheck disable=SC2034	# for the test
	SENT=$(sed -n 's/.*Successful packets: *//p' "$T/send")
	grep -q "Failed packets: *0$" "$T/send" || die "tcpreplay did not send all" send
}

# same_packets SENT GOT: the same lengths and bytes in the same order
same_packets()
{
	show "$1" >"$T/sent.txt"
	show "$2" >"$T/got.txt"
	cmp -s "$T/sent.txt" "$T/got.txt" ||
		{ diff "$T/sent.txt" "$T/got.txt" | cut -c 1-200 | head -20; die "not the same packets"; }
}

# show FILE...: lengths and bytes; show_times FILE: nanoseconds
show()
{
	"$HERE/show_frames.py" "$@" | cut -d ' ' -f 2-
}

show_times()
{
	"$HERE/show_frames.py" "$1" | cut -d ' ' -f 1
}

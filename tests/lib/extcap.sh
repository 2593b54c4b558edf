# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# The extcap program at work, and what it has written.  Sourced after tests/net/lib.sh.

EXTCAP=${XDPS_BUILD:-$XDPS_SRC/build}/xdpsample-extcap

# extcap ARGUMENT...: about rx0
extcap()
{
	rx "$EXTCAP" --extcap-interface xdp:rx0 "$@"
}

# grab_from INTERFACE NAME [OPTION]...: a capture to $T/NAME.pcapng, ready to receive;
# a SIGHUP reaches it, though the tests may run under nohup
grab_from()
{
	local interface=$1 name=$2

	shift 2
	start "$name" ip netns exec "$RX" env --default-signal=HUP "$XDPS_RUN" bash -c 'file=$1; shift; exec "$@" >"$file"' - \
		"$T/$name.pcapng" "$EXTCAP" --capture --extcap-interface "xdp:$interface" --fifo - "$@"
	await_file "$name"
}

# grab NAME [OPTION]...: from rx0
grab()
{
	grab_from rx0 "$@"
}

# Its first blocks are written when it is ready.
await_file()
{
	until_true 15 begun_or_ended "$1" || die "$1 has not begun in 15 s" "$1"
	[ -s "$T/$1.pcapng" ] || die "$1 ended before it had begun" "$1"
}

begun_or_ended()
{
	[ -s "$T/$1.pcapng" ] || ! running "$1"
}

# blocks NAME: $T/NAME.txt, a line for each block of its file
blocks()
{
	"$XDPS_SRC/tests/extcap/pcapng.py" "$T/$1.pcapng" >"$T/$1.txt" 2>"$T/blocks" ||
		die "$1 is no proper file" blocks
}

# field NAME BLOCK KEY: this field of all blocks of this kind, a line each; "-" if it is
# not there
field()
{
	awk -F '\t' -v block="$2" -v key="$3" '$1 == block {
		value = "-"
		for (i = 2; i <= NF; i++)
			if (index($i, key "=") == 1)
				value = substr($i, length(key) + 2)
		print value
	}' "$T/$1.txt"
}

# count NAME BLOCK
count()
{
	grep -c "^$2	" "$T/$1.txt" || :
}

# written NAME COUNT: whether so many packets are in its file, or on the way into it
written()
{
	[ "$(capinfos -c -M -T -r "$T/$1.pcapng" 2>/dev/null | cut -f 2)" = "$2" ]
}

written_at_least()
{
	[ "$(capinfos -c -M -T -r "$T/$1.pcapng" 2>/dev/null | cut -f 2)" -ge "$2" ]
}

# end_grab NAME COUNT [SIGNAL]: when it has written so many packets it is told to end,
# and ends well; its blocks are in $T/NAME.txt
end_grab()
{
	until_true 15 written "$1" "$2" ||
		die "$1 has written $(packets_in "$T/$1.pcapng") of $2 packets" "$1"
	stop "$1" "${3:-INT}"
	[ "$RC" -eq 0 ] || die "$1 ended with status $RC" "$1"
	[ ! -s "$T/$1.err" ] || die "$1 said something" "$1"
	blocks "$1"
}

# same_as_sent SENT NAME
same_as_sent()
{
	editcap -F nsecpcap "$T/$2.pcapng" "$T/$2.pcapng.pcap"
	same_packets "$1" "$T/$2.pcapng.pcap"
}

not_attached()
{
	! attached "${1:-rx0}"
}

# clean_within SECONDS: nothing of ours is attached any more
clean_within()
{
	until_true "$1" not_attached || die "still attached after $1 s"
}

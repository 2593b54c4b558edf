#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Who may capture, with what, and what those are told who may not.

# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/lib/nobody.sh
. "$XDPS_SRC/tests/lib/nobody.sh"

# captures COMMAND...: that ends in tcpdump and its options; twenty packets
captures()
{
	start dump "$@" -n -i "$DEV" -w "$T/dump.pcap" -c 20
	await dump "listening on"
	send "$(frames 20)"
	finish_well dump
	equal "packets in the file" "$(packets_in "$T/dump.pcap")" 20
}

# Root, and what becomes of its privilege.

it_captures_for_tcpdump_that_drops_to_its_own_user()
{
	capture dump -i "$DEV"
	if [ "$(status_of "${PID[dump]}" Uid | cut -f 1)" -eq 0 ]; then
		skip_test "this tcpdump does not drop root's privilege"
	fi
	equal "capabilities of tcpdump" "$(status_of "${PID[dump]}" CapEff)" 0000000000000000
	send "$(frames 20)"
	end_capture dump 20
}

it_captures_for_tcpdump_that_stays_root()
{
	capture dump -Z root -i "$DEV"
	equal "user of tcpdump" "$(status_of "${PID[dump]}" Uid | cut -f 1)" 0
	send "$(frames 20)"
	end_capture dump 20
}

it_captures_for_dumpcap_that_has_dropped_everything()
{
	capture_by_dumpcap -i "$DEV" -c 20
	equal "capabilities of dumpcap" "$(status_of "${PID[dump]}" CapEff)" 0000000000000000
	send "$(frames 20)"
	finish_well dump
}

# CAP_NET_ADMIN is bit 12, CAP_SYS_ADMIN 21, CAP_PERFMON 38, CAP_BPF 39
it_keeps_what_opens_the_next_program()
{
	capture dump -i "$DEV"
	equal "capabilities of the helper" "$(status_of "$(helpers)" CapEff)" 000000c000201000
	stop dump
}

it_keeps_only_what_a_filter_needs_with_follow_no()
{
	capture dump -i "$DEV:follow=no"
	equal "capabilities of the helper" "$(status_of "$(helpers)" CapEff)" 000000c000001000
	stop dump
}

it_starts_the_helper_away_from_the_terminal_and_the_host()
{
	local pid

	capture dump -i "$DEV"
	pid=$(helpers)
	equal "session of the helper" "$(ps -o sid= -p "$pid" | tr -d ' ')" "$pid"
	equal "blocked signals" "$(status_of "$pid" SigBlk)" 0000000000000000
	[ "$(ps -o ppid= -p "$pid" | tr -d ' ')" != "${PID[dump]}" ] || die "it is a child of tcpdump"
	! find "/proc/$pid/fd" -lname "$T/*" | grep . || die "it has inherited a descriptor"
	stop dump
}

# Not root: who may, and what those read who may not.

it_captures_for_nobody_with_a_capable_helper()
{
	capable_helper
	captures as_nobody tcpdump
}

it_captures_for_nobody_with_large_rings()
{
	capable_helper
	captures as_nobody tcpdump -B 16384
}

it_captures_for_nobody_in_dumpcap()
{
	capable_helper
	start dump as_nobody dumpcap -q -i "$DEV" -c 20 -w "$T/dump.pcapng"
	await dump "File: "
	await_attached rx0 dump
	send "$(frames 20)"
	finish_well dump
}

it_captures_with_ambient_capabilities()
{
	local ambient=+${CAPS//,/,+}

	ambient=${ambient//cap_/}
	cp -L "$XDPS_HELPER" "$T/helper"
	chmod 755 "$T/helper"
	captures as_ambient "$ambient" tcpdump
}

as_ambient()
{
	local set=$1

	shift
	libraries
	ip netns exec "$RX" timeout -k 5 60 setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups \
		--inh-caps="$set" --ambient-caps="$set" \
		env "LD_LIBRARY_PATH=$WORK/lib" "XDPSAMPLE_HELPER=$T/helper" "$@"
}

# What libpcap puts in front where a privilege is lacking, and nowhere else.
WITHOUT_PERMISSION="You don't have permission"

# lacks CAPABILITY: it is named, and no other, and so is the command that helps.
# CAP_SYS_ADMIN would stand for the newer ones, so the helper has not that either.
lacks()
{
	CAPS=$(without cap_sys_admin)
	capable_helper "$(without "$1")"
	fails as_nobody tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "$WITHOUT_PERMISSION"
	grep -qE "lacks ${1^^}(, CAP_SYS_ADMIN)?; as root: setcap .*=ep $T/helper" <<<"$TEXT" ||
		die "$1 is not named: $TEXT"
}

it_names_a_missing_cap_bpf()		{ lacks cap_bpf; }
it_names_a_missing_cap_net_admin()	{ lacks cap_net_admin; }
# Some kernels load the program without it, so it takes rings that nobody has without;
# tests/static has the others.
it_names_a_missing_cap_perfmon()	{ DEV=$DEV:ring=perf lacks cap_perfmon; }

# However little of perf there is, as on Debian's kernels.
it_captures_without_cap_sys_admin_and_cap_ipc_lock()
{
	capable_helper "$(without cap_sys_admin | sed s/cap_ipc_lock,//)"
	captures as_nobody tcpdump -B 65536
}

# A number that the kernel itself does not know, before the helper's eyes only.
it_names_cap_sys_admin_at_3()
{
	local file=/proc/sys/kernel/perf_event_paranoid

	[ "$(cat $file)" -gt 0 ] || skip_test "this kernel gives everybody perf events"
	CAPS=$(without cap_sys_admin)
	capable_helper "$(without cap_perfmon)"
	echo 3 >"$T/3"
	# shellcheck disable=SC2016	# the inner shell expands it
	around=(unshare -m bash -euc 'mount --bind "$1" "$2"; shift 2; exec "$@"' bash "$T/3" "$file")
	fails as_nobody tcpdump -n -c 1 -i "$DEV:ring=perf"
	has "$TEXT" "kernel.perf_event_paranoid is 3" "lacks CAP_PERFMON, CAP_SYS_ADMIN;" \
		"cap_sys_admin=ep $T/helper"
}

# By a short path: where it is long, the limits give way to the command.
it_names_the_limits_without_cap_ipc_lock()
{
	capable_helper "$(without cap_ipc_lock)"
	mv "$T/helper" "$WORK/h"
	ln -s "$WORK/h" "$T/helper"
	fails as_nobody tcpdump -n -c 1 -i "$DEV:ring=perf" -B 65536
	has "$TEXT" cap_ipc_lock perf_event_mlock_kb RLIMIT_MEMLOCK buffer setcap
}

it_warns_without_cap_net_raw_and_captures()
{
	capable_helper "$(without cap_net_raw)"
	captures as_nobody tcpdump
	has "$(cat "$T/dump.err")" WARNING promisc cap_net_raw
	! says dump "support promiscuous mode" || die "the device does" dump
}

it_does_not_warn_without_cap_net_raw_if_it_is_not_needed()
{
	capable_helper "$(without cap_net_raw)"
	captures as_nobody tcpdump -p
	! says dump WARNING || die "a warning" dump
}

it_names_all_when_the_helper_has_no_capability()
{
	cp -L "$XDPS_HELPER" "$T/helper"
	chmod 755 "$T/helper"
	fails as_nobody tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "$WITHOUT_PERMISSION" "lacks CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON" "=ep $T/helper"
}

it_names_no_new_privs()
{
	capable_helper
	fails as_nobody setpriv --no-new-privs tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" no_new_privs "$WITHOUT_PERMISSION"
}

it_captures_for_root_under_no_new_privs()
{
	captures rx setpriv --no-new-privs tcpdump
}

it_names_the_bounding_set()
{
	fails rx setpriv --bounding-set=-bpf,-sys_admin tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" cap_bpf "bounding set" "$WITHOUT_PERMISSION"
}

# Programs that the loader trusts more than their environment.

# captures_in_trusted_dumpcap: $T/dumpcap, run by nobody; it must look neither
# at the environment's helper nor at its library
captures_in_trusted_dumpcap()
{
	start dump installed ip netns exec "$RX" \
		setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups \
		env XDPSAMPLE_HELPER=/bin/false LD_LIBRARY_PATH=/nowhere \
		"$T/dumpcap" -q -i "$DEV" -c 20 -w "$T/dump.pcapng"
	await dump "File: "
	await_attached rx0 dump
	send "$(frames 20)"
	finish_well dump
	equal "packets in the file" "$(packets_in "$T/dump.pcapng")" 20
}

it_captures_in_a_dumpcap_with_file_capabilities()
{
	capable_helper
	cp "$(command -v dumpcap)" "$T/dumpcap"
	setcap cap_net_raw,cap_net_admin=eip "$T/dumpcap"
	captures_in_trusted_dumpcap
}

it_captures_in_a_setuid_dumpcap()
{
	capable_helper
	cp "$(command -v dumpcap)" "$T/dumpcap"
	chmod 4755 "$T/dumpcap"
	captures_in_trusted_dumpcap
}

# What the program has, its helper gets: dumpcap's own are not ambient.
it_passes_the_capabilities_of_a_dumpcap_on()
{
	capable_helper
	setcap -r "$T/helper"
	cp "$(command -v dumpcap)" "$T/dumpcap"
	setcap "$CAPS=eip" "$T/dumpcap"
	captures_in_trusted_dumpcap
}

# A helper that is not one.

# not_helped PATH PIECE...: as root, by the environment
not_helped()
{
	local path=$1

	shift
	fails ip netns exec "$RX" timeout -k 5 60 env "LD_LIBRARY_PATH=$XDPS_LIBS" \
		"XDPSAMPLE_HELPER=$path" tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "$path" "$@"
	! grep -F "$WITHOUT_PERMISSION" <<<"$TEXT" || die "root has it: $TEXT"
}

# pretender COMMANDS: a helper that is a shell script
pretender()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$T/pretender"
	chmod 755 "$T/pretender"
	echo "$T/pretender"
}

it_names_a_helper_that_is_missing()
{
	not_helped /nonexistent/xdpsample-helper "No such file"
}

it_names_a_helper_that_cannot_be_executed()
{
	cp -L "$XDPS_HELPER" "$T/helper"
	chmod 644 "$T/helper"
	not_helped "$T/helper" "Permission denied" "it is not executable"
}

it_names_a_mount_from_which_nothing_is_executed()
{
	mkdir "$T/noexec"
	# shellcheck disable=SC2016	# the inner shell expands it
	fails unshare -m bash -euc '
		mount -t tmpfs -o noexec tmpfs "$1/noexec"
		cp -L "$2" "$1/noexec/helper"
		chmod 755 "$1/noexec/helper"
		exec ip netns exec "$3" env "LD_LIBRARY_PATH=$4" "XDPSAMPLE_HELPER=$1/noexec/helper" \
			timeout -k 5 60 tcpdump -n -c 1 -i "$5"' bash "$T" "$XDPS_HELPER" "$RX" "$XDPS_LIBS" "$DEV"
	has "$TEXT" "$T/noexec/helper: Permission denied; its mode allows it, but a noexec mount"
	! grep -F "$WITHOUT_PERMISSION" <<<"$TEXT" || die "root has it: $TEXT"
}

it_names_a_directory_that_the_helper_cannot_be_seen_in()
{
	capable_helper
	mkdir "$T/closed"
	mv "$T/helper" "$T/closed"
	ln -s closed/helper "$T/helper"
	chmod 700 "$T/closed"
	fails as_nobody tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "$T/helper: Permission denied; a directory in its path"
	! grep -F "$WITHOUT_PERMISSION" <<<"$TEXT" || die "it is a directory's: $TEXT"
}

it_names_a_program_that_is_no_helper()
{
	not_helped /bin/true helper
	not_helped /bin/false helper
	not_helped /bin/cat "invalid reply"
}

it_gives_up_on_a_helper_that_never_answers()
{
	not_helped "$(pretender 'exec sleep 100')" "did not reply within" seconds
}

it_refuses_a_helper_of_another_version()
{
	not_helped "$(pretender 'head -c 56 <&0 >/dev/null; head -c 292 /dev/zero >&0')" version
}

it_shows_what_the_loader_said()
{
	not_helped "$(pretender 'echo "xdpsample-helper: error while loading libbpf.so.1" >&2')" \
		"error while loading libbpf.so.1"
}

it_names_the_helper_that_nobody_may_execute()
{
	capable_helper
	chmod 750 "$T/helper"
	fails as_nobody tcpdump -n -c 1 -i "$DEV"
	has "$TEXT" "$T/helper" "Permission denied" group "$WITHOUT_PERMISSION"
}

it_says_what_it_is_when_a_person_starts_it()
{
	local status=0

	"$XDPS_HELPER" </dev/null >"$T/alone" 2>&1 || status=$?
	[ $status -ne 0 ] || die "it succeeded" alone
	[ -s "$T/alone" ] || die "it said nothing"
}

run_tests "$@"

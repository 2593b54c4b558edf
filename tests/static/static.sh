#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What "make static" builds: in a root that has nothing else, and in a container
# with the capabilities that doc/containers.md says and no others.  The lab's rx
# namespace is the pod.

# shellcheck source=tests/net/lib.sh
. "${XDPS_SRC:-$(dirname "$0")/../..}/tests/net/lib.sh"
# shellcheck source=tests/lib/beside.sh
. "$XDPS_SRC/tests/lib/beside.sh"

XDPS_BUILD=${XDPS_BUILD:-$XDPS_SRC/build}
TREE=$XDPS_BUILD/static/tree/xdpsample
PROGRAMS=(bin/tcpdump libexec/xdpsample-helper)
[ ! -e "$XDPS_SRC/extcap/main.c" ] || PROGRAMS+=(bin/xdpsample-extcap)
CAPABILITIES=bpf,net_admin,perfmon,net_raw
! before 5 11 || CAPABILITIES=$CAPABILITIES,sys_resource
# what a kernel wants that gives perf events to administrators only is for perf rings
# alone, which nothing here asks for

# Once, before the first test; with the fetching apart, which needs a network.
build_static()
{
	local log

	[ "$(id -u)" -eq 0 ] || skip_all "not root: network namespaces and XDP need it"
	grep -q '^S\["HAVE_STATIC_TOOLS_TRUE"\]=""' "$XDPS_BUILD/config.status" ||
		skip_all "not all is there for it; configure --enable-static-tools names what is missing"
	[ "$(sed -n 's/^S\["STATIC_PREFIX"\]="\(.*\)"/\1/p' "$XDPS_BUILD/config.status")" = /opt/xdpsample ] ||
		skip_all "this build's --with-static-prefix is another one"
	log=$(mktemp)
	if grep -q '^S\["TCPDUMP_SOURCE"\]=""' "$XDPS_BUILD/config.status" &&
		! make_it static/source/dsc >"$log" 2>&1; then
		skip_all "tcpdump's source could not be had: $(grep fetch- "$log" | tail -n 1)"
	fi
	make_it static >"$log" 2>&1 || {
		tail -n 25 "$log" | diag
		rm -f "$log"
		bail_out "make static failed"
	}
	rm -f "$log"
}

# The answers in CONFIG_SITE are of another C library.
make_it()
{
	env -u CONFIG_SITE -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
		make -C "$XDPS_BUILD" -j"$(nproc)" "$@"
}

# A root with the folder in /opt and nothing else.
empty_root()
{
	[ -d "$WORK/root" ] || {
		mkdir -p "$WORK/root/opt" "$WORK/root/proc" "$WORK/root/sys"
		tar -C "$WORK/root/opt" -xf "$XDPS_BUILD"/static/xdpsample-*-*.tar.xz
	}
}

all_but()
{
	local name given=,$1,

	for name in $(capsh --print | sed -n 's/^Bounding set =//p' | tr ',' ' '); do
		[[ $given == *",${name#cap_},"* ]] || echo "$name"
	done | paste -sd,
}

mounts="proc sys"

# as_container CAPABILITIES COMMAND...: what a container is to who runs in it: a root
# of its own that is read-only, process 1, root with these capabilities and no new
# ones, the network of the pod
as_container()
{
	local drop

	drop=$(all_but "$1")
	shift
	empty_root
	# shellcheck disable=SC2016	# the inner shell expands it
	exec ip netns exec "$RX" env -u XDPSAMPLE_HELPER timeout -k 5 $((60 * ${XDPS_PATIENCE:-1})) \
		unshare --mount --pid --fork --kill-child bash -euc '
		root=$1
		mount --bind "$root" "$root"
		for m in $2; do
			case $m in
			proc) mount -t proc proc "$root/proc" ;;
			sys) mount --rbind -o ro /sys "$root/sys" ;;
			esac
		done
		mount -o remount,bind,ro "$root"
		drop=$3 program=$4
		shift 4
		exec capsh --chroot="$root" --no-new-privs --drop="$drop" --shell="$program" -- "$@"' \
		bash "$WORK/root" "$mounts" "$drop" "$@"
}

# contained NAME CAPABILITIES TCPDUMP-OPTION...: tcpdump there, ready to receive
contained()
{
	local name=$1 capabilities=$2

	shift 2
	start "$name" as_container "$capabilities" /opt/xdpsample/bin/tcpdump -n -i "$DEV" "$@"
	await "$name" "listening on"
}

# refused CAPABILITIES PIECE...: tcpdump there says all of this, and nothing is captured
refused()
{
	local capabilities=$1

	shift
	fails capture_there "$capabilities"
	has "$TEXT" "$@"
}

capture_there()
(
	as_container "$1" /opt/xdpsample/bin/tcpdump -n -c 1 -i "$DEV" "udp port 53"
)

it_needs_no_shared_library()
{
	local program

	for program in "${PROGRAMS[@]}"; do
		readelf -lW "$TREE/$program" >"$T/segments"
		! grep -E 'INTERP|DYNAMIC' "$T/segments" || die "$program is linked dynamically"
		LC_ALL=C ldd "$TREE/$program" >"$T/ldd" 2>&1 || :
		has "$(cat "$T/ldd")" "not a dynamic executable"
	done
}

it_says_that_xdpsample_is_in_it()
{
	local version

	version=$(cat "$XDPS_BUILD/static/libpcap/xdpsample.version")
	has "$("$TREE/bin/tcpdump" --version 2>&1)" "tcpdump version" "libpcap version" \
		"$version" "with xdpsample"
	has "$("$TREE/libexec/xdpsample-helper" --version)" "made with libpcap $version"
	has "$(cat "$TREE/README")" "in its libpcap, $version"
}

it_has_no_debugging_symbols_and_is_small()
{
	local program

	for program in "${PROGRAMS[@]}"; do
		! readelf -SW "$TREE/$program" | grep -F .debug_ || die "$program is not stripped"
	done
	between "KiB of the tarball" "$(du -k "$XDPS_BUILD"/static/xdpsample-*.tar.xz | cut -f 1)" 500 2048
}

it_comes_with_the_licence_of_all_that_was_linked()
{
	local licences=$TREE/share/doc/licences name

	for name in xdpsample libpcap tcpdump musl-dev libbpf-dev libelf-dev zlib1g-dev libc6-dev LGPL-2.1; do
		[ -s "$licences/$name" ] || die "there is no $licences/$name"
	done
	# by another way than the one by which they came there
	for name in $(cat "$XDPS_BUILD"/static/*.parts "$XDPS_BUILD"/static/tcpdump/*.parts |
		      grep -oE 'lib[a-z]+\.a' | sort -u); do
		case $name in
		libc.a | libgcc.a | libbpf.a | libelf.a | libz.a) ;;
		libpcap.a | libnetdissect.a | libhelper.a | libxdpsample.a) ;;
		*) die "$name was linked, and nobody has looked at its licence" ;;
		esac
	done
}

it_makes_the_same_tarball_of_the_same_files()
{
	local first

	first=$(echo "$XDPS_BUILD"/static/xdpsample-*.tar.xz)
	cp -a "$XDPS_BUILD/static" "$T/static"
	sleep 1
	bash "$XDPS_SRC/packaging/static/make-tarball" "$T/static" /opt/xdpsample "$T/again.tar.xz"
	cmp "$first" "$T/again.tar.xz"
}

it_captures_with_the_documented_capabilities_in_an_empty_root()
{
	contained dump "$CAPABILITIES" -c 20
	send "$(frames 20)"
	finish_well dump
	equal "packets shown" "$(grep -c ' IP ' "$T/dump.out")" 20
	! says dump WARNING || die "a warning" dump
}

it_is_process_1_with_these_capabilities_and_no_new_ones()
{
	local pid

	contained dump "$CAPABILITIES"
	pid=$(pidof_in_rx tcpdump)
	equal "its number inside" "$(sed -n 's/^NSpid:.*\t//p' "/proc/$pid/status")" 1
	equal "no_new_privs" "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")" 1
	equal "its capabilities" "$(capsh --decode="$(sed -n 's/^CapBnd:\t//p' "/proc/$pid/status")" |
		sed 's/.*=//' | tr ',' '\n' | sed s/cap_// | sort | paste -sd,)" \
		"$(tr ',' '\n' <<<"$CAPABILITIES" | sort | paste -sd,)"
	stop dump
}

it_is_given_the_same_by_the_profile_for_kubectl()
{
	python3 - "$XDPS_SRC/packaging/container/kubectl-debug.json" >"$T/profile" <<-END
		import json, sys
		c = json.load(open(sys.argv[1]))["securityContext"]
		assert c["capabilities"]["drop"] == ["ALL"] and not c["allowPrivilegeEscalation"]
		print(",".join(c["capabilities"]["add"]).lower())
	END
	equal "capabilities" "$(cat "$T/profile")" bpf,net_admin,perfmon,net_raw
}

it_filters_in_the_kernel_there()
{
	contained dump "$CAPABILITIES" "udp port 1"
	send "$(frames 20)"
	until_true 10 seen 20 "$(pidof_in_rx xdpsample-helpe)" || die "the helper has seen $SEEN of 20 packets"
	equal "packets that the kernel rejected" "$REJECTED" 20
	stop dump
}

it_needs_neither_proc_nor_a_user_nor_a_temporary_folder()
{
	mounts=sys
	contained dump "$CAPABILITIES" -c 20
	send "$(frames 20)"
	finish_well dump
	equal "packets shown" "$(grep -c ' IP ' "$T/dump.out")" 20
}

it_names_sys_where_it_is_not_mounted()
{
	mounts=proc
	refused "$CAPABILITIES" /sys/devices/system/cpu "No such file"
}

it_writes_the_packets_to_its_output()
{
	contained dump "$CAPABILITIES" -U -c 20 -w -
	send "$(frames 20)"
	finish_well dump
	equal "packets in the file" "$(packets_in "$T/dump.out")" 20
}

# Each of them taken away.

without()
{
	tr ',' '\n' <<<"$CAPABILITIES" | grep -vx "$1" | paste -sd,
}

it_names_cap_bpf()
{
	refused "$(without bpf)" "cannot have CAP_BPF: not in the capturing program's bounding set" "a container"
}

it_names_cap_net_admin()
{
	refused "$(without net_admin)" "cannot have CAP_NET_ADMIN: not in the capturing program's bounding set" "a container"
}

it_names_cap_perfmon()
{
	start dump as_container "$(without perfmon)" /opt/xdpsample/bin/tcpdump -n -i "$DEV"
	until_true 15 says_or_ended dump "listening on" || die "neither captured nor refused" dump
	if says dump "listening on"; then
		stop dump
		skip_test "this kernel takes the program from who lacks it"
	fi
	finish dump
	has "$(cat "$T/dump.err")" "cannot have CAP_PERFMON: not in the capturing program's bounding set" "a container"
}

it_names_every_one_where_there_is_none()
{
	refused net_raw "cannot have CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON: not in the capturing program's bounding set"
}

it_warns_without_cap_net_raw_and_captures()
{
	contained dump "$(without net_raw)" -c 20
	send "$(frames 20)"
	finish_well dump
	has "$(cat "$T/dump.err")" WARNING cap_net_raw
}

it_does_without_cap_net_raw_where_the_packets_are_its_own()
{
	contained dump "$(without net_raw)" -p -c 20
	send "$(frames 20)"
	finish_well dump
	! says dump WARNING || die "a warning" dump
}

it_names_cap_sys_admin_beside_an_xdp_program()
{
	put obeys rx0 native
	refused "$CAPABILITIES" "CAP_SYS_ADMIN" "bounding set"
	take_off rx0
}

# It ends as containers do.

it_leaves_nothing_when_the_container_is_killed()
{
	contained dump "$CAPABILITIES"
	[ -n "$(xdp_on rx0)" ] || die "nothing is attached"
	stop dump KILL
	until_true 5 nothing_left || die "$(show_left)"
}

it_leaves_nothing_when_tcpdump_is_killed_in_it()
{
	local pid

	contained dump "$CAPABILITIES"
	pid=$(pidof_in_rx tcpdump)
	kill -KILL "$pid"
	finish dump
	until_true 5 nothing_left || die "$(show_left)"
}

# What Wireshark starts, and what may be started from afar for it.
it_captures_for_wireshark_there()
{
	[ -e "$XDPS_SRC/extcap/main.c" ] || skip_test "this tree has no extcap program"
	start dump as_container "$CAPABILITIES" /opt/xdpsample/bin/xdpsample-extcap \
		--capture --extcap-interface xdp:rx0 --fifo -
	await_attached rx0 dump
	send "$(frames 20)"
	until_true 10 written 20 || die "$(packets_in "$T/dump.out") of 20 packets were written" dump
	stop dump
	equal "packets in the file" "$(packets_in "$T/dump.out")" 20
}

written()
{
	[ "$(packets_in "$T/dump.out" 2>/dev/null || :)" = "$1" ]
}

# In another place than the one that it was built for.

it_runs_where_it_was_unpacked()
{
	mkdir "$T/elsewhere"
	tar -C "$T/elsewhere" -xf "$XDPS_BUILD"/static/xdpsample-*-*.tar.xz
	start dump ip netns exec "$RX" "$T/elsewhere/xdpsample/run" tcpdump -n -i "$DEV" -c 20
	await dump "listening on"
	send "$(frames 20)"
	finish_well dump
}

it_says_where_it_looks_for_the_helper()
{
	if [ -e /opt/xdpsample ]; then
		skip_test "there is an /opt/xdpsample on this system"
	fi
	fails ip netns exec "$RX" env -u XDPSAMPLE_HELPER "$TREE/bin/tcpdump" -n -c 1 -i "$DEV"
	has "$TEXT" /opt/xdpsample/libexec/xdpsample-helper "No such file"
}

# Neither OpenSSL nor dbus nor a name service: what it asks the system for is files.
it_stays_who_it_is_and_knows_no_users()
{
	empty_root
	fails capture_as nobody
	has "$TEXT" "Couldn't find user 'nobody'"
}

capture_as()
(
	as_container "$CAPABILITIES" /opt/xdpsample/bin/tcpdump -Z "$1" -n -c 1 -i "$DEV"
)

build_static
run_tests "$@"

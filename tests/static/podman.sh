#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# The container of packaging/container, run by Podman beside another container whose
# network it shares, with the capabilities that doc/containers.md says: the lab's rx
# namespace is that network.  Podman has a storage and a mount namespace of its own
# here, in which no cgroups are seen: what machines have of these is not the question.

# shellcheck source=tests/net/lib.sh
. "${XDPS_SRC:-$(dirname "$0")/../..}/tests/net/lib.sh"

XDPS_BUILD=${XDPS_BUILD:-$XDPS_SRC/build}
CONTAINER=$XDPS_SRC/packaging/container
PROFILE=/usr/share/containers/seccomp.json	# of Debian's golang-github-containers-common
CAPABILITIES=bpf,net_admin,perfmon,net_raw
ulimits=(--ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
modest=(--read-only --security-opt no-new-privileges --cap-drop all)

store=$(mktemp -d) || bail_out "no temporary directory"
keeper=
put_away()
{
	[ -z "$keeper" ] || {
		podman_here rm -af >/dev/null 2>&1
		kill "$keeper" 2>/dev/null
		wait "$keeper" 2>/dev/null
	}
	rm -rf "$store"
}
trap put_away EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

podman_here()
{
	nsenter --mount="/proc/$keeper/ns/mnt" --wd="$PWD" -- podman --root "$store/root" \
		--runroot "$store/run" --tmpdir "$store/tmp" --storage-driver vfs \
		--cgroup-manager cgroupfs "$@"
}

# run_container OPTION... IMAGE COMMAND...
run_container()
{
	podman_here run "${ulimits[@]}" --cgroups=disabled "$@"
}

own_mounts()
{
	unshare --mount bash -c 'mount -t tmpfs tmpfs /sys/fs/cgroup && echo ready && exec sleep 3600' \
		>"$store/keeper" 2>&1 &
	keeper=$!
	until_true 10 test -s "$store/keeper"
	[ "$(cat "$store/keeper")" = ready ] ||
		skip_all "no mount namespace of its own: $(tail -n 1 "$store/keeper")"
}

# One container here has to run before any of ours is looked at.
make_image()
{
	[ "$(id -u)" -eq 0 ] || skip_all "not root: network namespaces and XDP need it"
	command -v podman >/dev/null || skip_all "podman is not installed"
	grep -q '^S\["HAVE_STATIC_TOOLS_TRUE"\]=""' "$XDPS_BUILD/config.status" ||
		skip_all "make static lacks something; configure --enable-static-tools names it"
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
		make -C "$XDPS_BUILD" -j"$(nproc)" static >"$store/make" 2>&1 || {
		! grep '^fetch-' "$store/make" || skip_all "tcpdump's source could not be had"
		tail -n 25 "$store/make" | diag
		bail_out "make static failed"
	}
	own_mounts
	podman_here build -q -t xdpsample -f "$CONTAINER/Dockerfile" "$XDPS_BUILD/static/tree" \
		>"$store/build" 2>&1 || {
		diag <"$store/build"
		bail_out "the image could not be built"
	}
	run_container --rm --network none "${modest[@]}" xdpsample >"$store/first" 2>&1 ||
		skip_all "no container runs on this machine: $(tail -n 1 "$store/first")"
	"$CONTAINER/allow-bpf" <"$PROFILE" >"$store/seccomp.json" || bail_out "no seccomp profile"
}

# The other container, whose network it is; in an image with nothing but tcpdump this
# is a program that waits.
start_app()
{
	podman_here rm -af -t 1 >/dev/null
	# the lab's namespaces have come since, and are not mounted where podman is
	start holder ip netns exec "$RX" sleep 60
	until_true 5 in_the_pod "${PID[holder]}" || die "nobody is in the pod" holder
	run_container -d --name app --network "ns:/proc/${PID[holder]}/ns/net" "${modest[@]}" \
		--cap-add net_raw xdpsample tcpdump -p -i lo -w /dev/null less 1 >"$T/app" 2>&1 ||
		die "no container" app
	stop holder KILL
}

in_the_pod()
{
	ip netns pids "$RX" | grep -x "$1" >/dev/null
}

end_app()
{
	podman_here rm -f -t 1 app >/dev/null
}

# beside_app NAME CAPABILITIES [PODMAN-OPTION]... -- TCPDUMP-OPTION...
beside_app()
{
	local name=$1 capabilities=$2 options=()

	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	start "$name" run_container --rm --name "$name" --network container:app "${modest[@]}" \
		--cap-add "$capabilities" "${options[@]}" xdpsample tcpdump -n -i "$DEV" "$@"
}

ours=(--security-opt "seccomp=$store/seccomp.json")

it_is_an_image_with_nothing_else_in_it()
{
	has "$(cat "$store/first")" "tcpdump version" "with xdpsample"
	between "bytes of the image" "$(podman_here image inspect -f '{{.Size}}' xdpsample)" 1000000 4000000
}

it_captures_the_network_of_another_container()
{
	start_app
	beside_app dump $CAPABILITIES "${ours[@]}" -- -c 20
	await dump "listening on"
	send "$(frames 20)"
	finish_well dump
	equal "packets shown" "$(grep -c ' IP ' "$T/dump.out")" 20
	! says dump WARNING || die "a warning" dump
	end_app
}

it_hands_the_packets_out_by_its_output()
{
	start_app
	beside_app dump $CAPABILITIES "${ours[@]}" -- -c 20 -U -w -
	await dump "listening on"
	send "$(frames 20)"
	finish_well dump
	equal "packets in the file" "$(packets_in "$T/dump.out")" 20
	end_app
}

# As "kubectl exec" does in an ephemeral container that waits.
it_captures_by_exec_in_a_container_that_waits()
{
	start_app
	run_container -d --name wait --network container:app "${modest[@]}" --cap-add $CAPABILITIES \
		"${ours[@]}" xdpsample tcpdump -p -i lo -w /dev/null less 1 >"$T/wait" 2>&1 ||
		die "no container" wait
	start dump podman_here exec wait tcpdump -n -i "$DEV" -c 20 -U -w -
	await dump "listening on"
	send "$(frames 20)"
	finish_well dump
	equal "packets in the file" "$(packets_in "$T/dump.out")" 20
	podman_here rm -f -t 1 wait >/dev/null
	end_app
}

it_names_a_capability_that_the_container_was_not_given()
{
	start_app
	beside_app dump net_admin,perfmon,net_raw "${ours[@]}" -- -c 1
	finish dump
	has "$(cat "$T/dump.err")" "cannot have CAP_BPF: not in the capturing program's bounding set" "a container"
	end_app
}

it_names_seccomp_where_that_forbids_it()
{
	start_app
	printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["bpf"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}' \
		>"$store/no-bpf.json"
	beside_app dump $CAPABILITIES --security-opt "seccomp=$store/no-bpf.json" -- -c 1
	finish dump
	has "$(cat "$T/dump.err")" "although the helper has the capabilities" seccomp
	end_app
}

it_leaves_nothing_when_its_container_is_killed()
{
	start_app
	beside_app dump $CAPABILITIES "${ours[@]}" --
	await dump "listening on"
	[ -n "$(xdp_on rx0)" ] || die "nothing is attached"
	podman_here kill dump >/dev/null
	finish dump
	end_app
	until_true 5 nothing_left || die "$(show_left)"
}

make_image
# with the traps of its own, so that those above run as well
(run_tests "$@")

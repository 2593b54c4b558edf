# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# SSH servers of the tests' own, in their namespaces, with keys and users of their
# own: nothing of the system's is read or written.  Sourced after lib.sh.

SSHD=$(command -v sshd) || SSHD=

needs_sshd()
{
	[ -n "$SSHD" ] || SSHD=$XDPS_BUILD/sshd/usr/sbin/sshd
	[ -x "$SSHD" ] || skip_test "there is no sshd: neither installed nor by tests/remote/get-sshd build/sshd"
	skip_test_without ssh
	[ -e "$WORK/ssh/known" ] || ssh_keys
}

ssh_keys()
{
	mkdir -p "$WORK/ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/ssh/host"
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/ssh/user"
	sed "s/^root:[^:]*:/root:x:/; /^sshd:/d; \$a sshd:x:100:65534::/run/sshd:/usr/sbin/nologin" \
		/etc/passwd >"$WORK/ssh/passwd"
	printf 'root:*:19000:0:99999:7:::\n' >"$WORK/ssh/shadow"
	sed 's/^/* /' "$WORK/ssh/host.pub" >"$WORK/ssh/known"
	cat >"$WORK/ssh/config" <<-END
		Host *
			User root
			IdentityFile $WORK/ssh/user
			IdentitiesOnly yes
			UserKnownHostsFile $WORK/ssh/known
			BatchMode yes
	END
}

# sshd_in NAMESPACE NAME ADDRESS [LINE-OF-CONFIGURATION]...: a host of that name
sshd_in()
{
	local ns=$1 name=$2 address=$3

	shift 3
	printf 'Host %s\n\tHostname %s\n' "$name" "$address" >>"$WORK/ssh/config"
	cat >"$WORK/ssh/sshd.$name" <<-END
		ListenAddress $address
		HostKey $WORK/ssh/host
		AuthorizedKeysFile $WORK/ssh/user.pub
		StrictModes no
		PermitRootLogin yes
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PidFile none
		UseDNS no
		SetEnv LD_LIBRARY_PATH=$XDPS_LIBS XDPSAMPLE_HELPER=$XDPS_HELPER PATH=$PATH LC_ALL=C
	END
	printf '%s\n' "$@" >>"$WORK/ssh/sshd.$name"
	# shellcheck disable=SC2016	# for the other shell
	start "sshd-$name" ip netns exec "$ns" unshare --mount --uts bash -ec '
		hostname "$1"
		mount --bind "$2/passwd" /etc/passwd
		mount --bind "$2/shadow" /etc/shadow
		mount -t tmpfs tmpfs /run
		mkdir /run/sshd
		exec "$3" -D -e -f "$2/sshd.$1"' - "$name" "$WORK/ssh" "$SSHD"
	await "sshd-$name" "Server listening"
}

# on HOST COMMAND...: over ssh, from the tx namespace
on()
{
	tx ssh -F "$WORK/ssh/config" "$@"
}

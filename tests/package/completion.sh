#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Completion of devices, as a user has it: an interactive bash on a terminal, with
# bash-completion, in which the Tab key is pressed.

# shellcheck source=tests/lib/tap.sh
. "$XDPS_SRC/tests/lib/tap.sh"
# shellcheck source=tests/lib/parallel.sh
. "$XDPS_SRC/tests/lib/parallel.sh"
MACHINERY=/usr/share/bash-completion/bash_completion
[ -e $MACHINERY ] || skip_all "bash-completion is not installed"
command -v python3 >/dev/null || skip_all "python3 is not installed"
work=$(mktemp -d) || bail_out "no temporary directory"
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/empty"

# Interfaces and programs of the test's own: the file asks /sys and bpftool.
mkdir -p "$work/sys/class/net/"{eth0,eth1,wlan0}
sed "s,/sys/class/net,$work/sys/class/net,; s,:/usr/sbin:/sbin,," "$XDPS_BUILD/completion/xdpsample" >"$work/xdpsample"
cat >"$work/bin/bpftool" <<'END'
#!/bin/sh
[ "$*" = "prog show" ] || exit 1
cat <<'TEXT'
3: cgroup_device  name sd_devices  tag 03b4eaae2f14641a  gpl
14: xdp  name xdp_filter  tag 6deef7357e7b4530  gpl
	loaded_at 2026-11-28T00:26:45+0000  uid 0
15: ext  name xdp_stats  tag 9deef7357e7b4530  gpl
TEXT
END
chmod 755 "$work/bin/bpftool"

# What the user has in the line when the keys are pressed, or, with two Tabs, what
# bash lists: the terminal's other end, until nothing more comes.
cat >"$work/press" <<'END'
import os, pty, re, select, sys
shell, keys = sys.argv[1:3]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", INPUTRC="/dev/null", HOME="/nonexistent", LC_ALL="C.UTF-8")
    os.execvp("bash", ["bash", "--noprofile", "--rcfile", shell, "-i"])

def until(pattern, text=b"", seconds=20):
    while not re.search(pattern, text):
        if not select.select([fd], [], [], seconds)[0]:
            sys.exit(f"no {pattern!r} in {text!r}")
        text += os.read(fd, 65536)
    return text

until(rb"READY> $")
os.write(fd, keys.encode().decode("unicode_escape").encode() + b"\x18\x05")	# and report
sys.stdout.write(until(rb"<END>").decode())
os.close(fd)
os.waitpid(pid, 0)
END
cat >"$work/rc" <<END
PATH=$work/bin:\$PATH
cd "$work/empty"
. $MACHINERY
. $work/xdpsample
report() { printf '<LINE>%s<END>' "\$READLINE_LINE"; READLINE_LINE=; }
bind 'set enable-bracketed-paste off'
bind 'set bell-style none'
bind 'set show-all-if-ambiguous on'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind -x '"\C-x\C-e": report'
PS1='READY> '
END
press=(python3 "$work/press" "$work/rc")

# line KEYS: the line after them; \t is the key
line()
{
	"${press[@]}" "$1" | tr -d '\r' | sed -n 's/.*<LINE>\(.*\)<END>.*/\1/p'
}

# listed KEYS: what is listed, in one line; it may have come in several columns
listed()
{
	"${press[@]}" "$1" | tr -d '\r' | sed '1d;/READY> /,$d' |
		tr -s ' \n' '\n' | sed '/^$/d' | sort | paste -sd ' '
}

# becomes SENTENCE KEYS LINE
becomes()
{
	parallel_tests 1 is_by line "$@"
}

# lists SENTENCE KEYS WORDS
lists()
{
	parallel_tests 1 is_by listed "$@"
}

# is_by FUNCTION SENTENCE KEYS WANTED
is_by()
{
	is "$2" "$("$1" "$3" 2>&1)" "$4"
}

plan 23
becomes "the device's prefix is completed, and stays open" 'tcpdump -i xd\t' 'tcpdump -i xdpsample:'
lists "then there are the interfaces" 'tcpdump -i xdpsample:\t' 'eth0 eth1 wlan0'
becomes "an interface is completed" 'tcpdump -ni xdpsample:wl\t' 'tcpdump -ni xdpsample:wlan0'
lists "behind an interface there are the keys" 'tcpdump -i xdpsample:eth0:\t' \
	'action= dir= follow= hold= mode= point= prog= rate= ring= yield='
becomes "a key is completed, and stays open" 'tcpdump -i xdpsample:eth0:mo\t' 'tcpdump -i xdpsample:eth0:mode='
lists "a key that is there is not offered again" 'tcpdump -i xdpsample:eth0:rate=10:mode=native:\t' \
	'action= dir= follow= hold= point= prog= ring= yield='
becomes "a value is completed" 'tcpdump -i xdpsample:eth0:mode=ge\t' 'tcpdump -i xdpsample:eth0:mode=generic'
lists "the points" 'tcpdump -i xdpsample:eth0:point=\t' 'entry exit'
lists "the rings" 'tcpdump -i xdpsample:eth0:mode=auto:ring=\t' 'auto map perf'
becomes "a verdict is completed" 'tcpdump -i xdpsample:eth0:action=ab\t' 'tcpdump -i xdpsample:eth0:action=aborted'
lists "behind + there are the other verdicts" 'tcpdump -i xdpsample:eth0:action=drop+tx+\t' \
	'drop+tx+aborted drop+tx+pass drop+tx+redirect'
lists "the XDP programs in the kernel are offered" 'tcpdump -i xdpsample:eth0:prog=xdp_\t' 'xdp_filter xdp_stats'
becomes "-i and its device may be one word" 'tcpdump -ixdpsample:wl\t' 'tcpdump -ixdpsample:wlan0'
becomes "so may other options before it" 'tcpdump -nixdpsample:wl\t' 'tcpdump -nixdpsample:wlan0'
becomes "a long option and its device may be one word" 'tcpdump --interface=xdpsample:wl\t' \
	'tcpdump --interface=xdpsample:wlan0'
becomes "what follows the cursor stays" 'tcpdump -i xdpsample:wl -c 5\x01\x1bf\x1bf\x1bf\x1bf\t' \
	'tcpdump -i xdpsample:wlan0 -c 5'
becomes "dumpcap has it" 'dumpcap -q -i xdpsample:eth1:mode=nat\t' 'dumpcap -q -i xdpsample:eth1:mode=native'
becomes "tshark has it" 'tshark -i xdpsample:eth1:mode=nat\t' 'tshark -i xdpsample:eth1:mode=native'
becomes "wireshark has it" 'wireshark -k -i xdpsample:eth1:mode=nat\t' 'wireshark -k -i xdpsample:eth1:mode=native'
becomes "it works where : and = break no words" 'COMP_WORDBREAKS=" "\ntcpdump -i xdpsample:eth0:mode=ge\t' \
	'tcpdump -i xdpsample:eth0:mode=generic'
becomes "what bash-completion does for tcpdump stays" 'tcpdump --direction ino\t' 'tcpdump --direction inout '
becomes "what it does after a device stays, too" 'tcpdump -i xdpsample:eth0 --direction ino\t' \
	'tcpdump -i xdpsample:eth0 --direction inout '
touch "$work/empty/capture.pcapng"
becomes "files are completed as ever where it has nothing" 'dumpcap -w cap\t' 'dumpcap -w capture.pcapng '
run_parallel
[ "$tap_failed" -eq 0 ]

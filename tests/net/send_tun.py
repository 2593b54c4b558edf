#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""send_tun.py INTERFACE FILE [tap]: makes a tun interface and has it receive.

Says "ready" when the interface is there and up; after SIGUSR1 each packet of
the pcap file (DLT_RAW; for tap, of Ethernet) arrives on it, and "sent" is said; the interface goes
with the process.
"""
import fcntl
import os
import signal
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_TAP, IFF_NO_PI = 1, 2, 0x1000


def packets(path):
    with open(path, "rb") as f:
        f.read(24)
        while header := f.read(16):
            yield f.read(struct.unpack("<IIII", header)[2])


name, path = sys.argv[1:3]
kind = IFF_TAP if "tap" in sys.argv[3:] else IFF_TUN
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), kind | IFF_NO_PI))
subprocess.run(["ip", "link", "set", name, "multicast", "off", "up"], check=True)
print("ready", flush=True)
signal.sigwait({signal.SIGUSR1})
for packet in packets(path):
    os.write(tun, packet)
print("sent", flush=True)
signal.pause()

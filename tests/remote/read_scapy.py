#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""read_scapy.py DEVICE COUNT FILTER: by scapy's reader, a line for each packet.

Not sniff(): that waits on a descriptor, which a handle for another host gets only
with its first read.
"""
import sys

from scapy.all import Ether, conf

conf.use_pcap = True
from scapy.arch.libpcap import open_pcap  # noqa: E402

reader = open_pcap(sys.argv[1], 65535, 1, 100)
reader.setfilter(sys.argv[3])
print("ready", flush=True)
left = int(sys.argv[2])
while left:
    _, packet = reader.next()
    if packet is not None:
        print(Ether(packet).summary(), flush=True)
        left -= 1
reader.close()

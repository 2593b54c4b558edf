#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""show_frames.py FILE...: a line for each packet of a pcap file.

Its time in nanoseconds, its length on the wire, the bytes in the file and
those bytes in hexadecimal.  No dissector has an opinion on them.  Of several
files each is announced with its name.
"""
import os.path
import struct
import sys

NSEC_PER_UNIT = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}


def show(path):
    with open(path, "rb") as f:
        (magic,) = struct.unpack("<I20x", f.read(24))
        while header := f.read(16):
            sec, fraction, caplen, length = struct.unpack("<IIII", header)
            stamp = sec * 1000000000 + fraction * NSEC_PER_UNIT[magic]
            print(stamp, length, caplen, f.read(caplen).hex())


for path in sys.argv[1:]:
    if len(sys.argv) > 2:
        print("file", os.path.basename(path))
    show(path)

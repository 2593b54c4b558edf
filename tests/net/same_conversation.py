#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""same_conversation.py LINUX OURS MAC: two captures of the same interface.

MAC is the interface's address.  Both files must have the same frames, those that
the interface received in the same order, and those that it sent.  Where each
half is captured differs, so between the halves the order may differ; in ours
it must be that of time.  Ours has at most 65,000 bytes of a frame.
"""
import struct
import sys

CAPLEN_MAX = 65000


def read(path):
    with open(path, "rb") as f:
        f.read(24)
        while header := f.read(16):
            sec, fraction, caplen, length = struct.unpack("<IIII", header)
            yield (sec, fraction), (length, f.read(caplen)[:CAPLEN_MAX])


def halves(path, mac):
    received, sent, late, last = [], [], 0, (0, 0)
    for stamp, frame in read(path):
        (sent if frame[1][6:12] == mac else received).append(frame)
        late += stamp < last
        last = max(stamp, last)
    return received, sent, late


def compare(what, linux, ours):
    print(f"{what}: {len(linux)} on AF_PACKET, {len(ours)} on ours")
    if linux == ours:
        return True
    at = next((i for i, (a, b) in enumerate(zip(linux, ours)) if a != b),
              min(len(linux), len(ours)))
    for name, frames in ("AF_PACKET", linux), ("ours", ours):
        for length, data in frames[at:at + 2]:
            print(f"  {name} {at}: {length} {len(data)} {data[:80].hex()}")
    return False


def main(linux, ours, mac):
    mac = bytes.fromhex(mac.replace(":", ""))
    linux, ours = halves(linux, mac), halves(ours, mac)
    same = [compare("received", linux[0], ours[0]), compare("sent", linux[1], ours[1])]
    if ours[2]:
        print(f"{ours[2]} are earlier than one before them")
    return 0 if all(same) and not ours[2] else 1


sys.exit(main(*sys.argv[1:]))

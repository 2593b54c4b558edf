#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Packets for the program of verdicts.bpf.c, and what has to become of them.

    verdicts.py send FILE SIZE...
        a packet of each of these sizes for each action and each change of the
        packet that can be asked for, in an order that looks like none
    verdicts.py alternate FILE COUNT [SOURCE]
        so many small ones to be dropped and passed in turns; like the others,
        they are numbered in the order
    verdicts.py expect SENT FILE OPTIONS [FILE OPTIONS]...
        of those the ones that a capture with these options has to show
        ("point=exit", "action=drop+tx:rate=1"; others are no matter here), as it
        has to
"""
import random
import socket
import struct
import sys

TX, RX = bytes.fromhex("02005e100001"), bytes.fromhex("02005e100002")
NOBODY = socket.inet_aton("192.0.2.200")     # the receiver drops it without an answer
ORDER_AT = 42
TAIL_BYTES = 16
ROOM = range(200, 1001)     # sizes that may be asked to grow: a veth's buffers have room then
PORTS = (9, 53, 4000)

ACTIONS = ("aborted", "drop", "pass", "tx", "redirect")
NO_ACTIONS = (77, 255)      # return values that the kernel takes for "aborted"
NOTHING, SWAP, NEGATE, PUSH, POP, SHRINK, GROW = CHANGES = range(7)


def read(path):
    with open(path, "rb") as file:
        file.read(24)
        while header := file.read(16):
            yield file.read(struct.unpack("<8xII", header)[0])


def write(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 0, number, len(frame), len(frame)) + frame)


def frame(order, port, size, rng, source="192.0.2.1"):
    """Ethernet, IPv4 and UDP without checksums, the order, and anything."""
    packet = RX + TX + b"\x08\x00"
    packet += struct.pack("!BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 64, 17, 0,
                          socket.inet_aton(source), NOBODY)
    packet += struct.pack("!HHHH", 40000, port, size - 34, 0) + order
    return packet + rng.randbytes(size - len(packet))


def orders(sizes):
    rng = random.Random(8)
    kinds = [(action, change, size) for change in CHANGES for size in sizes
             for action in (*range(len(ACTIONS)), *NO_ACTIONS)
             if change != GROW or size in ROOM]
    rng.shuffle(kinds)
    for number, (action, change, size) in enumerate(kinds):
        order = struct.pack("!BBI", action, change, number)
        yield frame(order, rng.choice(PORTS), size, rng)


def alternating(count, source="192.0.2.1"):
    rng = random.Random(9)
    for number in range(count):
        order = struct.pack("!BBI", 1 + number % 2, NOTHING, number)
        yield frame(order, 9, 64, rng, source)


def changed(packet, change):
    addresses = packet[:12]
    if change == SWAP:
        return packet[6:12] + packet[:6] + packet[12:]
    if change == NEGATE:
        at = ORDER_AT + 2
        return packet[:at] + bytes(byte ^ 0xFF for byte in packet[at:at + 4]) + packet[at + 4:]
    if change == PUSH:
        return addresses + b"\x81\x00\x00\x07" + packet[12:]
    if change == POP:
        return addresses + packet[16:]
    if change == SHRINK:
        return packet[:-TAIL_BYTES]
    if change == GROW:
        return packet + bytes(TAIL_BYTES)
    return packet


def shown(packets, options):
    """What a capture shows of them."""
    words = dict(option.split("=", 1) for option in options.split(":") if option)
    wanted = words["action"].split("+") if "action" in words else None
    if not wanted and words.get("point") != "exit":
        yield from packets
        return
    for packet in packets:
        action, change = packet[ORDER_AT:ORDER_AT + 2]
        name = ACTIONS[action if action < len(ACTIONS) else 0]
        if not wanted or name in wanted:
            yield changed(packet, change)


def main(argv):
    if argv[1:2] == ["send"] and len(argv) > 3:
        write(argv[2], orders([int(size) for size in argv[3:]]))
    elif argv[1:2] == ["alternate"] and len(argv) > 3:
        write(argv[2], alternating(int(argv[3]), *argv[4:]))
    elif argv[1:2] == ["expect"] and len(argv) > 4:
        packets = list(read(argv[2]))
        for path, options in zip(argv[3::2], argv[4::2]):
            write(path, shown(packets, options))
    else:
        sys.exit(__doc__)


main(sys.argv)

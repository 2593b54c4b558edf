#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads pcapng, strictly, and prints a line for each block.

usage: pcapng.py FILE

Written from the specification and without a look at the writer, to judge it: what is not
as it should be ends this with a sentence.  Fields are KEY=VALUE, parted by tabs.
"""
import struct
import sys

TEXT, NUMBER, TIME = "text", "number", "time"

OPTIONS = {
    "section": {2: ("hardware", TEXT), 3: ("os", TEXT), 4: ("program", TEXT)},
    "interface": {2: ("name", TEXT), 3: ("description", TEXT), 9: ("tsresol", NUMBER),
                  11: ("filter", bytes), 12: ("os", TEXT)},
    "packet": {2: ("flags", NUMBER), 4: ("lost", NUMBER), 5: ("id", NUMBER),
               6: ("queue", NUMBER), 7: ("verdict", bytes)},
    "statistics": {2: ("start", TIME), 3: ("end", TIME), 4: ("received", NUMBER),
                   5: ("ifdrop", NUMBER), 6: ("accepted", NUMBER), 7: ("lost", NUMBER),
                   8: ("delivered", NUMBER)},
}
BYTES = {"tsresol": 1, "flags": 4, "queue": 4}      # the other numbers have eight


def must(condition, sentence):
    if not condition:
        sys.exit("pcapng.py: " + sentence)


def time_of(high, low):
    return high << 32 | low


def value_of(name, kind, data):
    if kind is NUMBER:
        must(len(data) == BYTES.get(name, 8), f"{name} has {len(data)} bytes")
        return int.from_bytes(data, "little")
    if kind is TIME:
        return time_of(*struct.unpack("<II", data))
    if kind is bytes:
        return f"{data[0]}:" + (data[1:].decode() if name == "filter" else data[1:].hex())
    return data.decode().replace("\t", " ")


def options(block, body):
    found = {}
    while True:
        must(len(body) >= 4, f"the options of a {block} do not end")
        code, length = struct.unpack("<HH", body[:4])
        padded = (length + 3) & ~3
        data, padding = body[4:4 + length], body[4 + length:4 + padded]
        must(len(padding) == padded - length, f"an option of a {block} is cut")
        must(not any(padding), f"the padding of an option of a {block} is not zero")
        body = body[4 + padded:]
        if code == 0:
            must(length == 0 and not body, f"something follows the options of a {block}")
            return found
        name, kind = ("comment", TEXT) if code == 1 else OPTIONS[block][code]
        must(name not in found, f"{name} twice in a {block}")
        found[name] = value_of(name, kind, data)


def show(block, fields):
    print("\t".join([block] + [f"{key}={value}" for key, value in fields.items()]))


def section(body):
    magic, major, minor, length = struct.unpack("<IHHq", body[:16])
    must((magic, major, minor, length) == (0x1a2b3c4d, 1, 0, -1), "an odd section header")
    show("section", options("section", body[16:]))


def interface(body):
    link, reserved, snaplen = struct.unpack("<HHI", body[:8])
    must(reserved == 0, "the reserved field of an interface is used")
    found = options("interface", body[8:])
    must(found.get("tsresol") == 9, "times are not in nanoseconds")
    show("interface", {"link": link, "snaplen": snaplen, **found})


def packet(body, n_interfaces):
    number, high, low, caplen, length = struct.unpack("<IIIII", body[:20])
    must(number < n_interfaces, f"a packet of interface {number}")
    must(caplen <= length, "more was captured than there is")
    padded = (caplen + 3) & ~3
    must(not any(body[20 + caplen:20 + padded]), "the padding of a packet is not zero")
    show("packet", {"interface": number, "time": time_of(high, low), "caplen": caplen,
                    "len": length, **options("packet", body[20 + padded:]),
                    "data": body[20:20 + caplen].hex()})


def statistics(body, n_interfaces):
    number, high, low = struct.unpack("<III", body[:12])
    must(number < n_interfaces, f"statistics of interface {number}")
    show("statistics", {"interface": number, "time": time_of(high, low),
                        **options("statistics", body[12:])})


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    at = n_interfaces = 0
    while at < len(data):
        must(len(data) - at >= 12, "the last block is cut")
        kind, length = struct.unpack_from("<II", data, at)
        must(length % 4 == 0 and 12 <= length <= len(data) - at, "the last block is cut")
        must(struct.unpack_from("<I", data, at + length - 4)[0] == length,
             "a block has two lengths")
        body = data[at + 8:at + length - 4]
        must((at == 0) == (kind == 0x0a0d0d0a), "one section header, in front of all")
        if kind == 0x0a0d0d0a:
            section(body)
        elif kind == 1:
            interface(body)
            n_interfaces += 1
        elif kind == 6:
            packet(body, n_interfaces)
        elif kind == 5:
            statistics(body, n_interfaces)
        else:
            must(False, f"a block of type {kind}")
        at += length


main()

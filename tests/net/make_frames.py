#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the pcap files that the tests send.

    make_frames.py numbered FILE COUNT SIZE [SOURCE]
        COUNT (up to 65536) UDP packets of SIZE bytes, Ethernet header
        included, numbered in the IP identification
    make_frames.py varied FILE
        frames of 14 to 9014 bytes, of all sorts, well and badly formed
    make_frames.py dns FILE COUNT
        questions to a name server
    make_frames.py ip FILE
        packets without a link-layer header
"""
import random
import struct
import sys

ETHERNET, RAW = 1, 101
TX, RX = bytes.fromhex("02005e100001"), bytes.fromhex("02005e100002")
IPV4 = RX + TX + b"\x08\x00"
NOBODY = bytes((192, 0, 2, 200))    # the receiver drops it without an answer
MTU = 9000


def write(path, link, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
        for number, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 0, number, len(frame), len(frame)) + frame)


def ip_checksum(header):
    total = sum(struct.unpack("!%dH" % (len(header) // 2), header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_packet(number, source, payload, port=9):
    """Built by hand: scapy would need a minute for 50,000 of them."""
    size = 28 + len(payload)
    address = bytes(int(part) for part in source.split("."))
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, number, 0, 64, 17, 0,
                         address, NOBODY)
    header = header[:10] + struct.pack("!H", ip_checksum(header)) + header[12:]
    return header + struct.pack("!HHHH", 40000, port, size - 20, 0) + payload


def numbered(count, size, source="192.0.2.1"):
    return [IPV4 + udp_packet(n, source, bytes(size - 42)) for n in range(count)]


def dns(count):
    question = b"\7example\3com\0\0\1\0\1"
    return [IPV4 + udp_packet(n, "192.0.2.1",
                              struct.pack("!HHHHHH", n, 0x100, 1, 0, 0, 0) + question, 53)
            for n in range(count)]


def layers():
    from scapy.all import (ARP, ICMP, IP, IPv6, TCP, UDP, Dot1AD, Dot1Q, Ether,
                           ICMPv6EchoRequest, IPv6ExtHdrFragment, Raw)
    from scapy.contrib.mpls import MPLS

    ether = Ether(src="02:00:5e:10:00:01", dst="02:00:5e:10:00:02")
    four = IP(src="192.0.2.1", dst="192.0.2.200")
    six = IPv6(src="2001:db8::1", dst="2001:db8::2")
    text = Raw(bytes(range(256)))
    return [
        ether / four / ICMP() / text,
        ether / four / UDP(dport=9) / text,
        ether / four / TCP(dport=9, flags="S", options=[("MSS", 1460), ("SAckOK", b"")]),
        ether / IP(src="192.0.2.1", dst="192.0.2.200", options=b"\x94\x04\0\0") / UDP(dport=9),
        ether / IP(src="192.0.2.1", dst="192.0.2.200", flags="MF", frag=3) / text,
        ether / six / UDP(dport=9) / text,
        ether / six / ICMPv6EchoRequest(data=bytes(100)),
        ether / six / IPv6ExtHdrFragment(offset=7, m=1) / text,
        ether / ARP(op=1, psrc="192.0.2.1", pdst="192.0.2.200"),
        ether / Dot1Q(vlan=7, prio=5) / four / UDP(dport=9) / text,
        ether / Dot1Q(vlan=4094) / six / UDP(dport=9) / text,
        ether / Dot1AD(vlan=100) / Dot1Q(vlan=200) / four / UDP(dport=9) / text,
        ether / MPLS(label=16, s=0) / MPLS(label=17, s=1) / four / UDP(dport=9),
        # malformed: lengths and versions that are not so, and no end
        ether / IP(src="192.0.2.1", dst="192.0.2.200", ihl=15) / b"short",
        ether / IP(src="192.0.2.1", dst="192.0.2.200", len=9000) / b"short",
        ether / IP(version=9, src="192.0.2.1", dst="192.0.2.200") / text,
        ether / IPv6(src="2001:db8::1", dst="2001:db8::2", plen=65535) / b"short",
        ether / four / TCP(dataofs=15) / b"x",
        Ether(src="02:00:5e:10:00:01", dst="ff:ff:ff:ff:ff:ff", type=0x88B5) / text,
        Ether(src="02:00:5e:10:00:01", dst="01:00:5e:00:00:fb", type=0x88B6) / text,
    ]


def varied():
    rng = random.Random(2)
    link = RX + TX
    frames = [bytes(layer) for layer in layers()]
    sizes = list(range(14, 80)) + [127, 128, 129, 255, 256, 257, 511, 512, 1024,
                                   1513, 1514, 1515, 2048, 3000, 3500, 4000, 4095,
                                   4096, 4097, 6000, 8191, 8192, 8999, 9000, 9013]
    sizes += [rng.randint(14, MTU + 14) for _ in range(60)] + [MTU + 14]
    for size in sizes:
        frames.append((link + b"\x88\xb5" + rng.randbytes(size))[:size])
        frames.append((link + b"\x08\x00" + bytes(size))[:size])
    frames.append(bytes(64))
    frames.append(b"\xff" * 64)
    return frames


def main(argv):
    kind, path = argv[1], argv[2]
    if kind == "numbered":
        write(path, ETHERNET, numbered(int(argv[3]), int(argv[4]), *argv[5:]))
    elif kind == "dns":
        write(path, ETHERNET, dns(int(argv[3])))
    elif kind == "varied":
        write(path, ETHERNET, varied())
    elif kind == "ip":
        sizes = [28, 29, 60, 576, 1499, 1500]
        write(path, RAW, [udp_packet(n, "192.0.2.9", bytes(size - 28))
                          for n, size in enumerate(sizes)])
    else:
        sys.exit(__doc__)


main(sys.argv)

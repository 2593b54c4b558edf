#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the pcap files that the tests send.

    make_frames.py numbered FILE COUNT SIZE [SOURCE]
        COUNT (up to 65536) UDP packets of SIZE bytes, Ethernet header
        included, numbered in the IP identification
    make_frames.py marked FILE COUNT SIZE
        the same, and each byte of the payload is the lowest of the number
    make_frames.py pointing FILE SIZE FIRST LAST...
        frames of up to SIZE bytes: behind the Ethernet header an offset, from
        FIRST to LAST, and there 0xfeedbeef, or not, or not all of it
    make_frames.py varied FILE
        frames of 14 to 9014 bytes, of all sorts, well and badly formed
    make_frames.py dns FILE COUNT
        questions to a name server
    make_frames.py conversation FILE COUNT FROM TO
        frames of TCP, UDP, ICMP, ARP and with VLAN tags, of all lengths, between
        two Ethernet addresses, numbered behind their headers
    make_frames.py ip FILE
        packets without a link-layer header
    make_frames.py mixed FILE
        frames of which every filter wants some and leaves some, numbered in
        the IP identification of those that have one
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


def marked(count, size):
    return [IPV4 + udp_packet(n, "192.0.2.1", bytes([n & 0xFF]) * (size - 42))
            for n in range(count)]


def pointing(size, ranges):
    mark = bytes.fromhex("feedbeef")
    frames = []
    for first, last in zip(ranges[::2], ranges[1::2]):
        for at in range(first, last + 1):
            data = RX + TX + b"\x88\xb5" + struct.pack("!H", at)
            data += bytes(at - len(data)) + (mark if at % 3 else mark[::-1])
            frames += [data, data[:-1], (data + bytes(size))[:size]]
    return frames


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


def conversation(count, source, target):
    """Nobody answers them."""
    link = b"".join(bytes.fromhex(address.replace(":", "")) for address in (target, source))
    heads = [link + bytes(layer)[12:] for layer in layers()[:12]]
    return [heads[n % len(heads)] + struct.pack("!I", n) + bytes(n * 7 % 1100)
            for n in range(count)]


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


HOSTS = ["192.0.2.1", "192.0.2.77", "192.0.2.78", "198.51.100.9", "198.51.100.200"]
HOSTS6 = ["2001:db8::1", "2001:db8::77", "2001:db8:1::9"]
PORTS = [9, 53, 80, 443, 1053, 8080, 40000]


def payload(rng):
    """Of all lengths; some begin with what filters look for, or have it far in."""
    data = bytearray(rng.randbytes(rng.choice([0, 1, 4, 6, 18, 60, 200, 700, 1200, 1400])))
    for at, mark in (0, b"GET "), (0, b"mark"), (92, b"\xa5"), (992, b"\xbe\xef"):
        if len(data) >= at + len(mark) and rng.random() < 0.3:
            data[at:at + len(mark)] = mark
    return bytes(data)


def transports(rng):
    from scapy.all import ICMP, TCP, UDP, Raw

    ports = {"sport": rng.choice(PORTS), "dport": rng.choice(PORTS)}
    flags = rng.choice(["S", "SA", "A", "PA", "FA", "R"])
    return [
        UDP(**ports) / Raw(payload(rng)),
        TCP(**ports, flags=flags, options=rng.choice([[], [("MSS", 1460)]])) / Raw(payload(rng)),
        ICMP(type=rng.choice([0, 8, 3])) / Raw(payload(rng)),
    ]


def four(rng, **more):
    from scapy.all import IP

    return IP(src=rng.choice(HOSTS), dst=rng.choice(HOSTS[1:]), id=rng.randrange(65536),
              ttl=rng.choice([0, 1, 4, 64, 255]), tos=rng.choice([0, 46 << 2]), **more)


def networks(rng):
    """A packet of each kind, whatever carries it."""
    from scapy.all import (AH, GRE, ICMPv6EchoRequest, IPOption, IPv6, IPv6ExtHdrDestOpt,
                           IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, Raw)

    udp, tcp, icmp = transports(rng)
    six = IPv6(src=rng.choice(HOSTS6), dst=rng.choice(HOSTS6))
    return [
        four(rng) / udp, four(rng) / tcp, four(rng) / icmp,
        four(rng, options=[IPOption(b"\x94\x04\0\0")]) / rng.choice([udp, tcp]),
        four(rng, flags="MF") / udp,
        four(rng, frag=rng.randrange(1, 200), proto=17) / Raw(payload(rng)),
        four(rng) / AH(payloadlen=1) / udp,
        four(rng) / GRE() / four(rng) / udp,
        six / udp, six / tcp, six / ICMPv6EchoRequest(data=payload(rng)),
        six / IPv6ExtHdrFragment(offset=rng.randrange(100), m=1) / udp,
        six / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / rng.choice([udp, tcp]),
    ]


def carriers(rng):
    from scapy.all import Dot1AD, Dot1Q, PPPoE, Raw
    from scapy.contrib.mpls import MPLS

    yield from [lambda packet: packet] * 3
    yield lambda packet: Dot1Q(vlan=rng.choice([7, 8]), prio=5) / packet
    yield lambda packet: Dot1AD(vlan=100) / Dot1Q(vlan=rng.choice([200, 201])) / packet
    yield lambda packet: MPLS(label=16, s=0) / MPLS(label=rng.choice([17, 18]), s=1) / packet
    yield lambda packet: (PPPoE(sessionid=rng.choice([1, 2])) /
                          Raw(b"\0\x57" if packet.version == 6 else b"\0\x21") / packet)


def mixed():
    from scapy.all import ARP, LLC, STP, Dot3, Ether, Raw

    rng = random.Random(4)
    frames = []
    for carry in carriers(rng):
        for _ in range(8):
            ether = Ether(dst="02:00:5e:10:00:02", src="02:00:5e:10:00:%02x" % rng.choice([1, 7]))
            frames += [bytes(ether / carry(packet)) for packet in networks(rng)]
    for last in b"\x02\xff\x09":
        ether = Ether(src=TX, dst=(RX[:5] + bytes([last]) if last < 0xff else b"\xff" * 6))
        frames += [bytes(ether / ARP(psrc=HOSTS[1], pdst=HOSTS[2])),
                   bytes(Ether(src=TX, dst="01:00:5e:00:00:fb") / four(rng) / transports(rng)[0])]
        for size in 0, 20, 1399, 1400, 1500:
            frames.append(bytes(ether)[:12] + b"\x88\xb5" + rng.randbytes(size))
        frames.append(bytes(Dot3(src=TX, dst="01:80:c2:00:00:00") / LLC() / STP() / Raw(bytes(8))))
    frames += [frame[:rng.randrange(14, len(frame))] for frame in frames if len(frame) > 14]
    rng.shuffle(frames)
    return frames


def main(argv):
    kind, path = argv[1], argv[2]
    if kind == "numbered":
        write(path, ETHERNET, numbered(int(argv[3]), int(argv[4]), *argv[5:]))
    elif kind == "marked":
        write(path, ETHERNET, marked(int(argv[3]), int(argv[4])))
    elif kind == "pointing":
        write(path, ETHERNET, pointing(int(argv[3]), [int(at) for at in argv[4:]]))
    elif kind == "dns":
        write(path, ETHERNET, dns(int(argv[3])))
    elif kind == "conversation":
        write(path, ETHERNET, conversation(int(argv[3]), *argv[4:]))
    elif kind == "varied":
        write(path, ETHERNET, varied())
    elif kind == "mixed":
        write(path, ETHERNET, mixed())
    elif kind == "ip":
        sizes = [28, 29, 60, 576, 1499, 1500]
        write(path, RAW, [udp_packet(n, "192.0.2.9", bytes(size - 28))
                          for n, size in enumerate(sizes)])
    else:
        sys.exit(__doc__)


main(sys.argv)

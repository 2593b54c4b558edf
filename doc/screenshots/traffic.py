#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""usage: traffic.py INTERFACE SOURCE_MAC DESTINATION_MAC

What a server on the Internet gets to see, in documentation addresses: sends it,
slowly enough to be looked at.
"""

import logging
import sys

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

from scapy.all import DNS, DNSQR, ICMP, IP, IPv6, NTP, TCP, UDP, Ether, Raw, sendp  # noqa: E402

SERVER = "192.0.2.2"
SERVER6 = "2001:db8::2"
SECONDS_BETWEEN = 0.06


def syn(source, port, at, number):
    """A connection that somebody opens."""
    return IP(src=source, dst=SERVER) / TCP(sport=port, dport=at, seq=number, flags="S", window=64240)


def question(source, port, name, kind, number):
    """The first half of an attack by DNS, or just a question."""
    return IP(src=source, dst=SERVER) / UDP(sport=port, dport=53) / DNS(id=number, rd=1, qd=DNSQR(qname=name, qtype=kind))


def ping(number):
    """What a monitor sends every second."""
    return IP(src="192.0.2.1", dst=SERVER) / ICMP(id=0x1D, seq=number) / Raw(bytes(range(32)))


def packets():
    """In the order in which they come."""
    yield syn("198.51.100.17", 51514, 443, 0x1000)
    yield question("203.0.113.9", 40211, "example.org", "TXT", 0x3A01)
    yield ping(1)
    yield question("203.0.113.9", 40212, "example.org", "TXT", 0x3A02)
    yield syn("203.0.113.66", 33120, 22, 0x2000)
    yield IP(src="198.51.100.80", dst=SERVER) / UDP(sport=123, dport=123) / NTP(version=4, mode=3)
    yield question("203.0.113.9", 40213, "example.net", "TXT", 0x3A03)
    yield IPv6(src="2001:db8:17::5", dst=SERVER6) / TCP(sport=49822, dport=443, seq=0x3000, flags="S", window=64800)
    yield syn("203.0.113.66", 33121, 23, 0x2100)
    yield ping(2)
    yield question("203.0.113.77", 6000, "example.com", "A", 0x51C2)
    yield syn("198.51.100.41", 60122, 443, 0x4000)


source_mac, destination_mac = sys.argv[2:]
sendp([Ether(src=source_mac, dst=destination_mac) / packet for packet in packets()],
      iface=sys.argv[1], inter=SECONDS_BETWEEN, verbose=False)

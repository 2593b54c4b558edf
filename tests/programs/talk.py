#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What programs look for, from tx0, once.

    talk.py arp             192.0.2.1 asks who has 192.0.2.2
    talk.py tcp TEXT        a connection to port 80 of 192.0.2.2, and TEXT
    talk.py udp NUMBER      datagrams to port 53 of 192.0.2.2
    talk.py serve ADDRESS   answers on port 80 of it until it is ended
"""
import socket
import sys

PEER = "192.0.2.2"
MAC = bytes.fromhex("02005e100001")


def arp():
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("tx0", 0))
        s.send(b"\xff" * 6 + MAC + bytes.fromhex("08060001080006040001") + MAC +
               socket.inet_aton("192.0.2.1") + bytes(6) + socket.inet_aton(PEER))


def tcp(text):
    with socket.create_connection((PEER, 80), 10) as s:
        s.sendall(text.encode())
        s.recv(100)


def udp(number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(int(number)):
            s.sendto(b"xdpsample", (PEER, 53))


def serve(address):
    with socket.create_server((address, 80)) as s:
        print("serving", flush=True)
        while True:
            peer, _ = s.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"well\n")


{"arp": arp, "tcp": tcp, "udp": udp, "serve": serve}[sys.argv[1]](*sys.argv[2:])

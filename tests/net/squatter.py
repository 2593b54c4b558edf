#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A stranger where captures meet (helper/attach/admission.h), without privilege.

    squatter.py IFINDEX squat FIRST N     has these names, and says nothing
    squatter.py IFINDEX rubbish FIRST N   has these names, and answers rubbish
    squatter.py IFINDEX guest             connects, and says that it has proved itself
    squatter.py IFINDEX linger            sends descriptors that take long to close
    squatter.py IFINDEX flood             connects again and again
"""
import array
import os
import socket
import struct
import sys
import threading
import time

CHALLENGE, PROVED, GRANT = range(0x58445331, 0x58445334)
N_GRANT = 3


def name(slot):
    return f"\0xdpsample/2/{sys.argv[1]}/{slot}"


def sock():
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def say(word):
    print(word, flush=True)


def listeners():
    first, n = int(sys.argv[3]), int(sys.argv[4])
    found = []
    for slot in range(first, first + n):
        s = sock()
        s.bind(name(slot))
        s.listen(8)
        found.append(s)
    return found


def squat():
    all_of_them = listeners()
    say("ready")
    time.sleep(1000)
    del all_of_them


def rubbish():
    """An answer of each kind: too short, the wrong descriptors, too many of them."""
    all_of_them = listeners()
    say("ready")
    null = os.open("/dev/null", os.O_RDONLY)
    answers = [(b"", 0), (b"x", 0), (struct.pack("=II", CHALLENGE, 1), 1),
               (struct.pack("=II", GRANT, N_GRANT), N_GRANT),
               (struct.pack("=II", CHALLENGE, 1), 200)]
    turn = 0
    while True:
        for s in all_of_them:
            s.setblocking(False)
            try:
                peer, _ = s.accept()
            except BlockingIOError:
                time.sleep(0.001)
                continue
            text, n = answers[turn % len(answers)]
            turn += 1
            send(peer, text, [null] * n)


def send(peer, text, fds):
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
    try:
        peer.sendmsg([text], [rights] if fds else [])
    except OSError:
        pass


def connected():
    for slot in range(8):
        s = sock()
        try:
            s.connect(name(slot))
            return s
        except OSError:
            s.close()
    sys.exit("nobody listens")


def guest():
    """Says that it has proved itself, and has not."""
    say("ready")
    s = connected()
    s.settimeout(5)
    text, rights, _, _ = s.recvmsg(64, 4096)
    if struct.unpack("=II", text) != (CHALLENGE, 1) or len(rights) != 1:
        sys.exit(f"no challenge: {text}")
    s.send(struct.pack("=II", PROVED, 0))
    text, rights, _, _ = s.recvmsg(64, 4096)
    if text or rights:
        sys.exit(f"granted: {text}, {rights}")
    say("dismissed")


def lingering():
    """A connection with bytes that nobody reads, and that waits for that when closed."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    s = socket.socket()
    s.connect(server.getsockname())
    peer, _ = server.accept()
    s.setblocking(False)
    try:
        while True:
            s.send(b"x" * 65536)
    except BlockingIOError:
        pass
    s.setblocking(True)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 600))
    return s, (server, peer)


def linger():
    kept = []
    os.system("ip link set lo up")
    for _ in range(3):
        s, rest = lingering()
        kept.append(rest)
        peer = connected()
        send(peer, struct.pack("=II", PROVED, 0), [s.fileno()])
        threading.Thread(target=s.close, daemon=True).start()   # may be the last to close it
        peer.close()
    say("ready")
    time.sleep(1000)


def flood():
    say("ready")
    while True:
        s = sock()
        try:
            s.connect(name(0))
        except OSError:
            pass
        s.close()


globals()[sys.argv[2]]()

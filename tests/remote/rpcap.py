#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A client of rpcapd that is slow, rude or has a password: what libpcap's own
cannot be brought to do.

rpcap.py SERVER DEVICE [--user U --password P] [--count N]
         [--wait-at-data-port | --never-come | --called-back | --never-answer]
         [--program CODE:JT:JF:K,...]

Says "data port N" when the capture is asked for, and "capturing" with the data
connection.  Called back, it has the server open that one; and it may ask for this and
have its packets go where nobody answers.
"""
import argparse
import signal
import socket
import struct
import sys
import time

ERROR, OPEN, STARTCAP, PACKET, AUTH = 0x01, 0x03, 0x04, 0x07, 0x08
REPLY = 0x80
PROMISC, SERVEROPEN = 1, 4
PORT = 2002
TAKE_ALL = "6:0:0:65535"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("device")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--wait-at-data-port", action="store_true")
    parser.add_argument("--never-come", action="store_true")
    parser.add_argument("--called-back", action="store_true")
    parser.add_argument("--never-answer", action="store_true")
    parser.add_argument("--program", default=TAKE_ALL, help="a filter, as it is")
    return parser.parse_args()


def message(sock, kind, payload=b"", value=0):
    sock.sendall(struct.pack("!BBHI", 0, kind, value, len(payload)) + payload)


def exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            sys.exit("the server closed the connection")
        data += piece
    return data


def receive(sock):
    _, kind, _, size = struct.unpack("!BBHI", exactly(sock, 8))
    payload = exactly(sock, size)
    if kind == ERROR:
        sys.exit(payload.decode())
    return kind, payload


def ask(sock, kind, payload=b""):
    message(sock, kind, payload)
    got, answer = receive(sock)
    if got != kind | REPLY:
        sys.exit(f"message {got:#x} for an answer to {kind:#x}")
    return answer


def log_in(sock, user, password):
    if user is None:
        return ask(sock, AUTH, struct.pack("!HHHH", 0, 0, 0, 0))
    u, p = user.encode(), password.encode()
    return ask(sock, AUTH, struct.pack("!HHHH", 1, 0, len(u), len(p)) + u + p)


def filter_of(program):
    insns = [[int(field) for field in insn.split(":")] for insn in program.split(",")]
    return struct.pack("!HHI", 1, 0, len(insns)) + b"".join(
        struct.pack("!HBBI", code, jt, jf, k & 0xFFFFFFFF) for code, jt, jf, k in insns)


def ask_to_start(sock, flags=0, port=0, program=TAKE_ALL):
    message(sock, STARTCAP, struct.pack("!IIHH", 65535, 100, PROMISC | flags, port)
            + filter_of(program))


def start(sock, program):
    ask_to_start(sock, program=program)
    return struct.unpack("!iHH", receive(sock)[1])[1]


def be_called_back(control):
    """The data connection, which the server opens."""
    with socket.create_server(("", 0)) as listener:
        listener.settimeout(10)
        ask_to_start(control, SERVEROPEN, listener.getsockname()[1])
        return listener.accept()[0]


def say(text):
    print(text, flush=True)


def where_nobody_answers():
    """A port whose queue is full, with what fills it."""
    listener = socket.create_server(("", 0), backlog=0)
    return listener, socket.create_connection(("127.0.0.1", listener.getsockname()[1]))


def come(control, a):
    """The data connection, as most clients open it."""
    port = start(control, a.program)
    say(f"data port {port}")
    if a.never_come:
        time.sleep(60)
    if a.wait_at_data_port:
        signal.sigwait([signal.SIGUSR1])
    return socket.create_connection((a.server, port), 10)


def main():
    a = arguments()
    control = socket.create_connection((a.server, PORT), 10)
    log_in(control, a.user, a.password)
    ask(control, OPEN, a.device.encode())
    if a.wait_at_data_port:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    if a.never_answer:
        where = where_nobody_answers()
        ask_to_start(control, SERVEROPEN, where[0].getsockname()[1])
        time.sleep(60)
    data = be_called_back(control) if a.called_back else come(control, a)
    say("capturing")
    n = 0
    while n < a.count:
        n += receive(data)[0] == PACKET
    say(f"{n} packets")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
#
# usage: broadcasts.py DEVICE
#
# Says "ready", and the destinations of the first three packets that the filter "ip
# broadcast" takes on DEVICE, with the mask that pcap_lookupnet() has for it.

import ctypes
import socket
import sys


class Program(ctypes.Structure):
    _fields_ = [("n", ctypes.c_uint), ("insns", ctypes.c_void_p)]


pcap = ctypes.CDLL("libpcap.so")
pcap.pcap_open_live.restype = ctypes.c_void_p
pcap.pcap_next.restype = ctypes.POINTER(ctypes.c_ubyte)
said = ctypes.create_string_buffer(256)
net, mask, program = ctypes.c_uint32(), ctypes.c_uint32(), Program()
header = ctypes.create_string_buffer(64)
device = sys.argv[1].encode()

if pcap.pcap_lookupnet(device, ctypes.byref(net), ctypes.byref(mask), said):
    sys.exit(said.value.decode())
p = ctypes.c_void_p(pcap.pcap_open_live(device, 96, 0, 100, said))
if not p:
    sys.exit(said.value.decode())
# looked up in the order of the network, compiled in the machine's
if pcap.pcap_compile(p, ctypes.byref(program), b"ip broadcast", 1,
                     ctypes.c_uint32(socket.ntohl(mask.value))):
    sys.exit("pcap_compile() failed")
if pcap.pcap_setfilter(p, ctypes.byref(program)):
    sys.exit("pcap_setfilter() failed")
print("ready")
n = 0
while n < 3:
    data = pcap.pcap_next(p, header)
    if data:
        print(socket.inet_ntoa(bytes(data[30:34])))
        n += 1
pcap.pcap_close(p)

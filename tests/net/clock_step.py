#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""clock_step.py SECONDS COMMAND...: runs a command while the clock is wrong.

The wall clock is moved by SECONDS, the command runs, and the clock is put
where it would have been: what passed meanwhile is taken from the monotonic
clock.  Ends with status 77 where the clock may not be set.
"""
import os
import signal
import subprocess
import sys
import time


def ended(number, frame):
    sys.exit(128 + number)


for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
    signal.signal(number, ended)
started_ns = time.monotonic_ns()
right_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
try:
    time.clock_settime_ns(time.CLOCK_REALTIME, right_ns + int(sys.argv[1]) * 10**9)
except PermissionError:
    sys.exit(77)
try:
    status = subprocess.run(sys.argv[2:], check=False).returncode
finally:
    passed_ns = time.monotonic_ns() - started_ns
    time.clock_settime_ns(time.CLOCK_REALTIME, right_ns + passed_ns)
sys.exit(status)

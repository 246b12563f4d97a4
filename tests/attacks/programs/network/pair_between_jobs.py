"""Sends to a name that a job at its side has bound: their network namespace is one.

Ends: ok
"""

import socket
import time

left, _right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
until = time.monotonic() + 1.5
while time.monotonic() < until:
    tries("sent to another job", left.sendto, b"hello", "\0attack-between")
    tries("sent to another job", left.sendmsg, [b"hello"], [], 0, "\0attack-between")
    time.sleep(0.05)
# ---- a job beside it ----
import socket
import time

left, _right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
tries("bound a name for another job", left.bind, "\0attack-between")
left.settimeout(1.5)
try:
    if left.recv(10):
        breach("heard another job")
except OSError:
    time.sleep(0.5)

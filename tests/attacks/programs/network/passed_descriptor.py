"""Hopes for a descriptor from outside: receives on every open one.

Ends: ok
"""

import array
import socket

for number in range(5):
    try:
        found = socket.socket(fileno=number)
        message, passed, _, _ = found.recvmsg(10, socket.CMSG_SPACE(64), socket.MSG_DONTWAIT)
        breach(f"descriptor {number} is a socket that gave {message!r} {passed}")
    except OSError:
        continue

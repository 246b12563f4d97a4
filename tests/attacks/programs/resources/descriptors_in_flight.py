"""Holds more descriptors than it may by sending them to itself.

Ends: ok, user_code_failed
"""

import array
import os
import socket

held = 0
left, right = socket.socketpair()
try:
    while held < 4000:
        ends = array.array("i", [handle for _ in range(50) for handle in os.pipe()])
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, ends)])
        for end in ends:
            os.close(end)
        held += 100
except OSError as error:
    print(error)
if held > 1000:
    breach(f"{held} descriptors in flight")

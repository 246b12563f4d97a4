"""Fills the buffers of all pipes and socket pairs that it may open.

Ends: ok
"""

import fcntl
import os
import socket

held = 0
kept = []
try:
    while True:
        read_end, write_end = os.pipe2(os.O_NONBLOCK)
        kept.append(write_end)
        try:
            fcntl.fcntl(write_end, 1031, 2**20)
            held += os.write(write_end, b"x" * 2**20)
        except OSError:
            held += os.write(write_end, b"x" * 4096)
except OSError as error:
    print(error)
for end in kept[::2]:
    os.close(end)
try:
    while True:
        pair = socket.socketpair()
        kept.append(pair)
        pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**26)
        pair[0].setblocking(False)
        held += pair[0].send(b"x" * 2**23)
except OSError as error:
    print(error)
if held > 600 * 2**20:
    breach(f"holds {held >> 20} MiB in buffers")

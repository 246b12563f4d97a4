"""Makes others the owners of its sockets and pipes, whose events the kernel signals to them.

Ends: ok
"""

import os
import socket
import struct

mine, _theirs = socket.socketpair()
reading, writing = os.pipe()
for handle in (mine.fileno(), reading):
    for pid in (1, os.getppid(), HOST["pid"], HOST["victim_pid"]):
        refused("fcntl", handle, 8, pid)
        refused("fcntl", handle, 15, struct.pack("ii", 1, pid))
        refused("fcntl", handle, 10, 9)
        call("fcntl", handle, 4, os.O_ASYNC | os.O_NONBLOCK)
        for request in (0x8901, 0x8902):
            result, _ = call("ioctl", handle, request, struct.pack("i", pid))
            if result == 0:
                breach(f"ioctl {request:#x} made {pid} the owner")
os.write(writing, b"x")

"""Loads programs into the kernel as filters of its permitted sockets, and sets other options.

Ends: ok
"""

import ctypes
import socket
import struct

mine, _theirs = socket.socketpair()
steps = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0xFFFFFFFF))
filters = struct.pack("HxxxxxxQ", 1, ctypes.addressof(steps))
for option in (26, 51, 50, 52, 32, 33, 36, 46):
    refused("setsockopt", mine.fileno(), socket.SOL_SOCKET, option, filters, len(filters))

"""Types into the terminal of the host with TIOCSTI and TIOCLINUX.

Ends: ok
"""

import os

for number in range(5):
    for request in (0x5412, 0x541C, 0x5412 | 1 << 32, 0x541C | 0xFFFFFFFF << 32):
        refused("ioctl", number, request, b"x")
tries("opened the terminal", os.open, "/dev/tty", os.O_RDWR)
tries("opened the terminal to read", os.open, "/dev/tty", os.O_RDONLY)

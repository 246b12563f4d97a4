"""Writes single bytes, each of which wakes the host.

Ends: timed_out
Wall: 2 s
"""

import os

while True:
    os.write(1, b"x")
    os.write(2, b"x")

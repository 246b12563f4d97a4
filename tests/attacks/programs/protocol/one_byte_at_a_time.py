"""Sends an answer so slowly that a reader without a limit would wait for ever.

Ends: timed_out
Wall: 2 s
"""

import os
import struct
import time

os.write(4, struct.pack(">cI", b"v", 2**20))
while True:
    os.write(4, b" ")
    time.sleep(0.01)

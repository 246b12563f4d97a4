"""Sends two bytes and waits.

Ends: timed_out
Wall: 2 s
"""

import os
import time

os.write(4, b"v\0")
time.sleep(1e6)

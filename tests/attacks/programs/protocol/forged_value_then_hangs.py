"""Answers, then goes on for ever.

Ends: timed_out
Wall: 2 s
"""

import os
import struct
import time

forged = b'{"value": {"status": "forged"}}'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
time.sleep(1e6)

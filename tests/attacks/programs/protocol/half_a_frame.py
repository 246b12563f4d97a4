"""Sends the beginning of an answer and ends.

Ends: worker_died
"""

import os
import struct

os.write(4, struct.pack(">cI", b"v", 1000) + b'{"value": ')
os._exit(0)

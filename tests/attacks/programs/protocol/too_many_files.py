"""Hands out more files than there may be.

Ends: worker_died
"""

import os
import struct

about = b'{"name": "x", "mime_type": "text/plain"}\0'
for _ in range(10_000):
    os.write(4, struct.pack(">cI", b"b", len(about)) + about)

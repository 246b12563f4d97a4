"""Sends a bare NaN.

Ends: worker_died
"""

import os
import struct

forged = b'{"value": {"status": NaN, "b": -Infinity}}'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

"""Sends NaN, infinities and numbers past the range of a double.

Ends: worker_died
"""

import os
import struct

forged = b'{"value": {"status": "ok", "a": 1e999}}'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

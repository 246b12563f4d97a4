"""Hands out a file without name, type or end.

Ends: worker_died
"""

import os
import struct

for payload in (b"no header at all", b"\0", b"{}\0", b'{"name": 1}\0', b"[" * 3000 + b"\0"):
    os.write(4, struct.pack(">cI", b"b", len(payload)) + payload)

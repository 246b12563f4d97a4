"""Sends a value nested a hundred thousand deep.

Ends: worker_died
"""

import os
import struct

forged = b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

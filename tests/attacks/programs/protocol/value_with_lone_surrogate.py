"""Sends half a character, escaped and raw.

Ends: worker_died
"""

import os
import struct

forged = b'{"value": {"status": "\\ud800", "b": "\xed\xa0\x80"}}'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

"""Sends half a character as an escape alone.

Ends: worker_died
"""

import os
import struct

forged = b'{"value": {"status": "ok", "text": "\\udfff"}}'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

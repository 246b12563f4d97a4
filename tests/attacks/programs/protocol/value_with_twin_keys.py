"""Sends the same key twice, and integers of many digits.

Ends: ok, worker_died
"""

import os
import struct

forged = b'{"value": {"status": "a", "status": "b"}, "error": null, "n": ' + b"9" * 4000 + b"}"
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

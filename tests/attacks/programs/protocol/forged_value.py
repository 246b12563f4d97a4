"""Answers in the name of the harness, then goes on.

Ends: worker_died
"""

import os
import struct

forged = b'{"value": {"status": "forged"}}'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
"the real one"

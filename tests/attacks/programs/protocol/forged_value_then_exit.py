"""Answers in the name of the harness, in a form that is not its own, and ends.

Ends: worker_died
"""

import os
import struct

forged = b'{"value": {"status": "forged"}}'
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

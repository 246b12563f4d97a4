"""Forges an answer whose notes are no notes, and a thousand of them.

Ends: worker_died, ok
"""

import json
import os
import struct

note = {"code": "Not A Code", "severity": "fatal", "text": "\x1b[2J"}
ran = {"value": None, "value_repr": "", "notes": [note] * 1000}
forged = json.dumps({"value": ran}).encode()
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

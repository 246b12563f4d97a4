"""Forges an answer in the harness's own form: its word about itself, and no more than that.

Ends: ok
"""

import json
import os
import struct

ran = {"value": "forged", "value_repr": "forged", "notes": []}
forged = json.dumps({"value": ran, "sandbox": "none", "measured": {"wall_s": 0}}).encode()
os.write(4, struct.pack(">cI", b"v", len(forged)) + forged)
os._exit(0)

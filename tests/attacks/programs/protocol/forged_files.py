"""Hands out files with names that lead elsewhere and types that lie.

Ends: ok
"""

import json
import os
import struct

names = ["../../../../tmp/attack-left", "/tmp/attack-left", "", ".", "\0", "a\nb", "x" * 150,
         "run.json", "\u202egnp.exe", "\x1b[2J"]  # fmt: skip
for name in names:
    for kind in ("text/html", "image/png\r\nX-Y: z", "", "../.."):
        about = json.dumps({"name": name, "mime_type": kind}).encode()
        os.write(4, struct.pack(">cI", b"b", len(about) + 2) + about + b"\0x")

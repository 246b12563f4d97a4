"""Sends a pickle that would run a command in a host that opens it.

Ends: worker_died
"""

import os
import pickle
import struct


class Command:
    def __reduce__(self):
        return os.mkdir, ("/tmp/attack-left-by-pickle",)


for payload in (pickle.dumps(Command()), b"\x80\x05" + b"x" * 100):
    os.write(4, struct.pack(">cI", b"v", len(payload)) + payload)
os._exit(0)

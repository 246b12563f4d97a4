"""Sends two answers.

Ends: worker_died
"""

import os
import struct

forged = b'{"value": {}}'
frame = struct.pack(">cI", b"v", len(forged)) + forged
os.write(4, frame + frame)
os._exit(0)
